"""Read what a student handed in: regular files only, within bounds, archives opened in memory, nothing executed.

Links are never followed and no path leads out of the folder. What is left out is told.
"""

import io
import os
import stat
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from course_admin.errors import CourseError
from course_admin.grading import reading
from course_admin.layout import IGNORED

LARGEST = 50_000_000  # bytes of one file; a notebook may have reading.LARGEST
TOTAL = 300_000_000
MOST = 1_000  # files
LISTED = 20_000  # entries looked at
DEEPEST = 20  # folders
RENAMED = {"", ".json", ".txt"}
NESTED = 3  # archives within archives
_UNREADABLE = (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, NotImplementedError, ValueError)


@dataclass
class Gathered:
    """files: content by path relative to the folder. notes: what was left out, and why."""

    files: dict[str, bytes] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    review: bool = False
    bytes: int = 0

    def leave_out(self, path: str, why: str, review: bool = True) -> None:
        if len(self.notes) < 20 and not (why.startswith("more than") and any(why in note for note in self.notes)):
            self.notes.append(f"left out {shown(path)}: {why}")
        self.review = self.review or review

    def keep(self, path: str, content: bytes) -> None:
        self.files[path] = content
        self.bytes += len(content)


def shown(path: str) -> str:
    """A path as it may stand in a report: one line, printable, not too long."""
    text = "".join(c if c.isprintable() else "?" for c in path.encode("utf-8", "replace").decode())
    return text if len(text) <= 120 else f"{text[:60]}...{text[-40:]}"


def gather(folder: Path) -> Gathered:
    """Everything in `folder` that may be used. Archives are opened only where no notebook lies beside them."""
    gathered = Gathered()
    if folder.is_symlink():
        raise CourseError("the folder is a symbolic link, which is never followed")
    paths = _list(folder, gathered)
    for path in sorted(paths, key=lambda path: (not is_notebook(path), path.count("/"), path)):
        if path != "timestamp.txt":
            _take(folder, path, gathered)
    if not any(is_notebook(path) and not _is_zip(gathered.files[path]) for path in gathered.files):
        for path in [path for path in sorted(gathered.files) if path.casefold().endswith(".zip") or is_notebook(path)]:
            _open_archive(path, gathered.files.pop(path), gathered, NESTED)
    if not any(is_notebook(path) for path in gathered.files):
        _find_renamed(gathered)
    return gathered


def _is_zip(content: bytes) -> bool:
    """Whether a file holds an archive of files, whatever it is called; an Office document is none."""
    return content.startswith(b"PK\3\4") and b".ipynb" in content[-100_000:] and zipfile.is_zipfile(io.BytesIO(content))


def _find_renamed(gathered: Gathered) -> None:
    """Browsers save notebooks as `ps1.ipynb.txt`, `ps1.json` or `ps1`: names that do not say what is inside."""
    for path in sorted(gathered.files):
        start = gathered.files[path].lstrip()
        if PurePosixPath(path).suffix.casefold() in RENAMED and start[:1] == b"{" and b'"cells"' in start:
            name = f"{path.removesuffix(PurePosixPath(path).suffix).removesuffix('.ipynb')}.ipynb"
            gathered.files[name] = gathered.files.pop(path)
            gathered.notes.append(f"{shown(path)} holds a notebook")


def is_notebook(path: str) -> bool:
    return path.casefold().endswith(".ipynb")


def _hidden(name: str) -> bool:
    return name in IGNORED or name.startswith((".", "__MACOSX", "__pycache__"))


def _list(folder: Path, gathered: Gathered) -> list[str]:
    """The paths of the regular files; links and other things are told and left."""
    found, folders, seen = [], [""], 0
    while folders:
        inside = folders.pop()
        try:
            entries = sorted(os.scandir(folder / inside), key=lambda entry: entry.name)
        except OSError as error:
            gathered.leave_out(inside or ".", f"cannot be read ({error.strerror})")
            continue
        for entry in entries:
            seen += 1
            path = f"{inside}/{entry.name}" if inside else entry.name
            if seen > LISTED:
                gathered.leave_out(path, f"more than {LISTED} files and folders")
                return found
            if entry.is_symlink():
                gathered.leave_out(path, "a symbolic link, which is never followed")
            elif _hidden(entry.name):
                continue
            elif not _is_text(entry.name) and not (is_notebook(entry.name) and entry.is_file(follow_symlinks=False)):
                gathered.leave_out(path, "its name is not text")
            elif entry.is_dir(follow_symlinks=False):
                if path.count("/") < DEEPEST:
                    folders.append(path)
                else:
                    gathered.leave_out(path, "too deep")
            elif entry.is_file(follow_symlinks=False):
                found.append(path)
            else:
                gathered.leave_out(path, "not a regular file")
    return found


