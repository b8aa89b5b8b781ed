"""`course grade` for real, sandbox and all: the small class of lesson 01, and the tiny assignment of any other course.

The marks of lesson 01 are those that stock nbgrader gives in test_class.py.
"""

import json
import re

import pytest
from distributed import LocalCluster

from classroom import make_course, nbgrader
from course_admin.grading import status
from course_admin.grading.course import open_course
from course_admin.lesson import region_lines
from small_class import ANN, EXPLAIN, HANDED_IN, JEAN_MARIE, JEANNE, LESSON, POINTS, ZOE, hand_in, sources
from test_class import text_of
from tiny_class import HALF, NAME, RIGHT, course_command, totals
from tiny_class import hand_in as hand_in_tiny

CHECKS = {name: points for name, points in POINTS.items() if name != EXPLAIN}
ALL_BUT = {ZOE: set(), JEANNE: {"check-correlate2d", "check-im2col"}, JEAN_MARIE: set(CHECKS), ANN: set(CHECKS)}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lesson")
    make_course(folder, LESSON)
    nbgrader(folder, "generate_assignment", LESSON, "--force")
    hand_in(folder)
    nbgrader(folder, "zip_collect", LESSON, "--force")
    done = course_command(folder, "grade", LESSON, "-j", "2", "--feedback")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, done.stdout


def told(graded, student: str) -> dict:
    return status.read(graded[0], LESSON, student)


@pytest.mark.parametrize("student", HANDED_IN)
def test_marks_are_those_of_nbgrader(graded, student):
    points = {name: points for name, points in told(graded, student)["points"].items() if name != EXPLAIN}
    assert points == {name: 0 if name in ALL_BUT[student] else full for name, full in CHECKS.items()}
    assert told(graded, student)["max_score"] == sum(POINTS.values())


def test_everybody_was_in_a_sandbox_and_odd_work_is_marked_for_review(graded):
    assert {told(graded, student)["sandbox"] for student in HANDED_IN} <= {"bubblewrap", "landlock"}
    flags = {student: told(graded, student)["flag"] for student in HANDED_IN}
    assert not flags[ZOE] and not flags[JEAN_MARIE]
    assert flags[JEANNE]  # she deleted an answer
    assert any("im2col" in reason for reason in told(graded, JEANNE)["reasons"])
    assert f"{LESSON}: 4 graded, 0 unchanged, 0 refused" in graded[1]


def test_an_explanation_waits_and_an_untouched_one_does_not(graded):
    waits = {student: told(graded, student)["needs_manual_grade"] for student in HANDED_IN}
    assert waits == {ZOE: True, JEANNE: True, ANN: True, JEAN_MARIE: False}


@pytest.mark.parametrize("student", HANDED_IN)
def test_the_page_shows_messages_and_no_line_of_a_hidden_test(graded, student):
    folder, _ = graded
    checks = sources(folder / "solutions" / LESSON / f"{LESSON}.ipynb", "check-").values()
    hidden = [line for source in checks for line in region_lines(source, "HIDDEN TESTS")]
    page = (folder / "feedback" / student / LESSON / f"{LESSON}.html").read_text(encoding="utf-8")
    text = text_of(page)
    assert [line for line in [*hidden, "HIDDEN TESTS"] if line in text] == []
    assert "<script" not in page
    for name in ALL_BUT[student]:
        assert re.search(rf"{name}\s*0 / {POINTS[name]}\s*\S", text)


def test_outputs_and_errors_are_in_autograded_for_the_teacher(graded):
    folder, _ = graded
    notebook = json.loads((folder / "autograded" / ZOE / LESSON / f"{LESSON}.ipynb").read_text(encoding="utf-8"))
    kinds = {output["output_type"] for cell in notebook["cells"] for output in cell.get("outputs", [])}
    assert "display_data" in kinds and "error" not in kinds


def test_unchanged_work_is_left_alone(graded):
    done = course_command(graded[0], "grade", LESSON)
    assert f"{LESSON}: 0 graded, 4 unchanged, 0 refused" in done.stdout


def test_a_cluster_of_two_workers_gives_the_same_marks(tiny_course):
    for student, answers in {"right": RIGHT, "half": HALF, "blank": {}, "loud": LOUD}.items():
        hand_in_tiny(tiny_course.root, student, answers)
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        done = course_command(tiny_course.root, "grade", NAME, "--dask", cluster.scheduler_address)
    assert done.returncode == 0, done.stdout + done.stderr
    assert totals(tiny_course) == {"right": 3, "half": 2, "blank": 0, "loud": 3}
    assert status.read(tiny_course.root, NAME, "right")["sandbox"] in ("bubblewrap", "landlock")


# ---- any other course ---------------------------------------------------------------------------------------------

LOOP = RIGHT | {"mean": "while True:\n    pass"}
DIES = RIGHT | {"mean": "import os\nos._exit(3)"}
LOUD = RIGHT | {"mean": RIGHT["mean"] + "\nimport sys, warnings\nwarnings.warn('hm')\nprint('x', file=sys.stderr)"}
FORGED = {"squares": "class Any:\n    def __eq__(self, other):\n        return True\ndef squares(n):\n    return Any()"}


def test_a_class_of_another_course_through_the_command_line(tiny_course):
    folder = tiny_course.root
    works = {"right": RIGHT, "half": HALF, "blank": {}, "loop": LOOP, "dies": DIES, "loud": LOUD, "forged": FORGED}
    for student, answers in works.items():
        hand_in_tiny(folder, student, answers)
    hand_in_tiny(folder, "broken", None, **{"ps1.ipynb": b"{"})
    done = course_command(folder, "grade", NAME, "-j", "2", "--cell-seconds", "5", "--test-seconds", "20")
    assert done.returncode == 0, done.stdout + done.stderr
    assert totals(tiny_course) == {
        "right": 3, "half": 2, "blank": 0, "loop": 2, "dies": 2, "loud": 3, "forged": 0, "broken": 0,
    }  # fmt: skip
    assert f"{NAME}: 7 graded, 0 unchanged, 1 refused" in done.stdout
    assert "look at broken: ps1.ipynb cannot be read" in done.stdout
    assert re.search(r"8/8", done.stderr)
    assert open_course(folder).students("autograded", NAME) == sorted(works)
