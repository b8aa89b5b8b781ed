"""Cheap answers: what a tired or a cunning student might return. No check may accept one of them.

Some need nothing (None, NaN, an empty array that broadcasts); others spoil the right answer in one respect only: its
shape, its type, its sign, one value.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np


def cheap_answers(right: Any) -> Iterator[tuple[str, Any]]:
    """(name, answer) for every cheap answer; `right` is a right answer, a function or a class."""
    yield "None instead of a function", None
    yield "a number instead of a function", 0
    for name, value in _constants():
        yield f"returns {name}", _always(value)
    yield "returns the first argument", lambda *arguments, **named: arguments[0] if arguments else None
    yield "returns the last argument", lambda *arguments, **named: arguments[-1] if arguments else None
    if not isinstance(right, type):
        for name, spoil in SPOILERS.items():
            yield name, _spoiled(right, spoil)


def _constants() -> list[tuple[str, Any]]:
    return [
        ("None", None),
        ("NaN", float("nan")),
        ("0", 0),
        ("1.0", 1.0),
        ("True", True),
        ("a text", "correct"),
        ("an empty list", []),
        ("an empty tuple", ()),
        ("an empty dict", {}),
        ("an empty array", np.empty(0)),
        ("an empty array that broadcasts", np.empty((0, 1, 1))),
        ("a zero array", np.zeros((3, 3))),
        ("an array of NaN", np.full((3, 3), np.nan)),
        ("an object equal to everything", _EqualToAll()),
    ]


class _EqualToAll:
    """Claims to be equal to, and larger than, anything."""

    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False

    __hash__ = None
    __lt__ = __le__ = __gt__ = __ge__ = __eq__


def _always(value: Any) -> Callable:
    return lambda *arguments, **named: value


def _spoiled(right: Callable, spoil: Callable[[Any], Any]) -> Callable:
    return lambda *arguments, **named: spoil(right(*arguments, **named))


def _each(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Apply `change` to arrays, tensors and numbers, also inside tuples, lists and dicts; leave texts alone."""

    def spoil(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: spoil(item) for key, item in value.items()}
        if isinstance(value, (tuple, list)):
            return type(value)(spoil(item) for item in value)
        return value if isinstance(value, (str, type(None))) else change(value)

    return spoil


def _array(value: Any) -> np.ndarray:
    return np.array(value.detach() if hasattr(value, "detach") else value)


def _one_more(value: Any) -> Any:
    """The first number of an array, or the number itself, larger by one; a bool turned round."""
    if isinstance(value, (bool, np.bool_)):
        return not value
    if isinstance(value, (int, float, np.number)):
        return value + 1
    changed = _array(value).copy()
    if changed.dtype.kind == "b":
        return ~changed
    if changed.size:
        changed.flat[0] += 1
    return changed


SPOILERS: dict[str, Callable[[Any], Any]] = {
    "right values with an axis too many": _each(lambda value: _array(value)[None]),
    "right values as text": _each(lambda value: _array(value).astype(str)),
    "right values as objects": _each(lambda value: _array(value).astype(object)),
    "right values as complex numbers": _each(lambda value: _array(value).astype(complex)),
    "one value wrong": _each(_one_more),
    "right shape, all NaN": _each(lambda value: np.full(np.shape(value), np.nan)),
    "right values and one thing more": lambda value: (value, None),
}
