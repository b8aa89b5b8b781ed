"""The checks of lesson 08 name the mistake that was made, and their references agree with the course's own loss."""

import runpy
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from course_utils.checks import siamese
from course_utils.checks.report import CheckFailed
from course_utils.losses import ContrastiveLoss

ANSWERS = runpy.run_path(str(Path(__file__).parent / "answers" / "08_siamese_contrastive.py"))

HINTS = [
    ("make_pairs", "by chance, not balanced", "draw the two kinds separately"),
    ("make_pairs", "an image with itself", "leave out the image itself"),
    ("make_pairs", "labels turned round", "1 stands for one identity"),
    ("make_pairs", "no seed at all", "default_rng(seed)"),
    ("make_pairs", "global random numbers", "default_rng(seed)"),
    ("make_pairs", "first class only", "draw the first image from all images"),
    ("make_pairs", "the first second image that fits", "the rows that may stand second"),
    ("contrastive", "labels turned round", "the label is turned round"),
    ("contrastive", "no hinge", "costs nothing"),
    ("contrastive", "hinge in the loss only", "beyond the margin the slope is 0"),
    ("contrastive", "hinge after the square", "square after the maximum"),
    ("contrastive", "not squared", "both terms are squared"),
    ("contrastive", "sum instead of mean", "take the mean"),
    ("contrastive", "slopes not divided", "divide the slopes"),
    ("contrastive", "slopes without the 2", "a factor 2"),
    ("contrastive", "slopes with the wrong sign", "the sign"),
    ("best_threshold", "larger means the same", "smaller than the threshold"),
    ("best_threshold", "the accuracy", "not the accuracy"),
    ("best_threshold", "middle between the two means", "keep the best"),
    ("one_shot", "examples count as questions", "no questions"),
    ("one_shot", "per cent", "a share between 0 and 1"),
    ("one_shot", "neighbours among all images", "the examples only"),
    ("one_shot", "place of the example as its label", "label"),
]


@pytest.mark.parametrize(("exercise", "mistake", "hint"), HINTS, ids=[f"{h[0]}: {h[1]}" for h in HINTS])
def test_the_hint_names_the_mistake(exercise, mistake, hint):
    check, answer = getattr(siamese, f"check_{exercise}"), ANSWERS["WRONG"][exercise][mistake]
    with pytest.raises(CheckFailed) as failure:
        check(answer)
    assert hint in failure.value.hint


@given(arrays(float, 5, elements=st.floats(0, 4)), arrays(int, 5, elements=st.integers(0, 1)), st.floats(0.1, 3))
@settings(max_examples=50, deadline=None)
def test_the_reference_loss_is_that_of_the_course_on_embeddings_at_these_distances(distances, same, margin):
    emb_a, emb_b = torch.zeros(5, 2, dtype=torch.float64), torch.zeros(5, 2, dtype=torch.float64)
    emb_b[:, 0] = torch.tensor(distances)
    course = ContrastiveLoss(margin)(emb_a, emb_b, torch.tensor(same)).item()
    assert siamese._autograd(distances, same, margin)[0] == pytest.approx(course)


def test_no_threshold_is_asked_to_be_better_than_the_best_of_a_fine_grid():
    rng = np.random.default_rng(0)
    for same in rng.integers(0, 2, (20, 9)):
        distances = rng.uniform(0, 1, 9).round(1)
        grid = max(siamese._accuracy(distances, same, threshold) for threshold in np.linspace(-0.05, 1.05, 12))
        siamese._best_threshold_once(ANSWERS["RIGHT"]["best_threshold"]["tries all"], distances, same)
        assert ANSWERS["best_accuracy"](distances, same) == pytest.approx(grid)


def test_global_random_numbers_are_found_again_when_the_check_is_run_twice():
    answer = ANSWERS["WRONG"]["make_pairs"]["global random numbers"]
    for _ in range(2):
        with pytest.raises(CheckFailed, match="global random numbers untouched"):
            siamese.check_make_pairs(answer)


def test_the_check_leaves_the_global_random_numbers_as_they_are():
    np.random.seed(3)
    expected = np.random.random()
    np.random.seed(3)
    siamese.check_make_pairs(ANSWERS["RIGHT"]["make_pairs"]["a pair at a time"])
    assert np.random.random() == expected
