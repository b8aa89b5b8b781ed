"""Checks of lesson 10. The references work on one patch at a time, in float64, with sums written out."""

import math
from collections.abc import Callable

import numpy as np

from course_utils.checks.forbid import forbid
from course_utils.checks.report import call, describe, fail, passed, require_array, require_close

READY_MADE = {"NormalizedXCorr", "UnitPatches", "RowProducts", "corrcoef", "zscore", "pearsonr"}


def _unit(numbers: np.ndarray, eps: float, divide_by_less: int = 1, eps_inside: bool = False) -> np.ndarray:
    """One patch, from the formula; the options are the mistakes that a hint can name."""
    mean = sum(numbers) / numbers.size
    variance = sum((p - mean) ** 2 for p in numbers) / (numbers.size - divide_by_less)
    spread = math.sqrt(variance + eps) if eps_inside else math.sqrt(variance) + eps
    return np.array([(p - mean) / spread for p in numbers])


def _each_patch(patches: np.ndarray, eps: float, **mistake) -> np.ndarray:
    return np.apply_along_axis(_unit, -1, patches, eps, **mistake)


def check_normalise(normalise: Callable, shapes: tuple = ((25,), (4, 9), (2, 3, 25)), seed: int = 0) -> None:
    """Lesson 10, exercise 1: answer(patches, eps) -> array of the same shape. `shapes` ends with N."""
    rng = np.random.default_rng(seed)
    for shape in shapes:
        patches, eps = rng.normal(0.5, 0.3, shape), float(rng.uniform(0.02, 0.2))
        given = f"patches of shape {shape}, eps = {eps:.3f}"
        forbid(normalise, READY_MADE, given)
        got = call(normalise, patches, eps, given=given, expected=f"an array of shape {shape}")
        together = (patches - patches.mean()) / (patches.std(ddof=1) + eps)
        require_close(
            got,
            _each_patch(patches, eps),
            given,
            hint="put one patch into the formula on paper",
            mistakes=[
                (_each_patch(patches, eps, divide_by_less=0), "the spread divides by N - 1: np.std has an option"),
                (_each_patch(patches, eps, eps_inside=True), "eps is added to the root, not under it"),
                (_each_patch(patches, 0.0), "where did eps go?"),
                (_each_patch(patches, 0.01), "use the eps that you are given"),
                (_each_patch(patches, eps) + _offset(patches, eps), "subtract the mean of each patch first"),
                (together, "every patch has its own mean and spread: work along the last axis"),
            ],
            shape_hint="the result has the shape of the patches: keep the last axis (keepdims)",
        )
    flat = np.full((2, 25), 0.7)
    flat[1, 3] = 0.1
    given = "two patches of 25 numbers, the first one flat, and no eps"
    got = call(normalise, flat, given=given, expected="an array of shape (2, 25)")
    hint = "a flat patch becomes zeros, and the default of eps is 0.01"
    require_close(got, _each_patch(flat, 0.01), given, hint)
    passed("normalise")


def _offset(patches: np.ndarray, eps: float) -> np.ndarray:
    """What is left of the mean where it was not subtracted."""
    spread = patches.std(axis=-1, ddof=1)[..., None] + eps
    return patches.mean(axis=-1)[..., None] / spread


def _score(map_a, map_b, place_a, place_b, eps=0.01, divide=24) -> float:
    """The correlation of two 5 x 5 patches around two places; the maps are zero outside."""
    cut = []
    for feature_map, (y, x) in ((map_a, place_a), (map_b, place_b)):
        numbers = [
            feature_map[i, j] if 0 <= i < feature_map.shape[0] and 0 <= j < feature_map.shape[1] else 0.0
            for i in range(y - 2, y + 3)
            for j in range(x - 2, x + 3)
        ]
        cut.append(_unit(np.array(numbers), eps))
    return float(cut[0] @ cut[1]) / divide


def _strip(map_a, map_b, y, x, search_rows, first_row=None, divide=24) -> np.ndarray:
    first_row = y - search_rows if first_row is None else first_row
    rows, columns = range(first_row, first_row + 2 * search_rows + 1), range(map_b.shape[1])
    return np.array([[_score(map_a, map_b, (y, x), (i, j), divide=divide) for j in columns] for i in rows])


def _map_pair(rng: np.random.Generator, h: int, w: int) -> tuple[np.ndarray, np.ndarray]:
    """Two maps as after ReLU, with flat corners, and something at every border."""
    pair = np.maximum(rng.normal(0.3, 1, (2, h, w)), 0)
    pair[1, -1, 0] = pair[1, 0, -1] = 2.5
    return pair[0], pair[1]


