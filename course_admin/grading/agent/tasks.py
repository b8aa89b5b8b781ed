"""One request at work in the student's process; it may have to ask our side meanwhile (stubs.py)."""

import builtins
import contextlib
import ctypes
import queue
import sys
import threading
import warnings
from typing import Any

from course_admin.grading.agent.errors import classes_of, failure
from course_admin.grading.agent.keeping import Keeping, changeable
from course_admin.grading.agent.printing import Printed, lent
from course_admin.grading.agent.sharing import Sharing
from course_admin.grading.agent.verbs import Verbs
from course_admin.grading.aliases import parts, shared
from course_admin.grading.gradients import results, tensors
from course_admin.grading.wire import NotPlain, encode


class Whole:
    """A value that goes out as a handle as a whole."""

    def __init__(self, value: Any):
        self.value = value


class Task(Verbs, Sharing, Keeping):
    """One request at work; in a thread of its own where a function of ours may have to be asked meanwhile."""

    current = threading.local()

    def __init__(self, agent: Any, verb: str, rest: list):
        self.agent, self.verb, self.rest = agent, verb, rest
        self.inbox, self.outbox = queue.SimpleQueue(), queue.SimpleQueue()
        self.printed = Printed()
        self.thread: threading.Thread | None = None

    def stop(self) -> None:
        """Interrupt the student's code in the task's thread, as the main thread has been interrupted."""
        if self.thread is not None and self.thread.is_alive():
            number, error = ctypes.c_ulong(self.thread.ident), ctypes.py_object(KeyboardInterrupt)
            ctypes.pythonapi.PyThreadState_SetAsyncExc(number, error)

    def work(self) -> None:
        before, self.current.task = getattr(self.current, "task", None), self
        try:
            with contextlib.redirect_stdout(self.printed), contextlib.redirect_stderr(Printed()):
                answer = self.answer()
        except BaseException as error:
            answer = failure(error, self.printed.take(), self.agent.stand_in)
        self.current.task = before
        self.outbox.put(answer)

    def answer(self) -> bytes:
        if self.verb != "call":
            value = getattr(self, "do_" + self.verb)(*self.rest)
            return self.ok(value, None, [], [], [], self.in_hand(self.verb, value), [])
        function, arguments, named, asked = self.rest
        loose = any(not isinstance(one, (type(None), int, float, str)) for one in (*arguments, *named.values()))
        given = parts((arguments, named)) if loose else []
        before = self.agent.plain((arguments, named)) if loose else b""
        places = changeable(arguments, named) if loose else []
        counts = [sys.getrefcount(one) for _, one in places]
        with lent(asked, self.agent.namespace), warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            value = function(*arguments, **named)
        after = (arguments, named) if loose and self.agent.plain((arguments, named)) != before else None
        wanted = tensors(arguments, named)
        warned = [(classes_of(type(one.message)), str(one.message)[:2000]) for one in caught[:50]]
        kept = self.keep_arguments(places, counts)
        told = shared(value, given), self.keep(value, wanted), warned, self.in_hand("call", value), kept
        return self.ok(value, after, *told)

    def keep(self, value: Any, arguments: list) -> list[tuple]:
        """(path, number) of each result that a gradient can flow back from."""
        told = []
        for path, tensor in results(value):
            told.append((path, self.agent.new_number()))
            self.agent.objects[told[-1][1]] = tensor, arguments
        return told

    def ok(self, value: Any, after: Any, *told: list) -> bytes:
        agent = self.agent
        try:
            return encode(("ok", value, self.printed.take(), after, *told), agent.stand_in)
        except NotPlain:
            answer = ("ok", Whole(value), self.printed.take(), None, [], [], [], [], [])
            return encode(answer, lambda whole: agent.stand_in(whole.value))

    def ask(self, number: int, arguments: tuple, named: dict) -> Any:
        """Have our side call its function `number`; runs in this task's thread, which waits for the result."""
        token = self.agent.new_number()
        self.agent.tasks[token] = self
        self.outbox.put(
            encode(("ask", token, number, arguments, named, self.printed.take()), self.agent.stand_in),
        )
        verdict, value = self.inbox.get()
        if verdict == "ok":
            return value
        names, message = value
        kind = next((kind for name in names if isinstance(kind := getattr(builtins, name, None), type)), RuntimeError)
        raise kind(message)
