"""The hostile class: submissions as data; tests/test_hostile_class.py grades them through the command line."""

from hostile import attacks, cheats, files, limits, packing, unusual  # noqa: F401 - importing them registers their cases
from hostile.work import CASES, LIMITED

__all__ = ["CASES", "LIMITED"]
