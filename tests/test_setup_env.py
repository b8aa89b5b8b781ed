"""tools/setup_env.py run for real on a project without dependencies: seconds, and no network."""

import ast
import importlib.metadata
import os
import shutil
import signal
import socket
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import logged_run
import setup_env

TOOLS = Path(setup_env.__file__).parent
PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "tiny"
version = "1"
[dependency-groups]
dev = []
"""
# The smallest build backend: an editable wheel without files. With PAUSE set it tells a pipe, and waits to be killed.
BACKEND = """
import os, signal, zipfile
def build_editable(folder, config_settings=None, metadata_directory=None):
    if "PAUSE" in os.environ:
        open(os.environ["PAUSE"], "w").close()
        signal.pause()
    info = "tiny-1.dist-info/"
    with zipfile.ZipFile(os.path.join(folder, "tiny-1-py3-none-any.whl"), "w") as wheel:
        wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: tiny\\nVersion: 1\\n")
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(info + "RECORD", "")
    return "tiny-1-py3-none-any.whl"
"""


@pytest.fixture(scope="module")
def wheels(tmp_path_factory) -> Path:
    """A folder with this environment's pip as a wheel, for the new environments whose pip is too old."""
    folder = tmp_path_factory.mktemp("wheels")
    pip = importlib.metadata.distribution("pip")
    with zipfile.ZipFile(folder / f"pip-{pip.version}-py3-none-any.whl", "w") as wheel:
        for file in pip.files:
            if file.suffix != ".pyc" and ".." not in file.parts:
                wheel.write(file.locate(), str(file))
    return folder


class Project:
    """A tiny project with its own copy of tools/."""

    def __init__(self, folder: Path, wheels: Path):
        self.folder, self.venv = folder, folder / ".venv"
        shutil.copytree(TOOLS, folder / "tools", ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "pyproject.toml").write_text(PYPROJECT)
        (folder / "constraints.txt").write_text("# nothing\n")
        (folder / "backend.py").write_text(BACKEND)
        outside = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
        self.environ = {**outside, "PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels)}

    def start(self, *options: str, **environ: str) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "tools/setup_env.py", *(options or ["--tools"])],
            cwd=self.folder,
            env={**self.environ, **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def set_up(self, *options: str, **environ: str) -> tuple[int, str, str]:
        """Exit code, standard output and standard error of one run."""
        process = self.start(*options, **environ)
        out, err = process.communicate()
        return process.returncode, out, err

    def stop_while_installing(self, number: signal.Signals) -> tuple[int, str, str]:
        """Start the set-up, and send the whole group of processes a signal in the middle of pip's work."""
        pipe = self.folder / "pause"
        os.mkfifo(pipe)
        process = self.start(PAUSE=str(pipe))
        pipe.open().close()  # opens when the backend opens it too
        os.killpg(process.pid, number)
        out, err = process.communicate()
        pipe.unlink()
        return process.returncode, out, err

    def installed(self) -> str:
        command = [self.venv / "bin" / "python", "-I", "-m", "pip", "list", "--format=freeze", "--exclude=pip"]
        return subprocess.check_output([*command, "--exclude=setuptools"], text=True, env=self.environ).strip()


@pytest.fixture(scope="module")
def project(tmp_path_factory, wheels) -> Project:
    """A project whose first install was killed in the middle and done again."""
    made = Project(tmp_path_factory.mktemp("tiny"), wheels)
    code, _, _ = made.stop_while_installing(signal.SIGKILL)
    assert code == -signal.SIGKILL
    code, out, err = made.set_up()
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "environment: making .venv (the last install was interrupted), one to two minutes",
        "environment: .venv is ready",
    ]
    return made


def test_an_interrupted_install_is_done_again(project):
    assert project.installed() == "tiny==1"


def test_a_second_run_skips_and_says_so(project):
    before = (project.venv / setup_env.STAMP).stat().st_mtime_ns
    assert project.set_up() == (0, "environment: .venv is up to date\n", "")
    assert (project.venv / setup_env.STAMP).stat().st_mtime_ns == before


