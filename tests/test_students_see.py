"""What a student is given: no solution, no hidden test, and a notebook that runs to its end before it is solved."""

import json
import re

import nbformat
import pytest
from nbclient import NotebookClient
from traitlets.config import Config

from course_admin.build import notebook_path
from course_admin.layout import lesson_scripts
from course_admin.lesson import read_lesson
from course_admin.outputs import RUN_ENVIRONMENT
from course_utils.data import load_digits
from leaks import secrets, strings, telling
from support import ROOT
from tiny_mnist import write_digits

LESSONS = [read_lesson(path) for path in lesson_scripts(ROOT)]
GIVEN = ["environment.yml", "pyproject.toml", "README.md", "course_utils", "notebooks"]


def released_lines() -> dict[str, set[str]]:
    """Every line of text in every file that a student is given, by file; notebooks are opened, JSON and all."""
    found = {}
    for name in GIVEN:
        path = ROOT / name
        files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.suffix in (".py", ".ipynb"))
        for file in files:
            text = file.read_text(encoding="utf-8")
            if file.suffix == ".ipynb":
                text = "\n".join(strings(json.loads(text)))
            found[str(file.relative_to(ROOT))] = {telling(line) for line in text.splitlines()} - {""}
    return found


def test_the_search_finds_a_secret_where_there_is_one():
    # given the instructor notebooks, when they are searched as if released, then every lesson shows up
    text = "\n".join(
        "\n".join(strings(json.loads(notebook_path(ROOT, "solutions", one.name).read_text()))) for one in LESSONS
    )
    lines = {telling(line) for line in text.splitlines()}
    for lesson in LESSONS:
        assert secrets(lesson) and secrets(lesson) <= lines


def test_no_released_file_holds_a_solution_line_or_a_hidden_test():
    hidden = set().union(*(secrets(lesson) for lesson in LESSONS))
    leaks = {name: sorted(lines & hidden) for name, lines in released_lines().items() if lines & hidden}
    assert not leaks


def test_no_released_notebook_holds_an_output_or_a_marker():
    for lesson in LESSONS:
        text = notebook_path(ROOT, "notebooks", lesson.name).read_text()
        assert not re.search(r"BEGIN (SOLUTION|HIDDEN)|END (SOLUTION|HIDDEN)|Rubric", text)
        assert all(not cell.get("outputs") for cell in nbformat.reads(text, as_version=4).cells)


@pytest.fixture(scope="module")
def few_digits(tmp_path_factory):
    """What trains on 400 digits runs into the same errors as what trains on all, in a third of the time."""
    return write_digits(tmp_path_factory.mktemp("digits"), load_digits("none"), train=400, test=150)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_a_blank_notebook_runs_to_its_end_with_one_kind_of_error(lesson, few_digits, tmp_path, monkeypatch):
    # given the student's notebook as released, and MNIST on the disk
    for name, value in {**RUN_ENVIRONMENT, "MNIST_DIR": str(few_digits)}.items():
        monkeypatch.setenv(name, value)
    notebook = nbformat.read(notebook_path(ROOT, "notebooks", lesson.name), as_version=4)
    # when it runs from top to bottom
    client = NotebookClient(
        notebook,
        timeout=600,
        allow_error_names=["NotImplementedError"],
        resources={"metadata": {"path": tmp_path}},
        config=Config({"KernelManager": {"transport": "ipc", "ip": str(tmp_path / "k")}}),
    )
    client.execute()
    # then every check fails because its answer is blank, and nothing else goes wrong
    errors = {
        cell.id: [output.ename for output in cell.outputs if output.output_type == "error"]
        for cell in notebook.cells
        if cell.cell_type == "code"
    }
    assert {name for names in errors.values() for name in names} == {"NotImplementedError"}
    for cell in lesson.by_role("check"):
        assert errors[f"check-{cell.id}"] == ["NotImplementedError"]
    for cell in lesson.by_role("answer"):
        assert errors[f"answer-{cell.id}"] == []
