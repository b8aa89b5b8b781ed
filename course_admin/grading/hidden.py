"""The hidden part of the test that this process runs: which lines it is, and whether one of them is at work."""

import re
import sys

FILE = "<test>"  # the name of the test's code in tracebacks
hidden: set[int] = set()  # lines of the test that this process runs
_REGION = re.compile(r"BEGIN HIDDEN TESTS|END HIDDEN TESTS")


def hidden_lines(source: str) -> set[int]:
    """The numbers of the lines between the markers of a hidden test, markers included; lines count from 1."""
    found, inside = set(), False
    for number, line in enumerate(source.splitlines(), start=1):
        marker = _REGION.search(line)
        inside = inside or (marker is not None and marker[0].startswith("BEGIN"))
        if inside:
            found.add(number)
        inside = inside and not (marker is not None and marker[0].startswith("END"))
    return found


def lines_of(error: BaseException) -> set[int]:
    """The lines of the test that an error went through."""
    trace, lines = error.__traceback__, set()
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == FILE:
            lines.add(trace.tb_lineno)
        trace = trace.tb_next
    return lines


def in_hidden_part() -> bool:
    """Whether the line of the test that is being run now is a hidden one."""
    frame = sys._getframe()
    while frame is not None:
        if frame.f_code.co_filename == FILE and frame.f_lineno in hidden:
            return True
        frame = frame.f_back
    return False
