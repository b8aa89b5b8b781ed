"""Pictures of a person search: ranked galleries with right and wrong framed, and two rules of average precision.

Lesson 13 draws them. Right and wrong differ in colour (blue, orange-red: safe for colour-blind readers), in the line of
the frame (whole, dashed) and in the sign over the image, so that a print in grey tells them apart too.
"""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np

from course_utils.plots import COLOURS, WIDTH, show, show_images
from course_utils.ranking_examples import clearest, of_each_kind, places_back, ranked_rows
from course_utils.reid_search import Side

RIGHT, WRONG = {"color": COLOURS[0], "linestyle": "-"}, {"color": COLOURS[5], "linestyle": (0, (2, 1.2))}


def show_rankings(
    queries: Sequence,
    rankings: Sequence[Sequence],
    right: Sequence[Sequence[bool]],
    alt: str,
    titles: Sequence[Sequence[str]] | None = None,
    size: float = 0.68,
) -> None:
    """One row for each query: the query without a frame, then its gallery images, nearest first.

    queries: (3, h, w) images of bytes, tensors or arrays; rankings: for each query its images, all of one length.
    right: whether each shows the query's person. titles: a text over each gallery image; default the rank.
    size: inches of an image's width. Raises ValueError where the numbers of queries, images or titles do not fit.
    """
    if len(queries) == 0 or not len(queries) == len(rankings) == len(right):
        raise ValueError(f"{len(queries)} queries, {len(rankings)} rankings, {len(right)} rows of right: give as many")
    columns = len(rankings[0])
    if any(len(row) != columns for row in [*rankings, *right, *(titles or [])]):
        raise ValueError(f"the first ranking has {columns} images: every row, of right and titles too, needs as many")
    figure, axes = plt.subplots(
        len(queries), columns + 1, figsize=((columns + 1) * size, len(queries) * (2 * size + 0.3)), squeeze=False
    )
    for i, (query, ranking) in enumerate(zip(queries, rankings, strict=True)):
        _draw(axes[i, 0], query, "query", None)
        for j, image in enumerate(ranking):
            sign = "+" if right[i][j] else "×"
            _draw(axes[i, j + 1], image, titles[i][j] if titles else f"{j + 1} {sign}", bool(right[i][j]))
    figure.tight_layout(pad=0.4)
    show(figure, alt)


def _draw(axis, image, title, right):
    axis.imshow(np.asarray(image).transpose(1, 2, 0), interpolation="nearest")
    axis.set_title(title, fontsize=8)
    axis.set(xticks=[], yticks=[])
    if right is None:
        axis.spines[:].set_visible(False)
        return
    style = RIGHT if right else WRONG
    axis.spines[:].set(linewidth=3, **style)


def show_searches(
    query: Side,
    gallery: Side,
    rows: Sequence[int],
    distances: np.ndarray,
    alt: str,
    titles: Sequence[Sequence[str]] | None = None,
    count: int = 8,
) -> None:
    """The first `count` images that count for some queries; distances: (len(rows), m), one row for each."""
    lists = [ranked_rows(query, gallery, row, one, count) for row, one in zip(rows, distances, strict=True)]
    right = [gallery.person_ids[near] == query.person_ids[row] for row, near in zip(rows, lists, strict=True)]
    images = [[gallery.images[int(j)] for j in near] for near in lists]
    show_rankings([query.images[int(row)] for row in rows], images, right, alt, titles)


def show_neighbours(
    query: Side, gallery: Side, query_x: np.ndarray, gallery_x: np.ndarray, reranked: np.ndarray, alt: str
) -> None:
    """The query that shows best what mutual neighbours are, by its embeddings and, below, re-ranked.

    query_x, gallery_x: unit embeddings; reranked: (n, m) distances. Over an image of the first row stands the query's
    place in that image's own list.
    """
    row = clearest(query, gallery, query_x, gallery_x)
    plain = -gallery_x @ query_x[row]
    places = places_back(query_x[row], gallery_x, ranked_rows(query, gallery, row, plain))
    titles = [[f"place {n}" for n in places], [str(n + 1) for n in range(len(places))]]
    show_searches(query, gallery, [row, row], np.stack([plain, reranked[row]]), alt, titles)


def show_kinds(query: Side, gallery: Side, row: int, alt: str) -> None:
    """Query `row` beside one gallery image of each kind that the rules of a search know."""
    found = of_each_kind(query, gallery, row)
    images = [query.images[row], *gallery.images[list(found.values())]]
    show_images([np.asarray(image).transpose(1, 2, 0) for image in images], ["query", *found], alt)


def show_precision_curve(matches: np.ndarray, alt: str) -> None:
    """Precision against recall of one ranked list, and the areas that both rules of average precision measure.

    matches: (n,) bools in ranked order, at least one True.
    """
    matches = np.asarray(matches, dtype=bool)
    if matches.ndim != 1 or not matches.any():
        raise ValueError("matches must be one list with at least one True")
    found = np.cumsum(matches)
    precision, recall = found / np.arange(1, len(matches) + 1), found / found[-1]
    figure, panels = plt.subplots(1, 2, figsize=(WIDTH, 2.8), sharey=True)
    curve = np.concatenate([[0.0], recall]), np.concatenate([[1.0], precision])
    at = precision[matches]
    edges = np.arange(len(at) + 1) / len(at)
    panels[0].stairs(at, edges, fill=True, color=COLOURS[4], alpha=0.6)
    panels[1].fill_between(*curve, color=COLOURS[1], alpha=0.5)
    for panel, name in zip(panels, ("step", "trapezoid"), strict=True):
        panel.plot(*curve, color="0.15", marker=".", linewidth=1.2)
        panel.plot(recall[matches], at, linestyle="", marker="o", color=COLOURS[0], label="at a match")
        panel.set(title=name, xlabel="share of matches found (recall)", ylim=(0, 1.05), xlim=(0, 1.02))
        panel.grid(alpha=0.3)
    panels[0].set_ylabel("precision")
    panels[1].legend(loc="lower left", fontsize=8)
    figure.tight_layout()
    show(figure, alt)
