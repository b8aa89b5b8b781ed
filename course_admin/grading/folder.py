"""Files that the student's code has written, for a test that looks at them: copies in the test's own folder.

Texts, pictures and arrays only, and where a test may meet such files no pickle is read, because a pickle can be code.
"""

import contextlib
import os
import pickle
import re
from pathlib import Path, PurePosixPath
from typing import Any

from course_admin.grading.proxies.link import Link

TEXTS = {"", ".csv", ".dat", ".htm", ".html", ".json", ".jsonl", ".log", ".md", ".out", ".tsv", ".txt", ".xml", ".yaml"}
OTHERS = {".bmp", ".gif", ".jpeg", ".jpg", ".npy", ".npz", ".png", ".wav"}
_LOOKS = re.compile(
    r"\bopen\s*\(|\bPath\s*\(|\bos\.(path|listdir|stat|scandir|walk)\b|\.(load|loadtxt|genfromtxt|imread)\s*\(|\bread_\w+\s*\(|\bglob\b"
)


def looks_at_files(source: str) -> bool:
    """Whether a test may read files."""
    return _LOOKS.search(source) is not None


class Folder:
    """Keeps the test's folder as the student's is: once at the start, and again after each call of an answer."""

    def __init__(self, link: Link, place: Path):
        self.link, self.place, self.known = link, place.resolve(), {}
        _read_no_pickles()
        self.update()
        link.after_call = self.update

    def update(self) -> None:
        changed = self.link.request("files", self.known)
        for name, told in changed.items() if isinstance(changed, dict) else ():
            with contextlib.suppress(OSError, ValueError, TypeError):
                changed_at, size, content = told
                self.known[name] = [int(changed_at), int(size)]
                if type(content) is bytes and _is_harmless(name, content):
                    self._write(name, content)

    def _write(self, name: str, content: bytes) -> None:
        """Write into our folder only: what was released lies there as links, which are replaced, not followed."""
        path = self.place / name
        if ".." in path.parts or not path.is_relative_to(self.place):
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.parent.resolve().is_relative_to(self.place):
            new = path.with_name(path.name[:100] + ".new")
            new.write_bytes(content)
            os.replace(new, path)


def _is_harmless(name: str, content: bytes) -> bool:
    kind = PurePosixPath(name).suffix.casefold()
    if kind in TEXTS:
        return content.isascii() or b"\0" not in content
    return kind in OTHERS


def _read_no_pickles() -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise TypeError("a test cannot read a pickle that a student may have written")

    for name in ("load", "loads", "Unpickler"):
        setattr(pickle, name, refuse)
        setattr(pickle._pickle if hasattr(pickle, "_pickle") else pickle, name, refuse)
    pickle._Unpickler.find_class = refuse
