"""Hostile, broken and unusual-but-right submissions, graded through the command line beside honest bystanders.

No false pass, no false failure, no hang, nothing damaged: not the bystanders' marks, not the gradebook beyond the own
row, no file outside, no hidden test in anybody's feedback.
"""

import hashlib
import json
import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest

from hostile import CASES, LIMITED
from hostile.assignment import FULL, NAME, PROBE, instructor_notebook, released
from hostile.work import Case, Work
from sandbox_support import gone
from tiny_class import course_command, nbgrader

SECRET = "SECRET_OF_THIS_GRADER_5501"
HONEST = {"aa-honest": (FULL, {}), "mm-half": (5, {"scale": "def scale(x):\n    return x"}), "zz-honest": (FULL, {})}
SMALL = ["--cell-seconds", "6", "--test-seconds", "6", "--memory", "1200", "--processes", "60", "--scratch", "64"]
SMALL += ["--file-size", "16"]
OUTSIDE = [Path("/tmp") / f"hostile-{name}" for name in ("mark", "atexit", "pickle-ran", "zip")]


@dataclass
class Graded:
    course: Path
    before: dict[str, str]
    said: str
    code: int
    gradebook: dict[str, float]

    def status(self, student: str) -> dict:
        return json.loads((self.course / "grading" / NAME / f"{student}.json").read_text(encoding="utf-8"))


def _make_course(course: Path) -> None:
    source = course / "source" / NAME
    source.mkdir(parents=True)
    nbformat.write(instructor_notebook(), source / f"{NAME}.ipynb")
    (course / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'hostile'\n")
    nbgrader(course, "generate_assignment", NAME)


def _hand_in(course: Path, student: str, make) -> None:
    place = course / "submitted" / student / NAME
    place.mkdir(parents=True)
    work = Work(released(course), place, course)
    if make(work) is not True:
        work.save()


def _snapshot(course: Path) -> dict[str, str]:
    """Every file that grading must leave as it is, by its digest; links by where they lead."""
    found = {}
    for part in ("source", "release", "submitted", "nbgrader_config.py"):
        for path in [course / part, *sorted((course / part).rglob("*"))]:
            if path.is_symlink():
                found[str(path)] = os.readlink(path)
            elif path.is_file():
                found[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def _scores(course: Path) -> dict[str, float]:
    query = """
        select submitted_assignment.student_id, sum(coalesce(grade.manual_score, grade.auto_score, 0))
        from submitted_assignment
        left join submitted_notebook on submitted_notebook.assignment_id = submitted_assignment.id
        left join grade on grade.notebook_id = submitted_notebook.id group by submitted_assignment.student_id"""
    with closing(sqlite3.connect(course / "gradebook.db")) as database:
        return {student: score or 0.0 for student, score in database.execute(query)}


def _grade(course: Path, cases: list[Case], *words: str) -> Graded:
    _make_course(course)
    for student, (_, answers) in HONEST.items():
        _hand_in(
            course, student, lambda work, answers=answers: [work.answer(*item) for item in answers.items()] and None
        )
    for case in cases:
        _hand_in(course, case.name, case.make)
    before = _snapshot(course)
    os.environ["COURSE_TEST_SECRET"] = SECRET
    done = course_command(course, "grade", NAME, "-j", "2", *words)
    del os.environ["COURSE_TEST_SECRET"]
    return Graded(course, before, done.stdout + done.stderr, done.returncode, _scores(course))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    return _grade(tmp_path_factory.mktemp("hostile"), CASES)


@pytest.fixture(scope="module")
def limited(tmp_path_factory):
    return _grade(tmp_path_factory.mktemp("limited"), LIMITED, *SMALL)


def _comes_out_as_it_should(graded: Graded, case: Case) -> None:
    told = graded.status(case.name)
    seen = {"score": told["score"], "flag": told["flag"], "reasons": told["reasons"]}
    assert told["score"] == case.score, seen
    assert told["max_score"] == FULL
    assert graded.gradebook[case.name] == pytest.approx(case.score), seen
    assert case.flag is None or told["flag"] is case.flag, seen
    assert told["refused"] is case.refused, seen
    assert not case.refused or len(told["reasons"][0]) > 10, seen
    assert case.refused or told["sandbox"] in ("bubblewrap", "landlock"), told["sandbox"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_mark_is_what_the_work_deserves(hostile, case):
    _comes_out_as_it_should(hostile, case)


@pytest.mark.parametrize("case", LIMITED, ids=lambda case: case.name)
def test_using_too_much_costs_what_used_it_and_no_more(limited, case):
    _comes_out_as_it_should(limited, case)


@pytest.mark.parametrize("which", ["hostile", "limited"])
def test_the_class_is_finished_and_the_bystanders_have_their_marks(which, request):
    graded = request.getfixturevalue(which)
    assert graded.code == 0, graded.said[-2000:]
    for student, (score, _) in HONEST.items():
        told = graded.status(student)
        assert (told["score"], told["flag"], told["reasons"]) == (score, False, []), told
        assert graded.gradebook[student] == score


@pytest.mark.parametrize("which", ["hostile", "limited"])
def test_nothing_outside_was_touched(which, request):
    graded = request.getfixturevalue(which)
    assert _snapshot(graded.course) == graded.before
    assert sorted(path.name for path in graded.course.iterdir() if not path.name.startswith(".")) == sorted(
        ["source", "release", "submitted", "autograded", "grading", "gradebook.db", "nbgrader_config.py"]
    )
    assert not [path for path in OUTSIDE if path.exists()]
    assert gone(f"hostile-daemon {graded.course}")


def _outputs(graded: Graded, student: str) -> str:
    """All that a student's cells printed, as it is kept for the instructor."""
    notebook = graded.course / "autograded" / student / NAME / f"{NAME}.ipynb"
    cells = nbformat.read(notebook, as_version=4).cells if notebook.is_file() else []
    return json.dumps([cell.get("outputs", []) for cell in cells])


def test_no_secret_of_the_grader_was_seen(hostile):
    for case in CASES:
        printed = _outputs(hostile, case.name)
        assert SECRET not in printed and PROBE not in printed, case.name
        for word in ("damaged", "connected", "linked"):
            assert f'"{word}' not in printed, case.name
    assert "found 0" in _outputs(hostile, "searches-for-the-gradebook")


def test_feedback_holds_no_hidden_test_no_script_and_nobody_elses_name(hostile):
    students = ["aa-honest", "script-in-the-output", "script-in-the-text", "searches-the-memory", "hard-coded"]
    words = [word for student in students for word in ("--student", student)]
    done = course_command(hostile.course, "feedback", NAME, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    for student in students:
        (page,) = (hostile.course / "feedback" / student / NAME).glob("*.html")
        text = page.read_text(encoding="utf-8")
        assert PROBE not in text
        assert "alert" not in _what_a_browser_would_run(text)
        assert not [other for other in HONEST if other != student and other in text]


def _what_a_browser_would_run(page: str) -> str:
    """The scripts of a page, and the attributes of its elements; what is only shown as text is left out."""
    found: list[str] = []

    class Reader(HTMLParser):
        in_script = False

        def handle_starttag(self, tag, attributes):
            self.in_script = tag == "script"
            found.extend(value or "" for _, value in attributes)

        def handle_endtag(self, tag):
            self.in_script = False

        def handle_data(self, data):
            if self.in_script:
                found.append(data)

    Reader().feed(page)
    return "\n".join(found)


def test_there_are_enough_cases_and_each_has_a_name_of_its_own():
    names = [case.name for case in [*CASES, *LIMITED]]
    assert len(set(names)) == len(names) >= 70
