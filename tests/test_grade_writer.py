"""What grading leaves is plain nbgrader: gradebook, autograded/, formgrader, export; marks by hand are kept."""

import json
import stat
from datetime import datetime

import nbformat
import pytest

from classroom import jupyter_server, read_csv
from course_admin.grading import status
from course_admin.grading.autograded import clean_output
from course_admin.grading.course import open_course
from course_admin.grading.engine import grade_class
from course_admin.grading.records import CellRun, Mark, NotebookResult, Result
from course_admin.grading.spec import read_assignment
from tiny_class import HALF, NAME, RIGHT, hand_in, nbgrader, run_in_process, scores, totals


def grade(course, run=run_in_process, **how):
    return grade_class(course, read_assignment(course, NAME), course.students("submitted", NAME), run, **how)


def give_by_hand(course, student: str, cell: str, points: float, extra: float | None = None):
    """As formgrader does: the mark is given, and nothing waits any more."""
    with course.gradebook() as gradebook:
        grade = gradebook.find_grade(cell, NAME, NAME, student)
        grade.manual_score, grade.extra_credit, grade.needs_manual_grade = points, extra, False
        gradebook.find_comment("why", NAME, NAME, student).manual_comment = "well said"
        gradebook.db.commit()


# ---- marks by hand ------------------------------------------------------------------------------------------------


def test_an_explanation_waits_for_the_hand_and_an_untouched_one_does_not(tiny_course):
    hand_in(tiny_course.root, "ann", RIGHT)
    hand_in(tiny_course.root, "cleo", {})
    grade(tiny_course)
    assert scores(tiny_course)["ann"]["why"] == (None, None, True)
    assert scores(tiny_course)["cleo"]["why"] == (0, None, False)


def test_a_mark_by_hand_is_kept_when_the_answer_stays(tiny_course):
    hand_in(tiny_course.root, "ann", HALF)
    grade(tiny_course)
    give_by_hand(tiny_course, "ann", "why", 2.5, extra=0.5)
    hand_in(tiny_course.root, "ann", RIGHT)  # another exercise is mended
    grade(tiny_course)
    assert scores(tiny_course)["ann"]["why"] == (None, 2.5, False)
    assert totals(tiny_course)["ann"] == 3 + 2.5 + 0.5
    assert status.read(tiny_course.root, NAME, "ann")["score"] == 6
    with tiny_course.gradebook() as gradebook:
        assert gradebook.find_comment("why", NAME, NAME, "ann").manual_comment == "well said"


def test_a_mark_by_hand_is_kept_and_looked_at_again_when_the_answer_changes(tiny_course):
    hand_in(tiny_course.root, "ann", RIGHT)
    grade(tiny_course)
    give_by_hand(tiny_course, "ann", "why", 3)
    hand_in(tiny_course.root, "ann", RIGHT | {"why": "I have thought again."})
    grade(tiny_course)
    assert scores(tiny_course)["ann"]["why"] == (None, 3, True)


def test_an_overruled_check_stays_overruled(tiny_course):
    hand_in(tiny_course.root, "ann", HALF)
    grade(tiny_course)
    give_by_hand(tiny_course, "ann", "check-mean", 0.5)
    grade(tiny_course, again=True)
    assert scores(tiny_course)["ann"]["check-mean"] == (0, 0.5, False)
    hand_in(tiny_course.root, "ann", RIGHT)
    grade(tiny_course)
    assert scores(tiny_course)["ann"]["check-mean"] == (1, 0.5, True)


def test_refused_work_is_zero_and_nobody_elses_marks_change(tiny_course):
    hand_in(tiny_course.root, "ann", RIGHT)
    hand_in(tiny_course.root, "bob", HALF)
    grade(tiny_course)
    before = scores(tiny_course)["ann"]
    hand_in(tiny_course.root, "bob", None, **{f"{NAME}.ipynb": b"broken"})
    grade(tiny_course)
    assert totals(tiny_course)["bob"] == 0
    assert set(scores(tiny_course)["bob"].values()) == {(0, None, False)}
    assert scores(tiny_course)["ann"] == before
    assert not tiny_course.path("autograded", "bob", NAME).exists()
    with tiny_course.gradebook() as gradebook:
        flags = {row.student.id: row.notebooks[0].flagged for row in gradebook.assignment_submissions(NAME)}
    assert flags == {"ann": False, "bob": True}


