"""k_reciprocal_rerank against the published formula, written out with sets and dense float64 arrays."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils.evaluation import evaluate_rank
from course_utils.evaluation import k_reciprocal_rerank as exported
from course_utils.reranking import _smallest, k_reciprocal_rerank


def rerank_by_the_paper(query, gallery, k1, k2, lambda_value):
    """Zhong et al., CVPR 2017, equations 1 to 12, with the details of the authors' program; dense, float64."""
    features = np.concatenate([query, gallery]).astype(np.float64)
    n, n_query = len(features), len(query)
    squared = ((features[:, None, :] - features[None, :, :]) ** 2).sum(axis=2)
    row_max = squared.max(axis=1, keepdims=True)
    original = squared / np.where(row_max > 0, row_max, 1)
    ranked = np.argsort(squared, axis=1, kind="stable")

    def reciprocal(i, k):
        return {int(j) for j in ranked[i, : k + 1] if i in ranked[j, : k + 1]}

    half = int(np.around(k1 / 2))
    V = np.zeros((n, n))
    for i in range(n):
        own = reciprocal(i, k1)
        expanded = set(own)
        for j in own:
            candidate = reciprocal(j, half)
            if len(candidate & own) > 2 / 3 * len(candidate):
                expanded |= candidate
        members = sorted(expanded)
        V[i, members] = np.exp(-original[i, members])
        V[i] /= max(V[i].sum(), 1e-300)
    if k2 > 1:
        V = np.stack([V[ranked[i, :k2]].mean(axis=0) for i in range(n)])
    minima = np.minimum(V[:n_query, None, :], V[None, n_query:, :]).sum(axis=2)
    jaccard = 1 - minima / (2 - minima)
    return (1 - lambda_value) * jaccard + lambda_value * original[:n_query, n_query:]


def people(seed, n_people=12, images=5, dimensions=8, spread=0.6, dtype=np.float64):
    """Features in loose clusters, cut into query and gallery, with person and camera numbers."""
    rng = np.random.default_rng(seed)
    ids = np.repeat(np.arange(1, n_people + 1), images)
    cameras = np.tile(np.arange(images), n_people)
    features = rng.normal(size=(n_people, dimensions))[ids - 1] + spread * rng.normal(size=(len(ids), dimensions))
    is_query = cameras == 0
    return features.astype(dtype), ids, cameras, is_query


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n_query=st.integers(1, 12),
    n_gallery=st.integers(1, 30),
    k1=st.integers(1, 24),
    k2=st.integers(1, 9),
    lambda_value=st.sampled_from([0.0, 0.3, 1.0]),
)
def test_equals_the_published_formula(seed, n_query, n_gallery, k1, k2, lambda_value):
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(6, 4))
    features = centres[rng.integers(0, 6, n_query + n_gallery)] + 0.3 * rng.normal(size=(n_query + n_gallery, 4))
    query, gallery = features[:n_query], features[n_query:]
    expected = rerank_by_the_paper(query, gallery, k1, k2, lambda_value)
    np.testing.assert_allclose(k_reciprocal_rerank(query, gallery, k1, k2, lambda_value), expected, atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), k1=st.integers(1, 12), k2=st.integers(1, 6))
def test_equal_distances_keep_the_order_of_the_images(seed, k1, k2):
    """Given whole-number features with many ties and copies, then the result is that of a stable sort."""
    features = np.random.default_rng(seed).integers(0, 3, size=(24, 2))
    expected = rerank_by_the_paper(features[:8], features[8:], k1, k2, 0.3)
    np.testing.assert_allclose(k_reciprocal_rerank(features[:8], features[8:], k1, k2), expected, atol=1e-6)


@pytest.mark.parametrize("k1", [19, 20, 21, 23])
def test_default_parameters_on_clusters(k1):
    features, _, _, is_query = people(seed=3)
    expected = rerank_by_the_paper(features[is_query], features[~is_query], k1, 6, 0.3)
    got = k_reciprocal_rerank(features[is_query], features[~is_query], k1=k1)
    np.testing.assert_allclose(got, expected, atol=1e-12)


def test_blocks_do_not_change_the_numbers(monkeypatch):
    features, _, _, is_query = people(seed=5)
    whole = k_reciprocal_rerank(features[is_query], features[~is_query])
    monkeypatch.setattr("course_utils.reranking._BLOCK_BYTES", 8 * len(features) * 7)
    np.testing.assert_allclose(k_reciprocal_rerank(features[is_query], features[~is_query]), whole, atol=1e-13)


