"""What stands in a test for the student's functions, classes and objects, which live in another process.

A proxy that is called sends copies of its arguments and gives plain data back, or another proxy for what is no plain
data. A proxy is never equal to, less than or added to data of ours: that raises the TypeError "expected plain data",
because the student's object could see what is expected and say yes. Two rules soften this where it can do no harm: two
objects of the student may be compared with each other, and an object of a class that the assignment asks for answers
the operators that the instructor's own class defines.
"""

import builtins
import contextlib
import functools
import itertools
import marshal
import sys
import threading
import types
import warnings
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from course_admin.grading.aliases import at, join, put
from course_admin.grading.gradients import Kept, connect, tensors
from course_admin.grading.objects import build, is_given, state
from course_admin.grading.wire import NotPlain, decode, encode
from course_admin.grading.writeback import write_back
from course_utils.checks.elsewhere import Elsewhere

MOST_CALLBACKS = 200_000
MOST_ITEMS = 1_000_000
TEST_TOOLS = {"unittest", "pytest", "_pytest", "hypothesis", "doctest", "course_admin"}  # some errors there mean "skip"
TELLING = {"torch", "keras", "tensorflow", "sklearn", "scipy", "optuna"}  # libraries whose classes isinstance may meet
OURS = {"run_probe", "names_used", "send", "throw", "close"}  # methods of proxies; those of a coroutine's, too
FUNCTIONS = {
    "builtins.function": types.FunctionType,
    "builtins.generator": types.GeneratorType,
    "builtins.method": types.MethodType,
}


class Stopped(BaseException):
    """The test cannot go on: the kernel died, took too long or sent what is no answer. `except Exception` misses it."""


