"""The assignment of the hostile class: four exercises, eight points, in nbgrader's default layout."""

import json
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

NAME = "ps1"
PROBE = "HIDDENPROBE7431"  # stands in every hidden test; no student may ever see it
POINTS = {"total": 2, "scale": 3, "counts": 1, "account": 2}
FULL = sum(POINTS.values())

RIGHT = {
    "total": "def total(values):\n    result = 0\n    for value in values:\n        result += value\n    return result",
    "scale": "def scale(x):\n    return (x - x.min()) / (x.max() - x.min())",
    "counts": "def counts(words):\n    return {word: words.count(word) for word in words}",
    "account": (
        "class Account:\n    def __init__(self, balance=0):\n        self.balance = balance\n\n"
        "    def deposit(self, amount):\n        self.balance += amount\n        return self.balance"
    ),
}
CHECKS = {
    "total": (
        "assert total([1, 2, 3]) == 6, 'the total of 1, 2, 3 is 6'",
        "assert total([]) == 0\nassert total([0.5] * 4) == 2\nassert total(range(100)) == 4950",
    ),
    "scale": (
        "np.testing.assert_allclose(scale(np.array([1.0, 2.0, 3.0])), [0, 0.5, 1])",
        "x = np.random.default_rng(5).normal(size=(3, 4))\ny = np.asarray(scale(x))\nassert y.shape == (3, 4)\n"
        "assert close(y.min(), 0) and close(y.max(), 1)\n"
        "np.testing.assert_allclose(y * (x.max() - x.min()) + x.min(), x)",
    ),
    "counts": (
        "assert counts(['a', 'b', 'a']) == {'a': 2, 'b': 1}",
        "assert counts([]) == {}\nassert counts(list('mississippi'))['s'] == 4",
    ),
    "account": (
        "account = Account(10)\naccount.deposit(5)\nassert account.balance == 15",
        "one, two = Account(), Account()\none.deposit(3)\nassert (one.balance, two.balance) == (3, 0)",
    ),
}
HELPER = "def close(a, b):\n    return abs(a - b) < 1e-9"


def _nbgrader(grade_id: str, grade: bool, solution: bool, locked: bool, points: float | None = None) -> dict:
    data = {"schema_version": 3, "grade_id": grade_id, "grade": grade, "solution": solution, "task": False}
    return {"nbgrader": data | {"locked": locked} | ({"points": points} if points is not None else {})}


def _answer(source: str) -> str:
    head, body = source.split("\n", 1)
    return f"{head}\n    ### BEGIN SOLUTION\n{body}\n    ### END SOLUTION"


def instructor_notebook() -> nbformat.NotebookNode:
    cells = [
        new_markdown_cell("# Problem set 1", id="title"),
        new_code_cell("import numpy as np", id="imports"),
        new_code_cell(HELPER, id="helper", metadata=_nbgrader("helper", False, False, True)),
    ]
    for name, points in POINTS.items():
        visible, hidden = CHECKS[name]
        test = f"{visible}\n### BEGIN HIDDEN TESTS\n# {PROBE}\n{hidden}\n### END HIDDEN TESTS"
        cells += [
            new_markdown_cell(f"Write `{name}`.", id=f"text-{name}"),
            new_code_cell(_answer(RIGHT[name]), id=f"c-{name}", metadata=_nbgrader(name, False, True, False)),
            new_code_cell(test, id=f"c-check-{name}", metadata=_nbgrader(f"check-{name}", True, False, True, points)),
        ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def released(course: Path) -> dict:
    """The students' notebook as plain JSON, each source one text."""
    notebook = json.loads((course / "release" / NAME / f"{NAME}.ipynb").read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
    return notebook
