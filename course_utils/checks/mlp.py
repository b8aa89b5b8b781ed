"""Checks of lesson 03. The reference is torch in float64: its sigmoid, its cross-entropy and its autograd."""

from collections.abc import Callable
from typing import Any

import numpy as np

from course_utils.checks.forbid import forbid
from course_utils.checks.report import call, describe, fail, passed, require_close, require_number

NAMES = ("W1", "b1", "W2", "b2")
Parameters = dict[str, np.ndarray]


def _problem(rng: np.random.Generator, n: int, d: int, hidden: int, classes: int) -> tuple[Parameters, Any, Any, str]:
    """A small network with biases that are not zero, a batch, labels, and the words for it."""
    shapes = {"W1": (d, hidden), "b1": (hidden,), "W2": (hidden, classes), "b2": (classes,)}
    parameters = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    given = f"{n} inputs of {d} numbers, {hidden} hidden units, {classes} classes"
    return parameters, rng.normal(size=(n, d)), rng.integers(0, classes, n), given


def _torch_forward(parameters: Parameters, x: np.ndarray):
    import torch

    leaves = {name: torch.tensor(value, requires_grad=True) for name, value in parameters.items()}
    hidden = torch.sigmoid(torch.tensor(x) @ leaves["W1"] + leaves["b1"])
    return leaves, hidden, hidden @ leaves["W2"] + leaves["b2"]


def _torch_loss(logits: np.ndarray, y: np.ndarray) -> float:
    import torch

    return torch.nn.functional.cross_entropy(torch.tensor(logits), torch.tensor(y)).item()


def _torch_gradients(parameters: Parameters, x: np.ndarray, y: np.ndarray) -> Parameters:
    import torch

    leaves, _, logits = _torch_forward(parameters, x)
    torch.nn.functional.cross_entropy(logits, torch.tensor(y)).backward()
    return {name: leaf.grad.numpy() for name, leaf in leaves.items()}


def check_forward(forward: Callable, sizes: Any = ((3, 4, 5, 2), (2, 6, 3, 4)), seed: int = 0) -> None:
    """Lesson 03, exercise 1: answer(parameters, x) -> (hidden, logits). `sizes`: (n, d, hidden, classes)."""
    rng = np.random.default_rng(seed)
    for size in sizes:
        parameters, x, _, given = _problem(rng, *size)
        forbid(forward, {"torch", "functional"}, given)
        hidden, logits = (part.detach().numpy() for part in _torch_forward(parameters, x)[1:])
        before = x @ parameters["W1"] + parameters["b1"]
        got = call(forward, parameters, x, given=given, expected="hidden values and logits")
        if not isinstance(got, (tuple, list)) or len(got) != 2:
            fail(given, "two arrays, hidden and logits", describe(got), "end with: return hidden, logits")
        require_close(
            got[0],
            hidden,
            given + "; the hidden values",
            hint="multiply x by W1, add b1, then the sigmoid",
            mistakes=[
                (before, "the sigmoid is missing"),
                (1 / (1 + np.exp(-(x @ parameters["W1"]))), "the bias b1 is missing"),
                (np.tanh(before), "this is tanh; we use the sigmoid"),
                (np.maximum(before, 0), "this is relu; we use the sigmoid"),
                (logits, "return the hidden values first, then the logits"),
            ],
            shape_hint="one row for each input, one column for each hidden unit; the logits come second",
        )
        require_close(
            got[1],
            logits,
            given + "; the logits",
            hint="multiply the hidden values by W2 and add b2",
            mistakes=[
                (1 / (1 + np.exp(-logits)), "logits are plain numbers: no sigmoid after the second layer"),
                (hidden @ parameters["W2"], "the bias b2 is missing"),
                (before @ parameters["W2"] + parameters["b2"], "the second layer works on the hidden values"),
            ],
            shape_hint="one row for each input, one column for each class",
        )
    passed("forward")


