"""Checks of lesson 05. References: PyTorch for the network and for pooling, the definition itself for dropout."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from course_utils.checks.beside import is_a
from course_utils.checks.elsewhere import ask
from course_utils.checks.forbid import forbid
from course_utils.checks.report import call, describe, fail, passed, require_array, require_close

LIBRARIES = {"tensorflow", "tf", "keras", "torch", "layers", "scipy", "skimage"}


def check_guide_cnn(guide_cnn: Callable, sizes: tuple = (((32, 64), 128, 10), ((3, 4), 6, 5)), seed: int = 0) -> None:
    """Lesson 05, exercise 1: answer(filters, units, classes) -> Keras model. `sizes` holds these three arguments."""
    rng = np.random.default_rng(seed)
    for filters, units, classes in sizes:
        given = f"guide_cnn({filters}, {units}, {classes})"
        model = _build(guide_cnn, (filters, units, classes), given)
        weights = [rng.normal(size=shape) / np.prod(shape[:-1]) ** 0.5 for shape in _shapes(filters, units, classes)]
        _require_shapes(model, weights, given)
        x = rng.uniform(size=(3, 28, 28, 1)).astype(np.float32)
        expected = _guide_logits(weights, x)
        softmax = np.exp(expected) / np.exp(expected).sum(1, keepdims=True)
        given = f"{given}, known weights and 3 images of 28 x 28 x 1"
        got = call(model, [value.astype(np.float32) for value in weights], x, given=given, probe=outputs)
        mistakes = [
            (expected, "the softmax after the last layer is missing"),
            (_softmax(_guide_logits(weights, x, conv=lambda z: z)), "a ReLU after each convolution is missing"),
            (_softmax(_guide_logits(weights, x, dense=lambda z: z)), "the ReLU after the first Dense layer is missing"),
            (1 / (1 + np.exp(-expected)), "softmax, not sigmoid: one image, one class"),
        ]
        hint = "Conv2D, Conv2D, Flatten, Dense, Dense; ReLU everywhere but after the last, which has a softmax"
        require_close(got, softmax, given, hint, mistakes, "one row for each image", rtol=1e-3, atol=1e-5)
    given = "guide_cnn() without arguments"
    count = sum(math.prod(shape) for shape in ask(shapes_of, _build(guide_cnn, (), given)))
    if count != 4_738_826:
        fail(given, "4738826 parameters", str(count), "the defaults are filters=(32, 64), units=128, classes=10")
    passed("guide_cnn")


def _build(guide_cnn: Callable, arguments: tuple, given: str):
    from course_utils.tensorflow_quiet import keras

    model = call(guide_cnn, *arguments, given=given, expected="a Keras model")
    if not is_a(model, keras.Model):
        fail(given, "a Keras model", describe(model), "return keras.Sequential([...])")
    if not ask(shapes_of, model):
        fail(given, "a model that has its weights", "one without", "begin with keras.Input((28, 28, 1))")
    return model


def shapes_of(model) -> list[tuple[int, ...]]:
    """A probe: the shapes of a Keras model's weights, in its order; none where it was not built yet."""
    return [tuple(value.shape) for value in model.weights]


def outputs(model, weights: list[np.ndarray], x: np.ndarray) -> np.ndarray:
    """A probe: what a Keras model, given these weights, makes of a batch."""
    model.set_weights(weights)
    return np.asarray(model(x, training=False))


def _shapes(filters: tuple[int, int], units: int, classes: int) -> list[tuple[int, ...]]:
    """The shapes of the weights in the order in which Keras lists them; two valid 3 x 3 kernels leave 24 x 24."""
    first, second = filters
    kernels = [(3, 3, 1, first), (3, 3, first, second), (24 * 24 * second, units), (units, classes)]
    return [shape for kernel in kernels for shape in (kernel, kernel[-1:])]


def _require_shapes(model, weights: list[np.ndarray], given: str) -> None:
    expected, found = [value.shape for value in weights], ask(shapes_of, model)
    if found != expected:
        hint = "compare layer by layer with the summary: 3 x 3 kernels, no padding, no pooling, input 28 x 28 x 1"
        fail(given, f"weights of the shapes {expected}", str(found), hint)


def _guide_logits(weights: list[np.ndarray], x: np.ndarray, conv=lambda z: z.clip(0), dense=lambda z: z.clip(0)):
    """The logits by PyTorch in float64, with the given activations."""
    import torch

    maps = torch.tensor(x, dtype=torch.float64).permute(0, 3, 1, 2)
    for kernel, bias in (weights[0:2], weights[2:4]):
        maps = torch.nn.functional.conv2d(maps, torch.tensor(kernel).permute(3, 2, 0, 1), torch.tensor(bias))
        maps = conv(maps)
    hidden = dense(maps.permute(0, 2, 3, 1).flatten(1) @ torch.tensor(weights[4]) + torch.tensor(weights[5]))
    return hidden.numpy() @ weights[6] + weights[7]


def _softmax(logits: np.ndarray) -> np.ndarray:
    exp = np.exp(logits)
    return exp / exp.sum(1, keepdims=True)


