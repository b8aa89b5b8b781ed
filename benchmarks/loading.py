"""Reading and augmenting 128 x 64 JPEG files against only decoding them with PIL, in one run, on one thread.

    python benchmarks/loading.py [--data FOLDER] [--images 1000]

FOLDER holds Market-1501 or a stand-in; without it a stand-in is made first. Times are processor seconds. Each block of
images is decoded, read and augmented right one after the other, so that all three meet the same machine, and counts
with its median over nine turns. Training reads once and augments in every epoch, so both parts are shown.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.utils.data import Subset

from course_utils.market1501 import Market1501
from course_utils.reid_images import Augmentation, augment, read_images
from course_utils.standin import write_standin

BLOCK, BATCH, TURNS = 250, 64, 9


def decode(paths):
    for path in paths:
        Image.open(path).convert("RGB")


def seconds(work, argument):
    start = time.process_time()
    result = work(argument)
    return time.process_time() - start, result


def augment_all(images):
    generator = torch.Generator().manual_seed(0)
    for batch in images.split(BATCH):
        augment(batch, generator, Augmentation())


def one_block(data, indices):
    """Seconds to decode, to read, to augment."""
    decoding, _ = seconds(decode, [data.imgs[i] for i in indices])
    reading, images = seconds(lambda some: read_images(some, progress=False), Subset(data, indices))
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
        places = range(min(given.images, len(data)))
        blocks = [places[start : start + BLOCK] for start in range(0, len(places), BLOCK)]
        times = np.array([[one_block(data, block) for block in blocks] for _ in range(TURNS)])
    decoding, reading, augmenting = np.median(times, axis=0).sum(axis=0) / len(places)
    print(f"{len(places)} images, one thread, microseconds an image:")
    print(f"PIL decodes {1e6 * decoding:.0f}, read {1e6 * reading:.0f}, augment {1e6 * augmenting:.0f}")
    print(
        f"times as long as decoding: read {reading / decoding:.2f}, read and augment once "
        f"{(reading + augmenting) / decoding:.2f}, a later epoch {augmenting / decoding:.2f}"
    )


if __name__ == "__main__":
    main()
