"""Copies of what a test has handed to an answer: networks, optimisers, loaders (../moving.py)."""

import io
import pickle
from typing import Any

from course_admin.grading.live import fingerprint
from course_admin.grading.moving import facts, set_facts, structure
from course_admin.grading.wire import decode


class Copies:
    """number -> the copy, its structure when it came, and the pickle that it came in."""

    def __init__(self, agent: Any):
        self.agent = agent
        self.things: dict[int, tuple[Any, list, bytes]] = {}

    def take(self, number: int, pickled: bytes, tensors: list[tuple], told: list) -> Any:
        """The copy under this number, made anew where a pickle comes. tensors: (number, tensor) of those in hand."""
        for its_number, tensor in tensors:
            if its_number not in self.agent.objects:  # a network and its optimiser bring the same ones
                self.agent.objects[its_number], self.agent.ids[id(tensor)] = tensor, its_number
                self.agent.told[its_number] = fingerprint(tensor)
        if pickled and pickled != self.things.get(number, (None, None, b""))[2]:  # one request may bring it twice
            copy = _Unpickler(io.BytesIO(pickled), self.agent).load()
            self.things[number] = copy, structure(copy), pickled
        copy = self.things[number][0]
        set_facts(copy, told)
        return copy

    def number_of(self, value: Any) -> int | None:
        """The number of a copy that is still made as it came."""
        for number, (copy, made_of, _) in self.things.items():
            if copy is value and structure(copy) == made_of:
                return number
        return None

    def facts(self) -> dict[int, list | None]:
        """What the test is told after a call; None of a copy that is made of something else now."""
        things = self.things.items()
        return {number: facts(copy) if structure(copy) == made_of else None for number, (copy, made_of, _) in things}


class _Unpickler(pickle.Unpickler):
    """What comes here is our own: nothing that a student's process says is ever unpickled."""

    def __init__(self, file: io.BytesIO, agent: Any):
        super().__init__(file)
        self.agent = agent

    def persistent_load(self, told: tuple) -> Any:
        how, what = told
        if how == "live":
            return self.agent.objects[what]
        value = decode(what, self.agent.resolve)
        return value if how == "wire" else self.agent.resolve(value)
