"""The checks of lesson 12 name the mistake that was made, and leave the caller's random numbers alone."""

import runpy
from pathlib import Path

import numpy as np
import pytest
import torch

from course_utils.checks.erasing import check_erase
from course_utils.checks.reid_loss import check_identity_loss, check_reid_loss
from course_utils.checks.reid_model import check_reid_net
from course_utils.checks.report import CheckFailed

ANSWERS = runpy.run_path(str(Path(__file__).parent / "answers" / "12_reid_network_and_loss.py"))
CHECKS = {
    "reid_net": check_reid_net,
    "identity_loss": check_identity_loss,
    "reid_loss": check_reid_loss,
    "erase": check_erase,
}

HINTS = [
    ("reid_net", "embedding first", "order is"),
    ("reid_net", "logits last", "order is"),
    ("reid_net", "concatenated the other way", "embedding first, then logits"),
    ("reid_net", "two outputs", "return concatenation"),
    ("reid_net", "keeps the old layer", "1,000 classes, is still there"),
    ("reid_net", "more than it needs", "too many"),
    ("reid_net", "logits from features", "the logits come from the embedding"),
    ("reid_net", "softmax", "no softmax"),
    ("reid_net", "unit embedding", "do not normalise"),
    ("reid_net", "relu", "no ReLU"),
    ("reid_net", "ignores the neck", "use it if it is given"),
    ("reid_net", "embedding behind the neck", "before the neck"),
    ("reid_net", "neck in a list", "eval() does not reach the neck"),
    ("reid_net", "layers in a list", "a plain list hides it"),
    ("reid_net", "detached", "no detach"),
    ("identity_loss", "others only", "its share of the smoothing too"),
    ("identity_loss", "unsmoothed", "where is the smoothing"),
    ("identity_loss", "summed", "not the sum"),
    ("identity_loss", "mean of all", "not the mean of both"),
    ("identity_loss", "sign", "the sign"),
    ("identity_loss", "wrong ones dropped", "each wrong identity"),
    ("identity_loss", "overflows", "subtract each row's largest logit"),
    ("identity_loss", "in place", "copy first"),
    ("reid_loss", "total only", "return total, identity, triplet"),
    ("reid_loss", "numbers", ".item() cuts the way back"),
    ("reid_loss", "detached", "gradient does not arrive"),
    ("reid_loss", "outputs swapped", "the second of the three"),
    ("reid_loss", "triplet of the concatenation", "not the concatenation"),
    ("reid_loss", "weight forgotten", "where is triplet_weight"),
    ("reid_loss", "weight on identity", "belongs to the triplet loss"),
    ("reid_loss", "margin fixed", "is the margin passed on"),
    ("reid_loss", "batch all", "hardest triplet"),
    ("erase", "always", "rng.random() < probability"),
    ("erase", "in place", "copy first"),
    ("erase", "one channel", "all three channels"),
    ("erase", "square", "height / width"),
    ("erase", "cut off", "draw again, do not cut it off"),
    ("erase", "top left", "anywhere inside"),
    ("erase", "fill ignored", "every erased pixel"),
    ("erase", "forgets the seed", "default_rng(seed)"),
    ("erase", "same place", "anew each time"),
]


@pytest.mark.parametrize(("exercise", "mistake", "hint"), HINTS, ids=[f"{h[0]}: {h[1]}" for h in HINTS])
def test_the_hint_names_the_mistake(exercise, mistake, hint):
    with pytest.raises(CheckFailed) as failure:
        CHECKS[exercise](ANSWERS["WRONG"][exercise][mistake])
    assert hint in failure.value.hint


def test_a_check_leaves_torchs_random_numbers_alone():
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    check_reid_net(ANSWERS["RIGHT"]["reid_net"]["layer in place"])
    assert torch.equal(torch.rand(2), expected)


@pytest.mark.parametrize("seed", range(20, 60, 4))
def test_right_ways_to_erase_pass_with_every_seed(seed):
    """The check counts what is random, with limits that a right answer does not meet by chance."""
    for answer in ANSWERS["RIGHT"]["erase"].values():
        check_erase(answer, seed=seed)


def test_torchvisions_own_random_erasing_draws_what_the_check_asks_for(monkeypatch):
    # given the library's version of the algorithm, in the exercise's clothes
    from course_utils.vision import torchvision

    def erase(image, seed, probability=0.5, area=(0.02, 0.4), fill=0.0):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            make = torchvision.transforms.RandomErasing(probability, area, (0.3, 1 / 0.3), fill)
            return make(torch.tensor(image)).numpy()

    # when the check does not forbid it, then it agrees with the check; its ten tries rarely fail on these areas
    monkeypatch.setattr("course_utils.checks.erasing.LIBRARIES", set())
    check_erase(erase, areas=((0.02, 0.4), (0.2, 0.3)))


def test_the_identity_loss_of_a_perfect_guess_is_the_entropy_of_its_targets():
    """Property of the reference: no logits beat the smoothed targets themselves."""
    from course_utils.checks.reid_loss import _identity_loss

    targets = np.full((1, 4), 0.05)
    targets[0, 2] = 0.85
    best = _identity_loss(np.log(targets), np.array([2]), 0.2)
    assert best == pytest.approx(-(targets * np.log(targets)).sum())
    for seed in range(5):
        moved = np.log(targets) + np.random.default_rng(seed).normal(size=(1, 4))
        assert _identity_loss(moved, np.array([2]), 0.2) > best
