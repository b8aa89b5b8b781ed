"""Time a function so that two timings of one run can be compared. Lesson 01 uses it."""

import time
from collections.abc import Callable


def seconds(function: Callable, *arguments, repeats: int = 3) -> float:
    """The shortest of `repeats` calls, in seconds: what the code needs when nothing else disturbs the machine."""
    if repeats < 1:
        raise ValueError(f"repeats={repeats}: at least 1 call is needed")
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function(*arguments)
        times.append(time.perf_counter() - start)
    return min(times)
