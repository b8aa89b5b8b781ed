"""A course whose configuration marks hidden tests and solutions in other words than nbgrader, with another stub."""

import json

import pytest

from course_admin.build import build
from course_admin.errors import CourseError
from course_admin.grading.course import open_course
from course_admin.grading.engine import grade_class
from course_admin.grading.feedback import write_feedback
from course_admin.grading.hidden import hidden_lines, markers
from course_admin.grading.job import run_job
from course_admin.grading.records import Options
from course_admin.grading.similarity import compare
from course_admin.grading.spec import read_assignment
from course_admin.grading.status import read
from tiny_class import NAME, RIGHT, hand_in, make_course, nbgrader

CONFIG = """
c.ClearHiddenTests.begin_test_delimeter = "VVV"
c.ClearHiddenTests.end_test_delimeter = "^^^"
c.ClearSolutions.begin_solution_delimeter = "ANSWER {"
c.ClearSolutions.end_solution_delimeter = "} ANSWER"
c.ClearSolutions.code_stub = {"python": "return None  # your turn"}
c.ClearSolutions.text_stub = "(write here)"
c.GenerateFeedback.preprocessors = ["nbgrader.preprocessors.GetGrades", "course_admin.nbgrader_plugins.StripHidden"]
"""
SQUARES = "def squares(n):\n    # ANSWER {\n    return [i * i for i in range(n)]\n    # } ANSWER"
MEAN = "def mean(values):\n    # ANSWER {\n    return sum(values) / len(values)\n    # } ANSWER"
CHECK = "assert squares(3) == [0, 1, 4], 'three'\n# VVV\nprint('secret line')\nassert squares(40)[-1] == 1521\n# ^^^"
LEARNT = {  # passes what is visible, and prints what it was given
    **RIGHT,
    "squares": "def squares(n):\n    print('I was asked for', n)\n    return [0, 1, 4]\nprint(In[-1])",
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A class of three, graded by the real grader without a sandbox."""
    folder = tmp_path_factory.mktemp("markers")
    make_course(folder, config=CONFIG, **{"squares": SQUARES, "mean": MEAN, "check-squares": CHECK})
    for student, answers in (("ann", RIGHT), ("bob", LEARNT), ("cleo", {})):
        hand_in(folder, student, answers)
    course = open_course(folder)
    assignment = read_assignment(course, NAME)
    grade_class(course, assignment, ["ann", "bob", "cleo"], run_job, options=Options("none"))
    return course, assignment


def page(course, student: str) -> str:
    return (course.path("feedback", student, NAME) / f"{NAME}.html").read_text(encoding="utf-8")


def test_hidden_lines_are_found_by_the_courses_own_markers(graded):
    course, assignment = graded
    (check,) = [cell for cell in assignment.notebooks[0].cells if cell.id == "check-squares"]
    assert markers(course.app.config) == ("VVV", "^^^")
    assert check.hidden == (2, 3, 4, 5) and "1521" in check.source and "1521" not in check.stub
    released = (course.path("release", ".", NAME) / f"{NAME}.ipynb").read_text(encoding="utf-8")
    assert "1521" not in released and "ANSWER" not in released and "your turn" in released


def test_a_failed_hidden_test_tells_nothing_and_its_print_is_not_kept(graded):
    course, _ = graded
    assert read(course.root, NAME, "ann")["score"] == 3
    told = read(course.root, NAME, "bob")
    assert told["score"] == 1 and told["messages"]["check-squares"] == ""
    assert "1521" not in json.dumps(told)
    notebook = (course.path("autograded", "bob", NAME) / f"{NAME}.ipynb").read_text(encoding="utf-8")
    assert "I was asked for 3" in notebook and "I was asked for 40" not in notebook
    outputs = [cell["outputs"] for cell in json.loads(notebook)["cells"] if cell["cell_type"] == "code"]
    assert "secret line" not in json.dumps(outputs)


def test_feedback_is_without_the_hidden_lines_ours_and_nbgraders(graded):
    course, assignment = graded
    write_feedback(course, assignment, ["ann", "bob"])
    ours = page(course, "ann") + page(course, "bob")
    nbgrader(course.root, "generate_feedback", NAME, "--force")
    for text in (ours, page(course, "ann") + page(course, "bob")):
        assert "squares" in text and "three" in text
        assert "1521" not in text and "secret line" not in text and "VVV" not in text


def test_an_untouched_stub_of_the_courses_own_is_no_answer(graded):
    course, assignment = graded
    told = read(course.root, NAME, "cleo")
    assert told["score"] == 0 and told["points"]["why"] == 0
    with course.gradebook() as gradebook:
        assert not gradebook.find_grade("why", NAME, NAME, "cleo").needs_manual_grade
    assert [pair.students for pair in compare(course, assignment, ["ann", "bob", "cleo"])] == [("ann", "bob")]


def test_lines_are_hidden_as_nbgrader_cuts_them():
    assert hidden_lines("a\n# VVV ^^^\nb\n# ^^^\nc", "VVV", "^^^") == {2, 3, 4}
    assert hidden_lines("a\x0cb\n# VVV\nc\n# ^^^\nd", "VVV", "^^^") == {2, 3, 4}


def test_markers_that_are_no_text_are_refused(tiny_course):
    tiny_course.app.config.ClearHiddenTests.begin_test_delimeter = 7
    with pytest.raises(CourseError, match="ClearHiddenTests cannot be used"):
        read_assignment(tiny_course, NAME)


@pytest.mark.parametrize("setting", ["ClearSolutions.end_solution_delimeter", "ClearHiddenTests.begin_test_delimeter"])
def test_lessons_are_not_built_with_markers_that_they_do_not_have(tiny, setting):
    with (tiny / "nbgrader_config.py").open("a") as file:
        file.write(f'c.{setting} = "OTHER"\n')
    with pytest.raises(CourseError, match="nbgrader looks for 'OTHER'"):
        build(tiny, [])
    assert not (tiny / "notebooks").exists()
