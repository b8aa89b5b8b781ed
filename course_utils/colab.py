"""What Google Colab lacks for the course. The cell under a lesson's title calls this there, and only there."""

import importlib.metadata
import re
import subprocess
import sys

COURSE = "convolution-to-reid"
NOT_NEEDED = {"jupyterlab", "nbgrader"}  # Colab is a notebook of its own, and nothing is graded there


def missing() -> list[str]:
    """The course's requirements, as pip writes them, of which no version is installed."""
    found = []
    for requirement in importlib.metadata.requires(COURSE) or []:
        name = re.match(r"[\w.-]+", requirement)[0]
        if name not in NOT_NEEDED and not _is_installed(name):
            found.append(requirement)
    return found


def _is_installed(name: str) -> bool:
    try:
        importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def install_missing() -> None:
    """Install what `missing` names; what Colab has stays as it is. Raises CalledProcessError where pip fails."""
    if found := missing():
        print("installing", ", ".join(found))
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", *found], check=True)