def check_softmax(softmax: Callable, shapes: Any = ((2, 3), (4, 5)), seed: int = 0) -> None:
    """Lesson 03, exercise 2: answer(logits) -> probabilities, row by row. `shapes` holds (n, classes)."""
    rng = np.random.default_rng(seed)
    cases = [(rng.normal(scale=3, size=shape), f"logits of shape {shape}") for shape in shapes]
    cases += [
        (np.array([[1000.0, 1001, 1002], [0, 1, 2]]), "logits [[1000, 1001, 1002], [0, 1, 2]]"),
        (np.array([[-1000.0, -1001], [900, -900]]), "logits [[-1000, -1001], [900, -900]]"),
    ]
    for logits, given in cases:
        forbid(softmax, {"torch", "functional", "special", "softmax", "log_softmax"}, given)
        expected = _reference_softmax(logits)
        columns = _reference_softmax(logits.T).T
        mistakes = [
            (columns, "each row is one image: sum along the row, axis=1"),
            (_reference_softmax(logits.ravel()[None]).reshape(logits.shape), "each row has its own sum: axis=1"),
            (np.log(np.maximum(expected, 1e-300)), "these are logarithms; return the probabilities"),
        ]
        got = call(softmax, logits, given=given)
        if isinstance(got, np.ndarray) and np.abs(logits).max() > 700 and np.isnan(got.astype(float, copy=False)).any():
            fail(given, "probabilities", "NaN", "subtract each row's maximum before np.exp")
        require_close(got, expected, given, "positive, and 1 in each row", mistakes, atol=1e-12)
    passed("softmax")


def _reference_softmax(logits: np.ndarray) -> np.ndarray:
    import torch

    return torch.softmax(torch.tensor(logits), dim=1).numpy()


def check_cross_entropy(cross_entropy: Callable, shapes: Any = ((2, 3), (5, 4)), seed: int = 0) -> None:
    """Lesson 03, exercise 3: answer(logits, y) -> one number. `shapes` holds (n, classes)."""
    rng = np.random.default_rng(seed)
    cases = [(rng.normal(scale=2, size=shape), rng.integers(0, shape[1], shape[0])) for shape in shapes]
    cases += [(np.array([[1000.0, 0, -1000], [3, 2, 1]]), np.array([2, 0]))]
    for logits, y in cases:
        large = np.abs(logits).max() > 500
        given = "logits [[1000, 0, -1000], [3, 2, 1]] and labels [2, 0]" if large else _batch_words(logits, y)
        forbid(cross_entropy, {"torch", "functional", "CrossEntropyLoss", "log_loss"}, given)
        expected = _torch_loss(logits, y)
        mistakes = [
            (-expected, "the loss is minus the logarithm"),
            (expected * len(y), "this is the sum over the batch; take the mean"),
            (_mean_over_classes(logits), "this averages over all classes; take the right class only"),
            (expected / np.log(2), "use the natural logarithm, np.log"),
        ]
        got = call(cross_entropy, logits, y, given=given, expected=f"{expected:.6g}")
        if large and isinstance(got, (float, np.floating)) and not np.isfinite(got):
            fail(given, f"{expected:.6g}", str(got), "take the logarithm on paper: log of the sum minus the logit")
        hint = "log of the sum of exponentials, minus the right logit; then the mean"
        require_number(got, expected, given, hint, mistakes)
    passed("cross_entropy")


def _mean_over_classes(logits: np.ndarray) -> float:
    import torch

    return -torch.log_softmax(torch.tensor(logits), dim=1).mean().item()


def _batch_words(logits: np.ndarray, y: np.ndarray) -> str:
    return f"logits of shape {logits.shape} and labels {y.tolist()}"


def check_backward(backward: Callable, sizes: Any = ((3, 4, 5, 2), (4, 6, 3, 3)), seed: int = 0) -> None:
    """Lesson 03, exercise 4: answer(parameters, x, y) -> dict of gradients. `sizes`: (n, d, hidden, classes)."""
    rng = np.random.default_rng(seed)
    for size in sizes:
        parameters, x, y, given = _problem(rng, *size)
        forbid(backward, {"torch", "autograd", "numerical_gradient"}, given)
        expected = _torch_gradients(parameters, x, y)
        got = call(backward, parameters, x, y, given=given, expected="a dict with W1, b1, W2, b2")
        if not isinstance(got, dict) or set(got) != set(NAMES):
            what = f"a dict with {sorted(got, key=str)}" if isinstance(got, dict) else describe(got)
            fail(given, "a dict with W1, b1, W2, b2", what, "return a dict with one gradient per parameter")
        for name in ("b2", "W2", "b1", "W1"):  # from the loss backward: the first mistake is shown first
            mistakes = _gradient_mistakes(parameters, x, y, name, expected[name])
            hint = "write down the shapes of both sides of its formula"
            where = f"{given}; the gradient of {name}"
            require_close(got[name], expected[name], where, hint, mistakes, shape_hint=f"it has the shape of {name}")
    passed("backward")


