"""A tiny assignment of any course: nbgrader's default layout, two exercises and a question; and who hands in what.

`run_in_process` stands in for the sandbox where a test is about everything around it: it runs the cells right here.
"""

import contextlib
import io
import json
import subprocess
import sys
import time
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from classroom import NBGRADER, environment
from course_admin.grading.course import Course, open_course
from course_admin.grading.records import CellRun, Mark, NotebookResult, Result

NAME = "ps1"
SQUARES = "def squares(n):\n    ### BEGIN SOLUTION\n    return [i * i for i in range(n)]\n    ### END SOLUTION\n"
MEAN = "def mean(values):\n    ### BEGIN SOLUTION\n    return sum(values) / len(values)\n    ### END SOLUTION\n"
CHECK_SQUARES = (
    "assert squares(3) == [0, 1, 4], 'squares(3) is 0, 1, 4'\n"
    "### BEGIN HIDDEN TESTS\nassert squares(40)[-1] == 1521\n### END HIDDEN TESTS"
)
CHECK_MEAN = "assert mean([1, 2, 3]) == 2, 'the mean of 1, 2, 3 is 2'"
RIGHT = {
    "squares": "def squares(n):\n    return [i * i for i in range(n)]",
    "mean": "def mean(values):\n    return sum(values) / len(values)",
    "why": "Because a mean weighs all values alike.",
}
HALF = {**RIGHT, "mean": "def mean(values):\n    return 0"}


def _graded(grade_id: str, grade: bool, solution: bool, points: float | None = None) -> dict:
    data = {"schema_version": 3, "grade_id": grade_id, "grade": grade, "solution": solution, "task": False}
    data |= {"locked": grade and not solution} | ({"points": points} if points is not None else {})
    return {"nbgrader": data}


def instructor_notebook() -> nbformat.NotebookNode:
    return new_notebook(
        cells=[
            new_markdown_cell("# Problem set 1", id="title"),
            new_code_cell("import math", id="imports"),
            new_code_cell(SQUARES, id="c-squares", metadata=_graded("squares", False, True)),
            new_code_cell(CHECK_SQUARES, id="c-check-squares", metadata=_graded("check-squares", True, False, 2)),
            new_code_cell(MEAN, id="c-mean", metadata=_graded("mean", False, True)),
            new_code_cell(CHECK_MEAN, id="c-check-mean", metadata=_graded("check-mean", True, False, 1)),
            new_markdown_cell("Why a mean?", id="c-why", metadata=_graded("why", True, True, 3)),
        ],
        metadata={"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
    )


def make_course(folder: Path, data: dict[str, str] | None = None, config: str = "", **changed: str) -> Course:
    """A course folder with the assignment released. config: more settings; changed: other sources, by grade id."""
    source = folder / "source" / NAME
    source.mkdir(parents=True)
    notebook = instructor_notebook()
    for cell in notebook.cells:
        cell.source = changed.get(cell.metadata.get("nbgrader", {}).get("grade_id"), cell.source)
    nbformat.write(notebook, source / f"{NAME}.ipynb")
    for path, text in (data or {}).items():
        (source / path).write_text(text)
    (folder / "nbgrader_config.py").write_text(f"c = get_config()\nc.CourseDirectory.course_id = 'tiny'\n{config}")
    nbgrader(folder, "generate_assignment", NAME)
    return open_course(folder)


def nbgrader(folder: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", NBGRADER, *words], cwd=folder, env=environment(folder), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def course_command(folder: Path, *words: str) -> subprocess.CompletedProcess:
    """Run `course WORDS` in `folder`."""
    command = [sys.executable, "-m", "course_admin.cli", *words]
    return subprocess.run(command, cwd=folder, env=environment(folder), capture_output=True, text=True)


def released(folder: Path) -> dict:
    """The notebook as students get it, as plain JSON."""
    notebook = json.loads((folder / "release" / NAME / f"{NAME}.ipynb").read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
    return notebook


def with_answers(notebook: dict, answers: dict[str, str]) -> dict:
    for cell in notebook["cells"]:
        grade_id = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if grade_id in answers:
            cell["source"] = answers[grade_id]
    return notebook


def hand_in(folder: Path, student: str, answers: dict[str, str] | None = None, **files: bytes) -> Path:
    """The student's folder, with the notebook (where there are answers, {} for none touched) and other files."""
    place = folder / "submitted" / student / NAME
    place.mkdir(parents=True, exist_ok=True)
    if answers is not None:
        text = json.dumps(with_answers(released(folder), answers))
        (place / f"{NAME}.ipynb").write_text(text, encoding="utf-8")
    for name, content in files.items():
        (place / name).write_bytes(content)
    return place


def run_in_process(assignment, submission, limits, options) -> Result:
    """A job without a sandbox: every cell and every check in this process."""
    started, parts = time.time(), []
    for spec, notebook in _pairs(assignment, submission):
        kinds, names, runs, marks = {cell.id: cell for cell in spec.cells}, {}, [], []
        for cell in notebook.cells:
            wanted = kinds.get(cell.id)
            trouble = _run(cell.source, names) if cell.cell_type == "code" else ""
            runs.append(CellRun(trouble=trouble))
            if wanted is not None and wanted.kind == "test":
                points = 0.0 if trouble else wanted.points
                hidden = bool(trouble) and not _run(wanted.stub, names)
                message = "" if hidden else trouble
                marks.append(Mark(wanted.id, points, wanted.points, not trouble, message, hidden, "a hidden test"))
        parts.append(NotebookResult(notebook.name, tuple(marks), tuple(runs)))
    return Result(submission.student, tuple(parts), sandbox="none", started=started, seconds=time.time() - started)


def _pairs(assignment, submission):
    specs = {spec.name: spec for spec in assignment.notebooks}
    return [(specs[notebook.name], notebook) for notebook in submission.notebooks]


def _run(source: str, names: dict) -> str:
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            exec(source, names)
        except Exception as error:
            return f"{type(error).__name__}: {error}"
    return ""


def scores(course: Course) -> dict[str, dict[str, tuple]]:
    """What the gradebook holds: student -> cell -> (by the machine, by hand, waits for the hand)."""
    found = {}
    with course.gradebook() as gradebook:
        for submission in gradebook.assignment_submissions(NAME):
            found[submission.student.id] = {
                grade.name: (grade.auto_score, grade.manual_score, grade.needs_manual_grade)
                for notebook in submission.notebooks
                for grade in notebook.grades
            }
    return found


def totals(course: Course) -> dict[str, float]:
    with course.gradebook() as gradebook:
        return {row.student.id: row.score for row in gradebook.assignment_submissions(NAME)}
