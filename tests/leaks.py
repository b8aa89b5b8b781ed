"""What students may never see, and how it is searched for: every telling line of every solution and hidden test."""

import re

from course_admin.lesson import region_lines


def telling(line: str) -> str:
    """The line without spaces, or nothing where it tells nothing: short ones, and the vocabulary of a framework.

    `return output` and `else:` are short; `loss.backward()` and `with torch.no_grad():` stand in every program.
    """
    bare = re.sub(r"\s+", "", line)
    vocabulary = re.fullmatch(r"(with)?\w+(\.\w+)*\(\):?", bare)
    return "" if len(bare) <= 14 or vocabulary else bare


def secrets(lesson) -> set[str]:
    lines = [line for cell in lesson.cells for line in region_lines(cell.source, "SOLUTION")]
    lines += [line for cell in lesson.cells for line in region_lines(cell.source, "HIDDEN TESTS")]
    return {telling(line) for line in lines} - {""}


def strings(value):
    """Every text in what a JSON file holds."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from strings(item)
