"""The other kinds of plain data that travel: ranges, fractions, dates, named tuples, random generators, types' names.

Each travels as a tuple (kind, plain data ...) and is built anew by a constructor of this table, never by a name that
the message brings. agent/source.py sends the text of this module into the student's kernel.
"""

import datetime
import decimal
import enum
import fractions
import io
import pathlib
import random
import sys
import types
from collections import Counter, OrderedDict, UserDict, UserList, defaultdict, deque, namedtuple
from collections.abc import Callable
from typing import Any

from course_admin.grading.torch_kinds import build_torch, dump_torch

_TYPES = [bool, bytearray, bytes, complex, dict, float, frozenset, int, list, object, range, set, str, tuple]
BUILTIN_TYPES = {kind.__name__: kind for kind in _TYPES}
_TYPE_NAMES = {kind: name for name, kind in BUILTIN_TYPES.items()}
BUILDERS = {
    "range": range,
    "slice": slice,
    "Fraction": fractions.Fraction,
    "Decimal": decimal.Decimal,
    "datetime": datetime.datetime.fromisoformat,
    "date": datetime.date.fromisoformat,
    "time": datetime.time.fromisoformat,
    "timedelta": datetime.timedelta,
    "deque": lambda values, most: deque(values, most),
    "ellipsis": lambda: ...,
    "dict_keys": lambda keys: dict.fromkeys(keys).keys(),
    "dict_values": lambda values: dict(enumerate(values)).values(),
    "dict_items": lambda items: dict(items).items(),
    "Path": pathlib.Path,
    "StringIO": lambda text, place: _opened(io.StringIO(text), place),
    "BytesIO": lambda data, place: _opened(io.BytesIO(data), place),
    "type": lambda name: BUILTIN_TYPES[name],
}
_VIEWS = [type(view) for view in ({}.keys(), {}.values(), {}.items())]
MORE_THAN_DATA: set[str] = set()  # the notebook's classes that the assignment gives or asks for, by name
_namedtuples: dict[tuple, type] = {}
make_named_tuple: Callable[[str, tuple], type] = namedtuple  # in a test's process, proxies/named_tuples.py's


def dump_special(value: Any) -> tuple | None:
    """(kind, plain data ...) for the kinds above; a plain copy for a subclass of a plain kind; None for others."""
    kind = type(value)
    of_torch = dump_torch(value)
    if of_torch is not None:
        return of_torch
    if kind in (range, slice):
        return kind.__name__, value.start, value.stop, value.step
    if kind is fractions.Fraction:
        return "Fraction", value.numerator, value.denominator
    if kind is decimal.Decimal:
        return "Decimal", str(value)
    if kind in (datetime.datetime, datetime.date, datetime.time):
        return kind.__name__, value.isoformat()
    if kind is datetime.timedelta:
        return "timedelta", value.days, value.seconds, value.microseconds
    if kind is deque:
        return "deque", list(value), value.maxlen
    if kind in _VIEWS:
        return kind.__name__, list(value)
    if kind in (pathlib.PosixPath, pathlib.WindowsPath):
        return "Path", str(value)
    if kind in (io.StringIO, io.BytesIO) and not value.closed:
        return kind.__name__, value.getvalue(), value.tell()
    if value is ...:
        return ("ellipsis",)
    if kind is type and value in _TYPE_NAMES:
        return "type", _TYPE_NAMES[value]
    if kind in (OrderedDict, defaultdict, Counter, UserDict, types.MappingProxyType):
        return "plain", dict(value)
    if kind is UserList:
        return "plain", list(value.data)
    if kind is random.Random:
        return "Random", value.getstate()
    if issubclass(kind, tuple) and type(getattr(kind, "_fields", None)) is tuple:
        if kind.__module__ == "__main__":  # a class of this side: what comes back is of the same
            note_namedtuple(kind)
        return "namedtuple", kind.__name__, kind._fields, tuple(value)
    return _dump_subclass(value) or _dump_numpy(value)


