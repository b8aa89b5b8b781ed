"""The drawings of lesson 02: a surface, arrows, the bowl of a loss, and accuracies with their spread.

They keep matplotlib's details out of the lesson. Each takes `alt=`, as the helpers of course_utils.plots do.
"""

from collections.abc import Callable, Sequence

import matplotlib.pyplot as plt
import numpy as np

from course_utils.plots import COLOURS, WIDTH, show


def show_surface(image: np.ndarray, row: int, alt: str) -> None:
    """Show an (h, w) image as grey, as a landscape, and as the profile of one row."""
    if not 0 <= row < image.shape[0]:
        raise ValueError(f"row={row}: the image has rows 0 to {image.shape[0] - 1}")
    figure = plt.figure(figsize=(WIDTH + 1.5, 2.9))
    grey = figure.add_subplot(131, title="image", xlabel="column", ylabel="row")
    grey.imshow(image, cmap="gray")
    grey.axhline(row, color=COLOURS[1], linestyle="--")
    land = figure.add_subplot(132, projection="3d", title="surface")
    rows, columns = np.indices(image.shape)
    land.plot_surface(columns, rows, image, cmap="cividis", rcount=60, ccount=60, edgecolor="0.3", linewidth=0.15)
    land.set(xlabel="column", ylabel="row", ylim=(image.shape[0] - 1, 0), zticks=[])
    land.view_init(elev=50, azim=-80)
    land.set_box_aspect((1, 1, 0.45), zoom=1.1)
    profile = figure.add_subplot(133, title=f"profile of row {row}", xlabel="column", ylabel="brightness")
    profile.plot(image[row], color=COLOURS[1], marker=".")
    profile.grid(alpha=0.3)
    figure.tight_layout(w_pad=2.5)
    show(figure, alt)


def show_arrows(image: np.ndarray, across: np.ndarray, down: np.ndarray, alt: str, step: int = 4) -> None:
    """Show an image with an arrow at every `step`-th pixel; `across` and `down` are its two slopes, shaped like it."""
    figure, axis = plt.subplots(figsize=(3.6, 3.6))
    axis.imshow(image, cmap="gray")
    rows, columns = np.indices(image.shape)
    some = np.s_[step // 2 :: step, step // 2 :: step]
    longest = max(np.hypot(across, down)[some].max(), np.finfo(float).tiny)
    style = {"angles": "xy", "scale_units": "xy", "scale": longest / (1.4 * step), "width": 0.01, "color": COLOURS[1]}
    axis.quiver(columns[some], rows[some], across[some], down[some], **style)
    axis.set(xlabel="column", ylabel="row")
    show(figure, alt)


def show_bowls(
    bowls: dict[str, np.ndarray], target: np.ndarray, descend: Callable, labels: Sequence[str], alt: str
) -> None:
    """Draw the loss of a line with two weights as contours, and the path of gradient descent on it.

    bowls: inputs of shape (n, 2) by name. The loss is half the mean squared error to `target`, (n,).
    descend(inputs, target) returns the path, (steps + 1, 2); its last point is the middle of its map. All maps have the
    same scale, on both axes.
    """
    paths = {name: descend(inputs, target) for name, inputs in bowls.items()}
    reach = 1.15 * max(np.abs(path - path[-1]).max() for path in paths.values())
    figure, axes = plt.subplots(1, len(bowls), figsize=(4 * len(bowls), 4), squeeze=False)
    for axis, (name, inputs) in zip(axes.flat, bowls.items(), strict=True):
        path = paths[name]
        grid = np.linspace(-reach, reach, 121)
        first, second = np.meshgrid(path[-1, 0] + grid, path[-1, 1] + grid)
        errors = first[..., None] * inputs[:, 0] + second[..., None] * inputs[:, 1] - target
        axis.contour(first, second, (errors**2).mean(axis=-1) / 2, levels=14, cmap="cividis")
        axis.plot(path[:, 0], path[:, 1], color=COLOURS[5], marker=".", markersize=4, linewidth=0.8)
        axis.set(xlabel=labels[0], ylabel=labels[1], aspect="equal", title=f"{name}: {len(path) - 1} steps")
    figure.tight_layout()
    show(figure, alt)


def show_spreads(
    results: dict[str, np.ndarray], groups: Sequence[str], y_label: str, alt: str, baseline: float
) -> None:
    """Draw mean and standard deviation over seeds: `results` holds an array (seeds, groups) by name."""
    figure, axis = plt.subplots(figsize=(WIDTH, 3.4))
    width = 0.5 / max(1, len(results) - 1)
    for number, (name, runs) in enumerate(results.items()):
        places = np.arange(len(groups)) + width * (number - (len(results) - 1) / 2)
        style = {"fmt": "os^Dv"[number % 5], "color": COLOURS[number % len(COLOURS)], "capsize": 4}
        axis.errorbar(places, np.mean(runs, axis=0), np.std(runs, axis=0), label=name, **style)
    axis.axhline(baseline, color="0.4", linestyle="--", label="chance")
    axis.set_xticks(range(len(groups)), groups)
    axis.set(ylabel=y_label, ylim=(0, 1))
    axis.grid(alpha=0.3, axis="y")
    axis.legend(ncols=2)
    show(figure, alt)
