"""Grade a class: independent joblib tasks, one process that writes, and nothing done twice.

A submission is run again only when something a mark depends on has changed (status.key). Results are written as they
come and not kept, so memory does not grow with the class.
"""

import contextlib
import fcntl
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import joblib
from tqdm import tqdm

from course_admin.errors import CourseError
from course_admin.grading import status
from course_admin.grading.book import Book
from course_admin.grading.course import Course
from course_admin.grading.gathering import shown
from course_admin.grading.intake import read_submission
from course_admin.grading.records import Assignment, Limits, Options, Result, Submission
from course_admin.grading.writer import keep

RunJob = Callable[[Assignment, Submission, Limits, Options], Result]


@dataclass
class Summary:
    """How many were graded now, left as they were, refused; and why a person should look, by student."""

    graded: int = 0
    unchanged: int = 0
    refused: int = 0
    look: dict[str, str] = field(default_factory=dict)

    def line(self, assignment: str) -> str:
        counts = f"{self.graded} graded, {self.unchanged} unchanged, {self.refused} refused"
        return f"{assignment}: {counts}, {len(self.look)} to be looked at"


def grade_class(
    course: Course,
    assignment: Assignment,
    students: list[str],
    run_job: RunJob,
    limits: Limits | None = None,
    options: Options | None = None,
    jobs: int = 1,
    scheduler: str = "",
    again: bool = False,
) -> Summary:
    """Grade `students` on `jobs` threads, each with processes of its own, or on the cluster at `scheduler` (Dask)."""
    limits, options, summary = limits or Limits(), options or Options(), Summary()
    for student in [student for student in students if not student.isprintable()]:
        summary.refused += 1
        summary.look[shown(student)] = "the name of the folder is not text: rename it"
    students = [student for student in students if student.isprintable()]
    with _alone(course, assignment.name), contextlib.closing(Book(course, tqdm.write)) as book:
        work = _Work(course, assignment, limits, options, again, run_job, book.students(assignment.name))
        with _backend(jobs, scheduler, assignment), tqdm(total=len(students), unit="work", dynamic_ncols=True) as bar:
            results = joblib.Parallel(return_as="generator_unordered")(work.tasks(students))
            with contextlib.closing(results):
                for student, result in results:
                    told = _finish(work, book, student, result)
                    _count(summary, told, student, unchanged=result is None)
                    bar.set_postfix(refused=summary.refused, look=len(summary.look), refresh=False)
                    bar.update()
    return summary


def _finish(work: "_Work", book: Book, student: str, result: Result | str | None) -> dict[str, Any]:
    """What cannot be written (a full disk, a folder of somebody else) is told, and the class goes on."""
    try:
        return work.finish(book, student, result)
    except OSError as error:
        return {"refused": True, "flag": True, "reasons": [f"its marks could not be written: {error}"]}


def _count(summary: Summary, told: dict[str, Any], student: str, unchanged: bool) -> None:
    if unchanged:
        summary.unchanged += 1
    elif told.get("refused"):
        summary.refused += 1
    else:
        summary.graded += 1
    if told.get("flag"):
        reasons = told.get("reasons") or ["marked for review"]
        summary.look[student] = reasons[0] + (f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else "")


class _Work:
    """Reads submissions as workers ask for them, and remembers those that are under way, not more."""

    def __init__(self, course, assignment, limits, options, again, run_job, recorded):
        self.course, self.assignment, self.limits, self.options = course, assignment, limits, options
        self.again, self.run_job, self.recorded = again, run_job, recorded
        self.under_way: dict[str, tuple[Submission, str]] = {}
        exclude = course.app.config.get("Autograde", {}).get("exclude_overwriting", {})
        self.students_own = exclude.get(assignment.name, [])

    def tasks(self, students: list[str]) -> Iterator[Any]:
        for student in students:
            folder = self.course.path("submitted", student, self.assignment.name)
            submission = read_submission(folder, student, self.assignment, self.students_own)
            key = status.key(self.assignment, submission, self.limits, self.options)
            if not self.again and self._is_done(student, key):
                yield joblib.delayed(_nothing)(student)
                continue
            self.under_way[student] = submission, key
            if submission.refused:
                yield joblib.delayed(_refuse)(student)
            else:
                yield joblib.delayed(_grade)(self.run_job, self.assignment, submission, self.limits, self.options)

    def _is_done(self, student: str, key: str) -> bool:
        told = status.read(self.course.root, self.assignment.name, student)
        if told.get("key") != key or student not in self.recorded:
            return False
        folder = self.course.path("autograded", student, self.assignment.name)
        return bool(told.get("refused")) or folder.is_dir()

    def finish(self, book: Book, student: str, result: Result | str | None) -> dict[str, Any]:
        """Write what came; result: None for unchanged work, a text where nothing could be marked."""
        if result is None:
            return self._refresh(book, student)
        submission, key = self.under_way.pop(student)
        if isinstance(result, str):
            if result:  # the grader's own failure: said, and tried again next time
                submission, key = replace(submission, refused=result, review=True), ""
            result = None
        return keep(self.course, book, self.assignment, submission, result, key)

    def _refresh(self, book: Book, student: str) -> dict[str, Any]:
        """The due date, an extension or a mark by hand may have changed since."""
        name = self.assignment.name
        told = status.read(self.course.root, name, student)
        handed_in = self.course.timestamp(self.course.path("submitted", student, name))
        recorded = book.refresh(name, student, handed_in)
        if recorded is not None and (recorded.score, recorded.penalty) != (told["score"], told["late_penalty"]):
            told |= {"score": recorded.score, "late_penalty": recorded.penalty}
            status.write_status(self.course.root, name, student, told)
        return told


def _nothing(student: str) -> tuple[str, None]:
    return student, None


def _refuse(student: str) -> tuple[str, str]:
    return student, ""


def _grade(
    run_job: RunJob, assignment: Assignment, submission: Submission, limits: Limits, options: Options
) -> tuple[str, Result | str]:
    """In a worker. Only a CourseError (no sandbox here) ends the run."""
    try:
        return submission.student, run_job(assignment, submission, limits, options)
    except CourseError:
        raise
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        problem = f"{type(error).__name__} in {where.name}, line {where.lineno}: {error}"
        return submission.student, f"the grader itself failed, run it again and report this: {problem}"[:500]


@contextlib.contextmanager
def _backend(jobs: int, scheduler: str, assignment: Assignment) -> Iterator[None]:
    if not scheduler:
        with joblib.parallel_config(backend="threading", n_jobs=jobs):
            yield
        return
    try:
        import dask
        import distributed  # noqa: F401  (its import adds to dask's settings; leaving the `with` would take them away)

        with dask.config.set({"distributed.comm.timeouts.connect": "10s"}):
            cluster = joblib.parallel_config(backend="dask", scheduler_host=scheduler, scatter=[assignment])
    except (OSError, ValueError) as error:
        raise CourseError(f"no Dask scheduler answers at {scheduler}: start one with `dask scheduler`") from error
    except ImportError as error:
        raise CourseError("grading on a cluster needs the package distributed: pip install distributed") from error
    with cluster:
        yield


@contextlib.contextmanager
def _alone(course: Course, assignment: str) -> Iterator[None]:
    """Two runs over the same assignment would undo each other's work. The lock ends with the process, killed or not."""
    folder = status.folder(course.root, assignment)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CourseError(f"{assignment} is being graded already by another run; wait for it or stop it") from error
        for half in folder.glob(".*.part"):  # what a killed run was writing
            half.unlink()
        yield