class Link:
    """One test's connection to the agent: `send(request) -> answer` carries bytes, all else is done here."""

    def __init__(self, send: Callable[[bytes], bytes]):
        self.send, self.lock = send, threading.RLock()
        self.proxies: weakref.WeakValueDictionary[int, Proxy] = weakref.WeakValueDictionary()
        self.forget: list[int] = []
        self.lent: dict[int, Callable] = {}
        self.callbacks = 0
        self.exceptions: dict[str, type] = {}  # the exception classes that answers define, by name
        self.given: Callable[[str], Any] = lambda name: None  # the class of this name that a given cell defines
        self.operators: frozenset[str] = frozenset()  # those that the instructor's own classes define
        self.changes_arguments: Callable[[str, tuple, dict], bool] = lambda *call: False
        self.spares, self.spared = True, False  # whether arguments are kept from changes that nobody asked for
        self.globals_read: set[str] = set()  # names that the student's functions read
        self.rebound: dict[str, Any] = {}  # of those, what the test has bound anew and the other side does not know
        self.after_call: Callable[[], None] = lambda: None  # is told when an answer may have done something
        self.names_in_source: Callable[[str], set[str]] = lambda name: set()  # names that the source of `name` uses

    def request(self, verb: str, *rest: Any) -> Any:
        return self.exchange(verb, *rest)[0]

    def exchange(self, verb: str, *rest: Any) -> tuple[Any, Any, list, list]:
        """(the answer, the arguments where the call changed them, which parts of it were given, graphs of its tensors).

        Raises what the student's code raised.
        """
        with self.lock:  # a test may call an answer in threads
            while verb == "call" and self.rebound:
                self.request("assign", *self.rebound.popitem())
            forget, self.forget = self.forget, []
            answer = self._ask((forget, verb, *rest))
            while answer[0] == "ask":
                _, task, number, arguments, named, printed = answer
                sys.stdout.write(printed)
                answer = self._ask(([], "resume", task, *self._call_ours(number, arguments, named)))
        if answer[0] == "error":
            _, names, arguments, message, line, printed, attributes = answer
            sys.stdout.write(printed)
            raise self._exception(names, arguments, message, line, attributes)
        _, value, printed, after, aliases, graphs, warned = answer
        sys.stdout.write(printed)
        for names, message in warned:
            _warn(names, message)
        return value, after, aliases, graphs

    def _ask(self, request: tuple) -> tuple:
        data = encode(request, self.stand_in)
        try:
            answer = decode(self.send(data), self.resolve)
            if type(answer) is not tuple or not _FORMS[answer[0]](*answer[1:]):
                raise ValueError
        except Exception as error:
            raise Stopped(f"what the student's process sent is no answer ({type(error).__name__})") from None
        return answer

    def _call_ours(self, number: int, arguments: tuple, named: dict) -> tuple[str, Any]:
        """Call a function that the test has handed out; ("ok", its result) or ("error", (class name, message))."""
        self.callbacks += 1
        if self.callbacks > MOST_CALLBACKS or number not in self.lent:
            raise Stopped("the answer called a function of the test too often, or one that it was not given")
        try:
            value = self.lent[number](*arguments, **named)
            encode(value, self.stand_in)
            return "ok", value
        except Exception as error:
            return "error", ([kind.__name__ for kind in type(error).__mro__], str(error))

    def _exception(self, names: list, arguments: tuple, message: str, line: str, attributes: dict) -> Exception:
        """The exception, by the first of its classes that we know. A StopIteration could end a loop of ours unseen."""
        for name in names:
            short = name.removeprefix("__main__.")
            kind = self.exceptions.get(short) or self._given_exception(name) or _loaded_exception(name)
            if kind is None:
                continue
            if issubclass(kind, (StopIteration, StopAsyncIteration)):
                kind, arguments = RuntimeError, (f"{kind.__name__} {message}",)
            try:
                error = kind(*arguments)
            except Exception:  # a class that asks for other arguments than it keeps
                error = kind.__new__(kind)
                error.args = (message,)
            with contextlib.suppress(Exception):
                vars(error).update(attributes)
            error.student_line = line
            return error
        return RuntimeError(f"{names[0].rpartition('.')[2] if names else 'error'}: {message}")

    def _given_exception(self, name: str) -> type | None:
        """An exception class that a given cell defines."""
        kind = self.given(name.removeprefix("__main__.")) if name.startswith("__main__.") else None
        return kind if isinstance(kind, type) and issubclass(kind, Exception) else None

    def stand_in(self, value: Any) -> tuple:
        """What a test may hand to an answer besides plain data: proxies, functions of its own, library functions."""
        if isinstance(value, Proxy):
            return "handle", _id(value)
        if isinstance(value, (types.FunctionType, types.BuiltinFunctionType, type, types.ModuleType)) or (
            callable(value) and hasattr(value, "__name__")
        ):
            where = value.__name__ if isinstance(value, types.ModuleType) else getattr(value, "__module__", None)
            name = "" if isinstance(value, types.ModuleType) else getattr(value, "__qualname__", value.__name__)
            if where not in (None, "__main__") and _importable(where, name) is value:
                return "import", where, name
        kind = type(value)
        if self.given(kind.__name__) is kind and is_given(value):
            return "given", kind.__name__, state(value)
        if isinstance(value, type) and self.given(value.__name__) is value:
            return "name", value.__name__
        if kind.__module__.startswith("torch.nn.") and not any(True for _ in value.parameters()):
            return "library", kind.__module__, kind.__qualname__, dict(vars(value))  # such as nn.MSELoss()
        if kind is types.FunctionType and _stands_alone(value):
            return "code of ours", marshal.dumps(value.__code__), value.__defaults__
        if hasattr(kind, "__next__"):
            self.lent[id(value)] = functools.partial(_one_more, value)
            return "iterator of ours", id(value)
        if callable(value):
            self.lent[id(value)] = value
            return "function of ours", id(value)
        raise NotPlain(f"a {kind.__name__} cannot be handed to an answer: expected plain data")

    def resolve(self, told: tuple) -> Any:
        if told[0] == "function of ours":
            return self.lent[told[1]]
        if told[0] == "given":
            return build(self.given(told[1]), told[2])
        _, number, kind, name, classes = told
        if [type(one) for one in (number, kind, name, *classes)] != [int, *[str] * (2 + len(classes))]:
            raise ValueError
        proxy = self.proxies.get(number)
        if proxy is None:
            base = Coroutine if name == "coroutine" else Proxy
            proxy = self.proxies[number] = _class_named(name, base)(self, number, kind, name, classes)
        return proxy


_INPUT, _STDIN = builtins.input, sys.stdin


