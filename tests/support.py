"""What several test files share: the course folder, and a small lesson to break in every way."""

from pathlib import Path

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


def edit(course: Path, old: str, new: str) -> None:
    """Change the tiny lesson; `old` must be there, so that a test cannot pass by changing nothing."""
    path = course / "lessons" / "01_tiny.py"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
