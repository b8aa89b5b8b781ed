"""Checks of lesson 02. The reference for every filter is scipy.ndimage in float64, with the border repeated."""

from collections.abc import Callable

import numpy as np

from course_utils.checks.forbid import forbid
from course_utils.checks.report import call, describe, fail, passed, require_close

# Packages, not the names of their functions: the lesson has a kernel `laplace`, a student may write a helper `sobel`.
FILTERS = {"scipy", "scipy.ndimage", "scipy.signal", "ndimage", "signal", "skimage", "cv2", "conv2d", "torch_filter"}
SAME_SIZE = "the result is as large as the image: pad before you slide"
BORDERS = {
    "constant": "outside the image you have zeros: repeat the border pixels instead",
    "mirror": "outside the image you mirror it: repeat the border pixels instead",
    "reflect": "that is 'reflect' (or 'symmetric'): repeat the border pixel itself, however far outside",
    "wrap": "outside the image you go on at the other side: repeat the border pixels instead",
}
ACROSS, DOWN = 1, 0  # axes of an image


def _correlate(image: np.ndarray, kernel: np.ndarray, mode: str = "nearest") -> np.ndarray:
    from scipy import ndimage

    return ndimage.correlate(image.astype(float), np.asarray(kernel, dtype=float), mode=mode)


def _sobel(image: np.ndarray, axis: int, mode: str = "nearest") -> np.ndarray:
    from scipy import ndimage

    return ndimage.sobel(image.astype(float), axis=axis, mode=mode)


def _laplace(image: np.ndarray, mode: str = "nearest") -> np.ndarray:
    from scipy import ndimage

    return ndimage.laplace(image.astype(float), mode=mode)


def _image(rng: np.random.Generator, h: int, w: int, dtype: str) -> np.ndarray:
    """Whole numbers that a student can redo on paper; as bytes they overflow where differences are taken too early."""
    return rng.integers(0, 256, (h, w)).astype(dtype)


def check_filter_image(
    filter_image: Callable,
    shapes: tuple = ((5, 6, 3, 3), (4, 7, 1, 3), (7, 6, 5, 3)),
    seed: int = 0,
    dtype: str = "int64",
) -> None:
    """Lesson 02, exercise 1: answer(image, kernel) -> floats, same shape. `shapes` holds (h, w, kh, kw)."""
    rng = np.random.default_rng(seed)
    for h, w, kh, kw in shapes:
        image, kernel = _image(rng, h, w, dtype), rng.integers(-3, 4, (kh, kw))
        kernel[0, 0], kernel[-1, -1] = 4, -5
        given = f"an image of {h} x {w} ({dtype}) and a kernel of {kh} x {kw}"
        forbid(filter_image, FILTERS, given)
        expected = _correlate(image, kernel)
        got = call(filter_image, image, kernel, given=given, expected=f"an array of shape {expected.shape}")
        mistakes = [(_correlate(image, kernel[::-1, ::-1]), "the kernel is turned: slide it as it is")]
        mistakes += [(_correlate(image, kernel, mode), hint) for mode, hint in BORDERS.items()]
        mistakes += [
            (expected / kernel.size, "you took the mean; here the products are summed"),
            (np.abs(expected), "keep the sign: it says whether the image gets brighter or darker"),
            (np.maximum(expected, 0), "keep negative sums: they are descents"),
        ]
        require_close(got, expected, given, "redo one corner pixel on paper", mistakes, SAME_SIZE)
    image, kernel = rng.normal(size=(5, 4)), rng.normal(size=(3, 3))
    given = "an image and a kernel with decimal numbers"
    got = call(filter_image, image, kernel, given=given)
    require_close(got, _correlate(image, kernel), given, "is your output array one of floats?", None, SAME_SIZE)
    passed("filter_image")


