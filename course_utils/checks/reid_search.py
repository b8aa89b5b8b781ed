"""Checks of lesson 13, first part: all distances at once, and one ranked list. The reference walks down the list."""

import tracemalloc
from collections.abc import Callable

import numpy as np

from course_utils.checks.beside import describe
from course_utils.checks.forbid import forbid
from course_utils.checks.report import call, fail, passed, require_array, require_close

DISTANCES = {"cdist", "pairwise_distances", "euclidean_distances", "distance_matrix"}
READY_MADE = {"evaluate_rank", "_ranks", "_ranks_with_ties"}


def traced(answer: Callable, queries: np.ndarray, gallery: np.ndarray) -> dict:
    """A probe: what an answer returns, and how many bytes NumPy held at most on the way."""
    tracemalloc.start()
    try:
        result = answer(queries, gallery)
        return {"result": result, "bytes": tracemalloc.get_traced_memory()[1]}
    finally:
        tracemalloc.stop()


def check_squared_distances(
    squared_distances: Callable, shapes: tuple = ((3, 5, 2), (90, 140, 512), (6, 4, 7)), seed: int = 0
) -> None:
    """Lesson 13, exercise 1: answer(queries, gallery) -> (n, m), never below 0. `shapes` holds (n, m, d)."""
    rng = np.random.default_rng(seed)
    for n, m, d in shapes:
        given = f"float32 embeddings of {n} queries and {m} gallery images, {d} numbers each; some are equal"
        forbid(squared_distances, DISTANCES, given)
        queries, gallery = (rng.normal(size=(rows, d)).astype(np.float32) for rows in (n, m))
        gallery[: min(n, m)] = queries[: min(n, m)]
        x, y = queries.astype(np.float64), gallery.astype(np.float64)
        expected, inner = ((x[:, None] - y) ** 2).sum(axis=2), x @ y.T
        own, other = (x**2).sum(axis=1)[:, None], (y**2).sum(axis=1)
        told = call(squared_distances, queries, gallery, given=given, expected=f"shape {(n, m)}", probe=traced)
        got = require_array(told["result"], (n, m), given, "one row for each query, one column for each gallery image")
        close = 4e-6 * (own.max() + other.max())
        require_close(
            got,
            expected,
            given,
            hint="take one query and one gallery image of two numbers and multiply the formula out on paper",
            mistakes=[
                (np.sqrt(expected), "this is the distance: leave the root out"),
                (own + other + 2 * inner, "the last term has the wrong sign"),
                (own + other - inner, "the last term counts twice"),
                (own - 2 * inner, "the squares of the gallery are missing: they differ from column to column"),
                (other - 2 * inner, "the squares of the queries are missing"),
            ],
            rtol=1e-5,
            atol=close,
        )
        if (got < 0).any():
            hint = "rounding: d is 0 there, and three large terms do not cancel exactly; np.maximum(..., 0)"
            fail(given, "no number below 0", f"{(got < 0).sum()} below 0, the least {got.min():.1e}", hint)
        if d > 100 and told["bytes"] > n * m * d * 2:
            hint = "no array of shape (n, m, d): on Market-1501 it would take 110 GB. One product of matrices is enough"
            fail(given, "little memory on the way", f"{told['bytes'] / 2**20:.0f} MB", hint)
    passed("squared_distances")


def small_search(rng: np.random.Generator, n_query: int, n_gallery: int, ties: bool = False) -> tuple:
    """Distances and labels of a small search: people 1 to 4, junk, distractors, cameras 1 to 3."""
    gallery_ids = rng.permutation(np.resize([-1, 0, 1, 2, 3, 1, 2, 4], n_gallery))
    cameras = rng.integers(1, 4, n_gallery)
    shape = n_query, n_gallery
    whole = rng.integers(1, 4, shape) if ties else np.argsort(rng.random(shape), axis=1) + 1
    return whole / 10, rng.integers(1, 4, n_query), gallery_ids, rng.integers(1, 4, n_query), cameras


def _walk(distances, query_id, query_camera, ids, cameras, leave_out: Callable) -> np.ndarray:
    """Down the list, nearest first, without what `leave_out(id, same person, same camera)` takes out."""
    places = sorted(range(len(ids)), key=lambda j: (distances[j], j))
    told = [(ids[j], ids[j] == query_id, cameras[j] == query_camera) for j in places]
    return np.array([person for one, person, camera in told if not leave_out(one, person, camera)], dtype=bool)


RULES = {
    "junk (person -1) is still in the list": lambda one, person, camera: person and camera,
    "distractors (person 0) stay in the list: they can only be wrong": lambda one, person, camera: (
        one < 1 or (person and camera)
    ),
    "the query's person on the query's camera is still in the list": lambda one, person, camera: one == -1,
    "on the query's camera only its own person leaves the list; others there stay": lambda one, person, camera: (
        one == -1 or camera
    ),
    "the whole person has left the list, not only the query's camera": lambda one, person, camera: one == -1 or person,
}


def check_true_matches(
    true_matches: Callable, galleries: tuple = ((8, False), (16, False), (40, True)), seed: int = 0
) -> None:
    """Lesson 13, exercise 2: answer(distances, query_id, query_camera, gallery_ids, gallery_cameras) -> bools.

    `galleries` holds (number of images, whether distances are equal often).
    """
    rng = np.random.default_rng(seed)
    for n, ties in galleries:
        distances, query_ids, ids, query_cameras, cameras = small_search(rng, 1, n, ties)
        question = distances[0], int(query_ids[0]), int(query_cameras[0]), ids, cameras
        given = f"person {question[1]}, camera {question[2]}, a gallery of {n} images"
        if n <= 8:
            table = f"distances {question[0].tolist()}, ids {ids.tolist()}, cameras {cameras.tolist()}"
            given = f"person {question[1]}, camera {question[2]}; {table}"
        forbid(true_matches, READY_MADE, given)
        expected = _walk(*question, lambda one, person, camera: one == -1 or (person and camera))
        got = call(true_matches, *question, given=given, expected=f"an array of {len(expected)} bools")
        if type(got) is not np.ndarray or got.dtype.kind not in "biu" or got.ndim != 1:
            hint = "a NumPy array of True and False, one for each image that counts; of a list: np.array(...)"
            fail(given, f"an array of {len(expected)} bools", describe(got), hint)
        if np.array_equal(got, expected):
            continue
        hint = "sort by distance; take out junk, and the query's person on the query's camera; compare ids"
        for text, rule in RULES.items():
            if np.array_equal(got, _walk(*question, rule)):
                hint = text
        kept = (ids != -1) & ~((ids == question[1]) & (cameras == question[2]))
        if np.array_equal(got, expected[::-1]):
            hint = "the nearest image comes first"
        elif np.array_equal(got, (ids == question[1])[kept]):
            hint = "this is the order of the files: sort by distance"
        elif np.array_equal(got, (ids == question[1])[np.argsort(question[0], kind="stable")][kept]):
            hint = "the mask has the order of the files, the list that of the distances: sort both"
        elif ties and got.shape == expected.shape:
            hint = 'equal distances keep the order of the gallery: np.argsort(..., kind="stable")'
        fail(given, _short(expected), _short(got), hint)
    passed("true_matches")


def _short(matches: np.ndarray) -> str:
    text = "".join("x" if one else "-" for one in matches[:40])
    return f"{len(matches)} images, {text} (x: a match)"
