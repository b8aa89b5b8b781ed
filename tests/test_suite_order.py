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


def test_a_file_is_one_group_and_a_long_one_is_a_group_for_each_lesson():
    assert suite_order.group_of("tests/test_a.py::test_x[07_grid]") == "tests/test_a.py"
    assert suite_order.group_of("solutions/07_grid/07_grid.ipynb::Cell 3") == "solutions/07_grid/07_grid.ipynb"
    for file in suite_order.BY_LESSON:
        assert suite_order.group_of(f"{file}::test_x[07_grid-part]") == f"{file} 07_grid"
        assert suite_order.group_of(f"{file}::test_y") == file
        assert (ROOT / file).is_file()


class Report:
    def __init__(self, nodeid, duration):
        self.nodeid, self.duration = nodeid, duration


def test_a_run_adds_up_what_a_file_took_and_forgets_files_that_are_gone(measured):
    recorder = suite_order.Recorder(str(measured))
    long = sorted(suite_order.BY_LESSON)[0]
    (measured / long).touch()
    tests = [("tests/test_a.py::x", 1.25), ("tests/test_a.py::y[1]", 4), ("tests/test_new.py::z", 0.5)]
    for nodeid, seconds in [*tests, (f"{long}::z[07_grid]", 3)]:
        recorder.pytest_runtest_logreport(Report(nodeid, seconds))
    recorder.pytest_runtest_logreport(Report("solutions/07_grid/07_grid.ipynb::Cell 0", 9))  # docs/timings.md has it
    recorder.pytest_sessionfinish()
    written = json.loads((measured / "tests" / "seconds.json").read_text())
    assert written == {"tests/test_a.py": 5.2, "tests/test_b.py": 3, "tests/test_new.py": 0, f"{long} 07_grid": 3}


def test_every_measured_file_of_this_course_is_there():
    for group in suite_order.read_seconds(ROOT):
        assert (ROOT / suite_order.file_of(group)).is_file()
