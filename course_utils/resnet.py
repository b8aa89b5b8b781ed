"""ResNet-18 for small grey images: torchvision's network, narrower where wished, with another stem.

He, Zhang, Ren and Sun, Deep residual learning for image recognition, CVPR 2016. Lesson 06 builds the network by hand;
the lessons after it take this one.
"""

from collections.abc import Callable

import torch
from torch import nn

from course_utils.vision import torchvision

resnet = torchvision.models.resnet


def narrow_resnet18(
    width: int = 64, classes: int = 1000, norm_layer: Callable[[int], nn.Module] = nn.BatchNorm2d
) -> nn.Module:
    """torchvision's ResNet-18 for images (n, 3, h, w) with `width` channels in the first stage; the paper has 64.

    Each of the next three stages doubles the channels. norm_layer: nn.Identity leaves normalisation out. Raises
    ValueError for a width or number of classes below 1.
    """
    _at_least_one(width=width, classes=classes)
    model = resnet.ResNet(resnet.BasicBlock, [2, 2, 2, 2], num_classes=classes, norm_layer=norm_layer)
    if width == 64:
        return model
    model.inplanes = width
    model.conv1 = nn.Conv2d(3, width, kernel_size=7, stride=2, padding=3, bias=False)
    model.bn1 = norm_layer(width)
    for stage in range(4):  # torchvision fixes 64 channels, so the four stages are built again
        blocks = model._make_layer(resnet.BasicBlock, width * 2**stage, 2, stride=1 if stage == 0 else 2)
        setattr(model, f"layer{stage + 1}", blocks)
    model.fc = nn.Linear(8 * width, classes)
    _initialise(model)
    return model


def digits_resnet18(
    seed: int,
    width: int = 64,
    stem_stride: int = 1,
    classes: int = 10,
    norm_layer: Callable[[int], nn.Module] = nn.BatchNorm2d,
) -> nn.Module:
    """ResNet-18 for images (n, 1, 28, 28): a 3 x 3 stem and no max pooling; gives logits (n, classes).

    stem_stride: 2 halves the image in the stem, for a quarter of the work. The first weights come from `seed` alone.
    width, norm_layer: as in narrow_resnet18. Raises ValueError for a size below 1.
    """
    _at_least_one(stem_stride=stem_stride)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = narrow_resnet18(width, classes, norm_layer)
        model.conv1 = nn.Conv2d(1, width, kernel_size=3, stride=stem_stride, padding=1, bias=False)
        model.maxpool = nn.Identity()
        _initialise(model)
    return model


def _at_least_one(**sizes: int) -> None:
    for name, value in sizes.items():
        if value < 1:
            raise ValueError(f"{name}={value}: it must be at least 1")


def _initialise(model: nn.Module) -> None:
    """He's weights for every convolution, as torchvision gives them; the rebuilt parts need them again."""
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
