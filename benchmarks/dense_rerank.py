"""k-reciprocal re-ranking as the published Python programs do it: whole n x n arrays and a loop over all images.

Written for the benchmark, in their style and with their costs, for where a published copy is not at hand. Formula:
Zhong et al., "Re-ranking Person Re-identification with k-reciprocal Encoding", CVPR 2017, with the details of the
authors' program (squared distances over the row maximum, lists of k1 + 1 with the image itself, a half list).
"""

import numpy as np


def rerank_dense(query_query, query_gallery, gallery_gallery, k1=20, k2=6, lambda_value=0.3):
    """The three blocks of plain Euclidean distances; returns (n_query, n_gallery) float32."""
    n_query = len(query_gallery)
    blocks = [[query_query, query_gallery], [query_gallery.T, gallery_gallery]]
    original = np.square(np.block(blocks).astype(np.float32))
    original /= original.max(axis=1, keepdims=True)
    ranked = np.argsort(original, axis=1).astype(np.int32)
    weights = np.zeros_like(original)
    for i in range(len(original)):
        members = own = reciprocal(ranked, i, k1)
        for j in own:
            candidate = reciprocal(ranked, j, int(np.around(k1 / 2)))
            if len(np.intersect1d(candidate, own)) > 2 / 3 * len(candidate):
                members = np.append(members, candidate)
        members = np.unique(members)
        values = np.exp(-original[i, members])
        weights[i, members] = values / values.sum()
    original = original[:n_query]
    if k2 > 1:
        weights = np.stack([weights[ranked[i, :k2]].mean(axis=0) for i in range(len(weights))])
    holders = [np.flatnonzero(column) for column in weights.T]
    jaccard = np.zeros_like(original)
    for i in range(n_query):
        shared = np.zeros(len(weights), dtype=np.float32)
        for j in np.flatnonzero(weights[i]):
            shared[holders[j]] += np.minimum(weights[i, j], weights[holders[j], j])
        jaccard[i] = 1 - shared / (2 - shared)
    return ((1 - lambda_value) * jaccard + lambda_value * original)[:, n_query:]


def reciprocal(ranked, i, k):
    """The k nearest of i (and i itself) that have i among theirs."""
    near = ranked[i, : k + 1]
    return near[np.any(ranked[near, : k + 1] == i, axis=1)]
