"""Fixtures for several test files."""

import shutil
from pathlib import Path

import pytest

import tiny_class
from course_admin.grading.course import Course, open_course
from support import ROOT, TINY_LESSON


@pytest.fixture
def tiny(tmp_path) -> Path:
    """A course folder with one lesson, 01_tiny, not built yet."""
    (tmp_path / "lessons").mkdir()
    (tmp_path / "lessons" / "01_tiny.py").write_text(TINY_LESSON)
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def released_course(tmp_path_factory) -> Path:
    """A course folder with tiny_class's assignment released; not to be written to (tiny_course is)."""
    folder = tmp_path_factory.mktemp("released")
    tiny_class.make_course(folder)
    return folder


@pytest.fixture
def tiny_course(released_course, tmp_path) -> Course:
    """A course of its own with tiny_class's assignment released and nothing handed in."""
    folder = tmp_path / "course"
    shutil.copytree(released_course, folder)
    return open_course(folder)
