"""What answers our requests inside the student's process: it calls, looks up and iterates, and sends plain data back.

`agent_source()` is the text that installs it as a module beside the notebook. The text stands for itself: it imports
nothing of the course, and runs in a namespace of its own, so that a student who calls a variable `list` does no harm. A
student who takes the agent apart can forge its answers, which are data and no verdicts (proxies.py, judge.py).

A request is (handles to forget, verb, ...), an answer is one of
    ("ok", value, what was printed, the arguments after the call or None, which parts of the value were given,
     the graphs that gradients can go back through, what was warned of)
    ("error", names of the exception's classes, its arguments, its message, the student's line, what was printed, its
     attributes)
    ("ask", task, function of ours, arguments, named arguments, what was printed): call it, then send "resume"
"""

import asyncio
import base64
import builtins
import contextlib
import ctypes
import importlib
import inspect
import io
import linecache
import marshal
import operator
import os
import queue
import stat
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from course_admin.grading.aliases import parts, shared
from course_admin.grading.gradients import backward, results, tensors
from course_admin.grading.objects import build, is_given, state
from course_admin.grading.wire import NotPlain, decode, encode

MOST_PRINTED = 200_000
MOST_FILES = 8 * 1024**2  # bytes of a student's files that go out at once
OPERATORS = {
    **{name: getattr(operator, name) for name in ("lt", "le", "eq", "ne", "ge", "gt", "add", "sub", "mul", "matmul")},
    **{name: getattr(operator, name) for name in ("truediv", "floordiv", "mod", "pow", "lshift", "rshift", "xor")},
    **{"and": operator.and_, "or": operator.or_, "neg": operator.neg, "pos": operator.pos, "invert": operator.invert},
    **{name: getattr(operator, name) for name in ("contains", "iadd", "isub", "imul", "index")},
    **{"len": len, "bool": bool, "int": int, "float": float, "complex": complex, "str": str, "repr": repr, "abs": abs},
    **{"type": type, "round": round, "format": format, "hash": hash, "divmod": divmod, "isinstance": isinstance},
    **{"issubclass": issubclass, "callable": callable, "reversed": lambda x: list(reversed(x)), "dir": dir},
}


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


class Agent:
    """Answers requests about the names in `namespace` and the objects that it has given out handles for."""

    def __init__(self, namespace: dict[str, Any]):
        self.namespace = namespace
        self.objects: dict[int, Any] = {}
        self.ids: dict[int, int] = {}
        self.stubs: dict[int, Any] = {}
        self.tasks: dict[int, Task] = {}
        self.given: set[str] = set()  # the names of the classes that the notebook gives
        self.replaced: dict[str, Any] = {}  # what stood under names that a test has bound anew
        self.last = 0
        self.before = sys.stdout, sys.stderr, builtins.input

    def answer(self, request: bytes) -> bytes:
        """One answer to one request, whatever happens meanwhile."""
        task = None
        try:
            forget, verb, *rest = decode(request, self.resolve)
            for handle in forget:
                self.ids.pop(id(self.objects.pop(handle, None)), None)
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
            sys.stdout, sys.stderr, builtins.input = self.before
        for name, value in self.replaced.items():
            self.namespace[name] = value
        self.replaced.clear()
        for kept in (self.objects, self.ids, self.stubs, self.tasks):
            kept.clear()
        return encode(("ok", None, "", None, [], [], []))

    def new_number(self) -> int:
        self.last += 1
        return self.last

    def stand_in(self, value: Any) -> tuple:
        """The data that stands for an object on the way out."""
        for number, stub in self.stubs.items():
            if stub is value:
                return "function of ours", number
        if type(value).__module__ == "__main__" and type(value).__name__ in self.given and is_given(value):
            return "given", type(value).__name__, state(value)
        number = self.ids.get(id(value))
        if number is None or self.objects.get(number) is not value:
            number = self.ids[id(value)] = self.new_number()
            self.objects[number] = value
        kind = "class" if isinstance(value, type) else "module" if isinstance(value, ModuleType) else "object"
        kind = "iterator" if hasattr(type(value), "__next__") else kind
        name = value.__name__ if kind in ("class", "module") else type(value).__name__
        return "handle", number, kind, str(name)[:80], _classes(type(value))

    def resolve(self, told: tuple) -> Any:
        """The object that a handle on the way in stands for."""
        kind, what, *rest = told
        if kind == "handle":
            return self.objects[what]
        if kind == "name":
            return self.namespace[what]
        if kind == "function of ours":
            return self.stubs.setdefault(what, Stub(self, what))
        if kind == "code of ours":
            return FunctionType(marshal.loads(what), {"__builtins__": builtins}, "function", rest[0])
        if kind == "iterator of ours":
            return _items(self.stubs.setdefault(what, Stub(self, what)))
        if kind == "import":
            value = importlib.import_module(what)
            for part in rest[0].split(".") if rest[0] else ():
                value = getattr(value, part)
            return value
        if kind == "library":
            return build(getattr(importlib.import_module(what), rest[0]), rest[1])
        return build(self.namespace[what], rest[0])  # an object of a class that the notebook gives

    def plain(self, value: Any) -> bytes:
        """`value` as bytes; what is circular or too deep goes out as a handle as a whole."""
        try:
            return encode(value, self.stand_in)
        except NotPlain:
            return encode(_Whole(value), lambda whole: self.stand_in(whole.value))


