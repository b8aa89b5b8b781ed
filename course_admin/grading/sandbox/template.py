"""KernelTemplate: one zygote for many kernels (zygote.py), owned by the process that grades a class."""

import atexit
import contextlib
import os
import queue
import shutil
import socket
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Any

from course_admin.grading.records import Limits

from . import bubblewrap, choose
from .environment import environment, packages
from .starting import python_words, start

PROGRAM = """
import os, sys
os.environ.update({environment!r})
for folder in ("HOME", "TMPDIR"):
    os.makedirs(os.environ[folder], exist_ok=True)
sys.path.insert(0, {code!r})
from sandbox import zygote
sys.path[:] = [path for path in sys.path if path != {code!r}] + {packages!r}
zygote.main({descriptor}, {level!r}, {shared!r}, {scratch!r}, {as_root!r}, {preload!r})
"""
START_SECONDS = 300  # torch and TensorFlow on a busy machine


class KernelTemplate:
    """A context manager. `address` names it for StudentKernel(template=...), also from other processes of this machine.

    Where no zygote can be had (a machine that lets nobody nest namespaces), `address` is "", `why` says so, and kernels
    start as processes of their own.
    """

    def __init__(self, preload: tuple[str, ...] = (), sandbox: str = "auto", cuda: bool = False) -> None:
        self.preload, self.level, self.cuda = preload, choose.level(sandbox), cuda
        self.address, self.why = "", ""

    def __enter__(self) -> "KernelTemplate":
        self.folder = Path(tempfile.mkdtemp(prefix="cz-", dir="/tmp"))
        self.folder.chmod(0o711)
        (self.folder / "p").mkdir(mode=0o755)
        for package in packages():
            (self.folder / "p" / package.name).symlink_to(package)
        self.engine, theirs = socket.socketpair()
        with theirs, (self.folder / "log").open("wb") as log:
            self.process = _start_for_long(self._command(theirs.fileno()), theirs, log)
        self.engine.settimeout(START_SECONDS)
        with contextlib.suppress(OSError):
            said = self.engine.recv(600).decode(errors="replace")
            if said == "ready\n":
                self.address = str(self.folder)
            else:
                self.why = said.strip() or (self.folder / "log").read_text(errors="replace")[-300:]
        return self

    def __exit__(self, *_: object) -> None:
        self.engine.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=5)
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _command(self, descriptor: int) -> list[str]:
        walled = self.level == "bubblewrap"
        as_root = choose.a_user_of_its_own() is not None
        scratch = bubblewrap.SCRATCH if walled else f"{self.folder}/w"
        program = PROGRAM.format(
            environment=environment(scratch, self.cuda),
            code=bubblewrap.INSIDE_CODE if walled else str(bubblewrap.CODE.parent),
            packages=[bubblewrap.INSIDE_PACKAGES if walled else f"{self.folder}/p"],
            descriptor=descriptor,
            level=self.level,
            shared=bubblewrap.SHARED_SOCKETS if walled else str(self.folder),
            scratch=scratch,
            as_root=as_root,
            preload=list(self.preload),
        )
        python = python_words(program, self.cuda)
        if not walled:
            return python
        size = Limits().scratch
        wall = bubblewrap.command(str(self.folder), packages(), size, as_root, self.cuda, bubblewrap.SHARED_SOCKETS)
        return [*wall, *python]


def _start_for_long(command: list[str], theirs: socket.socket, log: Any) -> subprocess.Popen:
    """Start from a thread that stays: bubblewrap's --die-with-parent means the thread, and a worker's may end early."""
    started: queue.Queue = queue.Queue()

    def run() -> None:
        try:
            process = start(command, theirs, log)
        except BaseException as error:
            started.put(error)
            return
        started.put(process)
        process.wait()

    threading.Thread(target=run, daemon=True, name="kernel template").start()
    process = started.get()
    if isinstance(process, BaseException):
        raise process
    return process


_shared: dict[tuple, KernelTemplate] = {}
_starting = threading.Lock()


def shared(preload: tuple[str, ...], sandbox: str, cuda: bool) -> str:
    """The address of this process's template for these modules, started at its first use, ended with the process."""
    key = (os.getpid(), preload, sandbox, cuda)
    with _starting:
        template = _shared.get(key)
        if template is None or template.process.poll() is not None:
            template = _shared[key] = KernelTemplate(preload, sandbox, cuda)
            atexit.register(_end, template, os.getpid())
            template.__enter__()
        return template.address


def _end(template: KernelTemplate, owner: int) -> None:
    if os.getpid() == owner:  # not in a child that was forked
        template.__exit__()
