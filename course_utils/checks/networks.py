"""Two networks compared through plain data: same names and shapes, same outputs, same gradients. Lesson 06 uses it.

Nothing of a student's network is looked at but its state dict and what comes out (modules.py), so it may live in
another process.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from torch import nn

from course_utils.checks import modules
from course_utils.checks.elsewhere import ask
from course_utils.checks.forbid import forbid
from course_utils.checks.report import fail, require_close

READY_MADE = {"torchvision", "timm", "resnet18", "resnet34", "narrow_resnet18", "digits_resnet18", "_make_layer"}


def build(make: Callable, arguments: tuple, given: str) -> Any:
    """The network that `make` makes. Fails where it is no nn.Module, or made of somebody else's blocks."""
    forbid(make, READY_MADE, given)
    network = modules.build(make, *arguments, given=given)
    modules.require_own(network, ("torchvision", "course_utils", "timm"), given)
    return network


def compare(
    network: Any, reference: nn.Module, shape: tuple, given: str, seed: int, mistakes_of: Callable | None = None
) -> None:
    """Same names and shapes; same outputs in both modes, same running statistics and same gradients."""
    compare_names(network, reference, given)
    arrays = random_arrays(reference, seed)
    x = np.random.default_rng(seed + 1).normal(size=shape)
    for training in (False, True):
        situation = f"{given}, {'training' if training else 'evaluation'} mode, random parameters"
        expected = modules.forward_and_backward(reference, arrays, x, training)
        got = modules.run(network, arrays, x, situation, training)
        mistakes = mistakes_of(reference, arrays, x) if mistakes_of and not training else []
        hint = "walk through forward line by line and compare with the drawing"
        require_close(got["outputs"], expected["outputs"], situation, hint, mistakes, atol=1e-7)
        if not np.array_equal(got["input"], x):
            hint = "nn.ReLU(inplace=True) writes into its input"
            fail(situation, "the input left as it was", "a changed input", hint)
        for what, table in (("gradient of ", "gradients"), ("", "statistics")):
            for name, values in expected[table].items():
                hint = "the outputs agree and this does not: is a layer used twice, or something detached?"
                require_close(got[table][name], values, f"{situation}: {what}{name}", hint, rtol=1e-5, atol=1e-7)


def compare_names(network: Any, reference: nn.Module, given: str) -> None:
    expected, got = modules.entries(reference), ask(modules.entries, network)
    trained = modules.parameters(reference)
    for name, shape in expected.items():
        if name not in got:
            hint = "its name in the state dict differs; use the names that the exercise gives"
            if name.startswith("downsample") or ".downsample" in name:
                hint = "a block whose stride is not 1, or whose channels change, needs a convolution in its shortcut"
            fail(given, f"a parameter {name} of shape {shape}", f"only {', '.join(sorted(got))[:160]}", hint)
        if got[name] != shape:
            fail(given, f"{name} of shape {shape}", f"shape {got[name]}", "which channels go in, which come out?")
    extra = sorted(set(got) - set(expected))
    if extra:
        hint = "a layer too many; where sizes agree, the shortcut is empty and downsample is None"
        if extra[0].endswith("bias"):
            hint = "no convolution has a bias: batch norm follows, and its shift would make the bias useless"
        fail(given, f"{len(expected)} entries in the state dict", f"also {extra[0]}", hint)
    still = sorted(set(ask(modules.parameters, network)) ^ set(trained)) + ask(modules.frozen, network)
    if still:
        fail(given, "all parameters trained", f"{still[0]} is not", "leave requires_grad as it is")


def random_arrays(network: nn.Module, seed: int) -> dict[str, np.ndarray]:
    """A random float64 array for each entry of the state dict; variances are positive."""
    rng = np.random.default_rng(seed)
    arrays = {}
    for name, shape in modules.entries(network).items():
        fan_in = max(1, int(np.prod(shape[1:])))
        arrays[name] = rng.normal(size=shape) / np.sqrt(fan_in)
        if name.endswith("running_var"):
            arrays[name] = rng.uniform(0.5, 2, size=shape)
    return arrays
