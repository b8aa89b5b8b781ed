"""Run one test cell in this process, on proxies of the student's answers, and say what came of it as plain data.

bench_process.py forks a process for each test, which calls `judge` with what notebook_run.py has told it.
"""

import ast
import asyncio
import contextlib
import inspect
import io
import linecache
import numbers
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from course_admin.grading.asserts import telling
from course_admin.grading.definitions import parse_cell
from course_admin.grading.failure_messages import told
from course_admin.grading.folder import Folder, looks_at_files
from course_admin.grading.namespace import Namespace
from course_admin.grading.proxies.classes import names_of
from course_admin.grading.proxies.errors import Stopped
from course_admin.grading.proxies.link import Link
from course_admin.grading.student_source import StudentSource
from course_admin.grading.surroundings import Main, Shell, patch
from course_admin.grading.texts import Texts, read_pickles_there
from course_admin.grading.tracing import FILE, hidden, in_hidden_part, lines_of

CHANGED = "(the test minds that your answer changes what it is given)"
MOST_PRINTED = 20_000


def judge(case: dict[str, Any], send: Callable[[bytes], bytes]) -> dict[str, Any]:
    """The verdict on the test case["source"].

    case: "source" of the test; "hidden", the numbers of its hidden lines; "cells" before it, pairs (kind, instructor's
    source) as `Namespace` takes them; "student", pairs (source, ran to its end) as `StudentSource` takes them;
    "troubles", name -> why the cell that should define it stopped; "values", name -> what a given cell worked out, in
    bytes; "untouched", those of them that no cell of the student's came before. `send` carries a request to the agent.

    The verdict holds "passed"; "share", the points where the test ends with a number, as nbgrader has it, else None;
    "hidden", "message", "hint"; "printed", by the visible part; "odd", what a person should look at, or "".
    """
    hidden.update(case["hidden"])
    link = Link(send)
    student = StudentSource(case["student"])
    link.names_in_source, link.globals_read = student.names_used, student.globals_read()
    link.given_values, link.untouched = case.get("values", {}), set(case.get("untouched", ()))
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
    if not verdict["passed"]:
        verdict["odd"] = verdict["odd"] or link.doubt
    if link.changed_files:
        verdict["odd"] = verdict["odd"] or f"the work changed {min(link.changed_files)}; the test read the released one"
    return verdict | {"printed": printed.getvalue()}


def _prepare(case: dict[str, Any], link: Link, student: StudentSource) -> None:
    patch(link, student)
    read_pickles_there(link)
    if looks_at_files("\n".join([case["source"], *(text for kind, text in case["cells"] if kind != "answer")])):
        Folder(link, Path.cwd())


def _verdict(case: dict[str, Any], link: Link, prepare: Callable[[], None] = lambda: None) -> dict[str, Any]:
    verdict = {"passed": True, "share": None, "hidden": False, "message": "", "hint": "", "odd": ""}
    try:
        prepare()
        verdict["share"] = _run(case["source"], Namespace(link, case["cells"], {"__name__": "__main__"}))
    except BaseException as error:
        message, hint = told(error, case["troubles"])
        at_hidden = bool(lines_of(error) & hidden)
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
    namespace |= {"get_ipython": lambda: Shell(namespace), "display": lambda *things, **how: None}
    namespace["dir"] = lambda *thing: names_of(*thing) if thing else namespace.names()
    sys.modules["__main__"] = Main(namespace)
    tree, names = telling(parse_cell(source), source)
    namespace.update(names | Texts(namespace.link, source, namespace.cells).names())
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
