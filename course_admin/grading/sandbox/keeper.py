"""The keeper of a student's kernel: starts it, passes interrupts on, watches its memory, and ends everything with it.

Over the socket the grader sends one byte, "i", for an interrupt. When the grader goes away, for whatever reason, the
socket closes and the keeper ends the kernel. When the kernel ends, the keeper says why, and leaves.
"""

import contextlib
import os
import select
import signal
import socket
import time
from collections.abc import Callable

from . import limits, usage

TICK = 200  # milliseconds between two looks at the memory
GRACE = 30  # seconds after the grader's own total limit
GONE = select.POLLRDHUP | select.POLLHUP | select.POLLERR


def fork(run: Callable[[], None]) -> int:
    """A child that runs `run` and dies with its parent; its process number."""
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        try:
            limits.prctl(limits.PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() in (parent, 0):  # 0: the parent is in another process namespace
                run()
        finally:
            os._exit(1)
    return child


def fork_first(prepare: Callable[[], None], run: Callable[[], None]) -> int:
    """A child that is process 1 of a new namespace: it prepares the place, starts the kernel and reaps all orphans."""

    def first() -> None:
        prepare()
        kernel = fork(run)
        signal.signal(signal.SIGINT, lambda *_: interrupt(kernel))
        os.closerange(3, 65536)
        while True:
            process, status = os.wait()
            if process == kernel:
                os._exit(os.waitstatus_to_exitcode(status) & 255)

    return fork(first)


def interrupt(process: int) -> None:
    """SIGINT for the kernel's group, or for process 1 of a namespace, which passes it on."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process, signal.SIGINT)
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(process, signal.SIGINT)


def keep(kernel: int, control: socket.socket, order: dict) -> None:
    """Watch until the kernel ends or the grader leaves; never returns."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ended = os.pidfd_open(kernel)
    poll = select.poll()
    poll.register(ended, select.POLLIN)
    poll.register(control, select.POLLIN | select.POLLRDHUP)
    until = time.monotonic() + order["limits"]["total_seconds"] + GRACE
    why = ""
    while not why:
        events = dict(poll.poll(TICK))
        said = events.get(control.fileno(), 0)
        if ended in events:
            why = "the kernel died"
        elif said & GONE or (said and control.recv(1) != b"i"):
            why = "the grader left"
        elif said:
            interrupt(kernel)
        else:
            why = too_much(kernel, order)
        if time.monotonic() > until:
            why = why or "the time for the whole submission is over"
    end(kernel, order)
    with contextlib.suppress(OSError):
        control.sendall(f"exit: {why}\n".encode())
    os._exit(0)


def too_much(kernel: int, order: dict) -> str:
    """Why the kernel has to end, or ""."""
    memory = order["limits"]["memory"]
    if usage.memory(kernel, memory) > memory:
        return f"it used more than {memory / 1024**3:.1f} GiB of memory"
    if order["level"] != "bubblewrap" and usage.disk(order["scratch"]) > order["limits"]["scratch"]:
        return "it filled its scratch folder"
    return ""


def end(kernel: int, order: dict) -> None:
    """Kill the kernel and whatever it started. Where no namespace does that, look again until nobody is left."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(kernel, signal.SIGKILL)
    if order["level"] == "bubblewrap":
        os.waitpid(kernel, 0)  # process 1 takes its namespace with it; behind a bubblewrap of our own we are next
        return
    if order["uid"] is not None and os.fork() == 0:
        os.setresuid(order["uid"], order["uid"], order["uid"])
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)  # everything of this user, which nobody else is, at one stroke
        os._exit(0)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        left = usage.descendants(os.getpid())
        for sent in (signal.SIGSTOP, signal.SIGKILL):
            for process in left:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(process, sent)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.005)
