"""Which lines of the test an error went through, and whether the line at work is a hidden one."""

import sys

FILE = "<test>"  # the name of the test's code in tracebacks
hidden: set[int] = set()  # lines of the test that this process runs


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
