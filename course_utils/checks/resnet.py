"""Checks of lesson 06. The references are a chain multiplied out in float64, and torchvision's ResNet.

Networks are compared through plain data (networks.py).
"""

from collections.abc import Callable

import numpy as np

from course_utils.checks.forbid import forbid
from course_utils.checks.modules import forward_and_backward
from course_utils.checks.networks import READY_MADE, build, compare, compare_names
from course_utils.checks.report import call, describe, fail, passed, require_close, require_number


def check_signal_gradients(
    signal_gradients: Callable, lengths: tuple = (3, 1, 6), seed: int = 0, with_zero: bool = True
) -> None:
    """Lesson 06, exercise 1: answer(weights, residual) -> array (layers + 1,). `lengths` holds numbers of layers."""
    rng = np.random.default_rng(seed)
    chains = [np.round(rng.uniform(-2, 2, size=n), 2) for n in lengths]
    if with_zero:
        chains.append(np.array([0.5, 0.0, 3.0]))
    for weights in chains:
        for residual in (False, True):
            given = f"weights {weights.tolist()}, residual={residual}"
            forbid(signal_gradients, {"backward", "autograd"}, given)
            factors = weights + residual
            expected = np.array([np.prod(factors[i:]) for i in range(len(weights) + 1)])
            got = call(
                signal_gradients, weights, residual, given=given, expected=f"an array of {len(expected)} numbers"
            )
            other = weights + (not residual)
            mistakes = [
                (
                    np.array([np.prod(factors[:i]) for i in range(len(expected))]),
                    "walk from the last layer to the first",
                ),
                (np.array([np.prod(other[i:]) for i in range(len(expected))]), "which factor does a skip add one to?"),
                (expected[::-1], "entry 0 belongs to the input, the last entry to the output"),
            ]
            hint = "the last entry is 1; each earlier one is its right neighbour times the derivative of one layer"
            shape_hint = "there are layers + 1 signals: the input and each layer's output"
            require_close(got, expected, given, hint, mistakes, shape_hint=shape_hint)
    weights = np.array([0.5, 4.0, 0.25])
    given = f"weights {weights.tolist()} and nothing else"
    got = call(signal_gradients, weights, given=given)
    require_close(got, np.array([0.5, 1.0, 0.25, 1.0]), given, "without a second argument the chain is plain")
    passed("signal_gradients")


