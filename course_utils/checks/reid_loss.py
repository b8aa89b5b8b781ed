"""Checks of lesson 12, second part: the identity loss, and its sum with the triplet loss. Reference: torch."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from course_utils.checks.beside import describe
from course_utils.checks.forbid import forbid
from course_utils.checks.reid_model import OUTPUTS
from course_utils.checks.report import call, fail, passed, require_close, require_number
from course_utils.losses import TripletLoss


def check_identity_loss(
    identity_loss: Callable, shapes: tuple = ((4, 3), (6, 5)), smoothings: tuple = (0.0, 0.1), seed: int = 0
) -> None:
    """Lesson 12, exercise 2: answer(logits, labels, smoothing) -> number. `shapes` holds (n, classes)."""
    rng = np.random.default_rng(seed)
    for n, classes in shapes:
        for smoothing, scale in [*((value, 1) for value in smoothings), (smoothings[-1], 1000)]:
            given = f"{n} rows of {classes} logits{' in the thousands' if scale > 1 else ''}, smoothing {smoothing}"
            forbid(identity_loss, {"torch", "cross_entropy", "CrossEntropyLoss", "log_loss"}, given)
            logits, labels = scale * rng.normal(size=(n, classes)), rng.integers(0, classes, n)
            got = call(identity_loss, logits, labels, smoothing, given=given, expected="one number")
            by_torch = _identity_loss(logits, labels, smoothing)
            plain, others = _log_loss(logits, labels), _log_loss(logits)
            mistakes = [
                (n * by_torch, "the mean over the batch, not the sum"),
                (by_torch / classes, "the sum over the identities, then the mean over the batch: not the mean of both"),
                (-by_torch, "the sign: minus the logarithm"),
                (plain, "where is the smoothing?"),
                (
                    (1 - smoothing) * plain + smoothing * (classes * others - plain) / (classes - 1),
                    "the true identity gets its share of the smoothing too: 1 - smoothing + smoothing / classes",
                ),
                ((1 - smoothing) * plain, "each wrong identity has a target too: smoothing / classes"),
            ]
            hint = "write the targets of one row on paper: do they sum to 1?"
            if scale > 1:
                hint = "subtract each row's largest logit; then log p = z - log(sum(exp(z))): p itself may round to 0"
                if isinstance(got, (float, np.floating)) and not np.isfinite(got):
                    fail(given, f"{by_torch:.6g}", f"{got}", hint)
            require_number(got, by_torch, given, hint, mistakes)
    passed("identity_loss")


def _identity_loss(logits: np.ndarray, labels: np.ndarray, smoothing: float) -> float:
    rows = torch.tensor(logits), torch.tensor(labels)
    return nn.functional.cross_entropy(*rows, label_smoothing=smoothing).item()


def _log_loss(logits: np.ndarray, labels: np.ndarray | None = None) -> float:
    """Minus the mean log-probability of the labels, or without labels of all identities alike."""
    log_p = torch.log_softmax(torch.tensor(logits), dim=1).numpy()
    return float(-(log_p.mean() if labels is None else log_p[np.arange(len(labels)), labels].mean()))


def check_reid_loss(
    reid_loss: Callable, cases: tuple = ((1.0, 0.0, 0.3), (0.5, 0.1, 1.0)), people: tuple = (3, 4), seed: int = 0
) -> None:
    """Lesson 12, exercise 3. `cases` holds (triplet_weight, smoothing, margin), `people` is (P, K) of the batch."""
    rng = np.random.default_rng(seed)
    p, k = people
    for weight, smoothing, margin in cases:
        given = f"{p} people x {k} images, triplet_weight {weight}, smoothing {smoothing}, margin {margin}"
        forbid(reid_loss, {"ReIDLoss"}, given)
        arrays = [rng.normal(size=(p * k, columns)) for columns in (p + 7, p + 2, 5)]
        arguments = arrays, np.repeat(np.arange(p), k), weight, smoothing, margin
        told = call(reid_loss, *arguments, given=given, expected="total, identity, triplet", probe=loss_and_slopes)
        _require_losses(told, arguments, given)
    passed("reid_loss")


def loss_and_slopes(
    answer: Callable, arrays: list[np.ndarray], labels: np.ndarray, weight: float, smoothing: float, margin: float
) -> dict[str, Any]:
    """A probe: the numbers that the answer returns, and the gradient of the first by each of the three outputs."""
    leaves = [torch.tensor(array, requires_grad=True) for array in arrays]
    parts = answer(tuple(leaves), torch.tensor(labels), weight, smoothing, margin)
    parts = list(parts) if isinstance(parts, (tuple, list)) else [parts]
    kinds = ["a tensor" if isinstance(part, torch.Tensor) and part.ndim == 0 else describe(part) for part in parts]
    if kinds != ["a tensor"] * 3:
        return {"kinds": kinds}
    if parts[0].requires_grad:
        parts[0].backward()
    slopes = [np.zeros(tuple(leaf.shape)) if leaf.grad is None else leaf.grad.numpy() for leaf in leaves]
    return {"kinds": kinds, "values": [part.item() for part in parts], "slopes": slopes}


def _require_losses(told: dict, arguments: tuple, given: str) -> None:
    kinds = told.get("kinds")
    if kinds != ["a tensor"] * 3:
        hint = "return total, identity, triplet: tensors, not numbers (.item() cuts the way back)"
        fail(given, "three tensors of one number each", ", ".join(map(str, kinds or ["nothing"])), hint)
    _, logits, embedding = arrays = arguments[0]
    labels, weight, smoothing, margin = arguments[1:]
    identity, triplet = _identity_loss(logits, labels, smoothing), _triplet(embedding, labels, margin)
    total, got_identity, got_triplet = told["values"]
    mistakes = [
        (_identity_loss(embedding, labels, smoothing), "these are logits: the second of the three outputs"),
        (_identity_loss(arrays[0], labels, smoothing), "these are logits: the second of the three outputs"),
        (_identity_loss(logits, labels, 0.0), "where is the label smoothing?"),
        (triplet, "this is the triplet loss: return total, identity, triplet, in this order"),
    ]
    hint = "nn.functional.cross_entropy on the logits"
    require_number(got_identity, identity, f"{given}: the identity loss", hint, mistakes)
    mistakes = [
        (_triplet(logits, labels, margin), "the triplet loss wants the embedding, the third output"),
        (_triplet(arrays[0], labels, margin), "the triplet loss wants the embedding, not the concatenation"),
        (_triplet(embedding, labels, 0.3), "is the margin passed on?"),
        (_triplet(embedding, labels, margin, "all"), "the hardest triplet of each anchor, not all triplets"),
        (weight * triplet, "return the triplet loss itself here: its weight belongs into the total"),
    ]
    require_number(got_triplet, triplet, f"{given}: the triplet loss", "TripletLoss on the embedding", mistakes)
    mistakes = [
        (identity + triplet, "where is triplet_weight?"),
        (weight * identity + triplet, "triplet_weight belongs to the triplet loss"),
        (weight * (identity + triplet), "triplet_weight belongs to the triplet loss alone"),
        ((1 - weight) * identity + weight * triplet, "the identity loss keeps the weight 1"),
    ]
    expected = identity + weight * triplet
    require_number(total, expected, f"{given}: the total", "identity + triplet_weight * triplet", mistakes)
    slopes = [np.zeros_like(arrays[0]), *_loss_slopes(*arguments)]
    hint = "the numbers are right, but their gradient does not arrive: no detach, no .item(), no torch.tensor(...)"
    for name, got, wanted in zip(OUTPUTS, told["slopes"], slopes, strict=True):
        require_close(got, wanted, f"{given}: the total's gradient by {name}", hint, rtol=1e-5, atol=1e-9)


def _triplet(embedding: np.ndarray, labels: np.ndarray, margin: float, mining: str = "hard") -> float:
    return TripletLoss(margin, mining)(torch.tensor(embedding), torch.tensor(labels)).item()


def _loss_slopes(arrays: list, labels: np.ndarray, weight: float, smoothing: float, margin: float) -> list[np.ndarray]:
    logits, embedding = (torch.tensor(array, requires_grad=True) for array in arrays[1:])
    targets = torch.tensor(labels)
    identity = nn.functional.cross_entropy(logits, targets, label_smoothing=smoothing)
    (identity + weight * TripletLoss(margin)(embedding, targets)).backward()
    return [logits.grad.numpy(), embedding.grad.numpy()]
