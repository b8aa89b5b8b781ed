"""Check of lesson 12, third part: random erasing. What it asks for is Zhong et al. 2020, algorithm 1."""

from collections.abc import Callable
from typing import Any

import numpy as np

from course_utils.checks.beside import describe
from course_utils.checks.forbid import forbid
from course_utils.checks.report import call, fail, passed, require_array

LIBRARIES = {"RandomErasing", "Augmentation", "augment", "torch", "torchvision"}
ITSELF = "the image that was given"
AREAS = ((0.02, 0.4), (0.5, 0.6))  # of the second, many rectangles do not fit and have to be drawn again


def check_erase(
    erase: Callable, size: tuple = (24, 12), areas: tuple = AREAS, fill: float = -3.0, draws: int = 300, seed: int = 0
) -> None:
    """Lesson 12, exercise 4: answer(image, seed, probability, area, fill) -> image. `size` is (height, width)."""
    image = np.random.default_rng(seed).uniform(0.5, 1.5, size=(3, *size))
    seeds = list(range(seed, seed + draws))
    for probability, area in ((1.0, areas[0]), (0.5, areas[0]), (1.0, areas[1])):
        given = f"an image {image.shape}, probability {probability}, area {area}, fill {fill}"
        forbid(erase, LIBRARIES, given)
        options = probability, area, fill
        results = call(erase, image, [*seeds, seeds[0]], *options, given=given, expected="an image", probe=erase_each)
        if any(type(got) is str and got == ITSELF for got in results):
            fail(given, "a copy, also where nothing is erased", ITSELF, "image.copy()")
        boxes = [
            _box(got, image, fill, f"{given}, seed {one}") for got, one in zip(results, [*seeds, seed], strict=True)
        ]
        if boxes[-1] != boxes[0]:
            fail(given, "one seed, one image", "two images for one seed", "draw from np.random.default_rng(seed) only")
        _require_share([box is not None for box in boxes[:-1]], probability, given)
        found = np.array([box for box in boxes[:-1] if box is not None])
        _require_sizes(found, size, area, given)
        if probability == 1.0 and area == areas[0]:
            _require_variety(found, size, given)
    passed("erase")


def erase_each(answer: Callable, image: np.ndarray, seeds: list[int], *options) -> list[Any]:
    """A probe: the image erased once with each seed; a text for what is no array, or not a new one."""
    results = [answer(image, seed, *options) for seed in seeds]
    return [_plain(got, image) for got in results]


def _plain(got: Any, image: np.ndarray) -> np.ndarray | str:
    if type(got) is not np.ndarray:
        return describe(got)
    return ITSELF if np.may_share_memory(got, image) else np.array(got)


def _box(got: Any, image: np.ndarray, fill: float, given: str) -> tuple[int, int, int, int] | None:
    """(top, left, height, width) of the erased rectangle, or None; the rest of the image has to be as it was."""
    values = require_array(got, image.shape, given, "return an image of the same shape, (3, height, width)")
    changed = values != image
    if not changed.any():
        return None
    if (changed.any(axis=0) != changed.all(axis=0)).any():
        hint = "all three channels: image[:, top:bottom, left:right]"
        fail(given, "one rectangle in all channels", "a pixel that is erased in some of them", hint)
    if not (values[changed] == fill).all():
        place = tuple(int(i) for i in np.argwhere(changed & (values != fill))[0])
        fail(given, f"{fill} where it is erased", f"{values[place]:.3g} at {place}", "every erased pixel becomes fill")
    rows, columns = np.flatnonzero(changed[0].any(axis=1)), np.flatnonzero(changed[0].any(axis=0))
    height, width = int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1
    if changed[0].sum() != height * width:
        fail(given, "one full rectangle", f"{int(changed[0].sum())} pixels of {height} x {width}", "erase a slice")
    return int(rows[0]), int(columns[0]), height, width


def _require_share(erased: list[bool], probability: float, given: str) -> None:
    """Within five standard deviations of the expected number of erased images."""
    n = len(erased)
    if abs(sum(erased) - n * probability) > 5 * (n * probability * (1 - probability)) ** 0.5:
        expected = f"about {n * probability:.0f} images with a rectangle"
        hint = "erase where a number from rng.random() < probability"
        if probability == 1:
            hint = "every image gets its rectangle here: where one does not fit, draw again"
        fail(f"{given}, {n} seeds", expected, f"{sum(erased)}", hint)


def _require_sizes(found: np.ndarray, size: tuple[int, int], area: tuple[float, float], given: str) -> None:
    """Area and aspect in their ranges, give or take the pixel that rounding costs on each side."""
    for top, left, height, width in found.tolist():
        got = f"{height} x {width} pixels at ({top}, {left})"
        pixels = size[0] * size[1]
        if (height - 1) * (width - 1) > area[1] * pixels or (height + 1) * (width + 1) < area[0] * pixels:
            hint = "height * width = share * pixels; and where the rectangle sticks out, draw again, do not cut it off"
            fail(given, f"{area[0] * pixels:.0f} to {area[1] * pixels:.0f} pixels", f"{height * width}: {got}", hint)
        if (height - 1) > (width + 1) / 0.3 or (width - 1) > (height + 1) / 0.3:
            fail(given, "height / width from 0.3 to 1 / 0.3", got, "height = sqrt(S * r), width = sqrt(S / r)")


def _require_variety(found: np.ndarray, size: tuple[int, int], given: str) -> None:
    """Small and large, tall and wide ones, everywhere in the image."""
    given = f"{given}, {len(found)} seeds"
    tops, lefts, heights, widths = found.T
    shares = heights * widths / (size[0] * size[1])
    if shares.min() > 0.1 or shares.max() < 0.25:
        got = f"shares from {shares.min():.2f} to {shares.max():.2f}"
        fail(given, "areas from small to large", got, "draw the share anew each time, uniform over the range of area")
    ratios = heights / widths
    if ratios.min() > 0.67 or ratios.max() < 1.5:
        got = f"height / width from {ratios.min():.2f} to {ratios.max():.2f}"
        fail(given, "tall and wide rectangles", got, "draw height / width from 0.3 to 1 / 0.3, too")
    for starts, lengths, whole, name in ((tops, heights, size[0], "row"), (lefts, widths, size[1], "column")):
        reached = {place for a, n in zip(starts, lengths, strict=True) for place in range(a, a + n)}
        missing = [place for place in range(1, whole - 1) if place not in reached]
        if missing:
            hint = "draw the corner anew each time, so that the rectangle may be anywhere inside"
            fail(given, f"every {name} is erased in some image", f"{name} {missing[0]} never is", hint)
