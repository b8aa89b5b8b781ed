"""Checks of lesson 04, first half: the network and one step of the optimiser. References: NumPy, and torch's SGD."""

from collections.abc import Callable

import numpy as np
import torch

from course_utils.checks import modules
from course_utils.checks.forbid import forbid
from course_utils.checks.report import call, describe, fail, passed, require_close


def check_net(Net: Callable, sizes: tuple = ((784, 128, 10), (12, 7, 3)), seed: int = 0) -> None:
    """Lesson 04, exercise 1: Net(inputs, hidden, classes) -> module. `sizes` holds these three numbers."""
    rng = np.random.default_rng(seed)
    for inputs, hidden, classes in sizes:
        given = f"Net({inputs}, {hidden}, {classes})"
        module = modules.build(Net, inputs, hidden, classes, given=given)
        shapes = {"W1": (hidden, inputs), "b1": (hidden,), "W2": (classes, hidden), "b2": (classes,)}
        hint = "two nn.Linear layers, made in __init__, hold all the weights and biases"
        names = modules.names_by_shape(module, shapes, given, hint)
        params = {name: rng.normal(size=shape) / shape[-1] ** 0.5 for name, shape in shapes.items()}
        x = rng.normal(size=(6, inputs))
        words = f"{given} and 6 rows of {inputs} numbers"
        _require_logits_and_gradients(module, x, params, names, words)
        _require_logits_and_gradients(module, x, params, names, f"{words}, training mode", training=True)
        side = round(inputs**0.5)
        if side * side == inputs:
            images, words = x.reshape(6, side, side), f"{given} and 6 images of {side} x {side}"
            _require_logits_and_gradients(module, images, params, names, words)
    given = "Net() without arguments"
    count = modules.count(modules.build(Net, given=given))
    if count != 101_770:
        fail(given, "101770 parameters", str(count), "the defaults are 784 inputs, 128 hidden units and 10 classes")
    passed("Net")


def _require_logits_and_gradients(
    module, x: np.ndarray, params: dict[str, np.ndarray], names: dict[str, str], given: str, training: bool = False
) -> None:
    """`params` by our names W1, b1, W2 and b2; `names` turns these into the module's own."""

    def logits_with(activation: Callable) -> np.ndarray:
        return activation(x.reshape(len(x), -1) @ params["W1"].T + params["b1"]) @ params["W2"].T + params["b2"]

    expected = logits_with(_sigmoid)
    exp = np.exp(expected)
    got = modules.run(module, {names[name]: value for name, value in params.items()}, x, given, training)
    require_close(
        got["outputs"],
        expected,
        given,
        hint="the same as in evaluation mode: no dropout here" if training else "logits = FC2(sigmoid(FC1(x)))",
        mistakes=[
            (logits_with(lambda z: z), "the sigmoid between the layers is missing"),
            (logits_with(lambda z: np.maximum(z, 0)), "this network has a sigmoid, not a ReLU"),
            (logits_with(np.tanh), "this network has a sigmoid, not a tanh"),
            (_sigmoid(expected), "no activation after the last layer: return the logits"),
            (exp / exp.sum(1, keepdims=True), "no softmax: the loss function applies it, so return the logits"),
            (expected - np.log(exp.sum(1, keepdims=True)), "no log_softmax: the loss function applies it"),
        ],
        shape_hint="one row for each example, one column for each class",
    )
    for name, slopes in _gradients(params, x).items():
        hint = f"does the gradient reach {names[name]}? Stay with tensors: no detach, no numpy, no no_grad in forward"
        require_close(got["gradients"][names[name]], slopes, f"{given}: the gradient of {names[name]}", hint)


def _sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


