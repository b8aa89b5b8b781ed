"""Market-1501 as a PyTorch data set: images, person ids and cameras, read from the file names.

Taught in lesson 11, which builds this class. Data: Zheng et al., "Scalable Person Re-identification: A Benchmark",
ICCV 2015. A file is named PPPP_cCsS_FFFFFF_BB.jpg: person, camera, sequence, frame, box. Person -1 is junk (a box that
shows a person only in part), 0000 a distractor (a box around something else). Six query files end .jpg.jpg.
The stand-in of course_utils.standin has the same folders and names.
"""

import io
import os
import re
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL.JpegImagePlugin import JpegImageFile
from torch.utils.data import Dataset

JUNK, DISTRACTOR = -1, 0
FOLDERS = {"train": "bounding_box_train", "query": "query", "gallery": "bounding_box_test"}
_NAME = re.compile(r"(-1|\d{4})_c(\d+)s(\d+)_(\d+)_(\d+)\.jpg(\.jpg)?", re.IGNORECASE)


class Market1501(Dataset):
    """One split of Market-1501; an item is `(image, label, person_id, camera_id)`.

    root: the folder that holds bounding_box_train, query and bounding_box_test.
    split: "train", "query" or "gallery" (the folder bounding_box_test).
    transform: called with the RGB PIL image (64 wide, 128 high); without one the PIL image itself is the item's image.
    keep_junk: also give the junk images (person -1) instead of leaving them out. Distractors (person 0) always stay.

    imgs: sorted paths. unique_ids: sorted person ids. A label is the place of the person in unique_ids, 0 to
    classes - 1; it means something for training only. labels, person_ids, camera_ids: (n,) int64, no image is opened.
    junk_dropped: how many junk images were left out. skipped: names in the folder that are no .jpg file.

    Raises FileNotFoundError for a missing folder, ValueError for an unknown split, a folder without images, a name that
    cannot be read and, when an item is asked for, a broken image file. Every message names the path.
    """

    def __init__(
        self,
        root: str | os.PathLike,
        split: str = "train",
        transform: Callable | None = None,
        keep_junk: bool = False,
    ):
        if split not in FOLDERS:
            raise ValueError(f"split is {split!r}; choose one of {', '.join(map(repr, FOLDERS))}")
        self.split, self.transform = split, transform
        self.folder = split_folder(Path(root), split)
        names = sorted(entry.name for entry in self.folder.iterdir())
        images = [name for name in names if name.lower().endswith(".jpg") and (self.folder / name).is_file()]
        self.skipped = sorted(set(names) - set(images))
        if self.skipped:
            warnings.warn(
                f"{self.folder}: {len(self.skipped)} entries are no .jpg file and were skipped "
                f"({', '.join(self.skipped[:3])}{', ...' if len(self.skipped) > 3 else ''})",
                stacklevel=2,
            )
        kept = [name for name in images if keep_junk or self.get_id(self.folder / name) != JUNK]
        self.junk_dropped = len(images) - len(kept)
        if not kept:
            raise ValueError(f"{self.folder} holds no image to use; unpack the data set again, or write a stand-in")
        self.imgs = [str(self.folder / name) for name in kept]
        self.person_ids = np.array([self.get_id(path) for path in self.imgs], dtype=np.int64)
        self.camera_ids = np.array([self.get_camera(path) for path in self.imgs], dtype=np.int64)
        self.unique_ids = np.unique(self.person_ids).tolist()
        self.labels = np.searchsorted(self.unique_ids, self.person_ids)

    @staticmethod
    def get_id(file_path: str | os.PathLike) -> int:
        """Person id of an image file, from its name alone: -1 junk, 0 distractor, else the person."""
        return int(_parts(file_path)[0])

    @staticmethod
    def get_camera(file_path: str | os.PathLike) -> int:
        """Camera of an image file, counted from 1, from its name alone (a folder called 12_c3 does not confuse it)."""
        return int(_parts(file_path)[1])

    def __len__(self) -> int:
        return len(self.imgs)

    def __getitem__(self, index: int):
        path = self.imgs[index]
        try:
            with open(path, "rb", buffering=0) as file:  # all at once: Pillow alone would ask for piece after piece
                content = io.BytesIO(file.read())
        except FileNotFoundError:
            raise FileNotFoundError(f"{path} has gone since the data set was opened; put it back") from None
        try:
            image = JpegImageFile(content)
            image.load()
        except (OSError, SyntaxError):
            raise ValueError(f"{path} is not a whole JPEG image; copy it again from the archive") from None
        if image.mode != "RGB":
            image = image.convert("RGB")
        if self.transform is not None:
            image = self.transform(image)
        return image, int(self.labels[index]), int(self.person_ids[index]), int(self.camera_ids[index])

    def __repr__(self) -> str:
        distractors = int((self.person_ids == DISTRACTOR).sum())
        people = len([person for person in self.unique_ids if person > 0])
        return (
            f"Market1501 {self.split}: {len(self)} images of {people} people and {distractors} distractors "
            f"from {len(set(self.camera_ids.tolist()))} cameras; junk left out: {self.junk_dropped}; "
            f"other files skipped: {len(self.skipped)} ({self.folder})"
        )


def split_folder(root: Path, split: str) -> Path:
    """The folder of a split inside `root`. Raises FileNotFoundError with the cure where it is not there."""
    folder = root / FOLDERS[split]
    if folder.is_dir():
        return folder
    inside = next((path.parent for path in sorted(root.glob(f"*/{FOLDERS[split]}"))), None)
    cure = f"give {inside} as root" if inside else "give the folder of Market-1501, or write a stand-in: "
    cure += "" if inside else "python -m course_utils.standin FOLDER"
    raise FileNotFoundError(f"no folder {folder}; {cure}")


def _parts(file_path):
    name = re.split(r"[/\\]", os.fspath(file_path))[-1]
    parts = _NAME.fullmatch(name)
    if parts is None:
        raise ValueError(
            f"{os.fspath(file_path)}: the name does not read PPPP_cCsS_FFFFFF_BB.jpg "
            "(person, camera, sequence, frame, box); rename the file or move it out of the folder"
        )
    return parts.groups()
