"""Re-ranking by k-reciprocal neighbours, exact and sparse.

Taught in lesson 13. Source: Zhong, Zheng, Cao, Li, "Re-ranking Person Re-identification with k-reciprocal Encoding",
CVPR 2017. Two images are k-reciprocal neighbours when each is among the k nearest of the other. People who share such
neighbours are likely the same person; how much they share is measured by a Jaccard distance and mixed with the
original distance.

The authors' program keeps several dense n x n arrays (over 8 GB for Market-1501). Almost all of their entries are
zero, so here the sets are rows of sparse matrices and the distances pass by in blocks. The numbers are the same.

The details that other programs change are kept as in the original: the distance is squared Euclidean divided by the
largest of its row; an image is the first of its own neighbours, so lists hold k1 + 1 entries; the half list holds
round(k1 / 2) + 1 (NumPy's rounding: 2.5 becomes 2); and the mix uses that same squared, divided distance.
"""

import numpy as np
from scipy import sparse

_BLOCK_BYTES = 8 * 2**20  # of one block of distances; larger ones leave the processor's cache


def k_reciprocal_rerank(
    query_features: np.ndarray,
    gallery_features: np.ndarray,
    k1: int = 20,
    k2: int = 6,
    lambda_value: float = 0.3,
) -> np.ndarray:
    """Distances between queries and gallery after k-reciprocal re-ranking (lesson 13).

    query_features: (n_query, d); gallery_features: (n_gallery, d), without junk images: every image takes part as a
        neighbour. Normalise rows first if you compare by angle.
    k1: neighbours that vote (eq. 1-5); k2: neighbours averaged in the local query expansion (eq. 11), 1 for none;
    lambda_value: weight of the original distance in the mix (eq. 12), 0 for the Jaccard distance alone.
    Returns (n_query, n_gallery), float64 for float64 features, otherwise float32. All sums run in float64.
    Raises ValueError for shapes that do not fit, features that are not finite, and parameters out of range.
    """
    query_features, gallery_features = np.asarray(query_features), np.asarray(gallery_features)
    _check(query_features, gallery_features, k1, k2, lambda_value)
    dtype = np.result_type(query_features, gallery_features)
    features = np.concatenate([query_features, gallery_features]).astype(np.float64, copy=False)
    n_query, n = len(query_features), len(features)

    mixed = np.empty((n_query, n - n_query), dtype=dtype if dtype == np.float64 else np.float32)
    neighbours, row_max = _nearest(features, min(max(k1 + 1, k2), n), mixed, lambda_value)
    members = _expanded_sets(neighbours, k1)
    weights = _gaussian_weights(features, members, row_max)
    if k2 > 1:
        nearest_k2 = _rows_as_sets(neighbours[:, :k2])
        weights = (nearest_k2 @ weights) / min(k2, n)
    _add_jaccard(mixed, weights, n_query, 1 - lambda_value)
    return mixed


