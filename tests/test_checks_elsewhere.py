"""A check on an answer of another process: the same words as in this one, and no trust in what comes back."""

import numpy as np
import pytest

from course_utils.checks.beside import describe, is_a
from course_utils.checks.elsewhere import Elsewhere, ask, find_probe, name_of
from course_utils.checks.forbid import forbid
from course_utils.checks.report import CheckFailed, call
from loopback import linked


def there(source: str):
    """The object f of a process that has run `source`."""
    return linked(source)[0].request("get", "f")


def failure(answer, *arguments) -> CheckFailed:
    with pytest.raises(CheckFailed) as error:
        call(answer, *arguments, given="the input", expected="a number")
    return error.value


def test_a_call_gives_the_result_and_drops_warnings_and_stderr(capsys):
    noisy = "warnings.warn('careful')\n    print('1 %', file=sys.stderr)\n    return x + 1"
    assert call(there(f"import sys, warnings\ndef f(x):\n    {noisy}"), 1, given="one") == 2
    assert capsys.readouterr().err == ""


def test_a_probe_is_run_beside_the_answer():
    f = there("def f(x):\n    return [x, object()]")
    assert ask(describe, f).startswith("function <function f at")
    assert call(f, 3, given="three", probe=twice) == 2


def twice(answer, x) -> int:
    return len(answer(x))


def test_a_probe_travels_by_its_name():
    assert find_probe(name_of(describe)) is describe


def test_an_error_is_told_by_type_and_message():
    assert failure(there("def f(x):\n    return x / 0"), 1).got.startswith("ZeroDivisionError: division by zero")


def test_an_exercise_not_begun_says_so():
    with pytest.raises(NotImplementedError):
        call(there("def f():\n    raise NotImplementedError"), given="nothing")


def test_an_object_that_cannot_be_called_is_no_function():
    assert failure(there("class Thing: pass\nf = Thing()")).expected == "a function"


def test_a_changed_argument_is_reported_and_ours_is_left_alone():
    mine = np.zeros(3)
    assert failure(there("def f(x):\n    x[0] = 7\n    return 1"), mine).got == "a changed input"
    assert mine.tolist() == [0, 0, 0]


def test_the_kind_of_an_object_is_asked_by_its_full_name():
    assert is_a(there("import fractions\nclass Own(fractions.Fraction): pass\nf = Own"), type)
    assert not is_a(there("class Fraction: pass\nf = Fraction()"), float)


def test_a_forbidden_name_is_found():
    with pytest.raises(CheckFailed, match="a use of convolve"):
        forbid(there("import numpy as np\ndef f(x):\n    return np.convolve(x, x)"), {"convolve"}, "the input")


class Forged(Elsewhere):
    """A process that answers whatever it likes."""

    def __init__(self, told):
        self.told = told

    def run_probe(self, probe, arguments, named):
        return self.told


@pytest.mark.parametrize(
    "told",
    [
        *(None, 4, [], {}, {"result": 4}, {"after": (1,)}, {"result": 4, "after": (1,), "more": 0}, Forged(4)),
        *({"result": 4, "after": ()}, {"result": 4, "after": (2,)}, {"result": 4, "after": (Forged(1),)}),
        *({"error": 3}, {"error": "no", "line": Forged("x")}, {"uncallable": ["no"]}),
    ],
)
def test_an_outcome_that_is_none_is_a_failed_check(told):
    assert failure(Forged(told), 1).given == "the input"


def test_words_about_an_object_are_words():
    assert describe(Forged(3)) == describe(Forged("x" * 1000)) == "an object"
