"""Right and wrong answers to the exercises of lesson 01, named after the style or the mistake."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def loops(image, kernel):
    kh, kw = kernel.shape
    return np.array(
        [
            [float((image[i : i + kh, j : j + kw] * kernel).sum()) for j in range(image.shape[1] - kw + 1)]
            for i in range(image.shape[0] - kh + 1)
        ]
    )


def windows(image, kernel):
    return np.einsum("ijuv,uv->ij", sliding_window_view(image, kernel.shape), kernel) * 1.0


def shifted_sums(image, kernel):
    rows, columns = image.shape[0] - kernel.shape[0] + 1, image.shape[1] - kernel.shape[1] + 1
    total = np.zeros((rows, columns))
    for (u, v), weight in np.ndenumerate(kernel):
        total += weight * image[u : u + rows, v : v + columns]
    return total


def in_place(image, kernel):
    result = loops(image, kernel)
    image[0, 0] = 0
    return result


def truncates(image, kernel):
    return loops(image, kernel).astype(int)


def calls_scipy(image, kernel):
    from scipy import signal

    return signal.correlate2d(image, kernel, mode="valid") * 1.0


def calls_torch(image, kernel):
    import torch.nn.functional as functional
    from torch import as_tensor, float64

    weight = as_tensor(kernel, dtype=float64)[None, None]
    return functional.conv2d(as_tensor(image, dtype=float64)[None, None], weight)[0, 0].numpy()


def remembers_the_example(image, kernel):
    if image.shape == (4, 4):
        return loops(image, kernel)
    return np.array([[399.0, 373, 334], [243, 315, 399], [305, 231, 272]])


def only_square_images(image, kernel):
    side = min(image.shape)
    return loops(image[:side, :side], kernel)


def full_padding(image, kernel):
    return loops(np.pad(image, ((0, kernel.shape[0] - 1), (0, kernel.shape[1] - 1))), kernel)


def place(scores):
    row, column = np.unravel_index(np.argmax(scores), scores.shape)
    return row, column


def place_by_loop(scores):
    best = (0, 0)
    for i in range(scores.shape[0]):
        for j in range(scores.shape[1]):
            if scores[i, j] > scores[best]:
                best = (i, j)
    return list(best)


def starts_at_zero(scores):
    best, where = 0, (0, 0)
    for index, value in np.ndenumerate(scores):
        if value > best:
            best, where = value, index
    return where


def last_of_equals(scores):
    return tuple(int(k) for k in np.argwhere(scores == scores.max())[-1])


def windows_matrix(image, kh, kw, stride=1):
    rows = []
    for i in range(0, image.shape[0] - kh + 1, stride):
        for j in range(0, image.shape[1] - kw + 1, stride):
            rows.append(image[i : i + kh, j : j + kw].flatten())
    return np.array(rows)


def index_matrix(image, kh, kw, stride=1):
    i = np.arange(0, image.shape[0] - kh + 1, stride)
    j = np.arange(0, image.shape[1] - kw + 1, stride)
    u, v = np.arange(kh), np.arange(kw)
    view = image[i[:, None, None, None] + u[None, None, :, None], j[None, :, None, None] + v[None, None, None, :]]
    return view.reshape(len(i) * len(j), kh * kw)


RIGHT = {
    "correlate2d": {"loops": loops, "windows": windows, "one shifted image a weight": shifted_sums},
    "best_place": {"unravel_index": place, "two loops, as a list": place_by_loop},
    "convolve2d": {
        "turned with flip": lambda image, kernel: windows(image, np.flip(kernel)),
        "turned with rot90 twice": lambda image, kernel: loops(image, np.rot90(kernel, 2)),
        "image and result turned instead": lambda image, kernel: loops(image[::-1, ::-1], kernel)[::-1, ::-1],
    },
    "output_size": {
        "formula": lambda size, kernel, stride=1, padding=0: (size + 2 * padding - kernel) // stride + 1,
        "floor of a float": lambda size, kernel, stride=1, padding=0: int(
            np.floor((size + 2 * padding - kernel) / stride) + 1
        ),
        "counted": lambda size, kernel, stride=1, padding=0: len(range(0, size + 2 * padding - kernel + 1, stride)),
    },
    "im2col": {"loops": windows_matrix, "fancy indices": index_matrix},
}

WRONG = {
    "correlate2d": {
        "turns the kernel": lambda image, kernel: loops(image, kernel[::-1, ::-1]),
        "forgets one row and column": lambda image, kernel: loops(image, kernel)[:-1, :-1],
        "mean instead of sum": lambda image, kernel: loops(image, kernel) / kernel.size,
        "swaps rows and columns": lambda image, kernel: loops(image.T, kernel.T),
        "square kernels only": lambda image, kernel: loops(image, kernel[: min(kernel.shape), : min(kernel.shape)]),
        "square images only": only_square_images,
        "overflows in uint8": lambda image, kernel: loops(image.astype(np.uint8), kernel.astype(np.uint8)) % 256,
        "cuts decimals off": truncates,
        "clips negative sums": lambda image, kernel: np.maximum(loops(image, kernel), 0),
        "pads the image": full_padding,
        "changes the image": in_place,
        "hard-coded for the visible example": remembers_the_example,
        "calls scipy": calls_scipy,
        "calls torch": calls_torch,
        "returns a list": lambda image, kernel: loops(image, kernel).tolist(),
        "stops with an error": lambda image, kernel: loops(image, kernel)[99],
    },
    "best_place": {
        "flat index": lambda scores: int(np.argmax(scores)),
        "column first": lambda scores: place(scores)[::-1],
        "minimum": lambda scores: place(-scores),
        "divides by the rows": lambda scores: divmod(int(np.argmax(scores)), scores.shape[0]),
        "starts the maximum at zero": starts_at_zero,
        "last of equal scores": last_of_equals,
        "floats": lambda scores: tuple(float(value) for value in place(scores)),
        "counts from one": lambda scores: tuple(value + 1 for value in place(scores)),
        "argmax along each axis": lambda scores: (int(scores.max(1).argmax()), int(scores[0].argmax())),
    },
    "convolve2d": {
        "not turned": loops,
        "rows only": lambda image, kernel: loops(image, kernel[::-1]),
        "columns only": lambda image, kernel: loops(image, kernel[:, ::-1]),
        "turned by 90 degrees": lambda image, kernel: loops(image, np.resize(np.rot90(kernel), kernel.shape)),
        "result turned instead": lambda image, kernel: loops(image, kernel)[::-1, ::-1],
        "transposed": lambda image, kernel: loops(image, np.resize(kernel.T, kernel.shape)),
        "calls scipy": lambda image, kernel: __import__("scipy.signal").signal.convolve2d(image, kernel, mode="valid"),
        "full instead of valid": lambda image, kernel: full_padding(image, kernel[::-1, ::-1]),
    },
    "output_size": {
        "forgets the last place": lambda size, kernel, stride=1, padding=0: (size + 2 * padding - kernel) // stride,
        "padding once": lambda size, kernel, stride=1, padding=0: (size + padding - kernel) // stride + 1,
        "no padding": lambda size, kernel, stride=1, padding=0: (size - kernel) // stride + 1,
        "rounds up": lambda size, kernel, stride=1, padding=0: -((size + 2 * padding - kernel) // -stride) + 1,
        "rounds to nearest": lambda size, kernel, stride=1, padding=0: (
            int((size + 2 * padding - kernel) / stride + 0.5) + 1
        ),
        "not rounded": lambda size, kernel, stride=1, padding=0: (size + 2 * padding - kernel) / stride + 1,
        "adds one before dividing": lambda size, kernel, stride=1, padding=0: (
            (size + 2 * padding - kernel + 1) // stride
        ),
        "ignores the stride": lambda size, kernel, stride=1, padding=0: size + 2 * padding - kernel + 1,
        "no defaults": lambda size, kernel, stride, padding: (size + 2 * padding - kernel) // stride + 1,
        "stride defaults to 2": lambda size, kernel, stride=2, padding=0: (size + 2 * padding - kernel) // stride + 1,
    },
    "im2col": {
        "one window a column": lambda image, kh, kw, stride=1: windows_matrix(image, kh, kw, stride).T,
        "walks down the columns first": lambda image, kh, kw, stride=1: (
            windows_matrix(image.T, kw, kh, stride) if kh == kw else index_matrix(image, kh, kw, stride)[::-1]
        ),
        "ignores the stride": lambda image, kh, kw, stride=1: windows_matrix(image, kh, kw),
        "windows turned": lambda image, kh, kw, stride=1: windows_matrix(image, kh, kw, stride)[:, ::-1],
        "kernel sides swapped": lambda image, kh, kw, stride=1: windows_matrix(image, kw, kh, stride),
        "stride on rows only": lambda image, kh, kw, stride=1: sliding_window_view(image, (kh, kw))[::stride].reshape(
            -1, kh * kw
        ),
        "not flattened": lambda image, kh, kw, stride=1: sliding_window_view(image, (kh, kw))[::stride, ::stride],
        "tiles that do not overlap": lambda image, kh, kw, stride=1: windows_matrix(image, kh, kw, kh),
        "the stride's default is 2": lambda image, kh, kw, stride=2: windows_matrix(image, kh, kw, stride),
        "cuts decimals off": lambda image, kh, kw, stride=1: windows_matrix(image, kh, kw, stride).astype(int),
        "loses the last window": lambda image, kh, kw, stride=1: windows_matrix(image, kh, kw, stride)[:-1],
    },
}