def _warn(names: Any, message: Any) -> None:
    """Warn here of what the answer warned of there, for a test that asks whether it does."""
    loaded = [kind for name in names if isinstance(name, str) and (kind := _loaded_exception(name))]
    kind = next((one for one in loaded if issubclass(one, Warning)), Warning)
    warnings.warn(str(message), kind, stacklevel=4)


def _replaced_input() -> Callable | None:
    """What input() is in the test, where the test has put something in its place."""
    return None if builtins.input is _INPUT and sys.stdin is _STDIN else lambda *prompt: builtins.input(*prompt)


def _error_form(names: Any, arguments: Any, *texts: Any) -> bool:
    *texts, attributes = texts
    texts_only = all(type(text) is str for text in texts) and len(texts) == 3 and type(attributes) is dict
    return type(arguments) is tuple and type(names) is list and all(type(name) is str for name in names) and texts_only


def _ask_form(task: Any, number: Any, arguments: Any, named: Any, printed: Any) -> bool:
    kinds = [type(one) for one in (task, number, arguments, named, printed)]
    return kinds == [int, int, tuple, dict, str] and all(type(name) is str for name in named)


def _ok_form(value: Any, printed: Any, after: Any, aliases: Any, graphs: Any, warned: Any) -> bool:
    well = after is None or [type(one) for one in after] == [tuple, dict]
    return well and type(printed) is str and all(type(told) is list for told in (aliases, graphs, warned))


_FORMS = {"ok": _ok_form, "error": _error_form, "ask": _ask_form}


def _stands_alone(function: types.FunctionType) -> bool:
    """Whether a function uses nothing but its arguments and builtins: its code can go along, which saves the calls."""
    code = function.__code__
    inner = any(isinstance(constant, types.CodeType) for constant in code.co_consts)
    names = set(code.co_names)
    alone = not (function.__closure__ or function.__kwdefaults__ or inner or names & function.__globals__.keys())
    return alone and names <= vars(builtins).keys()


def _one_more(iterator: Iterator) -> list:
    """The next item of an iterator of ours in a list; an empty list at its end."""
    return list(itertools.islice(iterator, 1))


def _importable(module: str, name: str) -> Any:
    thing = sys.modules.get(module)
    if module == "__main__":
        return None
    for part in name.split(".") if name else ():
        thing = getattr(thing, part, None)
    return thing


def _loaded_exception(name: str) -> type | None:
    """A class of exceptions by its full name, where its module is loaded here."""
    module, _, short = name.rpartition(".")
    if module.partition(".")[0] in TEST_TOOLS or short.startswith("_"):
        return None
    kind = vars(sys.modules[module]).get(short) if module in sys.modules else None
    return kind if isinstance(kind, type) and issubclass(kind, Exception) else None


@functools.lru_cache(100)
def _class_named(name: str, base: type) -> type:
    """A kind of Proxy of this name, so that type(account).__name__ is what the test expects."""
    return type(name.replace("\0", ""), (base,), {})


def _own(proxy: "Proxy") -> dict[str, Any]:
    return object.__getattribute__(proxy, "__dict__")


def _id(proxy: "Proxy") -> int:
    return _own(proxy)["number"]


def _told_class(proxy: "Proxy") -> type:
    """What isinstance is told: a library's class (nn.Module), or that it is a function; never a class of plain data."""
    for name in _own(proxy)["classes"]:
        module, _, short = name.rpartition(".")
        kind = vars(sys.modules[module]).get(short) if module in sys.modules else None
        if name in FUNCTIONS:
            return FUNCTIONS[name]
        if module.partition(".")[0] in TELLING and isinstance(kind, type):
            return type(proxy) if any("Tensor" in one.__name__ for one in kind.__mro__) else kind
    return type(proxy)


def _is_of_library(proxy: "Proxy") -> bool:
    """Whether isinstance is told a library's class; len() of an nn.Sequential is a number, which no test is shown."""
    return _told_class(proxy).__module__.partition(".")[0] in TELLING


def type_of(value: Any) -> Any:
    """What type(value) says in a test: of a student's object its class, a library's where it is exactly that."""
    if not issubclass(type(value), Proxy):
        return type(value)
    told = _told_class(value)
    if _own(value)["classes"][:1] == [f"{told.__module__}.{told.__qualname__}"]:
        return told
    return told if told in FUNCTIONS.values() else _own(value)["link"].request("op", "type", (value,))


