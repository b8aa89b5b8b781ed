"""Write constraints.txt anew (`make lock`): install the newest versions that pyproject.toml admits, and note them.

    python3 tools/make_lock.py

To hold a package at a version, name a file that says so (`torch==2.13.0`) in PIP_CONSTRAINT, pip's own variable.
The list fits every machine: no local labels (`+cpu`), and nothing that only NVIDIA's build of torch brings, for
that build names its own exact versions. Run `make test` afterwards: the next one installs from the new list.
"""

import os
import re
import subprocess
import sys
import tempfile

import setup_env
from logged_run import guarded
from setup_env import ROOT

HEADER = "# The versions the course is tested with; every install keeps to them (pip -c). Written by: make lock\n"
CUDA_ONLY = re.compile(r"(nvidia|cuda|triton)\b")
PINNED = re.compile(r"[A-Za-z0-9._-]+==[^\s+]+")


def lock_lines(frozen):
    """The lines of constraints.txt from the output of `pip freeze`: sorted, without local labels."""
    pins = [match[0] for match in map(PINNED.match, frozen.splitlines()) if match]
    return sorted((pin for pin in pins if not CUDA_ONLY.match(pin)), key=str.lower)


def make_lock():
    setup_env.check_python()
    with tempfile.TemporaryDirectory() as folder:
        venv = os.path.join(folder, "venv")
        with open(os.path.join(ROOT, ".venv.lock.log"), "w") as log:
            print("lock: installing the newest versions that fit, one to two minutes", flush=True)
            setup_env.install(venv, ROOT, log, constraints=None)
        freeze = [setup_env.venv_python(venv), "-I", "-m", "pip", "freeze", "--all"]
        freeze += ["--exclude-editable", "--exclude", "pip"]
        pins = lock_lines(subprocess.check_output(freeze, text=True))
    path = os.path.join(ROOT, "constraints.txt")
    with open(path + ".part", "w") as file:
        file.write(HEADER + "\n".join(pins) + "\n")
    os.replace(path + ".part", path)
    print(f"lock: {len(pins)} versions in constraints.txt; now run: make test")


def main():
    return guarded("lock", make_lock)


if __name__ == "__main__":
    sys.exit(main())
