"""Every check gives the same verdict, in the same words, on an answer of this process and on one of another process.

The other process is a plain one, asked through the wire and the proxies of course grade. In this process `course proof`
says whether the verdicts are right.
"""

import functools
import re
from collections.abc import Callable
from typing import Any

import pytest

from course_admin.layout import lesson_scripts
from course_admin.lesson import read_lesson
from course_admin.proof import OWN, defined_names, definitions, load_answers, run_check
from course_utils.checks import reid_script
from plain_wall import CHEAP, PlainWall
from support import ROOT

LESSONS = {path.stem: read_lesson(path) for path in lesson_scripts(ROOT)}
EXERCISES = [(lesson.name, cell.id) for lesson in LESSONS.values() for cell in lesson.by_role("answer")]
A_PROGRAM_EACH = {"write_script": 2}  # how many wrong answers: each starts Python and torch
PARTS = ("given:", "expected:", "got:", "hint:")


@pytest.fixture(scope="module")
def wall():
    with PlainWall() as wall:
        yield wall


@pytest.fixture(autouse=True)
def a_script_runs_once(wall, monkeypatch):
    """A script of lesson 13 runs over there only. What it printed is read here, too: starting torch takes seconds."""
    monkeypatch.setattr(reid_script, "run_once", wall.link.request("get", "run_once"))


@functools.cache
def defined(lesson: str) -> dict:
    return definitions(LESSONS[lesson])


def parts(lesson: str, exercise: str) -> tuple[list[str], Callable[[Any], str | None]]:
    """The names that an exercise defines, and the judge of an answer to it: a message, or None where it passes."""
    names = defined_names(next(cell for cell in LESSONS[lesson].by_role("answer") if cell.id == exercise))
    source = next(cell for cell in LESSONS[lesson].by_role("check") if cell.id == exercise).source

    def judge(answer: Any) -> str | None:
        bound = answer if isinstance(answer, dict) and len(names) > 1 else {names[0]: answer}
        return run_check(source, defined(lesson) | bound)

    return names, judge


@pytest.mark.parametrize("lesson, exercise", EXERCISES)
def test_an_answer_of_another_process_gets_the_same_verdict(wall, lesson, exercise):
    # given a lesson's own solution, and the right and wrong answers to one exercise
    answers = load_answers(ROOT / "tests" / "answers" / f"{lesson}.py")
    names, judge = parts(lesson, exercise)
    # when the check judges the solution there, then it passes
    own = {name: wall.find(lesson, OWN, exercise, name) for name in names}
    assert judge(own if len(names) > 1 else own[names[0]]) is None
    for table in ("RIGHT", "WRONG"):
        most = A_PROGRAM_EACH.get(exercise) if table == "WRONG" else None
        for name, answer in list(getattr(answers, table)[exercise].items())[:most]:
            # when it judges an answer here and there, then it says the same
            here, there = judge(answer), judge(wall.find(lesson, table, exercise, name))
            assert _words(there) == _words(here) or _shows_objects(there, here), name
            assert (there is None) == (table == "RIGHT"), name
            assert there is None or all(part in there for part in PARTS), name


@pytest.mark.parametrize("lesson, exercise", EXERCISES)
def test_an_answer_that_gives_no_plain_data_is_refused_in_four_parts(wall, lesson, exercise):
    names, judge = parts(lesson, exercise)
    cheap = ["returns an object equal to everything"]
    if not isinstance(defined(lesson)[names[0]], type):
        cheap.append("right values as objects")
    for name in cheap if len(names) == 1 else []:
        message = judge(wall.find(lesson, CHEAP, names[0], name))
        assert message and all(part in message for part in PARTS), (name, message)


def _words(message: str | None) -> str | None:
    """A message without the addresses of objects and the numbers that Keras gives to layers."""
    return message and re.sub(r"0x[0-9a-f]+|(?<=2d_)\d+|(?<=dense_)\d+", "", message)


def _shows_objects(there: str | None, here: str | None) -> bool:
    """Whether the messages differ only in how they show a list or tuple of objects that stayed beyond the wall."""
    both = [re.sub(r"got: .*?(?=\n  hint:)", "", message or "", flags=re.DOTALL) for message in (there, here)]
    return "no plain data" in (there or "") and both[0] == both[1]
