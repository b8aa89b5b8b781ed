"""evaluate_rank against a brute force that walks down every ranked list image by image."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils.evaluation import evaluate_rank


def brute_force(distances, query_ids, gallery_ids, query_cameras, gallery_cameras, rule, max_rank):
    """One list at a time, as the protocol is told. Returns cmc, mAP, mINP and the number of valid queries."""
    curves, aps, inps = [], [], []
    for i, row in enumerate(np.asarray(distances, dtype=np.float64)):
        matches_so_far, images_so_far, first, ap = 0, 0, None, 0.0
        precision_before = 1.0
        for j in sorted(range(len(row)), key=lambda j: (row[j], j)):
            same_person = gallery_ids[j] == query_ids[i]
            if gallery_ids[j] == -1 or (same_person and gallery_cameras[j] == query_cameras[i]):
                continue
            images_so_far += 1
            if same_person:
                matches_so_far += 1
                precision = matches_so_far / images_so_far
                ap += precision if rule == "step" else (precision + precision_before) / 2
                first = first or images_so_far
                last = images_so_far
            precision_before = matches_so_far / images_so_far
        if matches_so_far:
            aps.append(ap / matches_so_far)
            inps.append(matches_so_far / last)
            curves.append([first <= k for k in range(1, max_rank + 1)])
    return np.mean(curves, axis=0), np.mean(aps), np.mean(inps), len(aps)


def problem(seed, n_query=6, n_gallery=25, people=5, cameras=3, whole_numbers=False):
    """A random search problem with junk, distractors and same-camera images."""
    rng = np.random.default_rng(seed)
    gallery_ids = rng.choice([-1, 0, *range(1, people + 1)], n_gallery)
    query_ids = rng.integers(1, people + 1, n_query)
    distances = rng.integers(0, 4, (n_query, n_gallery)) if whole_numbers else rng.random((n_query, n_gallery))
    return (
        distances,
        query_ids,
        gallery_ids,
        rng.integers(1, cameras + 1, n_query),
        rng.integers(1, cameras + 1, n_gallery),
    )


def assert_same_scores(result, expected):
    cmc, mean_ap, mean_inp, valid = expected
    np.testing.assert_allclose(result.cmc, cmc, atol=1e-12)
    assert result.mean_ap == pytest.approx(mean_ap, abs=1e-12)
    assert result.mean_inp == pytest.approx(mean_inp, abs=1e-12)
    assert result.valid_queries == valid


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 100_000),
    n_gallery=st.integers(15, 60),
    whole_numbers=st.booleans(),
    rule=st.sampled_from(["step", "trapezoid"]),
    max_rank=st.integers(1, 70),
)
def test_equals_the_brute_force(seed, n_gallery, whole_numbers, rule, max_rank):
    given = problem(seed, n_gallery=n_gallery, whole_numbers=whole_numbers)
    try:
        result = evaluate_rank(*given, average_precision=rule, max_rank=max_rank)
    except ValueError as error:
        assert "no valid query" in str(error)
        return
    assert_same_scores(result, brute_force(*given, rule, max_rank))


def test_a_list_done_on_paper():
    """Ranked: wrong, right, (same camera), wrong, right, (junk), distractor. True matches at ranks 2 and 4."""
    distances = np.array([[0.1, 0.2, 0.25, 0.3, 0.4, 0.45, 0.5]])
    gallery_ids = np.array([2, 1, 1, 3, 1, -1, 0])
    gallery_cameras = np.array([2, 2, 1, 2, 3, 2, 3])
    sides = [1], gallery_ids, [1], gallery_cameras
    step = evaluate_rank(distances, *sides, max_rank=3)
    assert step.mean_ap == pytest.approx((1 / 2 + 2 / 4) / 2)
    assert step.mean_inp == pytest.approx(2 / 4)
    assert step.cmc.tolist() == [0, 1, 1]
    assert step.first_ranks.tolist() == [2]
    trapezoid = evaluate_rank(distances, *sides, average_precision="trapezoid")
    assert trapezoid.mean_ap == pytest.approx(((1 / 2 + 0 / 1) / 2 + (2 / 4 + 1 / 3) / 2) / 2)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_step_is_never_below_trapezoid_and_order_of_the_gallery_does_not_matter(seed):
    distances, query_ids, gallery_ids, query_cameras, gallery_cameras = problem(seed, n_gallery=60)
    step = evaluate_rank(distances, query_ids, gallery_ids, query_cameras, gallery_cameras)
    order = np.random.default_rng(seed).permutation(60)
    shuffled = evaluate_rank(
        distances[:, order], query_ids, gallery_ids[order], query_cameras, gallery_cameras[order], "trapezoid"
    )
    assert step.mean_ap >= shuffled.mean_ap
    np.testing.assert_array_equal(step.cmc, shuffled.cmc)
    assert step.mean_inp == shuffled.mean_inp


def big_problem(seed=0, people=40):
    rng = np.random.default_rng(seed)
    gallery_ids = np.concatenate([np.repeat(np.arange(1, people + 1), 6), np.zeros(60, int), np.full(60, -1)])
    gallery_cameras = rng.integers(1, 7, len(gallery_ids))
    query_ids, query_cameras = np.repeat(np.arange(1, people + 1), 2), np.tile([1, 2], people)
    clues = rng.normal(size=(people + 1, 6))
    query = clues[query_ids] + 0.5 * rng.normal(size=(len(query_ids), 6))
    # Junk is made of real people's partial boxes, so it looks like them.
    looks_like = np.where(gallery_ids > 0, gallery_ids, rng.integers(1, people + 1, len(gallery_ids)))
    gallery = clues[looks_like] + np.where(gallery_ids == 0, 3, 0.5)[:, None] * rng.normal(size=(len(gallery_ids), 6))
    # Pictures from one camera look alike.
    distances = ((query[:, None] - gallery[None]) ** 2).sum(axis=2)
    distances -= 2.0 * (query_cameras[:, None] == gallery_cameras[None])
    return distances, query_ids, gallery_ids, query_cameras, gallery_cameras


def test_staged_mistakes_change_the_score_as_the_lesson_says():
    """Junk kept as wrong answers lowers rank-1; same-camera images kept, or distractors dropped, raise it."""
    distances, query_ids, gallery_ids, query_cameras, gallery_cameras = big_problem()
    right = evaluate_rank(distances, query_ids, gallery_ids, query_cameras, gallery_cameras)
    junk_kept = np.where(gallery_ids == -1, 0, gallery_ids)
    assert evaluate_rank(distances, query_ids, junk_kept, query_cameras, gallery_cameras).rank1 < right.rank1
    same_camera_kept = evaluate_rank(distances, query_ids, gallery_ids, query_cameras + 10, gallery_cameras)
    assert same_camera_kept.rank1 > right.rank1
    no_distractors = np.where(gallery_ids == 0, -1, gallery_ids)
    assert evaluate_rank(distances, query_ids, no_distractors, query_cameras, gallery_cameras).mean_ap > right.mean_ap


def test_perfect_features_score_one_and_chance_scores_its_share():
    distances, query_ids, gallery_ids, query_cameras, gallery_cameras = big_problem()
    sides = query_ids, gallery_ids, query_cameras, gallery_cameras
    perfect = evaluate_rank((query_ids[:, None] != gallery_ids[None]).astype(float), *sides)
    assert (perfect.rank1, perfect.mean_ap, perfect.mean_inp) == (1, 1, 1)
    rng = np.random.default_rng(1)
    chance = np.mean([evaluate_rank(rng.random(distances.shape), *sides).rank1 for _ in range(30)])
    assert chance == pytest.approx(5 / 300, abs=0.01)


def test_equal_distances_are_counted_as_ties():
    distances, *sides = big_problem()
    assert evaluate_rank(distances, *sides).tied_queries == 0
    collapsed = evaluate_rank(np.zeros_like(distances), *sides)
    assert collapsed.tied_queries == collapsed.valid_queries


def test_copies_of_a_true_match_are_no_tie():
    result = evaluate_rank([[0.1, 0.1, 0.5]], [1], [1, 1, 2], [1], [2, 3, 2])
    assert result.tied_queries == 0 and result.mean_ap == 1


def test_says_why_a_query_is_not_valid():
    query_ids, query_cameras = np.array([1, 2, 3, -1]), np.array([1, 1, 1, 1])
    gallery_ids, gallery_cameras = np.array([1, 2, -1]), np.array([2, 1, 2])
    result = evaluate_rank(np.ones((4, 3)), query_ids, gallery_ids, query_cameras, gallery_cameras)
    assert result.valid_queries == 1
    assert set(result.invalid) == {1, 2, 3}
    assert "own camera" in result.invalid[1]
    assert "not in the gallery" in result.invalid[2]
    assert "junk" in result.invalid[3]
    assert np.isnan(result.per_query_ap[1:]).all() and result.first_ranks[1:].tolist() == [0, 0, 0]
    assert "1 not valid: its person is not in the gallery" in str(result)


def test_mean_is_over_the_valid_queries_only():
    result = evaluate_rank([[0.1, 0.2], [0.1, 0.2]], [1, 9], [1, 2], [1, 1], [2, 2])
    assert result.rank1 == 1 and result.mean_ap == 1


def test_one_camera_for_everything_is_explained():
    with pytest.raises(ValueError, match="another camera id"):
        evaluate_rank(np.ones((2, 2)), [1, 2], [1, 2], [1, 1], [1, 1])


def test_a_gallery_smaller_than_max_rank_keeps_a_monotone_curve():
    result = evaluate_rank([[0.3, 0.2], [0.1, 0.2]], [1, 2], [1, 2], [1, 1], [2, 2], max_rank=50)
    assert result.cmc.shape == (50,)
    assert result.cmc[0] == 0 and (np.diff(result.cmc) >= 0).all() and result.cmc[-1] == 1


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int64, np.uint8])
def test_any_real_dtype(dtype):
    distances, *sides = problem(3, whole_numbers=True)
    assert_same_scores(evaluate_rank(distances.astype(dtype), *sides), brute_force(distances, *sides, "step", 50))


def test_infinite_distance_means_last():
    result = evaluate_rank([[np.inf, 0.2, 0.1]], [1], [1, 2, 3], [1], [2, 2, 2])
    assert result.first_ranks.tolist() == [3]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"distances": np.ones(3)}, "distances has shape"),
        ({"distances": np.ones((2, 0))}, "distances has shape"),
        ({"distances": np.array([[1, np.nan, 1], [1, 1, 1]])}, r"distances\[0, 1\] is NaN"),
        ({"distances": np.ones((2, 3)) + 1j}, "real numbers"),
        ({"query_ids": [1]}, "query_ids has shape"),
        ({"gallery_ids": [1, 2]}, "gallery_ids has shape"),
        ({"query_cameras": [[1, 1]]}, "query_cameras has shape"),
        ({"gallery_cameras": [2.0, 2.0, 2.0]}, "whole numbers"),
        ({"average_precision": "sklearn"}, "step"),
        ({"max_rank": 0}, "max_rank is 0"),
    ],
)
def test_bad_input_is_named(change, message):
    given = {
        "distances": np.ones((2, 3)),
        "query_ids": [1, 2],
        "gallery_ids": [1, 2, 3],
        "query_cameras": [1, 1],
        "gallery_cameras": [2, 2, 2],
        **change,
    }
    with pytest.raises(ValueError, match=message):
        evaluate_rank(**given)
