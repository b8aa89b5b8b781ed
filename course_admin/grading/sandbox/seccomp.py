"""A seccomp filter: the system calls that no notebook needs fail with EPERM.

A short program of the kernel's packet filter (seccomp(2)) looks at the number of each system call. What it refuses
widens what the kernel of the machine has to get right: namespaces, mounts, tracing, keys, loadable code.
"""

import ctypes
import errno
import os
import platform
import socket
import struct

from .limits import PR_SET_NO_NEW_PRIVS, checked, libc, prctl

LOAD, JUMP_EQUAL, JUMP_SET, JUMP_AT_LEAST, RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
ALLOW, KILL, ERROR = 0x7FFF0000, 0x80000000, 0x00050000
NUMBER, ARCHITECTURE, FIRST, SECOND = 0, 4, 16, 24  # offsets in struct seccomp_data (low half of an argument)
NEW_NAMESPACES = 0x7E020000  # the CLONE_NEW* bits
MACHINES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}

# name: (x86_64, aarch64); None where the machine has no such call
REFUSED = {
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "pidfd_getfd": (438, 438), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431),
    "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442), "unshare": (272, 97), "setns": (308, 268),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282), "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "add_key": (248, 217), "request_key": (249, 218),
    "keyctl": (250, 219), "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "reboot": (169, 142), "swapon": (167, 224),
    "swapoff": (168, 225), "acct": (163, 89), "quotactl": (179, 60), "syslog": (103, 116), "settimeofday": (164, 170),
    "clock_settime": (227, 112), "adjtimex": (159, 171), "clock_adjtime": (305, 266),
    "open_by_handle_at": (304, 265), "name_to_handle_at": (303, 264), "fanotify_init": (300, 262),
    "modify_ldt": (154, None), "iopl": (172, None), "ioperm": (173, None), "vhangup": (153, 58),
    "lookup_dcookie": (212, 18), "nfsservctl": (180, 42),
}  # fmt: skip
CLONE, CLONE3 = (56, 220), (435, 435)
SOCKET, SOCKETPAIR, CONNECT = (41, 198), (53, 199), (42, 203)
SENDS = {"kill": (62, 129), "tkill": (200, 130), "tgkill": (234, 131)}
PIDFD_SEND, QUEUE_INFO, THREAD_QUEUE_INFO = (424, 424), (129, 138), (297, 240)


class Filter:
    """A filter under construction; each rule compares the number of the call and returns a verdict of its own."""

    def __init__(self) -> None:
        machine = platform.machine()
        if machine not in MACHINES:
            raise OSError(errno.ENOSYS, f"no list of system calls for {machine}")
        architecture, self.column = MACHINES[machine]
        self.code = [
            (LOAD, 0, 0, ARCHITECTURE), (JUMP_EQUAL, 1, 0, architecture), (RETURN, 0, 0, KILL),
            (LOAD, 0, 0, NUMBER), (JUMP_AT_LEAST, 0, 1, 0x40000000), (RETURN, 0, 0, ERROR | errno.ENOSYS),
        ]  # fmt: skip

    def refuse(self, numbers: tuple, error: int = errno.EPERM) -> None:
        if numbers[self.column] is not None:
            self.code += [(JUMP_EQUAL, 0, 1, numbers[self.column]), (RETURN, 0, 0, ERROR | error)]

    def refuse_bits(self, numbers: tuple, bits: int) -> None:
        """Refuse a call whose first argument has any of the bits."""
        self.code += [
            (JUMP_EQUAL, 0, 4, numbers[self.column]), (LOAD, 0, 0, FIRST), (JUMP_SET, 0, 1, bits),
            (RETURN, 0, 0, ERROR | errno.EPERM), (LOAD, 0, 0, NUMBER),
        ]  # fmt: skip

    def only_value(self, numbers: tuple, value: int, error: int = errno.EPERM) -> None:
        """Refuse a call whose first argument is another value."""
        self.code += [
            (JUMP_EQUAL, 0, 4, numbers[self.column]), (LOAD, 0, 0, FIRST), (JUMP_EQUAL, 1, 0, value),
            (RETURN, 0, 0, ERROR | error), (LOAD, 0, 0, NUMBER),
        ]  # fmt: skip

    def install(self) -> None:
        code = [*self.code, (RETURN, 0, 0, ALLOW)]
        packed = b"".join(struct.pack("HBBI", *line) for line in code)
        buffer = ctypes.create_string_buffer(packed, len(packed))
        program = struct.pack("H6xP", len(code), ctypes.addressof(buffer))
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        pointer = ctypes.create_string_buffer(program, len(program))
        checked(libc.prctl(22, ctypes.c_ulong(2), pointer, ctypes.c_ulong(0), ctypes.c_ulong(0)), "seccomp")


def install(walls_of_its_own: bool, can_scope_signals: bool) -> None:
    """Close what is not needed. Without namespaces (walls_of_its_own false) the network and others' sockets, too.

    can_scope_signals: Landlock keeps signals inside; otherwise a process may signal only itself.
    """
    program = Filter()
    for numbers in REFUSED.values():
        program.refuse(numbers)
    program.refuse(CLONE3, errno.ENOSYS)  # its flags lie in memory; the C library then takes clone, which can be read
    program.refuse_bits(CLONE, NEW_NAMESPACES)
    if not walls_of_its_own:
        program.only_value(SOCKET, socket.AF_UNIX, errno.EACCES)
        program.only_value(SOCKETPAIR, socket.AF_UNIX, errno.EACCES)
        program.refuse(CONNECT, errno.EACCES)  # a path leads to the sockets of other programs
        if not can_scope_signals:
            for numbers in SENDS.values():
                program.only_value(numbers, os.getpid())
            for numbers in (PIDFD_SEND, QUEUE_INFO, THREAD_QUEUE_INFO):
                program.refuse(numbers)
    program.install()
