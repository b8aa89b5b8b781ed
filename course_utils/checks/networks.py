"""Networks compared through plain data: built, given their parameters as arrays, asked for outputs and gradients.

Nothing of a student's network is looked at but its state dict and what comes out, so the comparison can also be run
in another process than the student's code. Lesson 06 uses it.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from course_utils.checks.forbid import forbid
from course_utils.checks.report import call, describe, fail, require_close

READY_MADE = {"torchvision", "timm", "resnet18", "resnet34", "narrow_resnet18", "digits_resnet18", "_make_layer"}


def compare(network, reference, shape: tuple, given: str, seed: int, mistakes_of: Callable | None = None) -> None:
    """Same names and shapes; same outputs in both modes, same running statistics and same gradients."""
    compare_names(network, reference, given)
    arrays = random_arrays(reference, seed)
    x = np.random.default_rng(seed + 1).normal(size=shape)
    for training in (False, True):
        mode = "training" if training else "evaluation"
        situation = f"{given}, {mode} mode, random parameters"
        expected, got = run(reference, arrays, x, training), run(network, arrays, x, training, situation)
        mistakes = mistakes_of(reference, arrays, x) if mistakes_of and not training else []
        hint = "walk through forward line by line and compare with the drawing"
        require_close(got.pop("outputs"), expected.pop("outputs"), situation, hint, mistakes, atol=1e-7)
        if not np.array_equal(got["input"], expected.pop("input")):
            fail(
                situation, "the input left as it was", "a changed input", "nn.ReLU(inplace=True) writes into its input"
            )
        for name, values in expected.items():
            hint = "the outputs agree and this does not: is a layer used twice, or something detached?"
            require_close(got[name], values, f"{situation}: {name}", hint, rtol=1e-5, atol=1e-7)


def compare_names(network, reference, given: str) -> None:
    expected, got = shapes_of(reference), shapes_of(network)
    trained = {name for name, _ in reference.named_parameters()}
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
    for name, parameter in network.named_parameters():
        if name not in trained or not parameter.requires_grad:
            fail(given, "all parameters trained", f"{name} is not", "leave requires_grad as it is")


def build(answer: Any, arguments: tuple, given: str):
    """The network that `answer` makes. Fails where it is no nn.Module, or made of somebody else's blocks."""
    from torch import nn

    forbid(answer, READY_MADE, given)
    network = call(answer, *arguments, given=given, expected="a network")
    if not isinstance(network, nn.Module):
        fail(
            given,
            "a network, a subclass of nn.Module",
            describe(network),
            "class ...(nn.Module): and super().__init__()",
        )
    for module in network.modules():
        for kind in type(module).__mro__:
            if kind.__module__.startswith(("torchvision", "course_utils", "timm")):
                fail(given, "your own code", f"{kind.__module__}.{kind.__name__}", "this exercise builds that block")
    return network


def shapes_of(network) -> dict[str, tuple[int, ...]]:
    """Every entry of the state dict with its shape; batch norm's counter is left out."""
    state = network.state_dict()
    return {name: tuple(value.shape) for name, value in state.items() if not name.endswith("num_batches_tracked")}


def random_arrays(network, seed: int) -> dict[str, np.ndarray]:
    """A random float64 array for each entry of the state dict; variances are positive."""
    rng = np.random.default_rng(seed)
    arrays = {}
    for name, shape in shapes_of(network).items():
        fan_in = max(1, int(np.prod(shape[1:])))
        arrays[name] = rng.normal(size=shape) / np.sqrt(fan_in)
        if name.endswith("running_var"):
            arrays[name] = rng.uniform(0.5, 2, size=shape)
    return arrays


def set_arrays(network, arrays: dict[str, np.ndarray]) -> None:
    import torch

    network.double().load_state_dict({name: torch.tensor(value) for name, value in arrays.items()}, strict=False)


def run(network, arrays: dict, x: np.ndarray, training: bool, given: str = "") -> dict[str, np.ndarray]:
    """Set the parameters, run forward and backward, and return arrays by name.

    "outputs"; "input" as it was afterwards; "gradient of NAME" for each parameter; in training mode "NAME" for the
    running statistics. The loss is the sum of the outputs, each times a fixed random number.
    """
    import torch

    set_arrays(network, arrays)
    network.train(training).zero_grad()

    def forward(array):
        inputs = torch.tensor(array)
        outputs = network(inputs)
        if not isinstance(outputs, torch.Tensor):
            return outputs, array
        factors = np.random.default_rng(7).normal(size=tuple(outputs.shape))
        if outputs.requires_grad:
            (outputs * torch.tensor(factors)).sum().backward()
        return outputs.detach().numpy(), inputs.numpy()

    outputs, after = call(forward, x, given=given, expected="an array of outputs")
    found = {"outputs": outputs, "input": after}
    for name, parameter in network.named_parameters():
        gradient = parameter.grad if parameter.grad is not None else torch.zeros_like(parameter)
        found[f"gradient of {name}"] = gradient.numpy().copy()
    for name, statistic in network.named_buffers():
        if training and not name.endswith("num_batches_tracked"):
            found[name] = statistic.numpy().copy()
    return found
