"""Grade one submission: run the student's cells in their kernel, and each test, where it stands, in a process of ours.

A cell or a test that kills the kernel costs itself: the kernel is started again and the cells before run again.
"""

import ast
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from course_admin.grading.agent import HOME
from course_admin.grading.bench import TestTrouble, bench_for
from course_admin.grading.definitions import bound_names, free_names, parse_cell
from course_admin.grading.judge import hidden_lines
from course_admin.grading.records import (
    Assignment,
    CellRun,
    Limits,
    Mark,
    NotebookResult,
    NotebookSpec,
    Options,
    Result,
    SpecCell,
    StudentCell,
    StudentNotebook,
    Submission,
)
from course_admin.grading.wire import encode

IN_KERNEL = "in-kernel"
SPARE_RESTARTS = 10
DEFINES = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign)
RESET = encode(([], "reset"))
RESET_SECONDS = 20


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
        _write_files(Path(folder), assignment.files)
        for notebook in submission.notebooks:
            spec = next(spec for spec in assignment.notebooks if spec.name == notebook.name)
            files = assignment.files | submission.files  # which of the two counts was settled by the intake
            with make_kernel(files, limits, options.sandbox, preload=modules, cuda=options.cuda) as kernel:
                level = kernel.level
                run = _NotebookRun(spec, notebook, kernel, limits, until, modules, folder if assignment.files else "")
                results.append(run.result())
                reasons += run.reasons
                log += run.log
                review = review or bool(run.reasons)
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


