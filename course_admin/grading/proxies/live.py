"""A test's side of the tensors that it has in hand (../live.py): found again by their number, sent and taken over."""

import sys
from typing import Any

from course_admin.grading.aliases import at, put
from course_admin.grading.live import fill, fingerprint

MOST_BYTES = 8 * 1024**2  # of all tensors in hand; each is looked at for changes at each request
MOST_TOLD = 10_000
KEEP_IN_STEP = {"refill", "refresh", "facts", "kept", "change_kept"}  # the requests of this module, moving and keeping
MAY_CHANGE = {"call", "backward", "probe", "op", "next", "exit", "await", "evaluate", "setattr", "setitem"}


class InHand:
    """The tensor of a student's object under a number, where a test hands back the very same one."""

    def __init__(self, number: int):
        self.number = number


class Live:
    """Knows the tensors in hand: each until a request at which the test keeps nothing of it and has not changed it."""

    def __init__(self, link: Any):
        self.link = link
        self.tensors: dict[int, Any] = {}
        self.marks: dict[int, int | None] = {}
        self.last = 0
        self.unsent: set[int] = set()  # of tensors of the test's own, that the other side does not have yet

    def take(self, value: Any, told: list[tuple]) -> Any:
        """`value` with the tensors that are in hand already in their places; the others are in hand from now on."""
        torch = sys.modules["torch"] if told else None
        for path, number in told[:MOST_TOLD]:
            theirs = at(value, path)
            if type(number) is not int or not issubclass(type(theirs), torch.Tensor):
                raise ValueError("no tensor")
            mine = self.tensors.get(number)
            if mine is None:
                if not self._room_for(theirs):
                    self.link.forget.append(number)
                    continue
                mine = self.tensors[number] = theirs
            elif type(mine) is type(theirs):
                fill(mine, theirs)
            self.marks[number] = fingerprint(mine)
            value = put(value, path, mine)
        return value

    def number_of(self, value: Any) -> int | None:
        return next((number for number, one in self.tensors.items() if one is value), None)

    def named(self, value: Any) -> Any:
        """What stands for `value` on its way over: a tensor in hand is one that they have there."""
        number = self.number_of(value)
        return value if number is None else InHand(number)

    def add(self, tensor: Any) -> int | None:
        """The number of a tensor of the test's own, in hand from now on; None where there is no room for it."""
        if not self._room_for(tensor):
            return None
        self.last -= 1  # the numbers of the other side are above 0
        self.tensors[self.last], self.marks[self.last] = tensor, fingerprint(tensor)
        self.unsent.add(self.last)
        return self.last

    def _room_for(self, tensor: Any) -> bool:
        return tensor.nbytes + sum(one.nbytes for one in self.tensors.values()) <= MOST_BYTES

    def push(self) -> None:
        """Send what the test has changed, and forget the tensors that it has let go."""
        marks = {number: fingerprint(one) for number, one in self.tensors.items()}
        changed = [number for number, mark in marks.items() if mark != self.marks[number] and number not in self.unsent]
        self.marks = marks
        if changed:
            self.link.request("refill", [(number, self.tensors[number]) for number in changed])
        for number in list(self.tensors):
            if sys.getrefcount(self.tensors[number]) <= 2:  # our own, and the one that asks
                del self.tensors[number], self.marks[number]
                self.link.forget.append(number)

    def pull(self) -> None:
        """Take over what has changed over there."""
        known = [number for number in self.tensors if number not in self.unsent]
        for number, theirs in self.link.request("refresh", known) if known else ():
            mine = self.tensors[number]
            if number < 0 and not self.link.trains:
                self.link.spared, self.marks[number] = True, None  # the next request brings ours back
            elif type(theirs) is type(mine):
                fill(mine, theirs)
                self.marks[number] = fingerprint(mine)
