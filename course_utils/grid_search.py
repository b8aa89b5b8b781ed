"""Grid search: every cell an independent joblib task, and one small file for every finished cell.

An interrupted search goes on where it stopped: `run_grid` reads the files of finished cells and trains the others. The
caller writes the files, so that workers on other machines need no shared disk. Lesson 07 uses it;
docs/several-machines.md says how to run it on a Dask cluster.
"""

import contextlib
import hashlib
import json
import math
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import joblib
from tqdm import tqdm

Cell = dict[str, Any]
Result = dict[str, Any]

RULES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "learning_rate": (lambda value: value > 0, "a number above 0"),
    "weight_decay": (lambda value: value >= 0, "a number of at least 0"),
    "batch_size": (lambda value: value >= 1 and value == int(value), "a whole number of at least 1"),
    "momentum": (lambda value: 0 <= value < 1, "a number from 0 to below 1"),
    "epochs": (lambda value: value >= 1 and value == int(value), "a whole number of at least 1"),
    "width": (lambda value: value >= 1 and value == int(value), "a whole number of at least 1"),
    "seed": (lambda value: value >= 0 and value == int(value), "a whole number of at least 0"),
    "shift": (lambda value: 0 <= value <= 8 and value == int(value), "a whole number of pixels from 0 to 8"),
    "batch_norm": (lambda value: value in (0, 1), "True or False"),
    "average_pooling": (lambda value: value in (0, 1), "True or False"),
    "fresh_statistics": (lambda value: value in (0, 1), "True or False"),
}


def run_grid(
    train: Callable[..., dict[str, float]],
    cells: Sequence[Cell],
    folder: str | Path,
    data: Sequence[Any] = (),
    experiment: str = "",
    jobs: int = -1,
    scheduler: str | None = None,
    progress: bool = True,
) -> list[Result]:
    """Train every cell that is not finished yet, and return one result per cell, in the order of `cells`.

    train: called as train(cell, *data) in another process; returns finite numbers by name, "accuracy" among them. A
    number that is not finite makes the cell "diverged". cells: dicts from column to value; RULES names the columns.
    folder: where finished cells are kept. experiment: whatever else the numbers depend on (the data, say); results of
    another experiment in the same folder are not mixed in. jobs: processes on this machine, -1 for one per core.
    scheduler: address of a Dask scheduler, such as "tcp://10.0.0.5:8786"; its workers take the place of the processes.

    A result is the cell with its numbers (None where they are not finite), "status" ("done" or "diverged") and
    "seconds". Raises ValueError before anything is trained when a cell cannot be used, ConnectionError when no
    scheduler answers.
    """
    require_cells(cells)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{_digest(cell, experiment)}.json" for cell in cells]
    results = [_finished(path) for path in paths]
    waiting = [number for number, result in enumerate(results) if result is None]
    if waiting:
        with (
            _engine(scheduler, data),
            tqdm(total=len(cells), initial=len(cells) - len(waiting), unit="cell", disable=not progress) as bar,
        ):
            tasks = joblib.Parallel(n_jobs=jobs, batch_size=1, return_as="generator_unordered")
            for number, result in tasks(joblib.delayed(_run_cell)(n, train, cells[n], *data) for n in waiting):
                results[number] = result
                _write(paths[number], {**result, "experiment": experiment})
                bar.update()
    return results


def require_cells(cells: Sequence[Cell]) -> None:
    """Raise ValueError for an empty grid, an unknown column, a value out of range, or a cell that is there twice."""
    if len(cells) == 0:
        raise ValueError('the grid is empty: give at least one cell, such as {"learning_rate": 0.1}')
    seen: dict[str, int] = {}
    for number, cell in enumerate(cells):
        for column, value in cell.items():
            if column not in RULES:
                raise ValueError(f"cell {number}: unknown column {column!r}; there are {', '.join(RULES)}")
            fits, wanted = RULES[column]
            if not isinstance(value, (int, float)) or not math.isfinite(value) or not fits(value):
                raise ValueError(f"cell {number}: {column}={value!r}; it has to be {wanted}")
        first = seen.setdefault(_digest(cell, ""), number)
        if first != number:
            raise ValueError(f"cells {first} and {number} are the same: {cell}; leave one out")


def _run_cell(number: int, train: Callable, cell: Cell, *data: Any) -> tuple[int, Result]:
    start = time.perf_counter()
    numbers = {name: float(value) for name, value in train(dict(cell), *data).items()}
    if "accuracy" not in numbers:
        raise ValueError(f"the training function returned {', '.join(numbers) or 'nothing'}: accuracy is missing")
    finite = {name: value if math.isfinite(value) else None for name, value in numbers.items()}
    status = "diverged" if None in finite.values() else "done"
    return number, {**cell, **finite, "status": status, "seconds": round(time.perf_counter() - start, 3)}


def _engine(scheduler: str | None, data: Sequence[Any]):
    """The context in which joblib runs: this machine's processes, or the workers of a Dask scheduler."""
    if scheduler is None:
        return contextlib.nullcontext()
    try:
        return joblib.parallel_config(backend="dask", scheduler_host=scheduler, scatter=list(data))
    except OSError as error:
        raise ConnectionError(
            f"no Dask scheduler answers at {scheduler}: start one with `dask scheduler` (docs/several-machines.md)"
        ) from error
    except ValueError as error:
        raise ValueError(f"scheduler={scheduler}: {str(error).strip()}; pip install distributed") from error


def _digest(cell: Cell, experiment: str) -> str:
    """One name per cell and experiment, whatever the order of the columns; 64 and 64.0 are one value."""
    values = {column: float(value) for column, value in cell.items()}
    return hashlib.sha256(json.dumps([values, experiment], sort_keys=True).encode()).hexdigest()[:24]


def _finished(path: Path) -> Result | None:
    """The result kept in `path`; None where there is none, or half a one from a disk that lost power."""
    try:
        result = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    result.pop("experiment")
    return result


def _write(path: Path, result: Result) -> None:
    half = path.with_suffix(f".{os.getpid()}.half")
    half.write_text(json.dumps(result, indent=1), encoding="utf-8")
    os.replace(half, path)
