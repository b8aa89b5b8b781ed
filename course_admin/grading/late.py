"""What late work costs: nbgrader's own plugin decides, as in `nbgrader autograde`."""

from typing import Any

from course_admin.grading.course import Course


class Lateness:
    """The penalty that nbgrader_config.py asks for (c.AssignLatePenalties.plugin_class)."""

    def __init__(self, course: Course):
        from nbgrader.preprocessors import AssignLatePenalties

        self._assign = AssignLatePenalties(parent=course.app)
        self._assign.init_plugin()

    def seconds(self, submission: Any) -> float:
        """How late a row of the gradebook is, extensions counted; 0 without a due date or a time of handing in."""
        if submission.timestamp is None or submission.assignment.duedate is None:
            return 0.0
        return submission.total_seconds_late

    def set_penalties(self, submission: Any, scores: dict[str, float]) -> float:
        """Set the penalty of every notebook of a submission and return their sum. scores: by name of the notebook."""
        late, total = self.seconds(submission), 0.0
        for notebook in submission.notebooks:
            penalty = None
            if late > 0:
                score = scores[notebook.name]
                penalty = self._assign.plugin_inst.late_submission_penalty(submission.student.id, score, late)
                if penalty is not None:
                    penalty = min(max(0.0, float(penalty)), score)
            if notebook.late_submission_penalty != penalty:
                notebook.late_submission_penalty = penalty
            total += penalty or 0.0
        return total
