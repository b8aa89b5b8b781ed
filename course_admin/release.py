"""The student version of a lesson, made by nbgrader's own generate step.

nbgrader cuts solution regions and hidden tests, locks cells and adds checksums. It runs here without its gradebook, in
a temporary course folder, under the configuration of nbgrader_config.py. docs/instructor-guide.md says when the
instructor runs the same step with the gradebook.
"""

import logging
import sys
import tempfile
from pathlib import Path

from course_admin.errors import CourseError
from course_admin.notebook import to_text, write

# nbgrader imports jsonschema's format checkers; one of them builds a grammar for two seconds and is not needed here.
sys.modules.setdefault("rfc3987_syntax", None)


def student_version(notebook, name: str, root: Path) -> str:
    """The text of notebooks/NAME/NAME.ipynb for the instructor notebook `notebook`."""
    from nbgrader.converters import GenerateAssignment
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import PyFileConfigLoader

    with tempfile.TemporaryDirectory() as folder:
        config = PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
        config.CourseDirectory.root = folder
        config.CourseDirectory.assignment_id = name
        config.GenerateAssignment.no_database = True
        config.SaveCells.enabled = False
        write(Path(folder) / "solutions" / name / f"{name}.ipynb", to_text(notebook))
        _require_the_lessons_markers(config)
        converter = GenerateAssignment(coursedir=CourseDirectory(config=config), config=config)
        converter.log, messages = _collecting_log()
        try:
            converter.start()
        except Exception as error:
            why = messages[0].strip().splitlines()[-1] if messages else error
            raise CourseError(f"solutions/{name}: nbgrader cannot make the student version: {why}") from error
        released = Path(folder) / "notebooks" / name / f"{name}.ipynb"
        return released.read_text(encoding="utf-8")


def _require_the_lessons_markers(config) -> None:
    """Raise CourseError where the configuration has others: solutions or hidden tests would reach students."""
    from nbgrader.preprocessors import ClearHiddenTests, ClearSolutions

    solutions, tests = ClearSolutions(config=config), ClearHiddenTests(config=config)
    used = {
        "### BEGIN SOLUTION": solutions.begin_solution_delimeter,
        "### END SOLUTION": solutions.end_solution_delimeter,
        "### BEGIN HIDDEN TESTS": tests.begin_test_delimeter,
        "### END HIDDEN TESTS": tests.end_test_delimeter,
    }
    for lessons, configured in used.items():
        if configured not in lessons:
            raise CourseError(
                f"nbgrader_config.py: lessons are marked {lessons!r}, nbgrader looks for {configured!r}: "
                "take the delimiters out of c.ClearSolutions and c.ClearHiddenTests"
            )


def _collecting_log() -> tuple[logging.Logger, list[str]]:
    """A log that prints nothing, and the list of errors that nbgrader wrote to it."""
    messages: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record):
            messages.append(record.getMessage())

    log = logging.Logger("course.release", level=logging.ERROR)
    log.addHandler(Collector())
    return log, messages
