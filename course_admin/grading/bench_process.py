"""The bench itself, a program of its own (bench.py starts it): it imports, then forks a judge for each order."""

import contextlib
import importlib
import json
import os
import resource
import signal
import socket
import sys
from typing import Any

from course_admin.grading.framing import receive, send
from course_admin.grading.tracing import in_hidden_part
from course_admin.grading.wire import decode, encode

MEMORY = 8 * 1024**3
FILE_SIZE = 100 * 1024**2


def serve(control: socket.socket, modules: list[str]) -> None:
    """Import, then fork a judge for each order until the grader goes away."""
    from course_admin.grading import judge

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    later = ["numpy.random"] if "numpy" in modules else []  # what NumPy would load again in each test's process
    for module in [*modules, *later]:
        with contextlib.suppress(Exception):
            importlib.import_module(module)
    judges: set[int] = set()
    while True:
        order, passed_on, _, _ = socket.recv_fds(control, 5000, 1)
        if not order:
            return
        verb, _, rest = order.partition(b" ")
        if verb == b"fork":
            process = os.fork()
            if process == 0:
                control.close()
                _become_judge(judge, socket.socket(fileno=passed_on[0]), rest.decode())
            os.close(passed_on[0])
            judges.add(process)
            control.send(b"%d" % process)
        else:
            if int(rest) in judges:
                os.kill(int(rest), signal.SIGKILL)
                os.waitpid(int(rest), 0)
                judges.discard(int(rest))
            control.send(b"ended")


def _limit_itself() -> None:
    """Safety nets against a test that runs wild; a system that lacks one of them goes without."""
    with contextlib.suppress(Exception):
        from course_admin.grading.sandbox.limits import PR_SET_PDEATHSIG, prctl

        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    for what, most in ((resource.RLIMIT_DATA, MEMORY), (resource.RLIMIT_FSIZE, FILE_SIZE), (resource.RLIMIT_CORE, 0)):
        with contextlib.suppress(Exception):
            _, hard = resource.getrlimit(what)
            most = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(what, (most, most))


def _become_judge(judge: Any, grader: socket.socket, place: str) -> None:
    """Run one test; never returns. It goes when the bench goes: the grader may be killed at any time."""
    try:
        _limit_itself()
        os.chdir(place)
        sys.path.append(place)

        def ask(request: bytes) -> bytes:
            send(grader, (b"h" if in_hidden_part() else b"a") + request)
            return receive(grader)

        send(grader, b"v" + encode(judge.judge(decode(receive(grader)), ask)))
    finally:
        os._exit(0)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])), json.loads(sys.argv[2]))
