"""Checks of lesson 08. References: properties counted pair by pair, torch's autograd, and brute force in float64."""

from collections.abc import Callable

import numpy as np

from course_utils.checks.forbid import forbid
from course_utils.checks.report import call, describe, fail, passed, require_array, require_close, require_number

LIBRARY = {"torch", "ContrastiveLoss", "roc_curve", "sklearn", "KNeighborsClassifier", "NearestNeighbors"}


def check_make_pairs(make_pairs: Callable, cases: tuple = ((60, 4, 400), (12, 2, 100)), seed: int = 0) -> None:
    """Lesson 08, exercise 1: answer(y, count, seed) -> (first, second, same). `cases`: (images, classes, count)."""
    rng = np.random.default_rng(seed)
    for images, classes, count in cases:
        # every class has at least two images, and the labels have gaps: 3, 10, 17 ...
        y = (
            rng.permutation(np.concatenate([np.repeat(np.arange(classes), 2), rng.integers(0, classes, images)])) * 7
            + 3
        )
        given = f"{len(y)} labels of {classes} classes, count {count}, seed {seed}"
        forbid(make_pairs, LIBRARY, given)
        pairs, before, after = _pairs(make_pairs, y, count, seed, given)
        if not (np.array_equal(before[0], after[0]) and before[1] == after[1]):
            fail(given, "NumPy's global random numbers untouched", "changed ones", "use np.random.default_rng(seed)")
        _require_true_pairs(y, *pairs, count, given)
        _require_variety(y, *pairs, classes, given)
        again, _, _ = _pairs(make_pairs, y, count, seed, given)
        if not all(np.array_equal(a, b) for a, b in zip(pairs, again, strict=True)):
            fail(given, "the same pairs for the same seed", "other pairs", "draw everything from default_rng(seed)")
        other, _, _ = _pairs(make_pairs, y, count, seed + 1, given)
        if all(np.array_equal(a, b) for a, b in zip(pairs, other, strict=True)):
            fail(f"{given}, then seed {seed + 1}", "other pairs", "the same pairs", "does the seed reach default_rng?")
    passed("make_pairs")


def between_states(answer: Callable, *arguments) -> tuple:
    """A probe: what the answer returns, with the state of NumPy's global random numbers before and after.

    The state before is one that never was: where an earlier call of the answer left its own seed, the same seed again
    would change nothing.
    """
    kept = np.random.get_state()
    np.random.seed()
    before = _global_state()
    try:
        return answer(*arguments), before, _global_state()
    finally:
        np.random.set_state(kept)


def _global_state() -> tuple[np.ndarray, int]:
    _, numbers, place, *_ = np.random.get_state()
    return numbers.copy(), place


def _pairs(make_pairs: Callable, y: np.ndarray, count: int, seed: int, given: str) -> tuple:
    """Three arrays in a list, once they are plain, and the states before and after."""
    expected = f"three arrays of {count} whole numbers: first, second, same"
    got, before, after = call(make_pairs, y, count, seed, given=given, expected=expected, probe=between_states)
    if not isinstance(got, (tuple, list)) or len(got) != 3:
        fail(given, expected, describe(got), "end with: return first, second, same")
    parts = []
    for name, part in zip(("first", "second", "same"), got, strict=True):
        values = require_array(part, (count,), f"{given}; {name}", f"there are {count} pairs")
        whole = part.dtype.kind in "iu" or (name == "same" and np.isin(values, (0, 1)).all())
        if not whole:
            fail(
                f"{given}; {name}", "whole numbers", describe(part), "rows and labels are whole numbers: use dtype int"
            )
        parts.append(values.astype(np.int64))
    return parts, before, after


def _require_true_pairs(y, first, second, same, count: int, given: str) -> None:
    """Rows that exist, two different images in each pair, and a label that is true, half of them 1."""
    rows = np.concatenate([first, second])
    if rows.min() < 0 or rows.max() >= len(y):
        hint = "first and second hold rows of y, not labels"
        fail(given, f"rows from 0 to {len(y) - 1}", f"from {rows.min()} to {rows.max()}", hint)
    truth = (y[first] == y[second]).astype(np.int64)
    wrong = np.flatnonzero(truth != same)
    if len(wrong):
        i = wrong[0]
        hint = (
            "1 stands for one identity here" if np.array_equal(truth, 1 - same) else "same says y[first] == y[second]"
        )
        labels = f"labels {y[first[i]]} and {y[second[i]]} (pair {i})"
        fail(given, f"same = {truth[i]} for {labels}", f"same = {same[i]}", hint)
    if same.sum() != count // 2:
        hint = "draw the two kinds separately; chance alone gives far more different pairs"
        fail(given, f"{count // 2} pairs of one identity", str(same.sum()), hint)
    if (first == second).any():
        i = np.flatnonzero(first == second)[0]
        fail(given, "two different images in each pair", f"image {first[i]} with itself", "leave out the image itself")


