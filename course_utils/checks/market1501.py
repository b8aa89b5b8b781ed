"""Checks of lesson 11. File names are made up from the seed; the images of the data set class are drawn beside it."""

import re
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from course_utils.checks.forbid import forbid
from course_utils.checks.report import call, describe, fail, passed

READY_MADE = {"market1501", "get_camera"}
COUNTS = ("images", "people", "junk", "distractors")


def _name(person: int, camera: int, frame: int, ending: str = ".jpg", sequence: int = 1, box: int = 1) -> str:
    who = "-1" if person == -1 else f"{person:04d}"
    return f"{who}_c{camera}s{sequence}_{frame:06d}_{box:02d}{ending}"


def check_parse_name(parse_name: Callable, seed: int = 0, folders: tuple = ("", "market/query/")) -> None:
    """Lesson 11, exercise 1: answer(path) -> (person, camera, sequence, frame, box), whole numbers."""
    rng = np.random.default_rng(seed)
    people = [int(rng.integers(2, 1502)), int(rng.integers(1000, 1502)), int(rng.integers(2, 10)), 0, -1]
    for folder in folders:
        for person, ending in [*((p, ".jpg") for p in people), (people[0], ".jpg.jpg")]:
            parts = (person, *(int(rng.integers(1, 7)) for _ in range(2)), int(rng.integers(0, 130_000)))
            parts += (int(rng.integers(0, 20)),)
            path = folder + _name(person, parts[1], parts[3], ending, parts[2], parts[4])
            forbid(parse_name, READY_MADE, path)
            got = call(parse_name, path, given=repr(path), expected=str(parts))
            if not isinstance(got, (tuple, list)) or len(got) != 5 or not all(type(part) is int for part in got):
                fail(repr(path), f"five whole numbers, {parts}", describe(got), "make each part a number with int()")
            if tuple(got) != parts:
                fail(repr(path), str(parts), str(tuple(got)), _name_hint(tuple(got), parts))
    passed("parse_name")


def _name_hint(got: tuple, parts: tuple) -> str:
    if parts[0] == -1 and got[0] != -1:
        return "junk is person -1: the minus is part of the name"
    if got[0] != parts[0] or got[1] != parts[1]:
        return "read the file name alone: a folder may hold an underscore or a c and a digit too"
    return "person _ camera and sequence _ frame _ box: take one part at a time"


def check_count_split(count_split: Callable, sizes: tuple = ((3, 4, 2, 2), (2, 1, 0, 5)), seed: int = 0) -> None:
    """Lesson 11, exercise 2: answer(names) -> dict. `sizes` holds people, images of each, junk, distractors."""
    rng = np.random.default_rng(seed)
    for people, each, junk, distractors in sizes:
        ids = 1 + rng.permutation(1501)[:people]
        persons = [*np.repeat(ids, each), *[-1] * junk, *[0] * distractors]
        names = [
            _name(int(person), 1 + int(rng.integers(6)), n, (".jpg", ".jpg.jpg")[n == 1])
            for n, person in enumerate(persons)
        ]
        names = [str(name) for name in rng.permutation([*names, "Thumbs.db", "names.jpg.txt"])]
        given = f"names {', '.join(names[:3])}, ... ({len(names)} in all, with Thumbs.db and names.jpg.txt)"
        expected = dict(zip(COUNTS, (len(persons), people, junk, distractors), strict=True))
        forbid(count_split, READY_MADE, given)
        got = call(count_split, names, given=given, expected=str(expected))
        if not isinstance(got, dict) or set(got) != set(COUNTS):
            fail(given, f"a dict with the keys {', '.join(COUNTS)}", describe(got), "return the dict of the docstring")
        if not all(isinstance(n, (int, np.integer)) and not isinstance(n, bool) for n in got.values()):
            fail(given, "whole numbers", describe(got), "count with len() or sum()")
        found = {key: int(got[key]) for key in COUNTS}
        if found != expected:
            fail(given, str(expected), str(found), _count_hint(found, expected))
    passed("count_split")