def _items(stub: Any) -> Any:
    """An iterator of ours, item by item."""
    while item := stub():
        yield item[0]


class _Whole:
    def __init__(self, value: Any):
        self.value = value


class Task:
    """One request at work; in a thread of its own where a function of ours may have to be asked meanwhile."""

    current = threading.local()

    def __init__(self, agent: Agent, verb: str, rest: list):
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
            return self.ok(value, None, [], [], [])
        function, arguments, named, asked = self.rest
        loose = any(not isinstance(one, (type(None), int, float, str)) for one in (*arguments, *named.values()))
        given = parts((arguments, named)) if loose else []
        before = self.agent.plain((arguments, named)) if loose else b""
        with _input_from(asked), warnings.catch_warnings(record=True) as caught:
            value = function(*arguments, **named)
        after = (arguments, named) if loose and self.agent.plain((arguments, named)) != before else None
        wanted = tensors(arguments, named)
        warned = [(_classes(type(one.message)), str(one.message)[:2000]) for one in caught[:50]]
        return self.ok(value, after, shared(value, given), self.keep(value, wanted), warned)

    def keep(self, value: Any, arguments: list) -> list[tuple]:
        """(path, number) of each result that a gradient can flow back from."""
        told = []
        for path, tensor in results(value):
            told.append((path, self.agent.new_number()))
            self.agent.objects[told[-1][1]] = tensor, arguments
        return told

    def do_backward(self, number: int, gradient: Any) -> list:
        return backward(self.agent.objects[number], gradient)

    def ok(self, value: Any, after: Any, *told: list) -> bytes:
        agent = self.agent
        try:
            return encode(("ok", value, self.printed.take(), after, *told), agent.stand_in)
        except NotPlain:
            answer = ("ok", _Whole(value), self.printed.take(), None, [], [], [])
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

    def do_get(self, name: str) -> Any:
        if name not in self.agent.namespace:
            raise NameError(f"name {name!r} is not defined")
        return self.agent.namespace[name]

    def do_assign(self, name: str, value: Any) -> None:
        """The test has bound a name anew that the student's functions read."""
        if name in self.agent.namespace:
            self.agent.replaced.setdefault(name, self.agent.namespace[name])
            self.agent.namespace[name] = value

    def do_probe(self, probe: str, arguments: tuple, named: dict) -> Any:
        module, _, name = probe.partition(":")
        return getattr(importlib.import_module(module), name)(*arguments, **named)

    def do_attr(self, thing: Any, name: str) -> Any:
        return getattr(thing, name)

    def do_setattr(self, thing: Any, name: str, value: Any) -> None:
        setattr(thing, name, value)

    def do_delattr(self, thing: Any, name: str) -> None:
        delattr(thing, name)

    def do_item(self, thing: Any, key: Any) -> Any:
        return thing[key]

    def do_setitem(self, thing: Any, key: Any, value: Any) -> None:
        thing[key] = value

    def do_delitem(self, thing: Any, key: Any) -> None:
        del thing[key]

    def do_op(self, name: str, operands: tuple) -> Any:
        return OPERATORS[name](*operands)

    def do_iter(self, thing: Any) -> Any:
        return iter(thing)

    def do_next(self, iterator: Any, most: int) -> tuple[list, bool]:
        """Up to `most` items, and whether the end was met."""
        items = []
        for _ in range(most):
            try:
                items.append(next(iterator))
            except StopIteration:
                return items, True
        return items, False

    def do_given(self, names: list[str]) -> None:
        """Objects of these classes travel as what they hold, and are built anew on our side."""
        self.agent.given = set(names)

    def do_seed(self, module: str, name: str, arguments: tuple, named: dict) -> None:
        """The test has set a global random generator on its side; it means the student's, too."""
        getattr(importlib.import_module(module), name)(*arguments, **named)

    def do_await(self, coroutine: Any) -> Any:
        """Run a coroutine to its end, in a thread because the notebook's own loop is busy with this request."""
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(asyncio.run, coroutine).result()

    def do_files(self, known: dict[str, list]) -> dict[str, tuple]:
        """The small files below the notebook's folder that have changed: name -> (when, size, content)."""
        found, room = {}, MOST_FILES
        for folder, folders, names in os.walk("."):
            folders[:] = [name for name in folders if name[0] not in "._"] if folder.count(os.sep) < 3 else []
            for name in names:
                path = os.path.join(folder, name)
                with contextlib.suppress(OSError):
                    state = os.lstat(path)
                    when = [state.st_mtime_ns, state.st_size]
                    if stat.S_ISREG(state.st_mode) and known.get(path) != when and state.st_size <= room:
                        with open(path, "rb") as file:
                            found[path] = (*when, file.read())
                        room -= state.st_size
        return found

    def do_signature(self, thing: Any) -> list[tuple]:
        """(name, kind, whether there is a default, the default) of each parameter."""
        parts = inspect.signature(thing).parameters.values()
        return [
            (p.name, int(p.kind), p.default is not p.empty, p.default if p.default is not p.empty else None)
            for p in parts
        ]

    def do_names(self, thing: Any) -> list[str]:
        return sorted(str(name) for name in names_used(thing))[:5000]


