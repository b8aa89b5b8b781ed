"""Where things live in the course folder."""

import re
from pathlib import Path

from course_admin.errors import CourseError

LESSON_NAME = re.compile(r"^\d\d_[a-z0-9]+(_[a-z0-9]+)*$")

# What editors and JupyterLab leave behind; git ignores it and so does the build.
IGNORED = {".ipynb_checkpoints", "__pycache__", ".DS_Store"}


def find_root(start: Path | None = None) -> Path:
    """The course folder: `start` or the nearest folder above it that holds lessons/ and nbgrader_config.py."""
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if (folder / "lessons").is_dir() and (folder / "nbgrader_config.py").is_file():
            return folder
    raise CourseError(
        f"{start} is not inside a course folder (no lessons/ with an nbgrader_config.py): cd to the course first"
    )


def visible(folder: Path) -> list[Path]:
    """What lies in `folder`, sorted, without what editors leave behind; empty where there is no such folder."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.name not in IGNORED)


def lesson_scripts(root: Path, chosen: list[str] | None = None) -> list[Path]:
    """The lesson scripts in order; `chosen` narrows them by number ("01") or name ("01_convolution_by_hand")."""
    scripts = []
    for path in visible(root / "lessons"):
        if path.suffix != ".py" or not LESSON_NAME.match(path.stem):
            raise CourseError(f"lessons/{path.name}: stray file; a lesson is called NN_slug.py, like 01_convolution.py")
        if scripts and scripts[-1].stem[:2] == path.stem[:2]:
            raise CourseError(
                f"lessons/{path.name}: number {path.stem[:2]} is taken by {scripts[-1].name}; choose another"
            )
        scripts.append(path)
    if not chosen:
        return scripts
    by_name = {name: path for path in scripts for name in (path.stem, path.stem[:2], str(int(path.stem[:2])))}
    for name in chosen:
        if name not in by_name:
            have = ", ".join(path.stem[:2] for path in scripts) or "none"
            raise CourseError(f"no lesson {name!r} in lessons/: there are {have}")
    return sorted({by_name[name] for name in chosen})
