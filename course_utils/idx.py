"""Small guards around a download: is the server there, and did the whole file arrive? Used by course_utils.data."""

import math
import socket
import struct
import threading
from pathlib import Path

CURE = "delete it and run: python -m course_utils.data"


def reachable(host: str, seconds: float, port: int = 443) -> bool:
    """Whether `host` answers within `seconds`; the name look-up, which has no limit of its own, is counted in."""
    found = threading.Event()

    def knock():
        try:
            socket.create_connection((host, port), timeout=seconds).close()
            found.set()
        except OSError:
            pass

    thread = threading.Thread(target=knock, daemon=True)
    thread.start()
    thread.join(seconds)
    return found.is_set()


def require_whole(path: Path) -> int:
    """How many items the IDX file `path` holds. Raises ValueError, naming file and cure, where it is not whole.

    The format is that of MNIST: two zero bytes, type 8 (unsigned byte), the number of axes, their lengths, the values.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(4)
            axes = head[3] if len(head) == 4 else 0
            if head[:3] != b"\x00\x00\x08" or not 1 <= axes <= 3:
                raise ValueError(f"{path}: not an MNIST file (it begins with {head.hex() or 'nothing'}): {CURE}")
            lengths = struct.unpack(f">{axes}I", file.read(4 * axes))
    except FileNotFoundError as error:
        raise ValueError(f"{path}: missing beside the other MNIST files: run: python -m course_utils.data") from error
    except struct.error as error:
        raise ValueError(f"{path}: cut off after {size} bytes: {CURE}") from error
    expected = 4 + 4 * axes + math.prod(lengths)
    if size != expected:
        raise ValueError(f"{path}: {size:,} bytes instead of {expected:,}, a download cut short?: {CURE}")
    return lengths[0]