class Proxy(Elsewhere):
    """Stands for one object in the student's process."""

    __array_ufunc__ = None

    def __init__(self, link: Link, number: int, kind: str, name: str, classes: list[str]):
        _own(self).update(link=link, number=number, kind=kind, name=name, asked_for=False, fetched=deque())
        _own(self).update(classes=classes)

    def __del__(self):
        _own(self)["link"].forget.append(_id(self))

    def run_probe(self, probe: str, arguments: tuple, named: dict[str, Any]) -> Any:
        return _own(self)["link"].request("probe", probe, (self, *arguments), named)

    def names_used(self) -> set[str]:
        """The names in the code, as the student's source has them and as the process tells: either is enough."""
        link = _own(self)["link"]
        told = link.request("names", self)
        return link.names_in_source(origin(self)) | {name for name in told if type(name) is str}

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        own = _own(self)
        link = own["link"]
        try:
            value, after, aliases, graphs = link.exchange("call", self, arguments, named, _replaced_input())
        finally:
            link.after_call()
        if after is not None:
            _take_over(own, arguments, named, value, after)
        if aliases:
            value = join(value, (arguments, named), aliases, lambda part: encode(part, link.stand_in))
        for path, number in graphs[:100]:
            value = put(value, path, connect(Kept(link, number), at(value, path), tensors(arguments, named)))
        if own["asked_for"] and own["kind"] == "class" and isinstance(value, Proxy):
            _own(value)["asked_for"] = True
        return value

    def __getattr__(self, name: str) -> Any:
        """Attributes and methods; libraries that look for a way round plain data find none."""
        if name.startswith(("__array", "__cuda", "__dlpack", "__torch", "_repr_", "_ipython")):
            raise AttributeError(name)
        return _own(self)["link"].request("attr", self, name)

    def __getattribute__(self, name: str) -> Any:
        if name == "__class__":
            return _told_class(self)
        if name in ("__dict__", "__doc__") or not (name in OURS or name.startswith("__")):
            return self.__getattr__(name)  # whatever it is called: what a proxy notes for itself is no attribute
        return object.__getattribute__(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        _own(self)["link"].request("setattr", self, name, value)

    def __delattr__(self, name: str) -> None:
        _own(self)["link"].request("delattr", self, name)

    def __getitem__(self, key: Any) -> Any:
        return _own(self)["link"].request("item", self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        _own(self)["link"].request("setitem", self, key, value)

    def __delitem__(self, key: Any) -> None:
        _own(self)["link"].request("delitem", self, key)

    def __iter__(self) -> Iterator:
        own = _own(self)
        return self if own["kind"] == "iterator" else own["link"].request("iter", self)

    def __next__(self) -> Any:
        """The next item. A generator that is asked again and again is asked for more at once."""
        own = _own(self)
        fetched, link = own["fetched"], own["link"]
        if not fetched:
            taken = own.setdefault("taken", 0)
            if own.get("ended"):
                raise StopIteration
            if taken > MOST_ITEMS:
                raise Stopped(f"the answer gave more than {MOST_ITEMS} items and did not end")
            items, own["ended"] = link.request("next", self, 1 if taken < 4 else min(taken, 256))
            fetched.extend(items)
            own["taken"] = taken + len(items)
            if not fetched:
                raise StopIteration
        return fetched.popleft()

    def __contains__(self, value: Any) -> bool:
        if _allowed("contains", (self, value)):
            return _own(self)["link"].request("op", "contains", (self, value))
        return any(item is value or item == value for item in self)

    def __instancecheck__(self, thing: Any) -> bool:
        if isinstance(thing, tuple) and hasattr(type(thing), "_fields"):  # named tuples come back as data
            return (_own(self)["name"], getattr(self, "_fields", None)) == (type(thing).__name__, type(thing)._fields)
        return isinstance(thing, Proxy) and _own(self)["link"].request("op", "isinstance", (thing, self)) is True

    def __subclasscheck__(self, thing: Any) -> bool:
        return isinstance(thing, Proxy) and _own(self)["link"].request("op", "issubclass", (thing, self)) is True

    def __enter__(self) -> Any:
        return self.__getattr__("__enter__")()

    def __exit__(self, *error: Any) -> Any:
        return self.__getattr__("__exit__")(None, None, None)

    def __hash__(self) -> int:
        return hash(_id(self))

    def __deepcopy__(self, memo: dict) -> "Proxy":
        return self

    def __copy__(self) -> "Proxy":
        return self

    def __reduce__(self) -> Any:
        raise TypeError("expected plain data")

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise _refusal(self)

    def __repr__(self) -> str:
        if _allowed("repr", (self,)):
            return _text(_own(self)["link"].request("op", "repr", (self,)))
        kind, name = _own(self)["kind"], _own(self)["name"]
        return f"the {kind} {name}" if kind in ("class", "module") else f"an object of type {name}, no plain data"

    def __str__(self) -> str:
        if _allowed("str", (self,)) or _allowed("repr", (self,)):
            return _text(_own(self)["link"].request("op", "str", (self,)))
        return repr(self)

    def __format__(self, how: str) -> str:
        return format(str(self), how)


class Coroutine(Proxy):
    """What an async function of the student gives; it runs over there, as a whole, when it is awaited here."""

    def send(self, value: Any) -> Any:
        raise StopIteration(_own(self)["link"].request("await", self))

    def throw(self, *error: Any) -> Any:
        raise error[0]

    def close(self) -> None:
        pass

    def __await__(self) -> Iterator:
        return self

    def __next__(self) -> Any:
        return self.send(None)


def ask_for(proxy: Proxy) -> Proxy:
    """Note that the assignment asks for this class: its objects answer the instructor's operators."""
    _own(proxy)["asked_for"] = True
    return proxy


def origin(proxy: Proxy, name: str | None = None) -> str:
    """The notebook's name for what the proxy stands for, noted where it is given; "" where there is none."""
    if name is not None:
        _own(proxy)["origin"] = name
    return _own(proxy).get("origin", "")


def _take_over(own: dict, arguments: tuple, named: dict, value: Any, after: Any) -> None:
    """Change our arguments as the call changed its copies, where that is what the call is for.

    It is where the answer returns nothing (`sort_in_place(numbers)`), or where the instructor's own function changes
    its arguments too. Else the change could spoil what the test compares with; `judge` then runs the test once more,
    with the changes, to see whether it minds them.
    """
    positions, keywords = after
    link = own["link"]
    if value is not None and link.spares and not link.changes_arguments(own.get("origin", ""), arguments, named):
        link.spared = True
        return
    for mine, theirs in zip(arguments, positions, strict=False):
        write_back(mine, theirs)
    for name in named.keys() & keywords.keys():
        write_back(named[name], keywords[name])


def _text(value: Any) -> str:
    return value if type(value) is str else repr(value)


def _refusal(proxy: Proxy) -> TypeError:
    return TypeError(f"expected plain data, got an object of type {_own(proxy)['name']}")


def _allowed(name: str, operands: tuple) -> bool:
    """Whether the student's objects may decide: among themselves, or as the instructor's own class does."""
    proxies = [one for one in operands if isinstance(one, Proxy)]
    if len(proxies) == len(operands) > 1:
        return True
    return any(_own(one)["asked_for"] and name in _own(one)["link"].operators for one in proxies)


def _operator(name: str, reflected: bool = False) -> Callable:
    def method(self: Proxy, *others: Any) -> Any:
        operands = (*others, self) if reflected else (self, *others)
        if not _allowed("r" * reflected + name, operands) and not (name == "len" and _is_of_library(self)):
            if name == "bool" and _own(self)["asked_for"] and "len" not in _own(self)["link"].operators:
                return True
            raise _refusal(self)
        value = _own(self)["link"].request("op", name, operands)
        if isinstance(value, Proxy) and name not in ("eq", "ne", "lt", "le", "gt", "ge"):
            _own(value)["asked_for"] = True
        return value

    return method


_BINARY = "add sub mul matmul truediv floordiv mod pow lshift rshift and or xor divmod"
_OTHERS = "eq ne lt le gt ge neg pos invert abs len bool int float complex index round reversed"
for _name in f"{_BINARY} {_OTHERS}".split():
    setattr(Proxy, f"__{_name}__", _operator(_name))
for _name in _BINARY.split():
    setattr(Proxy, f"__r{_name}__", _operator(_name, reflected=True))
