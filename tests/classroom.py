"""A small class for tests: a course folder, archives as students make them, nbgrader and Jupyter as in real use."""

import csv
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import urllib.parse
import urllib.request
import zipfile
from contextlib import contextmanager, suppress
from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[1]
TOKEN = "for-this-test-only"
# `nbgrader`, but for a grammar that jsonschema builds for two seconds at every start and nbgrader never asks for
NBGRADER = "import sys; sys.modules['rfc3987_syntax'] = None; from nbgrader.apps.nbgraderapp import main; main()"


def make_course(folder: Path, lesson: str) -> None:
    """A course folder with one built lesson and nobody's marks."""
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    for built in ("solutions", "notebooks"):
        shutil.copytree(ROOT / built / lesson, folder / built / lesson)


def answered(notebook: Path, answers: dict[str, str], then=lambda cells: cells) -> str:
    """The text of `notebook` with new sources for some cells, by their id; `then` may change the list of cells."""
    content = nbformat.read(notebook, as_version=4)
    cells = {cell.id: cell for cell in content.cells}
    for id, source in answers.items():
        cells[id].source = source
    content.cells = then(content.cells)
    return nbformat.writes(content)


def write_zip(path: Path, members: dict[str, str]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)


def environment(folder: Path) -> dict[str, str]:
    """What an instructor's terminal has, without this machine's own Jupyter settings."""
    own = {"JUPYTER_CONFIG_DIR": str(folder / ".config"), "JUPYTER_RUNTIME_DIR": str(folder / ".runtime")}
    quick = {"COURSE_PROFILE": "quick", "COURSE_DEVICE": "cpu", "PYTHONPATH": str(ROOT)}
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return {**os.environ, **own, **quick, "PATH": path}


def nbgrader(folder: Path, *words: str) -> str:
    """Run `nbgrader WORDS` in the course folder and return what it says. Raises where it does not end well."""
    command = [sys.executable, "-c", NBGRADER, *words]
    done = subprocess.run(command, cwd=folder, env=environment(folder), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class Server:
    """A running Jupyter server; `get`, `put` and `post` return the body, JSON already read."""

    def __init__(self, address: str):
        self.address = address

    def _ask(self, method: str, path: str, body=None, form=None):
        url = self.address + urllib.parse.quote(path, safe="/?=&")
        request = urllib.request.Request(url, method=method, headers={"Authorization": f"token {TOKEN}"})
        if body is not None:
            request.data = json.dumps(body).encode()
        if form is not None:
            request.data = urllib.parse.urlencode(form).encode()
        with urllib.request.urlopen(request) as answer:
            text = answer.read().decode()
        try:
            return json.loads(text)
        except ValueError:
            return text

    def get(self, path: str):
        return self._ask("GET", path)

    def put(self, path: str, body: dict):
        return self._ask("PUT", path, body=body)

    def post(self, path: str, form: dict):
        return self._ask("POST", path, form=form)


@contextmanager
def jupyter_server(folder: Path, root_dir: Path):
    """A Jupyter server that runs in `folder` and shows `root_dir`, on a free port of this machine only."""
    words = ["--no-browser", "--ServerApp.ip=127.0.0.1", "--ServerApp.port=0", f"--IdentityProvider.token={TOKEN}"]
    if os.geteuid() == 0:
        words.append("--allow-root")
    log = folder / "server.log"
    with log.open("w", encoding="utf-8") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyter_server", *words, f"--ServerApp.root_dir={root_dir}"],
            cwd=folder,
            env=environment(folder),
            stdout=file,
            stderr=file,
        )
    try:
        yield Server(_address(process, log))
    finally:
        process.terminate()
        code = process.wait(timeout=60)
    assert code == 0, f"the server did not stop as it should: {log.read_text(encoding='utf-8')}"


def _address(process: subprocess.Popen, log: Path) -> str:
    """Where the server listens; waits until it does, and fails when it has ended before."""
    while not ((found := re.search(r"http://127\.0\.0\.1:(\d+)", log.read_text("utf-8"))) and _listens(int(found[1]))):
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.1)
            raise AssertionError(log.read_text(encoding="utf-8"))
    return found[0]


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
