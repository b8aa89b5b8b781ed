"""A script that cannot become a lesson is refused with one line that names the lesson and the cell."""

import pytest

from course_admin.cli import main
from course_admin.errors import CourseError
from course_admin.layout import lesson_scripts
from course_admin.lesson import read_lesson
from support import edit

ANSWER = '# %% tags=["answer", "id:double"]'
CHECK = '# %% tags=["check", "id:double", "points:2"]'
WHY = '# %% [markdown] tags=["explain"'
LOST = '# %% tags=["check", "id:lost", "points:1"]\nassert True\n\n'

BROKEN = {
    "duplicate id": (CHECK, '# %%\n1\n\n# %% tags=["answer", "id:double"]', "cell 4 (answer double): "),
    "answer without a check": (
        '"check", "id:double"',
        '"check", "id:lost"',
        "(answer double): this answer has no check",
    ),
    "check without an answer": (WHY, LOST + WHY, "cell 4 (check lost): this check has no answer cell"),
    "solution outside an answer": (
        ANSWER,
        "# %%",
        "cell 2 (plain): a solution region belongs into a cell tagged answer",
    ),
    "hidden tests outside a check": (CHECK, "# %%", "cell 3 (plain): a hidden tests region belongs into a cell tagged"),
    "points missing": (', "points:2"]', "]", "cell 3 (check double): points are missing"),
    "points not a number": ("points:2", "points:many", "cell 3 (check double): points:many is not a number"),
    "no points": ("points:2", "points:0", "cell 3 (check double): points:0"),
    "id missing": (', "id:double"]', "]", "cell 2 (answer): the id is missing"),
    "id with a space": ("id:double", "id:double it", "cell 2 (answer double it): id 'double it' cannot be used"),
    "solution left open": ("    ### END SOLUTION\n", "", "cell 2 (answer double): ### BEGIN SOLUTION is left open"),
    "solution never opened": ("    ### BEGIN SOLUTION\n", "", "cell 2 (answer double): ### END SOLUTION without"),
    "hidden tests left open": (
        "### END HIDDEN TESTS\n",
        "",
        "cell 3 (check double): ### BEGIN HIDDEN TESTS is left open",
    ),
    "solution empty": ("    return 2 * x + 0 * 12345\n", "", "cell 2 (answer double): the solution region is empty"),
    "unknown tag": ('"answer"', '"anwser"', "cell 2 (plain): unknown tag 'anwser'"),
    "two roles": ('"answer"', '"answer", "predict"', "cell 2 (plain): one role a cell"),
    "explain as code": ("# %% [markdown] tags", "# %% tags", "a cell tagged explain is a markdown cell"),
    "cell between answer and check": (
        CHECK,
        "# %%\nx = 1\n\n" + CHECK,
        "cell 4 (check double): the check stands under",
    ),
    "points on an answer": ('"answer", "id:double"', '"answer", "id:double", "points:1"', "points belong to the check"),
}


@pytest.mark.parametrize("mistake", BROKEN)
def test_a_broken_lesson_is_refused_by_name(tiny, mistake, monkeypatch, capsys):
    # given a lesson with one mistake
    old, new, message = BROKEN[mistake]
    edit(tiny, old, new)
    # when the course is built
    monkeypatch.chdir(tiny)
    code = main(["build"])
    # then one line names lesson and cell, the exit code is 2, and nothing was written
    said = capsys.readouterr().err
    assert code == 2
    assert said.startswith("course build: lessons/01_tiny.py, cell ")
    assert message in said
    assert said.count("\n") == 1
    assert not (tiny / "solutions").exists() and not (tiny / "notebooks").exists()


def test_a_second_answer_with_a_used_id_is_named(tiny):
    edit(tiny, '# %%\nprint("six', '# %% tags=["explain", "id:why", "points:1"]\nprint("six')
    with pytest.raises(CourseError, match=r"01_tiny\.py, cell 5 \(explain why\)"):
        read_lesson(tiny / "lessons" / "01_tiny.py")


@pytest.mark.parametrize("name", ["notes.md", "2_two.py", "01_Tiny.py", "tiny.py"])
def test_a_stray_file_among_the_lessons_is_refused(tiny, name):
    (tiny / "lessons" / name).write_text("# %%\n")
    with pytest.raises(CourseError, match=f"lessons/{name}: stray file"):
        lesson_scripts(tiny)


def test_two_lessons_cannot_share_a_number(tiny):
    (tiny / "lessons" / "01_zebra.py").write_text("# %%\n")
    with pytest.raises(CourseError, match="number 01 is taken by 01_tiny"):
        lesson_scripts(tiny)


def test_lessons_are_chosen_by_number_or_name(tiny):
    for name in ("01", "1", "01_tiny"):
        assert [path.stem for path in lesson_scripts(tiny, [name])] == ["01_tiny"]
    with pytest.raises(CourseError, match="no lesson '07' in lessons/: there are 01"):
        lesson_scripts(tiny, ["07"])


@pytest.mark.parametrize(
    "arguments",
    [["bild"], ["build", "--fast"], ["build", "99"], ["build", "--check", "--force"], ["lint", "x"], []],
)
def test_a_wrong_command_line_is_answered_with_one_line_and_exit_code_2(tiny, arguments, monkeypatch, capsys):
    monkeypatch.chdir(tiny)
    try:
        code = main(arguments)
    except SystemExit as stop:
        code = stop.code
    assert code == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_outside_a_course_folder_the_command_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["lint"]) == 2
    assert "is not inside a course folder" in capsys.readouterr().err
