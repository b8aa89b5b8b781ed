"""Colab and Binder: the cell under each title, run as Colab would run it, and the folder that Binder reads."""

import os
import shutil
import stat
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import nbformat
import pytest
from packaging.specifiers import SpecifierSet

from course_admin import elsewhere
from course_admin.build import notebook_path
from course_admin.errors import CourseError
from course_admin.layout import lesson_scripts
from course_utils import colab
from support import ROOT

NAMES = [path.stem for path in lesson_scripts(ROOT)]
# Stands in for pip: it notes what it is asked for, and "installs" the course by a link to it.
PIP = """
import os, sys
with open(os.environ["PIP_LOG"], "a") as log:
    print(*sys.argv[1:], file=log)
if any(word.startswith("git+") for word in sys.argv):
    os.symlink(os.environ["COURSE"] + "/course_utils", os.environ["SITE"] + "/course_utils")
"""
# Runs a cell in a Python that has the field's libraries and, without its .pth files, no course.
RUN = """
import sys
sys.path += [sys.argv[1], sys.argv[2]]
cell = sys.stdin.read()
if sys.argv[3] == "colab":
    import google.colab
exec(cell, {})
"""


def cells(name: str) -> dict:
    notebook = nbformat.read(notebook_path(ROOT, "notebooks", name), as_version=4)
    return {cell.id: cell for cell in notebook.cells}


@pytest.fixture
def machine(tmp_path):
    """Run the cell of a lesson on a counterfeit machine: (what it printed, what pip was asked for)."""
    (tmp_path / "google" / "colab").mkdir(parents=True)
    (tmp_path / "google" / "colab" / "__init__.py").touch()
    (tmp_path / "pip.py").write_text(PIP)
    metadata = tmp_path / "convolution_to_reid-0.dist-info"  # what pip would leave there; one package is new
    metadata.mkdir()
    requirements = ["jupyterlab>=4", "numpy>=2", "no-such-package>=1.5", "nbgrader>=0.9"]
    lines = ["Metadata-Version: 2.1", "Name: convolution-to-reid", "Version: 0"]
    (metadata / "METADATA").write_text("\n".join([*lines, *(f"Requires-Dist: {one}" for one in requirements), ""]))
    log = tmp_path / "pip.log"
    log.touch()

    def run(where: str, name: str = NAMES[1]) -> tuple[str, list[str]]:
        paths = {"PYTHONPATH": str(tmp_path), "PIP_LOG": str(log), "SITE": str(tmp_path), "COURSE": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-S", "-c", RUN, tmp_path, sysconfig.get_path("purelib"), where],
            input=cells(name)["prepare-colab"].source,
            cwd=tmp_path,  # not in the course folder, where an editable install leaves its own list of requirements
            env=os.environ | paths,
            capture_output=True,
            text=True,
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout, log.read_text().splitlines()

    return run


def test_on_colab_the_cell_installs_the_course_and_only_what_is_missing(machine):
    said, asked = machine("colab")
    assert asked == [
        f"install --quiet --no-deps git+{elsewhere.repository()}@main",
        "install --quiet no-such-package>=1.5",
    ]
    assert said == "installing no-such-package>=1.5\n"


def test_anywhere_else_the_cell_does_nothing_and_says_nothing(machine):
    assert machine("laptop") == ("", [])


@pytest.mark.parametrize("name", NAMES)
def test_every_student_notebook_has_the_two_cells_under_its_title(name):
    found = cells(name)
    assert list(found)[1:3] == list(elsewhere.IDS)
    assert found["prepare-colab"].source == cells(NAMES[0])["prepare-colab"].source
    for link in (elsewhere.colab_link, elsewhere.binder_link):
        assert link(f"notebooks/{name}/{name}.ipynb") in found["open-elsewhere"].source
    assert all("nbgrader" not in found[id].metadata for id in elsewhere.IDS)
    instructors = nbformat.read(notebook_path(ROOT, "solutions", name), as_version=4)
    assert [cell.id for cell in instructors.cells] == [id for id in found if id not in elsewhere.IDS]


def test_links_are_made_of_the_address_in_pyproject():
    assert (
        elsewhere.repository() == tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["urls"]["Repository"]
    )
    assert elsewhere.colab_link("a.ipynb").startswith("https://colab.research.google.com/github/")
    assert elsewhere.binder_link("a.ipynb").endswith("/main?urlpath=lab/tree/a.ipynb")


def test_an_address_that_is_missing_is_told(tmp_path, monkeypatch):
    (tmp_path / "course_admin").mkdir()
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\n')
    monkeypatch.setattr(elsewhere, "__file__", str(tmp_path / "course_admin" / "elsewhere.py"))
    with pytest.raises(CourseError, match=r"\[project.urls\] has no Repository"):
        elsewhere.repository()


def test_nothing_that_the_course_needs_is_missing_here():
    assert colab.missing() == []


# ---- Binder -------------------------------------------------------------------------------------------------------


def test_binder_installs_the_course_in_its_tested_versions_on_a_python_that_fits():
    lines = (ROOT / "binder" / "requirements.txt").read_text().splitlines()
    assert "--constraint ../constraints.txt" in lines and "--editable ." in lines
    bounds = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    name, version = (ROOT / "binder" / "runtime.txt").read_text().strip().split("-")
    assert name == "python" and version in SpecifierSet(bounds)


def test_binder_shows_no_answers(tmp_path):
    for folder in ("lessons", "solutions", "tests", "notebooks", "course_utils", "course_admin"):
        (tmp_path / folder).mkdir()
    script = Path(shutil.copy2(ROOT / "binder" / "postBuild", tmp_path))
    assert script.stat().st_mode & stat.S_IXUSR
    subprocess.run([script], cwd=tmp_path, check=True)
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == [
        "course_admin",
        "course_utils",
        "notebooks",
    ]
