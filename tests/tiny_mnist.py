"""A small MNIST on disk, in torchvision's layout, for tests."""

import struct
from pathlib import Path

import numpy as np

from course_utils.data import MNIST_FILES, Digits


def write_idx(path: Path, array: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    head = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    path.write_bytes(head + array.astype(np.uint8).tobytes())


def write_digits(folder: Path, digits: Digits, train: int, test: int) -> Path:
    """The first digits of each half, as the files of MNIST; returns what MNIST_DIR should be."""
    parts = {"train": (digits.x_train[:train], digits.y_train), "test": (digits.x_test[:test], digits.y_test)}
    for split, (images, labels) in parts.items():
        names = [folder / "MNIST" / "raw" / name for name in MNIST_FILES[split]]
        write_idx(names[0], np.round(255 * images))
        write_idx(names[1], labels[: len(images)])
    return folder
