"""The agent as text: one module without imports of ours, put together from the files that run beside the answer."""

from pathlib import Path

HOME = "_course_agent"  # the agent's module in the student's process
EXPRESSION = f"__import__('sys').modules[{HOME!r}].ask({{!r}})"
SHARED_FILES = (
    *("torch_kinds.py", "specials.py", "aliases.py", "objects.py", "gradients.py", "wire.py"),
    *("live.py", "moving.py", "writeback.py"),
)
FILES = (
    *("moving.py", "names.py", "errors.py", "printing.py", "sharing.py", "keeping.py"),
    *("verbs.py", "tasks.py", "stubs.py", "agent.py"),
)


def own_text() -> str:
    """The files one after the other, each after those that it needs, without their imports of each other."""
    here = Path(__file__).parent
    paths = [*(here.parent / name for name in SHARED_FILES), *(here / name for name in FILES)]
    lines = [line for path in paths for line in path.read_text(encoding="utf-8").splitlines()]
    return "\n".join(line for line in lines if not line.startswith("from course_admin"))


def agent_source() -> str:
    """Python source that installs the agent, under the name HOME, in the process that runs it."""
    return f"""\
import sys, types
home = sys.modules[{HOME!r}] = types.ModuleType({HOME!r})
exec(compile({own_text()!r}, "<course agent>", "exec"), home.__dict__)
"""
