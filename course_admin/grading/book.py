"""Marks into nbgrader's gradebook: one transaction a submission, marks given by hand kept, a lock waited for."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from course_admin.grading.course import Course
from course_admin.grading.late import Lateness
from course_admin.grading.matching import same
from course_admin.grading.records import Assignment, NotebookSpec, Result, SpecCell, Submission

NO_RESPONSE = "No response."  # nbgrader's word for an answer that was not touched


@dataclass(frozen=True)
class Recorded:
    """What stands in the gradebook. score: marks by hand included, penalty not taken off. points: per notebook."""

    score: float
    points: dict[str, dict[str, float]] = field(default_factory=dict)
    penalty: float = 0.0
    waits: bool = False


class Book:
    """An open gradebook. say: told once when another program holds it."""

    def __init__(self, course: Course, say: Callable[[str], None]):
        self._course, self._say, self._told = course, say, False
        self.lateness = Lateness(course)
        self._gradebook = self._patiently(course.gradebook)

    def close(self) -> None:
        self._gradebook.close()

    def students(self, assignment: str) -> set[str]:
        """Who has a row for this assignment."""
        from nbgrader import api

        def read() -> set[str]:
            with self._transaction() as db:
                rows = db.query(api.SubmittedAssignment.student_id).join(api.Assignment)
                return {id for (id,) in rows.filter(api.Assignment.name == assignment)}

        return self._patiently(read)

    def record(
        self,
        assignment: Assignment,
        submission: Submission,
        result: Result | None,
        handed_in: datetime | None,
        before: dict[str, dict[str, str]],
        flag: bool,
    ) -> Recorded:
        """Write one submission. result: None where it was refused. before: earlier answers by notebook and cell."""

        def write() -> Recorded:
            with self._transaction() as db:
                row = _submission_row(db, assignment.name, submission.student)
                row.timestamp = handed_in
                points, waits = {}, False
                for notebook in row.notebooks:
                    spec = next((spec for spec in assignment.notebooks if spec.name == notebook.name), None)
                    if spec is not None:
                        answers = _answers(submission, spec.name)
                        _set_grades(notebook, spec, answers, _marks(result, spec.name), before.get(spec.name, {}))
                        _set_comments(notebook, spec, answers)
                    notebook.flagged = flag
                    points[notebook.name] = {grade.cell.name: _score(grade) for grade in notebook.grades}
                    waits = waits or any(grade.needs_manual_grade for grade in notebook.grades)
                scores = {name: sum(cells.values()) for name, cells in points.items()}
                penalty = self.lateness.set_penalties(row, scores)
                return Recorded(sum(scores.values()), points, penalty, waits)

        return self._patiently(write)

    def refresh(self, assignment: str, student: str, handed_in: datetime | None) -> Recorded | None:
        """Time and penalty of work that is not run again; None where the gradebook does not have its marks."""

        def write() -> Recorded | None:
            with self._transaction() as db:
                row = _find_submission(db, assignment, student)
                grades = [grade for notebook in row.notebooks for grade in notebook.grades] if row else []
                if row is None or any(_is_open(grade) for grade in grades) or not row.notebooks:
                    return None
                if row.timestamp != handed_in:
                    row.timestamp = handed_in
                points = {
                    book.name: {grade.cell.name: _score(grade) for grade in book.grades} for book in row.notebooks
                }
                scores = {name: sum(cells.values()) for name, cells in points.items()}
                penalty = self.lateness.set_penalties(row, scores)
                return Recorded(sum(scores.values()), points, penalty, any(g.needs_manual_grade for g in grades))

        return self._patiently(write)

    @contextmanager
    def _transaction(self) -> Iterator[Any]:
        db = self._gradebook.db
        try:
            yield db
            db.commit()
        except BaseException:
            db.rollback()
            raise
        finally:
            db.remove()  # nothing is kept in memory from one submission to the next

    def _patiently(self, call: Callable[[], Any]) -> Any:
        """Call until no other program holds the gradebook; SQLite itself waits five seconds each time."""
        from sqlalchemy.exc import OperationalError

        while True:
            try:
                return call()
            except OperationalError as error:
                if "locked" not in str(error) and "busy" not in str(error):
                    raise
            if not self._told:
                self._say("the gradebook is in use by another program; waiting for it (no mark is lost)")
                self._told = True
            time.sleep(0.2)


def _find_submission(db, assignment: str, student: str):
    from nbgrader import api

    return (
        db.query(api.SubmittedAssignment)
        .join(api.Assignment, api.Assignment.id == api.SubmittedAssignment.assignment_id)
        .filter(api.Assignment.name == assignment, api.SubmittedAssignment.student_id == student)
        .one_or_none()
    )


def _submission_row(db, assignment: str, student: str):
    """The student's row, made with everything below it where it is new, as nbgrader's add_submission does."""
    from nbgrader import api

    if db.get(api.Student, student) is None:
        db.add(api.Student(id=student))
    row = _find_submission(db, assignment, student)
    if row is None:
        released = db.query(api.Assignment).filter(api.Assignment.name == assignment).one()
        row = api.SubmittedAssignment(assignment_id=released.id, student_id=student)
        db.add(row)
        for notebook in released.notebooks:
            db.add(api.SubmittedNotebook(notebook=notebook, assignment=row))
        db.flush()
    for notebook in row.notebooks:
        graded = {grade.cell_id for grade in notebook.grades}
        commented = {comment.cell_id for comment in notebook.comments}
        source = notebook.notebook
        for cell in [*source.grade_cells, *source.task_cells]:
            if cell.id not in graded:
                db.add(api.Grade(cell_id=cell.id, notebook=notebook))
        for cell in [*source.solution_cells, *source.task_cells]:
            if cell.id not in commented:
                db.add(api.Comment(cell_id=cell.id, notebook=notebook))
    db.flush()
    return row


def _answers(submission: Submission, notebook: str) -> dict[str, str] | None:
    """The sources of the student's cells; None where this notebook was not handed in."""
    for handed_in in submission.notebooks:
        if handed_in.name == notebook:
            return {cell.id: cell.source for cell in handed_in.cells if cell.id}
    return None


