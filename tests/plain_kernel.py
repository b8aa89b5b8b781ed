"""Assignments and submissions for tests of job.py, and a kernel for them without a sandbox around it."""

from course_admin.grading.hidden import hidden_lines
from course_admin.grading.job import run_job
from course_admin.grading.kernel import StudentKernel
from course_admin.grading.records import (
    Assignment,
    Limits,
    NotebookSpec,
    Options,
    Result,
    SpecCell,
    StudentCell,
    StudentNotebook,
    Submission,
)

QUICK = Limits(cell_seconds=60, test_seconds=60, total_seconds=300)


def spec_cell(number: int, kind: str, source: str, **more) -> SpecCell:
    stub = "raise NotImplementedError" if kind == "answer" else source
    if kind == "test":
        more = {"points": 1.0, "hidden": tuple(hidden_lines(source)), **more}
    return SpecCell(f"{kind}{number}", kind, "code", source, stub, **more)


def assignment(*cells: tuple[str, str], files: dict[str, bytes] | None = None) -> Assignment:
    """An assignment of one notebook; cells: (kind, instructor's source), given cells locked, tests worth a point."""
    made = [spec_cell(i, kind, source, locked=kind in ("given", "test")) for i, (kind, source) in enumerate(cells)]
    return Assignment("ps1", (NotebookSpec("ps1", tuple(made)),), "digest", files or {})


def submission(asked: Assignment, *answers: str | None, extra: dict[int, str] | None = None) -> Submission:
    """A student's notebook: answers in the place of the answer cells; None: the instructor's own. extra: cells that
    the student has added, by the number of the cell before which they stand."""
    waiting, cells = list(answers), []
    for number, cell in enumerate(asked.notebooks[0].cells):
        if extra and number in extra:
            cells.append(StudentCell("", "code", extra[number]))
        source = cell.stub
        if cell.kind == "answer":
            answer = waiting.pop(0) if waiting else None
            source = cell.source if answer is None else answer
        cells.append(StudentCell(cell.id, "code", source))
    return Submission("ada", (StudentNotebook("ps1", tuple(cells)),))


def grade(asked: Assignment, *answers: str | None, limits: Limits = QUICK, **more) -> Result:
    return run_job(asked, submission(asked, *answers, **more), limits, Options(sandbox="none"))


def passed(result: Result) -> list[bool]:
    return [mark.passed for notebook in result.notebooks for mark in notebook.marks]


def messages(result: Result) -> list[str]:
    return [mark.message for notebook in result.notebooks for mark in notebook.marks]


__all__ = ["StudentKernel", "assignment", "grade", "messages", "passed", "submission"]
