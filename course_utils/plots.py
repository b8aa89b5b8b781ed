"""Figures with alt text, axes named, in colours that colour-blind readers tell apart.

Every drawing helper takes `alt=`, one sentence that says what the figure shows to somebody who cannot see it. It
reaches the screen reader in JupyterLab and on the site. Lesson 00 uses these helpers first.
"""

import base64
import html
import io
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display

# Okabe and Ito, Color Universal Design, 2008; the first four differ also in grey.
COLOURS = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000"]
MARKERS = ["o", "s", "^", "D", "v", "P", "X", "*"]
WIDTH = 7.5  # inches; a notebook column


def show(figure: plt.Figure, alt: str) -> None:
    """Show `figure` in the notebook with `alt` as its text for screen readers, and close it."""
    if len(alt.split()) < 4:
        plt.close(figure)
        raise ValueError(f"alt={alt!r}: say in a sentence what the figure shows (at least 4 words)")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=90, bbox_inches="tight")
    plt.close(figure)
    png = base64.b64encode(buffer.getvalue()).decode()
    # JupyterLab gives a bare PNG no alt text, so it is given HTML; the PNG is for tools that drop images inside HTML
    tag = f'<img src="data:image/png;base64,{png}" alt="{html.escape(alt)}">'
    display({"text/html": tag, "image/png": png, "text/plain": alt}, metadata={"image/png": {"alt": alt}}, raw=True)


def show_images(
    images: Sequence[np.ndarray],
    titles: Sequence[str] = (),
    alt: str = "",
    columns: int = 6,
    size: float | None = None,
    numbers: bool = False,
    limits: tuple[float, float] | None = None,
) -> None:
    """Show images side by side in grey.

    images: (h, w) arrays. titles: one text each, or none. size: inches of one image. numbers: write each value into
    its pixel (small images). limits: the values drawn black and white; default the smallest and largest of each image.
    """
    if len(images) == 0:
        raise ValueError("images is empty: give at least one image")
    if len(titles) not in (0, len(images)):
        raise ValueError(f"{len(titles)} titles for {len(images)} images: give one title each, or none")
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    size = size or min(2.4, WIDTH / columns)
    figure, axes = plt.subplots(rows, columns, figsize=(columns * size, rows * (size + 0.25)), squeeze=False)
    for axis in axes.flat[len(images) :]:
        axis.set_axis_off()
    low, high = limits or (None, None)
    for axis, image, title in zip(axes.flat, images, titles if len(titles) else [""] * len(images), strict=False):
        axis.imshow(image, cmap="gray", vmin=low, vmax=high, interpolation="nearest")
        axis.set_title(title, fontsize=9)
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_color("0.6")  # a frame: white pixels at the border would melt into the page
        if numbers:
            _write_numbers(axis, np.asarray(image))
    figure.tight_layout()
    show(figure, alt)


def _write_numbers(axis: plt.Axes, image: np.ndarray) -> None:
    middle = (float(image.max()) + float(image.min())) / 2
    for (i, j), value in np.ndenumerate(image):
        colour = "black" if value > middle else "white"
        axis.text(j, i, f"{value:g}", ha="center", va="center", color=colour, fontsize=9)


def show_lines(
    x: Sequence[float],
    lines: dict[str, Sequence[float]],
    x_label: str,
    y_label: str,
    alt: str,
    baseline: tuple[str, float] | None = None,
    log: str = "",
) -> None:
    """Draw curves over `x`, each with its own colour and marker; `baseline` is a dashed line (name, height).

    log: "x", "y" or "xy" for logarithmic axes.
    """
    figure, axis = plt.subplots(figsize=(WIDTH, 3.6))
    for number, (name, values) in enumerate(lines.items()):
        style = {"color": COLOURS[number % len(COLOURS)], "marker": MARKERS[number % len(MARKERS)]}
        axis.plot(x, values, label=name, markersize=4, markevery=max(1, len(x) // 12), **style)
    if baseline:
        axis.axhline(baseline[1], color="0.4", linestyle="--", label=baseline[0])
    if "x" in log:
        axis.set_xscale("log")
        ticks = list(x)[:: 1 if len(x) <= 8 else 2]
        axis.set_xticks(ticks, [f"{value:g}" for value in ticks])
        axis.minorticks_off()
    if "y" in log:
        axis.set_yscale("log")
    axis.set(xlabel=x_label, ylabel=y_label)
    axis.grid(alpha=0.3)
    _write_legend(axis)
    show(figure, alt)


def _write_legend(axis: plt.Axes) -> None:
    """Where the curves leave room; above the picture, in columns, when there are too many names for that."""
    if len(axis.get_legend_handles_labels()[0]) <= 4:
        axis.legend()
    else:
        axis.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3, frameon=False)


def show_bars(
    names: Sequence,
    values: Sequence[float],
    x_label: str,
    y_label: str,
    alt: str,
    baseline: tuple[str, float] | None = None,
) -> None:
    """Draw one bar per name, from zero, so that lengths can be compared; `baseline` is a dashed line (name, height)."""
    figure, axis = plt.subplots(figsize=(WIDTH, 3))
    axis.bar([str(name) for name in names], values, color=COLOURS[0], width=0.7)
    if baseline:
        axis.axhline(baseline[1], color="0.2", linestyle="--", label=baseline[0])
        axis.legend(loc="lower right")
    axis.set(xlabel=x_label, ylabel=y_label)
    show(figure, alt)


def show_table(values: np.ndarray, x_label: str, y_label: str, alt: str, x_ticks=None, y_ticks=None) -> None:
    """Draw a matrix as coloured cells with the number written in each: a confusion matrix, a grid of accuracies."""
    values = np.asarray(values)
    figure, axis = plt.subplots(figsize=(0.55 * values.shape[1] + 1.6, 0.45 * values.shape[0] + 1.2))
    axis.imshow(values, cmap="cividis", aspect="auto")
    middle = (np.nanmax(values) + np.nanmin(values)) / 2
    for (i, j), value in np.ndenumerate(values):
        axis.text(
            j, i, f"{value:g}", ha="center", va="center", color="black" if value > middle else "white", fontsize=9
        )
    axis.set_xticks(range(values.shape[1]), x_ticks if x_ticks is not None else range(values.shape[1]))
    axis.set_yticks(range(values.shape[0]), y_ticks if y_ticks is not None else range(values.shape[0]))
    axis.set(xlabel=x_label, ylabel=y_label)
    show(figure, alt)
