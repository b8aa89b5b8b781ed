"""What a student is told of an error that ended a test."""

import re

from course_admin.grading.proxies.errors import Stopped

LONGEST = 2000  # characters of a message


def told(error: BaseException, troubles: dict[str, str]) -> tuple[str, str]:
    """The message for the student, and the hint that is shown of a hidden test too."""
    hint = getattr(error, "hint", "")
    hint = hint if isinstance(hint, str) else ""
    try:
        text = str(error)
    except Exception:
        text = ""
    if isinstance(error, AssertionError):
        return (text.strip("\n") or "an assertion without a message")[:LONGEST], hint
    name = getattr(error, "name", None)
    if isinstance(error, NameError) and isinstance(name or _undefined(text), str):
        name = name or _undefined(text)
        why = f": the cell that should define it stopped with {troubles[name]}" if troubles.get(name) else ""
        return f"{name} is not defined{why}"[:LONGEST], ""
    line = getattr(error, "student_line", "")
    where = f" (at: {line})" if isinstance(line, str) and line else ""
    if isinstance(error, NotImplementedError):
        return f"not begun: NotImplementedError{': ' + text if text else ''}{where}"[:LONGEST], ""
    return (text if isinstance(error, Stopped) else f"{type(error).__name__}: {text}{where}")[:LONGEST], ""


def _undefined(text: str) -> str | None:
    found = re.fullmatch(r"name '(\w+)' is not defined", text)
    return found[1] if found else None
