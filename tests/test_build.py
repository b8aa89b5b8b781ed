"""The build: what it makes, that it makes the same again, and that `--check` sees every change."""

import json

import nbformat
import pytest

from course_admin import elsewhere
from course_admin.build import build, check
from course_admin.cli import main
from course_admin.errors import CourseError
from support import TINY_LESSON, edit


@pytest.fixture
def built(tiny):
    build(tiny, [])
    return tiny


def read(course, folder):
    return nbformat.read(course / folder / "01_tiny" / "01_tiny.ipynb", as_version=4)


def everything(course):
    return {path: path.read_bytes() for folder in ("solutions", "notebooks") for path in (course / folder).rglob("*.*")}


def test_the_instructor_notebook_holds_solution_and_outputs(built):
    notebook = read(built, "solutions")
    nbformat.validate(notebook)
    assert "return 2 * x" in notebook.cells[1].source
    assert notebook.cells[4].outputs[0].text == "six is 6\n"
    meta = [cell.metadata.get("nbgrader") for cell in notebook.cells]
    assert [m and (m.grade_id, m.grade, m.solution, m.locked, m.get("points")) for m in meta] == [
        None,
        ("answer-double", False, True, False, None),
        ("check-double", True, False, True, 2),
        ("explain-why", True, True, False, 1.5),
        None,
    ]


def test_the_student_notebook_holds_stubs_and_no_outputs(built):
    notebook = read(built, "notebooks")
    text = json.dumps(notebook)
    for secret in ("12345", "98765", "197530", "Rubric", "BEGIN SOLUTION", "HIDDEN", "six is 6"):
        assert secret not in text
    (answer,) = [cell for cell in notebook.cells if cell.id == "answer-double"]
    assert "raise NotImplementedError()" in answer.source
    assert "# TODO: one line" in answer.source
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert all(cell.outputs == [] and cell.execution_count is None for cell in notebook.cells if "outputs" in cell)


def test_cell_ids_do_not_come_from_chance(built):
    ids = [cell.id for cell in read(built, "solutions").cells]
    assert ids[1:4] == ["answer-double", "check-double", "explain-why"]
    assert [cell.id for cell in read(built, "notebooks").cells] == [ids[0], *elsewhere.IDS, *ids[1:]]
    # a new cell in front leaves the others' ids alone
    edit(built, "# %% tags", "# %%\nfirst = 1\n\n# %% tags")
    build(built, [])
    assert [cell.id for cell in read(built, "solutions").cells if cell.source != "first = 1"] == ids


def test_building_again_changes_no_byte_and_runs_nothing(built, monkeypatch):
    before = everything(built)
    monkeypatch.setattr("course_admin.outputs.execute", lambda *_: pytest.fail("a fresh lesson was run again"))
    build(built, [])
    assert everything(built) == before
    assert check(built, []) == []


def test_running_again_changes_no_byte_where_the_outputs_are_the_same(built):
    before = everything(built)
    build(built, [], force=True)
    assert everything(built) == before


CHANGES = {
    "code in the script": lambda c: edit(c, 'print("six is"', 'print("SIX is"'),
    "text in the script": lambda c: edit(c, "# Why?", "# Why not?"),
    "a hidden test": lambda c: edit(c, "-98765", "-98764"),
    "points": lambda c: edit(c, "points:2", "points:3"),
    "a source in the instructor notebook": lambda c: _replace(c, "solutions", '\\"six is\\"', '\\"seven is\\"'),
    "an output in the instructor notebook": lambda c: _replace(c, "solutions", "six is 6", "six is 7"),
    "a cell id": lambda c: _replace(c, "notebooks", '"id": "answer-double"', '"id": "answer-treble"'),
    "text in the student notebook": lambda c: _replace(c, "notebooks", "Why?", "Why not?"),
    "the student notebook is gone": lambda c: (c / "notebooks/01_tiny/01_tiny.ipynb").unlink(),
    "the instructor notebook is gone": lambda c: (c / "solutions/01_tiny/01_tiny.ipynb").unlink(),
    "the instructor notebook is cut off": lambda c: (c / "solutions/01_tiny/01_tiny.ipynb").write_text('{"cells": ['),
    "one byte at the end": lambda c: _replace(c, "notebooks", '"nbformat": 4', '"nbformat":  4'),
}


def _replace(course, folder, old, new):
    path = course / folder / "01_tiny" / "01_tiny.ipynb"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize("change", CHANGES)
def test_check_sees_every_change_and_executes_nothing(built, change, monkeypatch):
    monkeypatch.setattr("course_admin.outputs.execute", lambda *_: pytest.fail("--check ran a cell"))
    CHANGES[change](built)
    (problem,) = check(built, [])
    assert "01_tiny" in problem and "course build 01" in problem


def test_check_is_an_exit_code_for_ci(built, monkeypatch, capsys):
    monkeypatch.chdir(built)
    assert main(["build", "--check"]) == 0
    edit(built, "# Why?", "# Why not?")
    assert main(["build", "--check"]) == 1
    assert "solutions/01_tiny" in capsys.readouterr().out


@pytest.mark.parametrize("folder", ["solutions", "notebooks"])
def test_a_stray_file_is_named_and_stops_the_build(built, folder):
    (built / folder / "01_tiny" / "extra.csv").write_text("1")
    (problem,) = check(built, [])
    assert problem.startswith(f"{folder}/01_tiny/extra.csv: stray file")
    with pytest.raises(CourseError, match="stray file"):
        build(built, [])


def test_what_editors_leave_behind_is_no_stray_file(built):
    (built / "notebooks" / "01_tiny" / ".ipynb_checkpoints").mkdir()
    assert check(built, []) == []


def test_a_folder_without_a_lesson_is_named(built):
    (built / "lessons" / "01_tiny.py").rename(built / "lessons" / "02_small.py")
    assert [problem.split(":")[0] for problem in check(built, [])][:2] == ["solutions/01_tiny", "notebooks/01_tiny"]


def test_a_lesson_that_fails_is_named_and_leaves_the_old_build_alone(built):
    before = everything(built)
    edit(built, 'print("six is", double(3))', "1 / 0")
    with pytest.raises(CourseError, match=r"solutions/01_tiny: cell 5 \('1 / 0'\) fails: ZeroDivisionError"):
        build(built, [])
    assert everything(built) == before


def test_the_tiny_lesson_is_what_these_tests_think_it_is():
    assert TINY_LESSON.count("# %%") == 5
