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
READ_ONLY, NO_SUID, NO_DEVICES, NO_EXECUTION, REMOUNT, BIND, RECURSIVE, PRIVATE = 1, 2, 4, 8, 32, 4096, 16384, 1 << 18


def unshare(as_root: bool) -> None:
    """Leave the namespaces of the zygote; the next child is process 1 of the new ones."""
    uid, gid = os.getuid(), os.getgid()
    flags = NEW_MOUNTS | NEW_HOST_NAME | NEW_MESSAGES | NEW_PROCESSES | NEW_NETWORK | (0 if as_root else NEW_USER)
    checked(libc.unshare(flags), "unshare")
    if not as_root:
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{uid} {uid} 1")
        _write("/proc/self/gid_map", f"{gid} {gid} 1")


def furnish(scratch: str, size: int, sockets: str, shared_sockets: str, place: str, uid: int) -> None:
    """Mount the child's own scratch folder, shared memory, process list and sockets folder; hide those of others."""
    _mount("none", "/", None, RECURSIVE | PRIVATE)
    owner = f"mode=0700,uid={uid},gid={uid}" if os.getuid() == 0 and uid else "mode=0700"
    _mount("tmpfs", scratch, "tmpfs", NO_SUID | NO_DEVICES, f"size={size},{owner}")
    _mount("tmpfs", "/dev/shm", "tmpfs", NO_SUID | NO_DEVICES, f"size={size},mode=1777")
    _mount("proc", "/proc", "proc", NO_SUID | NO_DEVICES | NO_EXECUTION)
    _mount(place, sockets, None, BIND)
    _mount("tmpfs", shared_sockets, "tmpfs", READ_ONLY | NO_SUID | NO_DEVICES, "size=4k,mode=0555")
    _loopback_up()


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
