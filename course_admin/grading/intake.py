"""From a student's folder to a Submission: the notebooks found, put in order, and what may lie beside them.

Nothing here runs a student's code, and nothing a student hands in raises: what cannot be graded is refused in the
Submission, with one reason, so that it never stops the others.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from course_admin.archives import is_installed
from course_admin.errors import CourseError
from course_admin.grading.gathering import Gathered, gather, is_notebook, shown
from course_admin.grading.ordering import Matched, match
from course_admin.grading.reading import RawNotebook, read_notebook
from course_admin.grading.records import Assignment, NotebookSpec, Submission

MOST_NOTEBOOKS = 30  # of one student that are looked into
OTHER = 3  # the rank of a name that has nothing to do with the right one
STARTS_BY_ITSELF = re.compile(r"(site|user)customize|conftest|(ipython|jupyter)\w*_config")  # read without an import


@dataclass
class Candidate:
    """One notebook file, matched against one notebook of the assignment. rank: how far off its name is."""

    path: str
    rank: int
    matched: Matched
    notes: tuple[str, ...]


def read_submission(folder: Path, student: str, assignment: Assignment, students_own: Iterable[str] = ()) -> Submission:
    """What `student` handed in. students_own: released files that students may replace (exclude_overwriting)."""
    gathered = Gathered()
    try:
        gathered = gather(folder)
        return _submission(gathered, student, assignment, set(students_own))
    except CourseError as error:
        refused = str(error)
    except Exception as error:  # a submission that nobody thought of must not stop the class
        refused = f"it could not be read: {shown(f'{type(error).__name__}: {error}')}"
    digest = _digest(gathered, refused)
    return Submission(student, (), notes=tuple(gathered.notes), review=True, refused=refused, digest=digest)


def _submission(gathered: Gathered, student: str, assignment: Assignment, students_own: set[str]) -> Submission:
    candidates = _candidates(gathered)
    found: dict[str, Candidate] = {}
    troubles: list[str] = []
    for spec in assignment.notebooks:
        others = {other.name for other in assignment.notebooks} - {spec.name}
        taken = {candidate.path for candidate in found.values()}
        free = [path for path in candidates if path not in taken]
        own = [path for path in free if PurePosixPath(path).stem not in others]
        try:
            found[spec.name] = _find(spec, own, candidates, gathered)
        except CourseError as error:
            try:  # a file of the right name that is another notebook: the two may have changed names
                named = any(_rank(path, spec.name) == 0 for path in candidates)
                found[spec.name] = _find(spec, free if named else [], candidates, gathered)
            except CourseError:
                troubles.append(str(error))
    if not found:
        raise CourseError(troubles[0])
    for name, candidate in found.items():
        gathered.notes += [*candidate.notes, *candidate.matched.notes]
        gathered.review = gathered.review or candidate.matched.review
        if candidate.matched.begun == 0:
            gathered.notes.append(f"{name}: no answer was begun")
    files = _beside([candidate.path for candidate in found.values()], gathered)
    notebook_names = {f"{name}.ipynb" for name in found}
    _drop_clashes(files, {*assignment.files, *notebook_names, "timestamp.txt"}, gathered)
    for path, content in assignment.files.items():
        if path not in students_own or path not in files:
            if files.get(path, content) != content:
                gathered.notes.append(f"{shown(path)} was changed; the released one was used")
            files[path] = content
    return Submission(
        student,
        tuple(candidate.matched.notebook for candidate in found.values()),
        files,
        notes=(*gathered.notes, *troubles),
        review=gathered.review or bool(troubles),
        digest=_digest(gathered, ""),
    )


def _candidates(gathered: Gathered) -> dict[str, RawNotebook | str]:
    """Every notebook file, the nearest to the top first: its cells, or why it cannot be read."""
    paths = sorted((path for path in gathered.files if is_notebook(path)), key=lambda path: (path.count("/"), path))
    if not paths:
        held = ", ".join(shown(path) for path in sorted(gathered.files)[:4]) or "no file"
        why = f"; {gathered.notes[0]}" if gathered.notes else ""
        raise CourseError(f"no notebook was handed in, but {held}{why}")
    read: dict[str, RawNotebook | str] = {}
    for path in paths[:MOST_NOTEBOOKS]:
        try:
            read[path] = read_notebook(gathered.files[path])
        except CourseError as error:
            read[path] = f"{shown(path)} cannot be read: {error}"
    return read


def _find(spec: NotebookSpec, free: list[str], candidates: dict, gathered: Gathered) -> Candidate:
    """The student's file for one notebook. Raises CourseError saying why there is none."""
    named = sorted((rank, path) for path in free if (rank := _rank(path, spec.name)) < OTHER)
    others = [(OTHER, path) for path in free if _rank(path, spec.name) == OTHER]
    usable = []
    for rank, path in [*named, *others]:
        if isinstance(candidates[path], RawNotebook):
            matched = match(spec, candidates[path].cells)
            asked = sum(cell.kind != "given" for cell in spec.cells)
            if matched.found >= (1 if rank < OTHER else max(1, asked // 2)):
                usable.append(Candidate(path, rank, matched, candidates[path].notes))
    if not usable:
        broken = [candidates[path] for _, path in [*named, *others] if isinstance(candidates[path], str)]
        if broken:
            raise CourseError(broken[0])
        if named:
            raise CourseError(f"{shown(named[0][1])} holds none of the cells of {spec.name}: it is another notebook")
        raise CourseError(f"no {spec.name}.ipynb was handed in, but {', '.join(map(shown, sorted(candidates)[:4]))}")
    best = next((candidate for candidate in usable if candidate.matched.begun), usable[0])
    if best.rank > 0:
        gathered.notes.append(f"{shown(best.path)} was taken for {spec.name}.ipynb")
    if best is not usable[0] or len({c.matched.notebook.cells for c in usable if c.matched.begun}) > 1:
        gathered.notes.append(f"several notebooks could be {spec.name}.ipynb; {shown(best.path)} was graded")
        gathered.review = True
    return best


def _rank(path: str, name: str) -> int:
    """0 for the right name, 1 but for case and signs, 2 for a copy of it, OTHER for any other name."""
    stem = PurePosixPath(path).stem
    if stem == name:
        return 0
    stem, name = (re.sub(r"[\W_]", "", text.casefold()) for text in (stem, name))
    return 1 if stem == name else 2 if stem.startswith(name) else OTHER


def _beside(notebooks: list[str], gathered: Gathered) -> dict[str, bytes]:
    """The files that lie beside the chosen notebooks or below, but none that Python would take for another module."""
    files: dict[str, bytes] = {}
    for notebook in notebooks:
        folder = PurePosixPath(notebook).parent
        for path in sorted(gathered.files):
            if is_notebook(path) or not PurePosixPath(path).is_relative_to(folder):
                continue
            inside = PurePosixPath(path).relative_to(folder)
            module = inside.parts[0].split(".")[0]
            if STARTS_BY_ITSELF.fullmatch(module):
                gathered.leave_out(path, "Python would run it by itself")
            elif _is_code(inside) and is_installed(module):
                gathered.leave_out(path, f"it would take the place of the module {module}")
            else:
                files.setdefault(str(inside), gathered.files[path])
    return files


def _drop_clashes(files: dict[str, bytes], taken: set[str], gathered: Gathered) -> None:
    """Leave out a file where a folder must be, or below a name that is a file: both cannot be written."""
    folders = {str(folder) for path in [*files, *taken] for folder in PurePosixPath(path).parents}
    for path in sorted(files):
        above = {str(folder) for folder in PurePosixPath(path).parents}
        if path in folders or above & (taken | (set(files) - {path})):
            gathered.leave_out(path, "a file and a folder of the same name")
            del files[path]


def _is_code(path: PurePosixPath) -> bool:
    return path.suffix in (".py", ".so", ".pyd", ".pyc", ".pyw")


def _digest(gathered: Gathered, refused: str) -> str:
    """Changes with everything that was handed in."""
    digest = hashlib.sha256(refused.encode("utf-8", "replace"))
    for path in sorted(gathered.files):
        name = path.encode("utf-8", "surrogateescape")
        digest.update(b"\n" + name + b"\n" + hashlib.sha256(gathered.files[path]).digest())
    return digest.hexdigest()