class Stub:
    """Stands for a function of ours in the student's process."""

    def __init__(self, agent: Agent, number: int):
        self._agent, self._number = agent, number
        self.__name__ = "function"

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        task = getattr(Task.current, "task", None)
        if task is None or self._number not in self._agent.stubs:
            raise RuntimeError("this function was lent for the time of a test, and the test is over")
        return task.ask(self._number, arguments, named)


@contextlib.contextmanager
def _input_from(stub: Any):
    """Let input() ask our side, where the test has put something in its place."""
    before = builtins.input
    if stub is not None:
        builtins.input = stub
    try:
        yield
    finally:
        builtins.input = before


def _classes(kind: type) -> list[str]:
    return [f"{one.__module__}.{one.__qualname__}"[:200] for one in type.mro(kind)[:20]]


def failure(error: BaseException, printed: str, stand_in: Any) -> bytes:
    """An exception as an answer; nothing that the exception defines can stop that."""
    kinds = _classes(type(error))
    try:
        message = str(error)[:2000]
    except BaseException:
        message = "(an error without a message)"
    try:
        arguments = decode(encode(tuple(error.args)))
        arguments = arguments if len(encode(arguments)) < 10_000 else (message,)
    except BaseException:
        arguments = (message,)
    try:
        line = student_line(error)
    except BaseException:
        line = ""
    return encode(("error", kinds, arguments, message, line, printed, _attributes(error)))


def _attributes(error: BaseException) -> dict[str, Any]:
    """What the exception carries besides its arguments, as far as it is plain data and small."""
    found = {}
    with contextlib.suppress(BaseException):
        for name, value in list(vars(error).items())[:20]:
            with contextlib.suppress(NotPlain):
                if type(name) is str and name[:2] != "__" and len(encoded := encode(value)) < 10_000:
                    found[name] = decode(encoded)
    return found


def student_line(error: BaseException) -> str:
    """The last line in a cell of the notebook that the error went through."""
    frame, line = error.__traceback__, ""
    while frame is not None:
        name = frame.tb_frame.f_code.co_filename
        if "ipykernel" in name or name.startswith("<ipython") or "<cell" in name:
            line = linecache.getline(name, frame.tb_lineno).strip() or line
        frame = frame.tb_next
    return line[:200]


def names_used(thing: Any) -> set[str]:
    """Names and texts in the code of a function or class and of the notebook's functions that it uses."""
    names, seen, waiting = set(), set(), [thing]
    while waiting and len(seen) < 1000:
        thing = waiting.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        if isinstance(thing, type):
            waiting += [value for value in vars(thing).values() if isinstance(value, FunctionType)]
        elif isinstance(thing, FunctionType):
            used = _names_in(thing.__code__)
            names |= used
            inside = [cell.cell_contents for cell in thing.__closure__ or () if cell != type(cell)()]
            for value in [thing.__globals__[name] for name in used if name in thing.__globals__] + inside:
                names.add(str(getattr(value, "__name__", "")))
                own = getattr(value, "__globals__", None) is thing.__globals__ or isinstance(value, type)
                if own and getattr(value, "__module__", None) == thing.__module__:
                    waiting.append(value)
    return names


def _names_in(code: CodeType) -> set[str]:
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= _names_in(constant)
        elif isinstance(constant, str):
            names.add(constant)
    return names


_AGENTS: list[Agent] = []


def ask(request: str) -> str:
    """The answer to a request, both in base64: what a kernel evaluates for us."""
    if not _AGENTS:
        _AGENTS.append(Agent(sys.modules["__main__"].__dict__))
    return base64.b64encode(_AGENTS[0].answer(base64.b64decode(request))).decode()


HOME = "_course_agent"  # the agent's module in the student's process
EXPRESSION = f"__import__('sys').modules[{HOME!r}].ask({{!r}})"


def agent_source() -> str:
    """Python source that installs the agent, under the name HOME, in the process that runs it."""
    folder = Path(__file__).parent
    text = "\n".join(
        line
        for name in ("specials.py", "aliases.py", "objects.py", "gradients.py", "wire.py", "agent.py")
        for line in (folder / name).read_text(encoding="utf-8").splitlines()
        if not line.startswith("from course_admin")
    )
    return f"""\
import sys, types
home = sys.modules[{HOME!r}] = types.ModuleType({HOME!r})
exec(compile({text!r}, "<course agent>", "exec"), home.__dict__)
"""
