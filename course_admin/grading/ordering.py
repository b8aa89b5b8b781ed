"""A student's notebook put back in the order of the assignment, once it is known which cell is which (matching.py).

From the student come the sources of answers, of cells that are not locked, and of cells that were added; checks and
locked cells are the instructor's.
"""

from collections import defaultdict
from dataclasses import dataclass, field

from course_admin.grading.matching import by_content, by_id, defined, same
from course_admin.grading.reading import RawCell
from course_admin.grading.records import NotebookSpec, SpecCell, StudentCell, StudentNotebook


@dataclass
class Matched:
    """The notebook in order, what was mended, whether somebody should look, and how much of it was found at all."""

    notebook: StudentNotebook
    notes: list[str] = field(default_factory=list)
    review: bool = False
    found: int = 0  # answers, checks and questions that are there
    begun: int = 0  # answers that differ from what was given


def match(spec: NotebookSpec, cells: list[RawCell]) -> Matched:
    """Put `cells` in the order of `spec`."""
    places = by_id(spec, cells)
    guesses = by_content(spec, cells, places)
    places.update(guesses)
    chosen, copies, notes, review = _choose(spec, cells, places)
    found = sum(spec.cells[place].kind != "given" for place in chosen)
    result = Matched(StudentNotebook(spec.name, ()), notes, review, found)
    guessed = [spec.cells[place] for place in guesses.values()]
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
            extras[above].append(StudentCell("", cell.cell_type, cell.source, cell.pictures))
    return extras


def _present(wanted: SpecCell, cell: RawCell, result: Matched) -> StudentCell:
    if wanted.locked:
        if not same(cell.source, wanted.stub) and not same(cell.source, wanted.source):
            what = "check" if wanted.kind == "test" else "locked cell"
            result.notes.append(f"the {what} {wanted.id} was edited; the original was used")
            result.review = True
        return StudentCell(wanted.id, wanted.cell_type, wanted.source, cell.pictures)
    if cell.cell_type != wanted.cell_type and wanted.kind != "given":
        result.notes.append(f"{wanted.id} had become a {cell.cell_type} cell; it was read as {wanted.cell_type}")
    kind = cell.cell_type if wanted.kind == "given" else wanted.cell_type
    result.begun += wanted.kind in ("answer", "manual") and not same(cell.source, wanted.stub)
    return StudentCell(wanted.id, kind, cell.source, cell.pictures)


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
