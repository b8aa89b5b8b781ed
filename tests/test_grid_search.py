"""The grid search of lesson 07: independent cells, resumed after a kill, diverged ones recorded, bad input refused."""

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_utils.grid_search import require_cells, run_grid

ROOT = Path(__file__).resolve().parent.parent
CELLS = [{"learning_rate": rate, "weight_decay": decay} for rate in (1.0, 0.1, 0.01) for decay in (0.1, 0.001)]


def score(cell, *data):
    """A training function that takes no time; a learning rate of 1 ends in NaN."""
    accuracy = 0.5 + cell["learning_rate"] + cell["weight_decay"] / 2 + sum(float(values.sum()) for values in data)
    return {"accuracy": float("nan") if cell["learning_rate"] == 1 else accuracy, "train_loss": 0.25}


class Counted:
    """`score`, and a file for each call, so that calls in other processes are counted too."""

    def __init__(self, folder: Path):
        self.folder = folder
        folder.mkdir(exist_ok=True)

    def __call__(self, cell, *data):
        number = len(list(self.folder.iterdir()))
        (self.folder / f"{number}-{cell['learning_rate']}-{cell['weight_decay']}").touch()
        return score(cell, *data)

    @property
    def calls(self) -> int:
        return len(list(self.folder.iterdir()))


def without_seconds(results):
    return [{name: value for name, value in result.items() if name != "seconds"} for result in results]


def search(folder, cells=CELLS, train=score, **options):
    return run_grid(train, cells, folder, **({"jobs": 1, "progress": False} | options))


def test_one_result_per_cell_in_the_order_of_the_cells(tmp_path):
    results = search(tmp_path)
    assert [(result["learning_rate"], result["weight_decay"]) for result in results] == [
        (cell["learning_rate"], cell["weight_decay"]) for cell in CELLS
    ]
    assert results[2]["accuracy"] == pytest.approx(0.65)
    assert {result["status"] for result in results[2:]} == {"done"}


def test_a_finished_cell_is_not_trained_again(tmp_path):
    train = Counted(tmp_path / "calls")
    first = search(tmp_path / "grid", CELLS[:4], train)
    assert train.calls == 4
    again = search(tmp_path / "grid", CELLS, train)
    assert train.calls == 6
    assert again[:4] == first


