"""Read back what training wrote for TensorBoard. Lessons 04 and 05 draw their curves from it.

A summary is a number with a name (its tag), a step and a time, appended to an event file. PyTorch's SummaryWriter
stores it as a plain number, TensorFlow and Keras as a tensor of one element; both are read here.
"""

from pathlib import Path

import course_utils.tensorflow_quiet  # noqa: F401 - first: tensorboard starts TensorFlow where there is one

# isort: split
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util.tensor_util import make_ndarray
from torch.utils.tensorboard import SummaryWriter

__all__ = ["SummaryWriter", "read_scalars"]


def read_scalars(folder: str | Path) -> dict[str, tuple[list[int], list[float]]]:
    """Every series of numbers in the event files directly in `folder`: tag -> (steps, values).

    Raises FileNotFoundError where `folder` does not exist. A folder without event files gives an empty dict.
    """
    if not Path(folder).is_dir():
        raise FileNotFoundError(f"{folder}: no such folder; give the one that the summaries were written to")
    events = EventAccumulator(str(folder), size_guidance={"scalars": 0, "tensors": 0}).Reload()
    found = {tag: [(one.step, one.value) for one in events.Scalars(tag)] for tag in events.Tags()["scalars"]}
    for tag in events.Tags()["tensors"]:
        numbers = [(one.step, make_ndarray(one.tensor_proto)) for one in events.Tensors(tag)]
        if all(value.size == 1 and value.dtype.kind in "fiu" for _, value in numbers):
            found[tag] = [(step, float(value.reshape(()))) for step, value in numbers]
    return {tag: ([step for step, _ in pairs], [value for _, value in pairs]) for tag, pairs in found.items()}
