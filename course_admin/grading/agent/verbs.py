"""What can be asked of the student's process, verb by verb; tasks.py calls functions and passes the rest on to here."""

import asyncio
import builtins
import contextlib
import importlib
import inspect
import operator
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from course_admin.grading.agent.names import names_used
from course_admin.grading.gradients import backward
from course_admin.grading.specials import MORE_THAN_DATA
from course_admin.grading.wire import NotPlain, encode

MOST_FILES = 8 * 1024**2  # bytes of a student's files that go out at once
LARGEST_VALUE = 4 * 1024**2  # bytes of a given value
OPERATORS = {
    **{name: getattr(operator, name) for name in ("lt", "le", "eq", "ne", "ge", "gt", "add", "sub", "mul", "matmul")},
    **{name: getattr(operator, name) for name in ("truediv", "floordiv", "mod", "pow", "lshift", "rshift", "xor")},
    **{"and": operator.and_, "or": operator.or_, "neg": operator.neg, "pos": operator.pos, "invert": operator.invert},
    **{name: getattr(operator, name) for name in ("contains", "iadd", "isub", "imul", "index")},
    **{"len": len, "bool": bool, "int": int, "float": float, "complex": complex, "str": str, "repr": repr, "abs": abs},
    **{"type": type, "round": round, "format": format, "hash": hash, "divmod": divmod, "isinstance": isinstance},
    **{"issubclass": issubclass, "callable": callable, "reversed": lambda x: list(reversed(x)), "dir": dir},
}


class Verbs:
    """do_VERB answers a request; `self.agent` knows the names and the objects."""

    agent: Any

    def do_backward(self, number: int, gradient: Any) -> list:
        return backward(self.agent.objects[number], gradient)

    def do_facts(self) -> dict[int, list | None]:
        return self.agent.copies.facts()

    def do_get(self, name: str) -> Any:
        if name not in self.agent.namespace:
            raise NameError(f"name {name!r} is not defined")
        return self.agent.namespace[name]

    def do_values(self, names: list[str]) -> dict[str, bytes]:
        """What plain data these names stand for, as bytes; what is large is left out."""
        found = {}
        for name in names:
            with contextlib.suppress(KeyError, NotPlain):
                value = self.agent.namespace[name]
                data = encode(value) if getattr(value, "nbytes", 0) <= LARGEST_VALUE else b""
                found |= {name: data} if 0 < len(data) <= LARGEST_VALUE else {}
        return found

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

    def do_classes(self, given: list[str], asked_for: list[str]) -> None:
        """Objects of given classes travel as what they hold, and are built anew on our side; others stay here."""
        self.agent.given = set(given)
        MORE_THAN_DATA.clear()
        MORE_THAN_DATA.update(given, asked_for)

    def do_exit(self, thing: Any, names: list[str], message: str) -> Any:
        """Leave a `with` of a student's object, with an error of the test where there is one."""
        if not names:
            return thing.__exit__(None, None, None)
        kinds = (getattr(builtins, name.removeprefix("builtins."), None) for name in names)
        kind = next(kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseException))
        own = self.agent.namespace.get(names[0].removeprefix("__main__."))
        kind = own if isinstance(own, type) and issubclass(own, kind) else kind
        return thing.__exit__(kind, kind(message), None)

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

    def do_put(self, files: dict[str, bytes], folders: list[str], gone: list[str]) -> dict[str, list]:
        """Write what the test has written, and take away what it has removed; says when, and the size."""
        for folder in folders:
            os.makedirs(folder, exist_ok=True)
        for name in gone:
            with contextlib.suppress(OSError):
                os.unlink(name)
        told = {}
        for name, content in files.items():
            os.makedirs(os.path.dirname(name), exist_ok=True)
            with open(name, "wb") as file:
                file.write(content)
            state = os.lstat(name)
            told[name] = [state.st_mtime_ns, state.st_size]
        return told

    def do_evaluate(self, how: str, text: str | bytes, names: dict[str, Any]) -> Any:
        """Evaluate a text that an answer may have made, among the notebook's names and a few of the test's."""
        if how == "eval":
            return eval(text, self.agent.namespace, names)
        before = dict(names)
        exec(text, self.agent.namespace, names)
        return {name: value for name, value in names.items() if name not in before or before[name] is not value}

    def do_signature(self, thing: Any) -> list[tuple]:
        """(name, kind, whether there is a default, the default) of each parameter."""
        parts = inspect.signature(thing).parameters.values()
        return [
            (p.name, int(p.kind), p.default is not p.empty, p.default if p.default is not p.empty else None)
            for p in parts
        ]

    def do_names(self, thing: Any) -> list[str]:
        return sorted(str(name) for name in names_used(thing))[:5000]
