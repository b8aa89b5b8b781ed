"""`course bundle OUT.zip`: what students are given, and nothing else, always with the same bytes.

In it: notebooks/, course_utils/, the environment cut to what a student needs, settings for nbgrader's Validate button,
and a README. Never in it: lessons, solutions, answers, tests and course_admin.
"""

import io
import tomllib
import zipfile
from pathlib import Path

from course_admin import build
from course_admin.errors import CourseError
from course_admin.grading.status import replace
from course_admin.layout import IGNORED

TOP = "convolution-to-reid"
TIME = (2025, 1, 1, 0, 0, 0)  # the same for every file, so that the same course gives the same bytes
INSTRUCTORS = "# what instructors and CI need on top"  # the line of environment.yml below which students need nothing
KINDS = {"notebooks": {".ipynb"}, "course_utils": {".py"}}

README = """# From convolution by hand to person re-identification

You need Python 3.11 to 3.13 and about 5 GB of disk. In this folder:

    python3 -m venv .venv
    .venv/bin/pip install -e .        (on Windows: .venv\\Scripts\\pip)
    .venv/bin/jupyter lab notebooks

With conda: `conda env create -f environment.yml`, `conda activate convolution-to-reid`, `jupyter lab notebooks`.

Begin with `00_start_here`. Write your answers where it says TODO; the check under each answers at once. Hand in the
notebook itself, in a zip called `Surname-Firstname-TP1.zip`. Python files of your own may lie beside it.
"""

SETTINGS = '''"""Settings of nbgrader's Validate button: cells that train a network may take their time."""

c = get_config()  # noqa: F821  (nbgrader provides it)

c.ExecutePreprocessor.timeout = 300
c.Execute.timeout = 300
'''


def bundle(root: Path, to: Path) -> int:
    """Write the students' zip and return how many files are in it. Raises CourseError where a notebook is stale."""
    if problems := build.check(root, []):
        raise CourseError(f"the notebooks are not fresh ({problems[0]}): run `course build` first")
    files = {f"{TOP}/{path}": content for path, content in contents(root).items()}
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(files):
            member = zipfile.ZipInfo(path, TIME)
            member.external_attr = 0o644 << 16
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, files[path])
    replace(to, memory.getvalue())
    return len(files)


def contents(root: Path) -> dict[str, bytes]:
    """Path in the zip -> content."""
    files = {
        path.relative_to(root).as_posix(): path.read_bytes()
        for folder, kinds in KINDS.items()
        for path in (root / folder).rglob("*")
        if path.suffix in kinds and not IGNORED & set(path.parts)
    }
    files["README.md"] = README.encode()
    files["nbgrader_config.py"] = files["notebooks/nbgrader_config.py"] = SETTINGS.encode()
    files["pyproject.toml"] = _pyproject((root / "pyproject.toml").read_text(encoding="utf-8")).encode()
    files["environment.yml"] = _environment((root / "environment.yml").read_text(encoding="utf-8")).encode()
    return files


def _pyproject(text: str) -> str:
    """The course's package and what it needs, without the instructors' command and tools."""
    project = tomllib.loads(text)["project"]
    needs = "".join(f'    "{line}",\n' for line in project["dependencies"])
    return (
        '[build-system]\nrequires = ["setuptools>=77"]\nbuild-backend = "setuptools.build_meta"\n\n'
        f'[project]\nname = "{project["name"]}"\nversion = "{project["version"]}"\n'
        f'description = "{project["description"]}"\nrequires-python = "{project["requires-python"]}"\n'
        f'dependencies = [\n{needs}]\n\n[tool.setuptools.packages.find]\ninclude = ["course_utils*"]\n'
    )


def _environment(text: str) -> str:
    students, marker, _ = text.partition(INSTRUCTORS)
    if not marker:
        raise CourseError(f"environment.yml has no line {INSTRUCTORS!r}: below it stands what students do not need")
    lines = [line for line in students.rstrip().splitlines() if not line.startswith("# The same packages")]
    return "\n".join([*lines, "  - pip:", "      - -e .", ""])