def _count_hint(found: dict, expected: dict) -> str:
    if found["images"] > expected["images"]:
        return "Thumbs.db and names.jpg.txt are no images: count only what ends .jpg"
    if found["people"] > expected["people"]:
        return "-1 and 0000 are labels, not people: leave both out of the people"
    if found["images"] < expected["images"]:
        return "every .jpg file is an image: junk, distractors, and names that end .jpg.jpg too"
    return "junk is person -1, a distractor is person 0; a person with many images counts once"


def look_at(answer: Callable, names: list[str], colours: list) -> dict:
    """The probe: write the images, build the student's data set on them, and tell what it holds."""
    with tempfile.TemporaryDirectory() as folder:
        for name, colour in zip(names, colours, strict=True):
            size = (64, 128)
            image = Image.new("L", size, colour) if isinstance(colour, int) else Image.new("RGB", size, tuple(colour))
            image.save(Path(folder) / name, format="JPEG")
        (Path(folder) / "Thumbs.db").write_bytes(b"no image")
        data, small = answer(folder), answer(folder, transform=lambda image: np.asarray(image)[:2, :3])
        items, smaller = [data[i] for i in range(len(data.imgs))], small[0]
        return {
            "folder": folder,
            "imgs": [str(path) for path in data.imgs] if type(data.imgs) is list else repr(type(data.imgs)),
            "kinds": sorted({type(path).__name__ for path in data.imgs}),
            "unique_ids": data.unique_ids,
            "ids": [data.get_id(str(Path(folder) / name)) for name in names],
            "length": len(data),
            "images": [np.asarray(item[0]) for item in items],
            "labels": [item[1] for item in items],
            "transformed": np.asarray(smaller[0]),
        }


def check_market1501(market1501: Callable, people: tuple = (700, 12, 1100), junk: int = 2, seed: int = 0) -> None:
    """Lesson 11, exercise 3: the class. Two images of each person, a distractor, some junk, one grey file."""
    rng = np.random.default_rng(seed)
    persons = [int(p) for p in rng.permutation([*people, *people, 0, *[-1] * junk])]
    names = [_name(person, 1 + n % 6, 10 + n) for n, person in enumerate(persons)]
    names[persons.index(people[0])] += ".jpg"
    colours: list = [[int(value) for value in rng.integers(30, 226, 3)] for _ in names]
    colours[persons.index(people[-1])] = 90
    given = f"a folder with {', '.join(sorted(names)[:3])}, ... ({len(names)} images, and Thumbs.db)"
    forbid(market1501, READY_MADE, given)
    told = call(market1501, names, colours, given=given, expected="a data set", probe=look_at)
    _require_files(told, names, persons, given)
    kept = sorted(name for name, person in zip(names, persons, strict=True) if person != -1)
    place = {name: n for n, name in enumerate(names)}
    ids = sorted(set(persons) - {-1})
    for name, image, label in zip(kept, told["images"], told["labels"], strict=True):
        _require_item(image, label, colours[place[name]], ids.index(persons[place[name]]), f"{given}, item {name}")
    shape = np.shape(told["transformed"])
    if shape != (2, 3, 3):
        hint = "the transform gets the RGB image, and what it returns is the item's image"
        fail(f"{given}, a transform that cuts out (2, 3, 3)", "shape (2, 3, 3)", f"shape {shape}", hint)
    passed("Market1501")


