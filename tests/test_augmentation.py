"""course_utils.augmentation: every image gets its own change, and a seed decides all of them."""

import numpy as np
import pytest
import torch

from course_utils.augmentation import each_alone, some_of_each


def _add_noise(image: torch.Tensor) -> torch.Tensor:
    return image + torch.rand(())


@pytest.mark.parametrize("shape", [(4, 5, 6), (4, 3, 5, 6)])
def test_each_image_is_changed_by_itself(shape):
    changed = each_alone(np.zeros(shape), _add_noise, seed=3)
    assert changed.shape == shape
    assert changed.dtype == np.float32
    assert len({float(image.flat[0]) for image in changed}) == 4


def test_a_transform_sees_channel_height_width():
    seen = []
    each_alone(np.zeros((2, 5, 6)), lambda image: seen.append(tuple(image.shape)) or image, seed=0)
    assert seen == [(1, 5, 6), (1, 5, 6)]


def test_the_same_seed_gives_the_same_copies_and_another_seed_others():
    x = np.zeros((3, 2, 2))
    first, again, other = (each_alone(x, _add_noise, seed) for seed in (5, 5, 6))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_random_numbers_of_the_caller_are_left_alone():
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    each_alone(np.zeros((2, 3, 3)), _add_noise, seed=9)
    assert torch.equal(torch.rand(3), expected)


def test_a_half_turn_by_torchvision_reverses_rows_and_columns():
    from torchvision.transforms import v2

    x = np.random.default_rng(0).random((2, 28, 28)).astype(np.float32)
    assert np.array_equal(each_alone(x, v2.RandomRotation((180, 180)), seed=0), x[:, ::-1, ::-1])


@pytest.mark.parametrize("shape", [(5, 6), (0, 5, 6)])
def test_what_is_no_stack_of_images_is_refused(shape):
    with pytest.raises(ValueError, match="give a stack of images"):
        each_alone(np.zeros(shape), _add_noise, seed=0)


def test_some_of_each_draws_every_class_equally_and_none_twice():
    y = np.array([2, 0, 1, 1, 0, 2, 2, 0, 1, 0])
    rows = some_of_each(y, 2, seed=4)
    assert y[rows].tolist() == [0, 0, 1, 1, 2, 2]
    assert len(set(rows)) == 6
    assert np.array_equal(rows, some_of_each(y, 2, seed=4))


@pytest.mark.parametrize("count", [0, 3])
def test_too_many_or_none_are_refused(count):
    with pytest.raises(ValueError, match=f"count={count}: the smallest class has 2 examples"):
        some_of_each(np.array([0, 0, 1, 1, 1]), count, seed=0)