def _gradient_mistakes(parameters: Parameters, x: np.ndarray, y: np.ndarray, name: str, expected: np.ndarray) -> list:
    """What the usual mistakes give for one gradient, each with its hint."""
    n = len(y)
    hidden, logits = (part.detach().numpy() for part in _torch_forward(parameters, x)[1:])
    probabilities = _reference_softmax(logits)
    delta_2 = (probabilities - np.eye(logits.shape[1])[y]) / n
    mistakes = [(-expected, "the sign: predicted minus true"), (expected * n, "divide by the number of images, once")]
    if n > 1:
        mistakes.append((expected / n, "divided by the number of images twice"))
    if name in ("W1", "b1"):
        no_slope = delta_2 @ parameters["W2"].T
        wrong_slope = no_slope * (x @ parameters["W1"] + parameters["b1"])
        for delta, hint in [
            (no_slope, "the slope of the sigmoid, h * (1 - h), is missing"),
            (no_slope * hidden, "the slope of the sigmoid is h * (1 - h), not h"),
            (wrong_slope, "the slope is written with the values after the sigmoid"),
        ]:
            mistakes.append((x.T @ delta if name == "W1" else delta.sum(axis=0), hint))
    else:
        raw = (logits - np.eye(logits.shape[1])[y]) / n
        mistakes.append((hidden.T @ raw if name == "W2" else raw.sum(axis=0), "softmax is missing: use probabilities"))
    return mistakes


def check_numerical_gradient(
    numerical_gradient: Callable, sizes: Any = ((2, 3, 2, 2), (3, 2, 3, 3)), seed: int = 0
) -> None:
    """Lesson 03, exercise 5: answer(parameters, x, y, name, step) -> array. `sizes`: (n, d, hidden, classes).

    A large step tells the central difference from a one-sided one: both are near the true slope for a small step.
    """
    rng = np.random.default_rng(seed)
    for size in sizes:
        parameters, x, y, words = _problem(rng, *size)
        for name in NAMES:
            given = f"{words}; {name}, step 0.5"
            forbid(numerical_gradient, {"torch", "autograd", "backward", "approx_fprime"}, given)
            expected, up, down = _differences(parameters, x, y, name, step=0.5)
            got = call(numerical_gradient, parameters, x, y, name, 0.5, given=given)
            mistakes = [
                (up, "one-sided: go a step up and a step down"),
                (down, "one-sided: go a step up and a step down"),
                (expected * 2, "the two points are two steps apart: divide by 2 * step"),
                (-expected, "up minus down, not down minus up"),
                (expected * 0.5, "divide by the step"),
                (_differences(parameters, x, y, name, step=1e-5)[0], "use the step that is handed in"),
            ]
            hint = "change one number at a time, and start from the original array each time"
            require_close(got, expected, given, hint, mistakes, f"it has the shape of {name}")
    given = f"{words}; W1 and no step"
    expected, _, _ = _differences(parameters, x, y, "W1", step=1e-5)
    got = call(numerical_gradient, parameters, x, y, "W1", given=given)
    require_close(got, expected, given, "the default step is 1e-5", rtol=1e-4, atol=1e-8)
    passed("numerical_gradient")


def _differences(parameters: Parameters, x: np.ndarray, y: np.ndarray, name: str, step: float):
    """Central, forward and backward differences of torch's loss by parameters[name], all places in one batch."""
    import torch

    fixed = {key: torch.tensor(value) for key, value in parameters.items()}
    inputs, labels = torch.tensor(x), torch.tensor(y)

    def loss(nudge: torch.Tensor) -> torch.Tensor:
        p = {**fixed, name: fixed[name] + nudge.reshape(fixed[name].shape)}
        logits = torch.sigmoid(inputs @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"]
        return torch.nn.functional.cross_entropy(logits, labels)

    nudges = step * torch.eye(fixed[name].numel(), dtype=torch.float64)
    up, down, here = torch.vmap(loss)(nudges), torch.vmap(loss)(-nudges), loss(0 * nudges[0])
    return tuple((d / step).reshape(fixed[name].shape).numpy() for d in ((up - down) / 2, up - here, here - down))
