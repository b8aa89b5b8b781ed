"""Right and wrong answers to the exercises of lesson 07, named after the style or the mistake."""

import itertools
import statistics

import numpy as np

# exercise 1


def cells_by_product(columns):
    return [dict(zip(columns, values, strict=True)) for values in itertools.product(*columns.values())]


def cells_by_growing(columns):
    cells = [{}]
    for name, values in columns.items():
        cells = [{**cell, name: value} for cell in cells for value in values]
    return cells


def cells_by_recursion(columns):
    if not columns:
        return [{}]
    name, *others = columns
    rest = cells_by_recursion({other: columns[other] for other in others})
    return [{name: value} | cell for value in columns[name] for cell in rest]


def cells_in_step(columns):
    return [dict(zip(columns, values, strict=False)) for values in zip(*columns.values(), strict=False)]


def one_dict_again_and_again(columns):
    cell, cells = {}, []
    for values in itertools.product(*columns.values()):
        cell.update(zip(columns, values, strict=True))
        cells.append(cell)
    return cells


def two_columns_only(columns):
    first, second = (*columns, None)[:2]
    if second is None:
        return [{first: value} for value in columns[first]]
    return [{first: a, second: b} for a in columns[first] for b in columns[second]]


def removes_a_column(columns):
    cells = cells_by_product(columns)
    columns.popitem()
    return cells


def one_at_a_time(columns):
    start = {name: values[0] for name, values in columns.items() if values}
    return [start | {name: value} for name, values in columns.items() for value in values]


# exercise 2


def table_by_index(results, row, row_values, column, column_values):
    table = np.full((len(row_values), len(column_values)), np.nan)
    for result in results:
        if result["accuracy"] is not None:
            table[row_values.index(result[row]), column_values.index(result[column])] = result["accuracy"]
    return table


def table_by_lookup(results, row, row_values, column, column_values):
    known = {(one[row], one[column]): one["accuracy"] for one in results if one["status"] == "done"}
    return np.array([[known.get((a, b), float("nan")) for b in column_values] for a in row_values])


def table_in_given_order(results, row, row_values, column, column_values):
    values = [np.nan if one["accuracy"] is None else one["accuracy"] for one in results]
    values += [np.nan] * (len(row_values) * len(column_values) - len(values))
    return np.array(values, dtype=float).reshape(len(row_values), len(column_values))


def table_of_zeros(results, row, row_values, column, column_values):
    return np.nan_to_num(table_by_index(results, row, row_values, column, column_values))


def table_sorted(results, row, row_values, column, column_values):
    return table_by_index(results, row, sorted(row_values), column, sorted(column_values))


def table_fails_on_none(results, row, row_values, column, column_values):
    table = np.full((len(row_values), len(column_values)), np.nan)
    for result in results:
        table[row_values.index(result[row]), column_values.index(result[column])] = 1.0 * result["accuracy"]
    return table


def table_from_known_names(results, row, row_values, column, column_values):
    return table_by_index(results, "weight_decay", row_values, "learning_rate", column_values)


# exercise 5


def means(results, skip_diverged=False):
    groups = {}
    for one in results:
        groups.setdefault((one["learning_rate"], one["weight_decay"]), []).append(one["accuracy"])
    if skip_diverged:
        groups = {key: [value for value in values if value is not None] for key, values in groups.items()}
    return {key: statistics.mean(values) for key, values in groups.items() if None not in values}


def best_by_groups(results):
    found = means(results)
    return max(found, key=found.get)


def best_by_sorting(results):
    settings = sorted({(one["learning_rate"], one["weight_decay"]) for one in results})
    scores = []
    for setting in settings:
        runs = [one for one in results if (one["learning_rate"], one["weight_decay"]) == setting]
        broken = any(one["status"] == "diverged" for one in runs)
        scores.append(-1.0 if broken else sum(one["accuracy"] for one in runs) / len(runs))
    return list(settings[int(np.argmax(scores))])


