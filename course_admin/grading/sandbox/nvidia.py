"""What CUDA needs of the machine: NVIDIA's devices, the files that its driver reads, and the driver's libraries."""

import glob
import os
import subprocess

FILES = ("/sys/module/nvidia", "/sys/module/nvidia_uvm", "/sys/bus/pci", "/sys/devices")
ABOUT_DRIVER = ("/proc/driver/nvidia", "/proc/devices", "/proc/modules")
LIBRARIES = ("libcuda.so", "libnvidia-ml.so")


def devices() -> list[str]:
    """The devices that there are: the cards, what controls them, and /dev/nvidia-caps."""
    return sorted(glob.glob("/dev/nvidia*")) + [path for path in ("/dev/dri",) if os.path.exists(path)]


def files() -> list[str]:
    """Files and folders to read, outside /proc: what there is, and the folders of the driver's libraries."""
    folders = {*_of_the_loader(), *_of_the_variable()}
    return [path for path in (*FILES, *sorted(folders)) if os.path.exists(path)]


def loader_words() -> list[str]:
    """The beginning of a command line, where only LD_LIBRARY_PATH leads to the libraries, as in some containers."""
    named = _of_the_variable()
    return ["/usr/bin/env", f"LD_LIBRARY_PATH={':'.join(named)}"] if named else []


def _of_the_loader() -> list[str]:
    listing = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=False).stdout
    found = [line.split("=>")[1].strip() for line in listing.splitlines() if line.strip().startswith(LIBRARIES)]
    return [os.path.dirname(os.path.realpath(path)) for path in found]


def _of_the_variable() -> list[str]:
    folders = filter(os.path.isabs, os.environ.get("LD_LIBRARY_PATH", "").split(":"))
    return [folder for folder in folders if any(glob.glob(f"{glob.escape(folder)}/{name}*") for name in LIBRARIES)]
