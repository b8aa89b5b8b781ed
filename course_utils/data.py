"""The digits that the lessons learn on: real MNIST where it is on disk, 1,797 built-in digits elsewhere.

Nothing is downloaded unless asked for (`download=True`, or `python -m course_utils.data` once). Lesson 00 shows them.
MNIST: LeCun et al., Gradient-based learning applied to document recognition, 1998. The built-in digits are those of
scikit-learn (Alpaydin and Kaynak, Optical recognition of handwritten digits, UCI, 1998).
"""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from course_utils.idx import reachable, require_whole

MNIST_FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
MNIST_HOST = "ossci-datasets.s3.amazonaws.com"  # the mirror that torchvision asks first
TEST_SHARE = 5  # one built-in digit in five is kept for testing


@dataclass(frozen=True)
class Digits:
    """Images as float32 in [0, 1], shape (n, 28, 28); labels as int64 in 0..9, shape (n,); `source` says whose."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    source: str

    def __str__(self) -> str:
        return f"Data: {self.source}, {len(self.x_train):,} training and {len(self.x_test):,} test images of 28 x 28."


def default_folder() -> Path:
    """Where MNIST is looked for: MNIST_DIR, else data/ in the course folder."""
    return Path(os.environ.get("MNIST_DIR") or Path(__file__).resolve().parent.parent / "data")


def load_digits(folder: str | Path | None = None, download: bool = False, seed: int = 0) -> Digits:
    """Load MNIST from `folder`, or the built-in digits where it is not there; print one line that says which.

    folder: holds MNIST/raw/ in torchvision's layout; None means default_folder(). MNIST_DIR=none asks for the
    built-in digits. download: fetch MNIST into `folder` if it is missing; without a network this falls back within a
    second. seed: which of the built-in digits are kept for testing; MNIST has its own test set.
    Raises ValueError naming the file and the cure when an MNIST file is damaged or half there.
    """
    folder = Path(folder) if folder is not None else default_folder()
    why = "no MNIST asked for" if str(folder) == "none" else f"no MNIST in {folder}"
    raw = folder / "MNIST" / "raw"
    if download and str(folder) != "none" and not _present(raw):
        why = _download(folder)
    digits = _mnist(folder) if _present(raw) else _built_in(seed, why)
    print(digits)
    return digits


def _present(raw: Path) -> bool:
    """Whether MNIST is meant to be there: one file is enough, so that a lost one is an error and not a silence."""
    return any((raw / name).exists() for names in MNIST_FILES.values() for name in names)


def _download(folder: Path) -> str:
    """Fetch MNIST with torchvision. Returns why not, where it could not."""
    if not reachable(MNIST_HOST, seconds=0.8):
        return "no network"
    from course_utils.vision import torchvision

    try:
        torchvision.datasets.MNIST(folder, train=True, download=True)
        torchvision.datasets.MNIST(folder, train=False, download=True)
    except (OSError, RuntimeError) as error:
        return f"the download failed: {error}"
    return ""


def _mnist(folder: Path) -> Digits:
    for names in MNIST_FILES.values():
        counts = [require_whole(folder / "MNIST" / "raw" / name) for name in names]
        if counts[0] != counts[1]:
            raise ValueError(
                f"{folder / 'MNIST' / 'raw'}: {names[0]} holds {counts[0]} images but {names[1]} {counts[1]} labels: "
                "delete the folder MNIST and run: python -m course_utils.data"
            )
    from course_utils.vision import torchvision

    parts = []
    for train in (True, False):
        part = torchvision.datasets.MNIST(folder, train=train)
        parts += [part.data.numpy().astype(np.float32) / 255, part.targets.numpy().astype(np.int64)]
    return Digits(*parts, source="MNIST")


def _built_in(seed: int, why: str) -> Digits:
    """scikit-learn's 8 x 8 digits, enlarged to 20 x 20 in a frame of 4 pixels, as MNIST's digits are."""
    from scipy.ndimage import zoom
    from sklearn.datasets import load_digits as load_small
    from sklearn.model_selection import train_test_split

    small = load_small()
    large = zoom(small.images / 16, (1, 2.5, 2.5), order=1, grid_mode=True, mode="nearest")
    images = np.pad(large, ((0, 0), (4, 4), (4, 4))).astype(np.float32)
    labels = small.target.astype(np.int64)
    x_train, x_test, y_train, y_test = train_test_split(
        images, labels, test_size=1 / TEST_SHARE, random_state=seed, stratify=labels
    )
    return Digits(x_train, y_train, x_test, y_test, source=f"the built-in digits of scikit-learn ({why})")


def __getattr__(name: str):
    """`from course_utils.data import Market1501` works too; torch is loaded only then."""
    if name == "Market1501":
        from course_utils.market1501 import Market1501

        return Market1501
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


if __name__ == "__main__":
    try:
        sys.exit(0 if load_digits(download=True).source == "MNIST" else 1)
    except ValueError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
