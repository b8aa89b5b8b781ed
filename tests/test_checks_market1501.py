"""The checks of lesson 11 name the mistake that was made; the class is asked for plain data only."""

import runpy
from pathlib import Path

import numpy as np
import pytest

from course_utils import people_figures
from course_utils.checks import market1501
from course_utils.checks.report import CheckFailed
from course_utils.market1501 import Market1501
from course_utils.people_figures import show_people

ANSWERS = runpy.run_path(str(Path(__file__).parent / "answers" / "11_market1501_data.py"))

HINTS = [
    ("parse_name", "loses the minus", "the minus is part of the name"),
    ("parse_name", "splits the whole path", "run the function on this input alone"),
    ("parse_name", "texts", "int()"),
    ("parse_name", "camera and sequence swapped", "file name alone"),
    ("count_split", "junk is a person", "labels, not people"),
    ("count_split", "counts Thumbs.db", "no image"),
    ("count_split", "jpg anywhere in the name", "only what ends .jpg"),
    ("count_split", "images without junk", "every .jpg file is an image"),
    ("count_split", "loses jpg.jpg", "every .jpg file is an image"),
    ("market1501", "backwards", "sort it"),
    ("market1501", "keeps junk", "junk goes"),
    ("market1501", "drops distractors", "distractors and .jpg.jpg stay"),
    ("market1501", "loses jpg.jpg", "distractors and .jpg.jpg stay"),
    ("market1501", "names without a folder", "join the folder"),
    ("market1501", "paths, not texts", "str(path)"),
    ("market1501", "the id as label", "place of the person"),
    ("market1501", "stays grey", "convert it to RGB"),
    ("market1501", "ignores the transform", "the transform gets the RGB image"),
    ("market1501", "the id as a text", "whole number"),
    ("market1501", "one image for all", "item i is the file"),
    ("deal", "drops the rest", "round n / k up"),
    ("deal", "with replacement", "without replacement"),
    ("deal", "repeats the last", "before all others have come"),
    ("deal", "not shuffled", "shuffle"),
    ("deal", "ignores the seed", "default_rng(seed)"),
    ("deal", "places, not images", "not places"),
]


@pytest.mark.parametrize(("exercise", "mistake", "hint"), HINTS, ids=[f"{h[0]}: {h[1]}" for h in HINTS])
def test_the_hint_names_the_mistake(exercise, mistake, hint):
    check, answer = getattr(market1501, f"check_{exercise}"), ANSWERS["WRONG"][exercise][mistake]
    with pytest.raises(CheckFailed) as failure:
        check(answer)
    assert hint in failure.value.hint


def test_a_folder_that_looks_like_a_camera_catches_who_reads_the_whole_path():
    answer = ANSWERS["WRONG"]["parse_name"]["camera from the whole path"]
    with pytest.raises(CheckFailed, match="file name alone"):
        market1501.check_parse_name(answer, folders=("data/12_c3s1_x/",))


def test_the_probe_tells_only_plain_data_about_the_class():
    names, colours = ["0007_c1s1_000001_01.jpg", "-1_c1s1_000002_01.jpg"], [[10, 200, 90], 50]
    told = market1501.look_at(ANSWERS["RIGHT"]["market1501"]["searchsorted"], names, colours)
    assert told["unique_ids"] == [7] and told["ids"] == [7, -1] and told["labels"] == [0]
    assert {type(value) for value in told.values()} <= {str, list, int, np.ndarray}
    assert not Path(told["folder"]).exists()


def test_the_names_of_the_check_can_be_read_by_the_courses_own_class():
    for person, ending in ((-1, ".jpg"), (0, ".jpg"), (1488, ".jpg.jpg")):
        name = market1501._name(person, 3, 42, ending)
        assert (Market1501.get_id(name), Market1501.get_camera(name)) == (person, 3)


@pytest.mark.parametrize(
    ("rows", "titles", "message"),
    [([], (), "at least one"), ([[None], [None, None]], (), "differ in length"), ([[None]], ("a", "b"), "one title")],
)
def test_a_table_of_people_that_cannot_be_drawn_is_refused(rows, titles, message):
    with pytest.raises(ValueError, match=message):
        show_people(rows, alt="a table of four words", columns=titles)


def test_a_table_of_people_leaves_places_empty(monkeypatch):
    figures = []
    monkeypatch.setattr(people_figures, "show", lambda figure, alt: figures.append(figure))
    image = np.full((128, 64, 3), 90, dtype=np.uint8)
    show_people([[image, None], [None, image]], alt="two people on a diagonal", names=("person 1", "person 2"))
    assert [len(axis.images) for axis in figures[0].axes] == [1, 0, 0, 1]
    assert [axis.get_ylabel() for axis in figures[0].axes] == ["person 1", "", "person 2", ""]
