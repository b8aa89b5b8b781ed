"""Student notebooks open elsewhere too: links to Colab and Binder, and the cell that makes Colab ready.

nbgrader_config.py adds the two cells to every released notebook, after the title. They are ordinary cells: nbgrader
neither locks nor grades them, and the instructor's version does not have them.
"""

import tomllib
from pathlib import Path

from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.preprocessors import NbGraderPreprocessor

from course_admin.errors import CourseError

BRANCH = "main"
IDS = ("open-elsewhere", "prepare-colab")  # of the two cells; the same in every lesson
LINKS = """\
[Open in Colab]({colab}) · [Open in Binder]({binder})

On Google Colab run the next cell first: it installs what is missing there. Anywhere else it does nothing.\
"""
PREPARE = """\
# @title Prepare Google Colab
import sys

if "google.colab" in sys.modules:
    import subprocess

    course = "git+{repository}@{branch}"
    pip = [sys.executable, "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, "--no-deps", course], check=True)
    from course_utils.colab import install_missing

    install_missing()\
"""

FOLDED = {"jupyter": {"source_hidden": True}, "cellView": "form"}  # JupyterLab's word for it, and Colab's


def repository() -> str:
    """The address of the course on GitHub: `Repository` under [project.urls] in pyproject.toml."""
    path = Path(__file__).resolve().parents[1] / "pyproject.toml"
    project = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
    try:
        return project["urls"]["Repository"].rstrip("/")
    except KeyError:
        raise CourseError(f"{path}: [project.urls] has no Repository; Colab and Binder need the address") from None


def colab_link(path: str) -> str:
    """Where Colab opens the file at `path` in the repository."""
    return repository().replace("https://github.com", "https://colab.research.google.com/github", 1) + (
        f"/blob/{BRANCH}/{path}"
    )


def binder_link(path: str) -> str:
    """Where Binder opens the file at `path` in JupyterLab."""
    return repository().replace("https://github.com", "https://mybinder.org/v2/gh", 1) + (
        f"/{BRANCH}?urlpath=lab/tree/{path}"
    )


class OpenElsewhere(NbGraderPreprocessor):
    """The last step of `nbgrader generate_assignment`: the two cells go in after the title."""

    def preprocess(self, nb, resources):
        name = resources["unique_key"]
        path = f"notebooks/{name}/{name}.ipynb"
        links = LINKS.format(colab=colab_link(path), binder=binder_link(path))
        prepare = PREPARE.format(repository=repository(), branch=BRANCH)
        kept = [cell for cell in nb.cells if cell.id not in IDS]
        added = [new_markdown_cell(links, id=IDS[0]), new_code_cell(prepare, id=IDS[1], metadata=FOLDED)]
        nb.cells = [*kept[:1], *added, *kept[1:]]
        return nb, resources
