"""Operators of a student's objects: refused with data of ours, for the object could see what is expected and say yes.

Two objects of the student may be compared with each other, and an object of a class that the assignment asks for
answers the operators that the instructor's own class defines. A function or a class equals nothing of ours, which is
decided here; so is what a member of an IntEnum or StrEnum equals, by the value that it tells.
"""

import builtins
import operator
from collections.abc import Callable
from typing import Any

from course_admin.grading.proxies.classes import is_of_library, is_unlike_data
from course_admin.grading.proxies.notes import link_of, own_notes
from course_utils.checks.elsewhere import Elsewhere


def refusal(proxy: Elsewhere) -> TypeError:
    return TypeError(f"expected plain data, got an object of type {own_notes(proxy)['name']}")


def allowed(name: str, operands: tuple) -> bool:
    """Whether the student's objects may decide: among themselves, or as the instructor's own class does."""
    proxies = [one for one in operands if isinstance(one, Elsewhere)]
    if len(proxies) == len(operands) > 1:
        return True
    return any(own_notes(one)["asked_for"] and name in link_of(one).operators for one in proxies)


def _sees_nothing(name: str, proxy: Elsewhere) -> bool:
    """Whether it is about len() of a model of a library or of a class (an enumeration): numbers that no test shows."""
    return name in ("len", "reversed") and (is_of_library(proxy) or own_notes(proxy)["kind"] == "class")


def _is_data_by_name(proxy: Elsewhere) -> bool:
    """Whether it is a member of an enumeration of numbers or texts."""
    classes = own_notes(proxy)["classes"]
    return "enum.Enum" in classes and not {"builtins.int", "builtins.float", "builtins.str"}.isdisjoint(classes)


def _worked_out_here(name: str, operands: tuple) -> Any:
    """An operator of the values of such members; they are asked for without the other operand."""
    values = [link_of(one).request("attr", one, "value") if isinstance(one, Elsewhere) else one for one in operands]
    for one, value in zip(operands, values, strict=True):
        if isinstance(one, Elsewhere) and type(value) not in (int, float, str):
            raise refusal(one)
    return (getattr(operator, f"__{name}__", None) or getattr(builtins, name))(*values)


def _operator(name: str, reflected: bool = False) -> Callable:
    def method(self: Elsewhere, *others: Any) -> Any:
        operands = (*others, self) if reflected else (self, *others)
        if not allowed("r" * reflected + name, operands) and not _sees_nothing(name, self):
            if name == "bool" and own_notes(self)["asked_for"] and "len" not in link_of(self).operators:
                return True
            if name in ("eq", "ne") and is_unlike_data(self):
                return name == "ne"
            if _is_data_by_name(self):
                return _worked_out_here(name, operands)
            raise refusal(self)
        value = link_of(self).request("op", name, operands)
        if isinstance(value, Elsewhere) and name not in ("eq", "ne", "lt", "le", "gt", "ge"):
            own_notes(value)["asked_for"] = True
        return value

    return method


class Operators(Elsewhere):
    """The part of a proxy that the operators make up; NumPy's functions are refused, too."""

    __array_ufunc__ = None


BINARY = [
    *("add", "sub", "mul", "matmul", "truediv", "floordiv", "mod", "pow", "divmod"),
    *("lshift", "rshift", "and", "or", "xor"),
]
UNARY = ["neg", "pos", "invert", "abs", "len", "bool", "int", "float", "complex", "index", "round", "reversed"]
for _name in (*BINARY, *UNARY, "eq", "ne", "lt", "le", "gt", "ge"):
    setattr(Operators, f"__{_name}__", _operator(_name))
for _name in BINARY:
    setattr(Operators, f"__r{_name}__", _operator(_name, reflected=True))
