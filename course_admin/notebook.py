"""From a lesson to a notebook: stable cell ids, nbgrader's metadata, one way to write the file.

The same lesson always gives the same bytes. Cell ids come from `id:` or from the cell's own text, never from chance,
so that inserting a cell leaves the others alone.
"""

import hashlib
import os
from collections import Counter
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course_admin.lesson import Cell, Lesson

METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def compose(lesson: Lesson) -> nbformat.NotebookNode:
    """The instructor notebook of `lesson`, without outputs."""
    counts: Counter[str] = Counter()
    notebook = new_notebook(metadata=METADATA)
    for cell in lesson.cells:
        make = new_code_cell if cell.kind == "code" else new_markdown_cell
        made = make(cell.source, id=_cell_id(cell, counts), metadata=_metadata(cell))
        notebook.cells.append(made)
    return notebook


def _cell_id(cell: Cell, counts: Counter) -> str:
    if cell.id:
        return f"{cell.role}-{cell.id}"
    digest = hashlib.sha256(f"{cell.kind}\n{cell.source}".encode()).hexdigest()[:12]
    counts[digest] += 1
    return f"{digest}-{counts[digest]}" if counts[digest] > 1 else digest


def _metadata(cell: Cell) -> dict:
    """nbgrader's metadata (schema 3) and the tags that JupyterLab and nbval read."""
    tags = [tag.lower().replace("_", "-") for tag in cell.tags]
    metadata: dict = {"tags": tags} if tags else {}
    if cell.role in ("answer", "check", "explain"):
        grade = cell.role in ("check", "explain")
        metadata["nbgrader"] = {
            "schema_version": 3,
            "cell_type": cell.kind,
            "grade_id": f"{cell.role}-{cell.id}",
            "grade": grade,
            "solution": cell.role in ("answer", "explain"),
            "locked": cell.role == "check",
            "task": False,
        }
        if grade:
            metadata["nbgrader"]["points"] = int(cell.points) if cell.points == int(cell.points) else cell.points
    return metadata


def to_text(notebook: nbformat.NotebookNode) -> str:
    return nbformat.writes(notebook) + "\n"


def write(path: Path, text: str) -> None:
    """Write to a temporary name beside `path`, then move: a reader never sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    try:
        temporary.write_text(text, encoding="utf-8", newline="\n")
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
