"""Which wall this machine can build: bubblewrap, else Landlock, else a plain refusal."""

import functools
import os
import secrets
import sys

from course_admin.errors import CourseError

from . import bubblewrap, landlock

LEVELS = ("auto", "bubblewrap", "landlock", "none")
CURE = "install bubblewrap (apt install bubblewrap), or pass --unsafe to run students' code unprotected"
FIRST_UID = 1_500_000_000


class NoSandbox(CourseError):
    """No wall can be built on this machine, or not the one asked for."""


@functools.cache
def level(asked: str = "auto") -> str:
    """ "bubblewrap", "landlock" or "none"; raises NoSandbox with the cure."""
    if asked not in LEVELS:
        raise NoSandbox(f"sandbox {asked!r}: choose one of {', '.join(LEVELS)}")
    if asked == "none":
        return "none"
    if not sys.platform.startswith("linux"):
        raise NoSandbox(
            f"no sandbox for {sys.platform}: grade on Linux (WSL2 will do) with bubblewrap, or pass --unsafe"
        )
    no_bubblewrap = "" if asked == "landlock" else bubblewrap.works(os.geteuid() == 0)
    if asked != "landlock" and not no_bubblewrap:
        return "bubblewrap"
    no_landlock = "" if landlock.version() else "Landlock needs Linux 5.13"
    if asked != "bubblewrap" and not no_landlock:
        return "landlock"
    why = "; ".join(reason for reason in (no_bubblewrap, no_landlock) if reason)
    raise NoSandbox(f"no sandbox: {why}; {CURE}")


def reported(chosen: str) -> str:
    """The level as results and reports name it."""
    return "none (--unsafe)" if chosen == "none" else chosen


def a_user_of_its_own() -> int | None:
    """For root: the number of a user that nobody else is, so that limits bind and no file of anybody's opens."""
    if os.geteuid() != 0:
        return None
    wanted = FIRST_UID + secrets.randbelow(100_000_000)
    return wanted if _mapped(wanted) else 65534


def _mapped(uid: int) -> bool:
    with open("/proc/self/uid_map") as file:
        ranges = [[int(word) for word in line.split()] for line in file]
    return any(first <= uid < first + count for first, _, count in ranges)
