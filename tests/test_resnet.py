"""The digits' ResNet-18 of course_utils.resnet, and the comparison of networks that lesson 06's checks use."""

import pytest
import torch
from torch import nn

from course_utils.checks.networks import compare
from course_utils.checks.report import CheckFailed
from course_utils.resnet import digits_resnet18, narrow_resnet18


def test_full_width_is_torchvisions_network():
    network = narrow_resnet18()
    assert sum(parameter.numel() for parameter in network.parameters()) == 11_689_512


def test_a_narrow_network_has_the_same_layers_and_a_sixteenth_of_the_convolution_weights():
    wide, narrow = digits_resnet18(seed=0).state_dict(), digits_resnet18(seed=0, width=16).state_dict()
    assert wide.keys() == narrow.keys()
    assert wide["layer4.1.conv2.weight"].numel() == 16 * narrow["layer4.1.conv2.weight"].numel()


@pytest.mark.parametrize(("stem_stride", "side"), [(1, 4), (2, 2)])
def test_small_images_leave_a_map_in_the_last_stage(stem_stride, side):
    network = digits_resnet18(seed=0, width=2, stem_stride=stem_stride).eval()
    seen = []
    network.layer4.register_forward_hook(lambda module, inputs, output: seen.append(tuple(output.shape)))
    assert network(torch.zeros(3, 1, 28, 28)).shape == (3, 10)
    assert seen == [(3, 16, side, side)]


def test_same_seed_same_weights_and_the_callers_random_numbers_are_left_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first, again, other = (digits_resnet18(seed, width=2) for seed in (1, 1, 2))
    assert torch.equal(torch.rand(3), expected)
    assert torch.equal(first.layer2[0].conv1.weight, again.layer2[0].conv1.weight)
    assert not torch.equal(first.layer2[0].conv1.weight, other.layer2[0].conv1.weight)


def test_normalisation_can_be_left_out():
    network = digits_resnet18(seed=0, width=2, norm_layer=nn.Identity)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in network.modules())
    assert network(torch.zeros(1, 1, 28, 28)).shape == (1, 10)


@pytest.mark.parametrize("wrong", [{"width": 0}, {"classes": 0}, {"stem_stride": -1}])
def test_sizes_below_one_are_refused_by_name(wrong):
    with pytest.raises(ValueError, match=f"{next(iter(wrong))}=.*at least 1"):
        digits_resnet18(seed=0, **wrong)


def test_equal_networks_compare_equal_and_a_wrong_gradient_is_named():
    class Detached(nn.Linear):
        def forward(self, x):
            return x @ self.weight.detach().T + self.bias

    compare(nn.Linear(3, 2), nn.Linear(3, 2), (4, 3), "a linear layer", seed=0)
    with pytest.raises(CheckFailed, match="gradient of weight"):
        compare(Detached(3, 2), nn.Linear(3, 2), (4, 3), "a linear layer", seed=0)
