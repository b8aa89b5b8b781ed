"""What every check is built from: the call, the comparison, the message, and the refusal of forbidden names."""

import sys
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from course_utils.checks.forbid import forbid, names_used
from course_utils.checks.report import CheckFailed, call, fail, require_array, require_close, require_number

GIVEN = "the input"


def failure(function, *arguments, **named) -> CheckFailed:
    with pytest.raises(CheckFailed) as error:
        function(*arguments, **named)
    return error.value


def test_a_message_has_four_parts_in_order():
    message = str(failure(fail, "a", "b", "c", "d"))
    assert [line.split(":")[0].strip() for line in message.strip().splitlines()] == ["given", "expected", "got", "hint"]


def test_a_notebook_shows_the_message_without_the_inside_of_the_check():
    (shown,) = failure(fail, "a", "b", "c", "d")._render_traceback_()
    assert "hint:     d" in shown and "report.py" not in shown


def test_a_check_failure_is_an_assertion_error():
    assert issubclass(CheckFailed, AssertionError)


def test_call_returns_what_the_answer_returns():
    assert call(lambda a, b: a + b, 1, 2, given=GIVEN) == 3


@pytest.mark.parametrize("value", [None, 3, "text", np.ones(2)])
def test_a_value_instead_of_a_function_is_named(value):
    assert failure(call, value, given=GIVEN).expected == "a function"


def test_an_answer_works_on_copies_and_a_changed_input_is_reported():
    def spoils(array):
        array[0] = 7
        return array

    mine = np.zeros(3)
    assert failure(call, spoils, mine, given=GIVEN).got == "a changed input"
    assert mine.tolist() == [0, 0, 0]


@pytest.mark.parametrize("argument", [{"a": np.zeros(2)}, [1, [2, 3]], np.array([np.nan, 1.0])])
def test_an_input_left_alone_is_not_reported(argument):
    assert call(lambda a: 1, argument, given=GIVEN) == 1


def test_a_changed_dict_is_reported():
    assert failure(call, lambda d: d.pop("a"), {"a": 1}, given=GIVEN).got == "a changed input"


def test_an_error_in_the_answer_is_told_with_its_line():
    def divides(x):
        return x / 0

    told = failure(call, divides, 1, given=GIVEN)
    assert told.got == "ZeroDivisionError: division by zero (at: return x / 0)"


def test_a_blank_answer_is_not_reported_as_wrong():
    def blank():
        raise NotImplementedError

    with pytest.raises(NotImplementedError):
        call(blank, given=GIVEN)


def test_a_method_that_torch_misses_is_told_although_its_error_is_called_the_same():
    class Net(torch.nn.Module):
        def foward(self, x):
            return x

    told = failure(call, Net(), torch.zeros(1), given=GIVEN)
    assert told.got.startswith('NotImplementedError: Module [Net] is missing the required "forward"')


def test_warnings_and_stderr_of_an_answer_are_dropped(capsys):
    def noisy(x):
        warnings.warn("careful", stacklevel=1)
        print("progress", file=sys.stderr)
        return np.float64(x) / 0.0

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert call(noisy, 1.0, given=GIVEN) == np.inf
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "got",
    [
        *(None, 1.0, [1.0, 2.0], np.ones(3), np.ones((2, 1)), np.empty((0, 2))),
        *(np.array(["1", "2"]), np.array([1j, 2]), np.array([1.0, None]), np.array([True, False])),
        *(np.array([1.0, np.nan]), np.array([np.inf, 2.0])),
    ],
)
def test_require_array_refuses_what_is_no_array_of_numbers_of_this_shape(got):
    assert failure(require_array, got, (2,), GIVEN).given == GIVEN


def test_a_subclass_that_claims_equality_is_refused():
    class Liar(np.ndarray):
        def __eq__(self, other):
            return True

    assert failure(require_close, np.zeros(2).view(Liar), np.ones(2), GIVEN, "hint").expected.startswith(
        "a NumPy array"
    )


