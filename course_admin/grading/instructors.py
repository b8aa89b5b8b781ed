"""What the instructor's own functions and classes do with arguments: seen by calling them with copies."""

import contextlib
import copy
import functools
import io
import random
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from course_admin.grading.definitions import Definition
from course_admin.grading.moving import is_keras
from course_admin.grading.patience import TooSlow, patience
from course_admin.grading.wire import NotPlain, encode
from course_utils.checks.elsewhere import Elsewhere


class OfTheStudent(Exception):
    """A student's object is among the arguments: the instructor's function would work on that very object."""


class Instructors:
    """found: definitions by name. namespace: makes the names of a test with the instructor's answers among them."""

    def __init__(self, found: dict[str, Definition], namespace: Callable[[], dict[str, Any]]):
        self.found, self.namespace = found, functools.cache(namespace)
        self.trainers: set[str] = set()  # functions that have been seen to change weights

    def change(self, name: str, arguments: tuple, named: dict[str, Any]) -> bool:
        """Whether the function `name` changes these arguments in place."""
        try:
            copies = _copies(arguments, named)
            self._call(name, *copies)
            return encode(copies) != encode((arguments, named))
        except (Exception, TooSlow):
            return False

    def keep(self, name: str, arguments: tuple, named: dict[str, Any]) -> set[int | str]:
        """The arguments that what the class or function `name` returns, if it is no plain data, holds on to."""
        try:
            positions, names = _copies(arguments, named)
            values = dict([*enumerate(positions), *names.items()])
            before = {place: sys.getrefcount(values[place]) for place in values}
            returned = self._call(name, positions, names)
            with contextlib.suppress(NotPlain):
                encode(returned)
                return set()
            return {place for place in values if sys.getrefcount(values[place]) > before[place]}
        except (Exception, TooSlow):
            return set()

    def train(self, name: str, arguments: tuple, named: dict[str, Any]) -> bool:
        """Whether the function `name` changes the weights of networks among these arguments; if it is slow, it does."""
        if name in self.trainers or name not in self.found:
            return True
        try:
            copies = _copies(arguments, named)
            before = _weights(*copies)
            self._call(name, *copies)
            changed = any(not np.array_equal(*both) for both in zip(before, _weights(*copies), strict=True))
        except (TooSlow, OfTheStudent):
            changed = True
        except Exception:
            return False
        self.trainers |= {name} if changed else set()
        return changed

    def _call(self, name: str, arguments: tuple, named: dict[str, Any]) -> Any:
        if self.found[name].kind != "definition":
            raise NameError(name)
        with patience(), _same_random_numbers(), contextlib.redirect_stdout(io.StringIO()):
            return self.namespace()[name](*arguments, **named)


def _copies(arguments: tuple, named: dict[str, Any]) -> tuple[tuple, dict[str, Any]]:
    memo: dict[int, Any] = {}
    copies = copy.deepcopy((arguments, named), memo)
    if any(issubclass(type(one), Elsewhere) for one in memo.values()):
        raise OfTheStudent
    return copies


def _weights(arguments: tuple, named: dict[str, Any]) -> list[np.ndarray]:
    """Copies of the weights of the networks of torch and Keras among the arguments."""
    torch, found = sys.modules.get("torch"), []
    for one in (*arguments, *named.values()):
        if torch and isinstance(one, torch.nn.Module):
            found += [part.detach().cpu().numpy().copy() for part in one.state_dict().values()]
        elif is_keras(one):
            found += [part.copy() for part in one.get_weights()]
    return found


@contextlib.contextmanager
def _same_random_numbers() -> Iterator[None]:
    """The test draws the numbers that it would have drawn."""
    torch, states = sys.modules.get("torch"), (random.getstate(), np.random.get_state())
    of_torch = torch.get_rng_state() if torch else None
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
        if torch:
            torch.set_rng_state(of_torch)
