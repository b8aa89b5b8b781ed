"""Landlock (Linux 5.13 and later): which files a process and its children can reach, decided by the process itself."""

import ctypes
import os
import struct
from collections.abc import Iterable

from .limits import PR_SET_NO_NEW_PRIVS, checked, libc, prctl

CREATE, ADD_RULE, RESTRICT = 444, 445, 446  # the same on every machine
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, REMOVE_DIR, REMOVE_FILE = 1, 2, 4, 8, 16, 32
MAKE_SOCK, REFER, TRUNCATE, IOCTL_DEV = 512, 8192, 16384, 32768
EVERYTHING = {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF, 4: 0x7FFF}  # rights known to a version; from 5 on 0xFFFF
OF_A_FILE = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV

READ = EXECUTE | READ_FILE | READ_DIR
DEVICE = READ_FILE | WRITE_FILE | READ_DIR | IOCTL_DEV
PROCESSES = READ | WRITE_FILE | TRUNCATE  # CUDA opens /proc/self/task/7/comm with "w" to name a thread, or fails
SOCKETS = READ_DIR | MAKE_SOCK | REMOVE_FILE
WRITE = 0xFFFF & ~(64 | 2048)  # no device nodes


def version() -> int:
    """The machine's Landlock version, 0 where there is none."""
    return max(0, libc.syscall(CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(1)))


def scopes_signals() -> bool:
    return version() >= 6


def restrict(rules: Iterable[tuple[str, int]], network: bool = True) -> None:
    """Leave this process only what the rules (path, rights) allow; a path that is missing allows nothing.

    network: refuse TCP as well (version 4). Signals and abstract sockets stay inside from version 6 on.
    """
    known = version()
    if not known:
        raise OSError("this Linux has no Landlock (5.13 or later)")
    files = EVERYTHING.get(known, 0xFFFF)
    attribute = struct.pack("QQQ", files, 3 if network else 0, 3)
    size = 8 if known < 4 else 16 if known < 6 else 24
    buffer = ctypes.create_string_buffer(attribute, len(attribute))
    ruleset = checked(libc.syscall(CREATE, buffer, ctypes.c_size_t(size), ctypes.c_uint32(0)), "Landlock")
    for path, rights in rules:
        _allow(ruleset, path, rights & files)
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    checked(libc.syscall(RESTRICT, ruleset, ctypes.c_uint32(0)), "Landlock")
    os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    if not os.path.isdir(path):
        rights &= OF_A_FILE
    rule = struct.pack("=Qi", rights, place)
    buffer = ctypes.create_string_buffer(rule, len(rule))
    checked(libc.syscall(ADD_RULE, ruleset, 1, buffer, ctypes.c_uint32(0)), f"Landlock for {path}")
    os.close(place)
