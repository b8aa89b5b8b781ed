"""What answers our requests inside the student's process: it calls, looks up and iterates, and sends plain data back.

A request is (handles to forget, verb, ...), an answer is one of
    ("ok", value, what was printed, the arguments after the call or None, which parts of the value were given,
     the graphs that gradients can go back through, what was warned of, the tensors that the test has in hand now,
     the arguments that the answer keeps)
    ("error", names of the exception's classes, its arguments, its message, the student's line, what was printed, its
     attributes)
    ("ask", task, function of ours, arguments, named arguments, what was printed): call it, then send "resume"
"""

import base64
import builtins
import importlib
import marshal
import sys
import threading
from types import FunctionType, ModuleType
from typing import Any

from course_admin.grading.agent.errors import classes_of, failure
from course_admin.grading.agent.moving import Copies
from course_admin.grading.agent.printing import Printed
from course_admin.grading.agent.stubs import FunctionStub, items_of, object_stub
from course_admin.grading.agent.tasks import Task, Whole
from course_admin.grading.objects import build, is_given, state
from course_admin.grading.wire import NotPlain, decode, encode


class Agent:
    """Answers requests about the names in `namespace` and the objects that it has given out handles for."""

    def __init__(self, namespace: dict[str, Any]):
        self.namespace = namespace
        self.objects: dict[int, Any] = {}
        self.ids: dict[int, int] = {}
        self.told: dict[int, int] = {}  # fingerprints of tensors that a test has in hand, as it knows them
        self.copies = Copies(self)
        self.kept: dict[int, Any] = {}  # arguments that an answer has kept
        self.kept_as: dict[int, bytes] = {}  # their content as the test knows it
        self.stubs: dict[int, Any] = {}
        self.tasks: dict[int, Task] = {}
        self.given: set[str] = set()  # the names of the classes that the notebook gives
        self.replaced: dict[str, Any] = {}  # what stood under names that a test has bound anew
        self.last = 0
        self.before = sys.stdout, sys.stderr, builtins.input, builtins.print, builtins.open

    def answer(self, request: bytes) -> bytes:
        """One answer to one request, whatever happens meanwhile."""
        task = None
        try:
            forget, verb, *rest = decode(request, self.resolve)
            for handle in forget:
                self.ids.pop(id(self.objects.pop(handle, None)), None)
                self.told.pop(handle, None)
            if verb == "reset":
                return self.reset()
            if verb == "resume":
                task = self.tasks.pop(rest[0])
                task.inbox.put(rest[1:])
                return task.outbox.get()
            task = Task(self, verb, rest)
            if not self.stubs:
                task.work()
            else:
                task.thread = threading.Thread(target=task.work, daemon=True)
                task.thread.start()
            return task.outbox.get()
        except BaseException as error:
            if task is not None:
                task.stop()
            return failure(error, "", self.stand_in)

    def reset(self) -> bytes:
        """Forget all that a test has left behind."""
        if self.tasks or isinstance(sys.stdout, Printed):  # a task was never answered, so it never gave these back
            sys.stdout, sys.stderr, builtins.input, builtins.print, builtins.open = self.before
        for name, value in self.replaced.items():
            self.namespace[name] = value
        self.replaced.clear()
        for kept in (
            self.objects,
            self.ids,
            self.told,
            self.copies.things,
            self.kept,
            self.kept_as,
            self.stubs,
            self.tasks,
        ):
            kept.clear()
        return encode(("ok", None, "", None, [], [], [], [], []))

    def new_number(self) -> int:
        self.last += 1
        return self.last

    def numbered(self, value: Any) -> int:
        """The number under which an object is kept; the same as long as it is not forgotten."""
        number = self.ids.get(id(value))
        if number is None or self.objects.get(number) is not value:
            number = self.ids[id(value)] = self.new_number()
            self.objects[number] = value
        return number

    def stand_in(self, value: Any) -> tuple:
        """The data that stands for an object on the way out."""
        for number, stub in self.stubs.items():
            if stub is value:
                return "ours", number
        copied = self.copies.number_of(value) if self.copies.things else None
        if copied is not None:
            return "ours", copied
        if type(value).__module__ == "__main__" and type(value).__name__ in self.given and is_given(value):
            return "given", type(value).__name__, state(value)
        number = self.numbered(value)
        kind = "class" if isinstance(value, type) else "module" if isinstance(value, ModuleType) else "object"
        kind = "iterator" if hasattr(type(value), "__next__") else kind
        name = value.__name__ if kind in ("class", "module") else type(value).__name__
        return "handle", number, kind, str(name)[:80], classes_of(type(value))

    def resolve(self, told: tuple) -> Any:
        """The object that a handle on the way in stands for."""
        kind, what, *rest = told
        if kind == "handle":
            return self.objects[what]
        if kind == "name":
            return self.namespace[what]
        if kind in ("function of ours", "iterator of ours", "object of ours"):
            return self.stub(kind, what, rest)
        if kind == "moved":
            return self.copies.take(what, *rest)
        if kind == "code of ours":
            return FunctionType(marshal.loads(what), {"__builtins__": builtins}, "function", rest[0])
        if kind == "import":
            value = importlib.import_module(what)
            for part in rest[0].split(".") if rest[0] else ():
                value = getattr(value, part)
            return value
        if kind == "library":
            return build(getattr(importlib.import_module(what), rest[0]), rest[1])
        return build(self.namespace[what], rest[0])  # an object of a class that the notebook gives

    def stub(self, kind: str, number: int, rest: list) -> Any:
        """What stands here for something of ours; the same each time it comes."""
        if number not in self.stubs:
            made = object_stub(self, number, *rest) if rest else FunctionStub(self, number, "function")
            self.stubs[number] = made
        stub = self.stubs[number]
        return items_of(stub) if kind == "iterator of ours" else stub

    def plain(self, value: Any) -> bytes:
        """`value` as bytes; what is circular or too deep goes out as a handle as a whole."""
        try:
            return encode(value, self.stand_in)
        except NotPlain:
            return encode(Whole(value), lambda whole: self.stand_in(whole.value))


_AGENTS: list[Agent] = []


def ask(request: str) -> str:
    """The answer to a request, both in base64: what a kernel evaluates for us."""
    if not _AGENTS:
        _AGENTS.append(Agent(sys.modules["__main__"].__dict__))
    return base64.b64encode(_AGENTS[0].answer(base64.b64decode(request))).decode()
