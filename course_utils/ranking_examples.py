"""Which images of a search are worth a look: the list that counts, mutual neighbours, one image of each kind.

Lesson 13 draws them with ranking_figures.
"""

import numpy as np

from course_utils.evaluation import JUNK
from course_utils.reid_search import Side


def ranked_rows(query: Side, gallery: Side, row: int, distances: np.ndarray, count: int = 8) -> np.ndarray:
    """The `count` nearest gallery images of query `row` that count: no junk, not its person on its own camera.

    distances: (m,) from this query to the gallery.
    """
    same = (gallery.person_ids == query.person_ids[row]) & (gallery.camera_ids == query.camera_ids[row])
    order = np.argsort(distances, kind="stable")
    return order[~(same | (gallery.person_ids == JUNK))[order]][:count]


def places_back(query: np.ndarray, gallery: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The place of a query in the list of each of the gallery images `rows`; 1 is the nearest.

    query: (d,) unit embedding; gallery: (m, d) unit embeddings. An image does not stand in its own list.
    """
    nearer = gallery[rows] @ gallery.T > (gallery[rows] @ query)[:, None]
    nearer[np.arange(len(rows)), rows] = False
    return 1 + nearer.sum(axis=1)


def clearest(query: Side, gallery: Side, query_x: np.ndarray, gallery_x: np.ndarray, count: int = 8) -> int:
    """The query whose wrong neighbours have it farthest down in their lists, compared with its right ones.

    Only queries with at least two right and two wrong images among the first `count` are compared, as far as there are
    any. query_x, gallery_x: their unit embeddings.
    """
    found = []
    for row in range(len(query_x)):
        near = ranked_rows(query, gallery, row, -gallery_x @ query_x[row], count)
        right = gallery.person_ids[near] == query.person_ids[row]
        places = places_back(query_x[row], gallery_x, near)
        fit = 2 <= right.sum() <= len(near) - 2
        found.append(np.median(places[~right]) - np.median(places[right]) if fit else -np.inf)
    return int(np.argmax(found))


def of_each_kind(query: Side, gallery: Side, row: int) -> dict[str, int]:
    """For query `row` one gallery image of each kind that the rules of a search know, where there is one."""
    same = gallery.person_ids == query.person_ids[row]
    camera = gallery.camera_ids == query.camera_ids[row]
    kinds = {
        "match": same & ~camera,
        "same camera": same & camera,
        "junk": gallery.person_ids == JUNK,
        "distractor": gallery.person_ids == 0,
        "somebody else": ~same & (gallery.person_ids > 0),
    }
    return {name: int(np.flatnonzero(kind)[0]) for name, kind in kinds.items() if kind.any()}
