"""The agent's text, which runs in the student's process, and what it tells of the names in an answer's code."""

import ast
import base64
import subprocess
import sys
from typing import Any

import pytest

from course_admin.grading.agent.names import names_used
from course_admin.grading.agent.source import EXPRESSION, agent_source, own_text
from course_admin.grading.wire import decode, encode
from course_utils.checks import forbid

TREE = ast.parse(own_text())


def test_no_two_files_of_the_agent_give_one_name_to_two_things():
    names = [node.name for node in TREE.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    for node in TREE.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", node)]
        names += [target.id for target in targets if isinstance(target, ast.Name)]
    assert {"Agent", "Task", "Verbs", "failure", "encode", "decode", "_AGENTS"} <= set(names)
    assert sorted(names) == sorted(set(names))
    imports = [node for node in TREE.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    assert not {one.asname or one.name for node in imports for one in node.names} & set(names)


def test_the_agent_imports_nothing_of_the_course():
    found = {node.module for node in ast.walk(TREE) if isinstance(node, ast.ImportFrom)}
    found |= {one.name for node in ast.walk(TREE) if isinstance(node, ast.Import) for one in node.names}
    assert found and not [name for name in found if "course" in name]


def test_the_agent_answers_where_the_course_cannot_be_seen():
    request = base64.b64encode(encode(([], "get", "x"))).decode()
    program = f"x = [1, 2]\n{agent_source()}\nprint({EXPRESSION.format(request)})"
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    assert decode(base64.b64decode(done.stdout))[:2] == ("ok", [1, 2])


NOTEBOOK = """
import functools, math
import numpy as np
from numpy import convolve as c

TABLE = {"sum": np.sum}
alias = np.convolve
absent = None
def plain(x): return x + 1
def by_module(x): return np.convolve(x, x)
def by_alias(x): return alias(x, x)
def by_import(x): return c(x, x)
def by_text(x): return getattr(np, "con" "volve")(x, x)
def by_table(x): return TABLE["sum"](x)
def by_helper(x): return by_module(x)
def by_missing(x): return nowhere(x)
def by_none(x): return absent
def even(n): return n == 0 or odd(n - 1)
def odd(n): return n != 0 and even(n - 1)
def nested(x):
    def inner(y):
        return np.outer(y, y)
    return inner(x)
def comprehended(x): return [np.flip(row) for row in x]
def made(tool, table=None):
    def closure(x):
        return tool(x) if table is None else table
    return closure
closed = made(by_module)
closed_over_library = made(np.median)
closed_over_array = made(plain, np.zeros(3))
def unfilled():
    def later(x): return never(x)
    if absent:
        never = plain
    return later
empty_cell = unfilled()
small = lambda x: np.abs(x)
def decorate(function):
    @functools.wraps(function)
    def wrapped(*values): return function(*values)
    return wrapped
@decorate
def decorated(x): return np.roll(x, 1)
class Base:
    def run(self, x): return np.correlate(x, x)
class Child(Base):
    limit = 3
    def more(self, x): return by_module(x)
    @staticmethod
    def still(x): return np.cross(x, x)
    @property
    def size(self): return np.prod(3)
def by_class(x): return Child().run(x)
async def later(x): return np.dot(x, x)
def yields(x): yield from np.nditer(x)
instance = Child()
bound = instance.run
partial = functools.partial(by_module)
number = 3
"""
SKIPPED = {"functools", "math", "np", "TABLE"}


def bank() -> dict[str, Any]:
    space: dict[str, Any] = {"__name__": "__main__"}
    exec(NOTEBOOK, space)
    return {name: value for name, value in space.items() if name[0] != "_" and name not in SKIPPED}


BANK = bank()


@pytest.mark.parametrize("name", BANK)
def test_a_sandboxed_answer_tells_the_same_names_as_one_in_a_notebook(name):
    assert names_used(BANK[name]) == forbid.names_used(BANK[name])


def test_the_bank_is_worth_comparing():
    used = {name for thing in BANK.values() for name in names_used(thing)}
    assert {"convolve", "outer", "flip", "median", "abs", "roll", "correlate", "dot", "nditer"} <= used
    assert "convolve" in names_used(BANK["closed"]) and "convolve" not in names_used(BANK["plain"])