def best_by_unique(results):
    """Rows of an array: the two numbers come back as NumPy's."""
    table = np.array([[one["learning_rate"], one["weight_decay"], one["accuracy"] or np.nan] for one in results])
    settings = np.unique(table[:, :2], axis=0)
    means = [table[(table[:, :2] == setting).all(axis=1), 2].mean() for setting in settings]
    return tuple(settings[np.nanargmax(means)])


def best_with_zeros(results):
    """As for the Bayesian search, where a diverged run is told as 0."""
    found = means([one | {"accuracy": one["accuracy"] or 0.0} for one in results])
    return max(found, key=found.get)


def best_by(score):
    def best(results):
        groups = {}
        for one in results:
            groups.setdefault((one["learning_rate"], one["weight_decay"]), []).append(one["accuracy"])
        return max((key for key in groups if None not in groups[key]), key=lambda key: score(groups[key]))

    return best


def best_without_diverged_rates(results):
    """A rate that diverged once is out with every weight decay."""
    out = {one["learning_rate"] for one in results if one["status"] == "diverged"}
    return best_by_groups([one for one in results if one["learning_rate"] not in out])


def best_single_run(results):
    best = max((one for one in results if one["status"] == "done"), key=lambda one: one["accuracy"])
    return best["learning_rate"], best["weight_decay"]


def best_skips_diverged(results):
    found = means(results, skip_diverged=True)
    return max(found, key=found.get)


def best_learning_rate_alone(results):
    rates = {}
    for one in results:
        rates.setdefault(one["learning_rate"], []).append(one["accuracy"] or 0.0)
    rate = max(rates, key=lambda key: statistics.mean(rates[key]))
    return rate, next(one["weight_decay"] for one in results if one["learning_rate"] == rate)


def worst(results):
    found = means(results)
    return min(found, key=found.get)


RIGHT = {
    "grid_cells": {"product": cells_by_product, "growing": cells_by_growing, "recursion": cells_by_recursion},
    "fill_table": {"index": table_by_index, "lookup": table_by_lookup},
    "sgd_step": {
        "one line": lambda w, g, learning_rate, weight_decay: w - learning_rate * (g + weight_decay * w),
        "shrink, then step": lambda w, g, learning_rate, weight_decay: (
            (1 - learning_rate * weight_decay) * w - learning_rate * g
        ),
    },
    "log_uniform": {
        "power": lambda u, low, high: low * (high / low) ** u,
        "exp of a line": lambda u, low, high: np.exp(np.log(low) + u * (np.log(high) - np.log(low))),
        "log10": lambda u, low, high: 10 ** ((1 - u) * np.log10(low) + u * np.log10(high)),
    },
    "best_setting": {"groups": best_by_groups, "sorting, as a list": best_by_sorting, "unique rows": best_by_unique},
}

