"""The course folder that a command is run in, as nbgrader sees it: any layout that its configuration describes."""

import contextlib
import glob
import logging
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from course_admin.errors import CourseError

# nbgrader imports jsonschema's format checkers; one of them builds a grammar for two seconds and is not needed here.
sys.modules.setdefault("rfc3987_syntax", None)

ANY = "course-stands-for-any-student"


@dataclass(frozen=True)
class Course:
    """A course folder. `app` carries nbgrader's whole configuration, `folders` (its CourseDirectory) the layout."""

    root: Path
    app: object
    folders: object

    def path(self, step: str, student: str, assignment: str) -> Path:
        """The folder of one step, "source", "release", "submitted", "autograded" or "feedback", for one student."""
        return Path(self.folders.format_path(getattr(self.folders, f"{step}_directory"), student, assignment))

    def students(self, step: str, assignment: str) -> list[str]:
        """Everybody who has a folder in `step` for this assignment, in order of the ids."""
        any_one = str(self.path(step, ANY, assignment))
        before, after = any_one.split(ANY)
        found = glob.glob(glob.escape(before) + "*" + glob.escape(after))
        ids = {path[len(before) : len(path) - len(after)] for path in found if os.path.isdir(path)}
        return sorted(ids)

    def gradebook(self):
        """nbgrader's Gradebook, to be used in a `with`. One that is not there is not made."""
        from nbgrader.api import Gradebook

        address = self.folders.db_url
        if address.startswith("sqlite:///") and not Path(address.removeprefix("sqlite:///")).is_file():
            raise CourseError(f"no gradebook at {address}: run `nbgrader generate_assignment NAME` first")
        return Gradebook(self.folders.db_url, self.folders.course_id)

    def cell_seconds(self) -> float | None:
        """How long a cell may run by nbgrader's configuration; None where it says nothing, or sets no limit."""
        said = [self.app.config.get(section, {}).get("timeout") for section in ("Execute", "ExecutePreprocessor")]
        return next((float(value) for value in said if isinstance(value, (int, float)) and value > 0), None)

    def timestamp(self, folder: Path):
        """When the work in `folder` was handed in (UTC), by the timestamp.txt that the collection wrote; or None."""
        from nbgrader.utils import parse_utc

        try:
            with open(folder / "timestamp.txt", encoding="utf-8", errors="replace") as file:
                return parse_utc(file.read(200).strip())
        except (OSError, ValueError, OverflowError, TypeError):
            return None


def find_folder(start: Path | None = None) -> Path:
    """`start`, or the nearest folder above it with an nbgrader_config.py or a gradebook.db."""
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if (folder / "nbgrader_config.py").is_file() or (folder / "gradebook.db").is_file():
            return folder
    return start


def open_course(start: Path | None = None) -> Course:
    """The course around `start`. Raises CourseError where its configuration cannot be read."""
    from nbgrader.apps import NbGrader

    root = find_folder(start)
    app = NbGrader()
    app.log_level = logging.ERROR
    app.raise_config_file_errors = True
    with _inside(root):
        try:
            app.initialize([])
        except (Exception, SystemExit) as error:
            raise CourseError(f"{root}/nbgrader_config.py cannot be read: {str(error).splitlines()[0]}") from error
    return Course(root, app, app.coursedir)


@contextlib.contextmanager
def _inside(folder: Path) -> Iterator[None]:
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def require_name(assignment: str) -> str:
    """`assignment`, if nbgrader allows it as a name and it stays inside its folder."""
    if not assignment.strip() or assignment != assignment.strip() or assignment.startswith("."):
        raise CourseError(f"{assignment!r} is no name of an assignment: give the name of its folder")
    if bad := [character for character in "+/\\\0" if character in assignment]:
        raise CourseError(f"{assignment}: an assignment's name holds no {bad[0]!r}: rename its folder")
    return assignment
