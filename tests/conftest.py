"""Fixtures for several test files."""

import shutil
from pathlib import Path

import pytest

from support import ROOT, TINY_LESSON


@pytest.fixture
def tiny(tmp_path) -> Path:
    """A course folder with one lesson, 01_tiny, not built yet."""
    (tmp_path / "lessons").mkdir()
    (tmp_path / "lessons" / "01_tiny.py").write_text(TINY_LESSON)
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    return tmp_path
