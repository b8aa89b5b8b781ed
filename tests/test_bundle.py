"""The students' zip: whole, without anything of the instructors, always the same bytes, and its notebooks start."""

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import nbformat
import pytest

from classroom import ROOT, environment
from course_admin.bundle import TOP, bundle, contents
from course_admin.errors import CourseError


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundle")
    bundle(ROOT, folder / "students.zip")
    with zipfile.ZipFile(folder / "students.zip") as archive:
        archive.extractall(folder)
    return folder / TOP


def test_everything_a_student_needs_is_in_it(unpacked):
    built = sorted(path.name for path in (ROOT / "notebooks").iterdir() if path.is_dir())
    assert sorted(path.name for path in (unpacked / "notebooks").iterdir() if path.is_dir()) == built
    for name in ("README.md", "pyproject.toml", "environment.yml", "course_utils/checks/__init__.py"):
        assert (unpacked / name).is_file()


def test_nothing_of_the_instructors_is_in_it(unpacked):
    paths = [path.relative_to(unpacked) for path in unpacked.rglob("*") if path.is_file()]
    allowed = {"notebooks", "course_utils", "README.md", "pyproject.toml", "environment.yml", "nbgrader_config.py"}
    assert {path.parts[0] for path in paths} == allowed
    assert {path.suffix for path in paths} == {".ipynb", ".py", ".md", ".toml", ".yml"}
    for path in paths:
        text = (unpacked / path).read_text(encoding="utf-8")
        for word in ("BEGIN SOLUTION", "BEGIN HIDDEN TESTS", "course_admin", "tests/answers"):
            assert word not in text, path


def test_the_project_is_cut_to_what_students_need(unpacked):
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text())
    theirs = tomllib.loads((unpacked / "pyproject.toml").read_text())
    assert theirs["project"]["dependencies"] == ours["project"]["dependencies"]
    assert theirs["project"]["requires-python"] == ours["project"]["requires-python"]
    assert "scripts" not in theirs["project"] and "dependency-groups" not in theirs
    environment_file = (unpacked / "environment.yml").read_text()
    assert "pytorch>=" in environment_file and "pytest" not in environment_file


def test_the_bytes_are_always_the_same(tmp_path):
    for name in ("one.zip", "two.zip"):
        bundle(ROOT, tmp_path / name)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_the_first_cells_of_a_notebook_run_where_it_was_unpacked(unpacked):
    notebook = nbformat.read(unpacked / "notebooks/01_convolution_by_hand/01_convolution_by_hand.ipynb", as_version=4)
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"][:3]
    program = "\n\n".join([*cells, "import course_utils", "print(course_utils.__file__)"])
    settings = {**environment(unpacked), "PYTHONPATH": str(unpacked), "MPLBACKEND": "agg"}
    done = subprocess.run([sys.executable, "-c", program], cwd=unpacked, env=settings, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.splitlines()[-1]).is_relative_to(unpacked)


def test_stale_notebooks_are_not_given_out(tiny):
    with pytest.raises(CourseError, match="not fresh"):
        bundle(tiny, tiny / "students.zip")
    assert not (tiny / "students.zip").exists()


def test_contents_leave_out_what_editors_leave_behind(tiny):
    for name in ("pyproject.toml", "environment.yml"):
        (tiny / name).write_bytes((ROOT / name).read_bytes())
    (tiny / "course_utils/__pycache__").mkdir(parents=True)
    (tiny / "course_utils/__pycache__/a.py").write_text("")
    (tiny / "course_utils/a.py").write_text("")
    (tiny / "course_utils/data.npz").write_text("")
    assert {path for path in contents(tiny) if path.startswith("course_utils")} == {"course_utils/a.py"}