def _is_text(name: str) -> bool:
    """Whether a name can be written down; Linux takes any bytes, a zip any code points."""
    return name.isprintable() and len(name.encode("utf-8", "surrogateescape")) < 250


def _fits(path: str, size: int, gathered: Gathered) -> bool:
    largest = reading.LARGEST if is_notebook(path) else LARGEST
    if size > largest:
        gathered.leave_out(path, f"larger than {largest // 1_000_000} MB")
    elif len(gathered.files) >= MOST:
        gathered.leave_out(path, f"more than {MOST} files")
    elif gathered.bytes + size > TOTAL:
        gathered.leave_out(path, f"all files together are larger than {TOTAL // 1_000_000} MB")
    else:
        return True
    return False


def _take(folder: Path, path: str, gathered: Gathered) -> None:
    """Read one file; opened so that a link or a pipe put there in the meantime does no harm."""
    try:
        handle = os.open(folder / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(handle, "rb") as file:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                gathered.leave_out(path, "not a regular file")
            elif status.st_nlink > 1 and not is_notebook(path):
                gathered.leave_out(path, "a hard link: another place on this disk holds the same file")
            elif _fits(path, status.st_size, gathered):
                if status.st_nlink > 1:
                    gathered.notes.append(
                        f"{shown(path)} is a hard link: another place on this disk holds the same file"
                    )
                    gathered.review = True
                readable = path if all(map(_is_text, path.split("/"))) else shown(path)
                if readable != path:
                    gathered.notes.append(f"the name of {readable} is not text")
                    gathered.review = True
                gathered.keep(readable, file.read(status.st_size))
    except OSError as error:
        gathered.leave_out(path, f"cannot be read ({error.strerror})")


def _open_archive(path: str, content: bytes, gathered: Gathered, nested: int) -> None:
    """The files of a zip, as if it were a folder of its name."""
    inner: list[str] = []
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if len(members) > LISTED:
                gathered.leave_out(path, f"more than {LISTED} entries")
                return
            members.sort(key=lambda member: not is_notebook(member.filename))
            for member in members:
                if name := _member(path, member, gathered):
                    _take_member(archive, member, name, gathered)
                    inner.append(name)
    except _UNREADABLE as error:
        gathered.leave_out(path, f"cannot be read as a zip ({shown(str(error))})")
    for name in inner:
        if name.casefold().endswith(".zip") and name in gathered.files:
            if nested > 1:
                _open_archive(name, gathered.files.pop(name), gathered, nested - 1)
            else:
                gathered.leave_out(name, f"more than {NESTED} archives within each other")


def _member(archive: str, member: zipfile.ZipInfo, gathered: Gathered) -> str:
    """Where a member belongs; "" where it is left out."""
    path = PurePosixPath(member.filename.replace("\\", "/"))
    if member.is_dir() or any(_hidden(part) for part in path.parts if part not in ("..", ".")):
        return ""
    where = f"{archive}: {member.filename}"
    if path.is_absolute() or ".." in path.parts or (path.parts and ":" in path.parts[0]):
        gathered.leave_out(where, "its path leads out of the folder")
    elif stat.S_ISLNK(member.external_attr >> 16):
        gathered.leave_out(where, "a symbolic link, which is never followed")
    elif len(path.parts) > DEEPEST:
        gathered.leave_out(where, "too deep")
    elif not all(map(_is_text, path.parts)):
        gathered.leave_out(where, "its name is not text")
    else:
        return f"{PurePosixPath(archive).with_suffix('')}/{path}"
    return ""


def _take_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, gathered: Gathered) -> None:
    if not _fits(name, member.file_size, gathered):
        return
    try:
        with archive.open(member) as file:  # a zip may lie about sizes, so no more is read than it says
            gathered.keep(name, file.read(member.file_size))
    except _UNREADABLE as error:
        gathered.leave_out(name, f"cannot be read ({shown(str(error))})")
