"""A text or a pickle that an answer has made is the student's code: a test that evaluates it does so over there.

What stands as a text in the test or in a given cell is ours, and is evaluated here.
"""

import ast
import builtins
import io
import pickle
import sys
from typing import Any

from course_admin.grading.definitions import names_read, parse_cell
from course_admin.grading.proxies.link import Link


class Texts:
    """eval, exec and compile as a test finds them. cells: (kind, instructor's source) of the cells before it."""

    def __init__(self, link: Link, source: str, cells: list[tuple[str, str]]):
        self.link = link
        self.ours = {text for one in (source, *(text for _, text in cells)) for text in _texts_in(one)}

    def names(self) -> dict[str, Any]:
        return {"eval": self.eval, "exec": self.exec, "compile": self.compile}

    def eval(self, text: Any, globals: dict | None = None, locals: Any = None) -> Any:
        return self._run("eval", text, *_spaces(sys._getframe(1), globals, locals))

    def exec(self, text: Any, globals: dict | None = None, locals: Any = None) -> None:
        outer, inner = _spaces(sys._getframe(1), globals, locals)
        bound = self._run("exec", text, outer, inner)
        inner.update(bound or {})

    def compile(self, text: Any, *how: Any, **named: Any) -> Any:
        return builtins.compile(text, *how, **named) if self._is_ours(text) else text

    def _is_ours(self, text: Any) -> bool:
        return not isinstance(text, (str, bytes)) or text in self.ours

    def _run(self, how: str, text: Any, outer: dict, inner: Any) -> Any:
        if self._is_ours(text):
            return getattr(builtins, how)(text, outer, inner)
        read = names_read(str(text))
        names = {name: space[name] for space in (outer, inner) for name in read & space.keys()}
        return self.link.request("evaluate", how, text, names)


def _spaces(frame: Any, globals: dict | None, locals: Any) -> tuple[dict, Any]:
    if globals is None:
        return frame.f_globals, frame.f_locals if locals is None else locals
    return globals, globals if locals is None else locals


def _texts_in(source: str) -> set[str]:
    try:
        parts = ast.walk(parse_cell(source))
    except SyntaxError:
        return set()
    return {part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, (str, bytes))}


class _DataOnly(pickle.Unpickler):
    """Reads a pickle of lists, dicts, numbers and texts."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError("not plain data")


class _Refusing:
    """In the place of the class that libraries derive theirs from."""

    def __init__(self, *_: Any, **__: Any):
        raise TypeError("a test cannot read a pickle that a student may have written")


def read_pickles_there(link: Link) -> None:
    """A pickle can be code, so one that is more than plain data is read in the student's process."""

    def loads(data: Any, **_: Any) -> Any:
        try:
            return _DataOnly(io.BytesIO(data)).load()
        except pickle.UnpicklingError:
            return link.request("evaluate", "eval", "__import__('pickle').loads(data)", {"data": bytes(data)})

    def load(file: Any, **_: Any) -> Any:
        try:
            return _DataOnly(file).load()
        except pickle.UnpicklingError:
            return _Refusing()

    for module in (pickle, pickle._pickle if hasattr(pickle, "_pickle") else pickle):
        module.loads, module.load, module.Unpickler = loads, load, _Refusing
