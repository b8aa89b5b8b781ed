"""StudentKernel: a Jupyter kernel in a sandbox that runs a student's cells and answers the judge's requests with data.

Whatever the kernel does (floods, forges, hangs, dies), the methods come back in their seconds and say what happened.
"""

import base64
import contextlib
import time
from dataclasses import asdict
from pathlib import Path

import zmq
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

from .agent.source import EXPRESSION, agent_source
from .messages import (
    MESSAGE,
    WAITING,
    KernelTrouble,
    Outputs,
    answer_in,
    one_line,
    parse,
    receive,
    says_goodbye,
    seconds_left,
)
from .records import CellRun, Limits
from .sandbox import choose
from .sandbox.provisioner import SandboxProvisioner
from .sandbox.template import shared

START_SECONDS = 120  # a busy machine may take long
GRACE = 2.0  # seconds between the interrupt and the end
FLOOD = 64  # times Limits.output (or 64 MiB) that a cell may send before it is stopped
SPEC = KernelSpec(argv=["python"], display_name="Python 3 (sandbox)", language="python")


class StudentKernel:
    """A context manager; see course_admin/grading/sandbox for the walls.

    files: lie in the kernel's folder, which is also the last place where Python looks for modules. sandbox: as
    `choose.level` takes it. template: the address of a KernelTemplate to fork the process from; with preload, modules
    to be imported beforehand, one that this process shares. agent: source that installs what answers `ask`, in place of
    agent/'s.
    """

    def __init__(
        self,
        files: dict[str, bytes] | None = None,
        limits: Limits | None = None,
        sandbox: str = "auto",
        cuda: bool = False,
        agent: str | None = None,
        template: str = "",
        preload: tuple[str, ...] | None = None,
    ) -> None:
        for name in files or {}:
            if not name or name.startswith("/") or ".." in Path(name).parts or "\0" in name:
                raise ValueError(f"a file's name leads out of the kernel's folder: {name!r}")
        self.files, self.limits, self.cuda = dict(files or {}), limits or Limits(), cuda
        self.sandbox, self.template, self.preload = choose.level(sandbox), template, preload
        self.level = choose.reported(self.sandbox)
        self.agent = agent_source() if agent is None else agent
        self.why_dead = "the kernel was not started"

    def __enter__(self) -> "StudentKernel":
        if self.preload is not None:
            self.template = shared(self.preload, self.sandbox, self.cuda)
        self.context = zmq.Context()
        self.context.linger = 0
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()
        self.context.destroy(linger=0)

    def restart(self) -> None:
        """A fresh process with the same files; nothing that the old one did is left."""
        self._stop()
        self._start()

    def run(self, source: str, seconds: float) -> CellRun:
        """Run one cell; errors, time-outs and the kernel's death are told in the result."""
        outputs = Outputs(self.limits.output)
        if self.why_dead:
            return CellRun(trouble=one_line(f"the kernel is not running: {self.why_dead}"), died=True)
        reply, why = self._request({"code": source, "silent": False, "store_history": True}, seconds, outputs)
        trouble = why
        if reply and says_goodbye(reply):
            trouble = self._die("exit() ended the kernel")
        elif reply and not trouble and reply.get("status") == "error":
            trouble = one_line(reply.get("ename", "error"), reply.get("evalue", ""))
        return CellRun(tuple(outputs.items), trouble, died=bool(self.why_dead))

    def ask(self, request: bytes, seconds: float) -> bytes:
        """The agent's answer to a request; raises KernelTrouble where none came, or one that is no answer."""
        if self.why_dead:
            raise KernelTrouble(f"the kernel is not running: {self.why_dead}")
        text = base64.b64encode(request).decode()
        expressions = {"r": EXPRESSION.format(text)}
        content = {"code": "", "silent": True, "store_history": False, "user_expressions": expressions}
        reply, why = self._request(content, seconds, None)
        if reply is None or why:
            raise KernelTrouble(why)
        return answer_in(reply, self.limits.answer)

    def _start(self) -> None:
        try:
            self._launch(self.template)
        except (KernelTrouble, ConnectionError):
            if not self.provisioner.template:
                raise
            self._launch("")  # the template went while it was asked: a process of its own takes its place

    def _launch(self, template: str) -> None:
        manager = KernelManager(context=self.context)
        manager._kernel_spec = SPEC
        self.provisioner = SandboxProvisioner(
            kernel_spec=SPEC, parent=manager, sandbox=self.sandbox, cuda=self.cuda, limits=asdict(self.limits)
        )
        self.provisioner.files, self.provisioner.agent = self.files, self.agent
        self.provisioner.template = template
        manager.provisioner = self.provisioner
        manager.start_kernel()
        manager.stop_restarter()
        self.manager, self.session, self.why_dead = manager, manager.session, ""
        try:
            self._wait_until_ready()
        except BaseException:
            self._stop()
            raise

    def _wait_until_ready(self) -> None:
        control = self.provisioner.control
        control.settimeout(START_SECONDS)
        try:
            said = control.recv(600)
        except (TimeoutError, ConnectionError):
            said = b""
        if said != b"ready\n":
            log = self.provisioner.folder / "log"
            log = log.read_text(errors="replace")[-300:] if log.is_file() else ""
            raise KernelTrouble(one_line("the sandbox did not start", said.decode(errors="replace"), log))
        control.setblocking(False)
        self.context.setsockopt(zmq.MAXMSGSIZE, MESSAGE)
        self.context.setsockopt(zmq.RCVHWM, WAITING)
        self.iopub = self.manager.connect_iopub()
        self.context.setsockopt(zmq.MAXMSGSIZE, 2 * self.limits.answer + MESSAGE)
        self.shell = self.manager.connect_shell()
        self.poller = zmq.Poller()
        for socket in (self.iopub, self.shell, control.fileno()):
            self.poller.register(socket, zmq.POLLIN)
        self.iopub.poll(1000)  # ipykernel greets each new listener; until then it may lose messages

    def _stop(self) -> None:
        self.why_dead = self.why_dead or "it was stopped"
        for name in ("iopub", "shell"):
            if hasattr(self, name):
                getattr(self, name).close(linger=0)
        self.provisioner.end()
        self.manager.cleanup_resources()

    def _die(self, why: str) -> str:
        """End the kernel; returns why, as a line."""
        with contextlib.suppress(OSError):
            said = self.provisioner.control.recv(600).decode(errors="replace")
            why = why or said.removeprefix("exit: ").strip()
        self.why_dead = one_line(why or "the kernel died")
        self.provisioner.end()
        return self.why_dead

    def _request(self, content: dict, seconds: float, outputs: Outputs | None) -> tuple[dict | None, str]:
        """Send an execute_request; the reply's content (None without one), and what went wrong, or ""."""
        content = {"allow_stdin": False, "stop_on_error": False, "user_expressions": {}, **content}
        message = self.session.send(self.shell, "execute_request", content)
        wanted = message["header"]["msg_id"]
        flood = max(FLOOD * self.limits.output, 64 * 1024**2)
        reply, trouble = self._collect(wanted, time.monotonic() + seconds, outputs, flood)
        if reply is not None or self.why_dead:
            return reply, trouble
        trouble = trouble or f"it took longer than {seconds:g} seconds and was stopped"
        self.provisioner.control.send(b"i")
        reply, died = self._collect(wanted, time.monotonic() + GRACE, outputs, 4 * flood)
        if reply is None and not self.why_dead:
            return None, self._die(f"{trouble}; it did not obey the interrupt, so the kernel was ended")
        return reply, one_line(trouble, died)

    def _collect(self, wanted: str, until: float, outputs: Outputs | None, flood: int) -> tuple[dict | None, str]:
        """Listen until the cell's reply and its last output are there, the time is over, or the kernel is dead."""
        reply, idle, received = None, outputs is None, 0
        while reply is None or not idle:
            ready = dict(self.poller.poll(1000 * min(seconds_left(until), 0.5 if reply is not None else 60)))
            if not ready and (reply is not None or seconds_left(until) == 0):
                return reply, ""
            if self.iopub in ready and (frames := receive(self.iopub)):
                received += sum(map(len, frames))
                idle = self._listen(frames, wanted, outputs) or idle
            if self.shell in ready and (frames := receive(self.shell)):
                message = parse(self.session, frames)
                if message and message["parent"] == wanted and message["type"] == "execute_reply":
                    reply = message["content"]
            if self.provisioner.control.fileno() in ready and self.iopub not in ready and self.shell not in ready:
                return reply, self._die("")
            if received > flood:
                return reply, f"it printed more than {received // 1024**2} MiB"
            if seconds_left(until) == 0:
                return reply, ""
        return reply, ""

    def _listen(self, frames: list[bytes], wanted: str, outputs: Outputs | None) -> bool:
        """Take one iopub message; True where it says that the request is done."""
        if outputs is None or (outputs.cut and b"status" not in frames[0]):
            return False
        message = parse(self.session, frames)
        if not message or message["parent"] != wanted:
            return False
        outputs.take(message["type"], message["content"])
        return message["type"] == "status" and message["content"].get("execution_state") == "idle"
