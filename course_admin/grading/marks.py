"""Marks as CSV: for reading, with a column per exercise, or for Moodle. Properly quoted, safe in a spreadsheet."""

import csv
import io
from pathlib import Path
from typing import Any

from course_admin.errors import CourseError
from course_admin.grading import status
from course_admin.grading.course import Course

PLAIN = ("assignment", "student_id", "last_name", "first_name", "email", "duedate", "timestamp", "raw_score")
PLAIN += ("late_submission_penalty", "score", "max_score", "needs_manual_grade", "flag")
MOODLE = ("ID number", "First name", "Surname", "Email address")
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_marks(course: Course, names: list[str], to: Path, moodle: bool = False) -> int:
    """Write the marks of the assignments `names` (of all where it is empty) and return the number of rows."""
    with course.gradebook() as gradebook:
        known = [assignment.name for assignment in gradebook.assignments]
        if missing := [name for name in names if name not in known]:
            raise CourseError(f"no assignment {missing[0]} in the gradebook; there are: {', '.join(known) or 'none'}")
        if not known:
            raise CourseError("the gradebook has no assignment: run `nbgrader generate_assignment NAME` first")
        chosen = [assignment for assignment in gradebook.assignments if not names or assignment.name in names]
        rows = _moodle(gradebook, chosen) if moodle else _plain(course, gradebook, chosen)
    fields = list(dict.fromkeys(field for row in rows for field in row)) or list(MOODLE if moodle else PLAIN)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, fields, restval="")
    writer.writerow({field: harmless(field) for field in fields})
    writer.writerows({field: harmless(value) for field, value in row.items()} for row in rows)
    status.replace(to, text.getvalue().encode("utf-8", "replace"))
    return len(rows)


def harmless(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula is given an apostrophe; numbers stay numbers."""
    if value is None:
        return ""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def _submission(gradebook: Any, assignment: str, student: str) -> Any | None:
    from nbgrader.api import MissingEntry

    try:
        return gradebook.find_submission(assignment, student)
    except MissingEntry:
        return None


def _plain(course: Course, gradebook: Any, assignments: list) -> list[dict[str, Any]]:
    rows = []
    for assignment in assignments:
        for student in gradebook.students:
            row = {field: "" for field in PLAIN} | _who(assignment, student)
            submission = _submission(gradebook, assignment.name, student.id)
            if submission is not None:
                penalty = submission.late_submission_penalty or 0.0
                row |= {
                    "timestamp": str(submission.timestamp or ""),
                    "raw_score": submission.score,
                    "late_submission_penalty": penalty,
                    "score": max(0.0, submission.score - penalty),
                    "needs_manual_grade": "yes" if submission.needs_manual_grade else "no",
                    "flag": "yes" if status.read(course.root, assignment.name, student.id).get("flag") else "no",
                }
            if len(assignments) == 1:
                row |= _exercises(assignment, submission)
            rows.append(row)
    return rows


def _who(assignment: Any, student: Any) -> dict[str, Any]:
    return {
        "assignment": assignment.name,
        "student_id": student.id,
        "last_name": student.last_name,
        "first_name": student.first_name,
        "email": student.email,
        "duedate": str(assignment.duedate or ""),
        "raw_score": 0.0,
        "late_submission_penalty": 0.0,
        "score": 0.0,
        "max_score": assignment.max_score,
    }


def _exercises(assignment: Any, submission: Any | None) -> dict[str, Any]:
    """Points by the id of the check or question, with the notebook's name before it where there are several."""
    several = len(assignment.notebooks) > 1
    cells = [
        (notebook.name, cell.name)
        for notebook in assignment.notebooks
        for cell in [*notebook.grade_cells, *notebook.task_cells]
    ]
    scores = {
        (notebook.name, grade.name): grade.score
        for notebook in (submission.notebooks if submission else ())
        for grade in notebook.grades
    }
    return {f"{book}/{cell}" if several else cell: scores.get((book, cell), 0.0) for book, cell in cells}


def _moodle(gradebook: Any, assignments: list) -> list[dict[str, Any]]:
    """One row a student, one column an assignment; empty (Moodle leaves it alone) where nothing was handed in."""
    rows = []
    for student in gradebook.students:
        who = (student.lms_user_id or student.id, student.first_name, student.last_name, student.email)
        row: dict[str, Any] = dict(zip(MOODLE, who, strict=True))
        for assignment in assignments:
            submission = _submission(gradebook, assignment.name, student.id)
            penalty = (submission.late_submission_penalty or 0.0) if submission else 0.0
            row[assignment.name] = max(0.0, submission.score - penalty) if submission else ""
        rows.append(row)
    return rows