class _NotebookRun:
    """One notebook of one student, from its first cell to its last."""

    def __init__(
        self,
        spec: NotebookSpec,
        notebook: StudentNotebook,
        kernel: Any,
        limits: Limits,
        until: float,
        modules: tuple[str, ...],
        folder: str,
    ):
        self.spec, self.notebook, self.kernel, self.limits, self.until = spec, notebook, kernel, limits, until
        self.modules, self.folder = modules, folder
        self.wanted = {cell.id: cell for cell in spec.cells}
        self.ran: list[tuple[int, str, bool]] = []  # number of the cell, source, whether it ran to its end
        self.troubles: dict[str, str] = {}
        self.reasons: list[str] = []
        self.log: list[str] = []
        self.restarts = SPARE_RESTARTS + len(notebook.cells)

    def result(self) -> NotebookResult:
        runs, marks = [], {}
        for number, cell in enumerate(self.notebook.cells):
            asked = self.wanted.get(cell.id)
            if asked is not None and asked.kind == "test":
                marks[asked.id], run = self.test(asked)
            elif cell.cell_type == "code":
                run = self.execute(number, self.source_of(number))
                self._note_trouble(asked, run)
            else:
                run = CellRun()
            runs.append(run)
        for asked in self.spec.cells:
            if asked.kind == "test" and asked.id not in marks:
                marks[asked.id], _ = self.test(asked)
        ordered = [marks[asked.id] for asked in self.spec.cells if asked.id in marks]
        return NotebookResult(self.spec.name, tuple(ordered), tuple(runs))

    def source_of(self, number: int) -> str:
        """What is run for a cell: the released version where the student may not change it."""
        cell = self.notebook.cells[number]
        asked = self.wanted.get(cell.id)
        return asked.stub if asked is not None and asked.kind == "given" and asked.locked else cell.source

    def execute(self, number: int, source: str) -> CellRun:
        """Run a student's cell."""
        left = self.until - time.monotonic()
        if left <= 0:
            self._reason(f"the {self.limits.total_seconds:g} seconds for the whole work were over")
            return CellRun(trouble="not run: the time for the whole notebook was over")
        if HOME in source:
            self._reason(f"cell {number + 1} names the grader's own parts")
        run = self.kernel.run(source, min(self.limits.cell_seconds, left))
        if run.trouble:
            self.log.append(f"{self.spec.name}, cell {number + 1}: {run.trouble}")
        if run.died:
            self._reason(f"cell {number + 1} ended the kernel: {run.trouble}")
            self._replay()
        else:
            self.ran.append((number, source, not run.trouble))
            if "longer than" in run.trouble:
                self._reason(f"cell {number + 1}: {run.trouble}")
        return run

    def _note_trouble(self, asked: SpecCell | None, run: CellRun) -> None:
        if asked is None or asked.kind not in ("answer", "manual"):
            return
        try:
            names = {name for node in parse_cell(asked.source).body for name in bound_names(node)}
        except SyntaxError:
            return
        for name in names:
            self.troubles[name] = run.trouble

    def _reason(self, why: str) -> None:
        if why not in self.reasons:
            self.reasons.append(why)

    def _replay(self) -> None:
        """A fresh kernel in the state before what ended the last one; a cell that ends this one too is left out."""
        cells = self.ran
        while self.restarts > 0 and self.until > time.monotonic():
            self.restarts -= 1
            try:
                self.kernel.restart()
            except Exception as error:
                self.log.append(f"{self.spec.name}: the kernel was not started again: {error}")
                continue
            for place, (number, source, _) in enumerate(cells):
                run = self.kernel.run(source, min(self.limits.cell_seconds, max(self.until - time.monotonic(), 1)))
                if run.died:
                    self._reason(f"cell {number + 1} ended the kernel when it was run again: {run.trouble}")
                    cells = cells[:place] + cells[place + 1 :]
                    break
            else:
                break
        self.ran = cells

    def test(self, asked: SpecCell) -> tuple[Mark, CellRun]:
        """The mark of a test, and what the test printed."""
        left = self.until - time.monotonic()
        if left <= 0 or self.kernel.why_dead:
            over = "the time for the whole notebook was over"
            why = over if left <= 0 else "the kernel could not be started again"
            self._reason(why)
            return self._mark(asked, passed=False, message=f"not tested: {why}"), CellRun()
        if IN_KERNEL in asked.tags:
            return self._in_kernel(asked, left)
        seconds = min(self.limits.test_seconds, left)
        try:
            verdict = bench_for(self.modules).judge(self._case(asked), self.kernel.ask, seconds)
        except TestTrouble as trouble:
            self.log.append(f"{self.spec.name}, {asked.id}: {trouble}")
            self._reason(f"{asked.id}: {trouble}")
            verdict = {"passed": False, "hidden": trouble.hidden, "message": str(trouble), "hint": "", "printed": ""}
        self._tidy()
        self._lend(asked)
        printed = ({"output_type": "stream", "name": "stdout", "text": verdict["printed"]},)
        run = CellRun(printed if verdict["printed"] else (), "" if verdict["passed"] else "the test failed")
        if verdict.get("odd"):
            self._reason(f"{asked.id}: {verdict['odd']}")
        if not verdict["passed"]:
            return self._mark(asked, False, verdict["message"], verdict["hidden"], verdict["hint"]), run
        return self._mark(asked, passed=True, share=verdict["share"]), run

    def _mark(self, asked: SpecCell, passed: bool, message="", hidden=False, hint="", share=None) -> Mark:
        points = asked.points if passed else 0.0
        if share is not None and 0 <= share <= asked.points:
            points = share  # nbgrader's partial credit
        return Mark(asked.id, points, asked.points, passed, "" if hidden else message, hidden, hint if hidden else "")

    def _case(self, asked: SpecCell) -> dict[str, Any]:
        """What the judge is told."""
        before = self.spec.cells[: self.spec.cells.index(asked)]
        given = {cell.id: cell.source for cell in self.notebook.cells if cell.id}
        cells = []
        for cell in (cell for cell in before if cell.cell_type == "code"):
            changed = cell.kind == "given" and not cell.locked and given.get(cell.id, cell.stub) != cell.stub
            cells.append(("edited" if changed else cell.kind, cell.source))
        student = [(source, whole) for _, source, whole in self.ran]
        return {
            "source": asked.source,
            "cells": cells,
            "student": student,
            "troubles": self.troubles,
            "files": self.folder,
        }

    def _tidy(self) -> None:
        """Bring the kernel back to where the test found it: forget the test's handles, or start it again."""
        if not self.kernel.why_dead:
            try:
                self.kernel.ask(RESET, RESET_SECONDS)
            except Exception as error:
                self.log.append(f"{self.spec.name}: after a test: {error}")
        if self.kernel.why_dead:
            self._replay()

    def _lend(self, asked: SpecCell) -> None:
        """Run in the kernel what the visible part of a test defines and a later cell of the student uses."""
        here = next((n for n, cell in enumerate(self.notebook.cells) if cell.id == asked.id), len(self.notebook.cells))
        hidden = hidden_lines(asked.source)
        lines = ["" if n in hidden else line for n, line in enumerate(asked.source.splitlines(), start=1)]
        try:
            body = [node for node in parse_cell("\n".join(lines)).body if isinstance(node, DEFINES)]
        except SyntaxError:
            return
        bound = {name for node in body for name in bound_names(node)}
        later = {name for cell in self.notebook.cells[here + 1 :] for name in self._names_read(cell)}
        if bound & later and not self.kernel.why_dead:
            source = "\n".join(map(ast.unparse, body))
            if not self.kernel.run(source, self.limits.cell_seconds).died:
                self.ran.append((here, source, True))
            else:
                self._replay()

    def _names_read(self, cell: StudentCell) -> set[str]:
        """The names that a cell to be run in the kernel reads."""
        asked = self.wanted.get(cell.id)
        if cell.cell_type != "code" or (asked is not None and asked.kind == "test"):
            return set()
        try:
            return free_names(parse_cell(cell.source))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return set()

    def _in_kernel(self, asked: SpecCell, left: float) -> tuple[Mark, CellRun]:
        """A test that only works beside the student's code; whoever wrote that code could have changed its verdict."""
        run = self.kernel.run(asked.source, min(self.limits.test_seconds, left))
        self._reason(f"{asked.id} was tested inside the student's own process, as its tag asks: look at the answer")
        if run.died:
            self._replay()
        mark = self._mark(asked, not run.trouble, run.trouble, bool(hidden_lines(asked.source)))
        return mark, replace(run, outputs=() if run.trouble else run.outputs)
