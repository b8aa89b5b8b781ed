"""Right and wrong answers to the exercises of lesson 02, named after the style or the mistake."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.ndimage import laplace as ready_made

ACROSS = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
LAPLACE = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]])
laplace = LAPLACE  # the name of this kernel in the lesson


def windows(image, kernel, mode="edge"):
    down, across = kernel.shape[0] // 2, kernel.shape[1] // 2
    padded = np.pad(np.asarray(image, dtype=float), ((down, down), (across, across)), mode=mode)
    return np.einsum("ijuv,uv->ij", sliding_window_view(padded, kernel.shape), kernel)


def clipped_indices(image, kernel):
    """Two loops over the output; an index outside the image is moved to its border."""
    (h, w), (kh, kw) = image.shape, kernel.shape
    result = np.zeros((h, w))
    for i in range(h):
        for j in range(w):
            rows = np.clip(np.arange(i - kh // 2, i + kh // 2 + 1), 0, h - 1)
            columns = np.clip(np.arange(j - kw // 2, j + kw // 2 + 1), 0, w - 1)
            result[i, j] = (image[np.ix_(rows, columns)] * kernel).sum()
    return result


def torch_by_products(image, kernel):
    """Replicate padding in torch, then one shifted image for each weight."""
    import torch

    down, across = kernel.shape[0] // 2, kernel.shape[1] // 2
    batch = torch.as_tensor(image, dtype=torch.float64)[None, None]
    padded = torch.nn.functional.pad(batch, (across, across, down, down), mode="replicate")[0, 0].numpy()
    h, w = image.shape
    return sum(weight * padded[u : u + h, v : v + w] for (u, v), weight in np.ndenumerate(kernel))


def swapped_padding(image, kernel):
    down, across = kernel.shape[0] // 2, kernel.shape[1] // 2
    padded = np.pad(image, ((across, across), (down, down)), mode="edge") * 1.0
    return np.einsum("ijuv,uv->ij", sliding_window_view(padded, kernel.shape), kernel)


def padded_by_one(image, kernel):
    padded = np.pad(image, 1, mode="edge") * 1.0
    return np.einsum("ijuv,uv->ij", sliding_window_view(padded, kernel.shape), kernel)


def in_bytes(image, kernel):
    """Whole numbers stay what they were: products of bytes wrap around."""
    whole = image.dtype.kind in "iu"
    return windows(image, kernel) if not whole else windows(image, kernel).astype(image.dtype)


def changes_the_image(image, kernel):
    result = windows(image, kernel)
    image[0, 0] += 1
    return result


def calls_scipy(image, kernel):
    from scipy import ndimage

    return ndimage.correlate(image * 1.0, kernel * 1.0, mode="nearest")


def calls_scipy_signal(image, kernel):
    import scipy.signal

    down, across = kernel.shape[0] // 2, kernel.shape[1] // 2
    padded = np.pad(image, ((down, down), (across, across)), mode="edge")
    return scipy.signal.correlate2d(padded, kernel, mode="valid") * 1.0


def slopes(image, kernel=ACROSS, mode="edge"):
    return windows(image, kernel, mode), windows(image, kernel.T, mode)


def sobel_by_slices(image):
    p = np.pad(image.astype(float), 1, mode="edge")
    smooth_down = p[:-2] + 2 * p[1:-1] + p[2:]
    smooth_across = p[:, :-2] + 2 * p[:, 1:-1] + p[:, 2:]
    return np.sqrt((smooth_down[:, 2:] - smooth_down[:, :-2]) ** 2 + (smooth_across[2:] - smooth_across[:-2]) ** 2)


def sobel(image, direction):
    return windows(image, {"across": ACROSS, "down": ACROSS.T}[direction])


def strength_by_a_helper(image):
    return (sobel(image, "across") ** 2 + sobel(image, "down") ** 2) ** 0.5


def printed_in_the_book(image):
    printed = np.array([[1, 0, -1], [2, 0, -2], [1, 0, 1]])
    return np.hypot(windows(image, printed), windows(image, ACROSS.T))


def strength_in_bytes(image):
    p = np.pad(image, 1, mode="edge")
    across = (p[:-2] + 2 * p[1:-1] + p[2:])[:, 2:] - (p[:-2] + 2 * p[1:-1] + p[2:])[:, :-2]
    down = (p[:, :-2] + 2 * p[:, 1:-1] + p[:, 2:])[2:] - (p[:, :-2] + 2 * p[:, 1:-1] + p[:, 2:])[:-2]
    return np.hypot(across.astype(float), down.astype(float))


def strength_by_scipy(image):
    from scipy import ndimage

    return np.hypot(ndimage.sobel(image * 1.0, 0), ndimage.sobel(image * 1.0, 1))


def laplacian_by_slices(image):
    p = np.pad(image.astype(float), 1, mode="edge")
    return p[:-2, 1:-1] + p[2:, 1:-1] + p[1:-1, :-2] + p[1:-1, 2:] - 4 * p[1:-1, 1:-1]


def laplacian_by_diff(image):
    p = np.pad(np.asarray(image, dtype=float), 1, mode="edge")
    return np.diff(p, 2, axis=0)[:, 1:-1] + np.diff(p, 2, axis=1)[1:-1]


def laplacian_in_bytes(image):
    p = np.pad(image, 1, mode="edge")
    return (p[:-2, 1:-1] + p[2:, 1:-1] + p[1:-1, :-2] + p[1:-1, 2:] - 4 * p[1:-1, 1:-1]) * 1.0


def laplacian_by_roll(image):
    x = image.astype(float)
    return np.roll(x, 1, 0) + np.roll(x, -1, 0) + np.roll(x, 1, 1) + np.roll(x, -1, 1) - 4 * x


def laplacian_changes_image(image):
    result = windows(image, LAPLACE)
    image[:] = 0
    return result


def laplacian_by_scipy(image):
    from scipy.ndimage import laplace

    return laplace(image * 1.0, mode="nearest")


def channels(x):
    return np.stack([np.stack([i, *slopes(i), laplacian_by_slices(i)]) for i in x])


def channels_filled(x):
    result = np.zeros((len(x), 4, *x.shape[1:]), dtype=np.float32)
    for n, image in enumerate(x):
        result[n, 0] = image
        result[n, 1] = windows(image, ACROSS)
        result[n, 2] = windows(image, ACROSS.T)
        result[n, 3] = windows(image, LAPLACE)
    return result


def channels_by_axis(x):
    return np.stack([x] + [np.array([windows(i, k) for i in x]) for k in (ACROSS, ACROSS.T, LAPLACE)], axis=1)


def only_first_image(x):
    return np.repeat(channels(x[:1]), len(x), axis=0)


def scaled(x_train, x_test):
    axes = (0, *range(2, x_train.ndim))
    mean, spread = x_train.mean(axes, keepdims=True), x_train.std(axes, keepdims=True)
    spread = np.where(spread == 0, 1, spread)
    return (x_train - mean) / spread, (x_test - mean) / spread


def scaled_by_loop(x_train, x_test):
    new_train, new_test = np.array(x_train, dtype=float), np.array(x_test, dtype=float)
    for c in range(x_train.shape[1]):
        mean, spread = x_train[:, c].mean(), x_train[:, c].std() or 1.0
        new_train[:, c], new_test[:, c] = (x_train[:, c] - mean) / spread, (x_test[:, c] - mean) / spread
    return [new_train, new_test]


def scaled_with_epsilon(x_train, x_test):
    flat = np.moveaxis(x_train, 1, 0).reshape(x_train.shape[1], -1)
    shape = (1, -1, *[1] * (x_train.ndim - 2))
    mean, spread = flat.mean(1).reshape(shape), flat.std(1).reshape(shape) + 1e-9
    return (x_train - mean) / spread, (x_test - mean) / spread


def with_statistics(x_train, x_test, of_train, of_test=None):
    """Both inputs minus a mean, divided by a spread, where `of_train(x)` returns the two."""
    results = []
    for x, of in ((x_train, of_train), (x_test, of_test or of_train)):
        mean, spread = of(x if of_test else x_train)
        results.append((x - mean) / np.where(spread == 0, 1, spread))
    return tuple(results)


def per_channel(x, **options):
    axes = (0, *range(2, x.ndim))
    return x.mean(axes, keepdims=True), x.std(axes, keepdims=True, **options)


def over_both(x_train, x_test):
    mean, spread = per_channel(np.concatenate([x_train, x_test]))
    return tuple((x - mean) / np.where(spread == 0, 1, spread) for x in (x_train, x_test))


def no_guard(x_train, x_test):
    mean, spread = per_channel(x_train)
    return (x_train - mean) / spread, (x_test - mean) / spread


def in_place(x_train, x_test):
    mean, spread = per_channel(x_train)
    spread = np.where(spread == 0, 1, spread)
    x_train -= mean
    x_train /= spread
    return x_train, (x_test - mean) / spread


def min_and_max(x_train, x_test):
    axes = (0, *range(2, x_train.ndim))
    low, high = x_train.min(axes, keepdims=True), x_train.max(axes, keepdims=True)
    reach = np.where(high == low, 1, high - low)
    return (x_train - low) / reach, (x_test - low) / reach


def tables_only(x_train, x_test):
    """Right for (n, channels); for images every pixel has its own mean."""
    mean, spread = x_train.mean(0), x_train.std(0)
    spread = np.where(spread == 0, 1, spread)
    return (x_train - mean) / spread, (x_test - mean) / spread


def _sklearn(x_train, x_test):
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(x_train.reshape(len(x_train), -1))
    return tuple(scaler.transform(x.reshape(len(x), -1)).reshape(x.shape) for x in (x_train, x_test))


RIGHT = {
    "filter_image": {
        "windows": windows,
        "loops with clipped indices": clipped_indices,
        "one shifted image a weight": torch_by_products,
    },
    "edge_strength": {
        "hypot": lambda image: np.hypot(*slopes(image)),
        "slices": sobel_by_slices,
        "kernels with the sign turned": lambda image: np.hypot(*slopes(image, -ACROSS)),
        "norm": lambda image: np.linalg.norm(np.stack(slopes(image)), axis=0),
        "a helper called sobel": strength_by_a_helper,
    },
    "laplacian": {
        "slices": laplacian_by_slices,
        "second differences": laplacian_by_diff,
        "the lesson's own kernel": lambda image: windows(image, laplace),
    },
    "stack_channels": {"stacked": channels, "filled, float32": channels_filled, "by axis": channels_by_axis},
    "normalise": {"where": scaled, "a loop over channels": scaled_by_loop},
}

WRONG = {
    "filter_image": {
        "turns the kernel": lambda image, kernel: windows(image, kernel[::-1, ::-1]),
        "zeros outside": lambda image, kernel: windows(image, kernel, "constant"),
        "mirrors without the border": lambda image, kernel: np.round(
            windows(image, kernel, "reflect" if min(image.shape) > 1 else "edge"), 9
        ),
        "mirrors with the border (scipy's reflect)": lambda image, kernel: windows(image, kernel, "symmetric"),
        "goes round (wrap)": lambda image, kernel: windows(image, kernel, "wrap"),
        "no padding": lambda image, kernel: np.einsum(
            "ijuv,uv->ij", sliding_window_view(image * 1.0, kernel.shape), kernel
        ),
        "padding of rows and columns swapped": swapped_padding,
        "pads by one, whatever the kernel": padded_by_one,
        "mean instead of sum": lambda image, kernel: windows(image, kernel) / kernel.size,
        "keeps the type of the image": in_bytes,
        "keeps no sign": lambda image, kernel: np.abs(windows(image, kernel)),
        "cuts decimals off": lambda image, kernel: np.floor(windows(image, kernel)),
        "changes the image": changes_the_image,
        "calls scipy.ndimage": calls_scipy,
        "calls scipy.signal": calls_scipy_signal,
        "hard-coded for 3 x 3": lambda image, kernel: windows(image, kernel[:3, :3]),
    },
    "edge_strength": {
        "no root": lambda image: sum(s**2 for s in slopes(image)),
        "sum of absolute slopes": lambda image: sum(map(np.abs, slopes(image))),
        "slopes added before squaring": lambda image: np.abs(sum(slopes(image))),
        "across alone": lambda image: np.abs(slopes(image)[0]),
        "down alone": lambda image: np.abs(slopes(image)[1]),
        "Prewitt": lambda image: np.hypot(*slopes(image, np.array([[-1, 0, 1]] * 3))),
        "divided by 8": lambda image: np.hypot(*slopes(image)) / 8,
        "zeros outside": lambda image: np.hypot(*slopes(image, mode="constant")),
        "the book's misprint": printed_in_the_book,
        "in bytes": strength_in_bytes,
        "larger slope only": lambda image: np.maximum(*map(np.abs, slopes(image))),
        "border cut off": lambda image: np.hypot(*slopes(image))[1:-1, 1:-1],
        "calls scipy": strength_by_scipy,
    },
    "laplacian": {
        "sign turned": lambda image: -laplacian_by_slices(image),
        "eight neighbours": lambda image: windows(image, np.array([[1, 1, 1], [1, -8, 1], [1, 1, 1]])),
        "misses the four": lambda image: windows(image, np.array([[0, 1, 0], [1, -1, 1], [0, 1, 0]])),
        "across alone": lambda image: windows(image, np.array([[1, -2, 1]])),
        "down alone": lambda image: windows(image, np.array([[1], [-2], [1]])),
        "mean of the neighbours": lambda image: laplacian_by_slices(image) / 4,
        "absolute": lambda image: np.abs(laplacian_by_slices(image)),
        "zeros outside": lambda image: windows(image, LAPLACE, "constant"),
        "goes round": laplacian_by_roll,
        "in bytes": laplacian_in_bytes,
        "border cut off": lambda image: laplacian_by_slices(image)[1:-1, 1:-1],
        "slope of the slope by central differences": lambda image: (
            np.gradient(np.gradient(np.pad(image * 1.0, 1, mode="edge"), axis=0), axis=0)[1:-1, 1:-1]
            + np.gradient(np.gradient(np.pad(image * 1.0, 1, mode="edge"), axis=1), axis=1)[1:-1, 1:-1]
        ),
        "changes the image": laplacian_changes_image,
        "calls scipy": laplacian_by_scipy,
        "calls scipy, imported under another name": lambda image: ready_made(image * 1.0, mode="nearest"),
    },
    "stack_channels": {
        "channels last": lambda x: np.moveaxis(channels(x), 1, -1),
        "channels first of all": lambda x: np.moveaxis(channels(x), 1, 0),
        "without the image": lambda x: channels(x)[:, 1:],
        "down before across": lambda x: channels(x)[:, [0, 2, 1, 3]],
        "Laplacian first": lambda x: channels(x)[:, [0, 3, 1, 2]],
        "Sobel turned": lambda x: channels(x) * np.array([1, -1, -1, 1])[:, None, None],
        "strength instead of slopes": lambda x: np.stack(
            [np.stack([i, np.hypot(*slopes(i)), np.hypot(*slopes(i)), laplacian_by_slices(i)]) for i in x]
        ),
        "reshaped instead of moved": lambda x: np.moveaxis(channels(x), 1, 0).reshape(len(x), 4, *x.shape[1:]),
        "the first image again and again": only_first_image,
        "only square images": lambda x: channels(x[:, : min(x.shape[1:]), : min(x.shape[1:])]),
        "zeros outside": lambda x: np.stack(
            [np.stack([i, *slopes(i, mode="constant"), windows(i, LAPLACE, "constant")]) for i in x]
        ),
        "a list": lambda x: channels(x).tolist(),
    },
    "normalise": {
        "test data by their own numbers": lambda a, b: with_statistics(a, b, per_channel, per_channel),
        "numbers of both sets": over_both,
        "variance": lambda a, b: with_statistics(a, b, lambda x: (per_channel(x)[0], per_channel(x)[1] ** 2)),
        "n - 1": lambda a, b: with_statistics(a, b, lambda x: per_channel(x, ddof=1)),
        "centred only": lambda a, b: tuple(x - per_channel(a)[0] for x in (a, b)),
        "scaled only": lambda a, b: with_statistics(a, b, lambda x: (0, per_channel(x)[1])),
        "one mean for all channels": lambda a, b: with_statistics(a, b, lambda x: (x.mean(), x.std())),
        "each pixel, or each column of a table": tables_only,
        "each image by itself": lambda a, b: with_statistics(
            a, b, *[lambda x: (x.mean(tuple(range(1, x.ndim)), keepdims=True), 1.0)] * 2
        ),
        "smallest and largest": min_and_max,
        "divides by zero": no_guard,
        "divides by zero and hides it": lambda a, b: tuple(np.nan_to_num(x) for x in no_guard(a, b)),
        "a tiny number added": scaled_with_epsilon,
        "writes into the input": in_place,
        "test data left as they are": lambda a, b: (scaled(a, b)[0], b),
        "training data alone": lambda a, b: scaled(a, b)[0],
        "the two swapped": lambda a, b: scaled(a, b)[::-1],
        "calls scikit-learn": _sklearn,
    },
}
