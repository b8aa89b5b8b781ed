"""How the cases are written down: each a function that makes one student's submission, and what must come of it."""

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hostile.assignment import FULL, NAME, POINTS, RIGHT


@dataclass
class Work:
    """A submission in the making. It begins as the released notebook with all answers right."""

    released: dict
    place: Path
    course: Path
    cells: list[dict] = field(default_factory=list)
    notebook: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.notebook = copy.deepcopy(self.released)
        self.cells = self.notebook["cells"]
        for name, source in RIGHT.items():
            self.answer(name, source)

    def cell(self, grade_id: str) -> dict:
        return next(c for c in self.cells if c["metadata"].get("nbgrader", {}).get("grade_id") == grade_id)

    def answer(self, name: str, source: str) -> None:
        self.cell(name)["source"] = source

    def blank(self) -> None:
        """All answers as they were released."""
        for new, old in zip(self.cells, self.released["cells"], strict=True):
            new["source"] = old["source"]

    def add(self, source: str, before: str = "total", after: str = "", kind: str = "code") -> None:
        """A cell of the student's own."""
        code = {"execution_count": None, "outputs": []} if kind == "code" else {}
        new = {"cell_type": kind, "id": f"own-{len(self.cells)}", "metadata": {}, "source": source, **code}
        where = self.cells.index(self.cell(after)) + 1 if after else self.cells.index(self.cell(before))
        self.cells.insert(where, new)

    def file(self, name: str, content: str | bytes) -> None:
        path = self.place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    def text(self) -> str:
        return json.dumps(self.notebook)

    def save(self, name: str = f"{NAME}.ipynb") -> None:
        self.file(name, self.text())


@dataclass(frozen=True)
class Case:
    """score: what the work deserves. flag: whether it must be marked for review (None: either). reason: said in it."""

    name: str
    make: Callable[[Work], Any]
    score: float
    flag: bool | None
    refused: bool
    reason: str


CASES: list[Case] = []
LIMITED: list[Case] = []  # graded with small limits, in a class of their own


def case(score: float = FULL, flag: bool | None = None, refused: bool = False, reason: str = "", limited=False):
    """Register a submission. `make` may save it itself (return True); otherwise it is saved under its usual name."""

    def register(make: Callable[[Work], Any]) -> Callable[[Work], Any]:
        name = make.__name__.replace("_", "-")
        found = Case(name, make, score, True if refused else flag, refused, reason)
        (LIMITED if limited else CASES).append(found)
        return make

    return register


def without(*names: str) -> float:
    """The score of somebody who has all but these right."""
    return FULL - sum(POINTS[name] for name in names)


def answers(score: float, flag: bool | None = None, limited: bool = False, **sources: str) -> None:
    """Cases that differ from the right work in one answer: name=source, the exercise told by what it defines."""
    for name, source in sources.items():

        def make(work: Work, source: str = source) -> None:
            work.answer(exercise(source), source)

        make.__name__ = name
        case(score, flag, limited=limited)(make)


def exercise(source: str) -> str:
    """The exercise that a source answers: the one that it names first."""
    words = {"total": "total", "scale": "scale", "counts": "counts", "Account": "account"}
    return words[min((word for word in words if word in source), key=source.index)]
