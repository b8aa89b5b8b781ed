"""The checks of lesson 09 name the mistake that was made, and its accuracy is counted right."""

import runpy
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils.checks import triplet
from course_utils.checks.report import CheckFailed
from course_utils.neighbours import nearest_accuracy

ANSWERS = runpy.run_path(str(Path(__file__).parent / "answers" / "09_triplet_loss.py"))

HINTS = [
    ("triplet_losses", "no max", "where is the max"),
    ("triplet_losses", "squared", "take the root"),
    ("triplet_losses", "sign of the margin", "wrong sign"),
    ("triplet_losses", "swapped", "swapped"),
    ("triplet_losses", "margin outside", "inside the max"),
    ("triplet_losses", "calls torch", "write it yourself"),
    ("distance_gradient", "divides by zero", "0 / 0 is NaN"),
    ("distance_gradient", "diagonal only", "0 / 0 is NaN"),
    ("distance_gradient", "rows only", "add both"),
    ("distance_gradient", "rows twice", "need not be symmetric"),
    ("distance_gradient", "sign", "the sign is turned"),
    ("distance_gradient", "not divided", "divide by it"),
    ("triplet_kinds", "itself as positive", "not its own positive"),
    ("triplet_kinds", "unordered", "another triplet"),
    ("triplet_kinds", "other borders", "read the borders again"),
    ("triplet_kinds", "shares", "count"),
    ("batch_hard_losses", "counts singles", "no anchor"),
    ("batch_hard_losses", "masked with zeros", "mask with infinity"),
    ("batch_hard_losses", "no max", "where is the max"),
    ("batch_hard_losses", "easiest", "easiest triplet"),
    ("batch_hard_losses", "farthest negative", "nearest one"),
    ("identity_batch", "the practical's rule", "before one comes again"),
    ("identity_batch", "an identity twice", "without replacement"),
    ("identity_batch", "always the first images", "shuffle"),
    ("identity_batch", "ignores the seed", "default_rng(seed)"),
    ("identity_batch", "labels, not places", "not labels"),
]


@pytest.mark.parametrize(("exercise", "mistake", "hint"), HINTS, ids=[f"{h[0]}: {h[1]}" for h in HINTS])
def test_the_hint_names_the_mistake(exercise, mistake, hint):
    check, answer = getattr(triplet, f"check_{exercise}"), ANSWERS["WRONG"][exercise][mistake]
    with pytest.raises(CheckFailed) as failure:
        check(answer)
    assert hint in failure.value.hint


@given(st.integers(0, 10_000), st.integers(2, 6), st.integers(1, 4))
@settings(max_examples=50, deadline=None)
def test_the_reference_gradient_is_the_slope_of_the_distances(seed, n, d):
    rng = np.random.default_rng(seed)
    embeddings, upstream, step = rng.normal(size=(n, d)), rng.normal(size=(n, n)), 1e-6 * rng.normal(size=(n, d))

    def value(points):
        return (upstream * np.linalg.norm(points[:, None] - points, axis=2)).sum()

    slope = value(embeddings + step) - value(embeddings - step)
    expected = 2 * (triplet._torch_gradient(embeddings, upstream) * step).sum()
    assert slope == pytest.approx(expected, rel=1e-3, abs=1e-9)


def test_nearest_accuracy_with_the_whole_gallery_is_plain_nearest_neighbour():
    rng = np.random.default_rng(0)
    distances, gallery, query = rng.random((20, 30)), rng.permutation(30) % 3, rng.integers(0, 3, 20)
    plain = (gallery[distances.argmin(axis=1)] == query).mean()
    assert nearest_accuracy(distances, gallery, query, shots=10, draws=3) == pytest.approx(plain)


def test_nearest_accuracy_draws_one_image_of_each_label():
    # the query is nearest to one of the four images of its own label, else to the image of the other
    distances, gallery = np.array([[1.0, 5, 5, 5, 2]]), np.array([7, 7, 7, 7, 9])
    share = nearest_accuracy(distances, gallery, np.array([7]), shots=1, draws=2000)
    assert share == pytest.approx(1 / 4, abs=0.04)
    assert nearest_accuracy(distances, gallery, np.array([7]), shots=4, draws=1) == 1


@pytest.mark.parametrize(("shape", "shots", "message"), [((2, 4), 1, "give shape"), ((3, 4), 0, "at least 1")])
def test_nearest_accuracy_names_bad_input(shape, shots, message):
    with pytest.raises(ValueError, match=message):
        nearest_accuracy(np.zeros(shape), np.zeros(4), np.zeros(3), shots)
