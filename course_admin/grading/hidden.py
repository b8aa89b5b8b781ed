"""Hidden tests: which lines of a test students are not given, by the markers that the course has chosen."""

from typing import Any

from course_admin.errors import CourseError

BEGIN, END = "BEGIN HIDDEN TESTS", "END HIDDEN TESTS"  # nbgrader's own


def markers(config: Any) -> tuple[str, str]:
    """What c.ClearHiddenTests of nbgrader_config.py says. config: traitlets' Config. Raises CourseError."""
    from nbgrader.preprocessors import ClearHiddenTests
    from traitlets import TraitError

    try:
        tool = ClearHiddenTests(config=config)
    except TraitError as error:
        raise CourseError(f"nbgrader_config.py: c.ClearHiddenTests cannot be used: {error}") from error
    return tool.begin_test_delimeter, tool.end_test_delimeter


def hidden_lines(source: str, begin: str = BEGIN, end: str = END) -> set[int]:
    """The numbers of the lines from `begin` to `end`, these two included, as nbgrader cuts them; lines count from 1."""
    found, inside = set(), False
    for number, line in enumerate(source.split("\n"), start=1):
        begins = begin in line
        inside = inside or begins
        if inside:
            found.add(number)
        inside = inside and (begins or end not in line)
    return found
