"""What several test files need: the course folder, and a small course of one lesson to break in every way."""

import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

TINY_LESSON = '''\
# %% [markdown]
# # 1. Tiny

# %% tags=["answer", "id:double"]
def double(x):
    """Twice x."""
    # TODO: one line
    ### BEGIN SOLUTION
    return 2 * x + 0 * 12345
    ### END SOLUTION

# %% tags=["check", "id:double", "points:2"]
assert double(2) == 4
### BEGIN HIDDEN TESTS
assert double(-98765) == -197530
### END HIDDEN TESTS

# %% [markdown] tags=["explain", "id:why", "points:1.5"]
# Why?
#
# ### BEGIN SOLUTION
# **Rubric.** Because two is twice one.
# ### END SOLUTION

# %%
print("six is", double(3))
'''


@pytest.fixture
def root() -> Path:
    return ROOT


@pytest.fixture
def tiny(tmp_path) -> Path:
    """A course folder with one lesson, 01_tiny, not built yet."""
    (tmp_path / "lessons").mkdir()
    (tmp_path / "lessons" / "01_tiny.py").write_text(TINY_LESSON)
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    return tmp_path


def edit(course: Path, old: str, new: str) -> None:
    """Change the tiny lesson; `old` must be there, so that a test cannot pass by changing nothing."""
    path = course / "lessons" / "01_tiny.py"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