def _dump_subclass(value: Any) -> tuple | None:
    """What a subclass of a plain kind holds, read by the built-in class itself, whatever the subclass says."""
    kind = type(value)
    if kind.__module__ == "numpy" or issubclass(kind, enum.Enum):
        return None
    for plain, read in ((int, int.__int__), (float, float.__float__), (str, str.__str__)):
        if issubclass(kind, plain):
            return "plain", read(value)
    for plain, items in ((list, list.__iter__), (dict, dict.items), (set, set.__iter__), (tuple, tuple.__iter__)):
        if issubclass(kind, plain) and kind is not plain and not _does_more(kind):
            return "plain", plain(items(value))
    return None


def _does_more(kind: type) -> bool:
    """Whether a test may use methods of a class, so that its objects are more than what they hold."""
    return any(one.__module__ == "__main__" and one.__name__ in MORE_THAN_DATA for one in kind.__mro__)


def _dump_numpy(value: Any) -> tuple | None:
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return None
    if issubclass(type(value), numpy.dtype) and value.kind in "biufcSUmM":
        return "dtype", value.str
    if type(value) is type and issubclass(value, numpy.generic) and value.__module__ == "numpy":
        return "scalar type", value.__name__
    random_numbers = sys.modules.get("numpy.random")  # NumPy loads it when it is first asked for
    if random_numbers and type(value) is random_numbers.Generator and type(value.bit_generator).__name__ == "PCG64":
        return "Generator", value.bit_generator.state
    if random_numbers and type(value) is random_numbers.RandomState:
        return "RandomState", value.get_state()
    if type(value).__module__.partition(".")[0] in ("tensorflow", "keras") and hasattr(value, "numpy"):
        return "tensorflow", numpy.asarray(value.numpy())
    return None


def build_special(told: Any) -> Any:
    """The object that `told` describes; any error at all means that the message is none."""
    kind, *data = told
    if kind in BUILDERS:
        return BUILDERS[kind](*data)
    if kind == "plain":
        (value,) = data
        return value
    if kind == "namedtuple":
        return _named_tuple(*data)
    if kind == "Random":
        generator = random.Random()
        generator.setstate(data[0])
        return generator
    return build_torch(kind, *data) if kind.startswith("torch.") else _build_numpy(kind, *data)


def _opened(file: Any, place: int) -> Any:
    file.seek(place)
    return file


def _named_tuple(name: str, fields: tuple, values: tuple) -> tuple:
    key = (name, fields)
    if key not in _namedtuples:
        if len(_namedtuples) > 100 or len(fields) > 100 or len(name) > 100 or any(len(field) > 100 for field in fields):
            raise ValueError("too many named tuples")
        _namedtuples[key] = make_named_tuple(name, fields)
    return _namedtuples[key]._make(values)


def note_namedtuple(kind: type) -> None:
    """Have named tuples of this name and these fields built as `kind`."""
    _namedtuples[kind.__name__, kind._fields] = kind


def _build_numpy(kind: str, data: Any) -> Any:
    import numpy

    if kind == "dtype" and len(data) < 20 and data[1:2] in "biufcSUmM":
        return numpy.dtype(data)
    if kind == "scalar type" and issubclass(numpy.sctypeDict[data], numpy.generic):
        return numpy.sctypeDict[data]
    if kind == "Generator":
        bits = numpy.random.PCG64()
        bits.state = data
        return numpy.random.Generator(bits)
    if kind == "RandomState":
        name, keys, place, *rest = data
        if name != "MT19937" or keys.dtype != numpy.uint32 or keys.shape != (624,) or not 0 <= place <= 624:
            raise ValueError("not the state of a generator")
        generator = numpy.random.RandomState()
        generator.set_state((name, keys, place, *rest))
        return generator
    if kind == "tensorflow":
        tensorflow = sys.modules.get("tensorflow")
        return data if tensorflow is None else tensorflow.constant(data)
    raise ValueError(f"unknown kind {kind!r}")
