"""An exception of the student's code as data: its classes by name, what it says, the line that it came from."""

import contextlib
import linecache
from typing import Any

from course_admin.grading.wire import NotPlain, decode, encode


def failure(error: BaseException, printed: str, stand_in: Any) -> bytes:
    """An exception as an answer; nothing that the exception defines can stop that."""
    kinds = classes_of(type(error))
    try:
        message = str(error)[:2000]
    except BaseException:
        message = "(an error without a message)"
    try:
        arguments = decode(encode(tuple(error.args)))
        arguments = arguments if len(encode(arguments)) < 10_000 else (message,)
    except BaseException:
        arguments = (message,)
    try:
        line = student_line(error)
    except BaseException:
        line = ""
    return encode(("error", kinds, arguments, message, line, printed, _attributes(error)))


def _attributes(error: BaseException) -> dict[str, Any]:
    """What the exception carries besides its arguments, as far as it is plain data and small."""
    found = {}
    with contextlib.suppress(BaseException):
        for name, value in list(vars(error).items())[:20]:
            with contextlib.suppress(NotPlain):
                if type(name) is str and name[:2] != "__" and len(encoded := encode(value)) < 10_000:
                    found[name] = decode(encoded)
    return found


def student_line(error: BaseException) -> str:
    """The last line in a cell of the notebook that the error went through."""
    frame, line = error.__traceback__, ""
    while frame is not None:
        name = frame.tb_frame.f_code.co_filename
        if "ipykernel" in name or name.startswith("<ipython") or "<cell" in name:
            line = linecache.getline(name, frame.tb_lineno).strip() or line
        frame = frame.tb_next
    return line[:200]


def classes_of(kind: type) -> list[str]:
    return [f"{one.__module__}.{one.__qualname__}"[:200] for one in type.mro(kind)[:20]]
