"""The proof of the checks sees a check that does not hold. (`make test` runs it over every lesson: course proof.)"""

import numpy as np
import pytest

from course_admin.bank import SPOILERS, cheap_answers
from course_admin.errors import CourseError
from course_admin.lesson import read_lesson
from course_admin.proof import prove, prove_lesson
from support import edit

ANSWERS = """
RIGHT = {"double": {"sum": lambda x: x + x, "product": lambda x: x * 2}}
WRONG = {"double": {
    "square": lambda x: x * x, "same": lambda x: x, "triple": lambda x: 3 * x, "zero": lambda x: 0,
    "visible only": lambda x: 4,
}}
"""
IMPORT = "from course_utils.checks.report import call, require_number\n"
GOOD = 'require_number(call(double, 2, given="2"), 4, "the number 2", "add x to itself")'
GOOD_HIDDEN = 'require_number(call(double, -98765, given="large"), -197530, "large", "add x to itself")'
EASILY_FOOLED = 'assert call(double, 2, given="2") == 4, "given: 2 expected: 4 got: ? hint: add"'


@pytest.fixture
def proved(tiny):
    """The tiny course with a good check and a full answers file."""
    edit(tiny, "assert double(2) == 4", IMPORT + GOOD)
    edit(tiny, "assert double(-98765) == -197530", GOOD_HIDDEN)
    (tiny / "tests" / "answers").mkdir(parents=True)
    (tiny / "tests" / "answers" / "01_tiny.py").write_text(ANSWERS)
    return tiny


def answers(course, old, new):
    path = course / "tests" / "answers" / "01_tiny.py"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))


def test_a_good_check_is_proved_and_counted(proved, capsys):
    assert prove(proved) == []
    (result,) = prove_lesson(proved, read_lesson(proved / "lessons" / "01_tiny.py"))
    assert (result.right, result.wrong, result.hidden_only) == (3, 5, 2)  # x * x and 4 are right for x = 2
    assert "1 exercises: 3 right answers accepted, 5 wrong" in capsys.readouterr().out


def test_a_check_that_accepts_a_wrong_answer_is_found(proved):
    answers(proved, '"zero": lambda x: 0', '"hundreds only": lambda x: x + x if abs(x) < 1e5 else 0')
    assert prove(proved) == ["01_tiny, double: wrong answer 'hundreds only' was accepted"]


def test_a_check_that_rejects_a_right_answer_is_found(proved):
    answers(proved, "x + x,", "str(x + x),")
    (failure,) = prove(proved)
    assert failure.startswith("01_tiny, double: right answer 'sum' was rejected: given: the number 2")


def test_a_check_that_accepts_anything_equal_is_found_by_the_bank(proved):
    edit(proved, GOOD, EASILY_FOOLED)
    edit(proved, GOOD_HIDDEN, "")
    assert "01_tiny, double: cheap 'returns an object equal to everything' was accepted" in prove(proved)


def test_a_message_without_its_four_parts_is_found(proved):
    edit(proved, GOOD, EASILY_FOOLED.replace("hint: add", ""))
    assert any("without the four parts" in failure for failure in prove(proved))


def test_too_few_answers_are_found(proved):
    answers(proved, '"square": lambda x: x * x, ', "")
    assert prove(proved) == ["01_tiny, double: 4 wrong answers, at least 5 are needed"]


def test_an_answer_to_no_exercise_is_refused(proved):
    answers(proved, 'WRONG = {"double"', 'WRONG = {"treble"')
    with pytest.raises(CourseError, match="WRONG names 'treble', not an exercise there"):
        prove(proved)


def test_a_lesson_without_answers_is_refused(tiny):
    with pytest.raises(CourseError, match="tests/answers/01_tiny.py: missing".replace(".", r"\.")):
        prove(tiny)


def test_a_definition_that_needs_a_computed_value_is_named(proved):
    edit(proved, 'print("six is", double(3))', "n = len([1])\n\ndef f(k=n):\n    return k")
    with pytest.raises(CourseError, match=r"01_tiny\.py, cell 5 \(plain\): name 'n' is not defined; a default"):
        prove(proved)


def test_the_bank_spoils_one_thing_at_a_time():
    right = np.arange(6.0).reshape(2, 3)
    spoiled = {name: spoil(right) for name, spoil in SPOILERS.items()}
    assert spoiled["right values with an axis too many"].shape == (1, 2, 3)
    assert spoiled["right values as text"].dtype.kind == "U"
    assert spoiled["right values as complex numbers"].dtype.kind == "c"
    assert (spoiled["one value wrong"] != right).sum() == 1
    assert np.isnan(spoiled["right shape, all NaN"]).all()
    assert right.tolist() == np.arange(6.0).reshape(2, 3).tolist()


def test_the_bank_reaches_into_tuples_lists_and_dicts():
    wrong = SPOILERS["one value wrong"]
    assert wrong((1, 2)) == (2, 3)
    assert wrong({"a": [0.5], "b": "text"}) == {"a": [1.5], "b": "text"}
    assert wrong(True) is False


def test_the_bank_leaves_spoiling_out_for_classes():
    names = [name for name, _ in cheap_answers(dict)]
    assert "returns NaN" in names and not set(names) & set(SPOILERS)
