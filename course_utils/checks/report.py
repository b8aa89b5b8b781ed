"""What every check says when an answer is not right yet: what was given, expected, got, and a hint.

A check is called in the student's notebook and again, with hidden seeds and shapes, when the notebook is graded. It
asks an answer for plain data (arrays, numbers, strings, lists, dicts) and decides equality itself.
"""

import copy
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from course_utils.checks.beside import attempt, describe
from course_utils.checks.elsewhere import Elsewhere, ask, call_it, name_of

RETURNED = "do you return the result?"


class CheckFailed(AssertionError):
    """An AssertionError that a notebook shows as its message alone, without the inside of the check."""

    def __init__(self, given: str, expected: str, got: str, hint: str):
        self.given, self.expected, self.got, self.hint = given, expected, got, hint
        super().__init__(f"\n  given:    {given}\n  expected: {expected}\n  got:      {got}\n  hint:     {hint}")

    def _render_traceback_(self) -> list[str]:  # IPython's own hook
        return [f"Not right yet.{self}"]


def fail(given: str, expected: str, got: str, hint: str) -> NoReturn:
    raise CheckFailed(given, expected, got, hint)


def passed(name: str) -> None:
    """The line that a student wants to see. It does not say "correct": hidden tests follow when the work is graded."""
    print(f"{name}: visible checks passed")


def call(answer: Any, *arguments: Any, given: str, expected: str = "a result", probe: Callable = call_it) -> Any:
    """Call a student's answer on copies of `arguments` and return what it returns.

    With a `probe` (elsewhere.py) it is the probe that is run beside the answer, as probe(answer, *arguments). Fails
    with a message when `answer` cannot be called, stops with an error, or changes its arguments. A
    NotImplementedError passes through: it says that the exercise is not begun. Warnings and what the answer writes to
    stderr are dropped, because they are no mistakes (nbgrader takes marks off for both).
    """
    told = ask(attempt, answer, name_of(probe), copy.deepcopy(arguments))
    told = told if type(told) is dict else {}
    if "uncallable" in told:
        hint = "keep the line that begins with def, and run the cell above again"
        fail(given, "a function", str(told["uncallable"]), hint)
    if "error" in told:
        line = told.get("line")
        where = f" (at: {line})" if line else ""
        fail(given, expected, f"{told['error']}{where}", "run the function on this input alone")
    if told.keys() != {"result", "after"}:
        fail(given, expected, "something that is no plain data", "return arrays, numbers, texts, lists or dicts")
    if not _same(arguments, told["after"]):
        fail(given, "the input left as it was", "a changed input", "write into a new array, or copy first")
    return told["result"]


def _same(before: Any, after: Any) -> bool:
    """Whether an argument is what it was. What is no plain data is not looked at."""
    if isinstance(before, (np.ndarray, dict, list, tuple)) and type(before) is not type(after):
        return False
    if isinstance(before, np.ndarray):
        return before.shape == after.shape and np.array_equal(before, after, equal_nan=before.dtype.kind == "f")
    if isinstance(before, dict):
        return before.keys() == after.keys() and all(_same(before[key], after[key]) for key in before)
    if isinstance(before, (list, tuple)):
        return len(before) == len(after) and all(map(_same, before, after))
    if isinstance(before, (int, float, str, bool, type(None))):
        return not isinstance(after, Elsewhere) and (before == after or before != before)
    return True


def require_array(got: Any, shape: tuple[int, ...], given: str, hint: str = RETURNED) -> np.ndarray:
    """`got` as a float64 array, once it is a NumPy array of real numbers, of this shape, without NaN."""
    expected = f"a NumPy array of shape {shape}"
    if type(got) is not np.ndarray:
        cure = RETURNED if got is None else "return a NumPy array" if isinstance(got, (list, tuple)) else hint
        fail(given, expected, describe(got), cure)
    if got.dtype.kind not in "fiu":
        fail(given, expected + " that holds numbers", describe(got), "the array does not hold plain real numbers")
    if got.shape != shape:
        cure = "write down the shape after every line" if hint == RETURNED else hint
        fail(given, expected, f"shape {got.shape}", cure if got.ndim == len(shape) else "compare the number of axes")
    values = got.astype(np.float64)
    if not np.isfinite(values).all():
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(values))[0])
        fail(given, "finite numbers", f"{values[place]} at {place}", "where do you divide, or take a root, exp or log?")
    return values


def require_close(
    got: Any,
    expected: np.ndarray,
    given: str,
    hint: str,
    mistakes: list[tuple[np.ndarray, str]] | None = None,
    shape_hint: str = RETURNED,
    rtol: float = 1e-6,
    atol: float = 1e-8,
) -> None:
    """Compare with the reference. `mistakes` holds (what a known mistake gives, the hint for it), tried in order."""
    expected = np.asarray(expected, dtype=np.float64)
    values = require_array(got, expected.shape, given, shape_hint)
    close = np.isclose(values, expected, rtol=rtol, atol=atol)
    if close.all():
        return
    for wrong, wrong_hint in mistakes or []:
        if np.shape(wrong) == expected.shape and np.allclose(values, wrong, rtol=rtol, atol=atol):
            hint = wrong_hint
            break
    place = tuple(int(i) for i in np.argwhere(~close)[0])
    where = f" at {place}" if place else ""
    wanted, came = _told_apart(float(expected[place]), float(values[place]))
    fail(given, f"{wanted}{where}", f"{came}{where}", hint)


def _told_apart(one: float, other: float) -> tuple[str, str]:
    """Two different numbers with as many digits as it takes to see that they differ, whole numbers in full."""
    if one.is_integer() and other.is_integer() and max(abs(one), abs(other)) < 1e15:
        return f"{one:.0f}", f"{other:.0f}"
    return next((a, b) for digits in range(6, 18) if (a := f"{one:.{digits}g}") != (b := f"{other:.{digits}g}"))


def require_number(
    got: Any,
    expected: float,
    given: str,
    hint: str,
    mistakes: list[tuple[float, str]] | None = None,
    rtol: float = 1e-6,
    atol: float = 1e-8,
) -> None:
    """Compare one number. Python and NumPy numbers are welcome, arrays of one element, strings and bools are not."""
    if isinstance(got, (bool, np.bool_)) or not isinstance(got, (int, float, np.integer, np.floating)):
        fail(given, f"one number, {expected:.6g}", describe(got), "return a single number, not an array or a text")
    pairs = [(np.float64(value), text) for value, text in mistakes or []]
    require_close(np.asarray(got, dtype=np.float64), np.float64(expected), given, hint, pairs, rtol=rtol, atol=atol)
