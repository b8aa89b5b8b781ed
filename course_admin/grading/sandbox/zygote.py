"""A process behind the wall that has imported what notebooks import, and forks a kernel for each order.

Importing torch takes seconds; a fork takes milliseconds. The zygote never sees a student's file or code: an order is
read by the child, which leaves for namespaces of its own before anything of the student's runs.
"""

import contextlib
import gc
import importlib
import os
import select
import socket

from . import inside, limits, namespaces

ALWAYS = ("ipykernel.kernelapp", "ipykernel.ipkernel", "IPython.core.completer", "matplotlib_inline.config")
LATER = {"torch": ("torch._dynamo", "torch.utils.data")}  # what a library imports at its first use: two more seconds
NAME = "zygote"


def main(descriptor: int, level: str, shared_sockets: str, scratch: str, as_root: bool, preload: list[str]) -> None:
    """Import, say "ready" on the socket, then serve until it closes. "failed: why" where children get no walls."""
    engine = socket.socket(fileno=descriptor)
    limits.prctl(limits.PR_SET_DUMPABLE, 0)
    if level == "bubblewrap" and (why := _no_walls(as_root, scratch, shared_sockets)):
        engine.sendall(f"failed: {why}\n".encode())
        return
    later = [late for name in preload for late in LATER.get(name.split(".")[0], ())]
    for name in (*ALWAYS, *preload, *later):
        with contextlib.suppress(Exception):  # what cannot be imported here fails in the notebook, with its own error
            importlib.import_module(name)
    gc.collect()
    gc.freeze()  # children share these objects' memory with us as long as nobody writes to it
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(f"{shared_sockets}/{NAME}")
    listener.listen(64)
    engine.sendall(b"ready\n")
    _serve(engine, listener)


def _no_walls(as_root: bool, scratch: str, shared_sockets: str) -> str:
    limits.prctl(limits.PR_SET_DUMPABLE, 1)
    why = namespaces.possible(as_root, scratch, "/run/kernel", shared_sockets)
    limits.prctl(limits.PR_SET_DUMPABLE, 0)
    return why


def _serve(engine: socket.socket, listener: socket.socket) -> None:
    poll = select.poll()
    poll.register(engine, select.POLLIN | select.POLLRDHUP)
    poll.register(listener, select.POLLIN)
    while True:
        events = dict(poll.poll(1000))
        if engine.fileno() in events:  # it says nothing more, so it has left
            return
        if listener.fileno() in events:
            connection, _ = listener.accept()
            if os.fork() == 0:
                _become_keeper(connection, engine, listener)
            connection.close()
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def _become_keeper(connection: socket.socket, *others: socket.socket) -> None:
    try:
        for other in others:
            other.close()
        inside.serve(connection, forked=True)
    except BaseException as error:
        inside.say_failed(connection, error)
    finally:
        os._exit(1)
