"""What the student's code prints and reads while it answers a request of ours."""

import builtins
import contextlib
import io
from typing import Any

MOST_PRINTED = 200_000


class Printed(io.TextIOBase):
    """Takes what the student's code prints, up to a limit."""

    def __init__(self):
        self.parts, self.room = [], MOST_PRINTED

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if self.room > 0:
            self.parts.append(text[: self.room])
            self.room -= len(text)
        return len(text)

    def take(self) -> str:
        text, self.parts = "".join(self.parts), []
        return text


@contextlib.contextmanager
def input_from(stub: Any):
    """Let input() ask our side, where the test has put something in its place."""
    before = builtins.input
    if stub is not None:
        builtins.input = stub
    try:
        yield
    finally:
        builtins.input = before
