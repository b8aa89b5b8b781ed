"""The pictures, the pairs and the baseline of lesson 10."""

import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils.pair_network import PairNetwork
from course_utils.two_cameras import best_threshold, make_pairs, photograph, second_camera, whole_image_scores


def digits(n=40, classes=4):
    rng = np.random.default_rng(1)
    images = np.pad(rng.uniform(size=(n, 20, 12)), ((0, 0), (4, 4), (8, 8)))
    return images.astype(np.float32), np.arange(n) % classes


def test_a_photograph_holds_the_same_coat_wherever_the_person_is():
    here, there = photograph(9), photograph(24, contrast=0.5, light=0.25, lower=3)
    assert np.allclose(0.5 * here[9:22, 9:17] + 0.25, there[12:25, 24:32])


@given(st.integers(0, 2**32 - 1), st.integers(1, 9))
@settings(max_examples=20, deadline=None)
def test_every_other_pair_is_the_same(seed, n):
    pairs, same = make_pairs(*digits(), n, seed)
    assert pairs.shape == (n, 2, 28, 28) and pairs.dtype == np.float32
    assert same.tolist() == [k % 2 for k in range(n)]


def test_pairs_hold_the_labels_that_same_says_and_no_image_meets_itself(monkeypatch):
    # given a second camera that changes nothing, so that images can be recognised
    monkeypatch.setattr("course_utils.two_cameras.second_camera", lambda images, rng: images)
    x, y = digits()
    label = {image.tobytes(): value for image, value in zip(x, y, strict=True)}
    pairs, same = make_pairs(x, y, 60, seed=3)
    for (a, b), one in zip(pairs, same, strict=True):
        assert (label[a.tobytes()] == label[b.tobytes()]) == one and not np.array_equal(a, b)


def test_equal_seeds_give_equal_pairs_and_others_do_not():
    x, y = digits()
    assert np.array_equal(make_pairs(x, y, 8, 5)[0], make_pairs(x, y, 8, 5)[0])
    assert not np.array_equal(make_pairs(x, y, 8, 5)[0], make_pairs(x, y, 8, 6)[0])


@pytest.mark.parametrize("y", [np.zeros(40, int), np.r_[0, np.ones(39, int)]])
def test_pairs_that_cannot_be_made_are_refused(y):
    with pytest.raises(ValueError, match="give two of each"):
        make_pairs(digits()[0], y, 4, 0)


def test_whole_images_from_both_cameras_correlate_at_the_best_shift():
    # given images and what the second camera sees of them; other images beside them
    x, _ = digits()
    seen = second_camera(x, np.random.default_rng(2))
    equal, other = np.stack([x, seen], axis=1), np.stack([x, np.roll(seen, 1, axis=0)], axis=1)
    # then equal ones score higher, and the threshold between them tells all pairs right
    scores = np.r_[whole_image_scores(equal), whole_image_scores(other)]
    same = np.repeat([1, 0], 40)
    assert scores[:40].min() > scores[40:].max()
    assert np.mean((scores > best_threshold(scores, same)) == (same == 1)) >= 79 / 80


@pytest.mark.parametrize("with_layer", [True, False])
def test_the_pair_network_gives_two_logits_and_learns_in_every_part(with_layer):
    torch.manual_seed(0)
    network = PairNetwork(with_layer)
    logits = network(torch.rand(3, 2, 28, 28))
    logits.square().sum().backward()
    assert logits.shape == (3, 2)
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in network.parameters())


def test_quiet_keras_runs_on_torch_writes_nothing_and_leaves_the_environment_alone():
    code = (
        "import os; from course_utils.quiet_keras import keras; "
        "print(keras.backend.backend(), 'KERAS_BACKEND' in os.environ)"
    )
    environment = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.split() == ["torch", "False"] and done.stderr == ""
