"""Run one test cell in this process, on proxies of the student's answers, and say what came of it as plain data.

bench.py starts a process for each test, which calls `judge` with what job.py sent.
"""

import ast
import asyncio
import contextlib
import inspect
import io
import linecache
import numbers
import re
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

from course_admin.grading.asserts import telling
from course_admin.grading.definitions import parse_cell
from course_admin.grading.folder import Folder, looks_at_files
from course_admin.grading.namespace import Namespace
from course_admin.grading.proxies import Link, Proxy, Stopped, origin
from course_admin.grading.student_source import StudentSource

FILE = "<test>"
CHANGED = "(the test minds that your answer changes what it is given)"
COPIES = "the test trains an answer's parameters, which are copies here: give the test the tag in-kernel"
LONGEST = 2000  # characters of a message
MOST_PRINTED = 20_000
_hidden: set[int] = set()  # lines of the test that this process runs
_TRAINS = re.compile(r"\boptim\.\w+\(|\boptimi[sz]er\w*\.step\(")
_REGION = re.compile(r"BEGIN HIDDEN TESTS|END HIDDEN TESTS")


def hidden_lines(source: str) -> set[int]:
    """The numbers of the lines between the markers of a hidden test, markers included; lines count from 1."""
    hidden, inside = set(), False
    for number, line in enumerate(source.splitlines(), start=1):
        marker = _REGION.search(line)
        inside = inside or (marker is not None and marker[0].startswith("BEGIN"))
        if inside:
            hidden.add(number)
        inside = inside and not (marker is not None and marker[0].startswith("END"))
    return hidden


def judge(case: dict[str, Any], send: Callable[[bytes], bytes]) -> dict[str, Any]:
    """The verdict on the test case["source"].

    case: "source" of the test; "cells" before it, pairs (kind, instructor's source) as `Namespace` takes them;
    "student", pairs (source, ran to its end) as `StudentSource` takes them; "troubles", name -> why the cell that
    should define it stopped. `send` carries a request to the agent.

    The verdict holds "passed"; "share", the points where the test ends with a number, as nbgrader has it, else None;
    "hidden", "message", "hint"; "printed", by the visible part; "odd", what a person should look at, or "".
    """
    source = case["source"]
    _hidden.update(hidden_lines(source))
    link = Link(send)
    student = StudentSource(case["student"])
    link.names_in_source, link.globals_read = student.names_used, student.globals_read()
    printed = _Bounded()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(_Bounded()):
        verdict = _verdict(case, link, lambda: _prepare(case, link, student))
        if verdict["passed"] and link.spared:  # only a test that passes with the changes, too, is passed
            link.spares = False
            with contextlib.redirect_stdout(_Bounded()):
                again = _verdict(case, link)
            if not again["passed"]:
                verdict = again | {"message": f"{again['message']}\n{CHANGED}"}
            elif verdict["share"] is not None and again["share"] is not None:
                verdict["share"] = min(verdict["share"], again["share"])
    if not verdict["passed"] and _TRAINS.search(case["source"]):
        verdict["odd"] = verdict["odd"] or COPIES
    return verdict | {"printed": printed.getvalue()}


def _prepare(case: dict[str, Any], link: Link, student: StudentSource) -> None:
    _patch(link, student)
    if looks_at_files("\n".join([case["source"], *(text for kind, text in case["cells"] if kind != "answer")])):
        Folder(link, Path.cwd())


def _verdict(case: dict[str, Any], link: Link, prepare: Callable[[], None] = lambda: None) -> dict[str, Any]:
    verdict = {"passed": True, "share": None, "hidden": False, "message": "", "hint": "", "odd": ""}
    try:
        prepare()
        verdict["share"] = _run(case["source"], Namespace(link, case["cells"], {"__name__": "__main__"}))
    except BaseException as error:
        message, hint = told(error, case["troubles"])
        at_hidden = bool(lines_of(error) & _hidden)
        verdict |= {"passed": False, "hidden": at_hidden, "hint": hint, "message": message, "odd": _odd(error)}
    return verdict


def _odd(error: BaseException) -> str:
    """Why a person should look: not at a wrong answer, but at what should not happen at all."""
    if isinstance(error, Stopped):
        return str(error)
    if isinstance(error, ImportError) and not hasattr(error, "student_line"):
        return f"the test could not import something here: {error}"
    return ""


class _Bounded(io.StringIO):
    """Keeps what the visible part of a test prints, up to a limit; an answer might print what a hidden test gave it."""

    def write(self, text: str) -> int:
        if self.tell() < MOST_PRINTED and not in_hidden_part():
            super().write(text[:MOST_PRINTED])
        return len(text)


def _run(source: str, namespace: Namespace) -> float | None:
    """Run a test; its last expression's value, where it is a number."""
    linecache.cache[FILE] = (len(source), None, source.splitlines(keepends=True), FILE)
    namespace |= {"get_ipython": lambda: _Shell(namespace), "display": lambda *things, **how: None}
    namespace["dir"] = lambda *thing: dir(*thing) if thing else namespace.names()
    sys.modules["__main__"] = _Main(namespace)
    tree, names = telling(parse_cell(source), source)
    namespace.update(names)
    namespace.prepare(tree)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    _finish(eval(compile(tree, FILE, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), namespace))
    if last is None:
        return None
    value = eval(compile(ast.Expression(last.value), FILE, "eval", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), namespace)
    value = _finish(value)
    number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    return float(value) if number and not namespace.is_students(last.value) else None


