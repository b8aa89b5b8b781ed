"""The bubblewrap command: a read-only system with nothing of the machine's owner in it, and one folder to write in."""

import os
import shutil
import site
import subprocess
import sys
from pathlib import Path

from . import nvidia
from .inside import SETTINGS, SYSTEM

CODE = Path(__file__).parent
INSIDE_CODE = "/run/course"
INSIDE_PACKAGES = "/run/packages"
SCRATCH = "/scratch"
SOCKETS = "/run/kernel"
SHARED_SOCKETS = "/run/kernels"  # of a zygote; each of its children sees only its own
CAPABILITIES = (
    "CAP_SETUID",
    "CAP_SETGID",
    "CAP_SYS_ADMIN",
    "CAP_NET_ADMIN",
    "CAP_KILL",
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
)
PARTS = ("bin", "lib", "lib64", "include", "share", "etc", "ssl", "nvvm", "targets", "pyvenv.cfg")


def program() -> str | None:
    return shutil.which("bwrap")


def interpreter_paths() -> list[str]:
    """Python and its packages outside /usr: the parts of the installation and of the virtual environment, by name.

    Only by name, because a virtual environment may be the course folder itself, with the gradebook in it.
    """
    base = str(Path(os.path.realpath(sys._base_executable)).parent.parent)
    prefixes = {sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix, base}
    found = [os.path.join(prefix, part) for prefix in prefixes for part in PARTS]
    found += user_packages()
    return sorted(path for path in found if os.path.exists(path) and not path.startswith("/usr/"))


def user_packages() -> list[str]:
    """The folder of `pip install --user`, where it is in use."""
    return [site.getusersitepackages()] if site.ENABLE_USER_SITE and os.path.isdir(site.getusersitepackages()) else []


def command(
    sockets: str, packages: list[Path], scratch_size: int, capabilities: bool, cuda: bool, sockets_at: str = SOCKETS
) -> list[str]:
    """The bwrap command up to the program that it runs. capabilities: keep root's rights until the kernel drops them.

    packages: folders of modules that notebooks import (course_utils). sockets: the folder outside for the sockets.
    """
    words = [program() or "bwrap", "--die-with-parent", "--unshare-pid", "--unshare-ipc", "--unshare-uts"]
    words += ["--unshare-net", "--unshare-cgroup-try", "--hostname", "notebook", "--new-session", "--clearenv"]
    rights = ["--cap-drop", "ALL", *(word for name in CAPABILITIES for word in ("--cap-add", name))]
    words += rights if capabilities else ["--unshare-user"]
    outside = [*SETTINGS, "/sys/devices/system/cpu", *interpreter_paths()]
    outside += [path for path in nvidia.files() if not path.startswith(("/usr/", "/lib"))] if cuda else []
    targets = [*outside, f"{INSIDE_CODE}/sandbox", *(f"{INSIDE_PACKAGES}/{package.name}" for package in packages)]
    words += _folders_above([*targets, f"{SOCKETS}/k", f"{sockets_at}/k"])
    for path in SYSTEM:
        if os.path.islink(path):
            words += ["--symlink", os.readlink(path), path]
        elif os.path.isdir(path):
            words += ["--ro-bind", path, path]
    for path in outside:
        words += ["--ro-bind-try", path, path]
    words += ["--ro-bind", str(CODE), f"{INSIDE_CODE}/sandbox"]
    for package in packages:
        words += ["--ro-bind", str(package), f"{INSIDE_PACKAGES}/{package.name}"]
    words += ["--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--size", str(scratch_size), "--tmpfs", "/dev/shm"]
    words += ["--perms", "1777", "--size", str(scratch_size), "--tmpfs", SCRATCH]
    # Where Python lies below /tmp, that is a read-only folder; what asks for the usual place (TMPDIR) has it anyway.
    words += [] if any(path.startswith("/tmp/") for path in targets) else ["--symlink", "scratch/tmp", "/tmp"]
    words += ["--bind", sockets, sockets_at]
    words += cuda_words() if cuda else []
    return [*words, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/"]


def _folders_above(paths: list[str]) -> list[str]:
    """Make the folders above the mounted paths open to everybody; bubblewrap's own would be closed to the kernel."""
    above = {str(parent) for path in paths for parent in Path(path).parents} - {"/", "/usr"}
    return [word for folder in sorted(above) for word in ("--perms", "0755", "--dir", folder)]


def cuda_words() -> list[str]:
    """Bind NVIDIA's devices, and what /proc tells of its driver."""
    words = [word for device in nvidia.devices() for word in ("--dev-bind", device, device)]
    return [*words, "--ro-bind-try", "/proc/driver/nvidia", "/proc/driver/nvidia"]


def works(capabilities: bool) -> str:
    """Why bubblewrap cannot be used here, or ""."""
    if not program():
        return "bubblewrap (bwrap) is not installed"
    words = ["--die-with-parent", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--ro-bind", "/", "/"]
    words += ["--cap-add", "CAP_SYS_ADMIN"] if capabilities else ["--unshare-user"]
    trial = [program(), *words, "--proc", "/proc", "--dev", "/dev", "/usr/bin/true"]
    done = subprocess.run(trial, capture_output=True, text=True, errors="replace", timeout=30, check=False)
    return "" if done.returncode == 0 else f"bubblewrap does not work here ({done.stderr.strip()[:200]})"
