"""Change an argument in place, as the other side has changed its copy.

agent/source.py sends the text of this module into the student's kernel.
"""

import io
from collections import deque
from typing import Any

from course_admin.grading.aliases import is_array

CHANGEABLE = {"list", "dict", "set", "bytearray", "ndarray", "StringIO", "BytesIO", "deque"}  # kinds, by name


def write_back(mine: Any, theirs: Any) -> None:
    """Give `mine`, where it can be changed at all, the content of `theirs`; parts of the same kind stay."""
    if mine is theirs or type(mine) is not type(theirs):
        return
    if isinstance(mine, list):
        mine[:] = [*map(_kept, mine, theirs), *theirs[len(mine) :]]
    elif isinstance(mine, dict):
        content = {key: _kept(mine.get(key), value) for key, value in theirs.items()}
        mine.clear()
        mine.update(content)
    elif isinstance(mine, set):
        mine.clear()
        mine.update(theirs)
    elif isinstance(mine, bytearray):
        mine[:] = theirs
    elif isinstance(mine, (io.StringIO, io.BytesIO)):
        mine.seek(0)
        mine.truncate()
        mine.write(theirs.getvalue())
        mine.seek(theirs.tell())
    elif isinstance(mine, tuple):
        for part, new in zip(mine, theirs, strict=False):
            write_back(part, new)
    elif isinstance(mine, deque):
        mine.clear()
        mine.extend(theirs)
    elif is_array(mine):
        if mine.shape == theirs.shape and mine.dtype == theirs.dtype and mine.flags.writeable:
            mine[...] = theirs
    elif hasattr(mine, "bit_generator"):  # NumPy's Generator
        mine.bit_generator.state = theirs.bit_generator.state
    elif hasattr(mine, "set_state"):  # np.random.RandomState, torch.Generator
        mine.set_state(theirs.get_state())
    elif hasattr(mine, "setstate"):  # random.Random
        mine.setstate(theirs.getstate())
    elif hasattr(mine, "grad"):  # a tensor
        if mine.shape == theirs.shape and mine.dtype == theirs.dtype:
            mine.data.copy_(theirs.detach())
            mine.grad = theirs.grad if mine.is_leaf and theirs.grad is not None else mine.grad
    elif hasattr(mine, "__dict__") and type(mine).__module__ == "__main__":
        vars(mine).clear()
        vars(mine).update(vars(theirs))


def _kept(mine: Any, theirs: Any) -> Any:
    """What stands in a changed container: the old part, changed in place, where it is of a kind that can be changed."""
    if type(mine) is type(theirs) and isinstance(mine, (list, dict, set, bytearray)):
        write_back(mine, theirs)
        return mine
    if is_array(mine) and is_array(theirs) and mine.shape == theirs.shape:
        write_back(mine, theirs)
        return mine if mine.dtype == theirs.dtype else theirs
    return theirs
