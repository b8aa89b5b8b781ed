"""Run a command with its output in a log, and tell a failure in one line with its cure.

Standard library only, and old syntax, for the reason given in setup_env.py.
"""

import os
import shutil
import signal
import subprocess
import sys

FULL_DISK = "the disk is full; free some space or name another with VENV="
LEFT_ON_A_FULL_DISK = 2 * 10**6  # bytes: less than the file that did not fit
# What pip's log says, and what that means for the reader. The first match wins.
CAUSES = [
    (("No space left on device", "Disk quota exceeded"), FULL_DISK),
    (("Permission denied", "Read-only file system"), "a folder cannot be written; run it where you own the files"),
    (
        (
            "Failed to establish a new connection",
            "NewConnectionError",
            "Temporary failure in name resolution",
            "Name or service not known",
            "Network is unreachable",
            "Connection refused",
            "ConnectTimeoutError",
            "ReadTimeoutError",
            "ProxyError",
        ),
        "no network: the package index could not be reached; go online and run it again",
    ),
    (
        ("No matching distribution found", "ResolutionImpossible"),
        "a package is not offered for this Python or machine; try PYTHON=python3.12, or conda with environment.yml",
    ),
]


class SetupError(Exception):
    """A failure told in one line: what went wrong and the cure."""


def run(command, root, log):
    """Run a command with its output in the log, with a sign of life on a terminal. Raises SetupError on failure."""
    process = subprocess.Popen(command, cwd=root, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
    seconds = 0
    try:
        while True:
            try:
                status = process.wait(timeout=1)
                break
            except subprocess.TimeoutExpired:
                seconds += 1
                show(f"  {seconds} s  {stage(log.name)}")
    except BaseException:
        process.terminate()
        process.wait()
        raise
    finally:
        show("")
    if status:
        raise SetupError(f"{cause_of(log.name)} (the log: {short(log.name)})")


def show(text):
    """Overwrite the last line of a terminal; write nothing where the output goes to a file."""
    if sys.stdout.isatty():
        width = shutil.get_terminal_size().columns - 1
        sys.stdout.write("\r\033[K" + text[:width])
        sys.stdout.flush()


def stage(path):
    """What pip is doing now: the last line of its log that says so."""
    lines = [line.strip() for line in read_log(path).splitlines()]
    stages = [line for line in lines if line.startswith(("Collecting", "Downloading", "Building", "Installing"))]
    return stages[-1] if stages else ""


def read_log(path):
    with open(path, errors="replace") as file:
        return file.read()


def cause_of(path):
    """The likely cause of a failed install: a phrase with its cure, read from pip's log."""
    text = read_log(path)
    for signs, cause in CAUSES:
        if any(sign in text for sign in signs):
            return cause
    if shutil.disk_usage(os.path.dirname(os.path.abspath(path))).free < LEFT_ON_A_FULL_DISK:
        return FULL_DISK  # the log could not be written either
    lines = [line.strip() for line in text.splitlines()]
    errors = [line for line in lines if "error" in line.lower()]
    return "the install failed: " + "".join(errors[-1:] or lines[-1:])


def short(path):
    """The path as the reader knows it: relative where it lies under the working folder."""
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative


def guarded(name, work):
    """Run a command's work and return its exit code: a failure is one line and 2, an interruption one line and 130."""
    for number in (signal.SIGTERM, signal.SIGHUP):  # a closed terminal leaves nothing half-made either
        signal.signal(number, interrupt)
    try:
        work()
    except SetupError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"{name}: interrupted; the same command starts again", file=sys.stderr)
        return 130
    return 0


def interrupt(number, frame):
    raise KeyboardInterrupt
