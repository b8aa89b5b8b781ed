"""Read a notebook as it comes: any encoding, any version of the format, whatever an editor or a script left out.

Only what grading needs is kept of a cell: ids, type, source, tags (those of the instructor's notebook count).
"""

import codecs
import json
from dataclasses import dataclass

from course_admin.errors import CourseError
from course_admin.grading.attachments import Pictures, pictures

LARGEST = 100_000_000  # bytes of a notebook file; the pictures of a hundred cells are far below
MOST_CELLS = 2_000
LARGEST_CELL = 1_000_000  # characters
MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
ENCODINGS = ("utf-8-sig", "utf-32", "utf-32", "utf-16", "utf-16")


@dataclass(frozen=True)
class RawCell:
    """cell_id: the notebook's own; grade_id: nbgrader's; either may be "". cell_type: "code", "markdown" or "raw"."""

    cell_id: str
    grade_id: str
    cell_type: str
    source: str
    tags: tuple[str, ...] = ()
    pictures: Pictures = ()


@dataclass(frozen=True)
class RawNotebook:
    cells: list[RawCell]
    notes: tuple[str, ...] = ()


def read_notebook(content: bytes) -> RawNotebook:
    """The cells in `content`, and a note for everything unusual. Raises CourseError saying why there are none."""
    if not content.strip():
        raise CourseError("the file is empty")
    if len(content) > LARGEST:
        raise CourseError(f"the file is larger than {LARGEST // 1_000_000} MB: clear its outputs and hand in again")
    text, notes = _decode(content)
    try:
        data = json.loads(text, parse_int=_number)
    except RecursionError as error:
        raise CourseError("the file is nested too deep to be a notebook") from error
    except ValueError as error:
        raise CourseError(f"the file is not JSON, so no notebook ({_what(content, text, error)})") from error
    cells = _cells(data)
    if len(cells) > MOST_CELLS:
        raise CourseError(f"the notebook has {len(cells)} cells; {MOST_CELLS} are the limit")
    if data.get("nbformat") != 4:
        notes.append(f"another notebook format ({str(data.get('nbformat'))[:20]}) was read")
    language = _language(data)
    if language not in ("", "python"):
        notes.append(f"the notebook says it is written for {language[:40]}; it was run as Python")
    read = [cell for cell in map(_cell, cells) if cell is not None]
    if len(read) < len(cells):
        notes.append(f"{len(cells) - len(read)} cells could not be read and were left out")
    return RawNotebook(read, tuple(notes))


def _decode(content: bytes) -> tuple[str, list[str]]:
    for mark, encoding in zip(MARKS, ENCODINGS, strict=True):
        if content.startswith(mark):
            text = content.decode(encoding, errors="replace")
            return text, [f"the file began with a byte-order mark ({encoding})"]
    if content[:200].count(0) > 20:  # UTF-16 without a mark: every other byte of ASCII is 0
        encoding = "utf-16-be" if content[:1] == b"\0" else "utf-16-le"
        return content.decode(encoding, errors="replace"), [f"the file was read as {encoding}"]
    try:
        return content.decode("utf-8"), []
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace"), ["the file was not UTF-8; it was read as Latin-1"]


def _number(digits: str) -> int:
    """An integer; of one with thousands of digits, which no notebook needs, 0."""
    return int(digits) if len(digits) < 1000 else 0


def _what(content: bytes, text: str, error: ValueError) -> str:
    """What the file is instead, or where it is broken."""
    if "<<<<<<<" in text and ">>>>>>>" in text:
        return "it holds the conflict marks of a merge"
    kinds = {b"PK": "a zip or an Office document", b"%PDF": "a PDF", b"<!": "a web page", b"<h": "a web page"}
    for mark, kind in kinds.items():
        if content.lstrip()[:4].lower().startswith(mark.lower()):
            return f"it is {kind}"
    return " ".join(str(error).split())[:120]


def _cells(data) -> list:
    """The list of cells of any version of the format; up to version 3 they lay in worksheets."""
    if not isinstance(data, dict):
        raise CourseError("the file is JSON, but no notebook")
    cells = data.get("cells")
    if cells is None and isinstance(data.get("worksheets"), list):
        sheets = [sheet.get("cells") for sheet in data["worksheets"] if isinstance(sheet, dict)]
        cells = [cell for sheet in sheets if isinstance(sheet, list) for cell in sheet]
    if not isinstance(cells, list):
        raise CourseError("the file is JSON, but no notebook: it has no cells")
    return cells


def _language(data: dict) -> str:
    metadata = data.get("metadata")
    if not isinstance(metadata, dict):
        return ""
    info, kernel = metadata.get("language_info"), metadata.get("kernelspec")
    for table, key in ((info, "name"), (kernel, "language")):
        if isinstance(table, dict) and isinstance(table.get(key), str):
            name = table[key].casefold()
            return "python" if name in ("ipython", "python3") else name
    return ""


def _cell(cell) -> RawCell | None:
    if not isinstance(cell, dict):
        return None
    kind = cell.get("cell_type")
    source = next((cell[key] for key in ("source", "input", "code", "text") if key in cell), "")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str) or len(source) > LARGEST_CELL:
        return None
    if kind == "heading":
        level = cell.get("level") if cell.get("level") in range(1, 7) else 1
        kind, source = "markdown", "#" * level + " " + source
    kind = kind if kind in ("code", "markdown", "raw") else "markdown"
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    tags = metadata.get("tags") if isinstance(metadata, dict) else None
    tags = tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else ()
    held = pictures(cell.get("attachments"))
    return RawCell(_short(cell.get("id")), _short(grade_id), kind, plain(source), tags, held)


def _short(id) -> str:
    return plain(id)[:200] if isinstance(id, str) else ""


def plain(text: str) -> str:
    """`text` as it can be written to a file: line ends of one kind, halves of characters replaced."""
    return text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace").decode("utf-8")
