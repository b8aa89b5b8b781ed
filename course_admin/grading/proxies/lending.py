"""Objects of classes that a test defines, lent to an answer: it may use what is public in them, and sees no more.

The object stays here, so that the test finds in it what the answer did. Names that begin with an underscore lead to the
code of the test, and what a mock records is the test's own: neither is told.
"""

import functools
import sys
from typing import Any

from course_admin.grading.proxies.classes import TELLING

_BINARY = "add sub mul matmul truediv floordiv mod pow divmod and or xor"
_OTHERS = "eq ne lt le gt ge call len getitem setitem delitem contains iter next enter exit"
_SINGLE = "bool int float index neg abs str repr hash"
OPERATORS = [*f"{_BINARY} {_OTHERS} {_SINGLE}".split(), *(f"r{name}" for name in _BINARY.split())]
CURE = "define its class in a given cell, or give the test the tag in-kernel"
LIBRARIES = (TELLING | {"numpy", "pandas"}) - {"torch"}
TRAINS_HERE = (
    "the test hands a network of a class of its own to an answer, which cannot train it: define the class in a given "
    "cell, or give the test the tag in-kernel"
)


def may_be_lent(value: Any) -> bool:
    """Whether it is an object of a class of the test's own, which is no array, tensor or frame, or a mock."""
    kind = type(value)
    if any(one.__module__ == "torch" and one.__name__ == "Tensor" for one in kind.__mro__):
        return False
    own = kind.__module__ == "__main__" and not isinstance(value, type)
    return _is_mock(value) or (own and not LIBRARIES & {one.__module__.partition(".")[0] for one in kind.__mro__})


def _is_mock(value: Any) -> bool:
    mock = sys.modules.get("unittest.mock")
    return mock is not None and isinstance(value, mock.NonCallableMock)


@functools.cache
def _names_of_mocks() -> frozenset[str]:
    """What every mock has: its records, and how it is set up."""
    return frozenset(dir(sys.modules["unittest.mock"].Mock()))


class Lent:
    """Does to the object what the answer asks for."""

    def __init__(self, link: Any, value: Any):
        self.link = link
        defined: dict[str, Any] = {}
        for kind in reversed(type(value).__mro__[:-1]):
            defined |= vars(kind)
        self.value = value
        self.operators = [name for name in OPERATORS if defined.get(f"__{name}__") is not None]
        self.secret = _names_of_mocks() if _is_mock(value) else frozenset()

    def __call__(self, verb: Any, name: Any, *arguments: Any, **named: Any) -> Any:
        public = type(name) is str and not name.startswith("_") and name not in self.secret
        if verb == "get" and public:
            return getattr(self.value, name)
        if verb == "set" and public and not callable(getattr(type(self.value), name, None)):
            return setattr(self.value, name, *arguments)
        if verb == "op" and name in self.operators:
            return getattr(self.value, f"__{name}__")(*arguments, **named)
        self.link.doubt = f"an answer wanted {name!s:.50} of an object of the test: {CURE}"
        raise AttributeError(self.link.doubt)
