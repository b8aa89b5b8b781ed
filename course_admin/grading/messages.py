"""Read what a student's kernel sends without believing it: bounded, by message id, and never raising on nonsense.

The kernel's process holds the key of its own messages, so a student can forge any of them. What is read here is either
shown (outputs, cut to a size), or data for the judge; nothing of it decides anything.
"""

import ast
import base64
import json
import time
from typing import Any

import zmq

MESSAGE = 16 * 1024**2  # bytes of one iopub message; zmq drops the connection over a larger one
WAITING = 8  # messages that zmq holds for us; beyond that the kernel waits
TEXT = 500  # characters of a one-line trouble


def parse(session: Any, frames: list[bytes]) -> dict | None:
    """A message as a dict whose header, parent_header and content are dicts; None for nonsense."""
    try:
        _, body = session.feed_identities(frames, copy=True)
        header, parent, content = (json.loads(body[index]) for index in (1, 2, 4))
    except (ValueError, IndexError, TypeError, RecursionError, UnicodeDecodeError):
        return None
    if not all(isinstance(part, dict) for part in (header, parent, content)):
        return None
    return {"type": str(header.get("msg_type", "")), "parent": parent.get("msg_id"), "content": content}


def one_line(*parts: Any) -> str:
    """Text from outside as one line of bounded length."""
    line = ": ".join(" ".join(str(part)[: 4 * TEXT].split()) for part in parts if str(part))
    return line if len(line) <= TEXT else line[: TEXT - 4] + " ..."


class KernelTrouble(Exception):
    """The kernel gave no answer: one line that says why."""


class Outputs:
    """The outputs of one cell as nbformat has them, cut at `limit` bytes."""

    def __init__(self, limit: int) -> None:
        self.limit, self.size = limit, 0
        self.items: list[dict] = []
        self.cut = False

    def take(self, kind: str, content: dict) -> None:
        if kind == "stream":
            self._stream(content)
        elif kind in ("display_data", "execute_result"):
            self._bundle(kind, content)
        elif kind == "error":
            lines = content.get("traceback")
            lines = [str(line) for line in lines[:100]] if isinstance(lines, list) else []
            names = {name: str(content.get(name, ""))[: 4 * TEXT] for name in ("ename", "evalue")}
            if self._room(sum(map(len, lines)) + TEXT):
                self.items.append({"output_type": "error", **names, "traceback": lines})
        elif kind == "clear_output":
            self.items.clear()

    def _room(self, size: int) -> bool:
        """Count `size` bytes; False, and a mark in the outputs, where they are too many."""
        self.size += size
        if self.size <= self.limit:
            return True
        if not self.cut:
            self.cut = True
            self.items.append({"output_type": "stream", "name": "stdout", "text": "\n[the output was cut here]\n"})
        return False

    def _stream(self, content: dict) -> None:
        name = "stderr" if content.get("name") == "stderr" else "stdout"
        text = content.get("text")
        if not isinstance(text, str):
            return
        fits = text[: max(0, self.limit - self.size)]
        last = self.items[-1] if self.items else {}
        if fits and not self.cut and last.get("output_type") == "stream" and last["name"] == name:
            last["text"] += fits
        elif fits and not self.cut:
            self.items.append({"output_type": "stream", "name": name, "text": fits})
        self._room(len(text))

    def _bundle(self, kind: str, content: dict) -> None:
        data = content.get("data")
        data = {key: value for key, value in data.items() if isinstance(value, str)} if isinstance(data, dict) else {}
        if not data or not self._room(sum(len(value) for value in data.values())):
            return
        item = {"output_type": kind, "data": data, "metadata": {}}
        if kind == "execute_result":
            count = content.get("execution_count")
            item["execution_count"] = count if type(count) is int and 0 <= count < 10**9 else None
        self.items.append(item)


def seconds_left(until: float) -> float:
    return max(0.0, until - time.monotonic())


def receive(socket: zmq.Socket) -> list[bytes] | None:
    """The next message's frames, or None where nothing waits."""
    try:
        return socket.recv_multipart(zmq.NOBLOCK)
    except zmq.Again:
        return None


def says_goodbye(reply: dict) -> bool:
    """Whether the cell called exit(): the kernel ends once it has answered."""
    payload = reply.get("payload")
    return isinstance(payload, list) and any(isinstance(p, dict) and p.get("source") == "ask_exit" for p in payload)


def answer_in(reply: dict, limit: int) -> bytes:
    """The bytes in the reply to StudentKernel.ask, `limit` at most; KernelTrouble where there are none."""
    answer = reply.get("user_expressions")
    answer = answer.get("r") if isinstance(answer, dict) else None
    data = answer.get("data") if isinstance(answer, dict) else None
    text = data.get("text/plain") if isinstance(data, dict) else None
    if not isinstance(text, str):
        why = (answer.get("ename", ""), answer.get("evalue", "")) if isinstance(answer, dict) else ()
        raise KernelTrouble(one_line("the kernel gave no answer", *why))
    if len(text) > limit * 4 / 3 + 100:
        raise KernelTrouble(f"the answer is larger than {limit // 1024**2} MiB")
    try:
        return base64.b64decode(ast.literal_eval(text), validate=True)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        raise KernelTrouble("the kernel's answer cannot be read") from None
