"""The names that the code of a function or class uses, as its own process tells them.

course_utils/checks/forbid.py says the same in a notebook; the agent's text imports nothing of the course.
"""

from types import CellType, CodeType, FunctionType
from typing import Any


def names_used(thing: Any) -> set[str]:
    """Names and texts in the code of a function or class and of the notebook's functions that it uses."""
    names, seen, waiting = set(), set(), [thing]
    while waiting and len(seen) < 1000:
        thing = waiting.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        if isinstance(thing, type):
            waiting += [value for value in vars(thing).values() if isinstance(value, FunctionType)]
        elif isinstance(thing, FunctionType):
            used = _names_in(thing.__code__)
            names |= used
            inside = [cell.cell_contents for cell in thing.__closure__ or () if _filled(cell)]
            for value in [thing.__globals__[name] for name in used if name in thing.__globals__] + inside:
                names.add(str(getattr(value, "__name__", "")))
                if callable(value):
                    names.add(str(getattr(value, "__module__", "")).partition(".")[0])
                own = getattr(value, "__globals__", None) is thing.__globals__ or isinstance(value, type)
                if own and getattr(value, "__module__", None) == thing.__module__:
                    waiting.append(value)
    return names


def _filled(cell: CellType) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False


def _names_in(code: CodeType) -> set[str]:
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= _names_in(constant)
        elif isinstance(constant, str):
            names.add(constant)
    return names
