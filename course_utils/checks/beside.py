"""What runs beside an answer, in its own process: the call itself, and what a check may know of an object."""

import contextlib
import io
import linecache
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from course_utils.checks.elsewhere import Elsewhere, ask, find_probe

LONGEST = 500  # characters of an error message that a student wants to read


def attempt(answer: Any, probe: str, arguments: tuple) -> dict[str, Any]:
    """Run a probe, named as in elsewhere.py, and tell how it went, as plain data as far as the answer gives it.

    {"result", "after"}, where "after" holds the arguments as they are then; or {"error", "line"}, two texts; or
    {"uncallable"}, the answer in a few words. A NotImplementedError without words, as in a blank answer, passes
    through; torch's own has words (a `foward` in the place of `forward`). Warnings and stderr are dropped.
    """
    if not callable(answer):
        return {"uncallable": describe(answer)}
    try:
        with contextlib.redirect_stderr(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = find_probe(probe)(answer, *arguments)
    except Exception as error:
        if isinstance(error, NotImplementedError) and not error.args:
            raise
        return {"error": f"{type(error).__name__}: {error}"[:LONGEST], "line": _line_of(error)}
    return {"result": result, "after": arguments}


def _line_of(error: Exception) -> str:
    """The student's own line at which an error came up, where it can be found."""
    frame, line = error.__traceback__, ""
    while frame is not None:
        file = frame.tb_frame.f_code.co_filename
        ours = "site-packages" in file or Path(file).parent == Path(__file__).parent
        line = line if ours else linecache.getline(file, frame.tb_lineno).strip() or line
        frame = frame.tb_next
    return line


def describe(value: Any) -> str:
    """A value in a few words: its kind, its shape, and the value itself where that is short."""
    if isinstance(value, Elsewhere):
        told = ask(describe, value)
        return told if type(told) is str and len(told) <= 200 else "an object"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape} and type {value.dtype}"
    text = repr(value)
    return f"{type(value).__name__} {text}" if len(text) <= 60 else f"{type(value).__name__} {text[:57]}..."


def kinds(value: Any) -> list[str]:
    """The full names of the classes of an object, its own first: what isinstance would ask in this process."""
    return [full_name(kind) for kind in type(value).__mro__]


def full_name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def is_a(value: Any, kind: type) -> bool:
    """isinstance(value, kind), also for an object of another process."""
    return full_name(kind) in ask(kinds, value) if isinstance(value, Elsewhere) else isinstance(value, kind)
