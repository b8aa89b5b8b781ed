"""The students' pages: nbgrader's feedback without hidden tests, without scripts, with a table of points at the top.

Everything a student wrote is shown, nothing of it runs: HTML in it is escaped or sanitised, the page has no script of
its own either, and its content security policy forbids what might have been missed, remote pictures included.
"""

import html
import re
from contextlib import closing
from copy import deepcopy
from pathlib import Path
from typing import Any

from course_admin.errors import CourseError
from course_admin.grading import status
from course_admin.grading.book import Book
from course_admin.grading.course import Course
from course_admin.grading.records import Assignment, NotebookSpec
from course_admin.grading.writer import points_by_exercise

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
_SCRIPT = re.compile(r"<script\b.*?</script\s*>", re.DOTALL | re.IGNORECASE)
_LOADED = r"(<(?:img|source|video|audio|iframe|embed|object)\b[^>]*?)\s(?:src|srcset|data)"
_REMOTE = re.compile(_LOADED + r"""=(["'])(?!data:image/).*?\2""", re.IGNORECASE)
_STYLE = "border-collapse: collapse; margin: 1em; white-space: pre-wrap"


def write_feedback(course: Course, assignment: Assignment, students: list[str]) -> int:
    """Write feedback/STUDENT/NAME/*.html for everybody who was graded, and return how many pages that are."""
    written, exporter = 0, _exporter(course)
    for student in students:
        told = _told(course, assignment, student)
        if not told:
            continue
        folder = course.path("feedback", student, assignment.name)
        if told["refused"]:
            status.replace(folder / f"{assignment.name}.html", _refused(assignment, told).encode())
            written += 1
            continue
        for spec in assignment.notebooks:
            notebook = course.path("autograded", student, assignment.name) / f"{spec.name}.ipynb"
            if notebook.is_file():
                table = _table(assignment, spec, told)
                try:
                    page = _harmless(_page(course, exporter, assignment, spec, notebook, student), table)
                except Exception:  # whatever a notebook holds, the others get their pages
                    page = _bare(assignment, f"{table}<p>The notebook itself could not be shown.</p>")
                status.replace(folder / f"{spec.name}.html", page.encode("utf-8", "replace"))
                written += 1
    if not written:
        raise CourseError(f"nobody has been graded for {assignment.name} yet: run `course grade {assignment.name}`")
    return written


def _told(course: Course, assignment: Assignment, student: str) -> dict[str, Any]:
    """The status of a work, with the points as they stand in the gradebook now, marks by hand included."""
    told = status.read(course.root, assignment.name, student)
    if told:
        with closing(Book(course, print)) as book:
            handed_in = course.timestamp(course.path("submitted", student, assignment.name))
            recorded = book.refresh(assignment.name, student, handed_in)
        if recorded is not None:
            points = points_by_exercise(assignment, recorded)
            told |= {"points": points, "late_penalty": recorded.penalty, "waiting": recorded.waits}
    return told


def _exporter(course: Course) -> Any:
    """nbgrader's own exporter, whatever this course's configuration says about hidden tests and HTML."""
    from nbgrader.converters import GenerateFeedback
    from traitlets.config import Config

    config = deepcopy(course.app.config)
    config.merge(Config({
        "GenerateFeedback": {"preprocessors": [
            "nbgrader.preprocessors.GetGrades",
            "course_admin.nbgrader_plugins.StripHidden",
            "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
        ]},
        "HTMLExporter": {
            "sanitize_html": True,
            "filters": {"markdown2html": "course_admin.nbgrader_plugins.harmless_markdown"},
        },
        "NbConvertBase": {"display_data_priority": [
            "image/png", "image/jpeg", "text/html", "text/latex", "text/plain",
        ]},
    }))  # fmt: skip
    converter = GenerateFeedback(coursedir=course.folders, config=config)
    exporter = converter.exporter_class(config=converter.config)
    for preprocessor in converter.preprocessors:
        exporter.register_preprocessor(preprocessor)
    return exporter


def _page(
    course: Course, exporter: Any, assignment: Assignment, spec: NotebookSpec, notebook: Path, student: str
) -> str:
    names = {"student": student, "assignment": assignment.name, "notebook": spec.name, "db_url": course.folders.db_url}
    resources = {"unique_key": spec.name, "output_files_dir": f"{spec.name}_files", "nbgrader": names}
    page, _ = exporter.from_filename(str(notebook), resources=resources)
    return page


def _harmless(page: str, table: str) -> str:
    page = _SCRIPT.sub("", page)
    page = _REMOTE.sub(r"\1", page)
    policy = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    page = page.replace("<head>", f'<head>\n{policy}\n<meta name="referrer" content="no-referrer">', 1)
    return page.replace('<a name="top"></a>', f'<a name="top"></a>\n{table}', 1)


def _table(assignment: Assignment, spec: NotebookSpec, told: dict[str, Any]) -> str:
    """Points per exercise, with what a failed check says: all of a visible one, the hint of a hidden one."""
    several = len(assignment.notebooks) > 1
    rows = []
    for cell in spec.cells:
        if cell.kind in ("test", "manual"):
            key = f"{spec.name}/{cell.id}" if several else cell.id
            message = told["messages"].get(key, "")
            if cell.kind == "manual":
                message = "marked by hand"
            rows.append((cell.id, f"{told['points'].get(key, 0):g} / {cell.points:g}", message))
    if told["late_penalty"]:
        rows.append(("handed in late", f"-{told['late_penalty']:g}", ""))
    body = "".join("<tr>" + "".join(_field(text) for text in row) + "</tr>" for row in rows)
    return f'<table style="{_STYLE}"><tr><th>exercise</th><th>points</th><th></th></tr>{body}</table>'


def _field(text: str) -> str:
    return f'<td style="padding: 0.2em 1em; vertical-align: top">{html.escape(text)}</td>'


def _refused(assignment: Assignment, told: dict[str, Any]) -> str:
    reason = html.escape(told["reasons"][0] if told["reasons"] else "it cannot be graded")
    return _bare(
        assignment,
        f"<h1>{html.escape(assignment.name)}: 0 of {assignment.max_score:g} points</h1>\n"
        f"<p>Your work could not be graded: {reason}.</p><p>Ask for another chance to hand it in.</p>",
    )


def _bare(assignment: Assignment, body: str) -> str:
    """A page without a notebook."""
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        f"<title>{html.escape(assignment.name)}</title></head>\n<body>{body}</body></html>\n"
    )
