"""The current figure of a test is the answer's: what pyplot has open lies in the student's process.

As soon as the test itself has a figure open, pyplot is its own.
"""

import functools
import sys
from collections.abc import Callable
from typing import Any

from course_utils.checks.elsewhere import Elsewhere

ASKED_FOR = ("gca", "gcf", "get_fignums", "get_figlabels", "fignum_exists")


def draw_beside(link: Any) -> None:
    """Make pyplot's questions about what is open go to the other side; `close` closes on both."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None:
        return
    open_here = pyplot.get_fignums
    for name in ASKED_FOR:
        setattr(pyplot, name, _asked(link, getattr(pyplot, name), open_here))
    pyplot.close = _closed(link, pyplot.close)


def _asked(link: Any, function: Callable, open_here: Callable[[], list]) -> Callable:
    @functools.wraps(function)
    def asked(*arguments: Any, **named: Any) -> Any:
        return function(*arguments, **named) if open_here() else link.request("call", asked, arguments, named, {})

    return asked


def _closed(link: Any, function: Callable) -> Callable:
    @functools.wraps(function)
    def closed(*figures: Any) -> None:
        here = [one for one in figures if not isinstance(one, Elsewhere)]
        there = [one for one in figures if isinstance(one, (Elsewhere, str, int))]
        if here or not figures:
            function(*here)
        if there or not figures:
            link.request("call", closed, tuple(there), {}, {})

    return closed
