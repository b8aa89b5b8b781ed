"""Around grading: the students' pages, marks as CSV, similar works, and the commands themselves."""

import csv
import json
import re
import shutil

import nbformat
import pytest

from course_admin import cli
from course_admin.grading import engine
from course_admin.grading.course import open_course
from course_admin.grading.engine import grade_class
from course_admin.grading.feedback import write_feedback
from course_admin.grading.marks import harmless, write_marks
from course_admin.grading.records import CellRun, Mark, NotebookResult, Result
from course_admin.grading.similarity import compare, write_report
from course_admin.grading.spec import read_assignment
from test_class import text_of
from tiny_class import HALF, NAME, RIGHT, hand_in, nbgrader, run_in_process

EVIL = '<script>alert(1)</script> <img src="http://a.example/p.png" onerror="alert(2)"> [x](javascript:alert(3))'
FAILS_HIDDEN = HALF | {"squares": "def squares(n):\n    return [0, 1, 4]"}


def grade(course, run=run_in_process):
    return grade_class(course, read_assignment(course, NAME), course.students("submitted", NAME), run)


def page(course, student: str) -> str:
    return (course.path("feedback", student, NAME) / f"{NAME}.html").read_text(encoding="utf-8")


def feedback(course, student: str) -> str:
    write_feedback(course, read_assignment(course, NAME), course.students("submitted", NAME))
    return page(course, student)


# ---- feedback -----------------------------------------------------------------------------------------------------


def test_a_page_has_points_and_messages_and_no_hidden_test(tiny_course):
    hand_in(tiny_course.root, "ann", RIGHT)
    hand_in(tiny_course.root, "bob", FAILS_HIDDEN)
    grade(tiny_course)
    text = text_of(feedback(tiny_course, "bob"))
    assert "the mean of 1, 2, 3 is 2" in text
    assert "a hidden test" in text
    assert re.search(r"check-squares\s*0 / 2", text) and re.search(r"check-mean\s*0 / 1", text)
    for student in ("ann", "bob"):
        assert "1521" not in page(tiny_course, student) and "HIDDEN TESTS" not in page(tiny_course, student)
    assert "bob" not in page(tiny_course, "ann") and "ann" not in re.findall(r"\w+", text)


def test_a_mark_by_hand_and_a_comment_are_on_the_page(tiny_course):
    hand_in(tiny_course.root, "ann", RIGHT)
    grade(tiny_course)
    with tiny_course.gradebook() as gradebook:
        gradebook.find_grade("why", NAME, NAME, "ann").manual_score = 2.5
        gradebook.find_comment("why", NAME, NAME, "ann").manual_comment = "nearly"
        gradebook.db.commit()
    text = text_of(feedback(tiny_course, "ann"))
    assert re.search(r"why\s*2.5 / 3", text) and "nearly" in text and "Score: 5.5 / 6.0" in text


def test_nothing_a_student_wrote_runs_in_the_readers_browser(tiny_course):
    hand_in(tiny_course.root, "ann", RIGHT | {"why": EVIL, "mean": f"# {EVIL}\n{RIGHT['mean']}"})
    html = {"output_type": "display_data", "metadata": {}, "data": {"text/html": EVIL, "text/plain": "x"}}
    svg = {"output_type": "display_data", "metadata": {}, "data": {"image/svg+xml": f"<svg>{EVIL}</svg>"}}
    js = {"output_type": "display_data", "metadata": {}, "data": {"application/javascript": "alert(4)"}}
    picture = {"output_type": "display_data", "metadata": {}, "data": {"image/png": "iVBORw0KGgo="}}

    def noisy(assignment, submission, limits, options):
        runs = tuple(CellRun((html, svg, js, picture)) for _ in submission.notebooks[0].cells)
        marks = (Mark("check-mean", 0, 1, False, EVIL), Mark("check-squares", 0, 2, False, hidden=True, hint=EVIL))
        return Result(submission.student, (NotebookResult(NAME, marks, runs),))

    grade(tiny_course, noisy)
    shown = feedback(tiny_course, "ann")
    assert "<script" not in shown.casefold()
    assert not re.search(r"<[^>]*\son\w+\s*=", shown)
    assert not re.search(r"""<[^>]*(href|src)\s*=\s*["']?\s*javascript:""", shown)
    assert not re.search(r"""<(img|iframe|object|embed|link)[^>]*\s(src|href|data)\s*=\s*["'](?!data:)""", shown)
    assert "default-src 'none'" in shown
    assert "data:image/png;base64,iVBORw0KGgo=" in shown


def test_refused_work_gets_a_page_with_its_reason(tiny_course):
    hand_in(tiny_course.root, "ann", None, **{"<b>.ipynb": b"broken"})
    grade(tiny_course)
    shown = feedback(tiny_course, "ann")
    assert "0 of 6 points" in shown and "&lt;b&gt;.ipynb cannot be read" in shown


