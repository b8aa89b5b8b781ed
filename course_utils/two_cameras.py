"""Pictures of one thing from two cameras, which differ in light, contrast and place. Lesson 10 compares them."""

import numpy as np

from course_utils.plots import COLOURS, WIDTH, plt, show

COAT = np.random.default_rng(4).uniform(0, 1, (13, 8))


def photograph(column: int, contrast: float = 1.0, light: float = 0.0, lower: int = 0) -> np.ndarray:
    """A person in a patterned coat at `column` (1 to 28), `lower` rows down (at most 5), and a bright window: (40, 36).

    The numbers of the scene, between 0 and 1, are multiplied by `contrast`; `light` is added.
    """
    scene = np.full((40, 36), 0.5)
    scene[8:24, 1:7] = 1.0
    scene[4 + lower : 9 + lower, column + 2 : column + 6] = 0.75
    scene[9 + lower : 22 + lower, column : column + 8] = COAT
    scene[22 + lower : 35 + lower, column + 1 : column + 7] = 0.125
    return contrast * scene + light


def second_camera(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(n, h, w) images as another camera sees them, each with its own contrast, light, noise and 4 columns' shift."""
    contrast = rng.uniform(0.3, 1, (len(images), 1, 1))
    light = rng.uniform(0, 0.4, (len(images), 1, 1))
    steps = rng.integers(-4, 5, len(images))
    moved = np.stack([np.roll(image, step, axis=1) for image, step in zip(images, steps, strict=True)])
    return contrast * moved + light + rng.normal(0, 0.05, images.shape)


def make_pairs(x: np.ndarray, y: np.ndarray, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """n pairs from both cameras (n, 2, h, w) float32, and same (n,) int64: every other pair shows one label.

    x: (m, h, w) images, y: (m,) labels. An image is never paired with itself. ValueError unless there are two labels,
    and two images of each.
    """
    labels, counts = np.unique(y, return_counts=True)
    if len(labels) < 2 or counts.min() < 2:
        raise ValueError(f"{len(labels)} labels, the rarest on {counts.min(initial=0)} images: give two of each")
    rng, same = np.random.default_rng(seed), np.arange(n) % 2
    first = rng.integers(0, len(x), n)
    others = np.arange(len(x))
    second = [rng.choice(others[((y == y[i]) == s) & (others != i)]) for i, s in zip(first, same, strict=True)]
    return np.stack([x[first], second_camera(x[second], rng)], axis=1).astype(np.float32), same


def whole_image_scores(pairs: np.ndarray, most: int = 8) -> np.ndarray:
    """The best correlation of the two whole images of each pair (n, 2, h, w), over shifts of up to `most` columns."""
    best = np.full(len(pairs), -1.0)
    for step in range(-most, most + 1):
        a, b = pairs[:, 0].reshape(len(pairs), -1), np.roll(pairs[:, 1], step, axis=2).reshape(len(pairs), -1)
        a, b = a - a.mean(1, keepdims=True), b - b.mean(1, keepdims=True)
        best = np.maximum(best, (a * b).sum(1) / np.sqrt((a**2).sum(1) * (b**2).sum(1)))
    return best


def best_threshold(scores: np.ndarray, same: np.ndarray) -> float:
    """The score above which pairs are called the same, so that most of these pairs are told right."""
    return float(max(scores, key=lambda threshold: np.mean((scores > threshold) == (same == 1))))


def show_accuracies(results: dict[str, np.ndarray], tests: list[str], alt: str) -> None:
    """Bars of mean accuracies, a dot for each seed, and a line at guessing. results: name -> (seeds, tests)."""
    figure, axis = plt.subplots(figsize=(WIDTH, 3.2))
    for number, (name, values) in enumerate(results.items()):
        places = np.arange(len(tests)) + 0.27 * (number - (len(results) - 1) / 2)
        axis.bar(places, values.mean(0), width=0.24, color=COLOURS[number], label=name)
        axis.plot(np.tile(places, (len(values), 1)).T, values.T, "ko", markersize=3)
    axis.axhline(0.5, color="0.3", linestyle="--", label="guessing")
    axis.set(xticks=range(len(tests)), xticklabels=tests, ylabel="accuracy on pairs", ylim=(0, 1.15))
    axis.legend(loc="upper center", ncols=4, fontsize=8)
    show(figure, alt)
