"""Archives that students hand in: whose they are, what is taken from them, and what the instructor is told."""

import unicodedata
import zipfile

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_markdown_cell, new_notebook

from classroom import write_zip
from course_admin import archives
from course_admin.archives import read_archive, student_id
from course_admin.errors import CourseError

LESSON = "01_convolution_by_hand"
NOTEBOOK = f"{LESSON}.ipynb"
MINE, OLD, NEW = (
    nbformat.writes(new_notebook(metadata={"whose": whose}, cells=[new_markdown_cell("x" * 1000, id="one")]))
    for whose in ("mine", "old", "new")
)


@pytest.mark.parametrize(
    ("archive", "student"),
    [
        ("Dupont-Jeanne-TP1.zip", "dupont-jeanne"),
        ("DUPONT-JEANNE-TP12.ZIP", "dupont-jeanne"),
        ("dupont_jeanne_tp 3.zip", "dupont-jeanne"),
        ("Dupont-Jeanne-TP2.1.zip", "dupont-jeanne"),
        ("Dupont-Jeanne-TP1 (2).zip", "dupont-jeanne"),
        ("Lefèvre-Zoé-TP1.zip", "lefevre-zoe"),
        (unicodedata.normalize("NFD", "Lefèvre-Zoé-TP1.zip"), "lefevre-zoe"),
        ("Le Goff-Jean-Marie-TP1.zip", "le-goff-jean-marie"),
        ("O'Brien-Ann-TP1.zip", "o-brien-ann"),
        ("李-雷-TP1.zip", "李-雷"),
        ("Jeanne DUPONT_4711_assignsubmission_file_Dupont-Jeanne-TP1.zip", "dupont-jeanne"),
    ],
)
def test_a_student_is_the_same_however_the_name_is_spelled(archive, student):
    assert student_id(archive) == student


@pytest.mark.parametrize(
    "archive",
    ["Dupont-TP1.zip", "-TP1.zip", "Dupont-Jeanne.zip", "Dupont-Jeanne-TP.zip", "Dupont-Jeanne-TP1.rar", "TP1"],
)
def test_another_name_is_refused_with_the_cure(archive):
    with pytest.raises(CourseError, match=r"not called like Surname-Firstname-TP1\.zip; rename it"):
        student_id(archive)


@given(st.text(max_size=60))
def test_a_student_is_always_a_safe_name_for_a_folder(name):
    try:
        student = student_id(f"{name}-TP1.zip")
    except CourseError:
        return
    assert all(part.isalnum() for part in student.split("-"))


def taken(path, members: dict[str, str]):
    write_zip(path, members)
    return read_archive(path, LESSON)


@pytest.mark.parametrize("folder", ["", "TP1/", "TP 1/notebooks/01_convolution_by_hand/", "TP1\\"])
def test_the_notebook_is_found_in_any_folder(tmp_path, folder):
    submission = taken(tmp_path / "a.zip", {f"{folder}{NOTEBOOK}": MINE, f"{folder}03_mlp_numpy.ipynb": "other"})
    assert submission == archives.Submission({NOTEBOOK: MINE.encode()})


def test_leavings_of_macos_and_editors_are_passed_over(tmp_path):
    junk = {f"__MACOSX/._{NOTEBOOK}": "", f".ipynb_checkpoints/{NOTEBOOK}": "", f"__pycache__/{NOTEBOOK}": ""}
    assert taken(tmp_path / "a.zip", {NOTEBOOK: MINE, **junk}).files == {NOTEBOOK: MINE.encode()}


def test_python_files_beside_the_notebook_come_along_but_replace_no_module(tmp_path):
    beside = {"w/helper.py": "x", "w/torch.py": "x", "w/course_utils.py": "x", "w/data.csv": "x", "other/far.py": "x"}
    submission = taken(tmp_path / "a.zip", {f"w/{NOTEBOOK}": MINE, **beside})
    assert sorted(submission.files) == [NOTEBOOK, "helper.py"]
    assert submission.notes == (
        "a.zip: left out w/course_utils.py, it would take the place of a module",
        "a.zip: left out w/torch.py, it would take the place of a module",
    )


def test_of_two_notebooks_the_newest_is_taken_and_said(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for folder, year, text in (("old", 2024, OLD), ("new", 2026, NEW), ("older", 2023, OLD)):
            archive.writestr(zipfile.ZipInfo(f"{folder}/{NOTEBOOK}", (year, 1, 1, 0, 0, 0)), text)
    submission = read_archive(tmp_path / "a.zip", LESSON)
    assert submission.files == {NOTEBOOK: NEW.encode()}
    assert submission.notes == (f"a.zip: 3 notebooks of this lesson; took the newest, new/{NOTEBOOK}",)


def test_a_renamed_notebook_is_taken_and_said(tmp_path):
    submission = taken(tmp_path / "a.zip", {f"{LESSON}-Copy1.ipynb": MINE})
    assert submission.files == {NOTEBOOK: MINE.encode()}
    assert submission.notes == (f"a.zip: took {LESSON}-Copy1.ipynb for {NOTEBOOK}",)


def test_a_missing_notebook_is_told_with_what_is_there(tmp_path):
    with pytest.raises(CourseError, match=rf"a\.zip: no {NOTEBOOK} in it; it holds a, b, c, d and 1 more"):
        taken(tmp_path / "a.zip", dict.fromkeys("abcde", ""))
    with pytest.raises(CourseError, match="it holds no file"):
        taken(tmp_path / "b.zip", {})


def broken_zips(tmp_path):
    write_zip(tmp_path / "good.zip", {NOTEBOOK: MINE})
    good = (tmp_path / "good.zip").read_bytes()
    locked = bytearray(good)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[good.index(signature) + offset] |= 1  # the flag that says: encrypted
    middle = good.index(NOTEBOOK.encode()) + len(NOTEBOOK) + 4
    return {
        "empty": b"",
        "half": good[: len(good) // 2],
        "damaged": good[:middle] + b"????" + good[middle + 4 :],
        "locked": locked,
    }


@pytest.mark.parametrize("kind", ["empty", "half", "damaged", "locked"])
def test_an_archive_that_cannot_be_read_is_one_line(tmp_path, kind):
    path = tmp_path / "a.zip"
    path.write_bytes(broken_zips(tmp_path)[kind])
    with pytest.raises(CourseError, match=r"^a\.zip: cannot be read as a zip \(.*\); ask for it again$"):
        read_archive(path, LESSON)


def test_a_bomb_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "LARGEST_FILE", 2_000_000)
    with pytest.raises(CourseError, match="unpacks to 3 MB"):
        taken(tmp_path / "a.zip", {NOTEBOOK: "0" * 3_000_000})


@pytest.mark.parametrize("text", ["", "{ broken", "[]", "{}", '{"cells": 1, "nbformat": 4, "nbformat_minor": 5}'])
def test_a_notebook_that_cannot_be_read_is_told_when_it_is_collected(tmp_path, text):
    with pytest.raises(CourseError, match=r"^a\.zip: its notebook cannot be read; ask for it again$"):
        taken(tmp_path / "a.zip", {NOTEBOOK: text})


def test_a_byte_order_mark_is_no_fault(tmp_path):
    assert taken(tmp_path / "a.zip", {NOTEBOOK: "\ufeff" + MINE}).files == {NOTEBOOK: MINE.encode()}
