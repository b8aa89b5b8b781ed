"""Right and wrong answers to the exercises of lesson 11, named after the style or the mistake."""

import random
import re
from pathlib import Path

import numpy as np
from PIL import Image
from torch.utils.data import Dataset

PATTERN = re.compile(r"(-?\d+)_c(\d+)s(\d+)_(\d+)_(\d+)\.jpg")


def by_pattern(path):
    return tuple(map(int, PATTERN.match(Path(path).name).groups()))


def by_hand(path):
    name = path.rsplit("/", 1)[-1]
    a, b, c, d = name.split("_")
    return int(a), int(b[1]), int(b[3]), int(c), int(d[: d.index(".")])


def strict_ending(path):
    groups = re.fullmatch(r"(-1|\d{4})_c(\d)s(\d)_(\d+)_(\d+)\.jpg", Path(path).name).groups()
    return tuple(int(part) for part in groups)


def without_minus(path):
    return tuple(int(part) for part in re.findall(r"\d+", Path(path).name)[:5])


def camera_from_path(path):
    person, _, sequence, frame, box = by_pattern(path)
    return person, int(re.search(r"_c(\d)", path)[1]), sequence, frame, box


def whole_path(path):
    person, place, frame, rest = path.split("_")
    return int(person), int(place[1]), int(place[3]), int(frame), int(rest[:2])


def swapped(path):
    person, camera, sequence, frame, box = by_pattern(path)
    return person, sequence, camera, frame, box


def count(names):
    people = np.array([by_pattern(name)[0] for name in names if name.lower().endswith(".jpg")])
    return {
        "images": int(people.size),
        "people": int(np.unique(people[people > 0]).size),
        "junk": int((people == -1).sum()),
        "distractors": int((people == 0).sum()),
    }


def count_by_loop(names):
    found, seen = dict.fromkeys(("images", "people", "junk", "distractors"), 0), set()
    for name in names:
        match = PATTERN.match(name)
        if match is None:
            continue
        found["images"] += 1
        if match[1] == "-1":
            found["junk"] += 1
        elif match[1] == "0000":
            found["distractors"] += 1
        else:
            seen.add(match[1])
    return {**found, "people": len(seen)}


def jpg_somewhere(names):
    """What holds .jpg is an image, wherever it stands in the name."""
    people = [by_pattern(name)[0] if PATTERN.match(name) else 0 for name in names if ".jpg" in name]
    counts = {"junk": people.count(-1), "distractors": people.count(0)}
    return {"images": len(people), "people": len({person for person in people if person > 0})} | counts


def changed(change):
    """count, and then one mistake: change(result, names) gives what is different."""
    return lambda names: {**count(names), **change(count(names), names)}


def single_ending(names):
    return count([name for name in names if not name.endswith(".jpg.jpg")])


class Right(Dataset):
    """In another style than the lesson's: glob, a dict of labels."""

    def __init__(self, folder, transform=None):
        files = [path for path in Path(folder).glob("*.jpg") if not path.name.startswith("-1")]
        self.imgs = sorted(map(str, files))
        self.unique_ids = sorted(set(map(self.get_id, self.imgs)))
        self.place = {person: label for label, person in enumerate(self.unique_ids)}
        self.transform = transform or (lambda image: image)

    def get_id(self, file_path):
        return int(Path(file_path).name.split("_")[0])

    def __len__(self):
        return len(self.imgs)

    def __getitem__(self, index):
        path = self.imgs[index]
        return self.transform(Image.open(path).convert("RGB")), self.place[self.get_id(path)]


class Arrays(Right):
    """Images as arrays where there is no transform, labels by NumPy."""

    def __getitem__(self, index):
        image = self.transform(Image.open(self.imgs[index]).convert("RGB"))
        return image, int(np.searchsorted(self.unique_ids, self.get_id(self.imgs[index])))


class Unsorted(Right):
    def __init__(self, folder, transform=None):
        super().__init__(folder, transform)
        self.imgs = self.imgs[::-1]


class SortedByPerson(Right):
    def __init__(self, folder, transform=None):
        super().__init__(folder, transform)
        self.imgs = sorted(self.imgs, key=lambda path: Path(path).name[::-1])


class KeepsJunk(Right):
    def __init__(self, folder, transform=None):
        super().__init__(folder, transform)
        self.imgs = sorted(map(str, Path(folder).glob("*.jpg")))
        self.unique_ids = sorted(set(map(self.get_id, self.imgs)))
        self.place = {person: label for label, person in enumerate(self.unique_ids)}


class DropsDistractors(Right):
    def __init__(self, folder, transform=None):
        super().__init__(folder, transform)
        self.imgs = [path for path in self.imgs if self.get_id(path) > 0]
        self.unique_ids = [person for person in self.unique_ids if person > 0]


class LosesDoubleEnding(Right):
    def __init__(self, folder, transform=None):
        super().__init__(folder, transform)
        self.imgs = [path for path in self.imgs if not path.endswith(".jpg.jpg")]


class PathObjects(Right):
    def __init__(self, folder, transform=None):
        super().__init__(folder, transform)
        self.imgs = [Path(path) for path in self.imgs]


