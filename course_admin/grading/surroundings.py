"""What a test finds around it: a module __main__, magics, and libraries that know of the student's side.

The process lives for one test only, so that nothing here is undone.
"""

import contextlib
import dataclasses
import functools
import importlib
import inspect
import sys
import types
from collections.abc import Callable
from typing import Any

from course_admin.grading import specials
from course_admin.grading.asserts import telling
from course_admin.grading.definitions import parse_cell
from course_admin.grading.namespace import Namespace
from course_admin.grading.proxies.drawing import draw_beside
from course_admin.grading.proxies.link import Link
from course_admin.grading.proxies.named_tuples import told_named_tuple
from course_admin.grading.proxies.notes import origin
from course_admin.grading.proxies.proxy import Proxy
from course_admin.grading.proxies.training import train_beside
from course_admin.grading.student_source import StudentSource
from course_admin.grading.tracing import FILE


class Main(types.ModuleType):
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


class Shell:
    """What magics in a test do: those that time or capture run their cell, those that set up a notebook do nothing."""

    def __init__(self, namespace: Namespace):
        self.namespace = namespace

    def run_line_magic(self, name: str, line: str, *_: Any, **__: Any) -> None:
        if name in ("time", "timeit", "prun"):
            self.run_cell_magic(name, "", line)

    def run_cell_magic(self, name: str, line: str, cell: str) -> None:
        if name not in ("time", "timeit", "capture", "prun"):
            self.namespace.link.doubt = f"the magic %%{name} cannot be used in a test"
            raise RuntimeError(self.namespace.link.doubt)
        tree, names = telling(parse_cell("\n" + cell), "\n" + cell)  # so that its lines count from the second
        self.namespace.update(names)
        exec(compile(tree, FILE, "exec"), self.namespace)

    def system(self, command: str) -> None:
        self.namespace.link.doubt = "a test cannot run a shell command"
        raise RuntimeError(self.namespace.link.doubt)

    getoutput = system

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: None


def patch(link: Link, student: StudentSource) -> None:
    """Make inspect, dataclasses, optimisers and the global random generators know the student's side."""

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
    for name in ("asdict", "astuple", "fields", "is_dataclass", "replace"):
        setattr(dataclasses, name, _beside(getattr(dataclasses, name)))
    specials.make_named_tuple = functools.partial(told_named_tuple, link)
    train_beside(link)
    draw_beside(link)
    for module, name in (("random", "seed"), ("numpy.random", "seed"), ("torch", "manual_seed")):
        if module.partition(".")[0] in sys.modules:
            importlib.import_module(module)  # NumPy loads numpy.random when it is first asked for
            setattr(sys.modules[module], name, _on_both_sides(link, module, getattr(sys.modules[module], name), name))


def _beside(function: Callable) -> Callable:
    """The function, run where the object is that it is given first."""

    @functools.wraps(function)
    def asked(thing: Any, *arguments: Any, **named: Any) -> Any:
        if isinstance(thing, Proxy):
            return thing.run_probe(f"{function.__module__}:{function.__name__}", arguments, named)
        return function(thing, *arguments, **named)

    return asked


def _on_both_sides(link: Link, module: str, seed: Callable, name: str) -> Callable:
    def seed_both(*arguments: Any, **named: Any) -> Any:
        with contextlib.suppress(Exception):  # the student's process may not have the module
            link.request("seed", module, name, arguments, named)
        return seed(*arguments, **named)

    return seed_both
