"""Long test files start first, and a run can measure them."""

import json

import pytest

import suite_order
from support import ROOT


@pytest.fixture
def measured(tmp_path):
    """A course folder in which three test files and one notebook have been measured."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "timings.md").write_text("| lesson | seconds |\n|---|---|\n| 07_grid | 95.0 | 2 cores |\n")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "seconds.json").write_text(
        '{"tests/test_a.py": 70, "tests/test_b.py": 3, "tests/gone.py": 9}'
    )
    for name in ("test_a.py", "test_b.py", "test_new.py"):
        (tmp_path / "tests" / name).touch()
    return tmp_path


def test_the_longest_comes_first_and_what_nobody_measured_in_between(measured):
    notebook = "solutions/07_grid/07_grid.ipynb"
    files = ["tests/test_b.py", "tests/test_a.py", notebook, "tests/test_new.py", "tests/test_a.py"]
    places = suite_order.longest_first(files, suite_order.read_seconds(measured))
    assert sorted(places, key=places.get) == [notebook, "tests/test_a.py", "tests/test_new.py", "tests/test_b.py"]


class Report:
    def __init__(self, nodeid, duration):
        self.nodeid, self.duration = nodeid, duration


def test_a_run_adds_up_what_a_file_took_and_forgets_files_that_are_gone(measured):
    recorder = suite_order.Recorder(str(measured))
    for nodeid, seconds in [("tests/test_a.py::x", 1.25), ("tests/test_a.py::y[1]", 4), ("tests/test_new.py::z", 0.5)]:
        recorder.pytest_runtest_logreport(Report(nodeid, seconds))
    recorder.pytest_runtest_logreport(Report("solutions/07_grid/07_grid.ipynb::Cell 0", 9))  # docs/timings.md has it
    recorder.pytest_sessionfinish()
    written = json.loads((measured / "tests" / "seconds.json").read_text())
    assert written == {"tests/test_a.py": 5.2, "tests/test_b.py": 3, "tests/test_new.py": 0}


def test_every_measured_file_of_this_course_is_there():
    for file in suite_order.read_seconds(ROOT):
        assert (ROOT / file).is_file()