def check_dropout(
    dropout: Callable, cases: tuple = (((40, 50), 0.5), ((30, 20, 5), 0.2)), seeds: tuple = (0, 1)
) -> None:
    """Lesson 05, exercise 2: answer(x, grad_output, rate, random) -> (output, grad_x).

    `cases` holds (shape, rate); `seeds` those of the generators that the answer is given.
    """
    for shape, rate in (*cases, ((4, 5), 0.0)):
        rng = np.random.default_rng(seeds[0])
        x, grad_output = rng.uniform(1, 2, shape), rng.uniform(1, 2, shape)
        given = f"x of shape {shape}, all between 1 and 2, and a rate of {rate}"
        forbid(dropout, LIBRARIES, given)
        outputs = []
        for seed in (*seeds, seeds[0]):
            arguments = (x, grad_output, rate, seed)
            got = call(dropout, *arguments, given=given, expected="(output, grad_x)", probe=with_generator)
            if not isinstance(got, (tuple, list)) or len(got) != 2:
                fail(given, "two arrays: output and grad_x", describe(got), "return output, grad_x")
            outputs.append(_require_dropped(got, x, grad_output, rate, given))
        if not np.array_equal(outputs[0], outputs[-1]):
            fail(given, "the same seed, the same result", "two results", "draw with random.random(x.shape)")
        if rate and np.array_equal(outputs[0], outputs[1]):
            fail(given, "another seed, other places", "the same places", "draw from the generator that is handed in")
    passed("dropout")


def with_generator(answer: Callable, *arguments) -> Any:
    """A probe: the answer's last argument is a generator with this seed."""
    *others, seed = arguments
    return answer(*others, np.random.default_rng(seed))


def _require_dropped(got, x: np.ndarray, grad_output: np.ndarray, rate: float, given: str) -> np.ndarray:
    output = require_array(got[0], x.shape, given + ": the output")
    kept = output != 0
    hint = "what is kept is divided by 1 - rate, so that the expected value stays"
    mistakes = [
        (kept * x, "what is kept has to grow: divide by 1 - rate"),
        (kept * x * (1 - rate), "divide by 1 - rate, do not multiply"),
    ]
    if rate:
        mistakes.append((kept * x / rate, "divide by 1 - rate, not by the rate"))
    require_close(output, kept * x / (1 - rate), given + ": the output", hint, mistakes)
    dropped, luck = 1 - kept.mean(), 5 * (rate * (1 - rate) / x.size) ** 0.5
    if 0 < dropped < 1 and any((kept.all(axis) | ~kept.any(axis)).all() for axis in range(x.ndim)):
        fail(given, "each number dropped on its own", "whole rows or columns", "draw as many numbers as x has")
    if abs(dropped - rate) > luck:
        cure = "keep where random.random(x.shape) >= rate: it draws evenly between 0 and 1"
        if abs(1 - dropped - rate) < luck:
            cure = f"rate is the share that is dropped, not the share that stays: {cure}"
        fail(given, f"about {rate:.0%} zeros", f"{dropped:.0%}", cure)
    mistakes = [
        (output, "that is the output once more; going back, grad_output is multiplied"),
        (grad_output, "the gradient passes only where the output was kept, and is divided by 1 - rate"),
        (kept * grad_output, "the forward pass divided by 1 - rate, so the gradient is divided too"),
        (grad_output / (1 - rate), "no gradient passes where the output was dropped"),
    ]
    hint = "use the mask of the forward pass for the gradient; do not draw a second one"
    grad_x = require_array(got[1], x.shape, given + ": grad_x")
    require_close(grad_x, kept * grad_output / (1 - rate), given + ": grad_x", hint, mistakes)
    return output


def _torch_pool(
    x: np.ndarray, size: int, grad_output: np.ndarray | None = None, kind: str = "max_pool2d"
) -> np.ndarray:
    """Pooling of (n, h, w, c) by PyTorch, or the gradient by x where `grad_output` is given."""
    import torch

    maps = torch.tensor(x, dtype=torch.float64).permute(0, 3, 1, 2).requires_grad_()
    pooled = getattr(torch.nn.functional, kind)(maps, size)
    if grad_output is None:
        return pooled.detach().permute(0, 2, 3, 1).numpy()
    pooled.backward(torch.tensor(grad_output, dtype=torch.float64).permute(0, 3, 1, 2))
    return maps.grad.permute(0, 2, 3, 1).numpy()


POOL_CASES = ((1, 4, 4, 1, 2), (2, 6, 4, 3, 2), (1, 5, 7, 2, 3))


