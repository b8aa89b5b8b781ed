"""Tensors of an answer's objects that a test has in hand: a change on one side of the wall is made on the other, too.

`net.fc.weight` in a test is a copy of the parameter, under the number that it has in the student's process. Before a
request the test's changes go there (`fill_`, `.data = ...`, `.grad = None`); after it what the answer changed comes
back. agent/source.py sends the text of this module into the student's kernel.
"""

import contextlib
import sys
from typing import Any

from course_admin.grading.aliases import parts
from course_admin.grading.wire import encode


def tensors_in(value: Any, parameters_only: bool) -> list[tuple[tuple[int, ...], Any]]:
    """(path, tensor) of the tensors in `value`, as aliases.py counts paths."""
    torch = sys.modules.get("torch")
    wanted = torch and (torch.nn.Parameter if parameters_only else torch.Tensor)
    return [(path, one) for path, one in parts(value) if torch and issubclass(type(one), wanted)]


def fingerprint(tensor: Any) -> int:
    """A number that changes with the content of a tensor, its gradient, its type or its shape."""
    return hash(encode(tensor))


def fill(mine: Any, theirs: Any) -> None:
    """Give `mine` the content and the gradient of `theirs`."""
    if mine.shape == theirs.shape and mine.dtype == theirs.dtype:
        mine.data.copy_(theirs.data)
    else:
        mine.data = theirs.data.to(mine.device)
    if mine.is_leaf:
        with contextlib.suppress(RuntimeError):  # of whole numbers no gradient can be wanted
            mine.requires_grad_(theirs.requires_grad)
        mine.grad = None if theirs.grad is None else theirs.grad.to(mine.device)
