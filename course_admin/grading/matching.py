"""Which cell of a student's notebook is which cell of the assignment.

A cell is known by nbgrader's id, else by the notebook's own, else by what it defines, what it says, where it stands.
"""

import re

from rapidfuzz import fuzz

from course_admin.grading.reading import RawCell
from course_admin.grading.records import NotebookSpec, SpecCell

ALIKE = 0.6  # below this, two sources are not the same cell
_DEFINED = re.compile(r"^(?:async +)?(?:def|class) +(\w+)", re.MULTILINE)
_ASSIGNED = re.compile(r"^([A-Za-z_]\w*(?: *, *[A-Za-z_]\w*)*) *(?::[^=\n]+)?=(?!=)", re.MULTILINE)


def defined(source: str) -> set[str]:
    """The functions and classes at the top level of `source`, which need not be valid Python."""
    return set(_DEFINED.findall(source))


def bound(source: str) -> set[str]:
    """`defined`, and the variables."""
    assigned = {name.strip() for names in _ASSIGNED.findall(source) for name in names.split(",")}
    return defined(source) | assigned


def same(one: str, other: str) -> bool:
    """Whether two sources differ in nothing but white space at the ends of lines and of the cell."""
    return _bare(one) == _bare(other)


def _bare(source: str) -> list[str]:
    return [line.rstrip() for line in source.strip().splitlines()]


def by_id(spec: NotebookSpec, cells: list[RawCell]) -> dict[int, int]:
    """Index of a student's cell -> index in `spec`, as the ids say."""
    by_grade_id = {cell.id: place for place, cell in enumerate(spec.cells)}
    by_cell_id = {cell.cell_id: place for place, cell in enumerate(spec.cells) if cell.cell_id}
    places: dict[int, int] = {}
    for index, cell in enumerate(cells):
        if cell.grade_id in by_grade_id and not _is_another(spec, by_grade_id[cell.grade_id], cell):
            places[index] = by_grade_id[cell.grade_id]
    taken = set(places.values())
    for index, cell in enumerate(cells):
        place = by_cell_id.get(cell.cell_id)
        if index not in places and place is not None and place not in taken and not _is_another(spec, place, cell):
            places[index] = place
            taken.add(place)
    return places


def _is_another(spec: NotebookSpec, place: int, cell: RawCell) -> bool:
    """Whether an answer was written into a copy of another answer's cell: it defines what that other should."""
    wanted, has = defined(spec.cells[place].source), defined(cell.source)
    if spec.cells[place].kind != "answer" or not wanted or not has or wanted & has:
        return False
    others = (defined(other.source) for other in spec.cells if other.kind == "answer")
    return any(has & names for names in others)


def by_content(spec: NotebookSpec, cells: list[RawCell], places: dict[int, int]) -> dict[int, int]:
    """What the ids left open: the best matching in order, then the same names anywhere, then the only cell between."""
    taken = set(places.values())
    open_places = [place for place in range(len(spec.cells)) if place not in taken]
    open_cells = [index for index in range(len(cells)) if index not in places and cells[index].source.strip()]
    found = _align(spec, cells, open_places, open_cells)
    for index in open_cells:
        for place in open_places:
            names = defined(spec.cells[place].source) if spec.cells[place].kind == "answer" else set()
            if index not in found and place not in found.values() and names & defined(cells[index].source):
                found[index] = place
    known = places | found
    is_this_one = any(spec.cells[place].kind != "given" for place in known.values())
    for place in open_places if is_this_one else []:
        if place not in found.values() and spec.cells[place].kind in ("answer", "manual"):
            between = [index for index in _between(place, known, len(cells)) if index in open_cells]
            alike = [i for i in between if i not in found and cells[i].cell_type == spec.cells[place].cell_type]
            if len(alike) == 1:
                found[alike[0]] = place
    return found


def _align(spec: NotebookSpec, cells: list[RawCell], places: list[int], indices: list[int]) -> dict[int, int]:
    """The matching that keeps the order and has the largest sum of likenesses (Needleman and Wunsch, 1970)."""
    best = [[0.0] * (len(indices) + 1) for _ in range(len(places) + 1)]
    likeness = [[_likeness(spec.cells[place], cells[index]) for index in indices] for place in places]
    for i in range(len(places) - 1, -1, -1):
        for j in range(len(indices) - 1, -1, -1):
            pair = likeness[i][j] + best[i + 1][j + 1] if likeness[i][j] >= ALIKE else 0.0
            best[i][j] = max(pair, best[i + 1][j], best[i][j + 1])
    found, i, j = {}, 0, 0
    while i < len(places) and j < len(indices):
        if likeness[i][j] >= ALIKE and best[i][j] == likeness[i][j] + best[i + 1][j + 1]:
            found[indices[j]] = places[i]
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return found


def _likeness(wanted: SpecCell, cell: RawCell) -> float:
    """From 0 to 1, for two cells of the same type; what an answer defines tells more than how it is written."""
    if wanted.cell_type != cell.cell_type:
        return 0.0
    if same(wanted.stub, cell.source):
        return 1.0
    if wanted.kind == "answer":
        if names := defined(wanted.source):
            return 0.95 if names & defined(cell.source) else 0.0
        if bound(wanted.source) & bound(cell.source):
            return 0.9
    if wanted.kind == "manual" and wanted.stub.strip()[:60] and cell.source.startswith(wanted.stub.strip()[:60]):
        return 0.9
    short = max(len(wanted.stub), len(cell.source)) > 20_000
    return 0.0 if short else 0.9 * fuzz.ratio(wanted.stub, cell.source) / 100


def _between(place: int, known: dict[int, int], size: int) -> range:
    """The student's cells between the nearest known cells before and after `place`."""
    before = [index for index, other in known.items() if other < place]
    after = [index for index, other in known.items() if other > place]
    return range(max(before, default=-1) + 1, min(after, default=size))
