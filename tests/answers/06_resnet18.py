"""Right and wrong answers to the exercises of lesson 06, named after the style or the mistake."""

import itertools

import numpy as np
import torch
from torch import nn
from torch.nn import functional

# exercise 1: signal_gradients


def suffix_products(weights, residual=False):
    factors = np.asarray(weights) + (1.0 if residual else 0.0)
    return np.append(np.cumprod(factors[::-1])[::-1], 1.0)


def as_a_list_first(weights, residual=False):
    found = [1.0]
    for weight in reversed(list(weights)):
        found.insert(0, found[0] * (weight + residual))
    return np.array(found)


def divides(weights, residual=False):
    factors = weights + residual
    done = np.concatenate([[1.0], np.cumprod(factors)])
    with np.errstate(all="ignore"):
        return factors.prod() / done


def forward_products(weights, residual=False):
    return np.concatenate([[1.0], np.cumprod(weights + residual)])


# networks


class Block(nn.Module):
    """A right block whose steps a subclass spoils."""

    bias = False
    kernel, padding = 3, 1

    def __init__(self, channels_in, channels_out, stride=1):
        super().__init__()
        self.build(channels_in, channels_out, stride)

    def conv(self, channels_in, channels_out, stride=1):
        return nn.Conv2d(channels_in, channels_out, self.kernel, stride, self.padding, bias=self.bias)

    def build(self, channels_in, channels_out, stride):
        self.conv1, self.bn1 = self.conv(channels_in, channels_out, stride), nn.BatchNorm2d(channels_out)
        self.conv2, self.bn2 = self.conv(channels_out, channels_out), nn.BatchNorm2d(channels_out)
        self.downsample = self.shortcut(channels_in, channels_out, stride)

    def shortcut(self, channels_in, channels_out, stride):
        if stride == 1 and channels_in == channels_out:
            return None
        return nn.Sequential(nn.Conv2d(channels_in, channels_out, 1, stride, bias=False), nn.BatchNorm2d(channels_out))

    def around(self, x):
        return x if self.downsample is None else self.downsample(x)

    def correction(self, x):
        return self.bn2(self.conv2(functional.relu(self.bn1(self.conv1(x)))))

    def forward(self, x):
        return functional.relu(self.correction(x) + self.around(x))


class IdentityShortcut(Block):
    """Right: an empty Sequential is a bare wire too."""

    def shortcut(self, channels_in, channels_out, stride):
        return super().shortcut(channels_in, channels_out, stride) or nn.Sequential()

    def forward(self, x):
        out = self.correction(x)
        out += self.downsample(x)
        return torch.clamp(out, min=0)


class NoShortcut(Block):
    def forward(self, x):
        self.around(x)
        return self.correction(x).relu()


class NoLastRelu(Block):
    def forward(self, x):
        return self.correction(x) + self.around(x)


class ReluBeforeSum(Block):
    def forward(self, x):
        return self.correction(x).relu() + self.around(x)


class ReluTwice(Block):
    def forward(self, x):
        return (self.correction(x).relu() + self.around(x)).relu()


class NoInnerRelu(Block):
    def forward(self, x):
        return (self.bn2(self.conv2(self.bn1(self.conv1(x)))) + self.around(x)).relu()


class StrideInBoth(Block):
    def build(self, channels_in, channels_out, stride):
        super().build(channels_in, channels_out, stride)
        self.conv2 = self.conv(channels_out, channels_out, stride)


class StrideInSecond(Block):
    def build(self, channels_in, channels_out, stride):
        super().build(channels_in, channels_out, stride)
        self.conv1, self.conv2 = self.conv(channels_in, channels_out), self.conv(channels_out, channels_out, stride)


class WithBias(Block):
    bias = True


class NoPadding(Block):
    padding = 0


class ShortcutAlways(Block):
    def shortcut(self, channels_in, channels_out, stride):
        return nn.Sequential(nn.Conv2d(channels_in, channels_out, 1, stride, bias=False), nn.BatchNorm2d(channels_out))


class ShortcutOnlyForStride(Block):
    def shortcut(self, channels_in, channels_out, stride):
        return super().shortcut(channels_in, channels_out, stride) if stride != 1 else None


