"""Close the error channel of the process for a moment, also for code that is not Python.

TensorFlow's C++ code reports at its start what it found on the machine, past every setting; see tensorflow_quiet.py and
quiet_keras.py, which import it inside `quiet()`.
"""

import contextlib
import os
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Drop what this process writes to its error channel meanwhile, also from code that is not Python."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
