"""Open JupyterLab on notebooks/ (`make lab`): first see that the port is free, then set up the environment.

    python3 tools/start_lab.py --venv .venv --port 8888 --no-browser

Standard library only, like setup_env.py, for the same reason.
"""

import argparse
import errno
import os
import socket
import sys

import setup_env
from logged_run import SetupError, guarded
from setup_env import ROOT


def free_port(text):
    """The port as a number. Raises SetupError, naming a free one, where it is no port or is taken."""
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise SetupError(f"PORT={text} is no port; give a number from 1 to 65535, such as PORT=8888")
    port = int(text)
    if is_free(port):
        return port
    free = next(other for other in [*range(port + 1, 65536), *range(1024, port)] if is_free(other))
    raise SetupError(f"port {port} is taken or forbidden; try PORT={free}")


def is_free(port):
    """Whether JupyterLab could listen on this port of localhost, and nobody answers there already."""
    found = socket.getaddrinfo("localhost", port, type=socket.SOCK_STREAM)
    return not any(is_taken(family, address) for family, _, _, _, address in found)


def is_taken(family, address):
    """Whether one address of localhost is in use or forbidden. IPv6 where there is none is neither."""
    try:
        with socket.socket(family, socket.SOCK_STREAM) as client:
            client.settimeout(1)
            if client.connect_ex(address) == 0:
                return True
        with socket.socket(family, socket.SOCK_STREAM) as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as Jupyter does: a port just left is free
            server.bind(address)
    except OSError as error:
        return error.errno in (errno.EADDRINUSE, errno.EACCES)
    return False


def command(venv, port, no_browser):
    """JupyterLab's command line.

    It serves the whole course folder and starts in notebooks/: nbgrader (the Validate button, the formgrader) reads
    nbgrader_config.py from the folder the server runs in, and wants the course under the folder it serves.
    """
    words = [
        os.path.join(venv, "bin", "python"),
        "-m",
        "jupyterlab",
        "--ServerApp.root_dir=" + ROOT,
        "--LabApp.default_url=/lab/tree/notebooks",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",  # never move to another port in silence
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",  # versions are those of the lock
        "--Application.log_level=WARN",
    ]
    if no_browser:
        words.append("--no-browser")
    if os.geteuid() == 0:
        words.append("--allow-root")  # containers and Binder run as root; Jupyter would refuse
    return words


def start(venv, port, no_browser):
    """Check what can be checked, set up the environment, and become JupyterLab."""
    setup_env.check_python()
    port = free_port(port)
    if not os.path.isdir(os.path.join(ROOT, "notebooks")):
        raise SetupError(f"notebooks/ is missing in {ROOT}; make it with: make build")
    setup_env.ensure(venv)
    print(f"lab: JupyterLab on notebooks/, port {port}; Control-C twice stops it", flush=True)
    os.chdir(ROOT)
    words = command(os.path.abspath(os.path.expanduser(venv)), port, no_browser)
    os.execv(words[0], words)


def main():
    parser = argparse.ArgumentParser(description="Set up the environment and open JupyterLab on notebooks/.")
    parser.add_argument("--venv", default=".venv", help="folder of the environment (default: .venv)")
    parser.add_argument("--port", default="8888", help="port of JupyterLab (default: 8888)")
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    options = parser.parse_args()
    return guarded("lab", lambda: start(options.venv, options.port, options.no_browser))


if __name__ == "__main__":
    sys.exit(main())
