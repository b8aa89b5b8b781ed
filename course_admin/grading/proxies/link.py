"""A test's connection to the agent beside the answer: requests go out as bytes, answers are checked and unpacked."""

import sys
import threading
import weakref
from collections.abc import Callable
from typing import Any

from course_admin.grading.objects import build
from course_admin.grading.proxies.classes import class_named
from course_admin.grading.proxies.errors import Stopped, believed, rebuilt, warn
from course_admin.grading.proxies.forms import FORMS
from course_admin.grading.proxies.handing import handed_out
from course_admin.grading.proxies.keeping import Kept
from course_admin.grading.proxies.lending import Lent
from course_admin.grading.proxies.live import KEEP_IN_STEP, MAY_CHANGE, Live
from course_admin.grading.proxies.moving import Moved
from course_admin.grading.proxies.proxy import Coroutine, Proxy
from course_admin.grading.proxies.training import note_copies
from course_admin.grading.wire import decode, encode

MOST_CALLBACKS = 200_000


class Link:
    """One test's connection to the agent: `send(request) -> answer` carries bytes, all else is done here."""

    def __init__(self, send: Callable[[bytes], bytes]):
        self.send, self.lock = send, threading.RLock()
        self.live = Live(self)
        self.kept = Kept(self)
        self.moved = Moved(self, self.stand_in)
        self.proxies: weakref.WeakValueDictionary[int, Proxy] = weakref.WeakValueDictionary()
        self.forget: list[int] = []
        self.lent: dict[int, Callable] = {}
        self.callbacks = 0
        self.exceptions: dict[str, type] = {}  # the exception classes that answers define, by name
        self.students_exception: Callable[[str], Any] = lambda name: None  # one of these, whether it was met or not
        self.given: Callable[[str], Any] = lambda name: None  # the class of this name that a given cell defines
        self.given_values: dict[str, bytes] = {}  # what the values of given cells were when their cell had run
        self.untouched: set[str] = set()  # of these, that no cell of the student's came before
        self.changed_files: set[str] = set()  # released files that the student's code has changed on its side
        self.operators: frozenset[str] = frozenset()  # those that the instructor's own classes define
        self.class_operators: dict[str, set[str]] = {}  # the same, by class
        self.changes_arguments: Callable[[str, tuple, dict], bool] = lambda *call: False
        self.keeps_arguments: Callable[[str, tuple, dict], set] = lambda *call: set()
        self.may_train: Callable[[str, tuple, dict], bool] = lambda *call: True
        self.trains = True  # whether the request at work may change the weights of the test's own networks
        self.spares, self.spared = True, False  # whether arguments are kept from changes that nobody asked for
        self.doubt = ""  # why a person should look at this test if it fails: the wall may be at fault
        self.globals_read: set[str] = set()  # names that the student's functions read
        self.rebound: dict[str, Any] = {}  # of those, what the test has bound anew and the other side does not know
        self.before_call: Callable[[], None] = lambda: None  # may add to `rebound`
        self.outgoing: Callable[[tuple, dict], tuple[tuple, dict]] = lambda *call: call  # may change what is given
        self.after_call: Callable[[], None] = lambda: None  # is told when an answer may have done something
        self.names_in_source: Callable[[str], set[str]] = lambda name: set()  # names that the source of `name` uses

    def request(self, verb: str, *rest: Any) -> Any:
        return self.exchange(verb, *rest)[0]

    def exchange(self, verb: str, *rest: Any) -> tuple[Any, Any, list, list, list]:
        """(the answer, the arguments where the call changed them, which parts of it were given, graphs of its tensors,
        which arguments the answer keeps).

        Raises what the student's code raised.
        """
        with self.lock:  # a test may call an answer in threads
            if verb == "call":
                self.before_call()
            while verb == "call" and self.rebound:
                self.request("assign", *self.rebound.popitem())
            if verb not in KEEP_IN_STEP:
                self.live.push()
                self.kept.push()
            forget, self.forget = self.forget, []
            answer = self._ask((forget, verb, *rest))
            while answer[0] == "ask":
                _, task, number, arguments, named, printed = answer
                sys.stdout.write(printed)
                answer = self._ask(([], "resume", task, *self._call_ours(number, arguments, named)))
            if verb in MAY_CHANGE:
                with believed():
                    self.live.pull()
                    self.moved.pull()
                    self.kept.pull()
        if answer[0] == "error":
            _, names, arguments, message, line, printed, attributes = answer
            sys.stdout.write(printed)
            raise rebuilt(self, names, arguments, message, line, attributes)
        _, value, printed, after, aliases, graphs, warned, in_hand, kept = answer
        sys.stdout.write(printed)
        for names, message in warned:
            warn(names, message)
        with believed():
            value = self.live.take(value, in_hand)
        note_copies(value, self.live)
        return value, after, aliases, graphs, kept

    def _ask(self, request: tuple) -> tuple:
        self.moved.going.clear()
        data = encode(request, self.stand_in)
        with believed():
            answer = decode(self.send(data), self.resolve)
            if type(answer) is not tuple or not FORMS[answer[0]](*answer[1:]):
                raise ValueError
        self.moved.arrived()
        return answer

    def _call_ours(self, number: int, arguments: tuple, named: dict) -> tuple[str, Any]:
        """Call a function that the test has handed out; ("ok", its result) or ("error", (class name, message))."""
        self.callbacks += 1
        if self.callbacks > MOST_CALLBACKS or number not in self.lent or number in self.moved.things:
            raise Stopped("the answer called a function of the test too often, or one that it was not given")
        try:
            value = self.lent[number](*arguments, **named)
            encode(value, self.stand_in)
            return "ok", value
        except Exception as error:
            return "error", ([kind.__name__ for kind in type(error).__mro__], str(error))

    def stand_in(self, value: Any) -> tuple:
        return handed_out(self, value)

    def resolve(self, told: tuple) -> Any:
        if told[0] == "ours":
            lent = self.lent[told[1]]
            return lent.value if type(lent) is Lent else lent
        if told[0] == "given":
            return build(self.given(told[1]), told[2])
        _, number, kind, name, classes = told
        if [type(one) for one in (number, kind, name, *classes)] != [int, *[str] * (2 + len(classes))]:
            raise ValueError
        proxy = self.proxies.get(number)
        if proxy is None:
            base = Coroutine if name == "coroutine" else Proxy
            proxy = self.proxies[number] = class_named(name, base)(self, number, kind, name, classes)
        return proxy
