"""Tests about networks and models, as courses write them, give the right answer its points and the wrong one none."""

import pytest
import torch

import styles
from course_admin.grading.job import run_job
from course_admin.grading.records import Assignment, Options
from plain_kernel import QUICK, assignment, grade, messages, passed, submission

GROUPS = ("TORCH", "LIBRARIES", "KERAS")


def asked_of(group: str) -> Assignment:
    table = getattr(styles, group)
    cells = [cell for right, _, test in table.values() for cell in (("answer", right), ("test", test))]
    return assignment(("given", getattr(styles, f"GIVEN_{group}")), *cells)


@pytest.mark.parametrize("group", GROUPS)
def test_right_answers_pass_and_wrong_ones_do_not(group):
    table, asked = getattr(styles, group), asked_of(group)
    result = grade(asked)
    assert dict(zip(table, messages(result), strict=True)) == dict.fromkeys(table, "")
    assert not result.review, result.reasons
    wrong = grade(asked, *[wrong for _, wrong, _ in table.values()])
    assert [name for name, good in zip(table, passed(wrong), strict=True) if good] == []


@pytest.mark.gpu
def test_the_same_holds_on_a_gpu():
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    table, asked, how = styles.TORCH, asked_of("TORCH"), Options("auto", cuda=True)
    result = run_job(asked, submission(asked), QUICK, how)
    assert dict(zip(table, messages(result), strict=True)) == dict.fromkeys(table, "")
    wrong = run_job(asked, submission(asked, *[wrong for _, wrong, _ in table.values()]), QUICK, how)
    assert [name for name, good in zip(table, passed(wrong), strict=True) if good] == []
