"""Random copies of images, from a seed of the caller. Lesson 02 uses it first."""

from collections.abc import Callable

import numpy as np
import torch

import course_utils.vision  # noqa: F401  (so that torchvision can be imported after this module)


def each_alone(x: np.ndarray, transform: Callable, seed: int) -> np.ndarray:
    """Send each image through `transform` by itself, so that each gets its own random change.

    x: (n, h, w) or (n, channels, h, w) float array. transform: a tensor (channels, h, w) to one, as those of
    torchvision.transforms.v2, which draw from torch's global generator: it is seeded here and then given back as it
    was. With more axes, each x[i] goes through in one call. Returns a float32 array (n, ...). Raises ValueError where x
    is no stack of images.
    """
    if x.ndim < 3 or len(x) == 0:
        raise ValueError(f"x has shape {x.shape}: give a stack of images, (n, h, w) or (n, channels, h, w)")
    images = torch.as_tensor(x, dtype=torch.float32)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if x.ndim == 3:
            return np.stack([transform(image[None])[0].numpy() for image in images])
        return np.stack([transform(image).numpy() for image in images])


def some_of_each(y: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Rows of `count` random examples of every class in `y`, class by class; none twice."""
    classes, sizes = np.unique(y, return_counts=True)
    if not 1 <= count <= sizes.min():
        raise ValueError(f"count={count}: the smallest class has {sizes.min()} examples, ask for 1 to {sizes.min()}")
    random = np.random.default_rng(seed)
    return np.concatenate([random.choice(np.flatnonzero(y == c), count, replace=False) for c in classes])


def shifted(x: np.ndarray, random: np.random.Generator, most: int = 3) -> np.ndarray:
    """A copy of images x (n, h, w), each moved by up to `most` pixels up or down and left or right, zeros behind it.

    Every move is equally likely; they are drawn from `random`. Lesson 08. ValueError where x is no stack of images.
    """
    if x.ndim != 3 or most < 0:
        raise ValueError(f"x has shape {x.shape} and most is {most}: give a stack of images, (n, h, w), and most >= 0")
    padded = np.pad(x, ((0, 0), (most, most), (most, most)))
    places = np.lib.stride_tricks.sliding_window_view(padded, x.shape[1:], axis=(1, 2))
    down, right = random.integers(0, 2 * most + 1, (2, len(x)))
    return places[np.arange(len(x)), down, right]
