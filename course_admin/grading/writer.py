"""Keep what grading a submission gave: the gradebook first, then autograded/, and last the status file.

Whoever is killed in between leaves no status file, or an old one, and the submission is simply graded again.
"""

from datetime import UTC, datetime
from typing import Any

from course_admin.grading import status
from course_admin.grading.autograded import earlier_answers, remove_folder, write_folder
from course_admin.grading.book import Book, Recorded
from course_admin.grading.course import Course
from course_admin.grading.reading import plain
from course_admin.grading.records import Assignment, Mark, Result, Submission


def keep(
    course: Course,
    book: Book,
    assignment: Assignment,
    submission: Submission,
    result: Result | None,
    key: str,
) -> dict[str, Any]:
    """Write one submission everywhere; returns its status. result: None where the submission was refused."""
    student = submission.student
    handed_in = course.timestamp(course.path("submitted", student, assignment.name))
    reasons = [submission.refused] if submission.refused else []
    reasons += [*submission.notes, *(result.reasons if result else ())]
    flag = bool(submission.refused or submission.review or (result and result.review))
    before = earlier_answers(course, student, assignment)
    recorded = book.record(assignment, submission, result, handed_in, before, flag)
    if result is None:
        remove_folder(course, assignment.name, student)
    else:
        write_folder(course, assignment, submission, result, handed_in)
    told = _status(assignment, submission, result, recorded)
    told |= {"flag": flag, "reasons": list(dict.fromkeys(reasons)), "key": key}
    status.write(course.root, assignment.name, student, told, _log(told, result))
    return told


def _status(
    assignment: Assignment, submission: Submission, result: Result | None, recorded: Recorded
) -> dict[str, Any]:
    now = datetime.now(UTC).timestamp()
    started = result.started if result and result.started else now
    return {
        "student": submission.student,
        "assignment": assignment.name,
        "score": recorded.score,
        "max_score": assignment.max_score,
        "late_penalty": recorded.penalty,
        "refused": bool(submission.refused),
        "needs_manual_grade": recorded.waits,
        "sandbox": result.sandbox if result else "",
        "points": points_by_exercise(assignment, recorded),
        "messages": _messages(assignment, result),
        "seconds": round(result.seconds, 3) if result else 0.0,
        "started": _clock(started),
        "finished": _clock(started + (result.seconds if result else 0.0)),
    }


def points_by_exercise(assignment: Assignment, recorded: Recorded) -> dict[str, float]:
    """Points by the id of the check or question; with the notebook's name before it where there are several."""
    several = len(assignment.notebooks) > 1
    return {
        f"{notebook.name}/{cell.id}" if several else cell.id: recorded.points.get(notebook.name, {}).get(cell.id, 0.0)
        for notebook in assignment.notebooks
        for cell in notebook.cells
        if cell.kind in ("test", "manual")
    }


def _messages(assignment: Assignment, result: Result | None) -> dict[str, str]:
    """What failed checks say to the student, by the same ids as the points."""
    several = len(assignment.notebooks) > 1
    return {
        f"{notebook.name}/{mark.id}" if several else mark.id: plain(_message(mark))
        for notebook in (result.notebooks if result else ())
        for mark in notebook.marks
        if not mark.passed
    }


def _message(mark: Mark) -> str:
    return mark.hint if mark.hidden else mark.message


def _clock(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def _log(told: dict[str, Any], result: Result | None) -> str:
    lines = [f"{told['student']}, {told['assignment']}: {told['score']:g} of {told['max_score']:g} points"]
    lines += [f"started {told['started']}, {told['seconds']} s, sandbox: {told['sandbox'] or 'not needed'}"]
    lines += [f"look: {reason}" for reason in told["reasons"]]
    for notebook in result.notebooks if result else ():
        for mark in notebook.marks:
            lines.append(
                f"{notebook.name}/{mark.id}: {mark.points:g} of {mark.max_points:g}  {_message(mark)}".rstrip()
            )
    return "\n".join([*lines, "", result.log if result else ""])
