"""A wall for the tests of the checks: a process without a sandbox that holds the answers of tests/answers.

It is asked through the grader's own wire, agent and proxies (course_admin/grading), over two pipes.
"""

import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO

from course_admin.bank import cheap_answers
from course_admin.grading.agent.agent import Agent
from course_admin.grading.proxies.link import Link
from course_admin.lesson import read_lesson
from course_admin.proof import OWN, definitions, load_answers
from course_utils.checks.reid_script import run_once  # noqa: F401  asked for by test_behind_the_wall.py
from support import ROOT


class PlainWall:
    """The other process. `find` gives an answer as a check should get it: an `Elsewhere`, or plain data."""

    def __init__(self):
        self.child = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parent,
            env=os.environ | {"COURSE_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )
        self.link = Link(self._send)

    def __enter__(self) -> "PlainWall":
        return self

    def __exit__(self, *error) -> None:
        self.child.stdin.close()
        self.child.wait()
        self.child.stdout.close()

    def find(self, lesson: str, table: str, exercise: str, name: str) -> Any:
        """RIGHT[exercise][name] or WRONG[exercise][name].

        With the table OWN: `name` as the lesson itself defines it; with CHEAP: the cheap answer `name` to the exercise
        whose own solution is called `exercise`.
        """
        return self.link.request("get", "find")(lesson, table, exercise, name)

    def _send(self, request: bytes) -> bytes:
        write(self.child.stdin, request)
        return read(self.child.stdout)


def write(stream: BinaryIO, message: bytes) -> None:
    stream.write(len(message).to_bytes(8, "little") + message)
    stream.flush()


def read(stream: BinaryIO) -> bytes:
    """One message; EOFError where the other side has ended."""
    size = stream.read(8)
    if len(size) < 8:
        raise EOFError("the other process has ended")
    return stream.read(int.from_bytes(size, "little"))


CHEAP = "cheap"
loaded: dict[str, tuple[dict[str, Any], ModuleType]] = {}


def find(lesson: str, table: str, exercise: str, name: str) -> Any:
    """In the other process."""
    if lesson not in loaded:
        own = definitions(read_lesson(ROOT / "lessons" / f"{lesson}.py"))
        loaded[lesson] = own, load_answers(ROOT / "tests" / "answers" / f"{lesson}.py")
    own, answers = loaded[lesson]
    if table == OWN:
        return own[name]
    if table == CHEAP:
        return dict(cheap_answers(own[exercise]))[name]
    return getattr(answers, table)[exercise][name]


def serve() -> None:
    """Answer requests until there are no more. What is printed goes to stderr: stdout belongs to the answers."""
    answers, sys.stdout = sys.stdout.buffer, sys.stderr
    agent = Agent(vars(sys.modules["__main__"]))
    while True:
        try:
            request = read(sys.stdin.buffer)
        except EOFError:
            return
        write(answers, agent.answer(request))


if __name__ == "__main__":
    serve()