def _gradients(params: dict[str, np.ndarray], x: np.ndarray) -> dict[str, np.ndarray]:
    """By autograd, from the formula: the gradients of the loss in modules.py."""
    leaves = {name: torch.tensor(value, requires_grad=True) for name, value in params.items()}
    hidden = (torch.tensor(x.reshape(len(x), -1)) @ leaves["W1"].T + leaves["b1"]).sigmoid()
    logits = hidden @ leaves["W2"].T + leaves["b2"]
    (logits * torch.tensor(modules.factors(tuple(logits.shape)))).sum().backward()
    return {name: leaf.grad.numpy() for name, leaf in leaves.items()}


def check_sgd_step(sgd_step: Callable, cases: tuple = ((0.01, 0.9, 1e-3), (0.5, 0.5, 0.1)), seed: int = 0) -> None:
    """Lesson 04, exercise 2: answer(weight, gradient, velocity, learning_rate, momentum, weight_decay) -> two arrays.

    `cases` holds (learning_rate, momentum, weight_decay); each is followed over four steps of torch.optim.SGD.
    """
    rng = np.random.default_rng(seed)
    for learning_rate, momentum, decay in cases:
        weight = torch.tensor(rng.normal(size=(3, 2)), requires_grad=True)
        optimiser = torch.optim.SGD([weight], lr=learning_rate, momentum=momentum, weight_decay=decay)
        velocity = np.zeros((3, 2))
        for number in range(1, 5):
            given = f"step {number}, learning rate {learning_rate}, momentum {momentum}, weight decay {decay}"
            before, gradient = weight.detach().numpy().copy(), rng.normal(size=(3, 2))
            arguments = (before, gradient, velocity, learning_rate, momentum, decay)
            forbid(sgd_step, {"SGD", "optim"}, given)
            got = call(sgd_step, *arguments, given=given, expected="two arrays: weight and velocity")
            if not isinstance(got, (tuple, list)) or len(got) != 2:
                fail(given, "two arrays: weight and velocity", describe(got), "return weight, velocity")
            weight.grad = torch.tensor(gradient)
            optimiser.step()
            after = optimiser.state[weight]["momentum_buffer"].numpy().copy()
            _require_step(got, weight.detach().numpy(), after, arguments, given)
            velocity = after
    given = "no learning rate, momentum or weight decay"
    got = call(sgd_step, np.ones(1), np.ones(1), np.ones(1), given=given, expected="two arrays")
    hint = "the defaults are the TP's: learning_rate=0.01, momentum=0.9, weight_decay=1e-3"
    require_close(got[0], np.array([1 - 0.01 * 1.901]), given + ": the weight", hint)
    passed("sgd_step")


def _require_step(got, weight: np.ndarray, velocity: np.ndarray, arguments: tuple, given: str) -> None:
    before, gradient, old, learning_rate, momentum, decay = arguments
    total = gradient + decay * before
    mistakes = [
        (momentum * old + gradient, "where is the weight decay? It adds weight_decay * weight to the gradient"),
        (momentum * old - total, "add the gradient to the velocity; the minus comes in the step"),
        (momentum * old + gradient - decay * before, "weight decay makes weights smaller: mind its sign"),
        (momentum * old + (1 - momentum) * total, "torch's SGD does not multiply the gradient by 1 - momentum"),
        (momentum * old + learning_rate * total, "the learning rate belongs into the step, not into the velocity"),
        (momentum * old - learning_rate * total, "the learning rate belongs into the step, not into the velocity"),
        (old + total, "multiply the old velocity by the momentum"),
        (total, "the old velocity is not used"),
    ]
    hint = "velocity = momentum * velocity + gradient + weight_decay * weight"
    require_close(got[1], velocity, given + ": the velocity", hint, mistakes)
    mistakes = [
        (before + learning_rate * velocity, "step against the velocity: minus, not plus"),
        (before - learning_rate * old, "use the new velocity for the step"),
        (before - learning_rate * total, "step along the velocity, not along the gradient alone"),
        (before - learning_rate * (total + momentum * velocity), "this is Nesterov's variant; torch's default is not"),
    ]
    require_close(got[0], weight, given + ": the weight", "weight = weight - learning_rate * velocity", mistakes)
