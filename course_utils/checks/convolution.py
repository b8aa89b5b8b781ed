"""Checks of lesson 01. The reference for correlations is torch's conv2d in float64, which does not turn the kernel."""

from collections.abc import Callable

import numpy as np

from course_utils.checks.forbid import forbid
from course_utils.checks.report import call, describe, fail, passed, require_array, require_close

SLIDING = {"conv2d", "correlate2d", "convolve2d", "fftconvolve", "signal", "ndimage", "unfold"}


def _torch_correlate(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    import torch

    batch = torch.tensor(image, dtype=torch.float64)[None, None]
    weight = torch.tensor(kernel.copy(), dtype=torch.float64)[None, None]
    return torch.nn.functional.conv2d(batch, weight)[0, 0].numpy()


def _image_and_kernel(rng: np.random.Generator, h: int, w: int, kh: int, kw: int) -> tuple[np.ndarray, np.ndarray]:
    """Whole numbers a student can redo on paper; the kernel is never symmetric, so that a turned one shows."""
    image, kernel = rng.integers(0, 256, (h, w)), rng.integers(-3, 4, (kh, kw))
    kernel[0, 0], kernel[-1, -1] = 4, -5
    return image, kernel


def check_correlate2d(
    correlate2d: Callable, shapes: tuple = ((4, 4, 2, 2), (5, 7, 3, 2), (6, 5, 1, 1)), seed: int = 0
) -> None:
    """Lesson 01, exercise 1: answer(image, kernel) -> float array. `shapes` holds (h, w, kh, kw)."""
    rng = np.random.default_rng(seed)
    for h, w, kh, kw in shapes:
        image, kernel = _image_and_kernel(rng, h, w, kh, kw)
        given = f"an image of {h} x {w} and a kernel of {kh} x {kw}"
        forbid(correlate2d, SLIDING, given)
        expected = _torch_correlate(image, kernel)
        got = call(correlate2d, image, kernel, given=given, expected=f"an array of shape {expected.shape}")
        require_close(
            got,
            expected,
            given,
            hint="take one number of the output and do it on paper",
            mistakes=[
                (
                    _torch_correlate(image, kernel[::-1, ::-1]),
                    "the kernel is turned: that is convolution, section 1.4",
                ),
                (expected / kernel.size, "you took the mean; here the products are summed"),
                (np.maximum(expected, 0), "negative sums are welcome: keep them"),
            ],
            shape_hint="in how many places does the kernel fit along each side?",
        )
    image, kernel = rng.normal(size=(5, 4)), rng.normal(size=(2, 2))
    given = "an image and a kernel with decimal numbers"
    got = call(correlate2d, image, kernel, given=given)
    require_close(got, _torch_correlate(image, kernel), given, "is your output array one of floats?")
    passed("correlate2d")


def check_best_place(best_place: Callable, shapes: tuple = ((3, 3), (2, 5), (4, 3)), seed: int = 0) -> None:
    """Lesson 01, exercise 2: answer(scores) -> (row, column). `shapes` holds the shapes of the scores."""
    rng = np.random.default_rng(seed)
    for shape in shapes:
        scores = rng.permutation(shape[0] * shape[1]).reshape(shape) - 2.5
        _best_place_once(best_place, scores, f"scores of shape {shape}, all different")
    below_zero = -np.arange(1.0, 7.0).reshape(2, 3)[::-1]
    _best_place_once(best_place, below_zero, "scores that are all negative")
    ties = np.array([[1.0, 7.0, 0.0], [7.0, 2.0, 7.0]])
    _best_place_once(best_place, ties, "scores with three equal maxima, [[1, 7, 0], [7, 2, 7]]")
    passed("best_place")


def _best_place_once(best_place: Callable, scores: np.ndarray, given: str) -> None:
    flat = next(k for k, value in enumerate(scores.ravel()) if value == scores.max())
    row, column = divmod(flat, scores.shape[1])
    expected = f"(row, column) = ({row}, {column})"
    got = call(best_place, scores, given=given, expected=expected)
    whole = isinstance(got, (tuple, list)) and len(got) == 2 and all(_is_whole(value) for value in got)
    if not whole:
        fail(given, expected, describe(got), "return two whole numbers, the row first: return row, column")
    if (int(got[0]), int(got[1])) == (row, column):
        return
    hint = "is it the place of the largest score? Of equal ones the first in reading order counts"
    if (int(got[0]), int(got[1])) == (column, row):
        hint = "row first, then column"
    elif (int(got[0]), int(got[1])) == divmod(flat, scores.shape[0]):
        hint = "divide the flat index by the number of columns, not of rows"
    fail(given, expected, f"({got[0]}, {got[1]})", hint)


def _is_whole(value) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def check_convolve2d(
    convolve2d: Callable, shapes: tuple = ((4, 4, 2, 2), (5, 7, 3, 2), (4, 5, 1, 3)), seed: int = 0
) -> None:
    """Lesson 01, exercise 3: answer(image, kernel) -> float array. `shapes` holds (h, w, kh, kw)."""
    rng = np.random.default_rng(seed)
    for h, w, kh, kw in shapes:
        image, kernel = _image_and_kernel(rng, h, w, kh, kw)
        given = f"an image of {h} x {w} and a kernel of {kh} x {kw}"
        forbid(convolve2d, SLIDING - {"correlate2d"}, given)
        expected = _torch_correlate(image, kernel[::-1, ::-1])
        got = call(convolve2d, image, kernel, given=given, expected=f"an array of shape {expected.shape}")
        mistakes = [
            (_torch_correlate(image, kernel), "the kernel is not turned yet: this is correlation"),
            (_torch_correlate(image, kernel[::-1]), "you reversed the rows only: reverse the columns as well"),
            (_torch_correlate(image, kernel[:, ::-1]), "you reversed the columns only: reverse the rows as well"),
            (expected[::-1, ::-1], "turn the kernel, not the result"),
        ]
        if kh == kw:
            mistakes += [
                (_torch_correlate(image, kernel.T), "a transpose is no turn: reverse both axes"),
                (_torch_correlate(image, np.rot90(kernel)), "one np.rot90 is 90 degrees; a convolution needs 180"),
            ]
        require_close(
            got,
            expected,
            given,
            hint="turn the kernel by 180 degrees, then slide it as before",
            mistakes=mistakes,
            shape_hint="in how many places does the kernel fit along each side?",
        )
    passed("convolve2d")


def check_output_size(
    output_size: Callable, cases: tuple = ((4, 2, 1, 0), (28, 3, 1, 1), (28, 3, 2, 0), (5, 5, 1, 0))
) -> None:
    """Lesson 01, exercise 4: answer(size, kernel, stride, padding) -> whole number. `cases` holds the arguments."""
    for size, kernel, stride, padding in cases:
        given = f"size {size}, kernel {kernel}, stride {stride}, padding {padding}"
        # counted, not computed: every start of a kernel that ends inside the padded image
        expected = len(range(0, size + 2 * padding - kernel + 1, stride))
        got = call(output_size, size, kernel, stride, padding, given=given, expected=str(expected))
        if not _is_whole(got):
            hint = "divide with // to get a whole number"
            fail(given, f"the whole number {expected}", describe(got), hint)
        if got != expected:
            mistakes = {
                (size + 2 * padding - kernel) // stride: "the first place counts too: add 1 after the division",
                (size + padding - kernel) // stride + 1: "padding is added on both sides",
                (size - kernel) // stride + 1: "where does the padding come in?",
                -((size + 2 * padding - kernel) // -stride) + 1: "round down: a step that leaves the image is not made",
                (size + 2 * padding - kernel + 1) // stride: "add 1 after the division by the stride, not before",
            }
            fail(given, str(expected), str(got), mistakes.get(got, "put the numbers into the formula on paper"))
    given = "no stride and no padding, size 9 and kernel 3"
    got = call(output_size, 9, 3, given=given, expected="7")
    if not _is_whole(got) or got != 7:
        fail(given, "7", describe(got), "the default stride is 1 and the default padding is 0")
    passed("output_size")


def check_im2col(
    im2col: Callable, cases: tuple = ((4, 4, 2, 2, 1), (5, 6, 3, 2, 1), (6, 7, 3, 3, 2)), seed: int = 0
) -> None:
    """Lesson 01, exercise 5: answer(image, kh, kw, stride) -> matrix. `cases` holds (h, w, kh, kw, stride)."""
    rng = np.random.default_rng(seed)
    for h, w, kh, kw, stride in cases:
        image = rng.permutation(h * w).reshape(h, w)
        given = f"an image of {h} x {w}, windows of {kh} x {kw}, stride {stride}"
        forbid(im2col, {"unfold", "im2col_indices", "extract_patches_2d", "view_as_windows"}, given)
        starts = [(i, j) for i in range(0, h - kh + 1, stride) for j in range(0, w - kw + 1, stride)]
        expected = np.stack([image[i : i + kh, j : j + kw].ravel() for i, j in starts])
        got = call(im2col, image, kh, kw, stride, given=given, expected=f"an array of shape {expected.shape}")
        if isinstance(got, np.ndarray) and got.shape == expected.shape[::-1] != expected.shape:
            fail(given, f"shape {expected.shape}", f"shape {got.shape}", "one window a row: transpose the matrix")
        values = require_array(got, expected.shape, given, "how many windows are there, and how many pixels has each?")
        row = next((r for r in range(len(expected)) if not np.array_equal(values[r], expected[r])), None)
        if row is not None:
            hint = "windows come in reading order, and each window is read row by row"
            if sorted(map(tuple, values)) == sorted(map(tuple, expected)):
                hint = "these are the right windows in another order: walk along the rows first"
            fail(given, f"row {row} = {expected[row].tolist()}", f"{values[row].astype(int).tolist()}", hint)
    image = np.arange(6.0).reshape(2, 3) / 4
    given = "an image of 2 x 3 with decimal numbers, windows of 1 x 2, and no stride"
    got = call(im2col, image, 1, 2, given=given, expected="an array of shape (4, 2)")
    whole = [(np.array([[0, 0], [0, 0], [0, 1], [1, 1]]), "the matrix cuts decimals off: is it one of whole numbers?")]
    expected = np.array([[0, 1], [1, 2], [3, 4], [4, 5]]) / 4
    require_close(got, expected, given, "the default stride is 1", whole, shape_hint="the default stride is 1")
    passed("im2col")
