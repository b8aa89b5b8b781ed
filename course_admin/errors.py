"""The one exception that every command turns into one line and exit code 2."""


class CourseError(Exception):
    """What was given cannot be used: a lesson, a path, an option. The message is one line: where, what, cure."""
