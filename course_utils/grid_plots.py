"""The pictures of lesson 07: tables of accuracies as heat maps, and single runs as dots."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np

from course_utils.frames import show_frames
from course_utils.plots import COLOURS, MARKERS, WIDTH, show


def show_accuracies(
    tables: dict[str, np.ndarray], x_label: str, x_ticks: Sequence, y_ticks: Sequence[Sequence], alt: str
) -> None:
    """Draw tables side by side. tables: y label -> (rows, columns) accuracies in [0, 1], NaN where a cell diverged.

    y_ticks: one list for each table. The best cell of each table has a frame; its number is that of the cell.
    """
    show(_heat_maps(tables, x_label, x_ticks, y_ticks), alt)


def show_rivals(
    tables: dict[str, np.ndarray], x_label: str, x_ticks: Sequence, y_ticks: Sequence[Sequence], alt: str
) -> None:
    """The same tables under a slider: which cells lie so near to the best of their table that luck may decide?

    Those further below the best than the slider says are faded. A point is one hundredth: 0.95 is 2 points below 0.97.
    """
    points = [0, 1, 2, 3, 5, 10, 20, 100]
    figures = [_heat_maps(tables, x_label, x_ticks, y_ticks, within=number / 100) for number in points]
    captions = []
    for number in points:
        near = [f"{np.sum(_near(np.asarray(t, float), number / 100))} cells by {name}" for name, t in tables.items()]
        captions.append(f"At most {number} points below the best: {', '.join(near)}")
    show_frames(figures, captions, "points below the best", alt, still=len(points) - 1)


def _near(values: np.ndarray, within: float) -> np.ndarray:
    """Which cells are at most `within` below the best; none where all diverged."""
    if np.isnan(values).all():
        return np.zeros(values.shape, dtype=bool)
    return values >= np.nanmax(values) - within - 1e-9


def _heat_maps(tables, x_label, x_ticks, y_ticks, within: float = 1.0) -> plt.Figure:
    figure, axes = plt.subplots(1, len(tables), figsize=(WIDTH, 2.6), squeeze=False)
    for axis, (y_label, values), ticks in zip(axes[0], tables.items(), y_ticks, strict=True):
        values = np.asarray(values, dtype=float)
        axis.set_facecolor("0.85")  # shows through where a cell diverged
        near = _near(values, within)
        axis.imshow(np.where(near | np.isnan(values), values, np.nan), cmap="cividis", vmin=0, vmax=1, aspect="auto")
        for (i, j), value in np.ndenumerate(values):
            text = "diverged" if np.isnan(value) else f"{value:.3f}"
            colour = "0.45" if not near[i, j] else "white" if value < 0.5 else "black"
            axis.text(j, i, text, ha="center", va="center", color=colour, fontsize=9)
        if not np.isnan(values).all():
            i, j = np.unravel_index(np.nanargmax(values), values.shape)
            axis.add_patch(
                plt.Rectangle((j - 0.48, i - 0.46), 0.96, 0.92, fill=False, edgecolor="black", linewidth=2.5)
            )
        axis.set_xticks(range(values.shape[1]), x_ticks)
        axis.set_yticks(range(values.shape[0]), ticks)
        axis.set(xlabel=x_label, ylabel=y_label)
    figure.tight_layout()
    return figure


def show_runs(runs: dict[str, dict[str, Sequence[float | None]]], x_label: str, alt: str) -> None:
    """Draw every run as a mark, a row for each variant. runs: variant -> kind -> numbers; None, diverged, is left out.

    The kinds, such as "training images" and "held-out images", differ in colour and shape; a line marks each mean.
    """
    figure, axis = plt.subplots(figsize=(WIDTH, 0.5 * len(runs) + 1.2))
    kinds = list(next(iter(runs.values())))
    for row, variant in enumerate(runs.values()):
        for number, kind in enumerate(kinds):
            values = [value for value in variant[kind] if value is not None]
            height = row + 0.3 * number - 0.15 * (len(kinds) - 1)
            style = {"color": COLOURS[number], "marker": MARKERS[number]}
            axis.plot(values, [height] * len(values), linestyle="", label=kind if row == 0 else None, **style)
            if values:
                axis.vlines(np.mean(values), height - 0.13, height + 0.13, color=COLOURS[number])
    axis.set_yticks(range(len(runs)), list(runs))
    axis.invert_yaxis()
    axis.set(xlabel=x_label)
    axis.grid(axis="x", alpha=0.3)
    axis.legend()
    figure.tight_layout()
    show(figure, alt)
