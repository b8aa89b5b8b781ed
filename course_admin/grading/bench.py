"""Processes of our own in which tests run: one for each test, forked from one that has the imports loaded.

Torch and TensorFlow take seconds to import and a fork takes milliseconds. The process that forks is started as a
program of its own, single-threaded, so that it may fork whatever engine the grader runs on (threads, loky, Dask).

    grader --- control socket ---> bench (imports, forks) ---> judge of one test
       \\_______________________ a socket for each judge ____________/
"""

import atexit
import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from course_admin.grading.framing import receive, send
from course_admin.grading.wire import decode, encode

START_SECONDS = 180  # a busy machine may take long to import TensorFlow
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
SETTINGS = {**ONE_THREAD, "TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}


class TestTrouble(Exception):
    """The test gave no verdict: it took too long, or its process or the student's ended. hidden: where it was."""

    __test__ = False  # pytest takes the name for a test's

    def __init__(self, why: str, hidden: bool = False):
        super().__init__(why)
        self.hidden = hidden


class Bench:
    """The grader's side: starts judges and talks with them. `modules` are imported once, those that can be.

    cuda: tests see the GPU, as students' kernels do; otherwise neither does.
    """

    def __init__(self, modules: tuple[str, ...] = (), cuda: bool = False):
        self.lock = threading.Lock()
        self.folder = tempfile.TemporaryDirectory(prefix="course-bench-")
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        root = str(Path(__file__).resolve().parents[2])
        paths = [root, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
        environment = SETTINGS | os.environ | {"PYTHONPATH": os.pathsep.join(paths), "MPLBACKEND": "Agg"}
        environment |= {} if cuda else {"CUDA_VISIBLE_DEVICES": ""}
        program = "course_admin.grading.bench_process"
        command = [sys.executable, "-P", "-m", program, str(theirs.fileno()), json.dumps(modules)]
        with theirs, open(os.path.join(self.folder.name, "log"), "wb") as log:
            self.process = subprocess.Popen(
                command,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                cwd=self.folder.name,
                start_new_session=True,
            )
        self.control = ours
        ours.settimeout(START_SECONDS)

    def close(self) -> None:
        self.control.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        self.process.kill()
        self.process.wait()
        self.folder.cleanup()

    def judge(self, case: dict[str, Any], answer: Callable[[bytes, float], bytes], seconds: float) -> dict[str, Any]:
        """The verdict of judge.judge on `case`; `answer(request, seconds)` asks the student's process.

        case may hold "files", a folder whose files lie beside the test. Raises TestTrouble.
        """
        with tempfile.TemporaryDirectory(dir=self.folder.name) as place:
            for path in sorted(Path(case["files"]).iterdir()) if case.get("files") else ():
                os.symlink(path, os.path.join(place, path.name))
            ours, theirs = socket.socketpair()
            with ours:
                with theirs:
                    process = int(self._tell(b"fork " + place.encode(), theirs))
                try:
                    return self._converse(ours, case, answer, time.monotonic() + seconds, seconds)
                finally:
                    self._tell(b"kill %d" % process)

    def _tell(self, order: bytes, pass_on: socket.socket | None = None) -> bytes:
        with self.lock:
            try:
                socket.send_fds(self.control, [order], [pass_on.fileno()] if pass_on else [])
                reply = self.control.recv(100)
            except OSError:
                reply = b""
        if not reply:
            log = Path(self.folder.name, "log").read_text(errors="replace")[-300:]
            raise RuntimeError(f"the process that runs the tests has ended: {log}")
        return reply

    def _converse(
        self, judge: socket.socket, case: dict, answer: Callable, until: float, seconds: float
    ) -> dict[str, Any]:
        late = f"the test took longer than {seconds:g} seconds"
        hidden = False
        try:
            send(judge, encode({name: part for name, part in case.items() if name != "files"}))
            while True:
                judge.settimeout(max(until - time.monotonic(), 0.001))
                message = receive(judge)
                if message[:1] == b"v":
                    return decode(message[1:])
                hidden = message[:1] == b"h"
                left = until - time.monotonic()
                if left <= 0:
                    raise TestTrouble(late, hidden)
                try:
                    reply = answer(message[1:], left)
                except Exception as error:
                    raise TestTrouble(f"your code: {error}", hidden) from None
                judge.settimeout(max(until - time.monotonic(), 1))
                send(judge, reply)
        except TimeoutError:
            raise TestTrouble(late, hidden) from None
        except (EOFError, OSError) as error:
            raise TestTrouble(f"the test's process ended: {error or 'killed'}", hidden) from None


_benches: dict[tuple, Bench] = {}  # (this process, modules, cuda): a process that was forked from us has none yet
_lock = threading.Lock()


def bench_for(modules: tuple[str, ...], cuda: bool = False) -> Bench:
    """The bench of this process that has `modules` loaded; started where there is none, or where it has died."""
    key = os.getpid(), modules, cuda
    with _lock:
        bench = _benches.get(key)
        if bench is None or bench.process.poll() is not None:
            bench = _benches[key] = Bench(modules, cuda)
        return bench


@atexit.register
def _close_all() -> None:
    for (owner, *_), bench in _benches.items():
        if owner == os.getpid():
            bench.close()
