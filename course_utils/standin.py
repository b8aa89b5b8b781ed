"""Writes a stand-in for Market-1501: people that walk past six cameras, in the real set's folders and file names.

    python -m course_utils.standin OUT --train-ids 60 --test-ids 60 --seed 0

Lesson 11 looks at it, lessons 12 and 13 train and search on it where the real set is not at hand. Loader, training
and evaluation run the same code on both. Its numbers say how the methods behave; they say nothing about real people.
The same seed and the same version of Pillow give the same files, byte for byte.
"""

import argparse
import os
import shutil
import sys
import tempfile
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from course_utils.standin_people import Person, draw_person
from course_utils.standin_photo import Passage, loose_box, partial_box, photograph, tight_box
from course_utils.standin_places import CAMERAS
from course_utils.standin_plan import GALLERY, QUERY, TRAIN, Shot, plan

_BOXES = {"detected": loose_box, "drawn": tight_box, "partial": partial_box, "empty": loose_box}
_FOLDERS = (TRAIN, GALLERY, QUERY)


def write_standin(
    out: str | os.PathLike, train_ids: int = 60, test_ids: int = 60, seed: int = 0, progress: bool = True
) -> Path:
    """Write the stand-in into `out`, a new or an empty folder, and return its path.

    train_ids, test_ids: how many people, at least 2 each and at most 9,999 together; about 18 images each, and in the
    test half as many junk and distractor boxes again. The files appear under `out` all at once, when all are written.
    Raises ValueError for other numbers, FileExistsError when `out` is a file or holds something.
    """
    _check_numbers(train_ids, test_ids, seed)
    out = Path(out)
    _check_free(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f".{out.name}-unfinished-", dir=out.parent))
    try:
        for folder in _FOLDERS:
            (unfinished / folder).mkdir()
        shots = plan(train_ids, test_ids, seed)
        for number, shot in enumerate(tqdm(shots, desc="stand-in", unit="image", disable=not progress)):
            picture = take(shot, seed, number)
            picture.save(unfinished / shot.folder / shot.name, format="JPEG", quality=CAMERAS[shot.camera].quality)
        unfinished.chmod(0o755)  # mkdtemp keeps others out
        if out.is_dir():
            out.rmdir()
        os.replace(unfinished, out)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return out


def take(shot: Shot, seed: int, number: int) -> Image.Image:
    """The picture of one shot; `number` is its place in the plan and makes its chances its own."""
    rng = np.random.default_rng([seed, 3, number])
    passage = Passage.draw(np.random.default_rng([seed, 2, shot.subject or number, shot.camera]))
    person = _person(seed, shot.subject) if shot.subject else None
    stranger = draw_person(rng) if rng.random() < 0.12 else None
    return photograph(person, shot.camera, passage, _BOXES[shot.kind](rng), rng, seed, stranger)


@lru_cache(maxsize=512)
def _person(seed: int, subject: int) -> Person:
    return draw_person(np.random.default_rng([seed, 1, subject]))


def _check_numbers(train_ids, test_ids, seed):
    for name, value, least in (("train_ids", train_ids, 2), ("test_ids", test_ids, 2), ("seed", seed, 0)):
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
            raise ValueError(f"{name} is {value!r}; it must be a whole number of at least {least}")
    if train_ids + test_ids > 9999:
        raise ValueError(f"train_ids and test_ids are {train_ids + test_ids} together; file names have room for 9999")


def _check_free(out):
    if out.exists() and not out.is_dir():
        raise FileExistsError(f"{out} is a file; name a new folder")
    if out.is_dir() and any(out.iterdir()):
        raise FileExistsError(f"{out} is not empty; name a new folder, or empty this one first")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m course_utils.standin", description="Write a stand-in Market-1501.")
    parser.add_argument("out", help="a new or an empty folder")
    parser.add_argument("--train-ids", type=int, default=60, help="people to train on (default 60)")
    parser.add_argument("--test-ids", type=int, default=60, help="people to search for (default 60)")
    parser.add_argument("--seed", type=int, default=0, help="where the random numbers start (default 0)")
    given = parser.parse_args(arguments)
    try:
        out = write_standin(given.out, given.train_ids, given.test_ids, given.seed)
    except (ValueError, OSError) as error:
        print(f"standin: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"standin: stopped; nothing was left at {given.out}", file=sys.stderr)
        return 130
    counts = ", ".join(f"{folder} {sum(1 for _ in (out / folder).iterdir())}" for folder in _FOLDERS)
    print(f"{out}: {counts} images")
    return 0


if __name__ == "__main__":
    sys.exit(main())
