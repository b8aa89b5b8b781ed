"""Read a lesson script and refuse, with one line, what could not become a lesson.

A lesson is a percent script with short cell tags (docs/authoring.md): `answer`, `check`, `explain`, `predict`, with
`id:` and `points:`. This module knows the tags and their rules; notebook.py turns the cells into a notebook.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import jupytext

from course_admin.errors import CourseError

ROLES = ("answer", "check", "explain", "predict")
KEPT_TAGS = {"NBVAL_CHECK_OUTPUT", "NBVAL_IGNORE_OUTPUT"}
REGIONS = {"SOLUTION": ("answer", "explain"), "HIDDEN TESTS": ("check",)}
_ID = re.compile(r"^[A-Za-z][A-Za-z0-9_-]{0,39}$")


@dataclass(frozen=True)
class Cell:
    """One cell: `kind` is "code" or "markdown", `role` one of ROLES or "plain", `number` counts from 1."""

    number: int
    kind: str
    source: str
    role: str = "plain"
    id: str = ""
    points: float | None = None
    tags: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        return f"cell {self.number} ({self.role}{' ' + self.id if self.id else ''})"


@dataclass(frozen=True)
class Lesson:
    """A lesson that holds to the rules; `name` is NN_slug."""

    name: str
    cells: tuple[Cell, ...]

    def by_role(self, role: str) -> list[Cell]:
        return [cell for cell in self.cells if cell.role == role]

    @property
    def code_cells(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.kind == "code"]


def region_lines(source: str, region: str) -> list[str]:
    """The lines between `### BEGIN region` and `### END region`, markers left out."""
    lines, inside = [], False
    for line in source.splitlines():
        if f"BEGIN {region}" in line:
            inside = True
        elif f"END {region}" in line:
            inside = False
        elif inside:
            lines.append(line)
    return lines


def read_lesson(path: Path) -> Lesson:
    """Parse and check one script. Raises CourseError naming the lesson and the cell."""
    try:
        notebook = jupytext.reads(path.read_text(encoding="utf-8"), fmt="py:percent")
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise CourseError(f"lessons/{path.name}: cannot be read as a percent script: {error}") from error
    lesson = Lesson(path.stem, tuple(_read_cell(path, n, cell) for n, cell in enumerate(notebook.cells, start=1)))
    _require_unique_ids(lesson)
    _require_pairs(lesson)
    return lesson


def _fail(lesson: str, cell: Cell, message: str):
    raise CourseError(f"lessons/{lesson}.py, {cell.title}: {message}")


def _read_cell(path: Path, number: int, raw) -> Cell:
    tags = raw.metadata.get("tags", [])
    plain = Cell(number, raw.cell_type, raw.source)
    roles = [tag for tag in tags if tag in ROLES]
    if len(roles) > 1:
        _fail(path.stem, plain, f"one role a cell, not {' and '.join(roles)}")
    role = roles[0] if roles else "plain"
    named = {"id": "", "points": None}
    for tag in tags:
        key, _, value = tag.partition(":")
        if key in named:
            named[key] = value
        elif tag not in ROLES and tag not in KEPT_TAGS:
            known = ", ".join((*ROLES, "id:", "points:", *sorted(KEPT_TAGS)))
            _fail(path.stem, plain, f"unknown tag {tag!r}; the tags are {known}")
    cell = Cell(
        number, raw.cell_type, raw.source, role, named["id"], None, tuple(tag for tag in tags if tag in KEPT_TAGS)
    )
    _require_tags_fit(path.stem, cell, named["points"])
    for region, allowed in REGIONS.items():
        _require_regions(path.stem, cell, region, allowed)
    points = float(named["points"]) if named["points"] is not None else None
    return Cell(cell.number, cell.kind, cell.source, cell.role, cell.id, points, cell.tags)


def _require_tags_fit(lesson: str, cell: Cell, points: str | None):
    graded = cell.role in ("check", "explain")
    if cell.role in ("answer", "check", "explain") and not _ID.match(cell.id):
        what = f"id {cell.id!r} cannot be used" if cell.id else "the id is missing"
        _fail(lesson, cell, f"{what}; add a tag like id:correlate2d (a letter, then letters, digits, - or _)")
    if cell.role in ("plain", "predict") and cell.id:
        _fail(lesson, cell, f"id:{cell.id} without a role; add answer, check or explain")
    if graded and points is None:
        _fail(lesson, cell, "points are missing; add a tag like points:2")
    if not graded and points is not None:
        _fail(lesson, cell, "points belong to the check or explain cell, not here")
    if points is not None and not re.fullmatch(r"\d+(\.\d+)?", points):
        _fail(lesson, cell, f"points:{points} is not a number of points; write points:2 or points:0.5")
    if points is not None and float(points) == 0:
        _fail(lesson, cell, "points:0 would never be seen by a student; give at least 0.5")
    wanted = "markdown" if cell.role == "explain" else "code"
    if cell.role != "plain" and cell.kind != wanted:
        _fail(lesson, cell, f"a cell tagged {cell.role} is a {wanted} cell, this one is {cell.kind}")


def _require_regions(lesson: str, cell: Cell, region: str, allowed: tuple[str, ...]):
    opened, regions = False, 0
    for line in cell.source.splitlines():
        if f"BEGIN {region}" in line:
            if opened:
                _fail(lesson, cell, f"### BEGIN {region} twice without ### END {region}")
            opened, regions = True, regions + 1
        elif f"END {region}" in line:
            if not opened:
                _fail(lesson, cell, f"### END {region} without ### BEGIN {region}")
            opened = False
    if opened:
        _fail(lesson, cell, f"### BEGIN {region} is left open; close it with ### END {region}")
    if regions and cell.role not in allowed:
        _fail(lesson, cell, f"a {region.lower()} region belongs into a cell tagged {' or '.join(allowed)}")
    if region == "SOLUTION" and cell.role in allowed:
        if not regions:
            _fail(lesson, cell, "no ### BEGIN SOLUTION / ### END SOLUTION: students would be given this cell as it is")
        if not any(line.strip() for line in region_lines(cell.source, region)):
            _fail(lesson, cell, "the solution region is empty")


def _require_unique_ids(lesson: Lesson):
    seen: dict[tuple[str, str], Cell] = {}
    for cell in lesson.cells:
        if not cell.id:
            continue
        clash = seen.setdefault((cell.role, cell.id), cell)
        if clash is not cell:
            _fail(lesson.name, cell, f"the id is used before, by cell {clash.number}; ids are unique in a lesson")
    for cell in lesson.by_role("explain"):
        if ("answer", cell.id) in seen:
            _fail(lesson.name, cell, f"an exercise is called {cell.id} too; give the explanation another id")


def _require_pairs(lesson: Lesson):
    """Every answer has its check, and the check comes right under the answer."""
    checks = {cell.id: cell for cell in lesson.by_role("check")}
    answers = {cell.id: cell for cell in lesson.by_role("answer")}
    for cell in answers.values():
        check = checks.get(cell.id)
        if check is None:
            _fail(lesson.name, cell, f"this answer has no check; add a cell tagged check and id:{cell.id} under it")
        if check.number != cell.number + 1:
            _fail(lesson.name, check, f"the check stands under its answer, cell {cell.number}, with nothing between")
    for cell in checks.values():
        if cell.id not in answers:
            _fail(lesson.name, cell, "this check has no answer cell with the same id")
