"""Named tuples of a class that the answer defines: data here, with the methods and operators of their class over there.

What they equal is decided here, by their fields.
"""

from collections import namedtuple
from collections.abc import Callable
from typing import Any

from course_admin.grading.proxies.operators import BINARY, UNARY

ASKED = {*BINARY, *UNARY, "contains", "str", "repr"}


def told_named_tuple(link: Any, name: str, fields: tuple[str, ...]) -> type:
    """A class of named tuples whose attributes besides the fields are asked for, over `link`."""

    def attribute(self: Any, attribute: str) -> Any:
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        return link.request("attr", self, attribute)

    methods = {f"__{one}__": _operator(link, one) for one in link.class_operators.get(name, set()) & ASKED}
    members = {"__slots__": (), "_link": link, "__getattr__": attribute, **methods}
    return type(name, (namedtuple(name, fields),), members)


def _operator(link: Any, name: str) -> Callable:
    def method(self: Any, *others: Any) -> Any:
        return link.request("op", name, (self, *others))

    return method
