"""A lesson graded as an instructor grades it, with works of which it is known what they deserve.

`python tests/graded_lesson.py [--cut] 05_cnn_keras ...` grades lessons by hand and prints the marks.
"""

import argparse
import ast
import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import nbformat

from classroom import ROOT, answered, environment, make_course, nbgrader
from course_admin.lesson import read_lesson
from course_admin.proof import defined_names, defining, load_answers

SOLVED, BLANK, ODD, EVEN = "solved", "blank", "wrong-1-3-5", "wrong-2-4"
EVERYBODY = [SOLVED, BLANK, ODD, EVEN]
HELPER = "my_answers"


@dataclass(frozen=True)
class Graded:
    """marks: student -> check cell -> points; most: check cell -> points; status: student -> the status file."""

    marks: dict[str, dict[str, float]]
    most: dict[str, float]
    status: dict[str, dict]


def exercises(lesson: str) -> list[str]:
    return [cell.id for cell in read_lesson(ROOT / "lessons" / f"{lesson}.py").by_role("answer")]


def wrong_in(lesson: str, student: str) -> list[str]:
    """The exercises that `student` has wrong."""
    own = exercises(lesson)
    return {BLANK: own, ODD: own[::2], EVEN: own[1::2]}.get(student, [])


def grade(folder: Path, lesson: str, students: list[str], whole: bool = True, cuda: bool = False) -> Graded:
    """Hand in for `students` in a course folder of its own, grade, and read the gradebook.

    Where not `whole`, the given cells are cut to what they define before the lesson is released: no network is
    trained, and no figure drawn. Answers and checks stay as they are.
    """
    make_course(folder, lesson)
    if not whole:
        _cut(folder / "solutions" / lesson / f"{lesson}.ipynb")
    nbgrader(folder, "generate_assignment", lesson, "--force")
    for student in students:
        _hand_in(folder, lesson, student)
    command = [sys.executable, "-m", "course_admin.cli", "grade", lesson, "-j", "1", *(["--cuda"] if cuda else [])]
    done = subprocess.run(command, cwd=folder, env=environment(folder), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    status = {
        student: json.loads((folder / "grading" / lesson / f"{student}.json").read_text()) for student in students
    }
    return Graded(*_marks(folder, lesson, students), status)


def _cut(notebook: Path) -> None:
    content = nbformat.read(notebook, as_version=4)
    for cell in content.cells:
        if cell.cell_type == "code" and not cell.metadata.get("nbgrader"):
            cell.source, cell.outputs = ast.unparse(defining(cell.source)), []
    nbformat.write(content, notebook)


def _hand_in(folder: Path, lesson: str, student: str) -> None:
    released = folder / "notebooks" / lesson / f"{lesson}.ipynb"
    own = sources(folder / "solutions" / lesson / f"{lesson}.ipynb")
    wrong = wrong_in(lesson, student)
    handed_in = folder / "submitted" / student / lesson
    handed_in.mkdir(parents=True)
    if student == BLANK:
        shutil.copy(released, handed_in)
        return
    chosen: list[str] = []
    answers = load_answers(ROOT / "tests" / "answers" / f"{lesson}.py")
    for cell in read_lesson(ROOT / "lessons" / f"{lesson}.py").by_role("answer"):
        if student != SOLVED:  # an answer of the lesson's own may build on another one, which may be wrong here
            table = "WRONG" if cell.id in wrong else "RIGHT"
            name = next(iter(getattr(answers, table)[cell.id]))
            (defined,) = defined_names(cell)
            chosen.append(f"answer_{len(chosen)} = {table}[{cell.id!r}][{name!r}]\n")
            own[f"answer-{cell.id}"] = f"import {HELPER}\n\n{defined} = {HELPER}.answer_{len(chosen) - 1}"
    (handed_in / f"{lesson}.ipynb").write_text(answered(released, own), encoding="utf-8")
    if chosen:  # a module of the student's beside the notebook
        text = (ROOT / "tests" / "answers" / f"{lesson}.py").read_text(encoding="utf-8")
        (handed_in / f"{HELPER}.py").write_text(text + "".join(chosen), encoding="utf-8")


def sources(notebook: Path) -> dict[str, str]:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return {cell["id"]: "".join(cell["source"]) for cell in cells if cell["id"].startswith("answer-")}


def _marks(folder: Path, lesson: str, students: list[str]) -> tuple[dict, dict]:
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{folder}/gradebook.db") as book:
        (notebook,) = book.find_assignment(lesson).notebooks
        most = {cell.name: cell.max_score for cell in notebook.grade_cells if cell.name.startswith("check-")}
        marks = {}
        for student in students:
            grades = book.find_submission_notebook(lesson, lesson, student).grades
            marks[student] = {grade.name: grade.auto_score for grade in grades if grade.name in most}
    return marks, most


def deserved(lesson: str, student: str, most: dict[str, float]) -> dict[str, float]:
    """All points but those of the exercises that the student has wrong."""
    wrong = [f"check-{exercise}" for exercise in wrong_in(lesson, student)]
    return {check: 0 if check in wrong else points for check, points in most.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description="grade lessons with works of which it is known what they deserve")
    parser.add_argument("lessons", nargs="+")
    parser.add_argument("--cut", action="store_true", help="cut the given cells to what they define")
    parser.add_argument("--cuda", action="store_true", help="with the GPU of this machine")
    parser.add_argument("--students", nargs="+", choices=EVERYBODY, default=EVERYBODY)
    options = parser.parse_args()
    for lesson in options.lessons:
        with tempfile.TemporaryDirectory() as folder:
            graded = grade(Path(folder), lesson, options.students, not options.cut, options.cuda)
        for student in options.students:
            expected = deserved(lesson, student, graded.most)
            status, got = graded.status[student], graded.marks[student]
            odd = {check: got.get(check) for check in expected if got.get(check) != expected[check]}
            print(f"{lesson:30s} {student:12s} {sum(got.values()):g} of {sum(graded.most.values()):g}", end=" ")
            print("as it should be" if not odd else f"UNEXPECTED {odd}", status["reasons"], flush=True)


if __name__ == "__main__":
    main()
