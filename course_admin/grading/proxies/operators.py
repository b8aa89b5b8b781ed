"""Operators of a student's objects: refused with data of ours, for the object could see what is expected and say yes.

Two objects of the student may be compared with each other, and an object of a class that the assignment asks for
answers the operators that the instructor's own class defines.
"""

from collections.abc import Callable
from typing import Any

from course_admin.grading.proxies.classes import is_of_library
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


def _operator(name: str, reflected: bool = False) -> Callable:
    def method(self: Elsewhere, *others: Any) -> Any:
        operands = (*others, self) if reflected else (self, *others)
        if not allowed("r" * reflected + name, operands) and not (name == "len" and is_of_library(self)):
            if name == "bool" and own_notes(self)["asked_for"] and "len" not in link_of(self).operators:
                return True
            raise refusal(self)
        value = link_of(self).request("op", name, operands)
        if isinstance(value, Elsewhere) and name not in ("eq", "ne", "lt", "le", "gt", "ge"):
            own_notes(value)["asked_for"] = True
        return value

    return method


class Operators(Elsewhere):
    """The part of a proxy that the operators make up; NumPy's functions are refused, too."""

    __array_ufunc__ = None


_BINARY = "add sub mul matmul truediv floordiv mod pow lshift rshift and or xor divmod"
_OTHERS = "eq ne lt le gt ge neg pos invert abs len bool int float complex index round reversed"
for _name in f"{_BINARY} {_OTHERS}".split():
    setattr(Operators, f"__{_name}__", _operator(_name))
for _name in _BINARY.split():
    setattr(Operators, f"__r{_name}__", _operator(_name, reflected=True))