def _require_files(told: dict, names: list[str], persons: list[int], given: str) -> None:
    """Attributes and get_id, compared with what the names say."""
    if told["ids"] != persons or not all(type(one) is int for one in told["ids"]):
        hint = "get_id returns the person as a whole number: -1 for junk, 0 for a distractor"
        fail(f"get_id of {', '.join(names)}", str(persons), str(told["ids"]), hint)
    kept = sorted(name for name, person in zip(names, persons, strict=True) if person != -1)
    imgs = told["imgs"]
    if not isinstance(imgs, list):
        fail(given, "imgs, a list of paths", f"imgs is {imgs}", "a sorted list: sorted(...)")
    if told["kinds"] != ["str"]:
        fail(given, "texts in imgs", f"{', '.join(told['kinds'])}", "a path object becomes a text with str(path)")
    found = [re.split(r"[/\\]", path)[-1] for path in imgs]
    if sorted(found) != kept:
        left, extra = sorted(set(kept) - set(found)), sorted(set(found) - set(kept))
        hint = "junk goes, distractors and .jpg.jpg stay, other files are no images"
        fail(given, f"{len(kept)} paths in imgs", f"{len(found)}; missing {left}, too much {extra}", hint)
    if found != kept:
        fail(given, "imgs in sorted order", str(found), "the order of a folder is chance: sort it")
    if not all(path.startswith(told["folder"]) for path in imgs):
        fail(given, "paths that can be opened", imgs[0], "join the folder and the name")
    ids = sorted(set(persons) - {-1})
    if type(told["unique_ids"]) is not list or told["unique_ids"] != ids:
        hint = "a sorted list; every person once; distractors are kept, junk is not"
        fail(given, f"unique_ids {ids}", describe(told["unique_ids"]), hint)
    if told["length"] != len(kept):
        fail(given, f"a length of {len(kept)}", describe(told["length"]), "leave __len__ as it is")


def _require_item(image: np.ndarray, label: object, colour: object, expected: int, given: str) -> None:
    if np.shape(image) != (128, 64, 3):
        hint = "open the file and convert it to RGB: some files are grey"
        fail(given, "an RGB image of shape (128, 64, 3)", f"shape {np.shape(image)}", hint)
    away = np.abs(np.asarray(image, dtype=float).mean(axis=(0, 1)) - np.asarray(colour, dtype=float)).max()
    if not away < 8:
        fail(given, f"an image of colour {colour}", "another image", "item i is the file imgs[i]")
    if type(label) not in (int, np.int64) or label != expected:
        hint = "the label is the place of the person in unique_ids: 0, 1, 2, ... as a classifier needs it"
        fail(given, f"label {expected}", describe(label), hint)


def check_deal(deal: Callable, cases: tuple = ((9, 4), (8, 4), (3, 4), (2, 5)), seed: int = 0) -> None:
    """Lesson 11, exercise 4: answer(images, k, seed) -> (groups, k). `cases` holds (images, k)."""
    rng = np.random.default_rng(seed)
    for n, k in cases:
        images = rng.permutation(10_000)[:n]
        given = f"images {images.tolist()}, k = {k}"
        forbid(deal, {"RandomIdentitySampler"}, given)
        groups = [_groups(deal, images, k, seed + i, given) for i in range(40)]
        if not np.array_equal(groups[0], _groups(deal, images, k, seed, given)):
            fail(given, "one seed, one result", "two results for one seed", "draw from np.random.default_rng(seed)")
        if n > 1 and len({tuple(group[0]) for group in groups}) == 1:
            fail(f"{given}, 40 seeds", "different first groups", "always the same", "shuffle the images first")
    passed("deal")


def _groups(answer: Callable, images: np.ndarray, k: int, seed: int, given: str) -> np.ndarray:
    given, shape = f"{given}, seed {seed}", (-(-len(images) // k), k)
    got = call(answer, images, k, seed, given=given, expected=f"an array of shape {shape}")
    if type(got) is not np.ndarray or got.dtype.kind not in "iu":
        fail(given, f"an array of whole numbers of shape {shape}", describe(got), "return a NumPy array: np.array(...)")
    if got.shape != shape:
        hint = "as many groups as it takes for every image: round n / k up"
        fail(given, f"shape {shape}", f"shape {got.shape}", hint)
    times = np.array([[(group == image).sum() for image in images] for group in got])
    if (times.sum(axis=1) != k).any():
        fail(given, "only images of this identity", str(got.tolist()), "give out the numbers in `images`, not places")
    if (times.sum(axis=0) == 0).any():
        fail(given, "every image at least once", str(got.tolist()), "deal without replacement until all are out")
    least, most = k // len(images), -(-k // len(images))
    if times.max() > most or times.min() < least:
        hint = "go round the shuffled deck again and again: no image comes back before all others have come"
        fail(given, f"in each group an image {least} to {most} times", f"{got.tolist()}", hint)
    return got
