"""500 submissions through the engine with a job that does nothing: does memory stay flat, and time proportional?

python benchmarks/grading_many.py [N]: seconds and memory of the grading process after each tenth of the class.
"""

import contextlib
import io
import json
import sys
import tempfile
import time
from pathlib import Path

import nbformat

import grading
from course_admin.grading.course import open_course
from course_admin.grading.engine import grade_class
from course_admin.grading.records import CellRun, Mark, NotebookResult, Result
from course_admin.grading.spec import read_assignment

OUTPUT = ({"output_type": "stream", "name": "stdout", "text": "x" * 20_000},)  # a cell that prints much


def light_job(assignment, submission, limits, options) -> Result:
    """A stand-in for the sandbox: full marks, and outputs of a usual size."""
    parts = []
    for spec, notebook in zip(assignment.notebooks, submission.notebooks, strict=True):
        marks = tuple(Mark(cell.id, cell.points, cell.points, True) for cell in spec.cells if cell.kind == "test")
        parts.append(NotebookResult(spec.name, marks, tuple(CellRun(OUTPUT) for _ in notebook.cells)))
    return Result(submission.student, tuple(parts), sandbox="none", started=time.time(), seconds=0.0)


def megabytes() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024


def main(works: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        grading.light_course(folder, 1)
        text = json.dumps(nbformat.read(folder / "submitted/student00/light/light.ipynb", as_version=4))
        students = [f"s{number:04}" for number in range(works)]
        for student in students:
            (folder / "submitted" / student / "light").mkdir(parents=True)
            (folder / "submitted" / student / "light" / "light.ipynb").write_text(text)
        course = open_course(folder)
        assignment = read_assignment(course, "light")
        step = max(1, works // 10)
        for first in range(0, works, step):
            part, start = students[first : first + step], time.process_time()
            with contextlib.redirect_stderr(io.StringIO()):
                grade_class(course, assignment, part, light_job, jobs=2)
            seconds = time.process_time() - start
            print(
                f"{first + len(part):5d} graded, {seconds / len(part):.3f} CPU s a work, {megabytes():.0f} MB",
                flush=True,
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
