"""The names that a test finds: ours are real, the student's are proxies or data, each looked up when it is needed."""

import ast
import builtins
import contextlib
import importlib
import io
from typing import Any

from course_admin.grading import specials
from course_admin.grading.definitions import Definition, bound_names, definitions, free_names, operators
from course_admin.grading.instructors import Instructors
from course_admin.grading.patience import TooSlow, patience
from course_admin.grading.proxies.link import Link
from course_admin.grading.proxies.notes import ask_for, origin
from course_admin.grading.proxies.proxy import Proxy
from course_admin.grading.specials import note_namedtuple
from course_admin.grading.wire import NotPlain, decode, encode


class Namespace(dict):
    """The globals of a test. cells: (kind, instructor's source) of the cells before it, as `definitions` takes them.

    instructors: for the instructor's own functions, when they are called to see what they do.
    """

    def __init__(self, link: Link, cells: list[tuple[str, str]], own: dict[str, Any], instructors: bool = False):
        super().__init__(own)
        self.link, self.cells, self.busy, self.looking = link, cells, set(), 0
        self.found, self.starred = definitions(cells)
        self.seen: dict[str, tuple[bytes, Any]] = {}
        self.declared: set[str] = set()  # names that functions of the test bind by `global`, unseen by __setitem__
        self.noted: dict[str, Any] = {}  # the values of found names as they were last set or told
        classes = [one for one in self.found.values() if isinstance(one.node, ast.ClassDef)]
        self.given = {one.name for one in classes if one.whose == "ours" and one.cell != "test"}
        link.class_operators = {one.name: operators(one.node) for one in classes if one.whose == "student"}
        link.operators = frozenset().union(*link.class_operators.values())
        link.given = lambda name: self[name] if name in self.given else None
        own = Instructors(self.found, self._of_the_instructor)
        link.changes_arguments, link.keeps_arguments, link.may_train = own.change, own.keep, own.train
        link.before_call = self.note_globals
        link.students_exception = self._students_exception
        if classes and not instructors:
            specials.MORE_THAN_DATA.update(self.given, link.class_operators)
            link.request("classes", sorted(self.given), sorted(link.class_operators))

    def _of_the_instructor(self) -> "Namespace":
        """The same with the instructor's answers in place of the student's."""
        cells = [("given" if kind in ("answer", "manual") else kind, source) for kind, source in self.cells]
        return Namespace(Link(self.link.send), cells, {"__name__": "__main__"}, instructors=True)

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, value)
        if name in self.found:
            self.noted[name] = value
            if not self.looking and name in self.link.globals_read:
                doubt = self.link.doubt
                with contextlib.suppress(NotPlain):  # an answer that reads the name shall find it
                    encode(value, self.link.stand_in)
                    self.link.rebound[name] = value
                self.link.doubt = doubt

    def note_globals(self) -> None:
        """Notice what functions of the test have bound by `global` before an answer is called that may read it."""
        for name in self.declared & self.found.keys() & self.keys():
            value = super().__getitem__(name)
            if self.noted.get(name, self) is not value:
                self[name] = value

    def __missing__(self, name: str) -> Any:
        self.looking += 1
        try:
            return self._looked_up(name)
        finally:
            self.looking -= 1

    def _looked_up(self, name: str) -> Any:
        definition = self.found.get(name)
        if definition is None:
            return self._undefined(name)
        if definition.whose == "student":
            return self._of_student(definition)
        if name in self.busy:
            raise NameError(f"name {name!r} is not defined")
        if definition.kind == "changed":
            return self._kept(name)
        if definition.known:
            self.busy.add(name)
            try:
                self.prepare(definition.node)
                exec(_compiled(definition.node), self)
            finally:
                self.busy.discard(name)
            return self._known(self[name]) if name in self.keys() else self._data(name)
        return self._given_value(definition)

    def __contains__(self, name: object) -> bool:
        """Whether a test finds the name, as `"f" in globals()` asks."""
        try:
            self[name]
        except (KeyError, NameError):
            return False
        return True

    def get(self, name: str, default: Any = None) -> Any:
        try:
            return self[name]
        except (KeyError, NameError):
            return default

    def names(self) -> list[str]:
        """What `dir()` says in a test."""
        return sorted({*self.keys(), *(name for name in self.found if name in self)})

    def _undefined(self, name: str) -> Any:
        if hasattr(builtins, name):
            raise KeyError(name)
        for module in self.starred:
            if hasattr(found := importlib.import_module(module), name):
                return getattr(found, name)
        return self._data(name)

    def _known(self, value: Any) -> Any:
        """A value of ours; a class of named tuples is noted, so that those that come back are of this class."""
        if isinstance(value, type) and issubclass(value, tuple) and hasattr(value, "_fields"):
            note_namedtuple(value)
        return value

    def _of_student(self, definition: Definition) -> Any:
        name = definition.name
        value = self._data(name)
        if definition.kind == "import":
            exec(_compiled(definition.node), self)
            return self[name]
        if isinstance(definition.node, ast.ClassDef) and isinstance(value, Proxy):
            value = self._exception(name, value) or ask_for(value)
        if isinstance(value, (Proxy, type)) and definition.kind == "definition":
            self[name] = value
        return value

    def _exception(self, name: str, proxy: Proxy) -> type | None:
        """A stand-in for an exception class of the student, for `pytest.raises(TheirError)`; None for other classes."""
        try:
            kinds = proxy.__mro__
        except AttributeError:  # a function or an object under the name of the class
            return None
        for kind in kinds:
            base = getattr(builtins, kind.__name__, None) if isinstance(kind, Proxy) else kind
            if isinstance(base, type) and issubclass(base, Exception):
                self.link.exceptions[name] = type(name, (base,), {"__module__": "__main__"})
                return self.link.exceptions[name]
        return None

    def _students_exception(self, name: str) -> type | None:
        """The exception class of this name that an answer defines, whether the test has asked for it yet or not."""
        definition = self.found.get(name)
        if definition is not None and definition.whose == "student" and isinstance(definition.node, ast.ClassDef):
            with contextlib.suppress(Exception):
                self[name]
        return self.link.exceptions.get(name)

    def _data(self, name: str) -> Any:
        """A value of the student's process; the same object as last time where nothing has changed there since."""
        value = self.link.request("get", name)
        if isinstance(value, Proxy):
            origin(value, name)
            return value
        told = encode(value, self.link.stand_in)
        if name in self.seen and self.seen[name][0] == told:
            return self.seen[name][1]
        self.seen[name] = told, value
        return value

    def _given_value(self, definition: Definition) -> Any:
        """A value of a given cell: worked out here where it comes out the same twice; else the student's process's."""
        if definition.name in self.link.untouched:
            return self._kept(definition.name)
        own = set(bound_names(definition.node))  # such as the file in `with open(...) as file: text = file.read()`
        if not all(self._is_ours(name, set()) for name in free_names(definition.node) - own):
            return self._kept(definition.name)
        try:
            first, second = self._worked_out(definition), self._worked_out(definition)
            same = encode(first) == encode(second)
        except (Exception, TooSlow):
            same = False
        if not same:
            return self._kept(definition.name)
        self[definition.name] = first
        return first

    def _kept(self, name: str) -> Any:
        """The value that the student's process had when the given cell had run; else the one that it has now."""
        if name not in self.link.given_values:
            return self._data(name)
        self[name] = decode(self.link.given_values[name])
        return self[name]

    def _worked_out(self, definition: Definition) -> Any:
        own = set(bound_names(definition.node)) - self.busy
        self.busy |= own
        try:
            values = {name: self[name] for name in (free_names(definition.node) - own) & self.found.keys()}
            with patience(), contextlib.redirect_stdout(io.StringIO()):
                exec(_compiled(definition.node), self, values)
        finally:
            self.busy -= own
        return values[definition.name]

    def _is_ours(self, name: str, met: set[str]) -> bool:
        """Whether a name, and whatever its definition uses, needs nothing of the student's process."""
        definition = self.found.get(name)
        if definition is None:
            return hasattr(builtins, name) or name in self.keys()
        if definition.kind == "changed":
            return definition.whose == "ours" and name in self.link.given_values
        if name in met or definition.kind in ("import", "literal"):
            return definition.whose == "ours"
        met |= {name, *bound_names(definition.node)}
        return definition.whose == "ours" and all(
            self._is_ours(used, met) for used in free_names(definition.node) if used in self.found
        )

    def prepare(self, tree: ast.AST) -> None:
        """Look up beforehand what class bodies use: Python asks the globals of a class body in no other way.

        And note which names its functions declare as global.
        """
        self.declared |= {name for part in ast.walk(tree) if isinstance(part, ast.Global) for name in part.names}
        for body in (part for part in ast.walk(tree) if isinstance(part, ast.ClassDef)):
            for name in free_names(body) - vars(builtins).keys():
                with contextlib.suppress(Exception):
                    self.setdefault(name, self[name])

    def is_students(self, node: ast.expr) -> bool:
        """Whether an expression is a call of an answer, or an answer itself: a value that a test only shows."""
        while isinstance(node, (ast.Call, ast.Attribute, ast.Subscript)):
            node = node.func if isinstance(node, ast.Call) else node.value
        found = self.found.get(node.id) if isinstance(node, ast.Name) else None
        return found is not None and found.whose == "student"


def _compiled(node: ast.stmt) -> Any:
    return compile(ast.Module([node], []), "<given>", "exec")
