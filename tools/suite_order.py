"""Which tests start first: those that take longest, so that no worker is left alone with a long one at the end.

pytest-xdist gives whole groups to its workers, in the order of collection. A group is a file, or one lesson's part of a
long file. conftest.py sorts the groups by what they took when somebody last measured: notebooks in docs/timings.md
(kept by `course build`), tests in tests/seconds.json (kept by `make test RECORD=yes`). A group that nobody has measured
yet counts as UNKNOWN seconds.
"""

import json
import os
import re
from collections import defaultdict

RECORDED = os.path.join("tests", "seconds.json")
UNKNOWN = 30
WORTH_NOTING = 2  # seconds; shorter groups fill the gaps in any order
BY_LESSON = {"tests/test_students_see.py", "tests/test_grade_lessons.py"}  # their lessons may run side by side
_IN_BRACKETS = re.compile(r"\[(\d\d_\w+)")
_LESSON = re.compile(r"^\| (\d\d_\w+) \| ([\d.]+) \|", re.MULTILINE)


def read_seconds(root):
    """Seconds by group; a file is told by its path relative to `root`."""
    with open(os.path.join(root, RECORDED), encoding="utf-8") as file:
        seconds = json.load(file)
    with open(os.path.join(root, "docs", "timings.md"), encoding="utf-8") as file:
        for name, number in _LESSON.findall(file.read()):
            seconds[f"solutions/{name}/{name}.ipynb"] = float(number)
    return seconds


def group_of(nodeid):
    """The file of a test, as a path below the course folder; with the lesson behind it for a file in BY_LESSON."""
    file, _, rest = nodeid.partition("::")
    lesson = _IN_BRACKETS.search(rest) if file in BY_LESSON else None
    return f"{file} {lesson[1]}" if lesson else file


def file_of(group):
    return group.split(" ")[0]


def longest_first(groups, seconds):
    """The place of each group in the queue: group -> number. Groups of equal length stay in alphabetical order."""
    ordered = sorted(set(groups), key=lambda group: (-seconds.get(group, UNKNOWN), group))
    return {group: place for place, group in enumerate(ordered)}


class Recorder:
    """Adds up what each group of tests took in one run, and writes it down at the end."""

    def __init__(self, root):
        self.root, self.seconds = root, defaultdict(float)

    def pytest_runtest_logreport(self, report):
        self.seconds[group_of(report.nodeid)] += report.duration

    def pytest_sessionfinish(self):
        path = os.path.join(self.root, RECORDED)
        old = {group: took for group, took in read_seconds(self.root).items() if group.startswith("tests/")}
        new = {group: round(took, 1) for group, took in self.seconds.items() if group.startswith("tests/")}
        kept = {**old, **new}
        listed = {group: kept[group] if kept[group] >= WORTH_NOTING else 0 for group in sorted(kept)}
        there = {g: took for g, took in listed.items() if os.path.exists(os.path.join(self.root, file_of(g)))}
        with open(path + ".part", "w", encoding="utf-8") as file:
            json.dump(there, file, indent=0)
            file.write("\n")
        os.replace(path + ".part", path)
