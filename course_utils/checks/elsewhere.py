"""Let a check ask an answer for plain data wherever it lives: in this process, or behind a sandbox's wall.

In a notebook an answer is the student's function itself. When a class is graded it lives in another process that nobody
trusts, and the check holds an `Elsewhere` in its place. Calling works in both cases. For whatever else a check wants to
know (a module's parameters, its gradients, what a training loop did to a spy) it writes a *probe*: a function at the
top level of a module in course_utils.checks that takes the answer first and returns plain data: None, booleans,
numbers, texts, bytes, lists, tuples, dicts, arrays and tensors. `ask(probe, answer, ...)` runs the
probe beside the answer. What comes back is data that a student may have forged, so a check decides equality itself,
and never asks a probe for a verdict.
"""

import importlib
from collections.abc import Callable
from typing import Any


class Elsewhere:
    """Stands for an object of another process. What is no plain data comes back as another `Elsewhere`."""

    def run_probe(self, probe: str, arguments: tuple, named: dict[str, Any]) -> Any:
        """Run the probe "module:function" beside the object; an error there is raised here, by its built-in type."""
        raise NotImplementedError("whoever builds a wall says how a probe gets to the other side")

    def names_used(self) -> set[str]:
        """The names in the answer's code (forbid.py) as its own process tells them.

        Whoever holds the answer's source text reads them there instead: that text cannot lie.
        """
        return set(self.run_probe("course_utils.checks.forbid:list_names", (), {}))

    def __repr__(self) -> str:
        return "<object>"

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return ask(call_it, self, *arguments, **named)


def call_it(answer: Callable, *arguments: Any, **named: Any) -> Any:
    """The simplest probe."""
    return answer(*arguments, **named)


def ask(probe: Callable, answer: Any, *arguments: Any, **named: Any) -> Any:
    """`probe(answer, *arguments, **named)`, run where `answer` lives; `probe` stands at the top of a check module."""
    if isinstance(answer, Elsewhere):
        return answer.run_probe(name_of(probe), arguments, named)
    return probe(answer, *arguments, **named)


def name_of(probe: Callable) -> str:
    """The text "module:function" by which a probe travels."""
    return f"{probe.__module__}:{probe.__qualname__}"


def find_probe(name: str) -> Callable:
    """The probe behind the text "module:function"."""
    module, function = name.split(":")
    return getattr(importlib.import_module(module), function)