def _require_variety(y, first, second, same, classes: int, given: str) -> None:
    """Every class takes part in both kinds of pairs, and pairs do not come back all the time."""
    for kind in (1, 0):
        chosen = same == kind
        found = np.unique(y[np.concatenate([first[chosen], second[chosen]])])
        if len(found) < classes:
            words = f"{given}; pairs with same = {kind}"
            fail(words, f"all {classes} classes", f"{len(found)} of them", "draw the first image from all images")
        images = len(np.unique(second[chosen]))
        if images < min(chosen.sum(), len(y)) // 2:
            got = f"{images} different ones for {chosen.sum()} pairs with same = {kind}"
            fail(
                given,
                "second images drawn from all that fit",
                got,
                "random.choice among the rows that may stand second",
            )
    used, distinct = len(np.unique([first, second])), len({tuple(pair) for pair in zip(first, second, strict=True)})
    if used < 0.9 * len(y) or distinct < min(len(first), len(y)) // 2:
        got = f"{used} of {len(y)} images, {distinct} different pairs"
        fail(given, "nearly all images, in many different pairs", got, "draw both images of a pair anew each time")


def check_contrastive(contrastive: Callable, sizes: tuple = (4, 7), margins: tuple = (1.0, 2.5), seed: int = 0) -> None:
    """Lesson 08, exercise 2: answer(distances, same, margin) -> (loss, slopes). One case per size and margin."""
    rng = np.random.default_rng(seed)
    for size, margin in [(size, margin) for size in sizes for margin in margins]:
        distances = rng.uniform(0.1, 1.8 * margin, size).round(2)
        same = rng.permutation(np.arange(size) % 2)
        _contrastive_once(contrastive, distances, same, margin)
    _contrastive_once(contrastive, np.array([0.0, 0.0, 3.0, 3.0]), np.array([1, 0, 1, 0]), 1.0)
    _contrastive_once(contrastive, np.array([0.5]), np.array([0]), 1.0)
    passed("contrastive")


def _contrastive_once(contrastive: Callable, distances: np.ndarray, same: np.ndarray, margin: float) -> None:
    given = f"distances {distances.tolist()}, same {same.tolist()}, margin {margin}"
    forbid(contrastive, LIBRARY | {"autograd"}, given)
    loss, slopes = _autograd(distances, same, margin)
    got = call(contrastive, distances, same, margin, given=given, expected="a loss and one slope for each pair")
    if not isinstance(got, (tuple, list)) or len(got) != 2:
        fail(given, "the loss and the slopes", describe(got), "end with: return loss, slopes")
    n, gap = len(distances), margin - distances
    swapped, swapped_slopes = _autograd(distances, 1 - same, margin)
    no_hinge = np.mean(np.where(same == 1, distances**2, gap**2))
    mistakes = [
        (swapped, "the label is turned round: 1 is one identity"),
        (no_hinge, "a different pair beyond the margin costs nothing: np.maximum"),
        (loss * n, "this is the sum; take the mean"),
        (loss / 2, "no factor 1/2 here"),
        (np.mean(np.where(same == 1, distances, np.maximum(gap, 0))), "both terms are squared"),
        (np.mean(np.where(same == 1, distances**2, np.maximum(margin - distances**2, 0))), "square after the maximum"),
    ]
    require_number(got[0], loss, f"{given}; the loss", "compute one pair on paper, then the mean", mistakes)
    require_close(
        got[1],
        slopes,
        f"{given}; the slopes",
        hint="the derivative of the mean by one distance: only one of the n terms holds it",
        mistakes=[
            (slopes * n, "the loss is a mean: divide the slopes by the number of pairs"),
            (-slopes, "the sign: a same pair has a positive slope, its loss grows with the distance"),
            (np.abs(slopes), "the sign: a different pair gets cheaper as it moves apart"),
            (slopes / 2, "the derivative of a square has a factor 2"),
            (swapped_slopes, "the label is turned round: 1 is one identity"),
            (np.where(same == 1, 2 * distances, -2 * gap) / n, "beyond the margin the slope is 0"),
        ],
        shape_hint="one slope for each pair",
    )


def _autograd(distances: np.ndarray, same: np.ndarray, margin: float) -> tuple[float, np.ndarray]:
    """Loss and slopes by torch, on embeddings that lie on a line: a at 0, b at the distance."""
    import torch

    d = torch.tensor(distances, dtype=torch.float64, requires_grad=True)
    is_same = torch.tensor(same, dtype=torch.bool)
    loss = torch.where(is_same, d.square(), torch.clamp(margin - d, min=0).square()).mean()
    loss.backward()
    return loss.item(), d.grad.numpy()


