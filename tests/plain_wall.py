"""A wall for the tests: another process that holds the answers of tests/answers, asked through `Elsewhere`.

It has the manners of a grader's wall and none of its strength: requests and answers are pickles. What is plain data
comes back as a copy, everything else as a `Beyond`; errors come back by built-in type and message.
"""

import builtins
import contextlib
import importlib
import io
import itertools
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from course_admin.lesson import read_lesson
from course_admin.proof import OWN, definitions, load_answers
from course_utils.checks.elsewhere import Elsewhere, find_probe
from support import ROOT

PLAIN = (type(None), bool, int, float, str, bytes)


class Beyond(Elsewhere):
    """An object of the other process, by its number there; comparing it or computing with it is an error."""

    def __init__(self, wall: "PlainWall", number: int):
        self.wall, self.number = wall, number

    def __del__(self):
        self.wall.dropped.append(self.number)

    def run_probe(self, probe: str, arguments: tuple, named: dict[str, Any]) -> Any:
        return self.wall.ask(("probe", self.number, probe, arguments, named))

    def _refuse(self, *_):
        raise TypeError("expected plain data")

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __bool__ = __len__ = __iter__ = __getitem__ = _refuse
    __float__ = __int__ = __array__ = __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _refuse
    __hash__ = None


class PlainWall:
    """The other process. `find` gives an answer as a check should get it: an `Elsewhere`, or plain data."""

    def __init__(self):
        self.dropped: list[int] = []  # numbers that nobody here holds any longer
        self.child = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parent,
            env=os.environ | {"COURSE_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )

    def __enter__(self) -> "PlainWall":
        return self

    def __exit__(self, *error) -> None:
        self.child.stdin.close()
        self.child.wait()
        self.child.stdout.close()

    def find(self, lesson: str, table: str, exercise: str, name: str) -> Any:
        """RIGHT[exercise][name] or WRONG[exercise][name]; with the table OWN, what the lesson itself defines."""
        return self.ask(("find", lesson, table, exercise, name))

    def ask(self, request: tuple) -> Any:
        dropped, self.dropped = self.dropped, []
        send(self.child.stdin, (dropped, self._pack(request)))
        kind, value = receive(self.child.stdout)
        if kind == "error":
            name, message = value
            raise getattr(builtins, name, RuntimeError)(message)
        return self._unpack(value)

    def _pack(self, value: Any) -> Any:
        return walk(value, self._number_or_plain)

    def _number_or_plain(self, value: Any) -> Any:
        if isinstance(value, Beyond):
            return Number(value.number)
        if not is_plain(value):
            raise TypeError(f"{type(value).__name__}: a check may send plain data only")
        return value

    def _unpack(self, value: Any) -> Any:
        return walk(value, lambda one: Beyond(self, one.number) if isinstance(one, Number) else one)


class Number:
    """How an object of the other process travels."""

    def __init__(self, number: int):
        self.number = number


def is_plain(value: Any) -> bool:
    array = type(value) is np.ndarray and not value.dtype.hasobject
    tensor = f"{type(value).__module__}.{type(value).__name__}" == "torch.Tensor"
    return type(value) in PLAIN or isinstance(value, np.generic) or array or tensor


def walk(value: Any, change) -> Any:
    """`change` applied to whatever a list, tuple or dict holds, to any depth; their subclasses become plain."""
    if isinstance(value, dict):
        return {key: walk(item, change) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return (list if isinstance(value, list) else tuple)(walk(item, change) for item in value)
    return change(value)


def send(stream, value: Any) -> None:
    data = pickle.dumps(value)
    stream.write(len(data).to_bytes(8, "little") + data)
    stream.flush()


def receive(stream) -> Any:
    size = stream.read(8)
    if len(size) < 8:
        raise EOFError("the other process has ended")
    return pickle.loads(stream.read(int.from_bytes(size, "little")))


class Server:
    """What runs in the other process."""

    def __init__(self):
        self.objects: dict[int, Any] = {}
        self.numbers = itertools.count()
        self.lessons: dict[str, tuple] = {}

    def answer(self, dropped: list[int], request: tuple) -> Any:
        for number in dropped:
            del self.objects[number]
        kind, *rest = walk(request, lambda one: self.objects[one.number] if isinstance(one, Number) else one)
        if kind == "find":
            return self.hand_out(self.find(*rest))
        number, probe, arguments, named = rest
        return self.hand_out(find_probe(probe)(self.objects[number], *arguments, **named))

    def find(self, lesson: str, table: str, exercise: str, name: str) -> Any:
        if lesson not in self.lessons:
            own = definitions(read_lesson(ROOT / "lessons" / f"{lesson}.py"))
            self.lessons[lesson] = own, load_answers(ROOT / "tests" / "answers" / f"{lesson}.py")
        own, answers = self.lessons[lesson]
        return own[name] if table == OWN else getattr(answers, table)[exercise][name]

    def hand_out(self, value: Any) -> Any:
        return walk(value, self._plain_or_number)

    def _plain_or_number(self, value: Any) -> Any:
        if is_plain(value):
            return value.detach() if hasattr(value, "detach") else value
        for kind in (int, float, str, bytes):
            if isinstance(value, kind):
                return kind(value)
        number = next(self.numbers)
        self.objects[number] = value
        return Number(number)


def serve(requests, answers) -> None:
    server = Server()
    with contextlib.suppress(EOFError):
        while True:
            dropped, request = receive(requests)
            try:
                with contextlib.redirect_stdout(io.StringIO()):
                    told = "value", server.answer(dropped, request)
            except Exception as error:
                name = next(kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins")
                told = "error", (name, str(error))
            send(answers, told)


if __name__ == "__main__":
    # the classes above must have the name by which the other side knows them
    module = importlib.import_module("plain_wall")
    module.serve(sys.stdin.buffer, sys.stdout.buffer)
