"""Which images the stand-in holds, under which names: Market-1501's proportions in small.

Used by course_utils.standin (lesson 11). Counts of the real set: 751 training and 750 test people, 17.2 training images
each, 2 to 6 cameras; in the gallery 3,819 junk boxes and 2,798 distractors beside 13,115 true ones; one query
for each test person and camera. A few training people have only 2 or 3 images, as 15 of the real 751 have.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from course_utils.standin_places import PEOPLE

TRAIN, QUERY, GALLERY = "bounding_box_train", "query", "bounding_box_test"
_CAMERAS_OF_A_PERSON = {2: 50, 3: 105, 4: 214, 5: 301, 6: 81}  # training people seen by so many cameras
_JUNK_SHARE, _DISTRACTOR_SHARE = 3819 / 13115, 2798 / 13115


@dataclass(frozen=True)
class Shot:
    """One image to be made. subject: number of the person on it (a stranger's lies above `STRANGERS`), 0 for nobody."""

    folder: str
    person_id: int
    camera: int
    sequence: int
    frame: int
    box: int
    subject: int
    kind: str  # detected, drawn (a box by hand), partial
    doubled: bool = False  # the file name ends .jpg.jpg, as six of Market-1501's queries do

    @property
    def name(self) -> str:
        person = "-1" if self.person_id == -1 else f"{self.person_id:04d}"
        ending = ".jpg.jpg" if self.doubled else ".jpg"
        return f"{person}_c{self.camera}s{self.sequence}_{self.frame:06d}_{self.box:02d}{ending}"


STRANGERS = 10_000


def plan(train_people: int, test_people: int, seed: int) -> list[Shot]:
    """All shots; the same numbers give the same list. The two sets of person ids are disjoint and have gaps."""
    rng = np.random.default_rng([seed, 11])
    total = train_people + test_people
    ids = 1 + rng.permutation(max(1501, total))[:total]
    train_ids, test_ids = np.sort(ids[:train_people]), np.sort(ids[train_people:])
    shots = []
    for i, person_id in enumerate(train_ids):
        few = {6: 3, 13: 2}.get(i % 20)
        shots += _passages(rng, TRAIN, int(person_id), few)
    for i, person_id in enumerate(test_ids):
        true = list(_passages(rng, GALLERY, int(person_id), None))
        shots += true
        first = {shot.camera: shot for shot in reversed(true)}
        shots += [_query(first[camera], doubled=i == 0) for camera in sorted(first)]
    true = [shot for shot in shots if shot.folder == GALLERY]
    return shots + _junk(rng, true) + _distractors(rng, len(true))


def _passages(rng, folder, person_id, few) -> Iterator[Shot]:
    """A person passes some cameras and leaves a handful of images at each; `few` limits all of them together."""
    busy = np.array(PEOPLE) / sum(PEOPLE)
    share = np.array(list(_CAMERAS_OF_A_PERSON.values())) / sum(_CAMERAS_OF_A_PERSON.values())
    count = 2 if few else rng.choice(list(_CAMERAS_OF_A_PERSON), p=share)
    left = few
    for camera in sorted(1 + rng.choice(6, size=count, replace=False, p=busy)):
        sequence, frame = int(rng.integers(1, 7)), int(rng.integers(0, 120_000))
        images = 1 + rng.poisson(2.9)
        if few:
            images = left - 1 if left == few else 1
            left -= images
        for _ in range(images):
            yield Shot(folder, person_id, int(camera), sequence, frame, int(rng.integers(1, 8)), person_id, "detected")
            frame += int(rng.integers(10, 60))


def _query(shot, doubled):
    """The query of one camera is a box drawn by hand a little before the first gallery image there."""
    return Shot(
        QUERY, shot.person_id, shot.camera, shot.sequence, max(0, shot.frame - 5), 0, shot.subject, "drawn", doubled
    )


def _junk(rng, true):
    """Boxes that show a person only in part: a copy of some true shots, some frames later."""
    chosen = rng.choice(len(true), size=round(_JUNK_SHARE * len(true)), replace=False)
    return [
        Shot(GALLERY, -1, true[i].camera, true[i].sequence, 130_000 + n, 9, true[i].subject, "partial")
        for n, i in enumerate(np.sort(chosen))
    ]


def _distractors(rng, true_images):
    """Boxes without a person that was labelled: half of them the bare place, the others strangers or parts of them."""
    shots = []
    for n in range(round(_DISTRACTOR_SHARE * true_images)):
        camera = 1 + int(rng.choice(6, p=np.array(PEOPLE) / sum(PEOPLE)))
        kind = ("empty", "empty", "partial", "detected")[int(rng.integers(4))]
        subject = 0 if kind == "empty" else STRANGERS + n
        shots.append(Shot(GALLERY, 0, camera, int(rng.integers(1, 7)), 140_000 + n, 1, subject, kind))
    return shots
