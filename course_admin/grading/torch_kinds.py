"""Torch's own kinds of plain data, as specials.py hands them over: devices, data types, shapes, random generators.

agent/source.py sends the text of this module into the student's kernel.
"""

import sys
from typing import Any


def dump_torch(value: Any) -> tuple | None:
    """(kind, plain data) for a value of one of these kinds, None for others."""
    torch = sys.modules.get("torch")
    if torch is None:
        return None
    kind = type(value)
    if kind is torch.device:
        return "torch.device", str(value)
    if kind is torch.dtype:
        return "torch.dtype", str(value).removeprefix("torch.")
    if kind is torch.Size:
        return "torch.Size", tuple(value)
    if kind is torch.Generator and value.device.type == "cpu":
        return "torch.Generator", value.get_state().numpy()
    return None


def build_torch(kind: str, data: Any) -> Any:
    """The object that the two describe; any error means that they describe none."""
    import torch

    if kind == "torch.device":
        return torch.device(data)
    if kind == "torch.dtype" and type(vars(torch)[data]) is torch.dtype:
        return vars(torch)[data]
    if kind == "torch.Size":
        return torch.Size(data)
    if kind == "torch.Generator":
        generator = torch.Generator()
        generator.set_state(torch.from_numpy(data))  # refuses what is no state
        return generator
    raise ValueError(f"unknown kind {kind!r}")
