"""Optimisers of a test work beside the answer whose parameters they are given: what crosses the wall are copies.

`torch.optim.SGD(model.parameters())` is made over there, where `model.parameters()` are the answer's own. Tensors that
have crossed already (a list of them) stay copies, which is told where such a test fails.
"""

import itertools
import sys
from collections.abc import Callable, Iterator
from typing import Any

from course_utils.checks.elsewhere import Elsewhere

COPIES = (
    "the test trains copies of an answer's parameters: hand model.parameters() itself to the optimiser, or give the "
    "test the tag in-kernel"
)
MOST_ITEMS = 2_000  # of an answer that are looked at
COPY = "course_copy"  # an attribute of tensors that came out of the student's process and could be trained there


def train_beside(link: Any) -> None:
    """Make torch's optimisers and the schedulers of their rates know that parameters may be elsewhere."""
    torch = sys.modules.get("torch")
    if torch is None:
        return
    for base in (torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler):
        base.__new__ = staticmethod(_made_beside(link))
    for name in ("clip_grad_norm_", "clip_grad_value_"):
        setattr(torch.nn.utils, name, _run_beside(link, getattr(torch.nn.utils, name)))


def _made_beside(link: Any) -> Callable:
    def new(kind: type, *arguments: Any, **named: Any) -> Any:
        if kind.__module__ != "__main__" and _are_elsewhere((arguments, named)):
            return link.request("call", kind, arguments, named, {})
        link.doubt = link.doubt or (COPIES if _are_copies((arguments, named)) else "")
        return object.__new__(kind)

    return new


def _run_beside(link: Any, function: Callable) -> Callable:
    def run(*arguments: Any, **named: Any) -> Any:
        if _are_elsewhere((arguments, named)):
            return link.request("call", function, arguments, named, {})
        return function(*arguments, **named)

    return run


def note_copies(value: Any, live: Any) -> None:
    """Mark the tensors in an answer's value that a test cannot train from here: those not in hand (live.py)."""
    torch = sys.modules.get("torch")
    if torch is None:
        return
    for one in itertools.islice(_items(value), MOST_ITEMS):
        if isinstance(one, torch.Tensor) and one.is_leaf and one.requires_grad and live.number_of(one) is None:
            setattr(one, COPY, True)


def _are_elsewhere(value: Any) -> bool:
    return any(isinstance(one, Elsewhere) for one in _items(value))


def _are_copies(value: Any) -> bool:
    return any(hasattr(one, COPY) for one in _items(value) if not isinstance(one, Elsewhere))


def _items(value: Any, depth: int = 4) -> Iterator[Any]:
    """A value, or what is in it where it is a list, a tuple or a dict: the first thousand of each."""
    if type(value) in (list, tuple, dict) and depth:
        for part in itertools.islice(value.values() if type(value) is dict else value, 1000):
            yield from _items(part, depth - 1)
    else:
        yield value
