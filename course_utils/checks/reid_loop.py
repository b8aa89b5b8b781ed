"""Check of lesson 13, third part: the training loop. It trains a straight line, whose steps are computed by hand."""

from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from course_utils.checks.beside import describe
from course_utils.checks.forbid import forbid
from course_utils.checks.report import call, fail, passed, require_close, require_number

TRIPLET_SHARE = 0.5


class _Line(nn.Module):
    """Three outputs as the lessons' network has them: (concatenation, logits, embedding); notes its mode."""

    def __init__(self, weight: np.ndarray, bias: np.ndarray):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.tensor(weight)), nn.Parameter(torch.tensor(bias))
        self.modes: list[bool] = []

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        self.modes.append(self.training)
        logits = x @ self.weight + self.bias
        return torch.cat([logits, logits]), logits, logits


class _Epoch:
    """Its batches, once, as a generator would give them; it has a length, as `Batches` has."""

    def __init__(self, batches: list):
        self._batches, self._count = iter(batches), len(batches)

    def __len__(self) -> int:
        return self._count

    def __iter__(self):
        return self._batches


def _line_loss(outputs: tuple, labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    identity, triplet = (outputs[1] - labels).square().mean(), outputs[2].square().mean()
    return identity + TRIPLET_SHARE * triplet, identity, triplet


def watched_training(train, weight: np.ndarray, bias: np.ndarray, epochs: list) -> dict:
    """A probe: let an answer train a line; every epoch is given once only, as a generator would give it."""
    network = _Line(weight, bias).eval()
    parts = [{"params": [network.weight]}, {"params": [network.bias]}]
    saved = []

    def save(n):
        saved.append([int(n), network.weight.detach().numpy().copy(), network.bias.detach().numpy().copy()])
        network.eval()  # whoever saves may also evaluate

    given = [_Epoch([(torch.tensor(x), torch.tensor(y), rate) for x, y, rate in epoch]) for epoch in epochs]
    result = train(network, _line_loss, torch.optim.SGD(parts, lr=0.7), given, save)
    return {"result": result, "modes": network.modes, "saved": saved}


def _by_hand(weight, bias, epochs, cleared=True, shares=(1, TRIPLET_SHARE), rates=None) -> tuple[list, list]:
    """The weights after each epoch and the losses of its steps, by the formulas of the gradient."""
    weight, bias, after, losses = weight.copy(), bias.copy(), [], []
    by_weight, by_bias = np.zeros_like(weight), np.zeros_like(bias)
    for epoch in epochs:
        losses.append([])
        for x, y, rate in epoch:
            z = x @ weight + bias
            losses[-1].append(shares[0] * np.mean((z - y) ** 2) + shares[1] * np.mean(z**2))
            slope = 2 * (shares[0] * (z - y) + shares[1] * z) / len(y)
            by_weight = x.T @ slope + (0 if cleared else by_weight)
            by_bias = slope.sum() + (0 if cleared else by_bias)
            rate_of_weight, rate_of_bias = rates or (rate, rate)
            weight = weight - (rate_of_weight or rate) * by_weight
            bias = bias - (rate_of_bias or rate) * by_bias
        after.append((weight, bias))
    return after, losses


def check_train(train: Callable, lengths: tuple = ((3, 2), (1,), (2, 2, 4)), seed: int = 0) -> None:
    """Lesson 13, exercise 5: answer(network, loss_of, optimiser, epochs, save) -> the mean loss of each epoch.

    `lengths` holds, for each training, how many batches each epoch has.
    """
    rng = np.random.default_rng(seed)
    for steps in lengths:
        given = f"{len(steps)} epochs of {', '.join(map(str, steps))} batches, an optimiser of two groups of parameters"
        forbid(train, {"Batches", "_epoch"}, given)
        start = rng.normal(size=3), rng.normal(size=())
        epochs = [
            [(rng.normal(size=(5, 3)), rng.normal(size=5), float(rng.uniform(0.02, 0.2))) for _ in range(n)]
            for n in steps
        ]
        after, losses = _by_hand(*start, epochs)
        told = call(train, *start, epochs, given=given, expected="a list of losses", probe=watched_training)
        if len(told["modes"]) != sum(steps):
            fail(given, f"{sum(steps)} forward passes", f"{len(told['modes'])}", "one forward pass for each batch")
        if not all(told["modes"]):
            hint = "network.train() at the start of every epoch: whoever saves may switch to evaluation mode"
            fail(given, "training mode in every batch", "evaluation mode in some", hint)
        saved = [n for n, _, _ in told["saved"]]
        if saved != list(range(1, len(steps) + 1)):
            hint = "save(n) when n epochs are done, so 1 after the first one"
            fail(given, f"save called with {list(range(1, len(steps) + 1))}", f"with {saved}", hint)
        for n, (_, weight, bias) in enumerate(told["saved"], start=1):
            mistakes = [
                (_by_hand(*start, epochs, **how)[0][n - 1], hint)
                for how, hint in (
                    ({"cleared": False}, "gradients of earlier batches are still there: optimiser.zero_grad()"),
                    (
                        {"rates": (0.7, 0.7)},
                        "each batch brings its learning rate: write it into the optimiser's groups",
                    ),
                    ({"rates": (None, 0.7)}, "the optimiser has more than one group of parameters: set them all"),
                    ({"shares": (1, 0)}, "this trains on the identity loss alone: the total comes first"),
                    ({"shares": (0, 1)}, "this trains on the triplet loss alone: the total comes first"),
                    (
                        {"shares": (2, 1 + TRIPLET_SHARE)},
                        "the total holds the two others already: train on it alone",
                    ),
                )
            ]
            got, expected = np.append(weight, bias), np.append(*after[n - 1])
            mistakes = [(np.append(*wrong), hint) for wrong, hint in mistakes] + [
                (np.append(*start), "the weights did not move: zero_grad, then loss.backward(), then optimiser.step()")
            ]
            hint = "for each batch: set the rate, forward, loss, zero_grad, backward, step"
            require_close(got, expected, f"{given}: the weights that save({n}) finds", hint, mistakes)
        _require_history(told["result"], losses, given)
    passed("train")


def _require_history(history, losses: list, given: str) -> None:
    if not isinstance(history, (list, tuple, np.ndarray)) or len(history) != len(losses):
        fail(given, f"a list of {len(losses)} losses", describe(history), "one number for each epoch")
    for number, (got, values) in enumerate(zip(history, losses, strict=True), start=1):
        if isinstance(got, torch.Tensor):
            hint = "keep loss.item(): a tensor in a list holds the whole computation in memory"
            fail(given, "plain numbers", "a tensor", hint)
        mistakes = [
            (np.sum(values), "the mean over the batches, not the sum"),
            (values[-1], "not the last batch alone"),
        ]
        require_number(got, np.mean(values), f"{given}: the loss of epoch {number}", "the mean over batches", mistakes)
