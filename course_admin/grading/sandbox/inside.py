"""The first program behind the wall: it takes an order from the grader, and turns into the student's kernel.

The order comes over a socket: its length, itself as JSON, then the bytes of the student's files. Two processes come
of it. The *keeper* (keeper.py) watches and ends the kernel, and runs none of the student's code. The *kernel* drops
every right that it can, unpacks the files and starts ipykernel; when it can take requests it says "ready".
"""

import json
import os
import signal
import socket
import struct
import sys
import tempfile

from . import keeper, landlock, limits, namespaces, seccomp

SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/libx32", "/bin", "/sbin")
SETTINGS = ("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives", "/etc/localtime")
ABOUT_MACHINE = ("/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/version", "/proc/filesystems", "/proc/sys")
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")


def main(descriptor: int) -> None:
    """Serve one order, then leave."""
    serve(socket.socket(fileno=descriptor), forked=False)


def serve(control: socket.socket, forked: bool) -> None:
    """Take the order from `control` and keep the kernel that it asks for. forked: inside a zygote's child."""
    limits.prctl(limits.PR_SET_DUMPABLE, 0)  # nobody may look into the keeper's memory, or stop it with a debugger
    order = json.loads(_receive(control, struct.unpack("!I", _receive(control, 4))[0]))
    files = [(root, name, _receive(control, size)) for root, name, size in order["files"]]
    _silence()
    if order["level"] != "bubblewrap":
        limits.prctl(limits.PR_SET_CHILD_SUBREAPER, 1)
    if forked and order["level"] == "bubblewrap":
        limits.prctl(limits.PR_SET_DUMPABLE, 1)  # writing the map of a user namespace needs it
        namespaces.leave_processes(as_root=order["uid"] is not None)
        limits.prctl(limits.PR_SET_DUMPABLE, 0)
        kernel = keeper.fork_first(lambda: _furnish(order, control), lambda: _student(order, files, control))
    else:
        kernel = keeper.fork(lambda: _student(order, files, control))
    files.clear()
    keeper.keep(kernel, control, order)


def _receive(control: socket.socket, size: int) -> bytes:
    parts = []
    while size:
        part = control.recv(min(size, 1 << 20))
        if not part:
            raise EOFError("the grader went away")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _silence() -> None:
    """Standard streams lead nowhere: what a notebook prints goes through the kernel's messages, which are bounded."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)


def _furnish(order: dict, control: socket.socket) -> None:
    size, shared = order["limits"]["scratch"], order["shared_sockets"]
    try:
        namespaces.furnish(order["scratch"], size, order["sockets"], shared, order["place"], order["uid"])
    except BaseException as error:
        say_failed(control, error)


def say_failed(control: socket.socket, error: BaseException) -> None:
    line = " ".join(f"failed: {type(error).__name__}: {error}".split())[:500]
    control.sendall(line.encode() + b"\n")
    os._exit(1)


def _student(order: dict, files: list, control: socket.socket) -> None:
    """Become the student's kernel; never returns."""
    try:
        limits.prctl(limits.PR_SET_DUMPABLE, 1)
        os.environ.update(order["environment"])  # bubblewrap, or the grader, has left nothing else in it
        _close_others(control.fileno())
        _give_up_rights(order)
        work = os.path.join(order["scratch"], "work")
        for folder in (work, os.environ["HOME"], os.environ["TMPDIR"]):
            os.makedirs(folder, mode=0o700, exist_ok=True)
        _unpack(files, {"work": work, "home": os.environ["HOME"]})
        os.chdir(work)
        application = _kernel(order, work)
        control.sendall(b"ready\n")
    except BaseException as error:
        say_failed(control, error)
    control.close()
    application.start()
    os._exit(0)


def _close_others(keep: int) -> None:
    os.closerange(3, keep)
    os.closerange(keep + 1, 65536)


def _give_up_rights(order: dict) -> None:
    os.setsid()
    level, uid = order["level"], order["uid"]
    if uid is not None:
        limits.become(uid, read_all=order["read_all"])
    else:
        limits.drop_capabilities()
    limits.prctl(limits.PR_SET_NO_NEW_PRIVS, 1)
    limits.prctl(limits.PR_SET_PDEATHSIG, signal.SIGKILL)  # a change of user takes these two away
    limits.prctl(limits.PR_SET_DUMPABLE, 1)  # /proc/self is unreadable without it
    limits.apply_limits(order["limits"], order["processes"], order["cuda"])
    os.umask(0o077)
    if level == "none":
        return
    if level == "landlock" or landlock.version():
        landlock.restrict(_reach(order), network=level == "landlock")
    seccomp.install(walls_of_its_own=level == "bubblewrap", can_scope_signals=landlock.scopes_signals())


def _reach(order: dict) -> list[tuple[str, int]]:
    """What Landlock leaves within reach. Behind bubblewrap only what belongs there can be seen at all."""
    own = [(order["scratch"], landlock.WRITE), (order["sockets"], landlock.SOCKETS)]
    if order["level"] == "bubblewrap":
        return [("/", landlock.READ), ("/proc", landlock.PROCESSES), ("/dev", landlock.DEVICE),
                ("/dev/shm", landlock.WRITE), *own]  # fmt: skip
    readable = [*SYSTEM, *SETTINGS, *ABOUT_MACHINE, "/sys/devices/system/cpu", *order["readable"]]
    own.append(("/proc/self", landlock.PROCESSES))
    devices = [*DEVICES, *order["devices"]]
    return [(path, landlock.READ) for path in readable] + [(path, landlock.DEVICE) for path in devices] + own


def _unpack(files: list, roots: dict[str, str]) -> None:
    for root, name, data in files:
        path = os.path.normpath(os.path.join(roots[root], name))
        if not path.startswith(roots[root] + os.sep):
            raise ValueError(f"a file's name leads out of the folder: {name!r}")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)


def _kernel(order: dict, work: str):
    """An ipykernel that is ready to take requests."""
    sys.path[:] = [path for path in sys.path if path != order["code"]] + [*order["packages"], work]
    connection = os.path.join(os.environ["HOME"], "connection.json")
    with open(connection, "w") as file:
        json.dump(order["connection"], file)
    from ipykernel import kernelapp

    if order["level"] == "landlock":  # the pipe for prints of child processes is a TCP port, which is closed here
        thread = kernelapp.IOPubThread
        kernelapp.IOPubThread = lambda socket, **named: thread(socket, **{**named, "pipe": False})
    tempfile.tempdir = None  # a zygote may have looked for one
    signal.signal(signal.SIGINT, signal.default_int_handler)
    application = kernelapp.IPKernelApp.instance()
    application.initialize(
        ["-f", connection, "--HistoryManager.enabled=False", "--InteractiveShellApp.ignore_cwd=True"]
    )
    if order["level"] == "landlock":  # no terminal to give to `!command`: the terminals of this machine are its owner's
        application.shell.system = application.shell.system_raw
    application.shell.events.register("post_execute", _keep_streams((sys.stdout, sys.stderr)))
    exec(compile(order["agent"], "<agent>", "exec"), {"__name__": "agent"})  # it finds the notebook in __main__
    return application


def _keep_streams(streams: tuple):
    """ipykernel hangs where a cell leaves no output stream behind (sys.stdout = None)."""

    def restore() -> None:
        for name, stream in zip(("stdout", "stderr"), streams, strict=True):
            if not hasattr(getattr(sys, name, None), "flush"):
                setattr(sys, name, stream)

    return restore