def _marks(result: Result | None, notebook: str) -> dict[str, float]:
    found = [part for part in result.notebooks if part.name == notebook] if result else []
    return {mark.id: mark.points for part in found for mark in part.marks}


def _set_grades(notebook, spec: NotebookSpec, answers: dict | None, marks: dict, before: dict[str, str]) -> None:
    cells = {cell.id: cell for cell in spec.cells}
    for grade in notebook.grades:
        cell = cells.get(grade.cell.name)
        if cell is None:
            continue
        if cell.kind == "test" or answers is None:
            auto = _within(marks.get(cell.id, 0.0), cell.points)
            look_again = grade.auto_score != auto
        else:
            auto = 0.0 if is_untouched(cell, answers.get(cell.id, cell.stub)) else None
            look_again = before.get(cell.id) != answers.get(cell.id)
        if grade.manual_score is None:
            grade.needs_manual_grade = auto is None
        else:  # points given by hand stay; where what they were given for has changed, formgrader asks again
            grade.needs_manual_grade = bool(grade.needs_manual_grade or look_again)
        grade.auto_score = auto


def is_untouched(cell: SpecCell, source: str) -> bool:
    """Whether an answer is as it was given; a task (a locked cell marked by hand) is answered elsewhere."""
    return not cell.locked and same(source, cell.stub)


def _within(points: float, most: float) -> float:
    return min(max(0.0, float(points)), most) if math.isfinite(points) else 0.0


def _set_comments(notebook, spec: NotebookSpec, answers: dict | None) -> None:
    cells = {cell.id: cell for cell in spec.cells}
    for comment in notebook.comments:
        cell = cells.get(comment.cell.name)
        if cell is not None:
            untouched = is_untouched(cell, (answers or {}).get(cell.id, cell.stub))
            comment.auto_comment = NO_RESPONSE if untouched else None


def _score(grade) -> float:
    """As nbgrader counts: the hand's mark before the machine's, and the extra credit."""
    machine = grade.auto_score or 0.0
    return (machine if grade.manual_score is None else grade.manual_score) + (grade.extra_credit or 0.0)


def _is_open(grade) -> bool:
    """Whether no mark was ever written: neither by the machine, nor left for the hand."""
    return grade.auto_score is None and not grade.needs_manual_grade and grade.manual_score is None