numbers = st.floats(-1e6, 1e6)
arrays_of_numbers = arrays(np.float64, st.tuples(st.integers(1, 4), st.integers(1, 4)), elements=numbers)


@settings(max_examples=50, deadline=None)
@given(arrays_of_numbers)
def test_every_array_is_close_to_itself_and_to_its_float32(array):
    require_close(array, array, GIVEN, "hint")
    require_close(array.astype(np.float32), array, GIVEN, "hint", rtol=1e-5, atol=1e-3)


@settings(max_examples=50, deadline=None)
@given(arrays_of_numbers, st.data())
def test_one_number_changed_is_found_at_its_place(array, data):
    place = tuple(data.draw(st.integers(0, n - 1)) for n in array.shape)
    wrong = array.copy()
    wrong[place] += 1 + abs(array[place])
    told = failure(require_close, wrong, array, GIVEN, "the hint")
    assert f"at {place}" in told.expected and told.hint == "the hint"


@pytest.mark.parametrize(
    ("got", "expected", "told"),
    [(11_689_384, 11_689_512, ("11689512", "11689384")), (0.1234567, 0.1234566, ("0.1234566", "0.1234567"))],
)
def test_two_numbers_that_differ_are_shown_with_digits_that_differ(got, expected, told):
    message = failure(require_number, got, expected, GIVEN, "hint", rtol=1e-9)
    assert (message.expected, message.got) == told


def test_a_missing_return_is_named_whatever_the_shape_hint_says():
    assert "return" in failure(require_array, None, (2,), GIVEN, "how many rows are there?").hint


def test_a_known_mistake_has_its_own_hint():
    expected = np.array([1.0, 2.0])
    mistakes = [(-expected, "the sign"), (2 * expected, "twice")]
    assert failure(require_close, 2 * expected, expected, GIVEN, "else", mistakes).hint == "twice"
    assert failure(require_close, 3 * expected, expected, GIVEN, "else", mistakes).hint == "else"


@pytest.mark.parametrize("got", [2, 2.0, np.float32(2), np.int64(2)])
def test_numbers_of_every_kind_are_welcome(got):
    require_number(got, 2, GIVEN, "hint")


@pytest.mark.parametrize("got", [None, "2", True, [2], np.array([2.0]), np.array(2.0), 2 + 0j, float("nan"), 2.1])
def test_what_is_not_this_number_is_refused(got):
    assert failure(require_number, got, 2, GIVEN, "hint").given == GIVEN


def calls_by_attribute(x):
    return np.linalg.norm(x)


def calls_by_import(x):
    from numpy.linalg import norm as length

    return length(x)


aliased = np.linalg.norm


def calls_by_alias(x):
    return aliased(x)


def calls_through_a_helper(x):
    return calls_by_attribute(x)


def calls_by_text(x):
    return getattr(np.linalg, "norm")(x)  # noqa: B009


def calls_in_a_comprehension(x):
    return [np.linalg.norm(row) for row in x]


class CallsInAMethod:
    def forward(self, x):
        return np.linalg.norm(x)


@pytest.mark.parametrize(
    "answer",
    [
        *(calls_by_attribute, calls_by_import, calls_by_alias, calls_through_a_helper, calls_by_text),
        *(calls_in_a_comprehension, CallsInAMethod, lambda x: np.linalg.norm(x)),
    ],
    ids=lambda answer: answer.__name__,
)
def test_a_forbidden_name_is_found(answer):
    assert "norm" in names_used(answer)
    assert failure(forbid, answer, {"norm"}, GIVEN).got == "a use of norm"


def test_the_package_of_an_imported_function_counts():
    assert "numpy" in names_used(calls_by_alias)


def test_a_word_in_a_docstring_or_a_variable_is_no_use():
    def own(x):
        """Not the norm of numpy."""
        norm = sum(x)
        return norm

    forbid(own, {"norm"}, GIVEN)


def test_what_is_no_function_uses_no_names():
    assert names_used(None) == set()