def check_edge_strength(
    edge_strength: Callable, shapes: tuple = ((5, 5), (4, 7)), seed: int = 0, dtype: str = "int64"
) -> None:
    """Lesson 02, exercise 2: answer(image) -> length of the Sobel gradient. `shapes` holds (h, w)."""
    rng = np.random.default_rng(seed)
    images = [_image(rng, h, w, dtype) for h, w in shapes] + [rng.random((4, 3)), np.full((3, 4), 7.0)]
    for image in images:
        given = f"an image of {image.shape[0]} x {image.shape[1]} ({image.dtype})"
        if image.std() == 0:
            given = "an image of 3 x 4 where every pixel is 7"
        forbid(edge_strength, FILTERS, given)
        across, down = _sobel(image, ACROSS), _sobel(image, DOWN)
        prewitt = np.array([[-1, 0, 1]] * 3)
        got = call(edge_strength, image, given=given, expected=f"an array of shape {image.shape}")
        mistakes = [
            (across**2 + down**2, "take the square root of the sum of squares"),
            (np.abs(across) + np.abs(down), "Pythagoras: square, add, take the root"),
            (np.abs(across + down), "the two slopes cancel if you add them: square each first"),
            (np.sqrt((across**2 + down**2) / 2), "sum the two squares, do not average them"),
            (np.abs(across), "that is the slope across alone: where is the slope down?"),
            (np.abs(down), "that is the slope down alone: where is the slope across?"),
            (across, "that is the slope across, not the length of both slopes"),
            (np.hypot(across, down) / 8, "do not divide by 8 here: plain Sobel kernels are asked for"),
            (np.hypot(_correlate(image, prewitt), _correlate(image, prewitt.T)), "the middle row counts twice: 1 2 1"),
            (np.hypot(_sobel(image, ACROSS, "constant"), _sobel(image, DOWN, "constant")), BORDERS["constant"]),
        ]
        require_close(got, np.hypot(across, down), given, "print both slopes of one pixel first", mistakes, SAME_SIZE)
    passed("edge_strength")


def check_laplacian(laplacian: Callable, shapes: tuple = ((5, 5), (4, 7)), seed: int = 0, dtype: str = "int64") -> None:
    """Lesson 02, exercise 3: answer(image) -> sum of four neighbours minus 4 pixels. `shapes` holds (h, w)."""
    rng = np.random.default_rng(seed)
    for image in [_image(rng, h, w, dtype) for h, w in shapes] + [rng.random((4, 3))]:
        given = f"an image of {image.shape[0]} x {image.shape[1]} ({image.dtype})"
        forbid(laplacian, FILTERS, given)
        expected = _laplace(image)
        got = call(laplacian, image, given=given, expected=f"an array of shape {image.shape}")
        mistakes = [
            (-expected, "the sign is turned: neighbours count +1, the pixel itself -4"),
            (_correlate(image, [[1, 1, 1], [1, -8, 1], [1, 1, 1]]), "four neighbours, not eight: corners count 0"),
            (_correlate(image, [[0, 1, 0], [1, 4, 1], [0, 1, 0]]), "the pixel itself counts -4, not 4"),
            (_correlate(image, [[0, 1, 0], [1, -1, 1], [0, 1, 0]]), "add your nine numbers up: the sum has to be 0"),
            (_correlate(image, [[1, -2, 1]]), "that is the second slope across: add the one down"),
            (_correlate(image, [[1], [-2], [1]]), "that is the second slope down: add the one across"),
            (expected / 4, "the neighbours are summed, not averaged"),
            (np.abs(expected), "keep the sign: the zero crossing is the edge"),
            (_laplace(image, "constant"), BORDERS["constant"]),
            (_laplace(image, "wrap"), BORDERS["wrap"]),
        ]
        hint = "redo one corner pixel on paper: two of its neighbours are the pixel itself"
        if image.dtype == np.uint8:
            hint = "bytes wrap around below 0 and above 255: turn them into floats before you subtract"
        require_close(got, expected, given, hint, mistakes, SAME_SIZE)
    passed("laplacian")


def check_stack_channels(stack_channels: Callable, shapes: tuple = ((3, 5, 5), (2, 4, 6)), seed: int = 0) -> None:
    """Lesson 02, exercise 4: answer(x) -> image, Sobel across, Sobel down, Laplacian. `shapes` holds (n, h, w)."""
    rng = np.random.default_rng(seed)
    names = ("the image", "Sobel across", "Sobel down", "the Laplacian")
    for n, h, w in shapes:
        x = rng.random((n, h, w))
        given = f"{n} image{'s' if n > 1 else ''} of {h} x {w}"
        forbid(stack_channels, FILTERS, given)
        parts = [(i, _sobel(i, ACROSS), _sobel(i, DOWN), _laplace(i)) for i in x]
        expected = np.array(parts)
        got = call(stack_channels, x, given=given, expected=f"an array of shape {expected.shape}")
        shapes_of_mistakes = {
            (n, h, w, 4): "channels come second here, as PyTorch wants them: axis 1",
            (4, n, h, w): "channels come second, after the images: axis 1",
            (n, 3, h, w): "keep the image itself as the first of four channels",
        }
        shape_hint = shapes_of_mistakes.get(getattr(got, "shape", None), "four channels for each image: (n, 4, h, w)")
        if isinstance(got, np.ndarray) and got.shape != expected.shape:
            fail(given, f"a NumPy array of shape {expected.shape}", f"shape {got.shape}", shape_hint)
        mistakes = [
            (expected[:, [0, 2, 1, 3]], "Sobel across (along a row) comes before Sobel down"),
            (np.concatenate([expected[:, :1], -expected[:, 1:3], expected[:, 3:]], 1), "the Sobel kernel is turned"),
        ]
        hint = "look at one channel of one image at a time"
        if isinstance(got, np.ndarray) and got.dtype.kind in "fiu":
            wrong = [name for c, name in enumerate(names) if not np.allclose(got[:, c], expected[:, c], atol=1e-5)]
            hint = f"look at channel {names.index(wrong[0])}: it should be {wrong[0]}" if wrong else hint
        require_close(got, expected, given, hint, mistakes, shape_hint, rtol=1e-5, atol=1e-5)
    passed("stack_channels")


