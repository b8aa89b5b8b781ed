"""Make the course's virtual environment, or see at once that it is up to date.

    python3 tools/setup_env.py --venv .venv --tools

`make lab`, `make test` and the other targets call this first. `make lab` leaves the tools of instructors and tests
out, so that a student waits less; the first other target adds them. It needs the standard library only, because it runs
before anything is installed, and its syntax stays old enough that a Python too old for the course can still say so.

The environment holds a stamp: what it was made from. The stamp is written last, so an interrupted install is seen
and done again. When pyproject.toml, constraints.txt, Python or the folder of the project changed, the environment is
made again; should that fail, the old one is put back. pip's own words go to a log beside the environment.
"""

import argparse
import fcntl
import hashlib
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys

from logged_run import SetupError, guarded, run, short

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OLDEST_PYTHON = (3, 11)
NEWEST_PYTHON = (3, 13)  # TensorFlow has no package for a newer one yet
OLDEST_PIP = (25, 1)  # the first pip that knows --group
SPACE_NEEDED = 5 * 10**9  # bytes: 3.7 GB installed without CUDA, and what pip unpacks meanwhile
STAMP = "course_env.json"
UNFINISHED = {"unfinished": True}
TOOLS = "tools"  # in the stamp: whether the packages of the group `dev` are there as well


def check_python(version=sys.version_info):
    """Stop with a cure when this Python is too old, too new, or lacks what a virtual environment needs."""
    if not OLDEST_PYTHON <= tuple(version[:2]) <= NEWEST_PYTHON:
        found = [name for name in ("python3.13", "python3.12", "python3.11") if answers(name)]
        cure = "run it with PYTHON=" + found[0] if found else "install Python 3.12 and run it with PYTHON=python3.12"
        raise SetupError(f"Python {version[0]}.{version[1]} does not fit, the course needs 3.11 to 3.13; {cure}")
    if importlib.util.find_spec("ensurepip") is None:
        raise SetupError("this Python has no ensurepip; install it whole (Debian, Ubuntu: apt install python3-venv)")


