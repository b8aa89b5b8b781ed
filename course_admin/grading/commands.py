"""The subcommands of `course` that concern a class: each a few lines here and a module beside."""

import argparse
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from course_admin.errors import CourseError
from course_admin.grading.records import Limits, Options


def add_commands(commands: Any) -> None:
    """Add them to the subparsers of `course`. They work in any nbgrader course folder."""
    _add_grade(commands)
    feedback = _command(commands, "feedback", _feedback, "write the students' pages: points, messages, no hidden tests")
    feedback.add_argument("assignment", metavar="NAME", help="the assignment: the name of its folder")
    feedback.add_argument("--student", action="append", default=[], metavar="S", help="only this one; may be repeated")
    marks = _command(commands, "marks", _marks, "write the marks as CSV, plain or for Moodle")
    marks.add_argument("assignments", nargs="*", metavar="NAME", help="assignments; or --all")
    marks.add_argument("--all", action="store_true", help="all assignments of the gradebook")
    marks.add_argument("--to", type=Path, default=Path("marks.csv"), metavar="FILE", help="where (default marks.csv)")
    marks.add_argument("--moodle", action="store_true", help="a row a student, a column an assignment, for its import")
    similarity = _command(
        commands, "similarity", _similarity, "rank pairs of works by what their answers have in common"
    )
    similarity.add_argument("assignment", metavar="NAME", help="the assignment: the name of its folder")
    similarity.add_argument(
        "--most", type=_count, default=50, metavar="N", help="pairs to write pages for (default 50)"
    )
    similarity.set_defaults(student=[])


def _command(commands: Any, name: str, run: Any, help: str) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=help, description=help)
    command.set_defaults(run=lambda root, options: run(options), anywhere=True)
    return command


def _add_grade(commands: Any) -> None:
    command = _command(commands, "grade", _grade, "grade a class in parallel, each work in a sandbox")
    command.add_argument("assignment", metavar="NAME", help="the assignment: the name of its folder")
    command.add_argument("-j", "--jobs", type=_count, default=os.cpu_count() or 1, metavar="N", help="works at a time")
    command.add_argument("--dask", default="", metavar="ADDRESS", help="a Dask scheduler, such as tcp://10.0.0.5:8786")
    command.add_argument("--student", action="append", default=[], metavar="S", help="only this one; may be repeated")
    command.add_argument("--again", action="store_true", help="run unchanged work, too")
    command.add_argument("--feedback", action="store_true", help="write the students' pages at the end")
    how = command.add_mutually_exclusive_group()
    how.add_argument("--sandbox", choices=("auto", "bubblewrap", "landlock"), default="auto", help="which to use")
    how.add_argument("--unsafe", action="store_true", help="run students' code without a sandbox, as yourself")
    command.add_argument("--cuda", action="store_true", help="let the sandbox use CUDA devices")
    limits = command.add_argument_group("limits of one submission")
    for name, (field, kind, help) in LIMITS.items():
        default = getattr(Limits, field)
        shown = default // 1024**2 if kind is _megabytes else default
        longer = " or c.Execute.timeout" if field == "cell_seconds" else ""
        limits.add_argument(name, dest=field, type=kind, metavar="N", help=f"{help} (default {shown:g}{longer})")


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(text)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e6:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return value


def _megabytes(text: str) -> int:
    return _count(text) * 1024**2


LIMITS = {
    "--cell-seconds": ("cell_seconds", _seconds, "seconds for a cell"),
    "--test-seconds": ("test_seconds", _seconds, "seconds for a check"),
    "--total-seconds": ("total_seconds", _seconds, "seconds for everything"),
    "--cpu-seconds": ("cpu_seconds", _count, "CPU seconds for everything"),
    "--memory": ("memory", _megabytes, "MB of memory"),
    "--processes": ("processes", _count, "processes and threads"),
    "--file-size": ("file_size", _megabytes, "MB of a file that is written"),
    "--scratch": ("scratch", _megabytes, "MB of all files that are written"),
}


def _limits(options: argparse.Namespace, course: Any) -> Limits:
    """The limits that were given; for the others Limits' own, lengthened where nbgrader's configuration allows more.

    A course that gives a cell five minutes (c.Execute.timeout) has long notebooks: the whole may take six such cells.
    """
    given = {field: getattr(options, field) for field, _, _ in LIMITS.values() if getattr(options, field) is not None}
    usual, cell = Limits(), course.cell_seconds()
    if cell is not None:
        whole = max(usual.total_seconds, 6 * cell)
        times = {"cell_seconds": cell, "test_seconds": max(usual.test_seconds, cell), "total_seconds": whole}
        given = times | {"cpu_seconds": max(usual.cpu_seconds, int(whole))} | given
    return replace(usual, **given)


def _students(course: Any, options: argparse.Namespace) -> list[str]:
    handed_in = course.students("submitted", options.assignment)
    where = course.path("submitted", "STUDENT", options.assignment)
    if not handed_in:
        raise CourseError(f"nothing was handed in for {options.assignment}: no folder like {where}")
    for student in options.student:
        if student not in handed_in:
            raise CourseError(f"{student} has handed in nothing for {options.assignment}: no such folder as {where}")
    return sorted(set(options.student)) or handed_in


def _marks(options: argparse.Namespace) -> int:
    from course_admin.grading.course import open_course
    from course_admin.grading.marks import write_marks

    if bool(options.assignments) == options.all:
        raise CourseError("name the assignments, or say --all")
    rows = write_marks(open_course(), options.assignments, options.to, options.moodle)
    print(f"{options.to}: {rows} rows")
    return 0


def _similarity(options: argparse.Namespace) -> int:
    from course_admin.grading.course import open_course
    from course_admin.grading.similarity import compare, write_report
    from course_admin.grading.spec import read_assignment

    course = open_course()
    assignment = read_assignment(course, options.assignment)
    pairs = compare(course, assignment, _students(course, options))
    for pair in pairs[:10]:
        print(f"{pair.likeness:4.0%}  {pair.students[0]}  {pair.students[1]}")
    print(f"{len(pairs)} pairs have something in common; see {write_report(course, assignment, pairs, options.most)}")
    return 0


def _feedback(options: argparse.Namespace) -> int:
    from course_admin.grading.course import open_course
    from course_admin.grading.feedback import write_feedback
    from course_admin.grading.spec import read_assignment

    course = open_course()
    assignment = read_assignment(course, options.assignment)
    pages = write_feedback(course, assignment, _students(course, options))
    print(f"{assignment.name}: {pages} pages in {course.folders.feedback_directory}/")
    return 0


def _grade(options: argparse.Namespace) -> int:
    from course_admin.grading import engine
    from course_admin.grading.course import open_course
    from course_admin.grading.spec import read_assignment

    course = open_course()
    assignment = read_assignment(course, options.assignment)
    students = _students(course, options)
    from course_admin.grading.job import run_job

    how = Options("none" if options.unsafe else options.sandbox, options.cuda)
    summary = engine.grade_class(
        course, assignment, students, run_job, _limits(options, course), how, options.jobs, options.dask, options.again
    )
    for student, reason in sorted(summary.look.items()):
        print(f"look at {student}: {reason}")
    print(summary.line(assignment.name))
    return _feedback(options) if options.feedback else 0
