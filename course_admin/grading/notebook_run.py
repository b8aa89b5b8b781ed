"""One notebook of one student, from its first cell to its last: what was run, and the mark of each test."""

import ast
import math
import time
from dataclasses import replace
from typing import Any

from course_admin.grading.bench import TestTrouble, bench_for
from course_admin.grading.definitions import bound_names, names_read, parse_cell, values_in
from course_admin.grading.records import (
    CellRun,
    Limits,
    Mark,
    NotebookResult,
    NotebookSpec,
    SpecCell,
    StudentCell,
    StudentNotebook,
)
from course_admin.grading.running import SPARE_RESTARTS, Runner

IN_KERNEL = "in-kernel"
DEFINES = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign)


class NotebookRun:
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
        cuda: bool = False,
    ):
        self.spec, self.notebook, self.kernel, self.limits, self.until = spec, notebook, kernel, limits, until
        self.modules, self.folder, self.cuda = modules, folder, cuda
        self.wanted = {cell.id: cell for cell in spec.cells}
        self.troubles: dict[str, str] = {}
        self.values: dict[str, bytes] = {}  # of given cells, as they were when their cell had run
        self.students_turn = False  # whether a cell of the student's has run
        self.untouched: set[str] = set()  # of these, whose cell ran before any of the student's
        ours = [cell.source for cell in spec.cells if cell.cell_type == "code" and cell.kind in ("given", "test")]
        self.read_by_us = {name for source in ours for name in names_read(source)}
        self.runner = Runner(spec.name, kernel, limits, until, SPARE_RESTARTS + len(notebook.cells))

    def result(self) -> NotebookResult:
        runs, marks = [], {}
        for number, cell in enumerate(self.notebook.cells):
            asked = self.wanted.get(cell.id)
            if asked is not None and asked.kind == "test":
                marks[asked.id], run = self.test(asked)
            elif cell.cell_type == "code":
                run = self.runner.execute(number, self.source_of(number))
                self._note_trouble(asked, run)
                self._keep_values(number, asked)
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

    def _note_trouble(self, asked: SpecCell | None, run: CellRun) -> None:
        if asked is None or asked.kind not in ("answer", "manual"):
            return
        try:
            names = {name for node in parse_cell(asked.source).body for name in bound_names(node)}
        except SyntaxError:
            return
        for name in names:
            self.troubles[name] = run.trouble

    def _keep_values(self, number: int, asked: SpecCell | None) -> None:
        """A given cell has run: what it worked out (random numbers, say) is what the tests after it go by."""
        if asked is None or asked.kind != "given" or self.source_of(number) != asked.stub:
            self.students_turn = True
            return
        values = self.runner.values(sorted(values_in(asked.stub) & self.read_by_us))
        self.values |= values
        self.untouched = self.untouched - values.keys() if self.students_turn else self.untouched | values.keys()

    def test(self, asked: SpecCell) -> tuple[Mark, CellRun]:
        """The mark of a test, and what the test printed."""
        left = self.until - time.monotonic()
        if left <= 0 or self.kernel.why_dead:
            over = "the time for the whole notebook was over"
            why = over if left <= 0 else "the kernel could not be started again"
            self.runner.reason(why)
            return self._mark(asked, passed=False, message=f"not tested: {why}"), CellRun()
        if IN_KERNEL in asked.tags:
            return self._in_kernel(asked, left)
        seconds = min(self.limits.test_seconds, left)
        try:
            verdict = bench_for(self.modules, self.cuda).judge(self._case(asked), self.kernel.ask, seconds)
        except TestTrouble as trouble:
            self.runner.log.append(f"{self.spec.name}, {asked.id}: {trouble}")
            self.runner.reason(f"{asked.id}: {trouble}")
            verdict = {"passed": False, "hidden": trouble.hidden, "message": str(trouble), "hint": "", "printed": ""}
        self.runner.tidy()
        self._lend(asked)
        printed = ({"output_type": "stream", "name": "stdout", "text": verdict["printed"]},)
        run = CellRun(printed if verdict["printed"] else (), "" if verdict["passed"] else "the test failed")
        if verdict.get("odd"):
            self.runner.reason(f"{asked.id}: {verdict['odd']}")
        if not verdict["passed"]:
            return self._mark(asked, False, verdict["message"], verdict["hidden"], verdict["hint"]), run
        return self._mark(asked, passed=True, share=verdict["share"]), run

    def _mark(self, asked: SpecCell, passed: bool, message="", hidden=False, hint="", share=None) -> Mark:
        points = asked.points if passed else 0.0
        if share is not None and 0 <= share <= asked.points:
            points = share  # nbgrader's partial credit
        elif share is not None:  # nbgrader gives all points for what is below 0, and stops at what is above them
            points = 0.0 if math.isnan(share) else points
            self.runner.reason(
                f"{asked.id} ended with {share:g}, which is no number of points from 0 to {asked.points:g}"
            )
        return Mark(asked.id, points, asked.points, passed, "" if hidden else message, hidden, hint if hidden else "")

    def _case(self, asked: SpecCell) -> dict[str, Any]:
        """What the judge is told."""
        before = self.spec.cells[: self.spec.cells.index(asked)]
        given = {cell.id: cell.source for cell in self.notebook.cells if cell.id}
        cells = []
        for cell in (cell for cell in before if cell.cell_type == "code"):
            changed = cell.kind == "given" and not cell.locked and given.get(cell.id, cell.stub) != cell.stub
            cells.append(("edited" if changed else cell.kind, cell.source))
        student = [(source, whole) for _, source, whole in self.runner.ran]
        return {
            "source": asked.source,
            "hidden": list(asked.hidden),
            "cells": cells,
            "student": student,
            "troubles": self.troubles,
            "values": self.values,
            "untouched": sorted(self.untouched),
            "files": self.folder,
        }

    def _lend(self, asked: SpecCell) -> None:
        """Run in the kernel what the visible part of a test defines and a later cell of the student uses."""
        here = next((n for n, cell in enumerate(self.notebook.cells) if cell.id == asked.id), len(self.notebook.cells))
        lines = ["" if n in asked.hidden else line for n, line in enumerate(asked.source.split("\n"), start=1)]
        try:
            body = [node for node in parse_cell("\n".join(lines)).body if isinstance(node, DEFINES)]
        except SyntaxError:
            return
        bound = {name for node in body for name in bound_names(node)}
        later = {name for cell in self.notebook.cells[here + 1 :] for name in self._names_read(cell)}
        if bound & later and not self.kernel.why_dead:
            source = "\n".join(map(ast.unparse, body))
            if not self.kernel.run(source, self.limits.cell_seconds).died:
                self.runner.ran.append((here, source, True))
            else:
                self.runner.replay()

    def _names_read(self, cell: StudentCell) -> set[str]:
        """The names that a cell to be run in the kernel reads."""
        asked = self.wanted.get(cell.id)
        if cell.cell_type != "code" or (asked is not None and asked.kind == "test"):
            return set()
        return names_read(cell.source)

    def _in_kernel(self, asked: SpecCell, left: float) -> tuple[Mark, CellRun]:
        """A test that only works beside the student's code; whoever wrote that code could have changed its verdict."""
        run = self.kernel.run(asked.source, min(self.limits.test_seconds, left))
        self.runner.reason(
            f"{asked.id} was tested inside the student's own process, as its tag asks: look at the answer"
        )
        if run.died:
            self.runner.replay()
        mark = self._mark(asked, not run.trouble, run.trouble, bool(asked.hidden))
        return mark, replace(run, outputs=() if run.trouble else run.outputs)
