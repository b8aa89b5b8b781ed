"""Which works are alike: copydetect (winnowing) on the answers, with everything that was given left out.

Nothing is run. The pages show what two works have in common, side by side; what it means is for a person to say.
"""

import io
from dataclasses import dataclass
from html import escape
from itertools import combinations
from pathlib import Path
from typing import Any

from course_admin.errors import CourseError
from course_admin.grading import status
from course_admin.grading.course import Course
from course_admin.grading.intake import read_submission
from course_admin.grading.matching import same
from course_admin.grading.records import Assignment, Submission

NOISE, GUARANTEE = 15, 20  # short functions: copydetect's own 25 and 30 see less
SHORTEST = 60  # characters of an answer; shorter ones are alike by necessity
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


@dataclass(frozen=True)
class Pair:
    """likeness: the part of the shorter work that the other holds, too, from 0 to 1. parts: the common passages."""

    likeness: float
    students: tuple[str, str]
    codes: tuple[str, str]
    parts: tuple[list[tuple[int, int]], list[tuple[int, int]]]


def compare(course: Course, assignment: Assignment, students: list[str]) -> list[Pair]:
    """All pairs of works that have something in common, the most alike first."""
    try:
        from copydetect import compare_files
    except ImportError as error:
        raise CourseError("comparing works needs the package copydetect: pip install copydetect") from error
    given = _fingerprint(_given(assignment), []).hashes
    works = []
    for student in students:
        folder = course.path("submitted", student, assignment.name)
        code = answers(assignment, read_submission(folder, student, assignment))
        if len(code) >= SHORTEST:
            works.append((student, code, _fingerprint(code, sorted(given))))
    pairs = []
    for (one, code, print_), (other, other_code, other_print) in combinations(works, 2):
        tokens, likeness, (parts, other_parts) = compare_files(print_, other_print)
        if tokens:
            found = min(1.0, float(max(likeness)))
            pairs.append(Pair(found, (one, other), (code, other_code), (_spans(parts), _spans(other_parts))))
    return sorted(pairs, key=lambda pair: (-pair.likeness, pair.students))


def answers(assignment: Assignment, submission: Submission) -> str:
    """What the student wrote: answers that were touched, and added code cells."""
    stubs = {cell.id: cell for notebook in assignment.notebooks for cell in notebook.cells}
    written = []
    for notebook in submission.notebooks:
        for cell in notebook.cells:
            spec = stubs.get(cell.id)
            own = spec is None or (spec.kind in ("answer", "manual") and not same(cell.source, spec.stub))
            if cell.cell_type == "code" and own:
                written.append(cell.source)
    return "\n\n".join(written)


def _given(assignment: Assignment) -> str:
    cells = [cell for notebook in assignment.notebooks for cell in notebook.cells if cell.cell_type == "code"]
    return "\n\n".join(cell.stub for cell in cells)


def _fingerprint(code: str, boilerplate: list) -> Any:
    from copydetect import CodeFingerprint

    window = 1 if not boilerplate else GUARANTEE - NOISE + 1
    return CodeFingerprint("work.py", NOISE, window, boilerplate=boilerplate, language="python", fp=io.StringIO(code))


def _spans(parts: Any) -> list[tuple[int, int]]:
    return [(int(start), int(end)) for start, end in zip(*parts, strict=True)] if len(parts) else []


def write_report(course: Course, assignment: Assignment, pairs: list[Pair], most: int) -> Path:
    """similarity/NAME/: index.html, and a page for each of the `most` most similar pairs."""
    folder = course.root / "similarity" / assignment.name
    rows = []
    for number, pair in enumerate(pairs[:most], start=1):
        page = f"pair-{number:03}.html"
        status.replace(folder / page, _pair_page(pair).encode("utf-8", "replace"))
        names = "</td><td>".join(escape(student) for student in pair.students)
        rows.append(f'<tr><td><a href="{page}">{pair.likeness:.0%}</a></td><td>{names}</td></tr>')
    about = "The part of the shorter work that the other holds, too; given code is left out. Read before you judge."
    table = f"<table><tr><th>alike</th><th colspan=2>works</th></tr>{''.join(rows)}</table>"
    title = f"Similar works, {escape(assignment.name)}"
    index = folder / "index.html"
    status.replace(index, _html(title, f"<h1>{title}</h1><p>{about}</p>{table}").encode("utf-8", "replace"))
    return index


def _pair_page(pair: Pair) -> str:
    columns = [
        f"<td><h2>{escape(student)}</h2><pre>{_marked(code, parts)}</pre></td>"
        for student, code, parts in zip(pair.students, pair.codes, pair.parts, strict=True)
    ]
    return _html(f"{pair.likeness:.0%} alike", f"<table><tr>{''.join(columns)}</tr></table>")


def _marked(code: str, parts: list[tuple[int, int]]) -> str:
    shown, at = [], 0
    for start, end in parts:
        start, end = max(start, at), max(end, at)
        shown += [escape(code[at:start]), f"<mark>{escape(code[start:end])}</mark>"]
        at = end
    return "".join([*shown, escape(code[at:])])


def _html(title: str, body: str) -> str:
    style = "body {font-family: sans-serif} td {vertical-align: top; padding: 0 1em} mark {background: #fd8}"
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        f"<style>{style}</style></head>\n<body>{body}</body></html>\n"
    )