@pytest.mark.parametrize("points", [4000, -3, float("nan"), float("inf")])
def test_no_more_points_than_there_are(tiny_course, points):
    hand_in(tiny_course.root, "ann", RIGHT)

    def generous(assignment, submission, limits, options):
        marks = (Mark("check-squares", points, 2, True), Mark("no-such-check", 50, 50, True))
        return Result(submission.student, (NotebookResult(NAME, marks, ()),))

    grade(tiny_course, generous)
    assert 0 <= totals(tiny_course)["ann"] <= 2


# ---- time and lateness --------------------------------------------------------------------------------------------


def late_course(course, settings: str):
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text() + settings)
    nbgrader(course.root, "db", "assignment", "add", NAME, "--duedate", "2025-12-01 18:00:00 UTC")
    return open_course(course.root)


PER_DAY = 'c.AssignLatePenalties.plugin_class = "course_admin.nbgrader_plugins.PerDay"\nc.PerDay.grace_hours = 1.0\n'


@pytest.mark.parametrize(
    ("settings", "handed_in", "penalty"),
    [
        ("", "2025-12-03 16:00:00 UTC", 0),
        ('c.LateSubmissionPlugin.penalty_method = "zero"\n', "2025-12-03 16:00:00 UTC", 3),
        (PER_DAY, "2025-12-03 16:00:00 UTC", 0.6),  # 46 hours late, one of grace: two days of 10 % each
        (PER_DAY, "2025-12-01 18:59:00 UTC", 0),
        (PER_DAY, "2025-12-31 16:00:00 UTC", 3),
        (PER_DAY, "no time at all", 0),
    ],
)
def test_late_work_costs_what_nbgraders_plugin_says(tiny_course, settings, handed_in, penalty):
    course = late_course(tiny_course, settings)
    hand_in(course.root, "ann", RIGHT, **{"timestamp.txt": handed_in.encode()})
    grade(course)
    assert status.read(course.root, NAME, "ann")["late_penalty"] == pytest.approx(penalty)
    nbgrader(course.root, "export", "--to", "out.csv")
    (row,) = read_csv(course.root / "out.csv")
    assert float(row["score"]) == pytest.approx(3 - penalty)


def test_an_extension_counts_without_grading_again(tiny_course):
    course = late_course(tiny_course, PER_DAY)
    hand_in(course.root, "ann", RIGHT, **{"timestamp.txt": b"2025-12-03 16:00:00 UTC"})
    grade(course)
    with course.gradebook() as gradebook:
        gradebook.grant_extension(NAME, "ann", days=3)
    assert grade(course).unchanged == 1
    assert status.read(course.root, NAME, "ann")["late_penalty"] == 0
    with course.gradebook() as gradebook:
        assert gradebook.find_submission(NAME, "ann").late_submission_penalty == 0
        assert gradebook.find_submission(NAME, "ann").timestamp == datetime(2025, 12, 3, 16)


# ---- what nbgrader finds ------------------------------------------------------------------------------------------


def test_autograded_is_what_nbgrader_would_leave(tiny_course):
    hand_in(tiny_course.root, "ann", HALF, **{"data.csv": b"1,2", "timestamp.txt": b"2025-11-25 17:00:00 UTC"})
    hand_in(tiny_course.root, "ann", None, **{"page.html": b"<script>alert(1)</script>"})
    grade(tiny_course)
    folder = tiny_course.path("autograded", "ann", NAME)
    assert sorted(path.name for path in folder.iterdir()) == ["data.csv", f"{NAME}.ipynb", "timestamp.txt"]
    assert stat.S_IMODE((folder / "data.csv").stat().st_mode) == 0o444
    notebook = nbformat.read(folder / f"{NAME}.ipynb", as_version=4)
    nbformat.validate(notebook)
    ours = {c.metadata.nbgrader.grade_id: c for c in notebook.cells if "nbgrader" in c.metadata}
    hand_in(tiny_course.root, "stock", HALF)
    nbgrader(tiny_course.root, "autograde", NAME, "--student", "stock")
    stock = nbformat.read(tiny_course.path("autograded", "stock", NAME) / f"{NAME}.ipynb", as_version=4)
    theirs = {c.metadata.nbgrader.grade_id: c for c in stock.cells if "nbgrader" in c.metadata}
    assert ours.keys() == theirs.keys()
    for name, cell in ours.items():
        assert dict(cell.metadata.nbgrader) == dict(theirs[name].metadata.nbgrader)
        assert (cell.source, cell.cell_type) == (theirs[name].source, theirs[name].cell_type)
    assert ours["check-mean"].outputs[0].evalue == "AssertionError: the mean of 1, 2, 3 is 2"
    assert ours["check-squares"].outputs == []


