"""Tests about networks and models, as courses write them, give the right answer its points and the wrong one none."""

import pytest

import styles
from plain_kernel import assignment, grade, messages, passed

GROUPS = ("TORCH", "LIBRARIES", "KERAS")


@pytest.mark.parametrize("group", GROUPS)
def test_right_answers_pass_and_wrong_ones_do_not(group):
    table = getattr(styles, group)
    cells = [cell for right, _, test in table.values() for cell in (("answer", right), ("test", test))]
    asked = assignment(("given", getattr(styles, f"GIVEN_{group}")), *cells)
    result = grade(asked)
    assert dict(zip(table, messages(result), strict=True)) == dict.fromkeys(table, "")
    assert not result.review, result.reasons
    wrong = grade(asked, *[wrong for _, wrong, _ in table.values()])
    assert [name for name, good in zip(table, passed(wrong), strict=True) if good] == []
