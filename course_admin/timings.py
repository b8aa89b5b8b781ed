"""docs/timings.md: how long each lesson took when it was last run, kept by the run itself."""

import os
import platform
import re
from pathlib import Path

from course_admin.notebook import write

HEADER = """# Measured run times

Quick profile, CPU, kernel start included; written by `course build` each time it runs a lesson.

| lesson | seconds | machine |
|---|---|---|
"""
_ROW = re.compile(r"^\| (\d\d_\w+) \| ([\d.]+) \| (.*) \|$", re.MULTILINE)


def read_times(root: Path) -> dict[str, tuple[float, str]]:
    """Seconds and machine by lesson name; empty where nothing was measured yet."""
    path = root / "docs" / "timings.md"
    if not path.is_file():
        return {}
    rows = _ROW.findall(path.read_text(encoding="utf-8"))
    return {name: (float(seconds), machine) for name, seconds, machine in rows}


def record_time(root: Path, name: str, seconds: float) -> None:
    """Put one measurement into the table, in the place of the lesson's older one."""
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    times = read_times(root) | {name: (seconds, machine)}
    rows = [f"| {name} | {times[name][0]:.1f} | {times[name][1]} |\n" for name in sorted(times)]
    write(root / "docs" / "timings.md", HEADER + "".join(rows))
