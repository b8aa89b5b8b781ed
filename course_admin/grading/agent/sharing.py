"""Tensors that a test has in hand (../live.py): what it changed is written here, and what has changed here is told."""

from typing import Any

from course_admin.grading.live import fill, fingerprint, tensors_in

LARGEST_TENSOR = 2 * 1024**2  # bytes; larger ones go out as copies
LOOKED_UP = ("attr", "item", "next")


class Sharing:
    """The part of a task that knows these tensors by their numbers in `self.agent.objects`."""

    agent: Any

    def in_hand(self, verb: str, value: Any) -> list[tuple]:
        """(path, number) of what a test may change in place: tensors that it looks up, parameters that a call gives."""
        told = []
        for path, tensor in tensors_in(value, parameters_only=verb == "call") if verb in (*LOOKED_UP, "call") else ():
            if tensor.nbytes <= LARGEST_TENSOR:
                number = self.agent.numbered(tensor)
                self.agent.told[number] = fingerprint(tensor)
                told.append((path, number))
        return told

    def do_refill(self, changed: list[tuple]) -> None:
        for number, theirs in changed:
            fill(self.agent.objects[number], theirs)
            self.agent.told[number] = fingerprint(self.agent.objects[number])

    def do_refresh(self, numbers: list[int]) -> list[tuple]:
        """(number, tensor) of those that have changed since they were told or refilled."""
        changed = []
        for number in numbers:
            mark = fingerprint(self.agent.objects[number])
            if mark != self.agent.told.get(number):
                self.agent.told[number] = mark
                changed.append((number, self.agent.objects[number]))
        return changed