def test_a_rebuild_that_is_stopped_or_offline_puts_the_old_environment_back(project):
    # given an environment whose list of dependencies has changed
    list_before = (project.folder / "pyproject.toml").read_text()
    (project.folder / "pyproject.toml").write_text(list_before.replace("dev = []", 'dev = ["no-such-package"]'))
    # when the rebuild is stopped, and when the package index cannot be reached
    (project.venv / "kept").touch()
    stopped = project.stop_while_installing(signal.SIGTERM)
    with socket.socket() as closed:  # bound but not listening: connections are refused
        closed.bind(("127.0.0.1", 0))
        index = f"http://127.0.0.1:{closed.getsockname()[1]}/"
        offline = project.set_up(PIP_NO_INDEX="0", PIP_INDEX_URL=index, PIP_RETRIES="1")
    # then each says so in one line, and the old environment is there and still known to be stale
    making = "environment: making .venv (changed: pyproject.toml), one to two minutes\n"
    back = "environment: the old .venv was put back\n"
    assert stopped == (130, making + back, "setup: interrupted; the same command starts again\n")
    cause = "setup: no network: the package index could not be reached; go online and run it again"
    assert offline == (2, making + back, cause + " (the log: .venv.log)\n")
    assert "no-such-package" in (project.folder / ".venv.log").read_text()
    assert (project.venv / "kept").exists()
    assert project.installed() == "tiny==1"
    (project.folder / "pyproject.toml").write_text(list_before)
    assert project.set_up() == (0, "environment: .venv is up to date\n", "")


def test_a_changed_lock_rebuilds_from_nothing(project):
    (project.venv / "left over").touch()
    (project.folder / "constraints.txt").write_text("# changed\n")
    code, out, _ = project.set_up("--venv", ".venv")  # a student's: what was there as well is there again
    assert code == 0
    assert out.splitlines()[0] == "environment: making .venv (changed: constraints.txt), one to two minutes"
    assert not setup_env.lacks_tools(project.venv)
    assert not (project.venv / "left over").exists()
    assert project.installed() == "tiny==1"
    assert sorted(path.name for path in project.folder.glob(".venv*")) == [".venv", ".venv.log"]


