"""What the source of a student's notebook says about the names that an answer uses."""

import pytest

from course_admin.grading.student_source import StudentSource


def used(*cells: str) -> set[str]:
    return StudentSource([(cell, True) for cell in cells]).names_used("f")


@pytest.mark.parametrize(
    "cells",
    [
        ["def f(x):\n    return np.convolve(x, x)"],
        ["from numpy import convolve as c, sum", "def f(x):\n    return c(x)"],
        ["import numpy\nslide = numpy.convolve", "def f(x):\n    return slide(x)"],
        ["def g(x):\n    return numpy.convolve(x)", "def f(x):\n    return g(x)"],
        ["def f(x):\n    from numpy import convolve\n    return convolve(x)"],
    ],
)
def test_a_use_is_found_where_it_stands_behind_an_alias_or_in_a_helper(cells):
    assert "convolve" in used(*cells)


def test_what_is_imported_beside_a_name_is_not_used_by_that():
    cells = ["from numpy import convolve, cumsum\nimport scipy, json", "def f(x):\n    return cumsum(json.loads(x))"]
    assert {"cumsum", "json", "loads"} <= used(*cells)
    assert not used(*cells) & {"convolve", "scipy"}