# ---- marks --------------------------------------------------------------------------------------------------------


def read(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def with_roster(tiny_course):
    roster = 'id,last_name,first_name,email\nann,"O\'Hara, ""Jr""",=1+1,ann@example.org\nzoe,Absent,Zoé,@zoe\n'
    (tiny_course.root / "roster.csv").write_text(roster, encoding="utf-8")
    nbgrader(tiny_course.root, "db", "student", "import", "roster.csv")
    hand_in(tiny_course.root, "ann", HALF)
    grade(tiny_course)
    return tiny_course


def test_plain_marks_have_a_column_for_each_exercise(with_roster, tmp_path):
    assert write_marks(with_roster, [NAME], tmp_path / "marks.csv") == 2
    zoe, ann = read(tmp_path / "marks.csv")
    assert (ann["student_id"], ann["last_name"], ann["first_name"]) == ("ann", 'O\'Hara, "Jr"', "'=1+1")
    assert (ann["score"], ann["max_score"], ann["needs_manual_grade"], ann["flag"]) == ("2.0", "6.0", "yes", "no")
    assert (ann["check-squares"], ann["check-mean"], ann["why"]) == ("2.0", "0.0", "0.0")
    assert (zoe["first_name"], zoe["email"], zoe["score"]) == ("Zoé", "'@zoe", "0.0")


def test_marks_for_moodle_have_a_column_for_each_assignment(with_roster, tmp_path):
    write_marks(with_roster, [], tmp_path / "moodle.csv", moodle=True)
    zoe, ann = read(tmp_path / "moodle.csv")
    assert ann == {
        "ID number": "ann",
        "First name": "'=1+1",
        "Surname": 'O\'Hara, "Jr"',
        "Email address": "ann@example.org",
        NAME: "2.0",
    }
    assert zoe[NAME] == ""


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_text_is_a_formula(text):
    assert harmless(text) == f"'{text}"
    assert (harmless("plain"), harmless(-1.5), harmless(None)) == ("plain", -1.5, "")


# ---- similar works ------------------------------------------------------------------------------------------------

LONG = """def squares(n):
    result = []
    for number in range(n):
        square = number * number
        result.append(square)
    return result"""
RENAMED = """def squares(n):
    # entirely my own work
    out = []
    for i in range(n):
        s = i * i
        out.append(s)
    return out"""
OWN = """def squares(n):
    import itertools
    return list(itertools.accumulate(2 * k - 1 if k else 0 for k in range(n)))"""


def test_copies_are_ranked_first_and_given_code_does_not_count(tiny_course):
    for student, squares in (("ann", LONG), ("bob", RENAMED), ("cleo", OWN)):
        hand_in(tiny_course.root, student, RIGHT | {"squares": squares, "mean": HALF["mean"] + f"\n# {EVIL}"})
    hand_in(tiny_course.root, "blank", {})
    hand_in(tiny_course.root, "broken", None, **{f"{NAME}.ipynb": b"broken"})
    assignment = read_assignment(tiny_course, NAME)
    pairs = compare(tiny_course, assignment, tiny_course.students("submitted", NAME))
    assert pairs[0].students == ("ann", "bob") and pairs[0].likeness > 0.8
    assert all(pair.likeness < 0.6 for pair in pairs[1:])
    assert not {"blank", "broken"} & {student for pair in pairs for student in pair.students}
    index = write_report(tiny_course, assignment, pairs, most=1)
    shown = (index.parent / "pair-001.html").read_text()
    assert "<mark>" in shown and "entirely my own work" in shown and "<script" not in shown
    assert sorted(path.name for path in index.parent.iterdir()) == ["index.html", "pair-001.html"]


# ---- the commands -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["grade", "ps2"], "course grade: no assignment ps2 in this course; there are: ps1"),
        (["grade", "ps+1"], "course grade: ps+1: an assignment's name holds no '+'"),
        (["grade", "../ps1"], "course grade: '../ps1' is no name of an assignment"),
        (["grade", "ps1"], "course grade: nothing was handed in for ps1: no folder like"),
        (["grade", "ps1", "-j", "0"], "'0' is not a whole number of at least 1"),
        (["grade", "ps1", "--cell-seconds", "none"], "'none' is not a number of seconds above 0"),
        (["grade", "ps1", "--unsafe", "--sandbox", "landlock"], "not allowed with argument"),
        (["feedback", "ps1"], "course feedback: nothing was handed in for ps1"),
        (["marks"], "course marks: name the assignments, or say --all"),
        (["marks", "ps2"], "course marks: no assignment ps2 in the gradebook; there are: ps1"),
        (["similarity", "ps2"], "course similarity: no assignment ps2 in this course; there are: ps1"),
    ],
)
def test_bad_usage_is_one_line_and_exit_code_2(tiny_course, monkeypatch, capsys, words, line):
    monkeypatch.chdir(tiny_course.root)
    try:
        code = cli.main(words)
    except SystemExit as error:
        code = error.code
    said = capsys.readouterr().err
    assert code == 2
    assert line in said and said.count("\n") == 1


