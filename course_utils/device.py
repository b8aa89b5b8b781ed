"""The one place that decides device, profile, mixed precision and threads. Lesson 00 shows what it found.

Environment variables, all optional:
    COURSE_PROFILE  quick (two cores, minutes; default without CUDA) or full (default with CUDA)
    COURSE_DEVICE   cpu or cuda; default cuda where there is one
    COURSE_THREADS  how many CPU threads to use; default all cores
"""

import contextlib
import os
from dataclasses import dataclass

PROFILES = ("quick", "full")
DEVICES = ("cpu", "cuda")


@dataclass(frozen=True)
class Settings:
    """What a lesson runs on. `mixed_precision` is "bfloat16" or "off"; it is "off" on a CPU and on older GPUs."""

    device: str
    profile: str
    mixed_precision: str
    channels_last: bool
    threads: int
    name: str

    @property
    def quick(self) -> bool:
        return self.profile == "quick"

    def __str__(self) -> str:
        precision = "" if self.mixed_precision == "off" else f", {self.mixed_precision} mixed precision"
        threads = "1 thread" if self.threads == 1 else f"{self.threads} threads"
        return f"Device: {self.name} ({self.device}, {threads}{precision}). Profile: {self.profile}."


def settings() -> Settings:
    """Read the environment, look for a GPU, set torch's threads, and return what was decided.

    Raises ValueError, naming the variable, for a value that cannot be used.
    """
    import torch

    device = _choice("COURSE_DEVICE", DEVICES, default="cuda" if torch.cuda.is_available() else "cpu")
    if device == "cuda" and not torch.cuda.is_available():
        raise ValueError("COURSE_DEVICE=cuda, but torch finds no CUDA device here: unset it, or set COURSE_DEVICE=cpu")
    profile = _choice("COURSE_PROFILE", PROFILES, default="full" if device == "cuda" else "quick")
    threads = _threads()
    torch.set_num_threads(threads)
    if device == "cpu":
        return Settings(device, profile, "off", False, threads, "CPU")
    # float16 would need its loss scaled; bfloat16 has the range of float32 and needs nothing
    precision = "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "off"
    return Settings(device, profile, precision, True, threads, torch.cuda.get_device_name())


def _choice(variable: str, allowed: tuple[str, ...], default: str) -> str:
    value = os.environ.get(variable) or default
    if value not in allowed:
        raise ValueError(f"{variable}={value}: write {' or '.join(allowed)}")
    return value


def _threads() -> int:
    value = os.environ.get("COURSE_THREADS") or str(_cores())
    if not value.isdecimal() or int(value) < 1:
        raise ValueError(f"COURSE_THREADS={value}: write a whole number of at least 1")
    return int(value)


def _cores() -> int:
    """The cores that this process may use, which in a container are fewer than the machine's."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def autocast(chosen: Settings):
    """The context in which a forward pass runs: torch's mixed precision where `chosen` says so, else plain."""
    if chosen.mixed_precision == "off":
        return contextlib.nullcontext()
    import torch

    return torch.autocast(chosen.device, dtype=getattr(torch, chosen.mixed_precision))


def place(module_or_tensor, chosen: Settings):
    """Move a network or a tensor to the device; image batches and networks become channels-last on CUDA."""
    import torch

    is_image_batch = isinstance(module_or_tensor, torch.Tensor) and module_or_tensor.dim() == 4
    is_network = isinstance(module_or_tensor, torch.nn.Module)
    if chosen.channels_last and (is_image_batch or is_network):
        return module_or_tensor.to(chosen.device, memory_format=torch.channels_last)
    return module_or_tensor.to(chosen.device)
