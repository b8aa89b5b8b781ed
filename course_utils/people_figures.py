"""Pictures of people side by side: contact sheets by person and camera. Used from lesson 11 on."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np

from course_utils.plots import show


def show_people(
    rows: Sequence[Sequence[np.ndarray | None]],
    alt: str,
    columns: Sequence[str] = (),
    names: Sequence[str] = (),
    width: float = 0.85,
) -> None:
    """Draw a table of person images, one list for each row; None leaves a place empty.

    rows: (height, width, 3) images, uint8 or floats in [0, 1], twice as high as wide. columns: a title above each
    column; names: a text left of each row. width: of one image, in inches.
    Raises ValueError for an empty table, and for rows or titles of another length.
    """
    if not rows or not len(rows[0]):
        raise ValueError("rows is empty: give at least one image")
    n_columns = len(rows[0])
    if any(len(row) != n_columns for row in rows):
        raise ValueError("the rows differ in length: fill them up with None")
    if len(columns) not in (0, n_columns) or len(names) not in (0, len(rows)):
        raise ValueError("give one title for each column and one name for each row, or none")
    size = (n_columns * width, len(rows) * 2.1 * width)
    figure, axes = plt.subplots(len(rows), n_columns, figsize=size, squeeze=False)
    for axis, image in zip(axes.flat, [image for row in rows for image in row], strict=True):
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_color("0.6" if image is not None else "0.9")
        if image is not None:
            axis.imshow(image, interpolation="nearest", aspect="auto")
    for axis, title in zip(axes[0], columns, strict=False):
        axis.set_title(title, fontsize=9)
    for axis, name in zip(axes[:, 0], names, strict=False):
        axis.set_ylabel(name, fontsize=9)
    figure.tight_layout(pad=0.3)
    show(figure, alt)
