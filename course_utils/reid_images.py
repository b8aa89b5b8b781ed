"""Pictures of people as batches for a network: read once, then shifted, mirrored, relit and erased a batch at a time.

Taught in lessons 02 (why augment) and 12 (what random erasing buys). Working on whole batches of bytes keeps loading
about as cheap as decoding the JPEG files. Random erasing: Zhong et al., "Random Erasing Data Augmentation", AAAI 2020.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate
from torch.utils.data import Dataset
from tqdm import tqdm

# Mean and spread of ImageNet's colours, in [0, 1]: what torchvision's pretrained networks expect.
MEAN, SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def read_images(data: Dataset, progress: bool = True) -> Tensor:
    """All images of a data set whose items begin with a PIL image; (n, 3, height, width) uint8, in its order.

    All images must have one size (Market-1501's are 64 x 128). Market-1501's training half takes 320 MB.
    Raises ValueError when an image has another size than the first.
    """
    images = None
    for i in tqdm(range(len(data)), desc="reading images", unit="image", disable=not progress):
        image = np.asarray(data[i][0]).transpose(2, 0, 1)
        if images is None:
            images = np.empty((len(data), *image.shape), dtype=np.uint8)
        if image.shape != images.shape[1:]:
            raise ValueError(f"image {i} is {image.shape[1:]} (height, width), the first is {images.shape[2:]}")
        images[i] = image
    return torch.from_numpy(images)


def normalise(images: Tensor, size: tuple[int, int] | None = None) -> Tensor:
    """(n, 3, height, width) uint8 to float32 of mean about 0 and spread about 1; size: (height, width) to scale to."""
    if size is not None and size != tuple(images.shape[2:]):
        images = interpolate(images, size=size, mode="bilinear", antialias=True)
    return _relit(images, torch.ones(len(images), 3))


@dataclass(frozen=True)
class Augmentation:
    """What `augment` does. Shares are probabilities; light and cast are the spread of log brightness."""

    mirror: float = 0.5
    shift: float = 1 / 16  # of the height, up and down; half of it left and right
    light: float = 0.2
    cast: float = 0.1
    erase: float = 0.5


def augment(
    images: Tensor, generator: torch.Generator, chosen: Augmentation, size: tuple[int, int] | None = None
) -> Tensor:
    """(n, 3, height, width) uint8 to float32 normalised as in `normalise`, every image changed by chance.

    generator: on the CPU; the same state gives the same batch on every device. What is shifted in or erased has
    ImageNet's mean colour, relit like the rest of the image. size: (height, width) to scale to before.
    """
    if size is not None and size != tuple(images.shape[2:]):
        images = interpolate(images, size=size, mode="bilinear", antialias=True)
    n, _, height, width = images.shape
    up = round(chosen.shift * height)
    down, right = (torch.randint(-far, far + 1, (n,), generator=generator).tolist() for far in (up, up // 2))
    chances = torch.rand(n, 6, generator=generator).tolist()
    gain = torch.exp(
        chosen.light * torch.randn(n, 1, generator=generator) + chosen.cast * torch.randn(n, 3, generator=generator)
    )
    mean_colour = (255 * torch.tensor(MEAN)).byte()[:, None, None].to(images.device)
    moved = mean_colour.expand_as(images).clone()
    for i, (mirrored, erased, tall, wide, y, x) in enumerate(chances):
        image = images[i].flip(2) if mirrored < chosen.mirror else images[i]
        moved[i, :, _to(down[i], height), _to(right[i], width)] = image[:, _to(-down[i], height), _to(-right[i], width)]
        if erased < chosen.erase:  # one rectangle, an eighth to a half of each side
            tall, wide = int((0.125 + 0.375 * tall) * height), int((0.125 + 0.375 * wide) * width)
            top, left = int(y * (height - tall)), int(x * (width - wide))
            moved[i, :, top : top + tall, left : left + wide] = mean_colour
    return _relit(moved, gain)


def _to(shift, length):
    """Where an axis of `length` still holds something after it moved by `shift`; of -shift, where that came from."""
    return slice(max(shift, 0), min(length + shift, length))


def _relit(images, gain):
    """gain x brightness, then the usual normalisation, in one multiplication and one addition."""
    mean, spread = torch.tensor(MEAN), torch.tensor(SPREAD)
    factor, offset = (gain / (255 * spread)).to(images.device), (-mean / spread).to(images.device)
    return images.float().mul_(factor[:, :, None, None]).add_(offset[None, :, None, None])
