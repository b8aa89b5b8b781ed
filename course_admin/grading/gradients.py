"""Gradients across the wall: `loss.backward()` in a test reaches the tensors and parameters on the student's side.

Beside the answer the graph of a result is kept under a number. Here the result gets a node of its own, whose backward
pass sends its gradient there and takes the gradients of the arguments back. agent/source.py sends the text of this
module into the student's kernel.
"""

import sys
from typing import Any


def tensors(arguments: tuple, named: dict) -> list:
    """The tensors among the arguments that want a gradient."""
    torch = sys.modules.get("torch")
    return [
        one for one in (*arguments, *named.values()) if torch and isinstance(one, torch.Tensor) and one.requires_grad
    ]


def results(value: Any) -> list[tuple[tuple[int, ...], Any]]:
    """(path, tensor) of what a gradient can flow back from: the value, or the items of a tuple or list."""
    torch = sys.modules.get("torch")
    found = list(enumerate(value)) if type(value) in (tuple, list) and len(value) <= 100 else []
    items = [((number,), part) for number, part in found] or [((), value)]
    return [(path, one) for path, one in items if torch and isinstance(one, torch.Tensor) and one.grad_fn is not None]


def backward(kept: tuple[Any, list], gradient: Any) -> list:
    """Beside the answer: send a gradient back through a result; the gradients of the arguments."""
    result, arguments = kept
    for one in arguments:
        one.grad = None
    result.backward(gradient, retain_graph=True)
    return [one.grad for one in arguments]


class Kept:
    """Stands for a result's graph on the other side, which is forgotten with this object."""

    def __init__(self, link: Any, number: int):
        self.link, self.number = link, number

    def __del__(self):
        self.link.forget.append(self.number)


def connect(kept: Kept, result: Any, arguments: list) -> Any:
    """`result` with a backward pass that goes over there. Nothing is done under torch.no_grad()."""
    import torch

    if not torch.is_grad_enabled():
        return result.detach()

    class Elsewhere(torch.autograd.Function):
        @staticmethod
        def forward(context, start, *arguments):
            return result.detach()

        @staticmethod
        def backward(context, gradient):
            back = kept.link.request("backward", kept.number, gradient)
            fits = isinstance(back, list) and len(back) == len(arguments)
            pairs = zip(back, arguments, strict=True) if fits else ()
            return None, *(one if _is_for(one, argument) else None for one, argument in pairs)

    return Elsewhere.apply(torch.zeros((), requires_grad=True), *arguments)


def _is_for(gradient: Any, argument: Any) -> bool:
    same = getattr(gradient, "shape", None) == argument.shape and getattr(gradient, "dtype", None) == argument.dtype
    return same and type(gradient) is type(argument.detach())