class NamesOnly(Right):
    def __init__(self, folder, transform=None):
        super().__init__(folder, transform)
        self.folder, self.imgs = folder, [Path(path).name for path in self.imgs]

    def __getitem__(self, index):
        path = Path(self.folder) / self.imgs[index]
        return self.transform(Image.open(path).convert("RGB")), self.place[self.get_id(path)]


class IdAsLabel(Right):
    def __getitem__(self, index):
        return super().__getitem__(index)[0], self.get_id(self.imgs[index])


class StaysGrey(Right):
    def __getitem__(self, index):
        path = self.imgs[index]
        return self.transform(Image.open(path)), self.place[self.get_id(path)]


class NoTransform(Right):
    def __init__(self, folder, transform=None):
        super().__init__(folder)


class IdAsText(Right):
    def get_id(self, file_path):
        return Path(file_path).name.split("_")[0]


class IdsAsArray(Right):
    def __init__(self, folder, transform=None):
        super().__init__(folder, transform)
        self.unique_ids = np.unique(self.unique_ids)


class OneImageForAll(Right):
    def __getitem__(self, index):
        return super().__getitem__(0)[0], super().__getitem__(index)[1]


def deal_by_cycle(images, k, seed):
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(images))
    groups = (len(images) + k - 1) // k
    return images[order[np.arange(groups * k) % len(images)]].reshape(groups, k)


def deal_by_loop(images, k, seed):
    deck = list(images)
    random.Random(seed).shuffle(deck)
    groups = []
    for start in range(0, len(deck), k):
        groups.append([deck[(start + i) % len(deck)] for i in range(k)])
    return np.array(groups)


def drops_the_rest(images, k, seed):
    deck = np.random.default_rng(seed).permutation(images)
    groups = max(1, len(deck) // k)
    return np.resize(deck, (groups, k))


def one_group(images, k, seed):
    return np.resize(np.random.default_rng(seed).permutation(images), (1, k))


def with_replacement(images, k, seed):
    return np.random.default_rng(seed).choice(images, (-(-len(images) // k), k))


def repeats_the_last(images, k, seed):
    deck = np.random.default_rng(seed).permutation(images)
    groups = -(-len(deck) // k)
    return np.pad(deck, (0, groups * k - len(deck)), mode="edge").reshape(groups, k)


def fills_by_chance(images, k, seed):
    rng = np.random.default_rng(seed)
    deck, groups = rng.permutation(images), -(-len(images) // k)
    return np.concatenate([deck, rng.choice(images, groups * k - len(deck))]).reshape(groups, k)


def not_shuffled(images, k, seed):
    return np.resize(images, (-(-len(images) // k), k))


def ignores_the_seed(images, k, seed):
    return deal_by_cycle(images, k, random.randrange(10**9))


def places(images, k, seed):
    return deal_by_cycle(np.arange(len(images)), k, seed)


def as_list(images, k, seed):
    return deal_by_cycle(images, k, seed).tolist()


RIGHT = {
    "parse_name": {"a pattern": by_pattern, "splits": by_hand},
    "count_split": {"arrays": count, "a loop": count_by_loop},
    "market1501": {"glob and a dict": Right, "searchsorted": Arrays},
    "deal": {"modulo": deal_by_cycle, "a loop": deal_by_loop},
}

WRONG = {
    "parse_name": {
        "loses jpg.jpg": strict_ending,
        "loses the minus": without_minus,
        "camera from the whole path": camera_from_path,
        "splits the whole path": whole_path,
        "camera and sequence swapped": swapped,
        "texts": lambda path: PATTERN.match(Path(path).name).groups(),
        "frame lost": lambda path: by_pattern(path)[:3] + by_pattern(path)[4:],
    },
    "count_split": {
        "junk is a person": changed(lambda found, names: {"people": found["people"] + (found["junk"] > 0)}),
        "distractors are a person": changed(
            lambda found, names: {"people": found["people"] + (found["distractors"] > 0)}
        ),
        "counts Thumbs.db": changed(lambda found, names: {"images": len(names)}),
        "jpg anywhere in the name": jpg_somewhere,
        "images without junk": changed(lambda found, names: {"images": found["images"] - found["junk"]}),
        "loses jpg.jpg": single_ending,
        "people not unique": changed(
            lambda found, names: {"people": found["images"] - found["junk"] - found["distractors"]}
        ),
        "a tuple": lambda names: tuple(count(names).values()),
        "as texts": lambda names: {key: str(value) for key, value in count(names).items()},
    },
    "market1501": {
        "backwards": Unsorted,
        "sorted by something else": SortedByPerson,
        "keeps junk": KeepsJunk,
        "drops distractors": DropsDistractors,
        "loses jpg.jpg": LosesDoubleEnding,
        "names without a folder": NamesOnly,
        "paths, not texts": PathObjects,
        "the id as label": IdAsLabel,
        "stays grey": StaysGrey,
        "ignores the transform": NoTransform,
        "the id as a text": IdAsText,
        "ids as an array": IdsAsArray,
        "one image for all": OneImageForAll,
    },
    "deal": {
        "drops the rest": drops_the_rest,
        "one group only": one_group,
        "with replacement": with_replacement,
        "repeats the last": repeats_the_last,
        "fills by chance": fills_by_chance,
        "not shuffled": not_shuffled,
        "ignores the seed": ignores_the_seed,
        "places, not images": places,
        "a list": as_list,
    },
}
