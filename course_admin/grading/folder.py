"""The folder of a test that looks at files, kept as the student's is: what either side writes, the other one finds.

From the student come texts, pictures and arrays only.
"""

import contextlib
import os
import re
import stat
import tempfile
from pathlib import Path, PurePosixPath
from typing import Any

from course_admin.grading.proxies.link import Link

TEXTS = {"", ".csv", ".dat", ".htm", ".html", ".json", ".jsonl", ".log", ".md", ".out", ".tsv", ".txt", ".xml", ".yaml"}
OTHERS = {".bmp", ".gif", ".jpeg", ".jpg", ".npy", ".npz", ".png", ".wav"}
MOST = 8 * 1024**2  # bytes of the test's files that go out before a call
_LOOKS = re.compile(
    r"\btempfile\b|\bopen\s*\(|\bPath\s*\(|\bos\.(path|listdir|stat|scandir|walk)\b|\.(load|loadtxt|genfromtxt|imread)\s*\(|\bread_\w+\s*\(|\bglob\b"
)


def looks_at_files(source: str) -> bool:
    """Whether a test may read files."""
    return _LOOKS.search(source) is not None


class Folder:
    """Brings the student's files at the start and after each call of an answer, and the test's own before it.

    What lies here at the start was released, and stays as it is: an answer could write what the test expects into it.
    """

    def __init__(self, link: Link, place: Path):
        self.link, self.place = link, place.resolve()
        self.known: dict[str, list[int]] = {}  # files on the student's side: when changed, size
        self.own: dict[str, list[int]] = {}  # files here, that the student's side has as well
        self.folders: set[str] = set()
        self.released = set(os.listdir(place))
        self.update()
        tempfile.tempdir = str(self.place)
        link.outgoing, link.after_call = self.outgoing, self.update

    def outgoing(self, arguments: tuple, named: dict[str, Any]) -> tuple[tuple, dict[str, Any]]:
        """Hand over what the test has written or removed; paths in this folder become paths in the student's."""
        files, folders, here = self._changes()
        gone = sorted(self.own.keys() - here)
        if files or folders or gone:
            self.known |= {name: list(state) for name, state in self.link.request("put", files, folders, gone).items()}
            self.own = {name: state for name, state in self.own.items() if name in here}
        return tuple(map(self._path_there, arguments)), {name: self._path_there(value) for name, value in named.items()}

    def _changes(self) -> tuple[dict[str, bytes], list[str], set[str]]:
        """Files that the test has written and the student's side does not have, folders of its own, all files."""
        files, here, folders, room = {}, set(), [], MOST
        for folder, inner, names in os.walk(self.place):
            inner[:] = [name for name in inner if not os.path.islink(os.path.join(folder, name))]
            folders += [self._name(folder, name) for name in inner]
            for name in names:
                path, state = self._name(folder, name), os.lstat(os.path.join(folder, name))
                when = [state.st_mtime_ns, state.st_size]
                if not stat.S_ISREG(state.st_mode):
                    continue
                here.add(path)
                if self.own.get(path) != when and state.st_size <= room:
                    files[path] = Path(folder, name).read_bytes()
                    self.own[path] = when
                    room -= state.st_size
        new = [name for name in folders if name not in self.folders]
        self.folders.update(new)
        return files, new, here

    def _name(self, folder: str, name: str) -> str:
        """A path as the student's side has it: from its own folder on."""
        return os.path.join(".", os.path.relpath(os.path.join(folder, name), self.place))

    def _path_there(self, value: Any) -> Any:
        """A path in this folder, as it is on the student's side; any other value as it is."""
        text = os.fspath(value) if isinstance(value, (str, Path)) else ""
        if text != str(self.place) and not text.startswith(f"{self.place}{os.sep}"):
            return value
        return type(value)(os.path.relpath(text, self.place))

    def update(self) -> None:
        changed = self.link.request("files", self.known)
        for name, told in changed.items() if isinstance(changed, dict) else ():
            with contextlib.suppress(OSError, ValueError, TypeError):
                changed_at, size, content = told
                self.known[name] = [int(changed_at), int(size)]
                if type(content) is bytes and _is_harmless(name, content):
                    self._write(name, content)

    def _write(self, name: str, content: bytes) -> None:
        """Write into our folder only, and never over what was released."""
        path = self.place / name
        if ".." in path.parts or not path.is_relative_to(self.place):
            return
        if path.relative_to(self.place).parts[0] in self.released:
            if path.is_file() and path.read_bytes() != content:
                self.link.changed_files.add(str(path.relative_to(self.place)))
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.parent.resolve().is_relative_to(self.place):
            new = path.with_name(path.name[:100] + ".new")
            new.write_bytes(content)
            os.replace(new, path)
            state = path.stat()
            self.own[self._name(str(path.parent), path.name)] = [state.st_mtime_ns, state.st_size]


def _is_harmless(name: str, content: bytes) -> bool:
    kind = PurePosixPath(name).suffix.casefold()
    if kind in TEXTS:
        return content.isascii() or b"\0" not in content
    return kind in OTHERS
