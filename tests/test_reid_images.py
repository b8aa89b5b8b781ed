"""Batches of bytes become batches of numbers: what augment may change, and that chance comes from the generator."""

import numpy as np
import pytest
import torch
from PIL import Image

from course_utils.reid_images import MEAN, SPREAD, Augmentation, augment, normalise, read_images

NOTHING = Augmentation(mirror=0, shift=0, light=0, cast=0, erase=0)


def pictures(n=6, height=32, width=16, seed=0):
    rng = np.random.default_rng(seed)
    return torch.from_numpy(rng.integers(0, 256, (n, 3, height, width), dtype=np.uint8))


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def only(**change):
    return Augmentation(**{**vars(NOTHING), **change})


def test_normalise_is_the_usual_formula():
    images = pictures()
    mean, spread = torch.tensor(MEAN)[:, None, None], torch.tensor(SPREAD)[:, None, None]
    torch.testing.assert_close(normalise(images), (images / 255 - mean) / spread)


def test_without_chances_augment_only_normalises():
    torch.testing.assert_close(augment(pictures(), generator(), NOTHING), normalise(pictures()))


def test_mirror_turns_left_and_right():
    images = pictures()
    torch.testing.assert_close(augment(images, generator(), only(mirror=1)), normalise(images.flip(3)))


def test_half_of_the_images_are_mirrored_by_default():
    images = pictures(400, 4, 4)
    same = (augment(images, generator(), only(mirror=0.5)) == normalise(images)).flatten(1).all(1)
    assert 150 < same.sum() < 250


def test_shift_moves_by_at_most_its_share_and_shows_the_mean_colour():
    images = torch.full((200, 3, 32, 16), 255, dtype=torch.uint8)
    images[:, :, 16, 8] = 0
    moved = augment(images, generator(), only(shift=1 / 8))
    dark = (moved < -1.5).all(1).nonzero()
    assert len(dark) == 200
    assert set((dark[:, 1] - 16).tolist()) == set(range(-4, 5))
    assert set((dark[:, 2] - 8).tolist()) == set(range(-2, 3))
    colours = moved.permute(0, 2, 3, 1).reshape(-1, 3)
    filled = colours[colours.abs().amax(1) < 0.02]
    assert len(filled) > 0  # the rim: 0 is the mean colour


def test_erase_blanks_one_rectangle():
    images = torch.full((50, 3, 32, 16), 255, dtype=torch.uint8)
    blank = augment(images, generator(), only(erase=1)).abs().amax(1) < 0.02
    for mask in blank:
        rows, columns = mask.any(1).nonzero().ravel(), mask.any(0).nonzero().ravel()
        assert mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].all()
        assert 32 / 8 <= len(rows) <= 16 and 16 / 8 <= len(columns) <= 8


def test_light_scales_all_colours_of_an_image_by_one_factor():
    images = torch.full((5, 3, 4, 4), 100, dtype=torch.uint8)
    mean, spread = torch.tensor(MEAN)[:, None, None], torch.tensor(SPREAD)[:, None, None]
    brightness = augment(images, generator(), only(light=0.3)) * spread + mean
    assert brightness.flatten(1).std(1).max() < 1e-5
    assert brightness[:, 0, 0, 0].std() > 0.05


def test_same_generator_state_same_batch_and_input_left_alone():
    images = pictures()
    before = images.clone()
    first, second, third = (augment(images, generator(seed), Augmentation()) for seed in (1, 1, 2))
    assert torch.equal(first, second) and not torch.equal(first, third)
    assert torch.equal(images, before)


def test_size_scales_before_anything_else():
    images = pictures(height=32, width=16)
    assert augment(images, generator(), Augmentation(), (48, 24)).shape == (6, 3, 48, 24)
    torch.testing.assert_close(augment(images, generator(), NOTHING, (16, 8)), normalise(images, (16, 8)))


@pytest.mark.parametrize("size", [None, (16, 8), (48, 24)])
def test_how_images_lie_in_memory_changes_no_number(size):
    planes = pictures(height=32, width=16)
    pixels = planes.to(memory_format=torch.channels_last)  # as `read_images` gives them
    for prepare in (
        lambda images: normalise(images, size),
        lambda images: augment(images, generator(), Augmentation(), size),
    ):
        assert torch.equal(prepare(pixels), prepare(planes))
        assert prepare(pixels).is_contiguous()


def test_read_images_keeps_order_and_names_an_odd_size():
    arrays = pictures().permute(0, 2, 3, 1).numpy()
    items = [(Image.fromarray(array), 0) for array in arrays]
    assert torch.equal(read_images(items, progress=False), pictures())
    odd = Image.fromarray(arrays[1][:8])
    with pytest.raises(ValueError, match=r"image 1 is \(16, 8\)"):
        read_images([items[0], (odd, 0)], progress=False)
