"""Which test files start first: those that take longest, so that no worker is left alone with a long one at the end.

pytest-xdist gives whole files to its workers, in the order of collection. conftest.py sorts them by what they took
when somebody last measured: notebooks in docs/timings.md (kept by `course build`), test files in tests/seconds.json
(kept by `make test RECORD=yes`). A file that nobody has measured yet counts as UNKNOWN seconds.
"""

import json
import os
import re
from collections import defaultdict

RECORDED = os.path.join("tests", "seconds.json")
UNKNOWN = 30
WORTH_NOTING = 2  # seconds; shorter files fill the gaps in any order
_LESSON = re.compile(r"^\| (\d\d_\w+) \| ([\d.]+) \|", re.MULTILINE)


def read_seconds(root):
    """Seconds by file, as a path relative to `root`."""
    with open(os.path.join(root, RECORDED), encoding="utf-8") as file:
        seconds = json.load(file)
    with open(os.path.join(root, "docs", "timings.md"), encoding="utf-8") as file:
        for name, number in _LESSON.findall(file.read()):
            seconds[os.path.join("solutions", name, name + ".ipynb")] = float(number)
    return seconds


def longest_first(files, seconds):
    """The place of each file in the queue: file -> number. Files of equal length stay in alphabetical order."""
    ordered = sorted(set(files), key=lambda file: (-seconds.get(file, UNKNOWN), file))
    return {file: place for place, file in enumerate(ordered)}


class Recorder:
    """Adds up what each test file took in one run, and writes it down at the end."""

    def __init__(self, root):
        self.root, self.seconds = root, defaultdict(float)

    def pytest_runtest_logreport(self, report):
        self.seconds[report.nodeid.split("::")[0].replace("/", os.sep)] += report.duration

    def pytest_sessionfinish(self):
        path = os.path.join(self.root, RECORDED)
        old = {file: took for file, took in read_seconds(self.root).items() if file.startswith("tests" + os.sep)}
        new = {file: round(took, 1) for file, took in self.seconds.items() if file.startswith("tests" + os.sep)}
        kept = {**old, **new}
        listed = {file: kept[file] if kept[file] >= WORTH_NOTING else 0 for file in sorted(kept)}
        with open(path + ".part", "w", encoding="utf-8") as file:
            json.dump({f: s for f, s in listed.items() if os.path.exists(os.path.join(self.root, f))}, file, indent=0)
            file.write("\n")
        os.replace(path + ".part", path)
