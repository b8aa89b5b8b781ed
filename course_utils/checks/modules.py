"""A student's nn.Module asked for plain data: its names and shapes, what it makes of a batch, and its gradients.

The module may live in another process (elsewhere.py), so whatever touches it here is a probe. Weights, inputs, results
and gradients are NumPy arrays in float64. The checks of lessons 04 and 06 use it.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from course_utils.checks.beside import is_a, kinds
from course_utils.checks.elsewhere import ask
from course_utils.checks.report import call, describe, fail

Shape = tuple[int, ...]


def build(make: Callable, *arguments: Any, given: str) -> Any:
    """The module that `make(*arguments)` builds; fails with a message where it is none."""
    expected = "a module: an object of a class that inherits from nn.Module"
    module = call(make, *arguments, given=given, expected=expected)
    if not is_a(module, nn.Module):
        hint = "write class ...(nn.Module), return nothing from __init__, and from a function return the module"
        fail(given, expected, describe(module), hint)
    return module


def run(module: Any, arrays: dict[str, np.ndarray], x: np.ndarray, given: str, training: bool = False) -> dict:
    """What `module`, with `arrays` in its state dict, makes of the batch `x`: see `forward_and_backward`."""
    return call(module, arrays, x, training, given=given, expected="a tensor of outputs", probe=forward_and_backward)


def forward_and_backward(module: nn.Module, arrays: dict[str, np.ndarray], x: np.ndarray, training: bool) -> dict:
    """A probe. "outputs" of the module; "input", the batch as it is afterwards; and arrays by name:

    "gradients", one for each parameter, zeros where none arrives; "statistics", the buffers such as batch norm's. The
    loss is the sum of the outputs, each times its own of `factors`.
    """
    module.cpu().double().load_state_dict({name: torch.tensor(value) for name, value in arrays.items()}, strict=False)
    module.train(training).zero_grad()
    inputs = torch.tensor(x)
    outputs = module(inputs)
    if isinstance(outputs, torch.Tensor):
        if outputs.requires_grad:
            (outputs * torch.tensor(factors(tuple(outputs.shape)))).sum().backward()
        outputs = outputs.detach().numpy()
    gradients = {
        name: np.zeros(tuple(parameter.shape)) if parameter.grad is None else parameter.grad.numpy().copy()
        for name, parameter in module.named_parameters()
    }
    statistics = {name: value.numpy().copy() for name, value in module.named_buffers() if not _counts(name)}
    return {"outputs": outputs, "input": inputs.numpy(), "gradients": gradients, "statistics": statistics}


def factors(shape: Shape) -> np.ndarray:
    """A fixed random number for each output, so that no two of them have the same part in the loss."""
    return np.random.default_rng(7).normal(size=shape)


def entries(module: nn.Module) -> dict[str, Shape]:
    """A probe: every entry of the state dict with its shape; batch norm's counter is left out."""
    return {name: tuple(value.shape) for name, value in module.state_dict().items() if not _counts(name)}


def _counts(name: str) -> bool:
    return name.endswith("num_batches_tracked")


def parameters(module: nn.Module) -> dict[str, Shape]:
    """A probe: every parameter with its shape."""
    return {name: tuple(value.shape) for name, value in module.named_parameters()}


def frozen(module: nn.Module) -> list[str]:
    """A probe: the names of the parameters that training would not move."""
    return [name for name, value in module.named_parameters() if not value.requires_grad]


def kinds_of_parts(module: nn.Module) -> list[list[str]]:
    """A probe: for the module and each module in it the full names of its classes."""
    return [kinds(part) for part in module.modules()]


def count(module: Any) -> int:
    """How many numbers training finds."""
    return sum(math.prod(shape) for shape in ask(parameters, module).values())


def names_by_shape(module: Any, wanted: dict[str, Shape], given: str, hint: str) -> dict[str, str]:
    """For each name in `wanted` the name of the parameter of this shape; the shapes in `wanted` all differ.

    Fails with a message where `module` has other parameters than these.
    """
    shapes = ask(parameters, module)
    if sorted(shapes.values()) != sorted(wanted.values()):
        listed = ", ".join(f"{name} {shape}" for name, shape in shapes.items()) or "no parameters at all"
        fail(given, "parameters of the shapes " + ", ".join(map(str, wanted.values())), listed, hint)
    return {name: next(own for own, found in shapes.items() if found == shape) for name, shape in wanted.items()}


def require_own(module: Any, forbidden: tuple[str, ...], given: str) -> None:
    """Fail where a part of `module` is of a class from one of the `forbidden` packages."""
    for part in ask(kinds_of_parts, module):
        for kind in part:
            if kind.startswith(forbidden):
                fail(given, "your own code", kind, "this exercise builds that block")


class Spy(nn.Module):
    """A layer that changes nothing and notes of every batch: its size, whether training mode and gradients are on."""

    def __init__(self):
        super().__init__()
        self.seen: list[tuple[int, bool, bool]] = []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.seen.append((len(x), self.training, torch.is_grad_enabled()))
        return x