def _nearest(features, k, mixed, lambda_value):
    """The k nearest of each image, itself first, and the largest squared distance of each row.

    Also writes lambda times the original distance of query to gallery into `mixed`, while the block is at hand.
    """
    n, n_query = len(features), len(mixed)
    squares = np.einsum("ij,ij->i", features, features)
    if not np.isfinite(4 * squares.max()):
        raise ValueError("the features are too large to square in float64; normalise each row to length 1 first")
    neighbours, row_max = np.empty((n, k), dtype=np.int32), np.empty(n)
    rows = min(max(1, _BLOCK_BYTES // (8 * n)), n)
    room = np.empty((rows, n))  # used for every block: asking for new memory each time costs a third of the time
    for start in range(0, n, rows):
        stop = min(start + rows, n)
        block = room[: stop - start]
        np.matmul(-2 * features[start:stop], features.T, out=block)  # doubling is exact: -2 times the product
        block += squares
        block += squares[start:stop, None]
        np.maximum(block, 0, out=block)
        block[np.arange(stop - start), np.arange(start, stop)] = 0
        largest = block.max(axis=1)
        row_max[start:stop] = np.where(largest > 0, largest, 1)  # all images equal: distances stay 0
        neighbours[start:stop] = _smallest(block, k)
        queries = max(0, min(stop, n_query) - start)
        if queries:
            scale = lambda_value / row_max[start : start + queries, None]
            np.multiply(block[:queries, n_query:], scale, out=mixed[start : start + queries], casting="same_kind")
    return neighbours, row_max


def _smallest(block, k):
    """Columns of the k smallest of each row, in order; equal values in the order of their columns.

    Deal the columns out to `groups` hands. The k best hands each hold a value no larger than the k-th smallest of the
    hands' minima, so the k smallest of the row are no larger than that either: only these few candidates are sorted.
    """
    n_rows, n = block.shape
    groups = min(n, max(k, 512))
    dealt = n // groups * groups  # the columns left over can only add candidates
    minima = block[:, :dealt].reshape(n_rows, -1, groups).min(axis=1)
    bound = np.partition(minima, k - 1, axis=1)[:, k - 1]
    rows, columns = np.divmod(np.flatnonzero(block <= bound[:, None]), n)
    order = np.lexsort((block[rows, columns], rows))  # stable, so equal values stay in the order of their columns
    first = np.searchsorted(rows, np.arange(n_rows))  # where the candidates of each row begin
    return columns[order[first[:, None] + np.arange(k)]]


def _rows_as_sets(neighbours):
    """Lists of neighbours as a sparse matrix of ones: row i holds the set of i."""
    n, k = neighbours.shape
    ones = np.ones(n * k)
    return sparse.csr_array((ones, neighbours.ravel(), np.arange(0, n * k + 1, k)), shape=(n, n))


def _reciprocal(neighbours, k):
    """R(i, k), eq. 2: the k nearest of i that have i among their own k nearest."""
    nearest = _rows_as_sets(neighbours[:, :k])
    return nearest.multiply(nearest.T).tocsr()


def _expanded_sets(neighbours, k1):
    """R*(i, k1), eq. 3: R(i, k1) and the half sets R(j, k1 / 2) that share more than two thirds with it."""
    full = _reciprocal(neighbours, k1 + 1)
    half = _reciprocal(neighbours, int(np.around(k1 / 2)) + 1)
    half_size = half.sum(axis=1)
    shared = full.multiply(full @ half.T).tocsr()  # for each j in R(i, k1): how much of R(j, k1 / 2) lies in it
    shared.data = (3 * shared.data > 2 * half_size[shared.indices]).astype(np.float64)
    members = (full + shared @ half).tocsr()
    members.eliminate_zeros()
    members.sort_indices()
    return members


def _gaussian_weights(features, members, row_max):
    """V, eq. 7: exp(-distance) on the members of each set; every row is divided by its sum."""
    weights = members.copy()
    pairs = max(1, _BLOCK_BYTES // (8 * features.shape[1]))
    rows = np.repeat(np.arange(len(features)), np.diff(members.indptr))
    for start in range(0, members.nnz, pairs):
        i, j = rows[start : start + pairs], members.indices[start : start + pairs]
        difference = features[i] - features[j]
        squared = np.einsum("ij,ij->i", difference, difference)
        weights.data[start : start + pairs] = np.exp(-squared / row_max[i])
    sums = weights.sum(axis=1)
    weights.data /= sums[rows]
    return weights


def _add_jaccard(mixed, weights, n_query, share):
    """Add share x (1 - sum of minima / sum of maxima), eq. 10, to every query row of `mixed`.

    Each row of weights sums to 1, so the maxima sum to 2 minus the minima.
    """
    n_gallery = mixed.shape[1]
    queries = weights[:n_query].tocsr()
    gallery = weights[n_query:].tocsc()
    for i in range(n_query):
        own = slice(queries.indptr[i], queries.indptr[i + 1])
        columns = queries.indices[own]
        lengths = gallery.indptr[columns + 1] - gallery.indptr[columns]
        # The entries of these columns lie in runs: where each run starts, then one step further for every entry.
        steps = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        entries = np.repeat(gallery.indptr[columns], lengths) + steps
        minima = np.minimum(gallery.data[entries], np.repeat(queries.data[own], lengths))
        shared = np.bincount(gallery.indices[entries], weights=minima, minlength=n_gallery)
        mixed[i] += share * (1 - shared / (2 - shared))


def _check(query_features, gallery_features, k1, k2, lambda_value):
    for name, features in (("query_features", query_features), ("gallery_features", gallery_features)):
        if features.ndim != 2 or 0 in features.shape:
            raise ValueError(f"{name} has shape {features.shape}; expected (n, d) with at least one row and column")
        if features.dtype.kind not in "fiu":
            raise ValueError(f"{name} has dtype {features.dtype}; expected real numbers")
        if not np.isfinite(features).all():
            raise ValueError(f"{name} holds NaN or infinite numbers; look at the network's output first")
    if query_features.shape[1] != gallery_features.shape[1]:
        raise ValueError(
            f"query_features has {query_features.shape[1]} columns and gallery_features has "
            f"{gallery_features.shape[1]}; both must come from one network"
        )
    for name, k in (("k1", k1), ("k2", k2)):
        if isinstance(k, bool) or not isinstance(k, (int, np.integer)) or k < 1:
            raise ValueError(f"{name} is {k!r}; it must be a whole number of at least 1")
    if not 0 <= lambda_value <= 1:
        raise ValueError(f"lambda_value is {lambda_value!r}; it must lie between 0 and 1")
