"""The pictures of lesson 12: embeddings of two numbers as clouds of points, and results of several seeds as dots."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np

from course_utils.plots import COLOURS, MARKERS, WIDTH, show


def show_clouds(clouds: dict[str, np.ndarray], y: np.ndarray, alt: str) -> None:
    """One panel for each name, with its points (n, 2) and the origin; a colour and a marker for each label in y (n,).

    ValueError where the points do not fit the labels.
    """
    figure, axes = plt.subplots(1, len(clouds), figsize=(WIDTH, WIDTH / len(clouds) + 0.3), squeeze=False)
    for axis, (title, points) in zip(axes[0], clouds.items(), strict=True):
        if np.shape(points) != (len(y), 2):
            plt.close(figure)
            raise ValueError(f"{title}: points of shape {np.shape(points)} for {len(y)} labels: give shape (n, 2)")
        axis.axhline(0, color="0.8", linewidth=0.8)
        axis.axvline(0, color="0.8", linewidth=0.8)
        for i, label in enumerate(np.unique(y)):
            style = {"color": COLOURS[i % len(COLOURS)], "marker": MARKERS[i % len(MARKERS)]}
            axis.scatter(*points[y == label].T, s=24, linewidths=0, **style)
        axis.set_title(title, fontsize=10)
        axis.set(xlabel="first number", ylabel="second number" if axis is axes[0, 0] else "")
        axis.set_aspect("equal", adjustable="datalim")
    figure.tight_layout()
    show(figure, alt)


def show_seeds(results: dict[str, Sequence[float]], x_label: str, baseline: tuple[str, float], alt: str) -> None:
    """One line for each name, from the top: a dot for each seed and a bar at their mean; `baseline` is (name, value).

    ValueError where a name has no result.
    """
    for name, values in results.items():
        if len(values) == 0:
            raise ValueError(f"{name} has no result: give one for each seed")
    figure, axis = plt.subplots(figsize=(WIDTH, 0.38 * len(results) + 1))
    for i, values in enumerate(results.values()):
        axis.plot([min(values), max(values)], [i, i], color="0.7", zorder=1)
        axis.scatter(values, [i] * len(values), color=COLOURS[0], s=22, zorder=2)
        axis.scatter([np.mean(values)], [i], color=COLOURS[5], marker="|", s=260, linewidths=2.5, zorder=3)
    axis.axvline(baseline[1], color="0.2", linestyle="--", label=baseline[0])
    axis.scatter([], [], color=COLOURS[0], s=22, label="one seed")
    axis.scatter([], [], color=COLOURS[5], marker="|", s=120, linewidths=2.5, label="mean")
    axis.set_yticks(range(len(results)), results)
    axis.set(xlabel=x_label, xlim=(0, 1))
    axis.invert_yaxis()
    axis.legend(loc="upper right", fontsize=8)
    figure.tight_layout()
    show(figure, alt)
