"""Grade one submission: the student's cells run in their kernel, each test, where it stands, in a process of ours."""

import ast
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from course_admin.grading.definitions import parse_cell
from course_admin.grading.notebook_run import NotebookRun
from course_admin.grading.records import Assignment, Limits, Options, Result, Submission


def run_job(
    assignment: Assignment,
    submission: Submission,
    limits: Limits | None = None,
    options: Options | None = None,
    make_kernel: Callable[..., Any] | None = None,
) -> Result:
    """Run and mark one submission. `make_kernel` stands in for StudentKernel in tests."""
    limits, options, started = limits or Limits(), options or Options(), time.time()
    if submission.refused:
        return Result(submission.student, reasons=(submission.refused,), review=True, started=started)
    if make_kernel is None:
        from course_admin.grading.kernel import StudentKernel as make_kernel
    until = time.monotonic() + limits.total_seconds
    modules = imported_modules(assignment)
    reasons, results, log, level = list(submission.notes), [], [], ""
    review = submission.review
    with tempfile.TemporaryDirectory(prefix="course-files-") as folder:
        _write_files(Path(folder), {name: submission.files.get(name, own) for name, own in assignment.files.items()})
        for notebook in submission.notebooks:
            spec = next(spec for spec in assignment.notebooks if spec.name == notebook.name)
            files = assignment.files | submission.files  # which of the two counts was settled by the intake
            with make_kernel(files, limits, options.sandbox, preload=modules, cuda=options.cuda) as kernel:
                level = kernel.level
                beside = folder if assignment.files else ""
                run = NotebookRun(spec, notebook, kernel, limits, until, modules, beside, options.cuda)
                results.append(run.result())
                reasons += run.runner.reasons
                log += run.runner.log
                review = review or bool(run.runner.reasons)
    return Result(
        submission.student,
        tuple(results),
        tuple(dict.fromkeys(reasons)),
        review,
        level,
        started,
        time.time() - started,
        "\n".join(log),
    )


def imported_modules(assignment: Assignment) -> tuple[str, ...]:
    """The modules that the instructor's given cells and tests import, to be loaded once for the whole class."""
    local = {Path(name).parts[0].removesuffix(".py") for name in assignment.files}
    found: dict[str, None] = {}
    for cell in (cell for spec in assignment.notebooks for cell in spec.cells):
        if cell.cell_type != "code" or cell.kind not in ("given", "test"):
            continue
        try:
            tree = parse_cell(cell.source)
        except SyntaxError:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                found |= dict.fromkeys(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found[node.module] = None
    return tuple(name for name in found if name.partition(".")[0] not in local)


def _write_files(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        if ".." not in path.parts and path.is_relative_to(folder):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
