"""Errors and warnings of the student's code, built anew on our side by classes that we know."""

import contextlib
import sys
import warnings
from collections.abc import Iterator
from typing import Any

TEST_TOOLS = {"unittest", "pytest", "_pytest", "hypothesis", "doctest", "course_admin"}  # some errors there mean "skip"


class Stopped(BaseException):
    """The test cannot go on: the kernel died, took too long or sent what is no answer. `except Exception` misses it."""


@contextlib.contextmanager
def believed() -> Iterator[None]:
    """What the student's process says is taken here for what it should be; the test ends where it is not."""
    try:
        yield
    except Exception as error:
        raise Stopped(f"what the student's process sent is no answer ({type(error).__name__})") from None


def rebuilt(link: Any, names: list, arguments: tuple, message: str, line: str, attributes: dict) -> Exception:
    """The exception, by the first of its classes that we know. A StopIteration could end a loop of ours unseen."""
    for name in names:
        short = name.removeprefix("__main__.")
        kind = link.students_exception(short) or _given_exception(link, name) or _loaded_exception(name)
        if kind is None:
            continue
        if issubclass(kind, (StopIteration, StopAsyncIteration)):
            kind, arguments = RuntimeError, (f"{kind.__name__} {message}",)
        try:
            error = kind(*arguments)
        except Exception:  # a class that asks for other arguments than it keeps
            error = kind.__new__(kind)
            error.args = (message,)
        with contextlib.suppress(Exception):
            vars(error).update(attributes)
        error.student_line = line
        return error
    return RuntimeError(f"{names[0].rpartition('.')[2] if names else 'error'}: {message}")


def _given_exception(link: Any, name: str) -> type | None:
    """An exception class that a given cell defines."""
    kind = link.given(name.removeprefix("__main__.")) if name.startswith("__main__.") else None
    return kind if isinstance(kind, type) and issubclass(kind, Exception) else None


def _loaded_exception(name: str) -> type | None:
    """A class of exceptions by its full name, where its module is loaded here."""
    module, _, short = name.rpartition(".")
    if module.partition(".")[0] in TEST_TOOLS or short.startswith("_"):
        return None
    kind = vars(sys.modules[module]).get(short) if module in sys.modules else None
    return kind if isinstance(kind, type) and issubclass(kind, Exception) else None


def warn(names: Any, message: Any) -> None:
    """Warn here, at the line of the test, of what the answer warned of there."""
    loaded = [kind for name in names if isinstance(name, str) and (kind := _loaded_exception(name))]
    kind = next((one for one in loaded if issubclass(one, Warning)), Warning)
    warnings.warn(str(message), kind, stacklevel=5)
