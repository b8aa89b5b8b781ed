"""Reading and augmenting 128 x 64 JPEG files against only decoding them with PIL, in one run, on one thread.

    python benchmarks/loading.py [--data FOLDER] [--images 1000]

FOLDER holds Market-1501 or a stand-in; without it a stand-in is made first. Times are processor seconds; the best of
five turns is taken on both sides, one after the other. Training reads once and augments in every epoch, so both parts
are shown. Where the system is slow to hand out new memory, that is most of what reading adds to decoding.
"""

import argparse
import tempfile
import time
from pathlib import Path

import torch
from PIL import Image
from torch.utils.data import Subset

from course_utils.market1501 import Market1501
from course_utils.reid_images import Augmentation, augment, read_images
from course_utils.standin import write_standin


def decode(paths):
    for path in paths:
        Image.open(path).convert("RGB")


def seconds(work, argument):
    start = time.process_time()
    result = work(argument)
    return time.process_time() - start, result


def augment_all(images):
    generator = torch.Generator().manual_seed(0)
    for batch in images.split(64):
        augment(batch, generator, Augmentation())


def one_turn(data):
    """Seconds to decode, to read, to augment."""
    decoding, _ = seconds(decode, [data.dataset.imgs[i] for i in data.indices])
    reading, images = seconds(lambda data: read_images(data, progress=False), data)
    augmenting, _ = seconds(augment_all, images)
    return decoding, reading, augmenting


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path)
    parser.add_argument("--images", type=int, default=1000)
    given = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        data = Market1501(given.data or write_standin(Path(folder) / "market", progress=False), "gallery")
        some = Subset(data, range(min(given.images, len(data))))
        turns = [one_turn(some) for _ in range(5)]
    decoding, reading, augmenting = (min(part) / len(some) * 1e6 for part in zip(*turns, strict=True))
    print(f"{len(some)} images, one thread, microseconds an image:")
    print(f"PIL decodes {decoding:.0f}, read {reading:.0f}, augment {augmenting:.0f}")
    print(
        f"times as long as decoding: read {reading / decoding:.2f}, read and augment once "
        f"{(reading + augmenting) / decoding:.2f}, a later epoch {augmenting / decoding:.2f}"
    )


if __name__ == "__main__":
    main()
