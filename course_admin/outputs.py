"""Run an instructor notebook, and prove later that stored outputs came from the present sources.

A built notebook carries two digests in its metadata, under `course`: `ran` of the code that was run, `outputs` of what
came out. `course build --check` compares both without running anything: an edited lesson or an edited output shows.
"""

import hashlib
import json
import os
import re
import tempfile

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from traitlets.config import Config

from course_admin.errors import CourseError

# What makes the numbers of a stored run the same on every machine.
RUN_ENVIRONMENT = {
    "COURSE_PROFILE": "quick",
    "COURSE_DEVICE": "cpu",
    "MNIST_DIR": "none",
    "MARKET1501_DIR": "none",
    "TF_CPP_MIN_LOG_LEVEL": "2",
}
CELL_TIMEOUT = 600  # seconds; a lesson has three minutes in all


def digest(parts: list) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:24]


def _code(notebook) -> list:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def record(notebook) -> dict:
    """The two digests of an executed notebook."""
    return {
        "ran": digest([cell.source for cell in _code(notebook)]),
        "outputs": digest([[cell.execution_count, cell.outputs] for cell in _code(notebook)]),
    }


def fits(stored, fresh) -> bool:
    """Whether the outputs in `stored` were made by the code of `fresh` and not changed since."""
    found = record(stored)
    return stored.metadata.get("course") == found and found["ran"] == digest([cell.source for cell in _code(fresh)])


def carry_over(stored, fresh) -> None:
    """Put the outputs of `stored` into `fresh`; only where fits(stored, fresh)."""
    for old, new in zip(_code(stored), _code(fresh), strict=True):
        new.execution_count, new.outputs = old.execution_count, old.outputs
    fresh.metadata["course"] = stored.metadata["course"]


def execute(notebook, name: str) -> None:
    """Run all cells in an empty folder, on the quick profile and the CPU, and store tidy outputs and digests."""
    with tempfile.TemporaryDirectory() as scratch, tempfile.TemporaryDirectory() as sockets:
        client = NotebookClient(
            notebook,
            timeout=CELL_TIMEOUT,
            record_timing=False,
            coalesce_streams=True,  # one text per cell, a progress bar as it stood at the end
            # sockets in the file system, not open ports: no port can be taken, and nobody else can listen
            config=Config({"KernelManager": {"transport": "ipc", "ip": f"{sockets}/kernel"}}),
            resources={"metadata": {"path": scratch}},
        )
        try:
            client.execute(env={**os.environ, **RUN_ENVIRONMENT})
        except CellExecutionError as error:
            number, first = _failed(notebook)
            why = f"{error.ename}: {_one_line(error.evalue)}"
            raise CourseError(f"solutions/{name}: cell {number} ({first!r}) fails: {why}") from error
        except CellTimeoutError as error:
            raise CourseError(f"solutions/{name}: a cell ran longer than {CELL_TIMEOUT} seconds") from error
        except DeadKernelError as error:
            raise CourseError(f"solutions/{name}: the kernel died; was it out of memory?") from error
    for key in set(notebook.metadata) - {"kernelspec", "language_info"}:
        del notebook.metadata[key]
    notebook.metadata["language_info"] = nbformat.from_dict({"name": "python"})
    notebook.metadata["course"] = nbformat.from_dict(record(notebook))


def _failed(notebook) -> tuple[int, str]:
    """The number of the cell that stopped with an error, and its first line."""
    for number, cell in enumerate(notebook.cells, start=1):
        if any(output.output_type == "error" for output in cell.get("outputs", [])):
            return number, (cell.source.splitlines() or [""])[0]
    raise AssertionError("called without a failed cell")


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