def check_normalise(normalise: Callable, shapes: tuple = (((6, 2), 4), ((4, 3, 2, 5), 3)), seed: int = 0) -> None:
    """Lesson 02, exercise 5: answer(x_train, x_test) -> both, scaled. `shapes` holds (shape of x_train, n of x_test).

    In the last case channel 0 never changes in x_train; in x_test it does.
    """
    rng = np.random.default_rng(seed)
    cases = [(shape, n, False) for shape, n in shapes] + [((5, 2, 3, 3), 2, True)]
    for shape, n, constant in cases:
        scale = 10.0 ** rng.permutation(shape[1]).reshape(1, -1, *[1] * (len(shape) - 2))
        x_train = rng.normal(size=shape) * scale + 3 * scale
        x_test = rng.normal(size=(n, *shape[1:])) * scale * 2 + 5 * scale
        given = f"training data of shape {shape} and test data of shape {x_test.shape}"
        if constant:
            x_train[:, 0], x_test[:, 0] = 3, rng.integers(3, 9, x_test[:, 0].shape)
            given += ", where channel 0 of x_train is 3 everywhere"
        forbid(normalise, {"StandardScaler", "scale", "zscore", "Normalize"}, given)
        got = call(normalise, x_train, x_test, given=given, expected="two arrays")
        if not isinstance(got, (tuple, list)) or len(got) != 2:
            fail(given, "two arrays", describe(got), "return both: return x_train_scaled, x_test_scaled")
        _require_scaled(got[0], x_train, x_train, f"{given}; first x_train")
        _require_scaled(got[1], x_test, x_train, f"{given}; x_test")
    passed("normalise")


def _statistics(x: np.ndarray, ddof: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation (1 where it is 0) of every channel, counted one channel at a time."""
    shape = (1, -1, *[1] * (x.ndim - 2))
    mean = np.array([x[:, c].mean() for c in range(x.shape[1])])
    spread = np.array([x[:, c].std(ddof=ddof) for c in range(x.shape[1])])
    return mean.reshape(shape), np.where(spread == 0, 1, spread).reshape(shape)


def _require_scaled(values, x: np.ndarray, x_train: np.ndarray, given: str) -> None:
    mean, spread = _statistics(x_train)
    own_mean, own_spread = _statistics(x)
    every = tuple(range(x.ndim))
    pixel = x.std(axis=0) + (x.std(axis=0) == 0)
    mistakes = [
        ((x - own_mean) / own_spread, "the test data have no say: use mean and standard deviation of x_train"),
        ((x - mean) / spread**2, "divide by the standard deviation, not by the variance"),
        (x - mean, "and now divide by the standard deviation"),
        (x / spread, "subtract the mean first"),
        ((x - x.mean(every)) / x.std(every), "one mean for all channels: take one for each channel"),
        ((x - x.mean(axis=0)) / pixel, "a mean for each pixel: take one for each channel, over axes 0, 2 and 3"),
        (x - mean / spread, "brackets: (x - mean) / standard deviation"),
        ((x - mean) / _statistics(x_train, ddof=1)[1], "the standard deviation is np.std as it stands, without ddof=1"),
    ]
    hint = "print mean and standard deviation of each channel: 0 and 1 for x_train"
    if np.ptp(x_train[:, 0]) == 0:
        hint = "a channel that never changes in x_train is shifted only: divide by 1 there, not by 0 or a tiny number"
    require_close(values, (x - mean) / spread, given, hint, mistakes, "each result is as large as its input", rtol=1e-5)
