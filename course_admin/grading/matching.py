"""Which cell of a student's notebook is which cell of the assignment, and the notebook put back in order.

A cell is known by nbgrader's id, else by the notebook's own, else by what it defines, what it says, where it stands.
From the student come the sources of answers, of cells that are not locked, and of cells that were added; checks and
locked cells are the instructor's.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, field

from rapidfuzz import fuzz

from course_admin.grading.reading import RawCell
from course_admin.grading.records import NotebookSpec, SpecCell, StudentCell, StudentNotebook

ALIKE = 0.6  # below this, two sources are not the same cell
_DEFINED = re.compile(r"^(?:async +)?(?:def|class) +(\w+)", re.MULTILINE)
_ASSIGNED = re.compile(r"^([A-Za-z_]\w*(?: *, *[A-Za-z_]\w*)*) *(?::[^=\n]+)?=(?!=)", re.MULTILINE)


@dataclass
class Matched:
    """The notebook in order, what was mended, whether somebody should look, and how much of it was found at all."""

    notebook: StudentNotebook
    notes: list[str] = field(default_factory=list)
    review: bool = False
    found: int = 0  # answers, checks and questions that are there
    begun: int = 0  # answers that differ from what was given


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


def match(spec: NotebookSpec, cells: list[RawCell]) -> Matched:
    """Put `cells` in the order of `spec`."""
    places = _by_id(spec, cells)
    by_content = _by_content(spec, cells, places)
    places.update(by_content)
    chosen, copies, notes, review = _choose(spec, cells, places)
    found = sum(spec.cells[place].kind != "given" for place in chosen)
    result = Matched(StudentNotebook(spec.name, ()), notes, review, found)
    guessed = [spec.cells[place] for place in by_content.values()]
    own = [cell.id for cell in guessed if cell.kind in ("answer", "manual")]
    if own:
        result.notes.append(f"cells without their ids were found by their content: {', '.join(sorted(own))}")
    order = [chosen[place] for place in sorted(chosen)]
    if order != sorted(order):
        result.notes.append("cells stood in another order and were put back")
    extras = _extras(cells, places, chosen, copies)
    built = [*extras[-1]]
    for place, wanted in enumerate(spec.cells):
        built += copies[place]
        if place in chosen:
            built.append(_present(wanted, cells[chosen[place]], result))
        else:
            built.append(_missing(wanted, cells, result))
        built += extras[place]
    result.notebook = StudentNotebook(spec.name, tuple(built))
    return result


def _by_id(spec: NotebookSpec, cells: list[RawCell]) -> dict[int, int]:
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


def _by_content(spec: NotebookSpec, cells: list[RawCell], places: dict[int, int]) -> dict[int, int]:
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


def _choose(spec: NotebookSpec, cells: list[RawCell], places: dict[int, int]):
    """Of doubled cells the last that was worked on counts; earlier ones of an answer are run before it."""
    by_place = defaultdict(list)
    for index in sorted(places):
        by_place[places[index]].append(index)
    chosen: dict[int, int] = {}
    copies: dict[int, list[StudentCell]] = defaultdict(list)
    notes, review = [], False
    for place, indices in by_place.items():
        wanted = spec.cells[place]
        worked = [index for index in indices if not same(cells[index].source, wanted.stub)] or indices[-1:]
        chosen[place] = worked[-1]
        if len(indices) > 1 and wanted.kind in ("answer", "manual", "test"):
            notes.append(f"{wanted.id} is there {len(indices)} times; the last one that was worked on counts")
        if wanted.kind == "answer":
            different = [i for i in worked[:-1] if not same(cells[i].source, cells[worked[-1]].source)]
            copies[place] = [StudentCell("", cells[i].cell_type, cells[i].source) for i in different]
            review = review or bool(different)
    return chosen, copies, notes, review


def _extras(cells: list[RawCell], places: dict[int, int], chosen: dict[int, int], copies) -> dict[int, list]:
    """Added cells, by the place of the known cell above them (-1 at the top)."""
    extras: dict[int, list[StudentCell]] = defaultdict(list)
    above = -1
    for index, cell in enumerate(cells):
        if index in places:
            above = places[index] if chosen[places[index]] == index else above
        elif cell.source.strip():
            extras[above].append(StudentCell("", cell.cell_type, cell.source))
    return extras


def _present(wanted: SpecCell, cell: RawCell, result: Matched) -> StudentCell:
    if wanted.locked:
        if not same(cell.source, wanted.stub) and not same(cell.source, wanted.source):
            what = "check" if wanted.kind == "test" else "locked cell"
            result.notes.append(f"the {what} {wanted.id} was edited; the original was used")
            result.review = True
        return StudentCell(wanted.id, wanted.cell_type, wanted.source)
    if cell.cell_type != wanted.cell_type and wanted.kind != "given":
        result.notes.append(f"{wanted.id} had become a {cell.cell_type} cell; it was read as {wanted.cell_type}")
    kind = cell.cell_type if wanted.kind == "given" else wanted.cell_type
    result.begun += wanted.kind in ("answer", "manual") and not same(cell.source, wanted.stub)
    return StudentCell(wanted.id, kind, cell.source)


def _missing(wanted: SpecCell, cells: list[RawCell], result: Matched) -> StudentCell:
    """A deleted cell comes back as it was given; not where another cell defines the same, which would be undone."""
    if wanted.locked:
        what = "check" if wanted.kind == "test" else "locked cell"
        result.notes.append(f"the {what} {wanted.id} was deleted; it was put back")
        return StudentCell(wanted.id, wanted.cell_type, wanted.source)
    if wanted.kind == "given":
        if wanted.cell_type == "code":
            result.notes.append(f"a given cell was deleted and put back ({_first_line(wanted.stub)})")
        return StudentCell(wanted.id, wanted.cell_type, wanted.stub)
    result.review = True
    names = defined(wanted.source)
    homes = [cell.source for cell in cells if names and names <= defined(cell.source)]
    if wanted.kind == "answer" and homes:
        result.notes.append(f"{wanted.id} was deleted; another cell defines {', '.join(sorted(names))}")
        result.begun += 1
        return StudentCell(wanted.id, wanted.cell_type, homes[-1])
    result.notes.append(f"{wanted.id} was deleted; it counts as not begun")
    return StudentCell(wanted.id, wanted.cell_type, wanted.stub)


def _first_line(source: str) -> str:
    return next((line.strip()[:50] for line in source.splitlines() if line.strip()), "empty")