def check_correlate_place(
    correlate_place: Callable,
    cases: tuple = ((7, 6, 3, 2, 2), (8, 5, 0, 4, 2), (5, 9, 4, 0, 1)),
    seed: int = 0,
) -> None:
    """Lesson 10, exercise 2: answer(map_a, map_b, y, x, search_rows) -> scores. `cases` holds (h, w, y, x, rows)."""
    rng = np.random.default_rng(seed)
    for h, w, y, x, search_rows in cases:
        map_a, map_b = _map_pair(rng, h, w)
        given = f"two maps of {h} x {w}, the place ({y}, {x}), search_rows = {search_rows}"
        forbid(correlate_place, READY_MADE, given)
        expected = _strip(map_a, map_b, y, x, search_rows)
        got = call(
            correlate_place, map_a, map_b, y, x, search_rows, given=given, expected=f"an array of {expected.shape}"
        )
        values = require_array(got, expected.shape, given, "how many rows are searched, and how many columns?")
        if np.abs(values).max() > 1.0001:
            fail(given, "scores between -1 and 1", f"{values.flat[np.abs(values).argmax()]:.4g}", "divide by N - 1")
        require_close(
            got,
            expected,
            given,
            hint="compute one score on its own: which two patches does it compare?",
            mistakes=[
                (_strip(map_a, map_b, y, x, search_rows, divide=25), "divide the sum by N - 1, as in the formula"),
                (_strip(map_a, map_b, y, x, search_rows, first_row=y), "row 0 belongs to row y - search_rows"),
                (expected[::-1], "the rows come from top to bottom"),
                (_strip(map_b, map_a, y, x, search_rows), "the patch comes from map_a, the candidates from map_b"),
            ],
        )
    map_a, map_b = _map_pair(rng, 6, 4)
    given = "two maps of 6 x 4, the place (2, 1), and no search_rows"
    got = call(correlate_place, map_a, map_b, 2, 1, given=given, expected="an array of shape (5, 4)")
    default = "the default of search_rows is 2"
    require_close(got, _strip(map_a, map_b, 2, 1, 2), given, default, shape_hint=default)
    passed("correlate_place")


def _counted(size: int) -> int:
    """How many places are left of `size` after two rounds of a 5-wide window and pairs: counted, not computed."""
    places = list(range(size))
    for _ in range(2):
        starts = [k for k in places if k + 4 in places]
        places = list(range(len(list(zip(starts[::2], starts[1::2], strict=False)))))
    return len(places)


def check_xcorr_shape(xcorr_shape: Callable, cases: tuple = ((160, 60, 25, 2), (47, 30, 8, 1))) -> None:
    """Lesson 10, exercise 3: answer(height, width, channels, search_rows) -> three whole numbers."""
    for height, width, channels, search_rows in cases:
        given = f"images of {height} x {width}, {channels} map channels, search_rows = {search_rows}"
        h, w = _counted(height), _counted(width)
        rows = 1 + 2 * search_rows
        mistakes = {
            (h, w): "the channels come first: channels, rows, columns",
            (channels * rows * h, h, w): "all columns are searched, not all rows: the width counts",
            (rows * w, h, w): "every map channel has scores of its own",
            (channels * search_rows * w, h, w): "search_rows up, as many down, and the row itself",
            (h, w, channels * rows * w): "channels first here: (channels, rows, columns)",
            (channels * h * w, h, w): "only 2 * search_rows + 1 rows are searched, not all",
        }
        _require_shape(
            call(xcorr_shape, height, width, channels, search_rows, given=given),
            (channels * rows * w, h, w),
            given,
            mistakes,
        )
    given = "images of 160 x 60 and nothing else"
    mistakes = {}
    _require_shape(call(xcorr_shape, 160, 60, given=given), (1500, 37, 12), given, mistakes)
    passed("xcorr_shape")


def _require_shape(got, expected: tuple[int, ...], given: str, mistakes: dict) -> None:
    whole = isinstance(got, (tuple, list)) and all(
        isinstance(value, (int, np.integer)) and not isinstance(value, bool) for value in got
    )
    if not whole:
        fail(
            given, f"whole numbers {expected}", describe(got), "return three whole numbers; // divides and rounds down"
        )
    got = tuple(int(value) for value in got)
    if got != expected:
        hint = mistakes.get(got, "write down the height after each of the four steps")
        fail(given, str(expected), str(got), hint)


def check_correlate_rows(
    correlate_rows: Callable,
    cases: tuple = ((3, 2, 3, 4), (5, 3, 5, 9), (2, 4, 1, 25)),
    seed: int = 0,
) -> None:
    """Lesson 10, exercise 4: answer(patches_a, patches_b) -> (rows * w, h, w). `cases` holds (h, w, rows, N)."""
    rng = np.random.default_rng(seed)
    for h, w, rows, n in cases:
        patches_a, patches_b = rng.normal(size=(h, w, n)), rng.normal(size=(h + rows - 1, w, n))
        given = f"patches_a of shape {patches_a.shape} and patches_b of shape {patches_b.shape}"
        forbid(correlate_rows, READY_MADE, given)
        sums = np.zeros((rows, w, h, w))
        for r, j, y, x in np.ndindex(sums.shape):
            sums[r, j, y, x] = sum(p * q for p, q in zip(patches_a[y, x], patches_b[y + r, j], strict=True))
        expected = sums.reshape(rows * w, h, w) / (n - 1)
        columns_first = sums.transpose(1, 0, 2, 3).reshape(expected.shape)
        got = call(correlate_rows, patches_a, patches_b, given=given, expected=f"an array of {expected.shape}")
        require_close(
            got,
            expected,
            given,
            hint="which patch of patches_b does index r * w + j compare with the place (y, x)?",
            mistakes=[
                (expected * (n - 1), "divide by N - 1"),
                (expected * (n - 1) / n, "divide by N - 1, not by N"),
                (columns_first / (n - 1), "the index is r * w + j: all columns of a row, then the next row"),
                (sums[::-1].reshape(expected.shape) / (n - 1), "the rows come from top to bottom"),
                (sums[:, :, ::-1].reshape(expected.shape) / (n - 1), "the places come from top to bottom"),
                (
                    sums.transpose(0, 3, 2, 1).reshape(expected.shape) / (n - 1),
                    "j belongs to patches_b, x to patches_a",
                ),
            ],
            shape_hint="(rows * w, h, w): the scores first, then the places; look at the order of axes",
        )
    passed("correlate_rows")
