"""Loads one file of an unpacked package, so that a peer needs no installation and pulls nothing else in."""

import importlib.util
import warnings
from pathlib import Path


def load_module(path: Path, name: str | None = None):
    """The module in a .py or a compiled file; a compiled one must be given its own name."""
    spec = importlib.util.spec_from_file_location(name or f"peer_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        spec.loader.exec_module(module)
    return module
