"""What a test is told of the class of a student's object: by isinstance, by type(), and in its messages."""

import functools
import sys
import types
from typing import Any

from course_admin.grading.proxies.notes import link_of, own_notes
from course_utils.checks.elsewhere import Elsewhere

TELLING = {"torch", "keras", "tensorflow", "sklearn", "scipy", "optuna", "matplotlib"}  # whose classes isinstance meets
STANDARD = {"abc", "collections", "enum", "numbers", "typing"}
FUNCTIONS = {
    "builtins.function": types.FunctionType,
    "builtins.generator": types.GeneratorType,
    "builtins.method": types.MethodType,
}


@functools.lru_cache(100)
def class_named(name: str, base: type) -> type:
    """A kind of Proxy of this name, so that type(account).__name__ is what the test expects."""
    return type(name.replace("\0", ""), (base,), {})


def told_class(proxy: Elsewhere) -> type:
    """What isinstance is told: a library's class (nn.Module), or that it is a function; never a class of plain data."""
    for name in own_notes(proxy)["classes"]:
        if name in FUNCTIONS:
            return FUNCTIONS[name]
        kind = _loaded(name) if name.partition(".")[0] in TELLING else None
        if isinstance(kind, type):
            return type(proxy) if any(one.__name__.endswith("Tensor") for one in kind.__mro__) else kind
    return type(proxy)


def _loaded(name: str) -> Any:
    """What a full name leads to, where its module is loaded; classes may lie within classes."""
    module, *rest = name.split(".")
    while rest and f"{module}.{rest[0]}" in sys.modules:
        module = f"{module}.{rest.pop(0)}"
    thing = sys.modules.get(module)
    for part in rest:
        thing = vars(thing).get(part) if hasattr(thing, "__dict__") else None
    return thing


def is_of_library(proxy: Elsewhere) -> bool:
    """Whether isinstance is told a library's class; len() of an nn.Sequential is a number, which no test is shown."""
    return told_class(proxy).__module__.partition(".")[0] in TELLING


def is_unlike_data(proxy: Elsewhere) -> bool:
    """Whether it is a function or a class: those equal themselves and nothing else."""
    return own_notes(proxy)["kind"] == "class" or told_class(proxy) in FUNCTIONS.values()


def type_of(value: Any) -> Any:
    """What type(value) says in a test: of a student's object its class, a library's where it is exactly that."""
    if not issubclass(type(value), Elsewhere):
        link = getattr(type(value), "_link", None) if issubclass(type(value), tuple) else None
        return type(value) if link is None else link.request("op", "type", (value,))  # a named tuple of the answer's
    told = told_class(value)
    if own_notes(value)["classes"][:1] == [f"{told.__module__}.{told.__qualname__}"]:
        return told
    return told if told in FUNCTIONS.values() else link_of(value).request("op", "type", (value,))


def class_of(value: Any) -> Any:
    """What value.__class__ says in a test: as `type_of`, and what an object of ours says itself."""
    return type_of(value) if issubclass(type(value), Elsewhere) else value.__class__


def known_class(proxy: Any) -> Any:
    """A library's or a standard class itself for its proxy, so that issubclass() can tell; else what it was given."""
    if not issubclass(type(proxy), Elsewhere):
        return proxy
    module, name = (link_of(proxy).request("attr", proxy, part) for part in ("__module__", "__qualname__"))
    known = type(module) is type(name) is str and module.partition(".")[0] in TELLING | STANDARD
    kind = vars(sys.modules[module]).get(name) if known and module in sys.modules else None
    return kind if isinstance(kind, type) else proxy


def names_of(value: Any) -> list[str]:
    """What dir(value) says in a test."""
    if not issubclass(type(value), Elsewhere):
        return dir(value)
    told = link_of(value).request("op", "dir", (value,))
    return [name for name in told if type(name) is str]