def test_float32_features_are_summed_in_float64():
    features, _, _, is_query = people(seed=7, dtype=np.float32)
    got = k_reciprocal_rerank(features[is_query], features[~is_query])
    expected = rerank_by_the_paper(features[is_query], features[~is_query], 20, 6, 0.3)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, expected, atol=1e-6)


def test_half_precision_features_do_not_make_half_precision_distances():
    features, _, _, is_query = people(seed=7, dtype=np.float16)
    assert k_reciprocal_rerank(features[is_query], features[~is_query]).dtype == np.float32


def test_lambda_one_gives_the_squared_distance_over_its_row_maximum():
    """Not the plain distance, not its fourth power, and not divided by the column maximum."""
    features, _, _, is_query = people(seed=1)
    squared = ((features[is_query][:, None] - features[None]) ** 2).sum(axis=2)
    expected = (squared / squared.max(axis=1, keepdims=True))[:, ~is_query]
    got = k_reciprocal_rerank(features[is_query], features[~is_query], lambda_value=1.0)
    np.testing.assert_allclose(got, expected, atol=1e-12)


def test_scale_of_the_features_does_not_matter():
    features, _, _, is_query = people(seed=2)
    small = k_reciprocal_rerank(features[is_query], features[~is_query])
    large = k_reciprocal_rerank(1000 * features[is_query], 1000 * features[~is_query])
    np.testing.assert_allclose(small, large, atol=1e-9)


def test_gallery_order_does_not_matter():
    features, _, _, is_query = people(seed=4)
    query, gallery = features[is_query], features[~is_query]
    order = np.random.default_rng(0).permutation(len(gallery))
    straight = k_reciprocal_rerank(query, gallery)
    np.testing.assert_allclose(k_reciprocal_rerank(query, gallery[order]), straight[:, order], atol=1e-12)


def test_raises_the_score_of_loose_clusters():
    features, ids, cameras, is_query = people(seed=11, n_people=40, images=6, spread=0.9)
    sides = ids[is_query], ids[~is_query], cameras[is_query], cameras[~is_query]
    squared = ((features[is_query][:, None] - features[~is_query][None]) ** 2).sum(axis=2)
    before = evaluate_rank(squared, *sides).mean_ap
    after = evaluate_rank(k_reciprocal_rerank(features[is_query], features[~is_query], 6, 3), *sides).mean_ap
    assert after > before


def test_input_is_left_alone():
    features, _, _, is_query = people(seed=6)
    query, gallery = features[is_query], features[~is_query]
    copies = query.copy(), gallery.copy()
    k_reciprocal_rerank(query, gallery)
    assert np.array_equal(query, copies[0]) and np.array_equal(gallery, copies[1])


def test_images_that_are_all_equal_have_finite_distances():
    assert np.isfinite(k_reciprocal_rerank(np.ones((3, 4)), np.ones((9, 4)), k1=4, k2=2)).all()


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    rows=st.integers(1, 5),
    n=st.sampled_from([1, 7, 511, 512, 513, 1023, 1500, 2600]),  # around what is dealt into 512 hands
    k=st.integers(1, 600),
    values=st.sampled_from([1, 2, 30, 10**9]),  # few different values: many ties at the edge
)
def test_the_nearest_are_those_of_a_full_stable_sort(seed, rows, n, k, values):
    k = min(k, n)
    block = np.random.default_rng(seed).integers(0, values, (rows, n)).astype(np.float64)
    assert np.array_equal(_smallest(block, k), np.argsort(block, axis=1, kind="stable")[:, :k])


def test_is_also_exported_by_evaluation():
    assert exported is k_reciprocal_rerank


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"query_features": np.ones(4)}, "query_features has shape"),
        ({"gallery_features": np.ones((0, 4))}, "gallery_features has shape"),
        ({"gallery_features": np.ones((5, 3))}, "one network"),
        ({"query_features": np.full((2, 4), np.nan)}, "query_features holds NaN"),
        ({"gallery_features": np.full((5, 4), np.inf)}, "gallery_features holds NaN or infinite"),
        ({"query_features": np.array([["a"] * 4])}, "real numbers"),
        ({"gallery_features": np.full((5, 4), 1e160)}, "too large to square"),
        ({"k1": 0}, "k1 is 0"),
        ({"k2": 1.5}, "k2 is 1.5"),
        ({"lambda_value": 1.2}, "lambda_value is 1.2"),
    ],
)
def test_bad_input_is_named(change, message):
    given = {"query_features": np.ones((2, 4)), "gallery_features": np.ones((5, 4)), **change}
    with pytest.raises(ValueError, match=message):
        k_reciprocal_rerank(**given)
