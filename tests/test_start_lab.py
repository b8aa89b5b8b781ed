"""`make lab`: the port is checked first, and the JupyterLab that starts can validate a notebook."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import nbformat.v4 as notebooks
import pytest

import start_lab
from logged_run import SetupError

ROOT = Path(start_lab.ROOT)


def make(*words: str, **environ: str) -> subprocess.CompletedProcess:
    """Run make as from a fresh terminal."""
    outside = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    return subprocess.run(["make", "-C", ROOT, "-s", *words], env=outside | environ, capture_output=True, text=True)


def test_python_keeps_what_it_compiled_also_where_the_container_forbids_it(tmp_path):
    # given a container whose image sets PYTHONDONTWRITEBYTECODE, and a Python that shows what it gets of that
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\necho "[$PYTHONDONTWRITEBYTECODE]"\n')
    python.chmod(0o755)
    # when, then
    assert make("env", f"PYTHON={python}", PYTHONDONTWRITEBYTECODE="1").stdout == "[]\n"


@pytest.fixture
def busy():
    """A port of localhost on which somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_help_is_what_make_does_by_default():
    assert make().stdout.startswith("make lab ")


def test_a_busy_port_is_told_at_once_with_a_free_one(busy, tmp_path):
    done = make("lab", f"PORT={busy}", f"VENV={tmp_path / 'venv'}", f"PYTHON={sys.executable}")
    assert done.returncode == 2
    line = done.stderr.splitlines()[0]  # make itself adds one that names the target
    found = re.fullmatch(rf"lab: port {busy} is taken or forbidden; try PORT=(\d+)", line)
    assert start_lab.is_free(int(found[1]))
    assert not (tmp_path / "venv").exists()


@pytest.mark.parametrize("port", ["", "abc", "0", "65536", "-1", "88 88"])
def test_a_port_that_is_none_is_told(port):
    with pytest.raises(SetupError, match=r"is no port; give a number from 1 to 65535"):
        start_lab.free_port(port)


def test_a_port_that_was_just_left_is_free(busy):
    client = socket.create_connection(("127.0.0.1", busy))
    client.close()
    assert not start_lab.is_free(busy)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert start_lab.is_free(port)


def test_a_python_that_is_not_there_is_told():
    done = make("env", "PYTHON=no-such-python")
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == "make: no no-such-python here; install Python 3.12, or name one with PYTHON="


def test_a_browser_is_kept_shut_only_on_request():
    assert "--no-browser" in start_lab.command("/venv", 8888, True)
    assert "--no-browser" not in start_lab.command("/venv", 8888, False)
    assert "--no-browser" in make("-n", "lab", "BROWSER=no").stdout
    assert "--no-browser" not in make("-n", "lab", BROWSER="firefox").stdout


@pytest.fixture
def course(tmp_path, monkeypatch) -> Path:
    """A course folder with one released notebook whose only answer is still missing."""
    folder = tmp_path / "notebooks" / "00_try"
    folder.mkdir(parents=True)
    marks = {"schema_version": 3, "locked": False, "solution": False, "grade": False, "task": False}
    answer = notebooks.new_code_cell("def one():\n    raise NotImplementedError")
    answer.metadata["nbgrader"] = {**marks, "grade_id": "one", "solution": True}
    check = notebooks.new_code_cell("assert one() == 1")
    check.metadata["nbgrader"] = {**marks, "grade_id": "check_one", "grade": True, "locked": True, "points": 1}
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = notebooks.new_notebook(cells=[answer, check], metadata=kernel)
    (folder / "00_try.ipynb").write_text(notebooks.writes(notebook))
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    monkeypatch.setattr(start_lab, "ROOT", str(tmp_path))
    return tmp_path


def answers(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def lab(course):
    """The address of a running JupyterLab on that course, with its token."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    environ = {**os.environ, "HOME": str(course), "JUPYTER_RUNTIME_DIR": str(course / "runtime")}
    words = start_lab.command(sys.prefix, port, no_browser=True)
    process = subprocess.Popen(words, cwd=course, env=environ, stderr=subprocess.PIPE, text=True)
    try:
        lines = iter(process.stderr.readline, "")
        address = next(found for found in (re.search(r"http://127\S+\?token=\w+", line) for line in lines) if found)[0]
        while not answers(port) and process.poll() is None:
            pass  # Jupyter prints its address a moment before it listens
        yield address
    finally:
        process.terminate()
        process.communicate()


def test_the_lab_opens_on_notebooks_and_its_validate_button_works(lab):
    # given JupyterLab as `make lab` starts it, when its printed address is opened
    assert re.search(r"/lab/tree/notebooks\?token=", lab)
    with urllib.request.urlopen(lab) as answer:
        page = answer.read().decode()
    # then the page is there with nbgrader's own part of it
    assert "@jupyter/nbgrader" in page
    # and the Validate button's request finds the unanswered exercise
    address, token = lab.replace("/lab/tree/notebooks", "/assignments/validate").split("?token=")
    request = urllib.request.Request(address, json.dumps({"path": "notebooks/00_try/00_try.ipynb"}).encode())
    request.add_header("Authorization", f"token {token}")
    with urllib.request.urlopen(request) as answer:
        verdict = json.load(answer)
    assert verdict["success"]
    assert [failed["source"] for failed in verdict["value"]["failed"]] == ["assert one() == 1"]
    assert "NotImplementedError" in verdict["value"]["failed"][0]["raw_error"]
