"""Checks of lesson 07. The references: counting, torch's own optimiser, and tables made cell by cell."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from course_utils.checks.forbid import forbid
from course_utils.checks.report import call, describe, fail, passed, require_array, require_close


def check_grid_cells(grid_cells: Callable, cases: tuple = ((2, 3), (1, 1), (2, 1, 3)), seed: int = 0) -> None:
    """Lesson 07, exercise 1: answer(columns) -> list of dicts. `cases` holds how many values each column has."""
    names = ["learning_rate", "weight_decay", "batch_size", "seed"]
    rng = np.random.default_rng(seed)
    for sizes in (*cases, (2, 0)):
        columns = {
            name: [float(value) for value in rng.choice(99, size, replace=False) / 64]
            for name, size in zip(names, sizes, strict=False)
        }
        given = f"columns {columns}"
        forbid(grid_cells, {"ParameterGrid", "sklearn"}, given)
        count = math.prod(sizes)
        got = call(grid_cells, columns, given=given, expected=f"a list of {count} dicts")
        if type(got) is not list or not all(type(cell) is dict for cell in got):
            fail(given, f"a list of {count} dicts", describe(got), "append one dict for each combination to a list")
        for cell in got:
            wrong = cell.keys() != columns.keys()
            if wrong or any(isinstance(value, (list, tuple, np.ndarray)) for value in cell.values()):
                hint = "each dict maps every column to a single value"
                fail(given, f"dicts with the keys {list(columns)}", describe(cell), hint)
            if any(type(value) is not float or value not in columns[name] for name, value in cell.items()):
                fail(given, "values of the columns", describe(cell), "take the values as they are")
        different = {tuple(cell[name] for name in columns) for cell in got}
        if len(got) != count or len(different) != count:
            hint = "every value of a column meets every value of the others, once"
            if len(got) == count:
                hint = "cells repeat: is it one dict, changed again and again? Make a new one for each cell"
            fail(given, f"{count} different cells", f"{len(got)} cells, {len(different)} different", hint)
    passed("grid_cells")


def check_fill_table(fill_table: Callable, shapes: tuple = ((2, 3), (3, 2)), seed: int = 0) -> None:
    """Lesson 07, exercise 2: answer(results, row, row_values, column, column_values) -> array."""
    rng = np.random.default_rng(seed)
    for rows, columns in shapes:
        row_values = [float(value) for value in rng.choice(50, rows, replace=False)]
        column_values = [float(value) for value in rng.choice(50, columns, replace=False)]
        expected = np.round(rng.uniform(0.1, 1, size=(rows, columns)), 3)
        expected[rng.integers(rows), rng.integers(columns)] = np.nan
        results = [
            {"row_name": row_values[i], "column_name": column_values[j], "batch_size": 64}
            | {"accuracy": None if np.isnan(value) else float(value)}
            | {"status": "diverged" if np.isnan(value) else "done"}
            for (i, j), value in np.ndenumerate(expected)
        ]
        results = [results[number] for number in rng.permutation(len(results))]
        given = f"{len(results)} results in any order, one diverged, rows {row_values}, columns {column_values}"
        arguments = (results, "row_name", row_values, "column_name", column_values)
        _require_table(call(fill_table, *arguments, given=given), expected, given)
    row_values, column_values = [1, 2], [3, 4]
    results = [{"a": 2, "b": 3, "accuracy": 0.75, "status": "done"}]
    given = "one result for a table of 2 x 2"
    got = call(fill_table, results, "a", row_values, "b", column_values, given=given)
    _require_table(got, np.array([[np.nan, np.nan], [0.75, np.nan]]), given)
    passed("fill_table")


def _require_table(got: Any, expected: np.ndarray, given: str) -> None:
    if isinstance(got, np.ndarray) and got.dtype.kind == "f" and got.shape == expected.shape:
        missing = np.isnan(expected)
        if (np.isnan(got) != missing).any():
            i, j = (int(k) for k in np.argwhere(np.isnan(got) != missing)[0])
            hint = "a cell that diverged, or was not run, is NaN: begin with a table full of NaN"
            if not missing[i, j]:
                hint = "this cell has a result: look for its row and column by their values"
            fail(given, f"{expected[i, j]:g} at row {i}, column {j}", f"{got[i, j]:g}", hint)
        got, expected = np.where(missing, 0.0, got), np.where(missing, 0.0, expected)
    hint = "find the row with row_values.index(...), the column likewise; results come in any order"
    require_close(got, expected, given, hint, shape_hint="one row for each of row_values, one column for each value")


def check_sgd_step(sgd_step: Callable, cases: tuple = ((0.1, 0.01), (1.0, 0.1), (0.5, 0.0)), seed: int = 0) -> None:
    """Lesson 07, exercise 3: answer(weights, gradient, learning_rate, weight_decay) -> array."""
    rng = np.random.default_rng(seed)
    for shape, (learning_rate, weight_decay) in zip([(3,), (2, 3), (4,), (1, 2)], cases, strict=False):
        weights, gradient = rng.normal(size=shape), rng.normal(size=shape)
        given = f"weights and gradient of shape {shape}, learning_rate={learning_rate}, weight_decay={weight_decay}"
        forbid(sgd_step, {"SGD", "optim", "backward"}, given)
        expected = _torch_step(weights, gradient, learning_rate, weight_decay)
        step, pull = learning_rate * gradient, learning_rate * weight_decay * weights
        mistakes = [
            (weights - step, "weight decay is missing: it adds weight_decay * weights to the gradient"),
            (weights + step + pull, "walk against the gradient: minus, not plus"),
            (weights - step + pull, "weight decay pulls towards zero: it has the sign of the gradient's step"),
            (weights - step - weight_decay * weights, "the learning rate scales the weight decay too"),
            (weights - step - 2 * pull, "PyTorch adds weight_decay * weights, without a factor of 2"),
            (weights - step - learning_rate * weight_decay, "the pull grows with the weight: multiply by weights"),
            (
                weights - step - learning_rate * weight_decay * np.sign(weights),
                "the pull is the weight itself, not its sign",
            ),
        ]
        got = call(sgd_step, weights, gradient, learning_rate, weight_decay, given=given)
        hint = "weights - learning_rate * (gradient + something with weight_decay)"
        require_close(got, expected, given, hint, mistakes)
    passed("sgd_step")


def _torch_step(weights: np.ndarray, gradient: np.ndarray, learning_rate: float, weight_decay: float) -> np.ndarray:
    import torch

    parameter = torch.nn.Parameter(torch.tensor(weights))
    parameter.grad = torch.tensor(gradient)
    torch.optim.SGD([parameter], lr=learning_rate, weight_decay=weight_decay).step()
    return parameter.detach().numpy()


def check_log_uniform(
    log_uniform: Callable, cases: tuple = ((0.001, 1.0), (0.01, 0.1), (2.0, 32.0)), seed: int = 0
) -> None:
    """Lesson 07, exercise 4: answer(u, low, high) -> array like u. `cases` holds low and high."""
    rng = np.random.default_rng(seed)
    for low, high in cases:
        u = np.concatenate([[0.0, 0.5, 1.0], rng.uniform(size=4)])
        given = f"u = {np.round(u, 2).tolist()}, low={low}, high={high}"
        forbid(log_uniform, {"loguniform", "logspace", "geomspace", "suggest_float"}, given)
        expected = np.array([math.exp(math.log(low) + share * (math.log(high) - math.log(low))) for share in u])
        with np.errstate(all="ignore"):
            mistakes = [
                (low + u * (high - low), "this is uniform: the middle of 0.001 and 1 should be 0.03, not 0.5"),
                (expected[::-1], "return the numbers in the order of u"),
                (high * (low / high) ** u, "u = 0 belongs to low, u = 1 to high"),
                (np.log(low) + u * np.log(high / low), "take the exponential at the end"),
                (np.exp(np.log10(low) + u * np.log10(high / low)), "log10 goes with 10 ** ..., np.log with np.exp"),
            ]
        got = call(log_uniform, u, low, high, given=given)
        require_close(got, expected, given, "go from log(low) to log(high), then take the exponential", mistakes)
    u = np.array([[0.25, 0.75]])
    got = require_array(call(log_uniform, u, 1.0, 16.0, given="u of shape (1, 2)"), (1, 2), "u of shape (1, 2)")
    require_close(got, np.array([[2.0, 8.0]]), "u of shape (1, 2), low=1, high=16", "u may have any shape")
    passed("log_uniform")


def check_best_setting(best_setting: Callable, cases: tuple = (3, 4), seed: int = 0) -> None:
    """Lesson 07, exercise 5: answer(results) -> (learning_rate, weight_decay). `cases`: numbers of settings, from 3."""
    rng = np.random.default_rng(seed)
    for settings in cases:
        rates, decays = rng.choice(30, 2, replace=False) / 32, rng.choice(30, settings, replace=False) / 32
        # the best setting and the worst share a learning rate, all the others have another one
        chosen = [(float(rates[min(i // 2, 1)]), float(decays[i])) for i in range(settings)]
        means = np.concatenate([[0.9, 0.4], np.linspace(0.7, 0.85, settings - 2)])
        runs = means[:, None] + np.array([-0.01, 0.0, 0.01])
        runs[2] += np.array([0.25, -0.1, -0.15])  # the highest single run
        best = chosen[0]
        _best_once(best_setting, chosen, runs, best, rng, f"{settings} settings with 3 seeds each; one had a lucky run")
        steady = runs.copy()
        steady[0], steady[-1] = [0.99, 0.86, 0.85], [0.869, 0.87, 0.871]  # a higher mean, and a higher median
        given = f"{settings} settings with 3 seeds each; one is steadier, and lower on average"
        _best_once(best_setting, chosen, steady, best, rng, given)
        spoiled = runs.copy()
        spoiled[1, 1] = np.nan
        given = f"{settings} settings with 3 seeds each; one run of the worst diverged"
        _best_once(best_setting, chosen, spoiled, best, rng, given)
        spoiled = runs.copy()
        spoiled[0, 1] = np.nan
        kept = int(np.nanargmax(spoiled.mean(axis=1)))
        given = f"{settings} settings with 3 seeds each; one run of the best diverged"
        _best_once(best_setting, chosen, spoiled, chosen[kept], rng, given)
        spoiled[1:] *= 0.25  # so far behind that a run counted as 0 would still win
        _best_once(best_setting, chosen, spoiled, chosen[kept], rng, f"{given}, all others are poor")
    passed("best_setting")


def _best_once(best_setting: Callable, chosen: list, runs: np.ndarray, best: tuple, rng, given: str) -> None:
    results = [
        {"learning_rate": chosen[i][0], "weight_decay": chosen[i][1], "seed": j}
        | {"accuracy": None if np.isnan(value) else float(value)}
        | {"status": "diverged" if np.isnan(value) else "done"}
        for (i, j), value in np.ndenumerate(runs)
    ]
    results = [results[number] for number in rng.permutation(len(results))]
    expected = f"(learning_rate, weight_decay) = {best}"
    got = call(best_setting, results, given=given, expected=expected)
    if (
        not isinstance(got, (tuple, list))
        or len(got) != 2
        or any(type(value) not in (float, np.float64) for value in got)
    ):
        fail(given, expected, describe(got), "return the two numbers as they stand in the results, learning rate first")
    if tuple(got) == best:
        return
    hint = "take the mean over the seeds of each setting, then the highest mean"
    finite = np.where(np.isnan(runs), -1.0, runs)
    if tuple(got) == best[::-1]:
        hint = "learning rate first"
    elif np.isnan(runs).any() and tuple(got) == chosen[0]:
        hint = "a setting that diverges with one seed is out, however good its other runs are"
    elif np.isnan(runs).any() and best == chosen[0]:
        hint = "only the setting that diverged is out; others with its learning rate stay"
    elif tuple(got) == chosen[int(np.median(finite, axis=1).argmax())]:
        hint = "the mean over the seeds, not the median or the lowest run"
    elif tuple(got) == chosen[int(finite.max(axis=1).argmax())]:
        hint = "one lucky run is no good setting: compare means, not the highest run"
    fail(given, expected, str(tuple(map(float, got))), hint)
