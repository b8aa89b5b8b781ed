"""Refuse an answer that calls the thing which it should build."""

import ast
import re
from types import CodeType, FunctionType
from typing import Any

from course_utils.checks.elsewhere import Elsewhere
from course_utils.checks.report import fail


def names_used(answer: Any) -> set[str]:
    """Every name and text constant in the code of `answer`, also in functions of the same notebook that it calls.

    An alias does not hide a function: where a global name stands for a function or a class, its own name counts too,
    and so does the package that it comes from ("scipy").
    """
    names: set[str] = set()
    seen: set[int] = set()
    waiting = [answer]
    while waiting:
        thing = waiting.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        if isinstance(thing, type):
            waiting += [value for value in vars(thing).values() if isinstance(value, FunctionType)]
        elif isinstance(thing, FunctionType):
            used = _names_in(thing.__code__)
            names |= used
            cells = [cell.cell_contents for cell in thing.__closure__ or () if _filled(cell)]
            for value in [thing.__globals__[name] for name in used if name in thing.__globals__] + cells:
                names.add(getattr(value, "__name__", ""))
                if callable(value):
                    names.add(str(getattr(value, "__module__", "")).partition(".")[0])
                own = getattr(value, "__globals__", None) is thing.__globals__ or isinstance(value, type)
                if own and getattr(value, "__module__", None) == thing.__module__:
                    waiting.append(value)
    return names


def list_names(answer: Any) -> list[str]:
    """A probe (elsewhere.py): `names_used` as plain data."""
    return sorted(name for name in names_used(answer) if isinstance(name, str))


def _filled(cell) -> bool:
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


def forbid(answer: Any, forbidden: set[str], given: str) -> None:
    """Fail when `answer` uses one of the `forbidden` names: the exercise is to build what they do."""
    names = answer.names_used() if isinstance(answer, Elsewhere) else names_used(answer)
    found = sorted(names & forbidden)
    if found:
        hint = f"this exercise builds what {found[0]} does: write it yourself"
        fail(given, "your own code", f"a use of {found[0]}", hint)


def names_in_script(text: str) -> set[str]:
    """The full names of what a script imports and uses ("numpy.linalg.norm"), in whichever way it was imported.

    Words of its texts count too (a command that it starts), those of docstrings do not. Empty where it is no Python.
    """
    try:
        nodes = list(ast.walk(ast.parse(text)))
    except (SyntaxError, ValueError):
        return set()
    meaning: dict[str, str] = {}  # what a name of the script stands for
    used: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            meaning |= {one.asname: one.name for one in node.names if one.asname}
            used |= {one.name for one in node.names}
        if isinstance(node, ast.ImportFrom):
            meaning |= {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
            used |= {f"{node.module}", *meaning.values()}
    docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.Attribute):
            first, dot, rest = ast.unparse(node).partition(".")
            used.add(meaning.get(first, first) + dot + rest)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            used |= set(re.findall(r"[\w.]+", node.value))
    return used
