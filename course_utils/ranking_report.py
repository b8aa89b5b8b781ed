"""A score with its spread over people, in a line. Lesson 13 compares its methods with it.

The spread answers: what if other people had been searched for? People are drawn again, with replacement (bootstrap:
Efron, "Bootstrap methods: another look at the jackknife", 1979). It says nothing about another training.
"""

import numpy as np

from course_utils.evaluation import RankResult, evaluate_rank


def over_people(values: np.ndarray, person_ids: np.ndarray, draws: int = 500, seed: int = 0) -> tuple[float, ...]:
    """(mean, low, high): the mean of `values`, one for each query, and 5 % and 95 % of it when people are drawn again.

    values, person_ids: (n,); where a value is NaN (not valid) it is left out. A person's queries go together.
    """
    values, person_ids = np.asarray(values, dtype=float), np.asarray(person_ids)
    if values.shape != person_ids.shape or values.ndim != 1 or np.isnan(values).all():
        raise ValueError(f"values {values.shape} and person_ids {person_ids.shape}: give one of each for every query")
    valid = ~np.isnan(values)
    who = np.unique(person_ids[valid], return_inverse=True)[1]
    sums, counts = np.bincount(who, values[valid]), np.bincount(who)
    drawn = np.random.default_rng(seed).integers(0, len(counts), (draws, len(counts)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = np.percentile(means, [5, 95])
    return float(values[valid].mean()), float(low), float(high)


def report(name: str, distances: np.ndarray, labels: tuple) -> RankResult:
    """Print rank-1 and both mean average precisions in a line; returns the result by the step rule.

    labels: query_ids, gallery_ids, query_cameras, gallery_cameras, as `evaluate_rank` takes them.
    """
    step, area = (evaluate_rank(distances, *labels, rule) for rule in ("step", "trapezoid"))
    first = np.where(step.first_ranks > 0, step.first_ranks == 1, np.nan)
    parts = []
    for values in (first, step.per_query_ap, area.per_query_ap):
        mean, low, high = over_people(values, labels[0])
        parts.append(f"{mean:.3f} ({low:.3f}-{high:.3f})")
    print(f"{name:12s} rank-1 {parts[0]}   mAP {parts[1]} step, {parts[2]} trapezoid")
    return step
