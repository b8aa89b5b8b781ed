"""A made-up search problem with Market-1501's counts: 3,368 queries of 750 people, 15,913 gallery images, no junk."""

import numpy as np

PEOPLE, QUERIES, TRUE, DISTRACTORS = 750, 3368, 13115, 2798


def market_problem(seed: int, dimensions: int = 64, people: int = PEOPLE, spread: float = 1.15):
    """query (n_query, d), gallery (n_gallery, d) float32 with unit rows, and query and gallery ids and cameras.

    Fewer people give a smaller problem with the same proportions.
    """
    rng = np.random.default_rng(seed)
    share = people / PEOPLE
    n_query, n_true, n_distractors = (round(share * n) for n in (QUERIES, TRUE, DISTRACTORS))
    query_ids = 1 + np.arange(n_query) % people
    query_cameras = 1 + np.arange(n_query) // people
    gallery_ids = np.concatenate([1 + np.arange(n_true) % people, np.zeros(n_distractors, dtype=np.int64)])
    gallery_cameras = rng.integers(1, 7, len(gallery_ids))
    looks, views = rng.normal(size=(people + 1, dimensions)), 0.5 * rng.normal(size=(7, dimensions))

    def features(ids, cameras):
        own = np.where(ids[:, None] > 0, looks[ids], rng.normal(size=(len(ids), dimensions)))
        values = own + views[cameras] + spread * rng.normal(size=own.shape)
        return (values / np.linalg.norm(values, axis=1, keepdims=True)).astype(np.float32)

    query, gallery = features(query_ids, query_cameras), features(gallery_ids, gallery_cameras)
    return query, gallery, (query_ids, gallery_ids, query_cameras, gallery_cameras)
