"""How long a student waits from a fresh clone to the first check that passes, and for what.

    python3 tools/first_minutes.py

Clones the course into a temporary folder, sets up the environment as `make lab` does (packages come from pip's cache
where they are in it), starts JupyterLab as `make lab` does, opens lesson 00 in a kernel, answers the first exercise
and runs its check. Prints the seconds of each part. Run it on a quiet machine; the goal is 60 seconds.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request

from setup_env import ROOT

# Runs in the new environment: the first cells of lesson 00 up to its first check, answered as the lesson would.
CHECK = """
import os, sys, tempfile
import nbformat
from nbclient import NotebookClient

given = nbformat.read("notebooks/00_start_here/00_start_here.ipynb", as_version=4)
answers = {cell.id: cell.source for cell in nbformat.read("solutions/00_start_here/00_start_here.ipynb", 4).cells}
number = next(n for n, cell in enumerate(given.cells) if cell.id.startswith("check-"))
given.cells = given.cells[: number + 1]
for cell in given.cells:
    if cell.id.startswith("answer-"):
        cell.source = answers[cell.id]
NotebookClient(given, timeout=600, resources={"metadata": {"path": os.getcwd()}}).execute()
print("".join(output.text for output in given.cells[number].outputs))
"""


class Clock:
    def __init__(self):
        self.started, self.parts = time.perf_counter(), []

    def part(self, name):
        now = time.perf_counter()
        self.parts.append((name, now - self.started - sum(seconds for _, seconds in self.parts)))
        print("{:50s} {:6.1f} s".format(*self.parts[-1]), flush=True)


def lab_answers(folder, venv):
    """Start JupyterLab on a free port, wait until its page has come, and stop it."""
    code = "import start_lab, sys; print(*start_lab.command(sys.argv[1], 0, True), sep='\\n')"
    asked = [sys.executable, "-c", code, venv]
    words = subprocess.check_output(asked, cwd=os.path.join(folder, "tools"), text=True).splitlines()
    process = subprocess.Popen(words, cwd=folder, stderr=subprocess.PIPE, text=True)
    try:
        address = next(
            found for found in (re.search(r"http://127\S+\?token=\w+", line) for line in process.stderr) if found
        )
        deadline = time.monotonic() + 120
        while True:
            try:
                urllib.request.urlopen(address[0]).read()
                return
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
    finally:
        process.terminate()
        process.communicate()


def main():
    parser = argparse.ArgumentParser(description="Measure what a student waits for, from a clone to the first check.")
    parser.parse_args()
    with tempfile.TemporaryDirectory() as base:
        folder, venv = os.path.join(base, "course"), os.path.join(base, "course", ".venv")
        clock = Clock()
        subprocess.check_call(["git", "clone", "--quiet", "--depth=1", "file://" + ROOT, folder])
        clock.part("clone")
        subprocess.check_call([sys.executable, "tools/setup_env.py", "--venv", venv], cwd=folder)
        clock.part("environment, without the tools of instructors")
        lab_answers(folder, venv)
        clock.part("JupyterLab, until its page is there")
        said = subprocess.check_output([os.path.join(venv, "bin", "python"), "-c", CHECK], cwd=folder, text=True)
        clock.part("kernel, imports, cells up to the first check")
        if "visible checks passed" not in said:
            sys.exit("first_minutes: the check did not pass: " + said)
    print("{:50s} {:6.1f} s".format("from a clone to the first check that passes", sum(s for _, s in clock.parts)))


if __name__ == "__main__":
    main()
