"""Open JupyterLab on notebooks/ (`make lab`): first see that the port is free, then set up the environment.

    python3 tools/start_lab.py --venv .venv --port 8888 --browser no

Standard library only, like setup_env.py, for the same reason.
"""

import argparse
import os
import socket
import sys

import setup_env
from setup_env import ROOT, SetupError


def free_port(text):
    """The port as a number. Raises SetupError, naming a free one, where it is no port or is taken."""
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise SetupError(f"PORT={text} is no port; give a number from 1 to 65535, such as PORT=8888")
    port = int(text)
    if is_free(port):
        return port
    free = next(other for other in [*range(port + 1, 65536), *range(1024, port)] if is_free(other))
    raise SetupError(f"port {port} cannot be used (busy?); try PORT={free}")


def is_free(port):
    """Whether JupyterLab could listen on this port of localhost, and nobody answers there already."""
    for family, kind, protocol, _, address in socket.getaddrinfo("localhost", port, type=socket.SOCK_STREAM):
        with socket.socket(family, kind, protocol) as client:
            client.settimeout(1)
            if client.connect_ex(address) == 0:
                return False
        with socket.socket(family, kind, protocol) as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as Jupyter does: a port just left is free
            try:
                server.bind(address)
            except OSError:
                return False
    return True


def command(venv, port, browser):
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
        "--Application.log_level=WARN",
    ]
    if browser == "no":
        words.append("--no-browser")
    if os.geteuid() == 0:
        words.append("--allow-root")  # containers and Binder run as root; Jupyter would refuse
    return words


def main():
    parser = argparse.ArgumentParser(description="Set up the environment and open JupyterLab on notebooks/.")
    parser.add_argument("--venv", default=".venv", help="folder of the environment (default: .venv)")
    parser.add_argument("--port", default="8888", help="port of JupyterLab (default: 8888)")
    parser.add_argument("--browser", default="yes", choices=["yes", "no"], help="no: only print the address")
    options = parser.parse_args()
    try:
        setup_env.check_python()
        port = free_port(options.port)
        if not os.path.isdir(os.path.join(ROOT, "notebooks")):
            raise SetupError(f"notebooks/ is missing in {ROOT}; make it with: make build")
        setup_env.ensure(options.venv)
    except SetupError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("lab: interrupted; the same command starts again", file=sys.stderr)
        return 130
    print(f"lab: JupyterLab on notebooks/, port {port}; Control-C twice stops it", flush=True)
    os.chdir(ROOT)
    words = command(os.path.abspath(os.path.expanduser(options.venv)), port, options.browser)
    os.execv(words[0], words)


if __name__ == "__main__":
    sys.exit(main())