def check_resnet18_parameters(
    resnet18_parameters: Callable, cases: tuple = ((1000, 64), (10, 64), (10, 16)), seed: int = 0
) -> None:
    """Lesson 06, exercise 4: answer(classes, width) -> whole number. `cases` holds the arguments."""
    import torch

    from course_utils.resnet import narrow_resnet18

    for classes, width in cases:
        given = f"classes={classes}, width={width}"
        forbid(resnet18_parameters, READY_MADE | {"parameters", "numel", "state_dict", "ResNet18"}, given)
        with torch.device("meta"):  # sizes without numbers, at once
            network = narrow_resnet18(width, classes)
        sizes = {name: value.numel() for name, value in network.named_parameters()}
        expected = sum(sizes.values())
        got = call(resnet18_parameters, classes, width, given=given, expected=f"{expected:,}")

        def share(*parts: str, sizes=sizes) -> int:
            return sum(size for name, size in sizes.items() if any(part in name for part in parts))

        shortcuts, scales = share("downsample"), share("bn", "downsample.1")
        mistakes = [
            (expected - shortcuts, "the first block of stages 2, 3 and 4 has a 1 x 1 convolution in its shortcut"),
            (expected - shortcuts + share("downsample.0"), "the shortcut's convolution has a batch norm as well"),
            (expected - scales, "batch norm has two numbers a channel, a scale and a shift"),
            (expected - scales // 2, "batch norm has two numbers a channel, a scale and a shift"),
            (expected + scales, "running mean and variance are measured, not trained: they do not count"),
            (expected - classes, "the last layer has a bias for each class"),
            (expected + scales // 2, "no convolution has a bias: batch norm's shift would make it useless"),
        ]
        if not isinstance(got, (int, np.integer)) or isinstance(got, bool):
            fail(given, f"the whole number {expected}", describe(got), "count with whole numbers")
        require_number(got, expected, given, "count the first block of each stage by hand", mistakes, rtol=0, atol=0.5)
    given = "no arguments"
    got = call(resnet18_parameters, given=given, expected="11,689,512")
    require_number(got, 11_689_512, given, "the defaults are classes=1000 and width=64", rtol=0, atol=0.5)
    passed("resnet18_parameters")


def check_basic_block(
    BasicBlock: Callable, cases: tuple = ((4, 4, 1, 6), (3, 5, 2, 6), (3, 6, 1, 5)), seed: int = 0
) -> None:
    """Lesson 06, exercise 2: class(channels_in, channels_out, stride). `cases`: those three and the image's side."""
    for channels_in, channels_out, stride, side in cases:
        given = f"BasicBlock({channels_in}, {channels_out}, stride={stride}) and images of {side} x {side}"
        block = build(BasicBlock, (channels_in, channels_out, stride), given)
        reference = _reference_block(channels_in, channels_out, stride)
        compare(block, reference, (3, channels_in, side, side), given, seed, _block_mistakes)
    given = "BasicBlock(4, 4) without a stride"
    block = build(BasicBlock, (4, 4), given)
    compare(block, _reference_block(4, 4, 1), (2, 4, 5, 5), given, seed)
    passed("BasicBlock")


def check_make_stage(
    make_stage: Callable, cases: tuple = ((4, 4, 2, 1), (3, 6, 2, 2), (4, 5, 3, 2)), seed: int = 0
) -> None:
    """Lesson 06, exercise 3: answer(channels_in, channels_out, blocks, stride) -> Sequential. `cases`: arguments."""
    from torch import nn

    for channels_in, channels_out, blocks, stride in cases:
        given = f"make_stage({channels_in}, {channels_out}, blocks={blocks}, stride={stride})"
        stage = build(make_stage, (channels_in, channels_out, blocks, stride), given)
        first = _reference_block(channels_in, channels_out, stride)
        others = [_reference_block(channels_out, channels_out, 1) for _ in range(blocks - 1)]
        compare(stage, nn.Sequential(first, *others), (3, channels_in, 8, 8), given, seed)
    passed("make_stage")


def check_resnet18(ResNet18: Callable, cases: tuple = ((7, 4, 64), (10, 6, 49)), seed: int = 0) -> None:
    """Lesson 06, exercise 5: class(classes, width). `cases` holds classes, width and the image's side."""
    import torch

    from course_utils.resnet import narrow_resnet18

    for classes, width, side in cases:
        given = f"ResNet18(classes={classes}, width={width}) and images of {side} x {side}"
        network = build(ResNet18, (classes, width), given)
        compare(network, narrow_resnet18(width, classes), (3, 3, side, side), given, seed, _network_mistakes)
    given = "ResNet18() without arguments"
    with torch.device("meta"):
        reference = narrow_resnet18()
    compare_names(build(ResNet18, (), given), reference, given)
    passed("ResNet18")


def _reference_block(channels_in: int, channels_out: int, stride: int):
    from torch import nn

    from course_utils.vision import torchvision

    shortcut = None
    if (stride, channels_in) != (1, channels_out):
        convolution = nn.Conv2d(channels_in, channels_out, 1, stride=stride, bias=False)
        shortcut = nn.Sequential(convolution, nn.BatchNorm2d(channels_out))
    return torchvision.models.resnet.BasicBlock(channels_in, channels_out, stride, shortcut)


def _block_mistakes(reference, arrays: dict, x: np.ndarray) -> list[tuple[np.ndarray, str]]:
    """What known mistakes give in evaluation mode, and the hint for each."""
    import torch

    forward_and_backward(reference, arrays, x, training=False)  # leaves these arrays in it
    with torch.no_grad():
        inputs = torch.tensor(x)
        inner = reference.bn1(reference.conv1(inputs)).relu()
        inner = reference.bn2(reference.conv2(inner))
        shortcut = inputs if reference.downsample is None else reference.downsample(inputs)
        no_inner_relu = reference.bn2(reference.conv2(reference.bn1(reference.conv1(inputs)))) + shortcut
        wrong = [
            (inner.relu(), "the shortcut is missing: add it before the last ReLU"),
            (inner + shortcut, "a ReLU comes after the sum"),
            (inner.relu() + shortcut, "add first, then ReLU"),
            ((inner.relu() + shortcut).relu(), "no ReLU between the second batch norm and the sum"),
            (no_inner_relu.relu(), "a ReLU stands between the first batch norm and the second convolution"),
        ]
    return [(values.numpy(), hint) for values, hint in wrong]


def _network_mistakes(reference, arrays: dict, x: np.ndarray) -> list[tuple[np.ndarray, str]]:
    from torch import nn

    mistakes = []
    for part, hint in (("relu", "a ReLU stands after the first batch norm"), ("maxpool", "max pooling is left out")):
        spoiled = _copy_without(reference, part, nn.Identity())
        mistakes.append((_outputs(spoiled, arrays, x), hint))
    smaller = _copy_without(reference, "maxpool", nn.MaxPool2d(2))
    mistakes.append((_outputs(smaller, arrays, x), "max pooling is 3 x 3, stride 2, padding 1"))
    largest = _copy_without(reference, "avgpool", nn.AdaptiveMaxPool2d(1))
    mistakes.append((_outputs(largest, arrays, x), "the pooling before fc takes the mean"))
    return mistakes


def _outputs(network, arrays: dict, x: np.ndarray) -> np.ndarray:
    return forward_and_backward(network, arrays, x, training=False)["outputs"]


def _copy_without(reference, part: str, replacement):
    import copy

    spoiled = copy.deepcopy(reference)
    setattr(spoiled, part, replacement)
    return spoiled
