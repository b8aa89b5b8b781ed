"""Stands for one object in the student's process: attributes, items, iteration and calls are asked over there."""

from collections import deque
from collections.abc import Iterator
from typing import Any

from course_admin.grading.proxies.calls import call
from course_admin.grading.proxies.classes import is_of_library, known_class, told_class
from course_admin.grading.proxies.errors import Stopped
from course_admin.grading.proxies.notes import link_of, number_of, origin, own_notes
from course_admin.grading.proxies.operators import Operators, allowed, refusal

MOST_ITEMS = 1_000_000
DERIVED = "a test cannot derive a class from an answer's: let it hold an object, or give the test the tag in-kernel"
OURS = {"run_probe", "names_used", "send", "throw", "close"}  # methods of proxies; those of a coroutine's, too


class Proxy(Operators):
    """Stands for one object in the student's process."""

    def __init__(self, link: Any, number: int, kind: str, name: str, classes: list[str]):
        own_notes(self).update(link=link, number=number, kind=kind, name=name, asked_for=False, fetched=deque())
        own_notes(self).update(classes=classes)

    def __del__(self):
        link_of(self).forget.append(number_of(self))

    def run_probe(self, probe: str, arguments: tuple, named: dict[str, Any]) -> Any:
        return link_of(self).request("probe", probe, (self, *arguments), named)

    def names_used(self) -> set[str]:
        """The names in the code, as the student's source has them and as the process tells: either is enough."""
        link = link_of(self)
        told = link.request("names", self)
        return link.names_in_source(origin(self)) | {name for name in told if type(name) is str}

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return call(self, arguments, named)

    def __getattr__(self, name: str) -> Any:
        """Attributes and methods; libraries that look for a way round plain data find none."""
        if name.startswith(("__array", "__cuda", "__dlpack", "__torch", "_repr_", "_ipython")):
            raise AttributeError(name)
        value = link_of(self).request("attr", self, name)
        if name == "__bases__" and type(value) is tuple:
            return tuple(known_class(one) for one in value)
        return value

    def __getattribute__(self, name: str) -> Any:
        if name == "__class__":
            return told_class(self)
        if name in ("__dict__", "__doc__") or not (name in OURS or name.startswith("__")):
            return self.__getattr__(name)  # whatever it is called: what a proxy notes for itself is no attribute
        return object.__getattribute__(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        link_of(self).request("setattr", self, name, link_of(self).live.named(value))

    def __delattr__(self, name: str) -> None:
        link_of(self).request("delattr", self, name)

    def __getitem__(self, key: Any) -> Any:
        return link_of(self).request("item", self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        link_of(self).request("setitem", self, key, link_of(self).live.named(value))

    def __delitem__(self, key: Any) -> None:
        link_of(self).request("delitem", self, key)

    def __iter__(self) -> Iterator:
        own = own_notes(self)
        return self if own["kind"] == "iterator" else own["link"].request("iter", self)

    def __next__(self) -> Any:
        """The next item. A generator that is asked again and again is asked for more at once."""
        own = own_notes(self)
        fetched, link = own["fetched"], own["link"]
        if not fetched:
            taken = own.setdefault("taken", 0)
            if own.get("ended"):
                raise StopIteration
            if taken > MOST_ITEMS:
                raise Stopped(f"the answer gave more than {MOST_ITEMS} items and did not end")
            items, own["ended"] = link.request("next", self, 1 if taken < 4 else min(taken, 256))
            fetched.extend(items)
            own["taken"] = taken + len(items)
            if not fetched:
                raise StopIteration
        return fetched.popleft()

    def __contains__(self, value: Any) -> bool:
        if allowed("contains", (self, value)):
            return link_of(self).request("op", "contains", (self, value))
        return any(item is value or item == value for item in self)

    def __instancecheck__(self, thing: Any) -> bool:
        if isinstance(thing, tuple) and hasattr(type(thing), "_fields"):  # named tuples come back as data
            name, fields = own_notes(self)["name"], getattr(self, "_fields", None)
            return (name, fields) == (type(thing).__name__, type(thing)._fields)
        return isinstance(thing, Proxy) and link_of(self).request("op", "isinstance", (thing, self)) is True

    def __subclasscheck__(self, thing: Any) -> bool:
        return isinstance(thing, Proxy) and link_of(self).request("op", "issubclass", (thing, self)) is True

    def __mro_entries__(self, bases: tuple) -> tuple:
        """Asked for by `class Mine(Theirs)` in a test."""
        link_of(self).doubt = DERIVED
        raise TypeError(DERIVED)

    def __enter__(self) -> Any:
        return self.__getattr__("__enter__")()

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> bool:
        """A `with` may swallow an error that the test raises; never a failed assertion, nor an error of an answer."""
        names = [f"{one.__module__}.{one.__qualname__}" for one in kind.__mro__] if kind else []
        swallowed = link_of(self).request("exit", self, names, str(error) if kind else "") is True
        return swallowed and not isinstance(error, AssertionError) and not hasattr(error, "student_line")

    def __hash__(self) -> int:
        """The student's own. It says where in a set to look; whether two things are equal is asked besides."""
        own = own_notes(self)
        if "hash" not in own:
            value = link_of(self).request("op", "hash", (self,))
            own["hash"] = value if type(value) is int else hash(number_of(self))
        return own["hash"]

    def __deepcopy__(self, memo: dict) -> "Proxy":
        memo[id(self)] = self  # whoever copies can see that there was one (instructors.py)
        return self

    def __copy__(self) -> "Proxy":
        return self

    def __reduce__(self) -> Any:
        raise TypeError("expected plain data")

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise refusal(self)

    def __repr__(self) -> str:
        if allowed("repr", (self,)) or is_of_library(self):
            return _text(link_of(self).request("op", "repr", (self,)))
        kind, name = own_notes(self)["kind"], own_notes(self)["name"]
        return f"the {kind} {name}" if kind in ("class", "module") else f"an object of type {name}, no plain data"

    def __str__(self) -> str:
        if allowed("str", (self,)) or allowed("repr", (self,)):
            return _text(link_of(self).request("op", "str", (self,)))
        return repr(self)

    def __format__(self, how: str) -> str:
        return format(str(self), how)


class Coroutine(Proxy):
    """What an async function of the student gives; it runs over there, as a whole, when it is awaited here."""

    def send(self, value: Any) -> Any:
        raise StopIteration(link_of(self).request("await", self))

    def throw(self, *error: Any) -> Any:
        raise error[0]

    def close(self) -> None:
        pass

    def __await__(self) -> Iterator:
        return self

    def __next__(self) -> Any:
        return self.send(None)


def _text(value: Any) -> str:
    return value if type(value) is str else repr(value)
