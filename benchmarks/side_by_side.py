"""Times functions in turns in one process, so that a busy machine slows all of them alike."""

import statistics
import time
from collections.abc import Callable
from pathlib import Path


def median_seconds(functions: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """The median time of each function over `rounds` rounds; each round runs every function once, in turn."""
    seconds = {name: [] for name in functions}
    for _ in range(rounds):
        for name, function in functions.items():
            start = time.perf_counter()
            function()
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(times) for name, times in seconds.items()}


def peak_megabytes() -> float:
    """The most memory this process has held so far (Linux)."""
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024