class ShortcutOnlyForChannels(Block):
    def shortcut(self, channels_in, channels_out, stride):
        return super().shortcut(channels_in, channels_out, stride) if channels_in != channels_out else None


class ShortcutWithoutNorm(Block):
    def shortcut(self, channels_in, channels_out, stride):
        made = super().shortcut(channels_in, channels_out, stride)
        return None if made is None else nn.Sequential(made[0])


class ReluOnShortcut(Block):
    def around(self, x):
        return super().around(x).relu()


class OneNormTwice(Block):
    def build(self, channels_in, channels_out, stride):
        super().build(channels_in, channels_out, stride)
        self.bn2 = self.bn1


class ChangesItsInput(Block):
    def forward(self, x):
        result = super().forward(x)
        x.relu_()
        return result


class DetachedShortcut(Block):
    def forward(self, x):
        return (self.correction(x) + self.around(x).detach()).relu()


class IgnoresTrainingMode(Block):
    def train(self, mode=True):
        return super().train(False)


class OtherNames(Block):
    def build(self, channels_in, channels_out, stride):
        super().build(channels_in, channels_out, stride)
        self.first = self.conv1
        del self.conv1

    def correction(self, x):
        return self.bn2(self.conv2(self.bn1(self.first(x)).relu()))


class NoDefaultStride(Block):
    def __init__(self, channels_in, channels_out, stride):
        super().__init__(channels_in, channels_out, stride)


def ready_made(channels_in, channels_out, stride=1):
    from torchvision.models.resnet import BasicBlock as TheirBlock

    return TheirBlock(channels_in, channels_out, stride)


class NotAModule:
    def __init__(self, channels_in, channels_out, stride=1):
        self.width = channels_out


def stage(channels_in, channels_out, blocks, stride):
    sizes = [channels_in] + [channels_out] * blocks
    strides = [stride] + [1] * (blocks - 1)
    return nn.Sequential(*[Block(a, b, s) for a, b, s in zip(sizes, sizes[1:], strides, strict=False)])


def stage_by_append(channels_in, channels_out, blocks, stride):
    made = nn.Sequential()
    for number in range(blocks):
        made.append(Block(channels_in, channels_out, stride if number == 0 else 1))
        channels_in = channels_out
    return made


def stage_stride_everywhere(channels_in, channels_out, blocks, stride):
    sizes = [channels_in] + [channels_out] * blocks
    return nn.Sequential(*[Block(a, b, stride) for a, b in itertools.pairwise(sizes)])


def stage_channels_last(channels_in, channels_out, blocks, stride):
    sizes = [channels_in] * blocks + [channels_out]
    return nn.Sequential(*[Block(a, b, stride if a != b else 1) for a, b in itertools.pairwise(sizes)])


def stage_shared(channels_in, channels_out, blocks, stride):
    again = Block(channels_out, channels_out)
    return nn.Sequential(Block(channels_in, channels_out, stride), *[again] * (blocks - 1))


class Net(nn.Module):
    """A right ResNet-18 whose parts a subclass spoils."""

    strides = (1, 2, 2, 2)
    make_stage = staticmethod(stage)

    def __init__(self, classes=1000, width=64):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        sizes = [width, width, 2 * width, 4 * width, 8 * width]
        for number, stride in enumerate(self.strides):
            self.add_module(f"layer{number + 1}", self.make_stage(sizes[number], sizes[number + 1], 2, stride))
        self.fc = nn.Linear(8 * width, classes)

    def stem(self, x):
        return self.maxpool(functional.relu(self.bn1(self.conv1(x))))

    def pooled(self, x):
        return x.mean((2, 3))

    def forward(self, x):
        x = self.stem(x)
        for layer in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = layer(x)
        return self.fc(self.pooled(x))


class WithModules(Net):
    """Right: pooling and ReLU as modules."""

    def __init__(self, classes=1000, width=64):
        super().__init__(classes, width)
        self.relu, self.avgpool, self.flatten = nn.ReLU(), nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten()

    def stem(self, x):
        return self.maxpool(self.relu(self.bn1(self.conv1(x))))

    def pooled(self, x):
        return self.flatten(self.avgpool(x))


