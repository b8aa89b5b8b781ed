"""What a test is told of the class of a student's object: by isinstance, by type(), and in its messages."""

import functools
import sys
import types
from typing import Any

from course_admin.grading.proxies.notes import link_of, own_notes
from course_utils.checks.elsewhere import Elsewhere

TELLING = {"torch", "keras", "tensorflow", "sklearn", "scipy", "optuna"}  # libraries whose classes isinstance may meet
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
        module, _, short = name.rpartition(".")
        kind = vars(sys.modules[module]).get(short) if module in sys.modules else None
        if name in FUNCTIONS:
            return FUNCTIONS[name]
        if module.partition(".")[0] in TELLING and isinstance(kind, type):
            return type(proxy) if any("Tensor" in one.__name__ for one in kind.__mro__) else kind
    return type(proxy)


def is_of_library(proxy: Elsewhere) -> bool:
    """Whether isinstance is told a library's class; len() of an nn.Sequential is a number, which no test is shown."""
    return told_class(proxy).__module__.partition(".")[0] in TELLING


def type_of(value: Any) -> Any:
    """What type(value) says in a test: of a student's object its class, a library's where it is exactly that."""
    if not issubclass(type(value), Elsewhere):
        return type(value)
    told = told_class(value)
    if own_notes(value)["classes"][:1] == [f"{told.__module__}.{told.__qualname__}"]:
        return told
    return told if told in FUNCTIONS.values() else link_of(value).request("op", "type", (value,))
