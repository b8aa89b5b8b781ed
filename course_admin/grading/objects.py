"""Objects of the classes that given cells define: they cross the wall as what they hold, and are built anew behind it.

agent/source.py sends the text of this module into the student's kernel.
"""

import enum
from typing import Any


def is_given(value: Any) -> bool:
    """Whether an object says what it holds: in a __dict__, or in slots that its classes name."""
    return hasattr(value, "__dict__") or any(hasattr(kind, "__slots__") for kind in type(value).__mro__[:-1])


def state(value: Any) -> dict[str, Any]:
    """What an object holds; of a member of an enumeration its value."""
    if isinstance(value, enum.Enum):
        return {"_value_": value.value}
    names = [name for kind in type(value).__mro__ for name in _slots(kind) if hasattr(value, name)]
    return {name: getattr(value, name) for name in names} | dict(getattr(value, "__dict__", {}))


def _slots(kind: type) -> tuple[str, ...]:
    slots = vars(kind).get("__slots__", ())
    slots = (slots,) if isinstance(slots, str) else tuple(slots)
    return tuple(name for name in slots if name not in ("__dict__", "__weakref__"))


def build(kind: type, held: dict[str, Any]) -> Any:
    """An object of `kind` that holds the same, made without running the class's own code."""
    if issubclass(kind, enum.Enum):
        return kind(held["_value_"])
    made = object.__new__(kind)
    for name, value in held.items():
        object.__setattr__(made, name, value)
    return made
