"""One cell of lesson 07: what it needs from its settings, and that nothing else changes its numbers."""

import numpy as np
import pytest
import torch

from course_utils.device import Settings
from course_utils.grid_training import DEFAULTS, network, refresh_statistics, shift_images, train_cell

RNG = np.random.default_rng(0)
DATA = (
    RNG.random((24, 28, 28)).astype(np.float32),
    RNG.integers(0, 10, 24),
    RNG.random((8, 28, 28)).astype(np.float32),
    RNG.integers(0, 10, 8),
)
SMALL = {"width": 2, "epochs": 1, "batch_size": 8}


def test_same_cell_same_numbers_whatever_the_number_of_threads():
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        first = train_cell(SMALL, *DATA)
        torch.set_num_threads(2)
        assert train_cell(SMALL, *DATA) == first
    finally:
        torch.set_num_threads(before)
    assert train_cell(SMALL | {"seed": 1}, *DATA) != first


def test_a_loss_that_is_not_finite_gives_nan_for_every_number():
    numbers = train_cell(SMALL | {"learning_rate": 1e30, "batch_norm": False}, *DATA)
    assert set(numbers) == {"accuracy", "train_accuracy", "train_loss"}
    assert all(np.isnan(value) for value in numbers.values())


@pytest.mark.parametrize("changed", [{"batch_norm": False}, {"average_pooling": False}])
def test_each_part_can_be_left_out(changed):
    with_part, without = network(DEFAULTS | {"width": 2}), network(DEFAULTS | {"width": 2} | changed)
    assert without(torch.zeros(2, 1, 28, 28)).shape == (2, 10)
    assert len(without.state_dict()) < len(with_part.state_dict()) or without.fc.in_features > with_part.fc.in_features


def test_fresh_statistics_are_those_of_all_images_under_the_present_weights():
    net, x = network(DEFAULTS | {"width": 2}), torch.tensor(DATA[0])[:, None]
    net.bn1.running_mean += 100
    weights = net.conv1.weight.clone()
    refresh_statistics(net, x, Settings("cpu", "quick", "off", False, 1, "CPU"))
    with torch.no_grad():
        maps = net.conv1(x)
    assert torch.allclose(net.bn1.running_mean, maps.mean(dim=(0, 2, 3)), atol=1e-5)
    assert torch.allclose(net.bn1.running_var, maps.var(dim=(0, 2, 3)), rtol=1e-3)
    assert torch.equal(net.conv1.weight, weights)
    assert net.bn1.momentum == 0.1


def test_a_shift_moves_each_image_and_fills_with_zeros():
    x = torch.zeros(200, 1, 9, 9)
    x[:, :, 4, 4] = 1
    moved = shift_images(x, 2, torch.Generator().manual_seed(0))
    assert torch.equal(moved.sum(dim=(1, 2, 3)), torch.ones(200))
    places = {(int(row), int(column)) for row, column in moved.nonzero()[:, 2:]}
    assert places == {(row, column) for row in range(2, 7) for column in range(2, 7)}
    assert shift_images(x, 0, torch.Generator()) is x
