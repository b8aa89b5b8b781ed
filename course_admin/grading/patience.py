"""A limit on what is worked out on the side, beside a test that has a limit of its own."""

import contextlib
import signal

PATIENCE = 1.0  # seconds


class TooSlow(BaseException):
    """It took longer than PATIENCE."""


@contextlib.contextmanager
def patience():
    """Stop what takes longer than PATIENCE."""

    def stop(*_):
        raise TooSlow

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
