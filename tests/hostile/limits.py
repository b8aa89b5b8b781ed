"""Works that use too much of something. Every payload is bounded, so that a broken sandbox does no harm either.

What they cost is the cell or the exercise that does it; the rest of the work is marked as ever.
"""

from hostile.work import Work, answers, case, without

CELLS = {  # name: (source of a cell of the student's own, flag)
    "fork_bomb": (
        "import os, time\nchildren = []\nfor _ in range(250):\n    child = os.fork()\n    if child == 0:\n"
        "        time.sleep(30)\n        os._exit(0)\n    children.append(child)",
        None,
    ),
    "fork_bomb_of_shells": ("import subprocess\nfor _ in range(250): subprocess.Popen(['/bin/sleep', '30'])", None),
    "thread_bomb": (
        "import threading, time\nfor _ in range(300): threading.Thread(target=time.sleep, args=(5,)).start()",
        None,
    ),
    "memory_bomb": ("blocks = [bytearray(2 ** 28) for _ in range(10)]", None),
    "shared_memory_bomb": (
        "import mmap, time\nm = mmap.mmap(-1, 5 * 2 ** 29)\nfor i in range(0, len(m), 4096): m[i] = 1\ntime.sleep(5)",
        True,
    ),
    "disk_bomb": ("for n in range(100):\n    with open(f'f{n}', 'wb') as f: f.write(bytes(2 ** 22))", None),
    "one_large_file": ("open('big', 'wb').write(bytes(2 ** 26))", None),
    "output_flood": ("for _ in range(300): print('x' * 1_000_000)", None),
    "error_flood": ("import sys\nfor _ in range(100_000): print('warning', file=sys.stderr)", None),
    "many_displays": ("for n in range(3000): display(n)", None),
    "sleeps_for_ever": ("import time\ntime.sleep(600)", True),
    "ignores_interrupts": (
        "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: time.sleep(1)",
        True,
    ),
    "catches_interrupts": (
        "import time\nwhile True:\n    try: time.sleep(600)\n    except BaseException: pass",
        True,
    ),
    "stuck_in_c": ("import threading\nlock = threading.Lock(); lock.acquire(); lock.acquire()", True),
    "loops_for_ever": ("while True: pass", True),
    "stops_itself": ("import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)", True),
}


def _cell(name: str, source: str, flag: bool | None) -> None:
    def make(work: Work) -> None:
        work.add(source, after="check-total")

    make.__name__ = name
    case(8, flag, limited=True)(make)


for _name, (_source, _flag) in CELLS.items():
    _cell(_name, _source, _flag)

answers(
    without("total"),
    None,
    limited=True,
    sleeps_when_called="def total(values):\n    import time\n    time.sleep(600)",
    ignores_interrupts_when_called=(
        "def total(values):\n    import signal, time\n    signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "    while True: time.sleep(1)"
    ),
    memory_bomb_when_called="def total(values):\n    return len([bytearray(2 ** 28) for _ in range(10)])",
    recursion_without_end="def total(values):\n    return total(values)",
    output_flood_when_called="def total(values):\n    for _ in range(200): print('x' * 1_000_000)\n    return 0",
    catastrophic_regex="def total(values):\n    import re\n    re.match('(a+)+$', 'a' * 40 + 'b')\n    return 0",
)