def answers(name):
    """Whether a command of this name runs (pyenv puts names on the path that do not)."""
    try:
        return subprocess.call([name, "--version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def wanted_stamp(root):
    """What the environment must have been made from: hashes of the two lists, Python, machine and folder."""
    stamp = {"python": "{}.{}".format(*sys.version_info), "machine": platform.machine(), "folder": root}
    for name in ("pyproject.toml", "constraints.txt"):
        with open(os.path.join(root, name), "rb") as file:
            stamp[name] = hashlib.sha256(file.read()).hexdigest()
    return stamp


def read_stamp(venv):
    """The environment's stamp; None where there is none that can be read."""
    try:
        with open(os.path.join(venv, STAMP)) as file:
            stamp = json.load(file)
    except (OSError, ValueError):
        return None
    return stamp if isinstance(stamp, dict) else None


def write_stamp(venv, stamp):
    """Write the stamp under a temporary name and move it, so that it is whole or not there."""
    path = os.path.join(venv, STAMP)
    with open(path + ".part", "w") as file:
        json.dump(stamp, file, indent=1, sort_keys=True)
    os.replace(path + ".part", path)


def reason_to_build(venv, wanted):
    """Why the environment must be made (one phrase), or None when it is up to date."""
    if not os.path.isdir(venv) or not os.listdir(venv):
        return "first use"
    stamp = read_stamp(venv)
    if stamp is None:
        raise SetupError(f"{venv} was not made by this command; remove it, or name another folder with VENV=")
    if stamp == UNFINISHED:
        return "the last install was interrupted"
    changed = sorted(key for key in wanted if stamp.get(key) != wanted[key])
    if changed:
        return "changed: " + ", ".join(changed)
    return None if os.path.exists(venv_python(venv)) else "its Python is gone"


def venv_python(venv):
    return os.path.join(venv, "bin", "python")


def lacks_tools(venv):
    return not (read_stamp(venv) or {}).get(TOOLS)


def ensure(venv, root=ROOT, tools=False):
    """Bring the environment up to date and say in one line what was done. Raises SetupError.

    tools: whether the packages of instructors and tests have to be there; where they are, they stay.
    """
    check_python()
    venv = os.path.realpath(os.path.expanduser(venv))
    try:
        wanted = wanted_stamp(root)
        if reason_to_build(venv, wanted) is None and not (tools and lacks_tools(venv)):
            say(f"{short(venv)} is up to date")
            return
        os.makedirs(os.path.dirname(venv), exist_ok=True)
        with open(venv + ".log", "a") as log:
            wait_for_turn(log, venv)
            reason = reason_to_build(venv, wanted)  # another make may have built it meanwhile
            if reason is not None:
                say(f"making {short(venv)} ({reason}), one to two minutes")
                rebuild(venv, root, wanted, log, tools or not lacks_tools(venv))
            elif tools and lacks_tools(venv):
                say(f"adding the tools of instructors and tests to {short(venv)}, less than a minute")
                add_packages(venv, root, log, tools)
                write_stamp(venv, dict(wanted, **{TOOLS: tools}))
    except OSError as error:
        raise SetupError(f"cannot make {short(venv)}: {error}; name another folder with VENV=") from error
    say(f"{short(venv)} is ready")


def say(text):
    print("environment: " + text, flush=True)


def wait_for_turn(log, venv):
    """Let one process at a time build an environment."""
    try:
        fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say(f"waiting for another make that builds {short(venv)}")
        fcntl.flock(log, fcntl.LOCK_EX)
    log.truncate(0)


def rebuild(venv, root, wanted, log, tools):
    """Make the environment from nothing; when that fails, put a working old one back."""
    old = venv + ".old"
    if read_stamp(venv) == UNFINISHED:
        shutil.rmtree(venv)
    elif read_stamp(venv) is not None:
        shutil.rmtree(old, ignore_errors=True)
        os.rename(venv, old)
    try:
        check_space(os.path.dirname(venv))
        install(venv, root, log, tools=tools)
        write_stamp(venv, dict(wanted, **{TOOLS: tools}))
    except BaseException:
        shutil.rmtree(venv, ignore_errors=True)
        if os.path.isdir(old):
            os.rename(old, venv)
            say(f"the old {short(venv)} was put back")
        raise
    shutil.rmtree(old, ignore_errors=True)


def check_space(folder):
    free = shutil.disk_usage(folder).free
    if free < SPACE_NEEDED:
        raise SetupError(
            f"only {free / 1e9:.1f} GB free in {folder}, the environment needs {SPACE_NEEDED / 1e9:.0f} GB; "
            "free some space or name another folder with VENV="
        )


def install(venv, root, log, constraints="constraints.txt", tools=True):
    """Make the virtual environment, bring pip up where it is too old, and install the course."""
    os.makedirs(venv, exist_ok=True)
    write_stamp(venv, UNFINISHED)
    run([sys.executable, "-m", "venv", venv], root, log)
    if pip_version(pip_of(venv)) < OLDEST_PIP:
        upgrade = ["install", "--upgrade", "--progress-bar=off", "pip>={}.{}".format(*OLDEST_PIP)]
        run(pip_of(venv) + upgrade, root, log)
    add_packages(venv, root, log, tools, constraints)


def add_packages(venv, root, log, tools, constraints="constraints.txt"):
    """Install the course and, with `tools`, the group `dev`. What is there already is left alone.

    Python compiles a module when it is first imported: most of what is installed never is, so pip need not.
    """
    group = ["--group", "dev"] if tools else []
    keep_to = ["-c", constraints] if constraints else []
    words = ["install", "--no-compile", "--progress-bar=off", "-e", "."]
    run(pip_of(venv) + words + group + keep_to, root, log)


def pip_of(venv):
    return [venv_python(venv), "-I", "-m", "pip", "--disable-pip-version-check", "--no-input"]


def pip_version(pip):
    """The version of a pip as numbers: 'pip 23.2.1 from ...' gives (23, 2)."""
    words = subprocess.check_output([*pip, "--version"], text=True).split()
    return tuple(int(part) for part in words[1].split(".")[:2])


def main():
    parser = argparse.ArgumentParser(description="Make the virtual environment of the course, or see that it is ready.")
    parser.add_argument("--venv", default=".venv", help="folder of the environment (default: .venv)")
    parser.add_argument("--tools", action="store_true", help="with the packages of instructors and tests")
    options = parser.parse_args()
    return guarded("setup", lambda: ensure(options.venv, tools=options.tools))


if __name__ == "__main__":
    sys.exit(main())
