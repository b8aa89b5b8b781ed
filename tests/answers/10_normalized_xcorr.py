"""Right and wrong answers to the exercises of lesson 10, named after the style or the mistake."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def unit(patches, eps=0.01):
    centred = patches - patches.mean(-1)[..., None]
    return centred / (np.sqrt((centred**2).sum(-1) / (patches.shape[-1] - 1)) + eps)[..., None]


def unit_by_loop(patches, eps=0.01):
    rows = [(p - p.mean()) / (p.std(ddof=1) + eps) for p in patches.reshape(-1, patches.shape[-1])]
    return np.array(rows).reshape(patches.shape)


def unit_in_place(patches, eps=0.01):
    patches -= patches.mean(-1, keepdims=True)
    return patches / (patches.std(-1, ddof=1, keepdims=True) + eps)


def cut(feature_map, y, x):
    padded = np.pad(feature_map, 8)
    return padded[y + 6 : y + 11, x + 6 : x + 11].ravel()


def strip(map_a, map_b, y, x, search_rows=2, first=None, divide=24, normaliser=unit):
    first = y - search_rows if first is None else first
    a = normaliser(cut(map_a, y, x))
    rows = range(first, first + 2 * search_rows + 1)
    return np.array([[a @ normaliser(cut(map_b, i, j)) / divide for j in range(map_b.shape[1])] for i in rows])


def strip_of_windows(map_a, map_b, y, x, search_rows=2):
    margin = 2 + search_rows
    windows = sliding_window_view(np.pad(map_b, ((margin, margin), (2, 2))), (5, 5))
    candidates = unit(windows[y : y + 2 * search_rows + 1].reshape(2 * search_rows + 1, -1, 25))
    return candidates @ unit(cut(map_a, y, x)) / 24


def rows_inside_only(map_a, map_b, y, x, search_rows=2):
    scores = strip(map_a, map_b, y, x, search_rows)
    for r in range(len(scores)):
        if not 0 <= y + r - search_rows < len(map_b):
            scores[r] = 0
    return scores


def rows_at_the_border(map_a, map_b, y, x, search_rows=2):
    first = min(max(y - search_rows, 0), len(map_b) - 2 * search_rows - 1)
    return strip(map_a, map_b, y, x, search_rows, first=first)


def columns_near_only(map_a, map_b, y, x, search_rows=2):
    scores = strip(map_a, map_b, y, x, search_rows)
    scores[:, np.abs(np.arange(scores.shape[1]) - x) > search_rows] = 0
    return scores


def ready_made(map_a, map_b, y, x, search_rows=2):
    import torch

    from course_utils.models import NormalizedXCorr

    a, b = (torch.tensor(m)[None, None] for m in (map_a, map_b))
    return NormalizedXCorr(5, search_rows)(a, b)[0, :, y, x].reshape(-1, map_b.shape[1]).numpy()


def shape(height, width, channels=25, search_rows=2):
    h, w = ((((side - 4) // 2) - 4) // 2 for side in (height, width))
    return channels * (1 + 2 * search_rows) * w, h, w


def shape_by_steps(height, width, channels=25, search_rows=2):
    sides = [height, width]
    for k in range(2):
        sides[k] = int(np.floor((np.floor((sides[k] - 4) / 2) - 4) / 2))
    return [len(range(-search_rows, search_rows + 1)) * sides[1] * channels, *sides]


def spoiled_shape(change):
    def answer(height, width, channels=25, search_rows=2):
        return change(*shape(height, width, channels, search_rows), channels, search_rows)

    return answer


def shape_without_rounding(height, width, channels=25, search_rows=2):
    h, w = ((((side - 4) / 2) - 4) / 2 for side in (height, width))
    return channels * (1 + 2 * search_rows) * w, h, w


def shape_with_padding(height, width, channels=25, search_rows=2):
    return channels * (1 + 2 * search_rows) * (width // 4), height // 4, width // 4


def shape_rounded_late(height, width, channels=25, search_rows=2):
    h, w = (int(((side - 4) / 2 - 4) / 2 + 0.5) for side in (height, width))
    return channels * (1 + 2 * search_rows) * w, h, w


def products(patches_a, patches_b):
    """(rows, w, h, w): the plain sums."""
    windows = sliding_window_view(patches_b, len(patches_b) - len(patches_a) + 1, axis=0)
    return np.einsum("yxn,yjnr->rjyx", patches_a, windows)


def rows_einsum(patches_a, patches_b):
    h, w, n = patches_a.shape
    return products(patches_a, patches_b).reshape(-1, h, w) / (n - 1)


def rows_one_at_a_time(patches_a, patches_b):
    h, n = len(patches_a), patches_a.shape[-1]
    rows = [patches_b[r : r + h] @ patches_a.transpose(0, 2, 1) for r in range(len(patches_b) - h + 1)]
    return np.concatenate([row.transpose(1, 0, 2) for row in rows]) / (n - 1)


def spoiled_rows(change):
    def answer(patches_a, patches_b):
        h, w, n = patches_a.shape
        return change(products(patches_a, patches_b) / (n - 1), n).reshape(-1, h, w)

    return answer


def five_rows_always(patches_a, patches_b):
    h, w, n = patches_a.shape
    kept = products(patches_a, patches_b)[:5]
    return np.resize(kept, (5, w, h, w)).reshape(-1, h, w) / (n - 1)


RIGHT = {
    "normalise": {"sums written out": unit, "one patch after another": unit_by_loop},
    "correlate_place": {"list comprehension": strip, "windows": strip_of_windows},
    "xcorr_shape": {"one line": shape, "step by step, as a list": shape_by_steps},
    "correlate_rows": {"einsum": rows_einsum, "one product a row offset": rows_one_at_a_time},
}

WRONG = {
    "normalise": {
        "divides by N": lambda p, eps=0.01: (p - p.mean(-1, keepdims=True)) / (p.std(-1, keepdims=True) + eps),
        "no eps": lambda p, eps=0.01: unit(p, 0.0),
        "eps of its own": lambda p, eps=0.01: unit(p, 0.01),
        "another default of eps": lambda p, eps=0.001: unit(p, eps),
        "eps under the root": lambda p, eps=0.01: (
            (p - p.mean(-1, keepdims=True)) / np.sqrt(p.var(-1, ddof=1, keepdims=True) + eps)
        ),
        "mean not subtracted": lambda p, eps=0.01: p / (p.std(-1, ddof=1, keepdims=True) + eps),
        "all patches together": lambda p, eps=0.01: (p - p.mean()) / (p.std(ddof=1) + eps),
        "along the first axis": lambda p, eps=0.01: (p - p.mean(0)) / (p.std(0, ddof=1) + eps),
        "variance instead of spread": lambda p, eps=0.01: (
            (p - p.mean(-1, keepdims=True)) / (p.var(-1, ddof=1, keepdims=True) + eps)
        ),
        "changes the patches": unit_in_place,
    },
    "correlate_place": {
        "divides by N": lambda a, b, y, x, search_rows=2: strip(a, b, y, x, search_rows, divide=25),
        "not divided": lambda a, b, y, x, search_rows=2: strip(a, b, y, x, search_rows, divide=1),
        "starts at row y": lambda a, b, y, x, search_rows=2: strip(a, b, y, x, search_rows, first=y),
        "bottom row first": lambda a, b, y, x, search_rows=2: strip(a, b, y, x, search_rows)[::-1],
        "maps swapped": lambda a, b, y, x, search_rows=2: strip(b, a, y, x, search_rows),
        "row and column swapped": lambda a, b, y, x, search_rows=2: strip(a, b, x, y, search_rows),
        "not normalised": lambda a, b, y, x, search_rows=2: strip(a, b, y, x, search_rows, normaliser=lambda p: p),
        "rows outside count as 0": rows_inside_only,
        "stops at the border": rows_at_the_border,
        "near columns only": columns_near_only,
        "two rows always": lambda a, b, y, x, search_rows=2: strip(a, b, y, x, 2),
        "search_rows defaults to 1": lambda a, b, y, x, search_rows=1: strip(a, b, y, x, search_rows),
        "calls the finished layer": ready_made,
    },
    "xcorr_shape": {
        "height searched fully": spoiled_shape(lambda c, h, w, k, s: (k * (1 + 2 * s) * h, h, w)),
        "the whole map searched": spoiled_shape(lambda c, h, w, k, s: (k * h * w, h, w)),
        "one channel": spoiled_shape(lambda c, h, w, k, s: (c // k, h, w)),
        "rows above only": spoiled_shape(lambda c, h, w, k, s: (k * s * w, h, w)),
        "channels last": spoiled_shape(lambda c, h, w, k, s: (h, w, c)),
        "five rows always": spoiled_shape(lambda c, h, w, k, s: (k * 5 * w, h, w)),
        "not rounded": shape_without_rounding,
        "padded convolutions": shape_with_padding,
        "rounds at the end": shape_rounded_late,
        "the paper's numbers": lambda height, width, channels=25, search_rows=2: (1500, 37, 12),
        "no defaults": lambda height, width, channels, search_rows: shape(height, width, channels, search_rows),
    },
    "correlate_rows": {
        "not divided": spoiled_rows(lambda scores, n: scores * (n - 1)),
        "divides by N": spoiled_rows(lambda scores, n: scores * (n - 1) / n),
        "columns before rows": spoiled_rows(lambda scores, n: scores.transpose(1, 0, 2, 3)),
        "bottom row first": spoiled_rows(lambda scores, n: scores[::-1]),
        "columns swapped": spoiled_rows(lambda scores, n: scores.transpose(0, 3, 2, 1)),
        "bottom place first": spoiled_rows(lambda scores, n: scores[:, :, ::-1]),
        "places first": lambda a, b: np.moveaxis(rows_einsum(a, b), 0, -1),
        "not flattened": lambda a, b: products(a, b) / (a.shape[-1] - 1),
        "five rows always": five_rows_always,
        "same row only": lambda a, b: rows_einsum(a, b[(len(b) - len(a)) // 2 :][: len(a)]),
        "clips below zero": spoiled_rows(lambda scores, n: np.maximum(scores, 0)),
    },
}
