"""Which parts of an answer's value are the very lists, dicts, sets, arrays or tensors that it was given.

Copies cross the wall, so `f(x) is x` and what follows from it (a change of the one changes the other) has to be told.
What is told is believed only where the contents agree. agent/source.py sends the text of this module into the kernel.
"""

import contextlib
import sys
from typing import Any

MOST_PARTS = 2_000
DEEPEST = 4


def parts(value: Any, path: tuple[int, ...] = (), found: list | None = None) -> list[tuple[tuple[int, ...], Any]]:
    """(path, object) of whatever can be changed in `value`; a path counts the items of lists, tuples and dicts."""
    found = [] if found is None else found
    kind = type(value)
    if kind in (list, dict, set, bytearray) or is_array(value) or _is_tensor(value):
        found.append((path, value))
    if kind in (list, tuple, dict) and len(path) < DEEPEST:
        for number, part in enumerate(value.values() if kind is dict else value):
            if len(found) >= MOST_PARTS or number >= MOST_PARTS:
                break
            parts(part, (*path, number), found)
    return found


def is_array(value: Any) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and type(value) is numpy.ndarray


def _is_tensor(value: Any) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and type(value) in (torch.Tensor, torch.nn.Parameter)


def shared(value: Any, given: list[tuple[tuple[int, ...], Any]]) -> list[tuple]:
    """(path in the value, path in what was given, None or where a view begins and its strides) for each such part."""
    if not given:
        return []
    told = []
    by_id = {id(part): path for path, part in given}
    arrays = [(path, part) for path, part in given if is_array(part) and part.size][:20]
    for path, part in parts(value):
        if id(part) in by_id:
            told.append((path, by_id[id(part)], None))
        elif is_array(part) and part.base is not None:
            told += [(path, where, _view(part, array)) for where, array in arrays if _views(part, array)][:1]
    return told


def _views(part: Any, array: Any) -> bool:
    return part.dtype == array.dtype and sys.modules["numpy"].may_share_memory(part, array)


def _view(part: Any, array: Any) -> tuple:
    begins = part.__array_interface__["data"][0] - array.__array_interface__["data"][0]
    return begins, tuple(int(stride) for stride in part.strides)


def join(value: Any, given: Any, told: Any, encode: Any) -> Any:
    """`value` with its parts replaced by those of `given` that they are, as `shared` has told. encode: to compare."""
    for one in told if type(told) is list else ():
        with contextlib.suppress(Exception):  # nonsense of the student's process joins nothing
            path, where, view = one
            theirs, mine = at(value, path), at(given, where)
            if view is not None and is_array(mine) and mine.flags.c_contiguous:
                numpy, (begins, strides) = sys.modules["numpy"], view
                mine = numpy.ndarray(theirs.shape, mine.dtype, mine, begins, strides)
            if type(mine) is type(theirs) and encode(mine) == encode(theirs):
                value = put(value, path, mine)
    return value


def at(value: Any, path: tuple[int, ...]) -> Any:
    for number in path:
        value = (list(value.values()) if type(value) is dict else value)[number]
    return value


def put(value: Any, path: tuple[int, ...], part: Any) -> Any:
    if not path:
        return part
    number, *rest = path
    new = put(at(value, (number,)), tuple(rest), part)
    if type(value) is tuple:
        return (*value[:number], new, *value[number + 1 :])
    value[list(value)[number] if type(value) is dict else number] = new
    return value
