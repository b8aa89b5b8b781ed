"""Every check gives the same verdict, in the same words, on an answer of this process and on one of another process.

The other process is the tests' own (plain_wall.py); course grade's has its own tests. In this process `course proof`
says whether the verdicts are right.
"""

import re

import pytest

from course_admin.layout import lesson_scripts
from course_admin.lesson import read_lesson
from course_admin.proof import OWN, defined_names, definitions, load_answers, run_check
from plain_wall import PlainWall
from support import ROOT

LESSONS = {path.stem: read_lesson(path) for path in lesson_scripts(ROOT)}
EXERCISES = [(lesson.name, cell.id) for lesson in LESSONS.values() for cell in lesson.by_role("answer")]
PARTS = ("given:", "expected:", "got:", "hint:")


@pytest.fixture(scope="module")
def wall():
    with PlainWall() as wall:
        yield wall


@pytest.mark.parametrize("name, exercise", EXERCISES)
def test_an_answer_of_another_process_gets_the_same_verdict(wall, name, exercise):
    # given a lesson's own solution, and the right and wrong answers to one exercise
    lesson, answers = LESSONS[name], load_answers(ROOT / "tests" / "answers" / f"{name}.py")
    names = defined_names(next(cell for cell in lesson.by_role("answer") if cell.id == exercise))
    source = next(cell for cell in lesson.by_role("check") if cell.id == exercise).source
    namespace = definitions(lesson)

    def judge(answer) -> str | None:
        bound = answer if isinstance(answer, dict) and len(names) > 1 else {names[0]: answer}
        return run_check(source, namespace | bound)

    # when the check judges the solution there, then it passes
    own = {one: wall.find(name, OWN, exercise, one) for one in names}
    assert judge(own if len(names) > 1 else own[names[0]]) is None
    for table in ("RIGHT", "WRONG"):
        for which, answer in getattr(answers, table)[exercise].items():
            # when it judges an answer here and there, then it says the same
            here, there = judge(answer), judge(wall.find(name, table, exercise, which))
            assert _words(there) == _words(here) or _shows_objects(there, here), which
            assert (there is None) == (table == "RIGHT"), which
            assert there is None or all(part in there for part in PARTS), which


def _words(message: str | None) -> str | None:
    """A message without the addresses of objects and the numbers that Keras gives to layers."""
    return message and re.sub(r"0x[0-9a-f]+|(?<=2d_)\d+|(?<=dense_)\d+", "", message)


def _shows_objects(there: str | None, here: str | None) -> bool:
    """Whether the messages differ only in how they show a list or tuple of objects that stayed beyond the wall."""
    both = [re.sub(r"got: .*?(?=\n  hint:)", "", message or "", flags=re.DOTALL) for message in (there, here)]
    return "<object>" in (there or "") and both[0] == both[1]
