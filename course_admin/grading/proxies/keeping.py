"""A test's side of the lists and dicts that an answer has kept (../agent/keeping.py).

Only where the instructor's own class or function keeps them, too: an answer could else change later what a test
compares with.
"""

from typing import Any

from course_admin.grading.wire import NotPlain, encode
from course_admin.grading.writeback import write_back


class Kept:
    """number -> the object of the test, and its content as the other side knows it."""

    def __init__(self, link: Any):
        self.link = link
        self.things: dict[int, Any] = {}
        self.known: dict[int, bytes | None] = {}

    def note(self, told: list[tuple], arguments: tuple, named: dict[str, Any]) -> None:
        """An answer has kept the arguments of a call at these places."""
        for number, place in told:
            self.things[number] = (named if type(place) is str else arguments)[place]
            self.known[number] = self._content(number)

    def push(self) -> None:
        """Send what the test has changed."""
        content = {number: self._content(number) for number in self.things}
        changed = [number for number, data in content.items() if data is not None and data != self.known[number]]
        self.known = content
        if changed:
            self.link.request("change_kept", [(number, self.things[number]) for number in changed])

    def pull(self) -> None:
        """Take over what the answer has changed, and forget what it keeps no longer."""
        if not self.things:
            return
        changed, kept = self.link.request("kept")
        for number, theirs in changed:
            write_back(self.things[number], theirs)
        self.things = {number: thing for number, thing in self.things.items() if number in kept}
        self.known = {number: self._content(number) for number in self.things}

    def _content(self, number: int) -> bytes | None:
        try:
            return encode(self.things[number], self.link.stand_in)
        except NotPlain:
            return None
