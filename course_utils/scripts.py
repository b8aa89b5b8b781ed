"""Run a Python script as a command line would. Lesson 13 and its check run evaluation_tp.py with it."""

import os
import subprocess
import sys
from pathlib import Path


def run_script(path: str | Path, *arguments: str | Path, seconds: float = 600, **environment: str):
    """`python path arguments`, in the script's folder, with the course on its path; returns what came of it.

    The result has returncode, stdout and stderr (texts). environment: more variables for the script.
    Raises subprocess.TimeoutExpired after `seconds`.
    """
    path = Path(path).resolve()
    course = str(Path(__file__).resolve().parent.parent)
    where = os.pathsep.join(filter(None, [course, os.environ.get("PYTHONPATH")]))
    return subprocess.run(
        [sys.executable, str(path), *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=path.parent,
        env=os.environ | {"PYTHONPATH": where} | environment,
        timeout=seconds,
    )