def test_a_student_waits_for_no_tools_and_the_first_other_target_adds_them(tmp_path, wheels):
    # given a project with one package for instructors
    with zipfile.ZipFile(wheels / "extra-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("extra-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: extra\nVersion: 1\n")
        wheel.writestr("extra-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("extra-1.dist-info/RECORD", "")
    made = Project(tmp_path, wheels)
    (tmp_path / "pyproject.toml").write_text(PYPROJECT.replace("dev = []", 'dev = ["extra"]'))
    # when a student sets it up, then it is not there
    assert made.set_up("--venv", ".venv")[0] == 0
    assert made.installed() == "tiny==1"
    (made.venv / "kept").touch()
    # when a test is run, then it is added to what is there, once
    code, out, _ = made.set_up("--tools")
    adding = "environment: adding the tools of instructors and tests to .venv, less than a minute\n"
    assert (code, out) == (0, adding + "environment: .venv is ready\n")
    assert made.installed().splitlines() == ["extra==1", "tiny==1"]
    assert (made.venv / "kept").exists()
    for options in (["--tools"], ["--venv", ".venv"]):
        assert made.set_up(*options) == (0, "environment: .venv is up to date\n", "")


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="a disk of 10 MB is made with bubblewrap, which is not here")
def test_a_full_disk_is_told_in_one_line(tmp_path, wheels):
    made = Project(tmp_path, wheels)
    small = ["bwrap", "--dev-bind", "/", "/", "--size", "10000000", "--tmpfs", "/mnt"]
    command = [*small, sys.executable, "tools/setup_env.py", "--venv", "/mnt/venv"]
    done = subprocess.run(command, cwd=tmp_path, env=made.environ, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("setup: only 0.0 GB free in /mnt, the environment needs 5 GB; free some space or")
    assert done.stderr.count("\n") == 1
    # and where the space looks enough and then is not, not even the log can say so
    lenient = (tmp_path / "tools" / "setup_env.py").read_text().replace("SPACE_NEEDED = 5 * 10**9", "SPACE_NEEDED = 1")
    (tmp_path / "tools" / "setup_env.py").write_text(lenient)
    done = subprocess.run(command, cwd=tmp_path, env=made.environ, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("setup: the disk is full; free some space or name another with VENV= (the log: ")


WANTED = {"python": "3.11", "machine": "x86_64", "folder": "/course", "pyproject.toml": "a", "constraints.txt": "b"}


@pytest.mark.parametrize("key", WANTED)
def test_whatever_the_environment_was_made_from_is_a_reason_to_make_it_again(tmp_path, key):
    setup_env.write_stamp(tmp_path, {**WANTED, key: "other"})
    assert setup_env.reason_to_build(tmp_path, WANTED) == f"changed: {key}"


def test_an_environment_without_its_python_is_made_again(tmp_path):
    setup_env.write_stamp(tmp_path, WANTED)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(tmp_path / "uninstalled")
    assert setup_env.reason_to_build(tmp_path, WANTED) == "its Python is gone"


@pytest.mark.parametrize("stamp", [None, "half a fi", "[]"])
def test_a_folder_that_the_setup_did_not_make_is_never_removed(tmp_path, stamp):
    (tmp_path / "thesis.txt").write_text("mine")
    if stamp is not None:
        (tmp_path / setup_env.STAMP).write_text(stamp)
    with pytest.raises(logged_run.SetupError, match="was not made by this command; remove it, or name another"):
        setup_env.ensure(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_a_stamp_half_written_does_not_count(tmp_path):
    setup_env.write_stamp(tmp_path, WANTED)
    with pytest.raises(TypeError):  # in the middle of the file: the second value is nothing that JSON knows
        setup_env.write_stamp(tmp_path, {"a": 1, "b": object()})
    assert setup_env.read_stamp(tmp_path) == WANTED


@pytest.mark.parametrize("version", [(3, 6, 0), (3, 10, 9), (3, 14, 0)])
def test_a_python_that_does_not_fit_is_told_with_a_cure(monkeypatch, version):
    monkeypatch.setattr(setup_env, "answers", lambda name: name == "python3.12")
    with pytest.raises(logged_run.SetupError, match=r"^Python 3\.\d+ does not fit.*; run it with PYTHON=python3\.12$"):
        setup_env.check_python(version)


@pytest.mark.parametrize("tool", sorted(TOOLS.glob("*.py")), ids=lambda path: path.name)
def test_an_old_python_can_read_the_tools_at_least(tool):
    ast.parse(tool.read_text(), feature_version=(3, 6))


def test_too_little_space_is_told_before_anything_is_installed(tmp_path, monkeypatch):
    monkeypatch.setattr(setup_env, "SPACE_NEEDED", 10**18)
    with pytest.raises(logged_run.SetupError, match=r"^only .* GB free in .*; free some space or name another folder"):
        setup_env.ensure(tmp_path / "venv")
    assert not (tmp_path / "venv").exists()


def test_a_folder_that_cannot_be_written_is_told_in_one_line(tmp_path):
    (tmp_path / "file").touch()
    command = [sys.executable, TOOLS / "setup_env.py", "--venv", tmp_path / "file" / "venv"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "file" in done.stderr and "name another folder with VENV=" in done.stderr


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "the disk is full"),
        ("error: [Errno 13] Permission denied: '/opt/x'", "a folder cannot be written"),
        ("WARNING: Retrying ... NewConnectionError(...)\nERROR: No matching distribution found for x", "no network"),
        ("ERROR: No matching distribution found for tensorflow==2.21.0", "a package is not offered"),
        ("Collecting x\nERROR: something new\n\nhint: see above", "the install failed: ERROR: something new"),
    ],
)
def test_the_log_of_pip_is_read_for_the_cause(tmp_path, line, cause):
    (tmp_path / "log").write_text(line)
    assert logged_run.cause_of(tmp_path / "log").startswith(cause)
