"""What an assignment asks for: nbgrader's gradebook, the instructor's notebook and the released one, put together.

The gradebook has the tests as they were released, hidden part included; the released notebook has the order and what
students were given; the instructor's notebook has the solutions.
"""

import hashlib
import json
from pathlib import Path

from course_admin.errors import CourseError
from course_admin.grading.course import Course, require_name
from course_admin.grading.hidden import hidden_lines, markers
from course_admin.grading.reading import RawCell, read_notebook
from course_admin.grading.records import Assignment, NotebookSpec, SpecCell


def read_assignment(course: Course, name: str) -> Assignment:
    """The assignment `name` of the course. Raises CourseError, with the cure, where it cannot be graded."""
    require_name(name)
    with course.gradebook() as gradebook:
        notebooks = tuple(_notebook(course, name, notebook) for notebook in _released(course, gradebook, name))
    if not notebooks:
        raise CourseError(f"{name} has no notebook in the gradebook: run `nbgrader generate_assignment {name} --force`")
    files = _released_files(course, name)
    return Assignment(name, notebooks, _digest(notebooks, files), files)


def _released(course: Course, gradebook, name: str) -> list:
    from nbgrader.api import MissingEntry

    try:
        return list(gradebook.find_assignment(name).notebooks)
    except MissingEntry:
        if course.path("source", ".", name).is_dir() or course.path("release", ".", name).is_dir():
            raise CourseError(
                f"{name} is not in the gradebook yet: run `nbgrader generate_assignment {name} --force`, then grade"
            ) from None
        known = ", ".join(assignment.name for assignment in gradebook.assignments) or "none"
        raise CourseError(f"no assignment {name} in this course; there are: {known}") from None


def _notebook(course: Course, assignment: str, notebook) -> NotebookSpec:
    """One notebook, in the order of the release."""
    released = _read(course.path("release", ".", assignment) / f"{notebook.name}.ipynb")
    instructors = _read(course.path("source", ".", assignment) / f"{notebook.name}.ipynb")
    if not released and not instructors:
        folder = course.path("release", ".", assignment)
        raise CourseError(f"{folder}/{notebook.name}.ipynb is missing: run `nbgrader generate_assignment {assignment}`")
    solutions = {cell.grade_id: cell.source for cell in instructors if cell.grade_id}
    tagged = {cell.grade_id: cell.tags for cell in [*released, *instructors] if cell.grade_id}
    book = {cell.name: cell for cell in notebook.source_cells}
    graded = {cell.name: cell for cell in [*notebook.grade_cells, *notebook.task_cells]}
    answered = {cell.name for cell in notebook.solution_cells}
    tasks = {cell.name for cell in notebook.task_cells}
    begin, end = markers(course.app.config)
    cells = []
    for number, cell in enumerate(released or instructors):
        saved = book.pop(cell.grade_id, None)
        if saved is None:
            id = cell.cell_id or f"given-{number}"
            cells.append(SpecCell(id, "given", cell.cell_type, cell.source, cell.source, cell_id=cell.cell_id))
            continue
        name = saved.name
        answer = name in answered
        kind = "given"
        if name in graded:
            kind = "manual" if answer or name in tasks else "test"
        elif answer:
            kind = "answer"
        source = solutions.get(name, saved.source) if answer else saved.source
        points = float(graded[name].max_score) if name in graded else 0.0
        locked = (name in graded and not answer) or (bool(saved.locked) and not answer)
        stub = saved.source if answer else cell.source
        tags = tagged.get(name, ())
        hidden = tuple(sorted(hidden_lines(source, begin, end))) if kind == "test" else ()
        about = (points, locked, cell.cell_id, tags, hidden)
        cells.append(SpecCell(name, kind, saved.cell_type, source, stub or "", *about))
    if book:
        raise CourseError(
            f"{assignment}/{notebook.name}: the gradebook has cell {sorted(book)[0]!r}, the released notebook has not: "
            f"run `nbgrader generate_assignment {assignment} --force`"
        )
    return NotebookSpec(notebook.name, tuple(cells))


def _read(path: Path) -> list[RawCell]:
    try:
        return read_notebook(path.read_bytes()).cells
    except FileNotFoundError:
        return []
    except (OSError, CourseError) as error:
        raise CourseError(f"{path} cannot be read: {error}") from error


def _released_files(course: Course, name: str) -> dict[str, bytes]:
    """What lies beside the instructor's notebooks and is released with them, without what nbgrader ignores."""
    from nbgrader.utils import find_all_files

    for step in ("source", "release"):
        folder = course.path(step, ".", name)
        if folder.is_dir():
            paths = find_all_files(str(folder), [*course.folders.ignore, "*.ipynb"])
            return {str(Path(path).relative_to(folder).as_posix()): Path(path).read_bytes() for path in sorted(paths)}
    return {}


def _digest(notebooks: tuple[NotebookSpec, ...], files: dict[str, bytes]) -> str:
    digest = hashlib.sha256()
    for notebook in notebooks:
        digest.update(json.dumps([notebook.name, *(vars(cell) for cell in notebook.cells)], sort_keys=True).encode())
    for path in sorted(files):
        digest.update(f"\n{path}\n".encode() + hashlib.sha256(files[path]).digest())
    return digest.hexdigest()
