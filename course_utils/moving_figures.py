"""Figures to move: the kernel of lesson 01 on its way over an image, and the margin of lesson 09."""

import matplotlib.pyplot as plt
import numpy as np

from course_utils.frames import show_frames
from course_utils.plots import COLOURS, WIDTH


def show_sliding(image: np.ndarray, kernel: np.ndarray, result: np.ndarray, alt: str) -> None:
    """Show the kernel at every place of the image where it fits, and the result as far as it is known by then.

    image: (h, w); kernel: (kh, kw); result: the correlation of both, (h - kh + 1, w - kw + 1). The last place is the
    still picture: there the result is complete.
    """
    figures, captions = [], []
    for (i, j), score in np.ndenumerate(result):
        known = np.where(np.arange(result.size).reshape(result.shape) <= i * result.shape[1] + j, result, np.nan)
        figures.append(_one_place(image, kernel, known, i, j))
        under = image[i:][: kernel.shape[0], j:][:, : kernel.shape[1]]
        terms = " + ".join(f"{pixel:g}" for pixel, weight in zip(under.flat, kernel.flat, strict=True) if weight == 1)
        captions.append(f"Row {i}, column {j}: {terms or '0'} = {score:g}")
    show_frames(figures, captions, "place of the pattern", alt, still=len(figures) - 1)


def _one_place(image, kernel, known, i, j) -> plt.Figure:
    figure, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 2.4), width_ratios=[image.shape[1], known.shape[1]])
    brightest = image.max()
    for axis, values, title, white in (
        (left, image, "image, and the pattern on it", brightest),
        (right, known, "result so far", brightest * kernel.sum()),
    ):
        axis.imshow(np.nan_to_num(values), cmap="gray", vmin=0, vmax=white)
        axis.set(xticks=[], yticks=[])
        axis.set_title(title, fontsize=9)
        for (row, column), value in np.ndenumerate(values):
            if not np.isnan(value):
                colour = "black" if value > white / 2 else "white"
                axis.text(column, row, f"{value:g}", ha="center", va="center", fontsize=9, color=colour)
    frame = {"fill": False, "linewidth": 3, "edgecolor": COLOURS[4]}
    left.add_patch(plt.Rectangle((j - 0.5, i - 0.5), kernel.shape[1], kernel.shape[0], **frame))
    for row, column in np.argwhere(kernel):
        left.add_patch(plt.Rectangle((j + column - 0.4, i + row - 0.4), 0.8, 0.8, **(frame | {"linewidth": 1.5})))
    right.add_patch(plt.Rectangle((j - 0.5, i - 0.5), 1, 1, **frame))
    figure.tight_layout()
    return figure


def show_margin(anchor: np.ndarray, positive: np.ndarray, negative: np.ndarray, alt: str) -> None:
    """Show one triplet in the plane under margins from 0 to 0.5; anchor, positive, negative: (2,) embeddings.

    The loss is zero where the negative lies outside the outer circle.
    """
    near, far = float(np.hypot(*(positive - anchor))), float(np.hypot(*(negative - anchor)))
    margins = np.linspace(0, 0.5, 11)
    figures, captions = [], []
    for margin in margins:
        figure, axis = plt.subplots(figsize=(WIDTH * 0.6, 3.4))
        axis.add_patch(plt.Circle(anchor, near + margin, color=COLOURS[1], alpha=0.35, linewidth=0))
        axis.add_patch(plt.Circle(anchor, near, facecolor="white", edgecolor=COLOURS[0], linewidth=1.5))
        for name, place, number in (("anchor", anchor, 7), ("positive", positive, 0), ("negative", negative, 5)):
            axis.plot(*place, "osD"[number % 3], color=COLOURS[number], markersize=9)
            side = {"xytext": (0, -18), "ha": "center"} if name == "anchor" else {"xytext": (8, 6)}
            axis.annotate(name, place, textcoords="offset points", **side)
        axis.set(xlim=(-1.15, 1.45), ylim=(-1.1, 1.1), aspect="equal", xlabel="first number", ylabel="second number")
        figure.tight_layout()
        figures.append(figure)
        kind = "hard" if far <= near else "easy" if far >= near + margin - 1e-9 else "semi-hard"
        captions.append(
            f"Margin {margin:.2f}: loss = max({near:.1f} - {far:.1f} + {margin:.2f}, 0) "
            f"= {max(near - far + margin, 0):.2f}; the triplet is {kind}"
        )
    show_frames(figures, captions, "margin", alt, still=6)
