"""autograded/STUDENT/NAME/: what nbgrader would leave there, for formgrader, generate_feedback and plugins."""

import contextlib
import json
import os
import re
import shutil
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell

from course_admin.errors import CourseError
from course_admin.grading.attachments import attachments
from course_admin.grading.course import Course
from course_admin.grading.reading import plain, read_notebook
from course_admin.grading.records import Assignment, Mark, NotebookResult, Result, SpecCell, Submission

ACTIVE = {".html", ".htm", ".xhtml", ".svg", ".js", ".mjs", ".xml"}  # formgrader would serve them to the instructor
MAKE = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def earlier_answers(course: Course, student: str, assignment: Assignment) -> dict[str, dict[str, str]]:
    """What autograded/ holds of an earlier run: notebook -> cell -> source."""
    folder = course.path("autograded", student, assignment.name)
    folder = folder if folder.is_dir() else _old(folder)
    found: dict[str, dict[str, str]] = {}
    for spec in assignment.notebooks:
        with contextlib.suppress(OSError, CourseError):
            cells = read_notebook((folder / f"{spec.name}.ipynb").read_bytes()).cells
            found[spec.name] = {cell.grade_id: cell.source for cell in cells if cell.grade_id}
    return found


def write_folder(
    course: Course, assignment: Assignment, submission: Submission, result: Result, handed_in: datetime | None
) -> None:
    """Make the folder under another name, then put it in the place of the old one."""
    folder = course.path("autograded", submission.student, assignment.name)
    new = folder.with_name(f".{folder.name}.new")
    _remove(new)
    new.mkdir(parents=True)
    for path, content in submission.files.items():
        if PurePosixPath(path).suffix.casefold() not in ACTIVE:
            _write(new / path, content)
    for part in result.notebooks:
        text = nbformat.writes(_notebook(assignment, submission, part)) + "\n"
        _write(new / f"{part.name}.ipynb", text.encode("utf-8", "replace"))
    if handed_in is not None:
        _write(new / "timestamp.txt", f"{handed_in:%Y-%m-%d %H:%M:%S} UTC\n".encode())
    _set_permissions(course, new)
    if folder.exists():
        _remove(_old(folder))
        os.replace(folder, _old(folder))
    os.replace(new, folder)
    _remove(_old(folder))


def remove_folder(course: Course, assignment: str, student: str) -> None:
    """Refused work has nothing to be shown; what an earlier run left would mislead."""
    folder = course.path("autograded", student, assignment)
    for path in (folder, _old(folder), folder.with_name(f".{folder.name}.new")):
        _remove(path)


def _old(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.old")


def _remove(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _set_permissions(course: Course, folder: Path) -> None:
    """Read only, as nbgrader leaves it, or what c.Autograde.permissions says."""
    shared = 664 if course.folders.groupshared else 444
    wanted = int(str(course.app.config.get("Autograde", {}).get("permissions", shared)), 8)
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(wanted)


def _notebook(assignment: Assignment, submission: Submission, part: NotebookResult) -> nbformat.NotebookNode:
    (spec,) = [spec for spec in assignment.notebooks if spec.name == part.name]
    (handed_in,) = [notebook for notebook in submission.notebooks if notebook.name == part.name]
    wanted = {cell.id: cell for cell in spec.cells}
    marks = {mark.id: mark for mark in part.marks}
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    notebook = new_notebook(metadata={"kernelspec": kernel, "language_info": {"name": "python"}})
    ids: set[str] = set()
    for number, cell in enumerate(handed_in.cells):
        asked = wanted.get(cell.id)
        names = [asked.cell_id, asked.id, f"cell-{number}"] if asked else [f"added-{number}"]
        id = next((name for name in names if _ID.fullmatch(name) and name not in ids), f"cell-{number}-{len(ids)}")
        ids.add(id)
        made = MAKE[cell.cell_type](cell.source, id=id)
        if (asked is not None and asked.kind != "given") or (asked is not None and asked.locked):
            made.metadata["nbgrader"] = _metadata(asked, cell.cell_type)
        if cell.cell_type != "code" and (held := attachments(cell.source, cell.pictures)):
            made.attachments = held
        if cell.cell_type == "code":
            run = part.runs[number] if number < len(part.runs) else None
            outputs = [clean for output in (run.outputs if run else ()) if (clean := clean_output(output))]
            made.outputs = outputs + _verdict(marks.get(cell.id), outputs)
        notebook.cells.append(made)
    return notebook


def _metadata(cell: SpecCell, cell_type: str) -> dict[str, Any]:
    """nbgrader's metadata, schema 3, with the checksum of the cell as it was released."""
    from nbgrader.utils import compute_checksum

    task = cell.kind == "manual" and cell.locked
    data = {
        "schema_version": 3,
        "cell_type": cell_type,
        "grade_id": cell.id,
        "grade": cell.kind == "test" or (cell.kind == "manual" and not task),
        "solution": cell.kind == "answer" or (cell.kind == "manual" and not task),
        "locked": cell.locked,
        "task": task,
    }
    if cell.kind in ("test", "manual"):
        data["points"] = cell.points
    released = MAKE[cell.cell_type](cell.source if cell.locked else cell.stub)
    released.metadata["nbgrader"] = data
    return {**data, "checksum": compute_checksum(released)}


def _verdict(mark: Mark | None, outputs: list) -> list:
    """What a check said, as the output of its cell: an error where it failed, as nbgrader and readers expect."""
    if mark is None or mark.passed or any(output.output_type == "error" for output in outputs):
        return []
    name = "HiddenTest" if mark.hidden else "CheckFailed"
    message = plain((mark.hint if mark.hidden else mark.message) or "this check failed")
    return [new_output("error", ename=name, evalue=message, traceback=[message])]


def clean_output(output: Any) -> nbformat.NotebookNode | None:
    """An output as the format wants it, whatever the student's kernel sent; None where it is none."""
    if not isinstance(output, dict):
        return None
    kind = output.get("output_type")
    if kind == "stream":
        name = "stderr" if output.get("name") == "stderr" else "stdout"
        return new_output("stream", name=name, text=_text(output.get("text")))
    if kind == "error":
        traceback = output.get("traceback")
        lines = [_text(line) for line in traceback] if isinstance(traceback, list | tuple) else []
        return new_output(
            "error", ename=_text(output.get("ename")), evalue=_text(output.get("evalue")), traceback=lines
        )
    if kind in ("display_data", "execute_result") and isinstance(output.get("data"), dict):
        data = {_text(mime): _bundle(mime, value) for mime, value in output["data"].items()}
        extra = {"execution_count": None} if kind == "execute_result" else {}
        return new_output(kind, data=data, **extra)
    return None


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        value = "".join(map(str, value))
    return plain(value if isinstance(value, str) else "" if value is None else str(value))


def _bundle(mime: Any, value: Any) -> Any:
    if "json" in str(mime) and not isinstance(value, str):
        return json.loads(json.dumps(value, default=str))
    return _text(value)
