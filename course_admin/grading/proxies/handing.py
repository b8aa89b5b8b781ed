"""What a test may hand to an answer besides plain data: proxies, its own functions and objects, library functions."""

import builtins
import contextlib
import functools
import itertools
import marshal
import sys
import types
from collections.abc import Iterator
from typing import Any

from course_admin.grading.moving import moves
from course_admin.grading.objects import is_given, state
from course_admin.grading.proxies.lending import TRAINS_HERE, Lent, may_be_lent
from course_admin.grading.proxies.live import InHand
from course_admin.grading.proxies.notes import number_of
from course_admin.grading.wire import NotPlain
from course_utils.checks.elsewhere import Elsewhere


def handed_out(link: Any, value: Any) -> tuple:
    """The data that stands for `value` on its way to an answer. Raises NotPlain for what may not go there."""
    if isinstance(value, Elsewhere):
        return "handle", number_of(value)
    if type(value) is InHand:
        return "handle", value.number
    if isinstance(value, (types.FunctionType, types.BuiltinFunctionType, type, types.ModuleType)) or (
        callable(value) and hasattr(value, "__name__")
    ):
        where = value.__name__ if isinstance(value, types.ModuleType) else getattr(value, "__module__", None)
        name = "" if isinstance(value, types.ModuleType) else getattr(value, "__qualname__", value.__name__)
        if where not in (None, "__main__") and _importable(where, name) is value:
            return "import", where, name
    kind = type(value)
    if moves(value) and not _is_lent(link, value):
        with contextlib.suppress(Exception):  # what cannot be pickled, or is too large, goes on as anything else
            return link.moved.told(value)
    if link.given(kind.__name__) is kind and is_given(value):
        return "given", kind.__name__, state(value)
    if isinstance(value, type) and link.given(value.__name__) is value:
        return "name", value.__name__
    if kind.__module__.startswith("torch.nn.") and not value.state_dict():
        return "library", kind.__module__, kind.__qualname__, dict(vars(value))  # such as nn.MSELoss()
    if kind is types.FunctionType and _stands_alone(value):
        return "code of ours", marshal.dumps(value.__code__), value.__defaults__
    if may_be_lent(value):
        lent = link.lent[id(value)] = Lent(link, value)
        link.doubt = link.doubt or (TRAINS_HERE if _has_parameters(value) else "")
        return "object of ours", id(value), kind.__name__, lent.operators
    if hasattr(kind, "__next__"):
        link.lent[id(value)] = functools.partial(_one_more, value)
        return "iterator of ours", id(value)
    if callable(value):
        link.lent[id(value)] = value
        return "function of ours", id(value)
    link.doubt = f"the test hands a {kind.__name__!s:.50} to an answer, which cannot cross: give it the tag in-kernel"
    raise NotPlain(f"a {kind.__name__} cannot be handed to an answer: expected plain data")


def _has_parameters(value: Any) -> bool:
    of_torch = any(one.__module__ == "torch.nn.modules.module" for one in type(value).__mro__)
    return of_torch and any(True for _ in value.parameters())


def _is_lent(link: Any, value: Any) -> bool:
    """Whether it is an object of a class of the test's own, or a loss: those have ways of their own."""
    kind = type(value)
    own = kind.__module__ == "__main__" and link.given(kind.__name__) is not kind
    return own or (kind.__module__.startswith("torch.nn.") and not value.state_dict())


def _importable(module: str, name: str) -> Any:
    thing = sys.modules.get(module)
    if module == "__main__":
        return None
    for part in name.split(".") if name else ():
        thing = getattr(thing, part, None)
    return thing


def _stands_alone(function: types.FunctionType) -> bool:
    """Whether a function uses nothing but its arguments and builtins: its code can go along, which saves the calls."""
    code = function.__code__
    inner = any(isinstance(constant, types.CodeType) for constant in code.co_consts)
    names = set(code.co_names)
    alone = not (function.__closure__ or function.__kwdefaults__ or inner or names & function.__globals__.keys())
    return alone and names <= vars(builtins).keys()


def _one_more(iterator: Iterator) -> list:
    """The next item of an iterator of ours in a list; an empty list at its end."""
    return list(itertools.islice(iterator, 1))
