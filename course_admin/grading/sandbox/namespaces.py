"""Namespaces for a kernel that is forked from a zygote: its own processes, mounts, network, messages and host name.

The zygote stands inside bubblewrap already; here each child gets walls of its own against its siblings. As root the
walls are made with root's rights, which are then given up; an ordinary user needs a user namespace for it.
"""

import ctypes
import fcntl
import os
import socket
import struct

from .limits import checked, libc

NEW_MOUNTS, NEW_HOST_NAME, NEW_MESSAGES = 0x00020000, 0x04000000, 0x08000000
NEW_USER, NEW_PROCESSES, NEW_NETWORK = 0x10000000, 0x20000000, 0x40000000
READ_ONLY, NO_SUID, NO_DEVICES, NO_EXECUTION, BIND, RECURSIVE, PRIVATE = 1, 2, 4, 8, 4096, 16384, 1 << 18


def leave_processes(as_root: bool) -> None:
    """The next child is process 1 of a namespace of its own; an ordinary user gets a user namespace for it."""
    uid, gid = os.getuid(), os.getgid()
    checked(libc.unshare(NEW_PROCESSES | (0 if as_root else NEW_USER)), "unshare")
    if not as_root:
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{uid} {uid} 1")
        _write("/proc/self/gid_map", f"{gid} {gid} 1")


def furnish(scratch: str, size: int, sockets: str, shared_sockets: str, place: str, uid: int | None) -> None:
    """Leave the other namespaces, too, and mount what is this kernel's own over what it may not see.

    Its own: scratch folder, shared memory, process list, and its folder `place` of `shared_sockets` as `sockets`.
    """
    checked(libc.unshare(NEW_MOUNTS | NEW_HOST_NAME | NEW_MESSAGES | NEW_NETWORK), "unshare")
    _mount("none", "/", None, RECURSIVE | PRIVATE)
    owner = "" if uid is None else f",uid={uid},gid={uid}"
    _mount("tmpfs", scratch, "tmpfs", NO_SUID | NO_DEVICES, f"size={size},mode=0700{owner}")
    _mount("tmpfs", "/dev/shm", "tmpfs", NO_SUID | NO_DEVICES, f"size={size},mode=1777")
    _mount("devpts", "/dev/pts", "devpts", NO_SUID | NO_EXECUTION, "newinstance,ptmxmode=0666,mode=620")
    _mount("proc", "/proc", "proc", NO_SUID | NO_DEVICES | NO_EXECUTION)
    _mount(place, sockets, None, BIND)
    _mount("tmpfs", shared_sockets, "tmpfs", READ_ONLY | NO_SUID | NO_DEVICES, "size=4k,mode=0555")
    _loopback_up()


def possible(as_root: bool, scratch: str, sockets: str, shared_sockets: str) -> str:
    """Why a child cannot be given namespaces here, or "". Tried in a child, which leaves nothing behind."""
    reader, writer = os.pipe()
    trial = os.fork()
    if trial == 0:
        try:
            leave_processes(as_root)
            first = os.fork()
            if first == 0:
                furnish(scratch, 4096, sockets, shared_sockets, shared_sockets, None)
                os.write(writer, b"yes")
                os._exit(0)
            os.waitpid(first, 0)
        except BaseException as error:
            os.write(writer, str(error).encode()[:300])
        finally:
            os._exit(0)
    os.close(writer)
    os.waitpid(trial, 0)
    said = os.read(reader, 300).decode()
    os.close(reader)
    return "" if said == "yes" else said or "a child in namespaces died"


def _mount(source: str, target: str, kind: str | None, flags: int, data: str = "") -> None:
    texts = [text.encode() if text is not None else None for text in (source, target, kind)]
    checked(libc.mount(*texts, ctypes.c_ulong(flags), data.encode()), f"mount {target}")


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)


def _loopback_up() -> None:
    """The address 127.0.0.1 works inside, as it does behind bubblewrap; nothing leads out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        fcntl.ioctl(handle, 0x8914, struct.pack("16sh14x", b"lo", 1))  # SIOCSIFFLAGS, IFF_UP
