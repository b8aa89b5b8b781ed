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
    """All images of a data set whose items begin with an RGB PIL image; (n, 3, height, width) uint8, in its order.

    All images must have one size (Market-1501's are 64 x 128). Market-1501's training half takes 320 MB. In memory the
    colours of a pixel stand together, as in the file: `augment` and `normalise` bring them apart while they compute.
    Raises ValueError when an image has another size than the first.
    """
    images = None
    for i in tqdm(range(len(data)), desc="reading images", unit="image", disable=not progress):
        image = data[i][0]
        if images is None:
            width, height = image.size
            images = np.empty((len(data), height, width, 3), dtype=np.uint8)
        if image.size != (width, height):
            raise ValueError(f"image {i} is {image.size} (width, height), the first is {(width, height)}")
        images[i] = np.frombuffer(image.tobytes(), dtype=np.uint8).reshape(height, width, 3)
    return torch.from_numpy(images).permute(0, 3, 1, 2)


def normalise(images: Tensor, size: tuple[int, int] | None = None) -> Tensor:
    """(n, 3, height, width) uint8 to float32 of mean about 0 and spread about 1; size: (height, width) to scale to.

    The images are on the CPU: torch scales bytes with antialiasing there only.
    """
    if size is not None and size != tuple(images.shape[2:]):
        images = interpolate(images, size=size, mode="bilinear", antialias=True)
    factor, offset = _relighting(torch.ones(len(images), 3))
    return images.to(torch.float32, memory_format=torch.contiguous_format).mul_(factor).add_(offset)


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

    images, generator: on the CPU. The same state gives the same batch. What is shifted in or erased has ImageNet's
    mean colour, relit like the rest of the image. size: (height, width) to scale to before.
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
    factor, offset = (part.numpy() for part in _relighting(gain))
    mean_colour = (255 * np.array(MEAN)).astype(np.uint8)[:, None, None]
    result, new = np.empty(images.shape, dtype=np.float32), np.empty(images.shape[1:], dtype=np.uint8)
    # One image after the other, in NumPy: it is quick on small blocks, and they stay in the processor's cache.
    for i, image in enumerate(images.numpy()):
        mirrored, erased, tall, wide, y, x = chances[i]
        if mirrored < chosen.mirror:
            image = image[:, :, ::-1]
        new[:] = mean_colour
        new[:, _to(down[i], height), _to(right[i], width)] = image[:, _to(-down[i], height), _to(-right[i], width)]
        if erased < chosen.erase:  # one rectangle, an eighth to a half of each side
            tall, wide = int((0.125 + 0.375 * tall) * height), int((0.125 + 0.375 * wide) * width)
            top, left = int(y * (height - tall)), int(x * (width - wide))
            new[:, top : top + tall, left : left + wide] = mean_colour
        result[i] = new
        result[i] *= factor[i]
        result[i] += offset
    return torch.from_numpy(result)


def _to(shift, length):
    """Where an axis of `length` still holds something after it moved by `shift`; of -shift, where that came from."""
    return slice(max(shift, 0), min(length + shift, length))


def _relighting(gain):
    """The factor (n, 3, 1, 1) and the offset (3, 1, 1) that do both: gain x brightness, and the usual normalisation."""
    mean, spread = torch.tensor(MEAN), torch.tensor(SPREAD)
    return (gain / (255 * spread))[:, :, None, None], (-mean / spread)[:, None, None]