class NoStemRelu(Net):
    def stem(self, x):
        return self.maxpool(self.bn1(self.conv1(x)))


class NoMaxPool(Net):
    def stem(self, x):
        return self.bn1(self.conv1(x)).relu()


class SmallMaxPool(Net):
    def stem(self, x):
        return functional.max_pool2d(self.bn1(self.conv1(x)).relu(), 2)


class LargestInsteadOfMean(Net):
    def pooled(self, x):
        return x.amax((2, 3))


class SumInsteadOfMean(Net):
    def pooled(self, x):
        return x.sum((2, 3))


class NoStride(Net):
    strides = (1, 1, 1, 1)


class StrideInStageOne(Net):
    strides = (2, 2, 2, 2)


class Softmax(Net):
    def forward(self, x):
        return super().forward(x).softmax(1)


class SkipsAStage(Net):
    def forward(self, x):
        x = self.layer3(self.layer2(self.layer1(self.stem(x))))
        return self.fc(self.pooled(x).repeat(1, 2))


class OneBlockAStage(Net):
    @staticmethod
    def make_stage(channels_in, channels_out, blocks, stride):
        return stage(channels_in, channels_out, 1, stride)


class WrongDefaults(Net):
    def __init__(self, classes=10, width=64):
        super().__init__(classes, width)


class SquareImagesOfOneSize(Net):
    def pooled(self, x):
        return x[:, :, 0, 0]


class NetNeverInTrainingMode(Net):
    def train(self, mode=True):
        return super().train(False)


def ready_made_network(classes=1000, width=64):
    from torchvision import models

    return models.resnet18(num_classes=classes)


# exercise 4: the count


def conv(channels_in, channels_out, kernel):
    return channels_in * channels_out * kernel * kernel


def count(
    classes=1000, width=64, norm=2, bias=True, shortcut_norm=True, first_change=1, kernel=7, running=0, conv_bias=0
):
    layers = [(3, width, kernel)]
    channels = width
    total = 0
    for stage_number in range(4):
        wide = width * 2**stage_number
        layers += [(channels, wide, 3)] + [(wide, wide, 3)] * 3
        if stage_number >= first_change:
            total += conv(channels, wide, 1) + (norm + running) * wide * shortcut_norm
        channels = wide
    for size in layers:
        total += conv(*size) + (norm + running + conv_bias) * size[1]
    return total + channels * classes + classes * bias


def count_with_formula(classes=1000, width=64):
    w = width
    inside = 9 * (4 * w * w + (2 + 12) * w * w + (8 + 48) * w * w + (32 + 192) * w * w)
    shortcuts = 2 * w * w + 8 * w * w + 32 * w * w + 2 * (2 + 4 + 8) * w
    return 147 * w + 2 * w + inside + 8 * (1 + 2 + 4 + 8) * w + shortcuts + 8 * w * classes + classes


RIGHT = {
    "signal_gradients": {"suffix products": suffix_products, "list, then array": as_a_list_first},
    "basic_block": {"functional": Block, "empty Sequential as wire": IdentityShortcut},
    "make_stage": {"list of sizes": stage, "append": stage_by_append},
    "resnet18_parameters": {"list of layers": count, "one formula": count_with_formula},
    "resnet18": {"loop over stages": Net, "pooling as modules": WithModules},
}

