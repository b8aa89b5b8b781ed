"""Run a student's cells in their kernel.

A cell or a test that kills the kernel costs itself: the kernel is started again and the cells before run again.
"""

import time
from typing import Any

from course_admin.grading.agent.source import HOME
from course_admin.grading.records import CellRun, Limits
from course_admin.grading.wire import decode, encode

SPARE_RESTARTS = 10
RESET = encode(([], "reset"))
RESET_SECONDS = 20


class Runner:
    """The cells of one notebook that have run. reasons: why a person should look; log: for grading/NAME/STUDENT.log."""

    def __init__(self, name: str, kernel: Any, limits: Limits, until: float, restarts: int):
        self.name, self.kernel, self.limits, self.until, self.restarts = name, kernel, limits, until, restarts
        self.ran: list[tuple[int, str, bool]] = []  # number of the cell, source, whether it ran to its end
        self.reasons: list[str] = []
        self.log: list[str] = []

    def execute(self, number: int, source: str) -> CellRun:
        """Run a student's cell."""
        left = self.until - time.monotonic()
        if left <= 0:
            self.reason(f"the {self.limits.total_seconds:g} seconds for the whole work were over")
            return CellRun(trouble="not run: the time for the whole notebook was over")
        if HOME in source:
            self.reason(f"cell {number + 1} names the grader's own parts")
        run = self.kernel.run(source, min(self.limits.cell_seconds, left))
        if run.trouble:
            self.log.append(f"{self.name}, cell {number + 1}: {run.trouble}")
        if run.died:
            self.reason(f"cell {number + 1} ended the kernel: {run.trouble}")
            self.replay()
        else:
            self.ran.append((number, source, not run.trouble))
            if "longer than" in run.trouble:
                self.reason(f"cell {number + 1}: {run.trouble}")
        return run

    def reason(self, why: str) -> None:
        if why not in self.reasons:
            self.reasons.append(why)

    def replay(self) -> None:
        """A fresh kernel in the state before what ended the last one; a cell that ends this one too is left out."""
        cells = self.ran
        while self.restarts > 0 and self.until > time.monotonic():
            self.restarts -= 1
            try:
                self.kernel.restart()
            except Exception as error:
                self.log.append(f"{self.name}: the kernel was not started again: {error}")
                continue
            for place, (number, source, _) in enumerate(cells):
                run = self.kernel.run(source, min(self.limits.cell_seconds, max(self.until - time.monotonic(), 1)))
                if run.died:
                    self.reason(f"cell {number + 1} ended the kernel when it was run again: {run.trouble}")
                    cells = cells[:place] + cells[place + 1 :]
                    break
            else:
                break
        self.ran = cells

    def values(self, names: list[str]) -> dict[str, bytes]:
        """What plain data stands under these names now: the values of a given cell before an answer can change them."""
        if not names or self.kernel.why_dead:
            return {}
        try:
            answer = decode(self.kernel.ask(encode(([], "values", names)), RESET_SECONDS))
            return {name: data for name, data in answer[1].items() if name in names and type(data) is bytes}
        except Exception as error:
            self.log.append(f"{self.name}: the values of a given cell: {error}")
            self.tidy()
            return {}

    def tidy(self) -> None:
        """Bring the kernel back to where the test found it: forget the test's handles, or start it again."""
        if not self.kernel.why_dead:
            try:
                self.kernel.ask(RESET, RESET_SECONDS)
            except Exception as error:
                self.log.append(f"{self.name}: after a test: {error}")
        if self.kernel.why_dead:
            self.replay()
