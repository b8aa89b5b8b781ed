"""Lists, dicts and the like that a test has given to an answer and that the answer has kept: `Stack(items)`.

What becomes of them later is told, and what the test does with its own is done here, too.
"""

import sys
from typing import Any

from course_admin.grading.writeback import CHANGEABLE, write_back

LARGEST_KEPT = 64 * 1024  # bytes
MOST_KEPT = 100


class Keeping:
    """The part of a task that knows them by their numbers in `self.agent.kept`."""

    agent: Any

    def keep_arguments(self, places: list[tuple], counts: list[int]) -> list[tuple]:
        """(number, place) of those to which there are more references after the call than before it (counts)."""
        told = []
        for (place, value), count in zip(places, counts, strict=True):
            if sys.getrefcount(value) > count and len(self.agent.kept) < MOST_KEPT:
                data = self.agent.plain(value)
                if len(data) <= LARGEST_KEPT:
                    number = self.agent.new_number()
                    self.agent.kept[number], self.agent.kept_as[number] = value, data
                    told.append((number, place))
        return told

    def do_kept(self) -> tuple[list[tuple], list[int]]:
        """(number, value) of those that have changed since they were told, and the numbers of those still kept."""
        kept = self.agent.kept
        content = {number: self.agent.plain(value) for number, value in kept.items()}
        changed = [number for number, data in content.items() if data != self.agent.kept_as[number]]
        told = [(number, kept[number]) for number in changed if len(content[number]) <= LARGEST_KEPT]
        self.agent.kept_as.update(content)
        for number in [number for number in kept if sys.getrefcount(kept[number]) <= 2 + (number in changed)]:
            del kept[number], self.agent.kept_as[number]  # nobody but we, the one that asks, and what is told
        return told, list(kept)

    def do_change_kept(self, changed: list[tuple]) -> None:
        """What the test has done with its own."""
        for number, value in changed:
            if number in self.agent.kept:
                write_back(self.agent.kept[number], value)
                self.agent.kept_as[number] = self.agent.plain(self.agent.kept[number])


def changeable(arguments: tuple, named: dict) -> list[tuple]:
    """(position or name, value) of the arguments that can be changed in place."""
    return [(place, one) for place, one in [*enumerate(arguments), *named.items()] if type(one).__name__ in CHANGEABLE]