def test_a_search_killed_half_way_goes_on_where_it_stopped(tmp_path):
    """The process kills itself with SIGKILL inside the fourth cell: nothing can be cleaned up."""
    script = f"""
import os, signal
from tests.test_grid_search import CELLS, Counted, search
from pathlib import Path
train = Counted(Path({str(tmp_path / "calls")!r}))
def killed_in_the_fourth(cell):
    if train.calls == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return train(cell)
search({str(tmp_path / "grid")!r}, train=killed_in_the_fourth)
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    killed = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True)
    train = Counted(tmp_path / "calls")
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert train.calls == 3

    results = search(tmp_path / "grid", train=train)

    assert train.calls == len(CELLS)
    assert without_seconds(results) == without_seconds(search(tmp_path / "never interrupted"))


def test_half_written_files_count_as_not_finished(tmp_path):
    whole = search(tmp_path)
    kept = sorted(tmp_path.glob("*.json"))
    kept[0].write_text(kept[0].read_text()[:20])
    (tmp_path / "abc.123.half").write_text("{")
    assert without_seconds(search(tmp_path)) == without_seconds(whole)
    assert json.loads(kept[0].read_text())["status"] in ("done", "diverged")


def test_an_error_in_one_cell_keeps_the_finished_ones(tmp_path):
    train = Counted(tmp_path / "calls")

    def stops(cell):
        if cell == CELLS[3]:
            raise RuntimeError("out of memory")
        return train(cell)

    with pytest.raises(RuntimeError, match="out of memory"):
        search(tmp_path / "grid", train=stops)
    search(tmp_path / "grid", train=train)
    assert train.calls == len(CELLS)


def test_a_cell_without_finite_numbers_is_recorded_as_diverged(tmp_path):
    first, again = search(tmp_path), search(tmp_path)
    for results in (first, again):
        assert [result["status"] for result in results[:2]] == ["diverged", "diverged"]
        assert results[0]["accuracy"] is None
        assert results[0]["train_loss"] == 0.25
    assert all("NaN" not in path.read_text() for path in tmp_path.iterdir())


def test_other_data_under_another_experiment_are_not_mixed_in(tmp_path):
    digits = search(tmp_path, data=[np.zeros(3)], experiment="digits")
    mnist = search(tmp_path, data=[np.ones(3)], experiment="mnist")
    assert mnist[2]["accuracy"] == pytest.approx(digits[2]["accuracy"] + 3)
    assert without_seconds(search(tmp_path, data=[np.zeros(3)], experiment="digits")) == without_seconds(digits)


@given(order=st.permutations(range(len(CELLS))))
def test_the_order_of_cells_and_columns_changes_nothing(order, tmp_path_factory):
    folder = tmp_path_factory.mktemp("grid")
    shuffled = [dict(reversed(CELLS[number].items())) for number in order]
    found = search(folder, shuffled)
    in_order = search(folder)
    assert [in_order[number] for number in order] == found
    assert len(list(folder.glob("*.json"))) == len(CELLS)


def test_processes_give_what_one_process_gives(tmp_path):
    data = [np.arange(4.0)]
    alone = search(tmp_path / "alone", data=data)
    together = search(tmp_path / "together", data=data, jobs=2)
    assert without_seconds(alone) == without_seconds(together)


def test_progress_counts_finished_cells_from_the_start(tmp_path, capsys):
    search(tmp_path, CELLS[:4])
    search(tmp_path, CELLS, progress=True)
    bar = capsys.readouterr().err
    assert "4/6" in bar
    assert "6/6" in bar


def bad_grids():
    good = {"learning_rate": 0.1}
    return [
        ([], "the grid is empty"),
        ([good, {"learning_rate": -0.1}], r"cell 1: learning_rate=-0.1; it has to be a number above 0"),
        ([{"learning_rate": 0}], "a number above 0"),
        ([{"learning_rate": float("nan")}], "learning_rate=nan"),
        ([{"learning_rate": "0.1"}], "learning_rate='0.1'"),
        ([{"learning_rte": 0.1}], "unknown column 'learning_rte'; there are learning_rate, weight_decay"),
        ([{"batch_size": 2.5}], "batch_size=2.5; it has to be a whole number of at least 1"),
        ([{"batch_size": 0}], "batch_size=0"),
        ([{"weight_decay": -1e-9}], "weight_decay"),
        ([{"batch_norm": 2}], "True or False"),
        ([good, {"seed": 1}, {"learning_rate": 0.10}], "cells 0 and 2 are the same"),
    ]


@pytest.mark.parametrize(("cells", "message"), bad_grids())
def test_bad_input_is_refused_before_anything_is_trained(tmp_path, cells, message):
    train = Counted(tmp_path / "calls")
    with pytest.raises(ValueError, match=message):
        search(tmp_path / "grid", cells, train)
    assert train.calls == 0
    assert not (tmp_path / "grid").exists()


def test_a_training_function_without_accuracy_is_named(tmp_path):
    with pytest.raises(ValueError, match="returned loss: accuracy is missing"):
        search(tmp_path, CELLS[2:3], train=lambda cell: {"loss": 0.1})


@given(rate=st.floats(1e-9, 1e9), decay=st.floats(0, 1e9), size=st.integers(1, 10**6))
def test_every_sensible_cell_is_accepted(rate, decay, size):
    require_cells([{"learning_rate": rate, "weight_decay": decay, "batch_size": size}])


@pytest.fixture(scope="module")
def cluster():
    distributed = pytest.importorskip("distributed", reason="needs distributed: pip install distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
    ) as local:
        yield local


def process_number(cell, *data):
    return {**score(cell, *data), "process": os.getpid()}


def test_the_same_call_runs_on_a_dask_cluster_of_two_workers(tmp_path, cluster):
    data = [np.arange(4.0), np.ones((40, 30))]
    here = search(tmp_path / "here", data=data)
    there = search(tmp_path / "there", data=data, jobs=-1, scheduler=cluster.scheduler_address)
    assert without_seconds(there) == without_seconds(here)


def test_the_work_is_done_by_the_workers_and_kept_by_the_caller(tmp_path, cluster):
    cells = [{"learning_rate": 0.1, "seed": seed} for seed in range(12)]
    results = search(
        tmp_path, [cell | {"weight_decay": 0} for cell in cells], process_number, scheduler=cluster.scheduler_address
    )
    assert os.getpid() not in {int(result["process"]) for result in results}
    assert len(list(tmp_path.glob("*.json"))) == 12


def test_a_cluster_goes_on_with_what_this_machine_began(tmp_path, cluster):
    train = Counted(tmp_path / "calls")
    search(tmp_path / "grid", CELLS[:4], train)
    search(tmp_path / "grid", random.Random(0).sample(CELLS, 6), train, scheduler=cluster.scheduler_address)
    assert train.calls == len(CELLS)


def test_no_scheduler_at_the_address_is_said_in_one_line(tmp_path):
    distributed = pytest.importorskip("distributed", reason="needs distributed: pip install distributed")
    dask = pytest.importorskip("dask")
    assert distributed
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "200ms"}),
        pytest.raises(ConnectionError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"),
    ):
        search(tmp_path, scheduler="tcp://127.0.0.1:9")
