"""Read the archives that students hand in: whose work it is, and which of the files belong to a lesson.

The name of the archive alone says whose work it is; nothing inside is asked. An archive that cannot be used is one
CourseError with a line for the instructor, so that it never stops the others.
"""

import importlib.util
import re
import unicodedata
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import nbformat

from course_admin.errors import CourseError

LARGEST_FILE = 50_000_000  # bytes unpacked; a notebook with all its pictures is far below
_NAME = re.compile(r"(?P<name>.+?)[\s_-]*TP\s*\d+([._-]\d+)*\s*(\(\d+\))?", re.IGNORECASE)
_MOODLE = "_assignsubmission_file_"  # what Moodle puts before the name that the student gave
_UNREADABLE = (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, NotImplementedError, ValueError)


@dataclass(frozen=True)
class Submission:
    """The files of one lesson by their new names, and what the instructor should know about the choice."""

    files: dict[str, bytes]
    notes: tuple[str, ...] = ()


def student_id(archive: str) -> str:
    """The student of an archive called Surname-Firstname-TP1.zip, such as "le-goff-jean-marie".

    Case, accents, and the choice between space, hyphen and underscore do not matter: people spell their names in
    other ways for every TP. Raises CourseError for any other name.
    """
    stem = Path(archive).stem.rpartition(_MOODLE)[2]
    match = _NAME.fullmatch(stem)
    words = re.findall(r"[^\W_]+", _without_accents(match["name"])) if match else []
    if Path(archive).suffix.lower() != ".zip" or len(words) < 2:
        raise CourseError(f"{archive}: not called like Surname-Firstname-TP1.zip; rename it")
    return "-".join(words)


def _without_accents(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))


def read_archive(archive: Path, lesson: str) -> Submission:
    """What `archive` holds for `lesson`: the notebook as LESSON.ipynb, and the Python files beside it.

    Folders, other lessons and the leavings of macOS are passed over, as is a Python file that would take the place of
    an installed module. Raises CourseError where the zip or the notebook cannot be read, or the notebook is not in it.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            members = {_path(member): member for member in opened.infolist() if _is_work(_path(member), member)}
            found = _notebooks(members, lesson)
            if not found:
                raise CourseError(f"{archive.name}: no {lesson}.ipynb in it; it holds {_listed(members)}")
            chosen, notes = found[0], []
            if len(found) > 1:
                notes.append(f"{archive.name}: {len(found)} notebooks of this lesson; took the newest, {chosen}")
            elif chosen.stem != lesson:
                notes.append(f"{archive.name}: took {chosen} for {lesson}.ipynb")
            files = {f"{lesson}.ipynb": _notebook(archive, _read(opened, members[chosen]))}
            for path in sorted(members):
                if path.parent == chosen.parent and path.suffix == ".py":
                    if is_installed(path.stem):
                        notes.append(f"{archive.name}: left out {path}, it would take the place of a module")
                    else:
                        files[path.name] = _read(opened, members[path])
    except _UNREADABLE as error:
        raise CourseError(f"{archive.name}: cannot be read as a zip ({error}); ask for it again") from error
    return Submission(files, tuple(notes))


def _path(member: zipfile.ZipInfo) -> PurePosixPath:
    return PurePosixPath(member.filename.replace("\\", "/"))


def _is_work(path: PurePosixPath, member: zipfile.ZipInfo) -> bool:
    """Not a folder, nothing hidden, nothing that macOS or an editor left behind."""
    return not member.is_dir() and not any(part.startswith((".", "__")) for part in path.parts)


def _notebooks(members: dict[PurePosixPath, zipfile.ZipInfo], lesson: str) -> list[PurePosixPath]:
    """The notebooks of `lesson`, newest first; one called LESSON-Copy1 or LESSON (1) counts only without a LESSON."""
    notebooks = [path for path in members if path.suffix == ".ipynb"]
    found = [path for path in notebooks if path.stem == lesson]
    found = found or [path for path in notebooks if path.stem.startswith(lesson)]
    return sorted(found, key=lambda path: members[path].date_time, reverse=True)


def _listed(members: dict[PurePosixPath, zipfile.ZipInfo]) -> str:
    names = sorted(str(path) for path in members)
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "") if names else "no file"


def _read(opened: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    if member.file_size > LARGEST_FILE:
        raise ValueError(f"{member.filename} unpacks to {member.file_size // 1_000_000} MB")
    return opened.read(member)


def _notebook(archive: Path, content: bytes) -> bytes:
    """`content` without a byte-order mark; refused here where nbgrader would stumble later and leave a zero."""
    try:
        text = content.decode("utf-8-sig")
        nbformat.reads(text, as_version=4)
    except (ValueError, TypeError, AttributeError, KeyError, nbformat.ValidationError) as error:
        raise CourseError(f"{archive.name}: its notebook cannot be read; ask for it again") from error
    return text.encode()


def is_installed(module: str) -> bool:
    """Whether a file of this name beside a notebook would be imported in place of an installed module."""
    try:
        found = importlib.util.find_spec(module)
        return found is not None and found.loader is not None and found.origin is not None
    except (ImportError, ValueError):
        return True