def check_max_pool(max_pool: Callable, cases: tuple = POOL_CASES, seed: int = 0) -> None:
    """Lesson 05, exercise 3: answer(x, size) -> array. `cases` holds (n, h, w, c, size)."""
    rng = np.random.default_rng(seed)
    for n, h, w, c, size in cases:
        x = rng.permutation(n * h * w * c).reshape(n, h, w, c) - n * h * w * c + 0.5  # all different, all below zero
        given = f"x of shape {x.shape}, windows of {size} x {size}"
        forbid(max_pool, LIBRARIES, given)
        expected = _torch_pool(x, size)
        got = call(max_pool, x, size, given=given, expected=f"an array of shape {expected.shape}")
        mistakes = [
            (_torch_pool(x, size, kind="avg_pool2d"), "this is the mean of each window, not its maximum"),
            (-_torch_pool(-x, size), "this is the minimum of each window"),
            (x[:, ::size, ::size][:, : h // size, : w // size], "this is the corner of each window, not its maximum"),
            (np.maximum(expected, 0), "all numbers are negative here: do not start from zero"),
        ]
        hint = "the largest number of each window; windows touch, they do not overlap"
        require_close(got, expected, given, hint, mistakes, "h // size rows, w // size columns, the same channels")
    given = "an x of 1 x 2 x 2 x 1 and no size"
    got = call(max_pool, np.arange(4.0).reshape(1, 2, 2, 1), given=given, expected="an array of shape (1, 1, 1, 1)")
    require_close(got, np.full((1, 1, 1, 1), 3.0), given, "the default size is 2")
    passed("max_pool")


def check_max_pool_backward(max_pool_backward: Callable, cases: tuple = POOL_CASES, seed: int = 0) -> None:
    """Lesson 05, exercise 4: answer(grad_output, x, size) -> array. `cases` holds (n, h, w, c, size)."""
    rng = np.random.default_rng(seed)
    for n, h, w, c, size in cases:
        different = rng.permutation(n * h * w * c).reshape(n, h, w, c) - n * h * w * c + 0.5
        for x, what in ((different, "all different"), (rng.integers(0, 2, (n, h, w, c)) - 1.0, "with equal maxima")):
            grad_output = rng.permutation(n * (h // size) * (w // size) * c).reshape(n, h // size, w // size, c) + 1.0
            given = f"x of shape {x.shape}, {what}, windows of {size} x {size}"
            forbid(max_pool_backward, LIBRARIES, given)
            expected = _torch_pool(x, size, grad_output)
            got = call(max_pool_backward, grad_output, x, size, given=given, expected=f"an array of shape {x.shape}")
            spread = np.zeros(x.shape)
            large = grad_output.repeat(size, 1).repeat(size, 2)
            spread[:, : large.shape[1], : large.shape[2]] = large
            largest = np.zeros(x.shape, dtype=bool)
            winners = _torch_pool(x, size).repeat(size, 1).repeat(size, 2)
            largest[:, : large.shape[1], : large.shape[2]] = x[:, : large.shape[1], : large.shape[2]] == winners
            mistakes = [
                (spread, "only the largest number of a window gets the gradient"),
                (spread / size**2, "this shares the gradient out, which is right for the mean, not for the maximum"),
                (spread * largest, "of equal maxima only the first in reading order gets the gradient"),
                ((expected != 0) * 1.0, "these are the right places: now bring grad_output there"),
            ]
            hint = "each number of grad_output goes to the place of its window's maximum, zeros elsewhere"
            if x is not different:
                hint = "of equal maxima the first in reading order gets everything"
            require_close(got, expected, given, hint, mistakes, "the gradient has the shape of x")
    passed("max_pool_backward")


def check_dense_for_torch(
    dense_for_torch: Callable, cases: tuple = ((2, 2, 3, 4), (5, 3, 2, 7)), seed: int = 0
) -> None:
    """Lesson 05, exercise 5: answer(kernel, height, width, channels) -> array. `cases` holds (h, w, c, units)."""
    rng = np.random.default_rng(seed)
    for height, width, channels, units in cases:
        kernel = rng.permutation(height * width * channels * units).reshape(-1, units) * 1.0
        given = f"a kernel of {kernel.shape} after maps of {height} x {width} x {channels}"
        forbid(dense_for_torch, {"tensorflow", "tf", "keras"}, given)
        order = [(c, i, j) for c in range(channels) for i in range(height) for j in range(width)]  # PyTorch's flatten
        expected = np.stack([kernel[(i * width + j) * channels + c] for c, i, j in order], axis=1)
        got = call(dense_for_torch, kernel, height, width, channels, given=given, expected=f"shape {expected.shape}")
        swapped = kernel.reshape(channels, height, width, units).transpose(3, 1, 2, 0).reshape(units, -1)
        mirrored = kernel.reshape(height, width, channels, units).transpose(3, 2, 1, 0).reshape(units, -1)
        mistakes = [
            (kernel.T, "transposed, but still in the order height, width, channels"),
            (kernel.reshape(units, -1), "reshape moves nothing: transpose the axes before the last reshape"),
            (swapped, "the rows of the kernel come as (height, width, channels): split them in this order"),
            (mirrored, "channels first, then height, then width: height and width are swapped"),
        ]
        hint = "split the rows into (height, width, channels), bring channels to the front, flatten again"
        require_close(got, expected, given, hint, mistakes, "(units, channels * height * width)")
    passed("dense_for_torch")
