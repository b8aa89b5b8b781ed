"""What a test sees: whose each name is, what a failed assert says, what the student's source tells."""

import textwrap

import pytest

from course_admin.grading.definitions import definitions
from course_admin.grading.hidden import hidden_lines
from course_admin.grading.namespace import Namespace
from course_admin.grading.proxies.proxy import Proxy
from course_admin.grading.student_source import StudentSource
from loopback import linked


def namespace(cells: list[tuple[str, str]], students: str) -> Namespace:
    """The names of a test after `cells`, where the student's process has run `students`."""
    link, _ = linked(textwrap.dedent(students))
    return Namespace(link, [(kind, textwrap.dedent(source)) for kind, source in cells], {"__name__": "__main__"})


def test_the_names_of_answers_are_the_students_and_those_of_given_cells_ours():
    names = namespace(
        [
            ("given", "import math\nfrom math import *\nlimit = 3\ndef helper(x): return math.floor(x)"),
            ("answer", "def f(x): return x\ny = 5"),
        ],
        "math = limit = helper = sqrt = 0\nf = lambda x: x + 1\ny = 6",
    )
    assert names["math"].pi > 3 and names["limit"] == 3 and names["helper"](2.5) == 2 and names["sqrt"](4) == 2
    assert isinstance(names["f"], Proxy) and names["f"](1) == 2 and names["y"] == 6
    with pytest.raises(NameError):
        names["nothing"]


def test_builtins_are_ours_whatever_the_student_calls_so():
    assert eval("sum([1, 2])", namespace([], "sum = lambda x: 0")) == 3


def test_an_import_in_an_answer_counts_where_the_student_has_it():
    cells = [("answer", "import math")]
    assert namespace(cells, "import math")["math"].pi > 3
    with pytest.raises(NameError):
        namespace(cells, "")["math"]


GIVEN = "import numpy as np\nx = np.linspace(0, 1, 3)\nshuffled = np.random.permutation(10)\nnumbers = [1, 2]"


def test_a_given_value_that_comes_out_the_same_twice_is_worked_out_here():
    names = namespace([("given", GIVEN)], "x = []\nshuffled = [3]\nnumbers = []")
    assert list(names["x"]) == [0, 0.5, 1] and names["numbers"] == [1, 2]
    assert names["shuffled"] == [3]  # a random value can only be the student's


def test_a_given_value_that_an_answer_changes_is_the_students():
    names = namespace([("given", GIVEN), ("answer", "numbers.append(3)\nx[0] = 7")], "numbers = [1, 2, 3]\nx = [7]")
    assert names["numbers"] == [1, 2, 3] and names["x"] == [7]


def test_a_given_cell_that_the_student_may_change_counts_as_changed():
    cells = [("edited", "rate = 0.1\ndef helper(): return 1\ndef todo():\n    '''Yours.'''\n    pass")]
    names = namespace(cells, "rate = 0.5\ndef helper(): return 2\ndef todo(): return 3")
    assert names["rate"] == 0.5 and names["todo"]() == 3  # a stub is there to be filled in
    assert names["helper"]() == 1


def test_a_variable_is_the_same_object_until_the_student_changes_it():
    names = namespace([("answer", "log = []\ndef f(): pass")], "log = [1]\ndef f(): log.append(2); return 0")
    assert names["log"] is names["log"]
    names["log"].append(5)
    assert names["log"] == [1, 5]
    names["f"]()
    assert names["log"] == [1, 2]


def test_hidden_lines_are_counted_with_their_markers():
    assert hidden_lines("a\n### BEGIN HIDDEN TESTS\nb\n### END HIDDEN TESTS\nc") == {2, 3, 4}
    assert hidden_lines("# BEGIN HIDDEN TESTS\nb") == {1, 2} and hidden_lines("a") == set()


def test_a_broken_cell_defines_nothing_and_magics_are_no_trouble():
    found, _ = definitions([("given", "def f(:"), ("given", "%matplotlib inline\nx = 1\n!ls")])
    assert set(found) == {"x"}


SOURCES = {
    "plain": ("def f(x):\n    return np.convolve(x, x)", True),
    "alias of an import": ("from numpy import convolve as c\ndef f(x):\n    return c(x, x)", True),
    "alias": ("tool = np.convolve\ndef f(x):\n    return tool(x, x)", True),
    "helper": ("def g(x):\n    return np.convolve(x, x)\ndef f(x):\n    return g(x)", True),
    "text": ("def f(x):\n    return getattr(np, 'convolve')(x, x)", True),
    "method": ("class f:\n    def run(self, x):\n        return np.convolve(x, x)", True),
    "comment": ("def f(x):\n    # not np.convolve\n    return x", False),
    "another function": ("def g(x):\n    return np.convolve(x, x)\ndef f(x):\n    return x", False),
    "another import": ("from numpy import array, convolve\ndef f(x):\n    return array(x)", False),
    "a local name": ("result = np.convolve([1], [1])\ndef f(x):\n    result = x\n    return result", False),
    "a value": ("result = np.convolve([1], [1])\ndef f(x):\n    return result", False),
    "an old version": ("def f(x):\n    return np.convolve(x, x)\ndef f(x):\n    return x", False),
}


@pytest.mark.parametrize("name", SOURCES)
def test_the_source_tells_which_names_an_answer_uses(name):
    source, found = SOURCES[name]
    assert ("convolve" in StudentSource([(source, True)]).names_used("f")) is found


def test_where_a_cell_stopped_every_definition_counts():
    honest, cheat = "1 / 0\ndef f(x):\n    return x", "def f(x):\n    return np.convolve(x, x)"
    assert "convolve" in StudentSource([(cheat, True), (honest, False)]).names_used("f")
    assert StudentSource([(cheat, True)]).text("f") == cheat
