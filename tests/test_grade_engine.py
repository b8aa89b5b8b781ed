"""Grading a class: in parallel, resumable, one process that writes, nothing done twice."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager

import pytest

import tiny_class
from classroom import ROOT, environment
from course_admin.errors import CourseError
from course_admin.grading import status
from course_admin.grading.engine import grade_class
from course_admin.grading.records import Limits
from course_admin.grading.spec import read_assignment
from tiny_class import HALF, NAME, RIGHT, hand_in, run_in_process, scores, totals


def grade(course, run=run_in_process, **how):
    assignment = read_assignment(course, NAME)
    return grade_class(course, assignment, course.students("submitted", NAME), run, **how)


def a_class(course):
    hand_in(course.root, "ann", RIGHT)
    hand_in(course.root, "bob", HALF)
    hand_in(course.root, "cleo", {})
    hand_in(course.root, "dan", None, **{"work.ipynb": b"{ not json"})


def test_a_class_is_graded_and_a_refused_work_stops_nobody(tiny_course):
    a_class(tiny_course)
    summary = grade(tiny_course, jobs=2)
    assert (summary.graded, summary.unchanged, summary.refused) == (3, 0, 1)
    assert totals(tiny_course) == {"ann": 3, "bob": 2, "cleo": 0, "dan": 0}
    told = status.read(tiny_course.root, NAME, "dan")
    assert (told["score"], told["flag"], told["refused"]) == (0, True, True)
    assert told["reasons"][0].startswith("work.ipynb cannot be read: the file is not JSON")


def test_unchanged_work_is_not_run_again_unless_asked(tiny_course):
    a_class(tiny_course)
    ran = []

    def counted(assignment, submission, limits, options):
        ran.append(submission.student)
        return run_in_process(assignment, submission, limits, options)

    grade(tiny_course, counted)
    assert grade(tiny_course, counted).unchanged == 4
    hand_in(tiny_course.root, "bob", RIGHT)
    assert grade(tiny_course, counted).graded == 1
    assert sorted(ran) == ["ann", "bob", "bob", "cleo"]
    grade(tiny_course, counted, again=True)
    assert len(ran) == 7
    assert totals(tiny_course)["bob"] == 3


@pytest.mark.parametrize("lost", ["row", "status", "folder", "limits"])
def test_what_was_lost_or_asked_for_otherwise_is_made_again(tiny_course, lost):
    hand_in(tiny_course.root, "ann", RIGHT)
    grade(tiny_course)
    limits = Limits(cell_seconds=5) if lost == "limits" else Limits()
    if lost == "row":
        with tiny_course.gradebook() as gradebook:
            gradebook.remove_submission(NAME, "ann")
    elif lost == "status":
        (tiny_course.root / "grading" / NAME / "ann.json").write_text("{ half")
    elif lost == "folder":
        (tiny_course.root / "autograded" / "ann").rename(tiny_course.root / "moved")
    assert grade(tiny_course, limits=limits).graded == 1
    assert totals(tiny_course) == {"ann": 3}


def test_a_failure_of_the_grader_is_said_and_tried_again(tiny_course):
    a_class(tiny_course)

    def fails_for_bob(assignment, submission, limits, options):
        if submission.student == "bob":
            raise KeyError("no such thing")
        return run_in_process(assignment, submission, limits, options)

    summary = grade(tiny_course, fails_for_bob)
    assert summary.look["bob"].startswith("the grader itself failed, run it again and report this: KeyError in")
    assert totals(tiny_course) == {"ann": 3, "bob": 0, "cleo": 0, "dan": 0}
    assert grade(tiny_course).graded == 1
    assert totals(tiny_course)["bob"] == 2


def test_no_sandbox_ends_the_run_with_its_line(tiny_course):
    a_class(tiny_course)

    def no_sandbox(*_):
        raise CourseError("no sandbox here")

    with pytest.raises(CourseError, match="no sandbox here"):
        grade(tiny_course, no_sandbox)


@contextmanager
def held(course):
    """Another program has the gradebook."""
    with closing(sqlite3.connect(course.root / "gradebook.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield other
        other.execute("ROLLBACK")


def test_a_gradebook_in_use_is_waited_for_and_no_mark_is_lost(tiny_course, capfd):
    a_class(tiny_course)
    held_one = threading.Event()
    graded = []

    def hold():
        with held(tiny_course):
            held_one.set()
            time.sleep(6)  # longer than SQLite itself waits

    holder = threading.Thread(target=hold)

    def once_held(assignment, submission, limits, options):
        if not graded:
            holder.start()
            held_one.wait()
        graded.append(submission.student)
        return run_in_process(assignment, submission, limits, options)

    grade(tiny_course, once_held)
    holder.join()
    assert totals(tiny_course) == {"ann": 3, "bob": 2, "cleo": 0, "dan": 0}
    assert "the gradebook is in use by another program; waiting for it" in capfd.readouterr().out


KILLED = """
import sys, time
sys.path.insert(0, "tests")
from pathlib import Path
import tiny_class
from course_admin.grading.course import open_course
from course_admin.grading.engine import grade_class
from course_admin.grading.spec import read_assignment
course = open_course(Path(sys.argv[1]))
print("begun", flush=True)
students = course.students("submitted", "ps1")
grade_class(course, read_assignment(course, "ps1"), students, tiny_class.run_in_process, jobs=2)
"""


def start_run(course):
    command = [sys.executable, "-c", KILLED, str(course.root)]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment(course.root), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )


def everything(course) -> dict:
    """All that a run leaves, without times and random ids."""
    told = {}
    for path in sorted((course.root / "grading" / NAME).glob("*.json")):
        kept = status.read(course.root, NAME, path.stem)
        told[path.stem] = {name: kept[name] for name in ("score", "flag", "reasons", "points", "key", "refused")}
    autograded = {
        str(path.relative_to(course.root)): path.read_bytes() for path in (course.root / "autograded").rglob("*.*")
    }
    return {"marks": scores(course), "told": told, "autograded": autograded}


def test_killed_at_ten_random_moments_a_run_goes_on_and_ends_with_the_same_gradebook(tiny_course):
    for number in range(30):
        hand_in(tiny_course.root, f"s{number:02}", [RIGHT, HALF, {}][number % 3])
    chance = random.Random(20251125)
    for _ in range(10):
        run = start_run(tiny_course)
        run.stdout.readline()
        done = len(list((tiny_course.root / "grading").rglob("*.json")))
        wanted = done + chance.randint(0, 3)
        while run.poll() is None and len(list((tiny_course.root / "grading").rglob("*.json"))) < wanted:
            time.sleep(0.001)
        time.sleep(chance.random() * 0.05)
        run.send_signal(signal.SIGKILL)
        run.wait()
        run.stdout.close()
    grade(tiny_course)
    after_kills = everything(tiny_course)
    assert len(after_kills["told"]) == 30
    assert not [path for path in tiny_course.root.rglob("*") if path.name.endswith((".part", ".new", ".old"))]
    (tiny_course.root / "gradebook.db").write_bytes((tiny_course.root / "untouched.db").read_bytes())
    for folder in ("grading", "autograded"):
        (tiny_course.root / folder).rename(tiny_course.root / f"killed-{folder}")
    grade(tiny_course)
    assert everything(tiny_course) == after_kills


@pytest.fixture(autouse=True)
def keep_an_untouched_gradebook(tiny_course):
    (tiny_course.root / "untouched.db").write_bytes((tiny_course.root / "gradebook.db").read_bytes())


def test_a_folder_whose_name_is_not_text_stops_nobody(tiny_course):
    hand_in(tiny_course.root, "ann", RIGHT)
    odd = os.fsencode(tiny_course.root / "submitted") + b"/caf\xe9"
    os.rename(hand_in(tiny_course.root, "other", RIGHT).parent, odd)
    summary = grade(tiny_course)
    assert (summary.graded, summary.refused) == (1, 1)
    assert summary.look == {"caf?": "the name of the folder is not text: rename it"}
    assert totals(tiny_course) == {"ann": 3}


def test_what_cannot_be_written_stops_nobody(tiny_course):
    a_class(tiny_course)
    in_the_way = tiny_course.root / "autograded" / "ann"
    in_the_way.parent.mkdir()
    in_the_way.write_text("a file where a folder must be")
    summary = grade(tiny_course)
    assert summary.look["ann"].startswith("its marks could not be written")
    in_the_way.unlink()
    assert grade(tiny_course).graded == 1
    assert totals(tiny_course) == {"ann": 3, "bob": 2, "cleo": 0, "dan": 0}


def test_two_runs_at_once_are_refused(tiny_course):
    hand_in(tiny_course.root, "ann", RIGHT)
    seen = []

    def second_run(assignment, submission, limits, options):
        child = start_run(tiny_course)
        child.communicate()
        seen.append(child.returncode)
        return run_in_process(assignment, submission, limits, options)

    grade(tiny_course, second_run)
    assert seen == [1]
    assert totals(tiny_course) == {"ann": 3}


def test_control_c_leaves_nothing_half_written(tiny_course):
    a_class(tiny_course)

    def interrupted(assignment, submission, limits, options):
        if submission.student == "bob":
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(1)
        return run_in_process(assignment, submission, limits, options)

    # a program that a shell has put into the background ignores Ctrl-C; this one shall not
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            grade(tiny_course, interrupted)
    finally:
        signal.signal(signal.SIGINT, before)
    assert grade(tiny_course).line(NAME).startswith(f"{NAME}: ")
    assert totals(tiny_course) == {"ann": 3, "bob": 2, "cleo": 0, "dan": 0}


def test_a_dask_cluster_gives_the_same_marks(tiny_course):
    from distributed import LocalCluster

    a_class(tiny_course)
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        grade(tiny_course, tiny_class.run_in_process, scheduler=cluster.scheduler_address)
    assert totals(tiny_course) == {"ann": 3, "bob": 2, "cleo": 0, "dan": 0}


def test_a_cluster_that_does_not_answer_is_said_in_one_line(tiny_course):
    hand_in(tiny_course.root, "ann", RIGHT)
    with pytest.raises(CourseError, match="no Dask scheduler answers at tcp://127"):
        grade(tiny_course, scheduler="tcp://127.0.0.1:9")
