"""`course build`: lessons/NN_slug.py -> solutions/NN_slug/ (executed) -> notebooks/NN_slug/ (for students).

`course build --check` proves both fresh without running a cell. The order of work is: read and refuse, compose, run
only what has no fitting outputs, release, and write both files only when everything has succeeded.
"""

import json
import time
from pathlib import Path

import nbformat

from course_admin import outputs
from course_admin.errors import CourseError
from course_admin.layout import lesson_scripts, visible
from course_admin.lesson import Lesson, read_lesson
from course_admin.notebook import compose, to_text, write
from course_admin.release import student_version
from course_admin.timings import record_time

FOLDERS = ("solutions", "notebooks")


def notebook_path(root: Path, folder: str, name: str) -> Path:
    return root / folder / name / f"{name}.ipynb"


def load_stored(path: Path) -> nbformat.NotebookNode | None:
    """The stored notebook, or None where there is none that can be read."""
    try:
        return nbformat.read(path, as_version=4)
    except (OSError, ValueError, nbformat.ValidationError):
        return None


def build(root: Path, chosen: list[str], force: bool = False) -> None:
    """Build the chosen lessons (all, where none is named). `force` runs again what is fresh."""
    lessons = [read_lesson(path) for path in lesson_scripts(root, chosen)]
    refuse_stray_files(root)
    for lesson in lessons:
        fresh = compose(lesson)
        stored = load_stored(notebook_path(root, "solutions", lesson.name))
        if stored is not None and outputs.fits(stored, fresh) and not force:
            outputs.carry_over(stored, fresh)
            done = "outputs kept, they belong to this code"
        else:
            print(f"{lesson.name}: running {len(lesson.code_cells)} code cells ...", flush=True)
            start = time.perf_counter()
            outputs.execute(fresh, lesson.name)
            seconds = time.perf_counter() - start
            record_time(root, lesson.name, seconds)
            done = f"ran in {seconds:.0f} s"
        released = student_version(fresh, lesson.name, root)
        write(notebook_path(root, "solutions", lesson.name), to_text(fresh))
        write(notebook_path(root, "notebooks", lesson.name), released)
        print(f"{lesson.name}: built ({done})", flush=True)


def refuse_stray_files(root: Path) -> None:
    """Raise CourseError at the first file in solutions/ or notebooks/ that the build did not put there."""
    for problem in stray_files(root):
        raise CourseError(problem)


def stray_files(root: Path) -> list[str]:
    names = {path.stem for path in lesson_scripts(root)}
    problems = []
    for folder in FOLDERS:
        for entry in visible(root / folder):
            where = f"{folder}/{entry.name}"
            if not entry.is_dir() or entry.name not in names:
                problems.append(
                    f"{where}: no lesson of this name in lessons/; remove it or add lessons/{entry.name}.py"
                )
                continue
            expected = f"{entry.name}.ipynb"
            problems += [
                f"{where}/{path.name}: stray file; only {expected} belongs into this folder, remove it"
                for path in visible(entry)
                if path.name != expected
            ]
    return problems


def check(root: Path, chosen: list[str]) -> list[str]:
    """What is not fresh, a line each; nothing is executed and nothing written."""
    problems = stray_files(root)
    for path in lesson_scripts(root, chosen):
        problems += _check_lesson(root, read_lesson(path))
    return problems


def _check_lesson(root: Path, lesson: Lesson) -> list[str]:
    cure = f"run: course build {lesson.name[:2]}"
    where = f"solutions/{lesson.name}"
    path = notebook_path(root, "solutions", lesson.name)
    stored = load_stored(path)
    if stored is None:
        return [f"{where}: missing or unreadable; {cure}"]
    fresh = compose(lesson)
    if stored.metadata.get("course") != outputs.record(stored):
        return [f"{where}: sources or outputs were changed after the build; {cure} --force"]
    if not outputs.fits(stored, fresh):
        return [f"{where}: outputs belong to older code ({_first_difference(stored, fresh)}); {cure}"]
    outputs.carry_over(stored, fresh)
    if path.read_text(encoding="utf-8") != to_text(fresh):
        return [f"{where}: not what the lesson script gives ({_first_difference(stored, fresh)}); {cure}"]
    released = notebook_path(root, "notebooks", lesson.name)
    if not released.is_file():
        return [f"notebooks/{lesson.name}: missing; {cure}"]
    if released.read_text(encoding="utf-8") != student_version(fresh, lesson.name, root):
        return [f"notebooks/{lesson.name}: not what nbgrader makes of the instructor version; {cure}"]
    return []


def _first_difference(stored, fresh) -> str:
    def essence(cell):
        return json.dumps({key: cell.get(key) for key in ("id", "cell_type", "source", "metadata")}, sort_keys=True)

    for number, (old, new) in enumerate(zip(stored.cells, fresh.cells, strict=False), start=1):
        if essence(old) != essence(new):
            return f"first difference in cell {number}"
    if len(stored.cells) != len(fresh.cells):
        return f"{len(stored.cells)} cells, the script has {len(fresh.cells)}"
    return "the cells agree, the file does not"
