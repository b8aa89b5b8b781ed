"""Keras on PyTorch, without the lines that TensorFlow writes to stderr while it is loaded. Lesson 10 imports it.

Keras loads TensorFlow, where it is installed, as soon as a model is saved, whichever backend it runs on. TensorFlow's
C++ code then writes to the process's stderr before any of its settings can stop it. KERAS_BACKEND, where it is set,
wins; a Keras that was imported before keeps its backend.
"""

import contextlib
import importlib.util
import os
from collections.abc import Iterator

from course_utils.quiet import quiet


@contextlib.contextmanager
def _torch_unless_set() -> Iterator[None]:
    """KERAS_BACKEND=torch while Keras is imported, and not for the processes that this one starts later."""
    was_set = "KERAS_BACKEND" in os.environ
    os.environ.setdefault("KERAS_BACKEND", "torch")
    try:
        yield
    finally:
        if not was_set:
            del os.environ["KERAS_BACKEND"]


with _torch_unless_set(), quiet():
    import keras

    if importlib.util.find_spec("tensorflow"):
        import tensorflow  # noqa: F401

__all__ = ["keras"]
