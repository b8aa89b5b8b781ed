"""How the grader starts what runs behind the wall, and what it sends there first: an order, and the files of a work."""

import json
import socket
import struct
import subprocess
import sys
from typing import Any

from . import nvidia


def python_words(program: str, cuda: bool) -> list[str]:
    """The command that runs `program`; nothing on Python's path is the grader's own."""
    return [*(nvidia.loader_words() if cuda else []), sys.executable, "-P", "-s", "-B", "-c", program]


def start(command: list[str], theirs: socket.socket, log: Any) -> subprocess.Popen:
    """A process of its own session that has the other end of the socket and nothing else of ours."""
    silent = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": log, "start_new_session": True}
    clean = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    return subprocess.Popen(command, env=clean, cwd="/", pass_fds=(theirs.fileno(),), **silent)


class Forked:
    """A zygote's child in the place of a Popen: it lives as long as its keeper holds the socket."""

    pid = stdin = stdout = stderr = None

    def __init__(self, control: socket.socket) -> None:
        self.control = control

    def poll(self) -> int | None:
        if self.control.fileno() < 0:
            return 0
        try:
            return None if self.control.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) else 0
        except BlockingIOError:
            return None
        except OSError:
            return 0

    def wait(self, timeout: float | None = None) -> int:
        return 0

    def kill(self) -> None:
        self.control.close()


def send_order(control: socket.socket, order: dict, files: dict[str, bytes], home: dict[str, bytes]) -> None:
    """The order as inside.py reads it: length, JSON, then the bytes of the files in the order's sequence."""
    listed = [("work", name, data) for name, data in files.items()] + [("home", *item) for item in home.items()]
    text = json.dumps({**order, "files": [(root, name, len(data)) for root, name, data in listed]}).encode()
    control.sendall(struct.pack("!I", len(text)) + text)
    for _, _, data in listed:
        control.sendall(data)
