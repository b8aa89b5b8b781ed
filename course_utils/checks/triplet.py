"""Checks of lesson 09. The references are loops over all triplets; for the gradient, torch's autograd in float64."""

from collections.abc import Callable
from itertools import product

import numpy as np

from course_utils.checks.forbid import forbid
from course_utils.checks.report import call, describe, fail, passed, require_array, require_close

READY_MADE = {"TripletLoss", "TripletMarginLoss", "triplet_margin_loss", "batch_hard", "semi_hard", "active_share"}
AUTOGRAD = {"backward", "autograd", "grad", "requires_grad", "requires_grad_", "approx_fprime", "torch"}
SAMPLERS = {"RandomIdentitySampler", "MPerClassSampler"}
KINDS = ("easy", "semi-hard", "hard")


def check_triplet_losses(
    triplet_losses: Callable, shapes: tuple = ((1, 2), (4, 3), (6, 5)), margin: float = 0.3, seed: int = 0
) -> None:
    """Lesson 09, exercise 1: answer(anchors, positives, negatives, margin) -> (n,). `shapes` holds (n, d)."""
    rng = np.random.default_rng(seed)
    for n, d in shapes:
        given = f"{n} triplets of embeddings with {d} numbers, margin {margin}"
        forbid(triplet_losses, READY_MADE, given)
        anchors, positives, negatives = rng.normal(size=(3, n, d))
        negatives[n // 2 :] = positives[n // 2 :] + 0.2 * negatives[n // 2 :]  # some losses are above zero for sure
        gaps = np.array([_gap(*rows) for rows in zip(anchors, positives, negatives, strict=True)])
        squared = np.array([_gap(*rows, power=2) for rows in zip(anchors, positives, negatives, strict=True)])
        expected = np.maximum(gaps + margin, 0)
        got = call(
            triplet_losses, anchors, positives, negatives, margin, given=given, expected=f"an array of shape ({n},)"
        )
        require_close(
            got,
            expected,
            given,
            hint="take one triplet, compute its two distances on paper, and put them into the formula",
            mistakes=[
                (gaps + margin, "a triplet that is in order costs nothing: where is the max?"),
                (np.maximum(squared + margin, 0), "these distances are squared: take the root"),
                (np.maximum(gaps - margin, 0), "the margin has the wrong sign: it makes the loss larger"),
                (np.maximum(margin - gaps, 0), "positive and negative are swapped"),
                (np.maximum(gaps, 0), "where is the margin?"),
                (np.maximum(gaps, 0) + margin, "the margin belongs inside the max"),
            ],
            shape_hint="one loss for each triplet, not their mean: sum over axis 1 only",
        )
    passed("triplet_losses")


def _gap(anchor: np.ndarray, positive: np.ndarray, negative: np.ndarray, power: int = 1) -> float:
    return float(np.linalg.norm(anchor - positive) ** power - np.linalg.norm(anchor - negative) ** power)


def check_distance_gradient(
    distance_gradient: Callable, shapes: tuple = ((3, 2), (5, 3), (2, 4)), seed: int = 0
) -> None:
    """Lesson 09, exercise 2: answer(embeddings, upstream) -> (n, d). `shapes` holds (n, d)."""
    rng = np.random.default_rng(seed)
    for (n, d), twins in product(shapes, (False, True)):
        given = f"{n} embeddings with {d} numbers" + (", the first and the last equal" if twins else "")
        forbid(distance_gradient, AUTOGRAD, given)
        embeddings, upstream = rng.normal(size=(n, d)), rng.normal(size=(n, n))
        if twins:
            embeddings[-1] = embeddings[0]
        got = call(distance_gradient, embeddings, upstream, given=given, expected=f"an array of shape {(n, d)}")
        if isinstance(got, np.ndarray) and got.dtype.kind == "f" and not np.isfinite(got).all():
            hint = "0 / 0 is NaN, and the diagonal is 0 in every batch: give distance 0 a gradient of 0"
            fail(given, "finite numbers", "NaN or infinity", hint)
        expected = _torch_gradient(embeddings, upstream)
        by_rows = _torch_gradient(embeddings, upstream, second_fixed=True)
        both = upstream + upstream.T
        raw = both.sum(axis=1)[:, None] * embeddings - both @ embeddings  # arrows that were not divided
        require_close(
            got,
            expected,
            given,
            hint="move one embedding a little: which distances change, and how fast?",
            mistakes=[
                (-expected, "the sign is turned: moving i away from j makes their distance larger"),
                (by_rows, "embedding i stands in row i and in column i of the distances: add both"),
                (2 * by_rows, "upstream need not be symmetric: row i and column i may differ"),
                (raw, "these arrows have the length of the distance: divide by it"),
            ],
            shape_hint="one row for each embedding: sum over its partners",
            rtol=1e-5,
            atol=1e-6,
        )
    passed("distance_gradient")


def _torch_gradient(embeddings: np.ndarray, upstream: np.ndarray, second_fixed: bool = False) -> np.ndarray:
    import torch

    first = torch.tensor(embeddings, dtype=torch.float64, requires_grad=True)
    second = first.detach() if second_fixed else first
    distances = torch.linalg.vector_norm(first[:, None] - second, dim=2)
    (distances * torch.tensor(upstream)).sum().backward()
    return first.grad.numpy()


def _batch(rng: np.random.Generator, counts: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Distances that are whole numbers, so that ties occur and a student can count on paper; shuffled labels."""
    labels = rng.permutation(np.repeat(rng.permutation(20)[: len(counts)], counts))
    upper = np.triu(rng.integers(1, 7, (len(labels), len(labels))), 1)
    return (upper + upper.T).astype(float), labels


def _triplets(labels: np.ndarray) -> list[tuple[int, int, int]]:
    n = range(len(labels))
    return [(a, p, x) for a, p, x in product(n, n, n) if a != p and labels[a] == labels[p] != labels[x]]


def _kinds(distances: np.ndarray, triplets: list, margin: float) -> dict[str, int]:
    gaps = np.array([distances[a, x] - distances[a, p] for a, p, x in triplets])
    easy, hard = int((gaps >= margin).sum()), int((gaps <= 0).sum())
    return {"easy": easy, "semi-hard": len(gaps) - easy - hard, "hard": hard}


def check_triplet_kinds(
    triplet_kinds: Callable, batches: tuple = ((2, 2), (3, 2, 1), (4, 1, 3)), margin: float = 2, seed: int = 0
) -> None:
    """Lesson 09, exercise 3: answer(distances, labels, margin) -> dict. `batches` holds images of each identity."""
    rng = np.random.default_rng(seed)
    for counts in batches:
        distances, labels = _batch(rng, counts)
        given = f"labels {labels.tolist()}, whole distances from 1 to 6, margin {margin}"
        forbid(triplet_kinds, READY_MADE, given)
        triplets = _triplets(labels)
        expected = _kinds(distances, triplets, margin)
        got = call(triplet_kinds, distances, labels, margin, given=given, expected=str(expected))
        if not isinstance(got, dict) or set(got) != set(KINDS):
            fail(given, f"a dict with the keys {', '.join(KINDS)}", describe(got), "return the dict of the docstring")
        if not all(isinstance(v, (int, np.integer)) and not isinstance(v, bool) for v in got.values()):
            fail(given, "three whole numbers", describe(got), "count: int(... .sum())")
        found = {kind: int(got[kind]) for kind in KINDS}
        if found != expected:
            fail(given, str(expected), str(found), _kinds_hint(found, distances, labels, triplets, margin))
    passed("triplet_kinds")


def _kinds_hint(found: dict, distances: np.ndarray, labels: np.ndarray, triplets: list, margin: float) -> str:
    with_itself = triplets + [(a, a, x) for a, x in np.argwhere(labels[:, None] != labels)]
    unordered = [triplet for triplet in triplets if triplet[0] < triplet[1]]
    if found == _kinds(distances, with_itself, margin):
        return "an anchor is not its own positive: leave the diagonal out"
    if found == _kinds(distances, unordered, margin):
        return "anchor and positive may change places: that is another triplet"
    if sum(found.values()) != len(triplets):
        return f"this batch has {len(triplets)} triplets, each of one kind; you counted {sum(found.values())}"
    return "read the borders again: equal distances are hard, a lead of exactly the margin is easy"


def check_batch_hard_losses(
    batch_hard_losses: Callable, batches: tuple = ((3, 3), (3, 2, 1), (4, 1, 3)), margin: float = 2, seed: int = 0
) -> None:
    """Lesson 09, exercise 4: answer(distances, labels, margin) -> (anchors that have a positive,)."""
    rng = np.random.default_rng(seed)
    for counts, lead in product(batches, (0, 4)):
        distances, labels = _batch(rng, counts)
        distances += lead * (labels[:, None] != labels)
        given = f"labels {labels.tolist()}, whole distances, negatives farther by {lead}, margin {margin}"
        forbid(batch_hard_losses, READY_MADE, given)
        losses = {name: _hard_losses(distances, labels, margin, *pick) for name, pick in PICKS.items()}
        expected = losses["hardest"]
        got = call(
            batch_hard_losses, distances, labels, margin, given=given, expected=f"an array of shape {expected.shape}"
        )
        shape_hint = "one loss for each anchor that has a positive"
        if isinstance(got, np.ndarray) and got.shape == labels.shape != expected.shape:
            shape_hint = "an image that is alone with its identity is no anchor: leave it out"
        require_close(
            got,
            expected,
            given,
            hint="take one anchor: which positive is farthest, which negative is nearest?",
            mistakes=[
                (_hard_losses(distances, labels, margin, max, min, least=-np.inf), "where is the max?"),
                (losses["easiest"], "nearest positive and farthest negative: that is the easiest triplet"),
                (losses["both farthest"], "the hardest negative is the nearest one"),
                (losses["both nearest"], "the hardest positive is the farthest one"),
                (_without_mask(distances, labels, margin), "masked with zeros, the minimum is 0: mask with infinity"),
            ],
            shape_hint=shape_hint,
        )
    passed("batch_hard_losses")


PICKS = {"hardest": (max, min), "easiest": (min, max), "both farthest": (max, max), "both nearest": (min, min)}


def _hard_losses(distances, labels, margin: float, of_positives, of_negatives, least: float = 0) -> np.ndarray:
    losses = []
    for a, row in enumerate(distances):
        to_positives = [row[p] for p in range(len(labels)) if p != a and labels[p] == labels[a]]
        if to_positives:
            gap = of_positives(to_positives) - of_negatives(row[labels != labels[a]])
            losses.append(max(gap + margin, least))
    return np.array(losses)


def _without_mask(distances: np.ndarray, labels: np.ndarray, margin: float) -> np.ndarray:
    same = np.equal.outer(labels, labels)
    return ((distances * same).max(axis=1) + margin)[same.sum(axis=1) > 1]


def check_identity_batch(
    identity_batch: Callable, cases: tuple = (((5, 4, 6, 2), 3, 4), ((1, 3, 2, 9, 9), 4, 5)), seed: int = 0
) -> None:
    """Lesson 09, exercise 5: answer(labels, p, k, seed) -> (p * k,) indices. `cases` holds (images of each, p, k)."""
    rng = np.random.default_rng(seed)
    for counts, p, k in cases:
        labels = rng.permutation(np.repeat(rng.permutation(30)[: len(counts)] + 10, counts))
        given = f"{len(counts)} identities with {', '.join(map(str, counts))} images, p = {p}, k = {k}"
        forbid(identity_batch, SAMPLERS, given)
        batches = [_identity_batch(identity_batch, labels, p, k, given, seed + i) for i in range(60)]
        again = _identity_batch(identity_batch, labels, p, k, given, seed)
        if not np.array_equal(batches[0], again):
            fail(given, "one seed, one batch", "two batches for one seed", "draw from np.random.default_rng(seed) only")
        missing = len(labels) - len(np.unique(batches))
        if missing:
            hint = "shuffle identities and images, and let the seed decide"
            fail(f"{given}, 60 seeds", "every image in some batch", f"{missing} images in none", hint)
    passed("identity_batch")


def _identity_batch(answer: Callable, labels: np.ndarray, p: int, k: int, given: str, seed: int) -> np.ndarray:
    """One batch, once it has p identities with k images each and the repeats are even."""
    given = f"{given}, seed {seed}"
    got = call(answer, labels, p, k, seed, given=given, expected=f"{p * k} indices")
    batch = require_array(got, (p * k,), given, "p identities with k images each, in one row")
    if got.dtype.kind not in "iu" or batch.min() < 0 or batch.max() >= len(labels):
        fail(given, f"indices from 0 to {len(labels) - 1}", describe(got), "return places in `labels`, not labels")
    batch = batch.astype(int)
    identities, sizes = np.unique(labels[batch], return_counts=True)
    if len(identities) != p:
        hint = "choose the identities without replacement, and each with the same chance"
        fail(given, f"{p} different identities", f"{len(identities)}", hint)
    if (sizes != k).any():
        fail(given, f"{k} images of each", f"{sizes.tolist()} images", "k for every identity, also where it has fewer")
    for identity in identities:
        times = np.array([(batch == image).sum() for image in np.flatnonzero(labels == identity)])
        if times.max() - times.min() > 1:
            expected = (
                f"each of the {len(times)} images of an identity {k // len(times)} or {-(-k // len(times))} times"
            )
            fail(given, expected, f"{sorted(times.tolist())} times", "use every image once before one comes again")
    return batch
