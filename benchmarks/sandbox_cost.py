"""What the sandbox costs per submission: the same kernel behind each wall and without one, in turns, in one run.

    python benchmarks/sandbox_cost.py [rounds]

Each round starts a kernel, runs a cell that imports NumPy, and ends the kernel; the median over the rounds is given in
wall seconds and, because a busy machine stretches those, as a difference to the kernel without a wall in the same run.
"""

import contextlib
import statistics
import sys
import time

from course_admin.grading.kernel import StudentKernel
from course_admin.grading.sandbox import choose
from course_admin.grading.sandbox.template import KernelTemplate

CELL = "import numpy as np\nnp.arange(10).sum()"


def life(level: str, template: str) -> float:
    """Seconds from nothing to a kernel that has run a cell and is gone again."""
    began = time.perf_counter()
    with StudentKernel(sandbox=level, template=template) as kernel:
        run = kernel.run(CELL, 120)
        assert not run.trouble, run.trouble
    return time.perf_counter() - began


def usable() -> list[str]:
    levels = []
    for level in ("bubblewrap", "landlock"):
        with contextlib.suppress(choose.NoSandbox):
            levels.append(choose.level(level))
    return ["none", *levels]


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    with contextlib.ExitStack() as stack:
        ways = [(level, "") for level in usable()]
        for level in usable():
            template = stack.enter_context(KernelTemplate(("numpy",), level))
            if template.address:
                ways.append((level, template.address))
        seconds: dict[tuple[str, str], list[float]] = {way: [] for way in ways}
        for way in ways:
            life(*way)  # the first time reads files from the disk
        for _ in range(rounds):
            for way in ways:
                seconds[way].append(life(*way))
    print(f"{'wall':12} {'process':8} {'seconds':>8} {'wall costs':>11}   (median of {rounds}, one run)")
    for (level, template), values in seconds.items():
        plain = next(found for way, found in seconds.items() if way[0] == "none" and bool(way[1]) == bool(template))
        cost = statistics.median(mine - theirs for mine, theirs in zip(values, plain, strict=True))
        how = "forked" if template else "fresh"
        print(f"{level:12} {how:8} {statistics.median(values):8.3f} {cost:+11.3f}")


if __name__ == "__main__":
    main()
