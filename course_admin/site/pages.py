"""A page of the site from a built notebook. Nothing is run: the stored outputs of the instructor notebook are used.

The instructor edition shows that notebook whole. The student edition shows the released notebook, with the figures (no
printed text) of cells that hold no exercise: an answer, a check or an explanation shows no output there.
"""

import base64
import hashlib
import html
import re
import struct
from pathlib import Path

import nbformat
from nbformat.v4 import new_markdown_cell, new_output

from course_admin.build import notebook_path
from course_admin.elsewhere import IDS, LINKS, binder_link, colab_link
from course_admin.errors import CourseError

EDITIONS = ("student", "instructor")
GRADED = ("answer-", "check-", "explain-")
FRAMES = 'class="course-frames"'  # a figure with a slider (course_utils.frames) brings its pictures along
_RUBRIC = re.compile(r"### BEGIN SOLUTION\n(.*?)\n### END SOLUTION", re.DOTALL)


def lesson_page(root: Path, name: str, edition: str, extra: Path) -> nbformat.NotebookNode:
    """The notebook that Sphinx reads for one lesson; its pictures and the student's notebook go into `extra`."""
    instructors = _read(notebook_path(root, "solutions", name))
    released = notebook_path(root, "notebooks", name)
    notebook = _student_page(_read(released), instructors) if edition == "student" else _instructor_page(instructors)
    for cell in notebook.cells:
        cell.metadata.pop("nbgrader", None)
        if cell.cell_type == "code":
            cell.outputs = [_shown(output, extra, f"{name}, {cell.id}") for output in cell.outputs]
    notebook.cells.insert(1, _ways_to_open(name))
    (extra / "notebooks").mkdir(parents=True, exist_ok=True)
    (extra / "notebooks" / released.name).write_bytes(released.read_bytes())
    return notebook


def _read(path: Path) -> nbformat.NotebookNode:
    try:
        return nbformat.read(path, as_version=4)
    except (OSError, ValueError) as error:
        raise CourseError(f"{path.parent.name}: {path} cannot be read; run: course build {path.name[:2]}") from error


def _student_page(released, instructors):
    """The released notebook with the figures of the instructor's run, where a cell is the same in both."""
    figures = {
        cell.id: [output for output in cell.outputs if _is_figure(output)]
        for cell in instructors.cells
        if cell.cell_type == "code" and not cell.id.startswith(GRADED)
    }
    released.cells = [cell for cell in released.cells if cell.id not in IDS]
    for cell in released.cells:
        if cell.cell_type == "code":
            cell.outputs = figures.get(cell.id, [])
    return released


def _instructor_page(notebook):
    """The instructor notebook with its rubrics in boxes."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = _RUBRIC.sub(r":::{admonition} For graders\n:class: important\n\n\1\n:::", cell.source)
    return notebook


def _is_figure(output) -> bool:
    return output.output_type == "display_data" and "image/png" in output.data


def _ways_to_open(name: str):
    """Links to Colab and Binder, and the student's notebook as a file."""
    path = f"notebooks/{name}/{name}.ipynb"
    links = LINKS.splitlines()[0].format(colab=colab_link(path), binder=binder_link(path))
    file = f'<a href="notebooks/{name}.ipynb" download>Take the notebook</a>'
    return new_markdown_cell(f"{file} · {links}", id="ways-to-open")


def _shown(output, extra: Path, where: str):
    """A figure as an <img> with its size and alt text, its picture in a file; anything else as it is."""
    if not _is_figure(output) or FRAMES in output.data.get("text/html", ""):
        return output
    alt = output.metadata.get("image/png", {}).get("alt", "")
    if not alt:
        raise CourseError(f"{where}: a figure without a text; draw it with course_utils.plots")
    png = base64.b64decode(output.data["image/png"])
    file = f"{hashlib.sha256(png).hexdigest()[:16]}.png"
    (extra / "figures").mkdir(parents=True, exist_ok=True)
    (extra / "figures" / file).write_bytes(png)
    width, height = struct.unpack(">II", png[16:24])  # the first chunk of every PNG, so that pages do not jump
    size = f'width="{width}" height="{height}" loading="lazy"'
    tag = f'<img src="figures/{file}" alt="{html.escape(alt)}" {size}>'
    return new_output("display_data", data={"text/html": tag})
