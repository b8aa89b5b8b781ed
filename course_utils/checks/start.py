"""Checks of lesson 00."""

from collections.abc import Callable
from typing import Any

import numpy as np

from course_utils.checks.report import call, describe, fail, passed, require_array, require_close, require_number


def check_to_unit_range(to_unit_range: Callable, shapes: Any = ((2, 3), (4, 2, 2)), seed: int = 0) -> None:
    """Lesson 00, exercise 1: answer(uint8 array) -> float32 array of the same shape."""
    rng = np.random.default_rng(seed)
    for shape in shapes:
        images = rng.integers(0, 256, shape).astype(np.uint8)
        if images.size:
            images.flat[0], images.flat[-1] = 51, 255
        given = f"bytes of shape {shape}" + (f", the first is {images.flat[0]}" if images.size else ", an empty array")
        got = call(to_unit_range, images, given=given, expected=f"decimals of shape {shape}")
        require_array(got, shape, given)
        if got.dtype != np.float32:
            fail(given, "type float32", f"type {got.dtype}", "astype(np.float32) before you divide")
        expected = images / 255
        mistakes = [
            (images / 256, "the largest byte is 255, and it becomes 1"),
            (images / max(1, images.max(initial=1)), "divide by 255, not by the largest value in the image"),
            (images.astype(float), "the values are still 0 to 255: divide"),
            (1 - expected, "0 stays black, 0.0; you turned black and white"),
        ]
        require_close(got, expected, given, "divide each value by 255", mistakes, rtol=1e-5)
    dark = np.full((2, 2), 100, dtype=np.uint8)
    given = "an image in which every byte is 100"
    got = call(to_unit_range, dark, given=given)
    require_close(got, dark / 255, given, "divide by 255 whatever the image holds", rtol=1e-5)
    passed("to_unit_range")


def check_accuracy(accuracy: Callable, sizes: Any = (4, 10), seed: int = 0) -> None:
    """Lesson 00, exercise 2: answer(predicted, true) -> one number. `sizes` holds how many labels."""
    rng = np.random.default_rng(seed)
    cases = [(np.array([3, 1, 4, 1]), np.array([3, 7, 4, 2])), (np.zeros(3, int), np.zeros(3, int))]
    cases += [(np.array([0, 1, 0, 5, 6]), np.array([5, 1, 0, 0, 0]))]
    cases += [(rng.integers(0, 3, n), rng.integers(0, 3, n)) for n in sizes]
    for predicted, true in cases:
        few = len(true) <= 5
        given = f"predicted {predicted.tolist()}, true {true.tolist()}" if few else f"{len(true)} labels"
        expected = sum(int(a == b) for a, b in zip(predicted, true, strict=True)) / len(true)
        mistakes = [
            (100 * expected, "a share from 0 to 1, not per cent"),
            (expected * len(true), "this is a count; divide by the number of labels"),
            (1 - expected, "this is the share of mistakes"),
        ]
        got = call(accuracy, predicted, true, given=given, expected=f"{expected:.4g}")
        require_number(got, expected, given, "count equal labels and divide by how many there are", mistakes)
    passed("accuracy")


def check_nearest_mean(nearest_mean: Callable, shapes: Any = ((3, 2, 2, 2), (5, 4, 3, 2)), seed: int = 0) -> None:
    """Lesson 00, exercise 3: answer(images, means) -> labels. `shapes` holds (n, classes, h, w)."""
    rng = np.random.default_rng(seed)
    for n, classes, h, w in shapes:
        means = rng.normal(size=(classes, h, w)) * np.arange(1, classes + 1)[:, None, None]
        true = rng.permutation(np.arange(n) % classes)
        images = means[true] + 0.01 * rng.normal(size=(n, h, w))
        _nearest_mean_once(nearest_mean, images, means, f"{n} images of {h} x {w} and {classes} means")
    flat = np.array([0.0, 3.0, 10.0])[:, None, None] * np.ones((3, 2, 2))
    images = np.array([1.0, 9.0, 4.0, -5.0])[:, None, None] * np.ones((4, 2, 2))
    _nearest_mean_once(nearest_mean, images, flat, "means that are all 0, 3 and 10; images all 1, 9, 4 and -5")
    means = np.zeros((2, 3, 2))
    means[1, 2, 1] = 1
    _nearest_mean_once(nearest_mean, means[[1, 0, 1]], means, "means that differ in their last pixel only")
    # Squares summed, absolute values summed, the largest value: these often agree. A third mean, far away,
    # tells a wrong measure from the farthest mean.
    image = np.ones((1, 2, 2))
    means = np.array([[[4.0, 1], [1, 1]], [[2, 2], [2, 2]], [[9, 9], [9, 9]]])
    words = "an image of ones; means [[4, 1], [1, 1]], [[2, 2], [2, 2]] and [[9, 9], [9, 9]]"
    _nearest_mean_once(nearest_mean, image, means, words)
    means = np.array([[[3.0, 1], [1, 1]], [[2.5, 2.5], [2.5, 2.5]], [[9, 9], [9, 9]]])
    words = "an image of ones; means [[3, 1], [1, 1]], [[2.5, 2.5], [2.5, 2.5]] and [[9, 9], [9, 9]]"
    _nearest_mean_once(nearest_mean, image, means, words)
    passed("nearest_mean")


def _nearest_mean_once(nearest_mean: Callable, images: np.ndarray, means: np.ndarray, given: str) -> None:
    squared = np.array([[((image - mean) ** 2).sum() for mean in means] for image in images])
    expected = squared.argmin(axis=1)
    got = call(nearest_mean, images, means, given=given, expected=f"an array of shape {expected.shape}")
    require_array(got, expected.shape, given, "one number for each image")
    if got.dtype.kind not in "iu":
        fail(given, "whole numbers", describe(got), "argmin gives the position; min gives the distance")
    absolute = np.array([[np.abs(image - mean).sum() for mean in means] for image in images])
    largest = np.array([[np.abs(image - mean).max() for mean in means] for image in images])
    products = np.array([[(image * mean).sum() for mean in means] for image in images])
    mistakes = [
        (squared.argmax(axis=1), "nearest means the smallest distance: argmin"),
        (products.argmax(axis=1), "a product is no distance: square the differences"),
        (absolute.argmin(axis=1), "square the differences before you sum them"),
        (largest.argmin(axis=1), "sum over all pixels; the largest difference alone says too little"),
        (expected + 1, "the first mean has number 0"),
    ]
    require_close(got, expected, given, "square the differences, sum over each image, find the smallest", mistakes)