def test_an_assignment_that_is_not_in_the_gradebook_is_named_with_the_cure(tiny_course, monkeypatch, capsys):
    (tiny_course.root / "source" / "ps2").mkdir()
    monkeypatch.chdir(tiny_course.root / "source")
    assert cli.main(["grade", "ps2"]) == 2
    assert "run `nbgrader generate_assignment ps2 --force`, then grade" in capsys.readouterr().err
    (tiny_course.root / "gradebook.db").unlink()
    assert cli.main(["grade", "ps2"]) == 2
    assert "no gradebook at" in capsys.readouterr().err
    assert not (tiny_course.root / "gradebook.db").exists()


def test_a_student_who_handed_in_nothing_is_named(tiny_course, monkeypatch, capsys):
    hand_in(tiny_course.root, "ann", RIGHT)
    monkeypatch.chdir(tiny_course.root)
    assert cli.main(["grade", NAME, "--student", "anne"]) == 2
    assert "anne has handed in nothing for ps1" in capsys.readouterr().err


def test_another_layout_is_understood(released_course, tmp_path):
    folder = tmp_path / "course [1]"
    shutil.copytree(released_course, folder)
    settings = (
        "c = get_config()\nc.CourseDirectory.course_id = 'tiny'\nc.CourseDirectory.submitted_directory = 'in'\n"
        "c.CourseDirectory.directory_structure = '{nbgrader_step}/{assignment_id}/{student_id}'\n"
    )
    (folder / "nbgrader_config.py").write_text(settings)
    for step in ("source", "release"):
        (folder / step / "moved").mkdir()
        (folder / step / NAME).rename(folder / step / "moved" / "x")
        (folder / step / NAME).mkdir()
        (folder / step / "moved" / "x" / f"{NAME}.ipynb").rename(folder / step / NAME / f"{NAME}.ipynb")
    shutil.copytree(folder / "release" / NAME, folder / "in" / NAME / "ann")
    course = open_course(folder)
    assert course.students("submitted", NAME) == ["ann"]
    assert grade(course).graded == 1
    assert (folder / "autograded" / NAME / "ann" / f"{NAME}.ipynb").is_file()


@pytest.mark.parametrize(
    ("settings", "words", "expected"),
    [
        ("", [], (60, 60, 600, 600)),
        ("c.Execute.timeout = 300", [], (300, 300, 1800, 1800)),
        ("c.ExecutePreprocessor.timeout = 10", [], (10, 60, 600, 600)),
        ("c.Execute.timeout = -1", [], (60, 60, 600, 600)),
        ("c.Execute.timeout = 300", ["--cell-seconds", "5", "--total-seconds", "50"], (5, 300, 50, 1800)),
    ],
)
def test_nbgraders_own_time_limit_counts_unless_another_is_given(tiny_course, monkeypatch, settings, words, expected):
    hand_in(tiny_course.root, "ann", RIGHT)
    with (tiny_course.root / "nbgrader_config.py").open("a") as file:
        file.write(f"\n{settings}\n" if settings else "")
    monkeypatch.chdir(tiny_course.root)
    seen = []
    monkeypatch.setattr(engine, "grade_class", lambda *given: seen.append(given[4]) or engine.Summary())
    assert cli.main(["grade", NAME, *words]) == 0
    limits = seen[0]
    assert (limits.cell_seconds, limits.test_seconds, limits.total_seconds, limits.cpu_seconds) == expected


def test_pasted_pictures_reach_the_reader_and_a_missing_one_stops_nobody(tiny_course):
    """nbgrader's pages and formgrader need what a text shows to be there."""
    for student, held in {"ann": {"p.png": {"image/png": "QUJDREVG"}}, "bob": {}, "cec": ["nonsense"]}.items():
        hand_in(tiny_course.root, student, RIGHT)
        (path,) = tiny_course.path("submitted", student, NAME).glob("*.ipynb")
        notebook = json.loads(path.read_text())
        cell = next(cell for cell in notebook["cells"] if cell["cell_type"] == "markdown")
        cell |= {"attachments": held, "source": "my drawing: ![it](attachment:p.png)"}
        notebook["cells"].append({**cell, "id": "pasted", "metadata": {}})
        path.write_text(json.dumps(notebook))
    grade(tiny_course)
    write_feedback(tiny_course, read_assignment(tiny_course, NAME), ["ann", "bob", "cec"])
    assert "QUJDREVG" in page(tiny_course, "ann")
    for student in ("bob", "cec"):
        assert "data:image/png;base64," in page(tiny_course, student)
        (path,) = tiny_course.path("autograded", student, NAME).glob("*.ipynb")
        nbformat.validate(nbformat.read(path, 4))
