"""What a process and its descendants use, read from /proc."""

import contextlib
import os


def descendants(process: int) -> list[int]:
    """Children, their children, and so on."""
    found, todo = [], [process]
    while todo:
        for child in _children(todo.pop()):
            found.append(child)
            todo.append(child)
    return found


def _children(process: int) -> list[int]:
    found = []
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{process}/task"):
            with contextlib.suppress(OSError), open(f"/proc/{process}/task/{thread}/children") as file:
                found += [int(number) for number in file.read().split()]
    return found


def memory(process: int, enough: int) -> int:
    """Bytes of memory that a process and its descendants hold.

    Counted roughly first: memory that several share counts for each. Only where that gives more than `enough`, each
    page is shared out between those that use it, which the kernel takes longer to say.
    """
    family = [process, *descendants(process)]
    roughly = sum(_kilobytes(each, "status", ("RssAnon:", "RssShmem:")) for each in family) * 1024
    if roughly <= enough:
        return roughly
    shares = [_kilobytes(each, "smaps_rollup", ("Pss_Anon:", "Pss_Shmem:")) for each in family]
    return sum(shares) * 1024 or roughly  # 0 where it may not be read


def _kilobytes(process: int, file: str, lines: tuple[str, ...]) -> int:
    with contextlib.suppress(OSError), open(f"/proc/{process}/{file}") as text:
        return sum(int(line.split()[1]) for line in text if line.startswith(lines))
    return 0


def disk(folder: str) -> int:
    """Bytes of the files in a folder; links are not followed."""
    total, todo = 0, [folder]
    while todo:
        with contextlib.suppress(OSError), os.scandir(todo.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    todo.append(entry.path)
                else:
                    total += entry.stat(follow_symlinks=False).st_blocks * 512
    return total


def processes_of(uid: int) -> int:
    """Threads that run under a user's number on the whole machine; RLIMIT_NPROC counts them together."""
    total = 0
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if entry.stat().st_uid == uid:
                    total += len(os.listdir(f"{entry.path}/task"))
    return total
