"""What one process may use: resource limits and the calls of Linux that Python does not wrap."""

import ctypes
import os
import resource

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_KEEPCAPS = 1, 4, 8
PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 36, 38, 47
CAP_DAC_READ_SEARCH = 2
VIRTUAL_SLACK = 8 * 1024**3  # address space that libraries reserve and never touch

libc = ctypes.CDLL(None, use_errno=True)


def checked(result: int, what: str) -> int:
    """The result of a C call; raises OSError naming `what` where it failed."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def prctl(option: int, *arguments: int) -> None:
    padded = [ctypes.c_ulong(value) for value in (*arguments, 0, 0, 0, 0)[:4]]
    checked(libc.prctl(option, *padded), f"prctl {option}")


def lower(which: int, value: int, hard: int | None = None) -> None:
    """Set a limit; it can only be lowered."""
    _, ceiling = resource.getrlimit(which)
    top = value if hard is None else hard
    if ceiling != resource.RLIM_INFINITY:
        top, value = min(top, ceiling), min(value, ceiling)
    resource.setrlimit(which, (value, top))


def apply_limits(limits: dict, processes: int, cuda: bool = False) -> None:
    """Limits of `course_admin.grading.records.Limits` for this process and its children.

    RLIMIT_DATA counts private memory; memory shared between processes is bounded by RLIMIT_AS and by the keeper.
    CUDA maps far more addresses than it uses, so RLIMIT_AS stays off there.
    """
    lower(resource.RLIMIT_DATA, limits["memory"])
    if not cuda:
        lower(resource.RLIMIT_AS, _virtual_size() + limits["memory"] + VIRTUAL_SLACK)
    lower(resource.RLIMIT_CPU, limits["cpu_seconds"], limits["cpu_seconds"] + 5)
    lower(resource.RLIMIT_FSIZE, limits["file_size"])
    lower(resource.RLIMIT_NPROC, processes)
    lower(resource.RLIMIT_NOFILE, 1024)
    lower(resource.RLIMIT_CORE, 0)
    lower(resource.RLIMIT_MSGQUEUE, 0)
    lower(resource.RLIMIT_MEMLOCK, 64 * 1024)


def _virtual_size() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


def become(uid: int, read_all: bool = False) -> None:
    """Turn from root into an ordinary user for good. read_all: keep the one right to read what only root may.

    The right is needed where the interpreter lies in root's home and no mount can show it elsewhere (Landlock).
    """
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    if read_all:
        prctl(PR_SET_KEEPCAPS, 1)
    os.setresuid(uid, uid, uid)
    if read_all:
        _keep_only(CAP_DAC_READ_SEARCH)


def drop_capabilities() -> None:
    """No capability is left, not even inside a user namespace of our own."""
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # version 3, this thread
    checked(libc.capset(header, (ctypes.c_uint32 * 6)()), "capset")


def _keep_only(capability: int) -> None:
    bit = 1 << capability
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    checked(libc.capset(header, (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)), "capset")
    prctl(PR_CAP_AMBIENT, 2, capability)  # 2: raise; programs that a notebook starts need the interpreter, too