def check_best_threshold(best_threshold: Callable, sizes: tuple = (6, 25), seed: int = 0) -> None:
    """Lesson 08, exercise 3: answer(distances, same) -> threshold. Any threshold of the best accuracy is right."""
    rng = np.random.default_rng(seed)
    cases = []
    for size in sizes:
        same = rng.permutation(np.arange(size) % 2)
        cases.append((rng.normal(3 - same, 0.7).clip(0.01).round(2), same))
    cases += [
        (np.array([0.2, 0.9, 0.4, 0.7]), np.array([1, 0, 1, 0])),
        (np.array([5.0, 40.0, 8.0, 33.0, 41.0]), np.array([1, 0, 1, 1, 0])),
        (np.array([0.3, 0.3, 0.3, 0.8]), np.array([1, 1, 0, 0])),
        (np.array([0.4, 0.6, 0.9]), np.array([1, 1, 1])),
        (np.array([0.4, 0.6, 0.9]), np.array([0, 0, 0])),
        (np.array([0.8, 0.1, 0.9, 0.2, 0.3]), np.array([1, 0, 1, 0, 0])),
    ]
    for distances, same in cases:
        _best_threshold_once(best_threshold, distances, same)
    passed("best_threshold")


def _best_threshold_once(best_threshold: Callable, distances: np.ndarray, same: np.ndarray) -> None:
    given = f"distances {distances.tolist()}, same {same.tolist()}"
    forbid(best_threshold, LIBRARY, given)
    levels = sorted(set(distances.tolist()))
    tried = [levels[0] - 1, *(0.5 * np.add(levels[:-1], levels[1:])), levels[-1] + 1]
    best = max(_accuracy(distances, same, threshold) for threshold in tried)
    expected = f"a threshold that gets {best:.3f} of the pairs right"
    got = call(best_threshold, distances, same, given=given, expected=expected)
    if isinstance(got, (bool, np.bool_)) or not isinstance(got, (int, float, np.integer, np.floating)):
        fail(given, expected, describe(got), "return a single number")
    if np.isnan(got):  # infinity is welcome: a threshold above all distances
        fail(given, expected, "NaN", "where do you divide by zero, or take a mean of nothing?")
    reached = _accuracy(distances, same, float(got))
    if reached < best:
        hint = "try a threshold below, between and above all distances, and keep the best"
        if np.isclose(got, best):
            hint = "return the threshold, not the accuracy"
        elif reached + best == 1 or reached == min(_accuracy(distances, same, threshold) for threshold in tried):
            hint = "a pair is called the same where its distance is smaller than the threshold"
        fail(given, expected, f"{float(got):.6g}, which gets {reached:.3f} right", hint)


def _accuracy(distances: np.ndarray, same: np.ndarray, threshold: float) -> float:
    return float(np.mean((distances < threshold) == (same == 1)))


def check_one_shot(one_shot: Callable, cases: tuple = ((12, 3, 4), (20, 4, 2)), seed: int = 0) -> None:
    """Lesson 08, exercise 4: answer(embeddings, y, examples) -> accuracy. `cases`: (images, classes, dimensions)."""
    rng = np.random.default_rng(seed)
    for images, classes, dimensions in cases:
        y = rng.permutation(np.arange(images) % classes) * 3 + 5
        embeddings = rng.normal(size=(images, dimensions)) + 0.4 * y[:, None]
        examples = np.array([rng.choice(np.flatnonzero(y == c)) for c in rng.permutation(np.unique(y))])
        given = f"{images} embeddings of {dimensions} numbers, labels {y.tolist()}, examples {examples.tolist()}"
        forbid(one_shot, LIBRARY, given)
        right = [_nearest_label(row, embeddings, y, examples) == y[i] for i, row in enumerate(embeddings)]
        asked = [i for i in range(images) if i not in examples]
        expected = float(np.mean([right[i] for i in asked]))
        by_place = [_nearest_label(embeddings[i], embeddings, np.arange(images), examples) == y[i] for i in asked]
        everyone = [_nearest_of_all(i, embeddings, y) == y[i] for i in asked]
        mistakes = [
            (float(np.mean(right)), "the examples themselves are no questions: leave them out"),
            (1 - expected, "count what is right, not what is wrong"),
            (expected * len(asked), "divide by the number of questions"),
            (100 * expected, "a share between 0 and 1, not per cent"),
            (float(np.mean(everyone)), "compare with the examples only, not with all images"),
            (float(np.mean(by_place)), "turn the nearest example's row into its label"),
        ]
        got = call(one_shot, embeddings, y, examples, given=given, expected=f"{expected:.6g}")
        require_number(got, expected, given, "each question gets the label of its nearest example", mistakes)
    passed("one_shot")


def _nearest_label(row: np.ndarray, embeddings: np.ndarray, labels: np.ndarray, examples: np.ndarray) -> int:
    return labels[min(examples, key=lambda example: float(np.sum((row - embeddings[example]) ** 2)))]


def _nearest_of_all(i: int, embeddings: np.ndarray, y: np.ndarray) -> int:
    others = [j for j in range(len(y)) if j != i]
    return y[min(others, key=lambda j: float(np.sum((embeddings[i] - embeddings[j]) ** 2)))]