WRONG = {
    "grid_cells": {
        "columns in step": cells_in_step,
        "one dict again and again": one_dict_again_and_again,
        "two columns only": two_columns_only,
        "changes its input": removes_a_column,
        "one at a time": one_at_a_time,
        "tuples": lambda columns: list(itertools.product(*columns.values())),
        "a generator": lambda columns: (cell for cell in cells_by_product(columns)),
        "lists as values": lambda columns: [
            {name: [cell[name]] for name in cell} for cell in cells_by_product(columns)
        ],
        "without the last cell": lambda columns: cells_by_product(columns)[:-1],
        "every cell twice": lambda columns: cells_by_product(columns) * 2,
        "values as text": lambda columns: [{k: str(v) for k, v in cell.items()} for cell in cells_by_product(columns)],
        "scikit-learn's grid": lambda columns: list(
            __import__("sklearn.model_selection").model_selection.ParameterGrid(columns)
        ),
        "always the TP's grid": lambda columns: cells_by_product({"learning_rate": [1.0, 0.1], "weight_decay": [0.1]}),
    },
    "fill_table": {
        "in the order of the results": table_in_given_order,
        "zero for diverged": table_of_zeros,
        "transposed": lambda results, row, rows, column, columns: table_by_index(results, column, columns, row, rows),
        "sorted rows and columns": table_sorted,
        "fails on None": table_fails_on_none,
        "names built in": table_from_known_names,
        "per cent": lambda *arguments: 100 * table_by_index(*arguments),
        "a list": lambda *arguments: table_by_index(*arguments).tolist(),
        "upside down": lambda *arguments: table_by_index(*arguments)[::-1],
    },
    "sgd_step": {
        "no weight decay": lambda w, g, learning_rate, weight_decay: w - learning_rate * g,
        "plus": lambda w, g, learning_rate, weight_decay: w + learning_rate * (g + weight_decay * w),
        "decay pushes outwards": lambda w, g, learning_rate, weight_decay: w - learning_rate * (g - weight_decay * w),
        "decay without the learning rate": lambda w, g, learning_rate, weight_decay: (
            w - learning_rate * g - weight_decay * w
        ),
        "factor of two": lambda w, g, learning_rate, weight_decay: w - learning_rate * (g + 2 * weight_decay * w),
        "constant pull": lambda w, g, learning_rate, weight_decay: w - learning_rate * (g + weight_decay),
        "sign, as for L1": lambda w, g, learning_rate, weight_decay: (
            w - learning_rate * (g + weight_decay * np.sign(w))
        ),
        "squared weights": lambda w, g, learning_rate, weight_decay: w - learning_rate * (g + weight_decay * w**2),
        "decays the gradient": lambda w, g, learning_rate, weight_decay: w - learning_rate * (1 - weight_decay) * g,
        "step alone": lambda w, g, learning_rate, weight_decay: -learning_rate * (g + weight_decay * w),
        "in place": lambda w, g, learning_rate, weight_decay: np.subtract(
            w, learning_rate * (g + weight_decay * w), out=w
        ),
    },
    "log_uniform": {
        "uniform": lambda u, low, high: low + u * (high - low),
        "low and high swapped": lambda u, low, high: high * (low / high) ** u,
        "no exponential": lambda u, low, high: np.log(low) + u * np.log(high / low),
        "log10 with exp": lambda u, low, high: np.exp(np.log10(low) + u * np.log10(high / low)),
        "always 0.001 to 1": lambda u, low, high: 0.001 * 1000**u,
        "own random numbers": lambda u, low, high: low * (high / low) ** np.random.default_rng(0).random(np.shape(u)),
        "rounded to powers of ten": lambda u, low, high: 10 ** np.round(np.log10(low * (high / low) ** u)),
        "geometric points": lambda u, low, high: np.geomspace(low, high, u.size).reshape(u.shape),
        "adds instead of multiplies": lambda u, low, high: low + (high / low) ** u,
        "one number": lambda u, low, high: float(low * (high / low) ** u.ravel()[0]),
    },
    "best_setting": {
        "highest single run": best_single_run,
        "skips diverged runs": best_skips_diverged,
        "counts diverged runs as 0": best_with_zeros,
        "drops the rate that diverged": best_without_diverged_rates,
        "median": best_by(statistics.median),
        "lowest run": best_by(min),
        "learning rate alone": best_learning_rate_alone,
        "worst": worst,
        "weight decay first": lambda results: best_by_groups(results)[::-1],
        "first setting": lambda results: (results[0]["learning_rate"], results[0]["weight_decay"]),
        "the mean accuracy": lambda results: max(means(results).values()),
        "a dict": lambda results: dict(zip(("learning_rate", "weight_decay"), best_by_groups(results), strict=True)),
        "fails on None": lambda results: max(
            (one["accuracy"] + 0, (one["learning_rate"], one["weight_decay"])) for one in results
        )[1],
    },
}