def _finish(value: Any) -> Any:
    """A notebook may await at the top of a cell: what is left to be awaited is run to its end."""
    return asyncio.run(value) if inspect.iscoroutine(value) else value


def lines_of(error: BaseException) -> set[int]:
    """The lines of the test that an error went through."""
    trace, lines = error.__traceback__, set()
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == FILE:
            lines.add(trace.tb_lineno)
        trace = trace.tb_next
    return lines


def in_hidden_part() -> bool:
    """Whether the line of the test that is being run now is a hidden one."""
    frame = sys._getframe()
    while frame is not None:
        if frame.f_code.co_filename == FILE and frame.f_lineno in _hidden:
            return True
        frame = frame.f_back
    return False


def told(error: BaseException, troubles: dict[str, str]) -> tuple[str, str]:
    """The message for the student, and the hint that is shown of a hidden test too."""
    hint = getattr(error, "hint", "")
    hint = hint if isinstance(hint, str) else ""
    try:
        text = str(error)
    except Exception:
        text = ""
    if isinstance(error, AssertionError):
        return (text.strip("\n") or "an assertion without a message")[:LONGEST], hint
    name = getattr(error, "name", None)
    if isinstance(error, NameError) and isinstance(name or _undefined(text), str):
        name = name or _undefined(text)
        why = f": the cell that should define it stopped with {troubles[name]}" if troubles.get(name) else ""
        return f"{name} is not defined{why}"[:LONGEST], ""
    line = getattr(error, "student_line", "")
    where = f" (at: {line})" if isinstance(line, str) and line else ""
    if isinstance(error, NotImplementedError):
        return f"not begun: NotImplementedError{': ' + text if text else ''}{where}"[:LONGEST], ""
    return (text if isinstance(error, Stopped) else f"{type(error).__name__}: {text}{where}")[:LONGEST], ""


def _undefined(text: str) -> str | None:
    found = re.fullmatch(r"name '(\w+)' is not defined", text)
    return found[1] if found else None


class _Main(types.ModuleType):
    """The module __main__ of a test: unittest.main() and the like look there for what the test defines."""

    def __init__(self, namespace: Namespace):
        super().__init__("__main__")
        vars(self)["_namespace"] = namespace

    def __getattr__(self, name: str) -> Any:
        try:
            return vars(self)["_namespace"][name]
        except (KeyError, NameError):
            raise AttributeError(name) from None

    def __dir__(self) -> list[str]:
        return list(vars(self)["_namespace"].keys())


class _Shell:
    """What magics in a test do: those that time or capture run their cell, those that set up a notebook do nothing."""

    def __init__(self, namespace: Namespace):
        self.namespace = namespace

    def run_line_magic(self, name: str, line: str, *_: Any, **__: Any) -> None:
        if name in ("time", "timeit", "prun"):
            self.run_cell_magic(name, "", line)

    def run_cell_magic(self, name: str, line: str, cell: str) -> None:
        if name not in ("time", "timeit", "capture", "prun"):
            raise RuntimeError(f"the magic %%{name} cannot be used in a test")
        tree, names = telling(parse_cell("\n" + cell), "\n" + cell)  # so that its lines count from the second
        self.namespace.update(names)
        exec(compile(tree, FILE, "exec"), self.namespace)

    def system(self, command: str) -> None:
        raise RuntimeError("a test cannot run a shell command")

    getoutput = system

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: None


def _patch(link: Link, student: StudentSource) -> None:
    """Make inspect and the global random generators know the student's side. This process lives for one test only."""

    def source_of(thing: Any, before: Callable = inspect.getsource) -> str:
        text = student.text(origin(thing)) if isinstance(thing, Proxy) else before(thing)
        if not text:
            raise OSError("could not get source code")
        return text if text.endswith("\n") else text + "\n"

    def signature_of(thing: Any, *how: Any, before: Callable = inspect.signature, **named: Any) -> inspect.Signature:
        if not isinstance(thing, Proxy):
            return before(thing, *how, **named)
        kinds = list(inspect._ParameterKind)
        return inspect.Signature(
            inspect.Parameter(name, kinds[kind], **({"default": default} if has_one else {}))
            for name, kind, has_one, default in link.request("signature", thing)
        )

    inspect.getsource, inspect.signature = source_of, signature_of
    for module, name in (("random", "seed"), ("numpy.random", "seed"), ("torch", "manual_seed")):
        if module in sys.modules:
            setattr(sys.modules[module], name, _on_both_sides(link, module, getattr(sys.modules[module], name), name))


def _on_both_sides(link: Link, module: str, seed: Callable, name: str) -> Callable:
    def seed_both(*arguments: Any, **named: Any) -> Any:
        with contextlib.suppress(Exception):  # the student's process may not have the module
            link.request("seed", module, name, arguments, named)
        return seed(*arguments, **named)

    return seed_both
