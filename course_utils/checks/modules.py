"""Ask a student's nn.Module for plain data: build it, give it weights, run it, take its loss and its gradients.

The checks of lesson 04 use these helpers first. Weights, inputs, results and gradients are NumPy arrays, in float64, so
that the answer behind them may live in another process.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from course_utils.checks.report import call, describe, fail


def build(make: Callable, *arguments: Any, given: str) -> nn.Module:
    """The module that `make(*arguments)` builds, in float64; fails with a message where it is none."""
    expected = "a module: an object of a class that inherits from nn.Module"
    module = call(make, *arguments, given=given, expected=expected)
    if not isinstance(module, nn.Module):
        fail(given, expected, describe(module), "write class Net(nn.Module) and do not return anything from __init__")
    return module.double()


def get_parameters(module: nn.Module) -> dict[str, np.ndarray]:
    """A copy of every trained number of `module`, by the name that PyTorch gives it."""
    return {name: value.detach().cpu().numpy().copy() for name, value in module.named_parameters()}


def set_parameters(module: nn.Module, values: dict[str, np.ndarray]) -> None:
    """Write `values`, one array for each parameter, into `module`."""
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            parameter.copy_(torch.as_tensor(values[name], dtype=parameter.dtype))


def forward(module: nn.Module, x: np.ndarray) -> Any:
    """What `module` returns for the batch `x`: an array, where it returns a tensor."""
    with torch.no_grad():
        output = module(torch.tensor(x, dtype=torch.float64))
    return output.numpy() if isinstance(output, torch.Tensor) else output


def loss_and_gradients(module: nn.Module, x: np.ndarray, y: np.ndarray) -> tuple[float, dict[str, np.ndarray]]:
    """The mean cross-entropy of `module` on (x, y) and its gradients; a parameter without one gets zeros."""
    parameters = dict(module.named_parameters())
    loss = nn.functional.cross_entropy(module(torch.tensor(x, dtype=torch.float64)), torch.tensor(y))
    found = torch.autograd.grad(loss, list(parameters.values()), allow_unused=True) if loss.requires_grad else ()
    gradients = {name: np.zeros(tuple(value.shape)) for name, value in parameters.items()}
    for name, gradient in zip(parameters, found, strict=False):
        if gradient is not None:
            gradients[name] = gradient.numpy().copy()
    return loss.item(), gradients


def names_by_shape(module: nn.Module, wanted: dict[str, tuple[int, ...]], given: str, hint: str) -> dict[str, str]:
    """For each name in `wanted` the name of the parameter of this shape; the shapes in `wanted` all differ.

    Fails with a message where `module` has other parameters than these.
    """
    shapes = {name: tuple(value.shape) for name, value in module.named_parameters()}
    if sorted(shapes.values()) != sorted(wanted.values()):
        listed = ", ".join(f"{name} {shape}" for name, shape in shapes.items()) or "no parameters at all"
        fail(given, "parameters of the shapes " + ", ".join(map(str, wanted.values())), listed, hint)
    return {name: next(own for own, found in shapes.items() if found == shape) for name, shape in wanted.items()}


class Spy(nn.Module):
    """A layer that changes nothing and notes of every batch: its size, whether training mode and gradients are on."""

    def __init__(self):
        super().__init__()
        self.seen: list[tuple[int, bool, bool]] = []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.seen.append((len(x), self.training, torch.is_grad_enabled()))
        return x