def test_formgrader_export_and_feedback_of_nbgrader_read_it(tiny_course):
    for student, answers in (("ann", RIGHT), ("bob", HALF), ("cleo", {})):
        hand_in(tiny_course.root, student, answers)
    hand_in(tiny_course.root, "dan", None, **{f"{NAME}.ipynb": b"broken"})
    grade(tiny_course)
    config = tiny_course.root / ".config" / "jupyter_server_config.json"
    config.parent.mkdir(exist_ok=True)
    extensions = {"nbgrader.server_extensions.formgrader": True}
    config.write_text(json.dumps({"ServerApp": {"jpserver_extensions": extensions}}))
    with jupyter_server(tiny_course.root, root_dir=tiny_course.root) as server:
        rows = {row["student"]: row for row in server.get(f"/formgrader/api/submissions/{NAME}")}
        (notebook,) = [
            row for row in server.get(f"/formgrader/api/submitted_notebooks/{NAME}/{NAME}") if row["student"] == "bob"
        ]
        page = server.get(f"/formgrader/submissions/{notebook['id']}/")
        grades = {row["name"]: row for row in server.get(f"/formgrader/api/grades?submission_id={notebook['id']}")}
        server.put(f"/formgrader/api/grade/{grades['why']['id']}", {"manual_score": 2, "extra_credit": 0})
    assert {student: row["score"] for student, row in rows.items()} == {"ann": 3, "bob": 2, "cleo": 0, "dan": 0}
    assert {student: row["needs_manual_grade"] for student, row in rows.items() if row["needs_manual_grade"]} == {
        "ann": True,
        "bob": True,
    }
    assert "the mean of 1, 2, 3 is 2" in page and "BEGIN HIDDEN TESTS" in page
    assert totals(tiny_course)["bob"] == 4
    nbgrader(tiny_course.root, "export", "--to", "out.csv")
    exported = {row["student_id"]: float(row["score"]) for row in read_csv(tiny_course.root / "out.csv")}
    assert exported == {"ann": 3, "bob": 4, "cleo": 0, "dan": 0}
    nbgrader(tiny_course.root, "generate_feedback", NAME)
    assert tiny_course.path("feedback", "bob", NAME).joinpath(f"{NAME}.html").is_file()


# ---- what a kernel may send ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "output",
    [
        {"output_type": "stream", "name": 7, "text": ["a", "b\ud800"]},
        {"output_type": "error", "ename": None, "evalue": 3, "traceback": "no list"},
        {"output_type": "display_data", "data": {"text/plain": ["a"], "application/json": {"a": {1}}}},
        {"output_type": "execute_result", "data": {"image/png": "iVBO"}, "metadata": {"x": 1}},
        {"output_type": "display_data", "data": 7},
        {"output_type": "new"},
        "no output",
    ],
)
def test_an_output_is_as_the_format_wants_it_or_left_out(tiny_course, output):
    hand_in(tiny_course.root, "ann", RIGHT)

    def noisy(assignment, submission, limits, options):
        runs = tuple(CellRun((output,)) for _ in submission.notebooks[0].cells)
        return Result(submission.student, (NotebookResult(NAME, (), runs),))

    grade(tiny_course, noisy)
    notebook = tiny_course.path("autograded", "ann", NAME) / f"{NAME}.ipynb"
    nbformat.validate(nbformat.read(notebook, as_version=4))
    assert (clean_output(output) is None) == (output in ("no output", {"output_type": "new"}) or output == {
        "output_type": "display_data", "data": 7})  # fmt: skip


@pytest.mark.parametrize("student", ["O'Brien Zoé", "x" * 150, "-rf", "a{b}[c]*", "%s", "名前"])
def test_any_student_id_gets_files_of_its_own(tiny_course, student):
    hand_in(tiny_course.root, student, RIGHT)
    hand_in(tiny_course.root, "ann", HALF)
    grade(tiny_course)
    assert totals(tiny_course) == {"ann": 2, student: 3}
    assert status.read(tiny_course.root, NAME, student)["student"] == student
    assert len(list((tiny_course.root / "grading" / NAME).glob("*.json"))) == 2
    if len(student) < 120:
        assert (tiny_course.root / "grading" / NAME / f"{student}.json").is_file()
