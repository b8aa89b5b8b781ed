"""A Jupyter kernel provisioner that starts ipykernel behind a wall, with its sockets in a private folder.

Registered as `course-sandbox`; a kernelspec that names it makes stock nbgrader use the sandbox as well:
{"metadata": {"kernel_provisioner": {"provisioner_name": "course-sandbox"}}, "interrupt_mode": "signal", ...}
"""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jupyter_client.provisioning import LocalProvisioner
from traitlets import Bool, Dict, Unicode

from course_admin.grading.records import Limits

from . import bubblewrap, choose, nvidia, usage
from .environment import environment, packages, small_files
from .starting import Forked, python_words, send_order, start

INSIDE = "import sys; sys.path.insert(0, {code!r}); from sandbox.inside import main; main({descriptor})"
ZYGOTE = "zygote"
PORTS = ("shell_port", "iopub_port", "stdin_port", "control_port", "hb_port")


class SandboxProvisioner(LocalProvisioner):
    """Starts the kernel in a sandbox. `files` lie in its scratch folder; without them, those of the notebook's folder.

    template: the folder of a running KernelTemplate (template.py), to fork the kernel from; "" for a fresh process.
    agent: Python source that is run beside the notebook before its first cell (the agent of `course grade`).
    """

    sandbox = Unicode("auto").tag(config=True)
    cuda = Bool(False).tag(config=True)
    limits = Dict().tag(config=True)
    template: str = ""
    control: socket.socket | None = None
    files: dict[str, bytes] | None = None
    agent: str = ""

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        self.level = choose.level(self.sandbox)
        self.uid = choose.a_user_of_its_own() if self.level != "none" else None
        self.control = self._zygote()
        self.folder = Path(tempfile.mkdtemp(prefix="ck-", dir=self.template or "/tmp"))  # short: a socket's path has
        if self.files is None:  # at most 107 bytes
            self.files = small_files(Path(kwargs.get("cwd") or "."), Limits(**self.limits))
        self._prepare_folders()
        manager = self.parent
        manager.transport, manager.ip = "ipc", str(self.folder / "s" / "k")
        for number, port in enumerate(PORTS, start=1):
            setattr(manager, port, number)
        kwargs = await super().pre_launch(**kwargs)
        kwargs["cmd"] = []  # launch_kernel knows better
        return kwargs

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> dict[str, Any]:
        order = self._order()
        if self.control:
            self.process = Forked(self.control)
        else:
            self.control, theirs = socket.socketpair()
            with theirs, (self.folder / "log").open("wb") as log:
                command = self._command(theirs.fileno(), order)
                self.process = start(command, theirs, log)
        self.control.settimeout(60)
        with contextlib.suppress(OSError):  # it died in start-up: whoever waits for it will see
            send_order(self.control, order, self.files or {}, self._home_files())
        return self.connection_info

    def _zygote(self) -> socket.socket | None:
        """A connection to the template's zygote; where it is gone, a process of its own takes its place."""
        if self.template:
            control = socket.socket(socket.AF_UNIX)
            try:
                control.connect(f"{self.template}/{ZYGOTE}")
                return control
            except OSError:
                control.close()
        self.template = ""
        return None

    def _prepare_folders(self) -> None:
        owner = self.uid if self.uid is not None else -1
        for name in ("s", "w"):
            (self.folder / name).mkdir(mode=0o700)
            os.chown(self.folder / name, owner, owner)
        (self.folder / "p").mkdir(mode=0o755)
        for package in packages():  # Landlock shows the package, and not its neighbours
            (self.folder / "p" / package.name).symlink_to(package)
        self.folder.chmod(0o711)

    def _order(self) -> dict[str, Any]:
        walled = self.level == "bubblewrap"
        scratch = bubblewrap.SCRATCH if walled else str(self.folder / "w")
        connection = {**self.connection_info, "key": self.connection_info["key"].decode()}
        if walled:
            connection["ip"] = f"{bubblewrap.SOCKETS}/k"
        limits = Limits(**self.limits)
        shared = 0 if self.uid is not None or walled else usage.processes_of(os.getuid())
        drivers = [*nvidia.files(), *nvidia.ABOUT_DRIVER] if self.cuda else []
        return {
            "level": self.level,
            "limits": asdict(limits),
            "processes": limits.processes + shared,
            "uid": self.uid,
            "read_all": not walled,
            "cuda": self.cuda,
            "scratch": scratch,
            "sockets": bubblewrap.SOCKETS if walled else str(self.folder / "s"),
            "shared_sockets": bubblewrap.SHARED_SOCKETS,
            "place": f"{bubblewrap.SHARED_SOCKETS}/{self.folder.name}/s",
            "code": bubblewrap.INSIDE_CODE if walled else str(bubblewrap.CODE.parent),
            "packages": [bubblewrap.INSIDE_PACKAGES if walled else str(self.folder / "p")],
            "readable": [*bubblewrap.interpreter_paths(), str(self.folder / "p"), *map(str, packages()), *drivers],
            "devices": nvidia.devices() if self.cuda else [],
            "environment": environment(scratch, self.cuda),
            "connection": connection,
            "agent": self.agent,
        }

    def _command(self, descriptor: int, order: dict[str, Any]) -> list[str]:
        program = INSIDE.format(code=order["code"], descriptor=descriptor)
        python = python_words(program, self.cuda)
        if self.level != "bubblewrap":
            return python
        sockets, scratch = str(self.folder / "s"), order["limits"]["scratch"]
        return [*bubblewrap.command(sockets, packages(), scratch, self.uid is not None, self.cuda), *python]

    def _home_files(self) -> dict[str, bytes]:
        """matplotlib's list of fonts: without it the first plot of each kernel looks for fonts for a second."""
        caches = (Path.home() / ".cache" / "matplotlib").glob("fontlist-*.json")
        return {f".config/matplotlib/{path.name}": path.read_bytes() for path in caches if path.is_file()}

    async def send_signal(self, signum: int) -> None:
        """An interrupt goes to the keeper, which passes it on; anything else ends the sandbox."""
        if signum == signal.SIGINT:
            with contextlib.suppress(OSError):
                self.control.send(b"i")
        elif signum:
            self.end()

    async def kill(self, restart: bool = False) -> None:
        self.end()

    async def terminate(self, restart: bool = False) -> None:
        self.end()

    async def wait(self) -> int | None:
        while self.process and self.process.poll() is None:
            await asyncio.sleep(0.005)
        code = self.process.wait() if self.process else 0
        self.process = None
        return code

    def end(self) -> None:
        """Kill bubblewrap, and with it all that it holds; without it, the keeper clears up when the socket closes."""
        self.control.close()
        if self.process is None or self.template:
            return  # a zygote's child sees the socket close, and ends
        if self.level != "bubblewrap":
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=12)
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    async def cleanup(self, restart: bool = False) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
