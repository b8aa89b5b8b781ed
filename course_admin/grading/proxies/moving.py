"""A test's side of the networks, optimisers and loaders that it hands to an answer (../moving.py)."""

import io
import pickle
import sys
import types
from collections.abc import Callable
from typing import Any

from course_admin.grading.moving import facts, is_keras, is_of_torch, set_facts, structure
from course_admin.grading.wire import encode
from course_utils.checks.elsewhere import Elsewhere

REBUILT = (
    "an answer changed a {} of the test on its side only: let it return the object and go on with that one, or give "
    "the test the tag in-kernel"
)
LARGEST = 32 * 1024**2  # bytes of a pickle


class TooLarge(Exception):
    """It is more than goes over, or its parameters are more than can be kept in step."""


class Moved:
    """The objects of a test that have copies beside the answer. hand_out: what stands for another object of ours."""

    def __init__(self, link: Any, hand_out: Callable[[Any], tuple]):
        self.link, self.hand_out = link, hand_out
        self.things: dict[int, tuple[Any, list]] = {}  # id -> the object, and its structure when it was sent
        self.going: list[tuple[Any, list, list]] = []  # what the request that is being written brings

    def told(self, value: Any) -> tuple:
        """The data that stands for `value`, with a pickle where the other side has none. Raises what pickle raises."""
        number, made_of = id(value), structure(value)
        if self.things.get(number, (None, None))[1] == made_of:
            return "moved", number, b"", [], facts(value)
        file = io.BytesIO()
        pickler = _Pickler(file, self, value)
        pickler.dump(value)
        if file.tell() > LARGEST:
            raise TooLarge
        self.link.lent[number] = value  # where the answer gives it back, it is this one
        self.going.append((value, made_of, [number for number, _ in pickler.new]))
        return "moved", number, file.getvalue(), pickler.new, facts(value)

    def among(self, arguments: tuple, named: dict[str, Any]) -> bool:
        """Whether something that may be trained is among the arguments of a call."""
        return any(is_of_torch(one) or is_keras(one) for one in (*arguments, *named.values()))

    def arrived(self) -> None:
        """The request that was written last has been answered: the other side has what it brought."""
        for value, made_of, tensors in self.going:
            self.things[id(value)] = value, made_of
            self.link.live.unsent.difference_update(tensors)
        self.going.clear()

    def pull(self) -> None:
        """Take over what the answer has changed in them, tensors apart."""
        for number, told in self.link.request("facts").items() if self.things else ():
            thing, _ = self.things[number]
            if told is None:
                self.link.doubt = self.link.doubt or REBUILT.format(type(thing).__name__)
            elif type(told) is list:
                if self.link.trains or not is_keras(thing):
                    set_facts(thing, told)
            else:
                raise ValueError("no facts")


class _Pickler(pickle.Pickler):
    """Leaves out what is in hand, and what has a stand-in. new: (number, tensor) of what has to go with it."""

    def __init__(self, file: io.BytesIO, moved: Moved, whole: Any):
        super().__init__(file)
        self.moved, self.whole, self.new = moved, whole, []
        torch = sys.modules.get("torch")
        self.buffers = {id(one) for one in whole.buffers()} if torch and isinstance(whole, torch.nn.Module) else set()

    def persistent_id(self, thing: Any) -> Any:
        torch, kind = sys.modules.get("torch"), type(thing)
        if torch and issubclass(kind, torch.Tensor):
            return self._tensor(thing, in_step=thing.requires_grad or kind is not torch.Tensor)
        if torch and kind is torch.Generator:
            return "wire", encode(thing)
        if torch and issubclass(kind, torch.optim.Optimizer) and thing is not self.whole:
            return self._told(thing)
        if issubclass(kind, Elsewhere):
            return self._told(thing)
        home = thing.__module__ if isinstance(thing, (type, types.FunctionType)) else kind.__module__
        given = self.moved.link.given(kind.__name__) is kind
        return self._told(thing) if home == "__main__" and not given else None

    def _told(self, thing: Any) -> tuple:
        return "told", encode(self.moved.hand_out(thing))

    def _tensor(self, tensor: Any, in_step: bool) -> Any:
        live = self.moved.link.live
        number = live.number_of(tensor)
        if number is None and tensor.is_leaf and (in_step or id(tensor) in self.buffers):
            number = live.add(tensor)
            if number is None:
                raise TooLarge
        if number in live.unsent:
            self.new.append((number, tensor))
        return None if number is None else ("live", number)