WRONG = {
    "signal_gradients": {
        "divides, and fails at a zero weight": divides,
        "from the front": forward_products,
        "reversed": lambda weights, residual=False: suffix_products(weights, residual)[::-1],
        "without the last entry": lambda weights, residual=False: suffix_products(weights, residual)[:-1],
        "ignores residual": lambda weights, residual=False: suffix_products(weights, False),
        "always residual": lambda weights, residual=False: suffix_products(weights, True),
        "default is residual": lambda weights, residual=True: suffix_products(weights, residual),
        "multiplies by its own layer again": lambda weights, residual=False: np.append(
            suffix_products(weights, residual)[:-1] * weights, 1.0
        ),
        "adds the product": lambda weights, residual=False: suffix_products(weights) + residual,
        "absolute values": lambda weights, residual=False: np.abs(suffix_products(weights, residual)),
        "hard-coded for 0.8": lambda weights, residual=False: 0.8 ** np.arange(len(weights), -1.0, -1.0),
    },
    "basic_block": {
        "no shortcut": NoShortcut,
        "no last ReLU": NoLastRelu,
        "ReLU before the sum": ReluBeforeSum,
        "ReLU before and after the sum": ReluTwice,
        "no inner ReLU": NoInnerRelu,
        "stride in both convolutions": StrideInBoth,
        "stride in the second convolution": StrideInSecond,
        "convolutions with bias": WithBias,
        "no padding": NoPadding,
        "shortcut convolution always": ShortcutAlways,
        "shortcut convolution only for a stride": ShortcutOnlyForStride,
        "shortcut convolution only for new channels": ShortcutOnlyForChannels,
        "shortcut without batch norm": ShortcutWithoutNorm,
        "ReLU on the shortcut": ReluOnShortcut,
        "one batch norm used twice": OneNormTwice,
        "changes its input": ChangesItsInput,
        "detached shortcut": DetachedShortcut,
        "never in training mode": IgnoresTrainingMode,
        "other names": OtherNames,
        "no default stride": NoDefaultStride,
        "torchvision's block": ready_made,
        "not a module": NotAModule,
    },
    "make_stage": {
        "stride in every block": stage_stride_everywhere,
        "new channels in the last block": stage_channels_last,
        "one block shared": stage_shared,
        "one block too many": lambda a, b, blocks, stride: stage(a, b, blocks + 1, stride),
        "always two blocks": lambda a, b, blocks, stride: stage(a, b, 2, stride),
        "ignores the stride": lambda a, b, blocks, stride: stage(a, b, blocks, 1),
        "a list": lambda a, b, blocks, stride: list(stage(a, b, blocks, stride)),
        "stride 2 when the channels grow": lambda a, b, blocks, stride: stage(a, b, blocks, 1 if a == b else 2),
    },
    "resnet18_parameters": {
        "no shortcuts": lambda classes=1000, width=64: count(classes, width, first_change=9),
        "shortcut without batch norm": lambda classes=1000, width=64: count(classes, width, shortcut_norm=False),
        "shortcut in stage 1 as well": lambda classes=1000, width=64: count(classes, width, first_change=0),
        "no batch norm": lambda classes=1000, width=64: count(classes, width, norm=0),
        "one number a channel": lambda classes=1000, width=64: count(classes, width, norm=1),
        "running statistics counted": lambda classes=1000, width=64: count(classes, width, running=2),
        "convolutions with bias": lambda classes=1000, width=64: count(classes, width, conv_bias=1),
        "last layer without bias": lambda classes=1000, width=64: count(classes, width, bias=False),
        "stem of 3 x 3": lambda classes=1000, width=64: count(classes, width, kernel=3),
        "hard-coded": lambda classes=1000, width=64: 11_689_512,
        "ignores the width": lambda classes=1000, width=64: count(classes, 64),
        "a float": lambda classes=1000, width=64: float(count(classes, width)),
        "default of ten classes": lambda classes=10, width=64: count(classes, width),
        "counts a real network": lambda classes=1000, width=64: sum(
            p.numel() for p in Net(classes, width).parameters()
        ),
    },
    "resnet18": {
        "no ReLU in the stem": NoStemRelu,
        "no max pooling": NoMaxPool,
        "max pooling of 2 x 2": SmallMaxPool,
        "largest instead of mean": LargestInsteadOfMean,
        "sum instead of mean": SumInsteadOfMean,
        "no strides": NoStride,
        "stride in stage 1": StrideInStageOne,
        "softmax on the logits": Softmax,
        "stage 4 forgotten": SkipsAStage,
        "one block a stage": OneBlockAStage,
        "default of ten classes": WrongDefaults,
        "one corner instead of the mean": SquareImagesOfOneSize,
        "torchvision's network": ready_made_network,
        "never in training mode": type(
            "Frozen", (Net,), {"train": lambda self, mode=True: nn.Module.train(self, False)}
        ),
    },
}
