"""Checks of lesson 13, second part: average precision by both rules, and the score of a whole search.

The reference of the first walks down the list; that of the second is course_utils.evaluation.
"""

from collections.abc import Callable

import numpy as np

from course_utils.checks.beside import describe
from course_utils.checks.forbid import forbid
from course_utils.checks.reid_search import small_search
from course_utils.checks.report import call, fail, passed, require_close, require_number
from course_utils.evaluation import evaluate_rank

READY_MADE = {"evaluate_rank", "average_precision_score", "precision_recall_curve", "_average_precision", "_ranks"}
KEYS = ("cmc", "step", "trapezoid", "valid")


def check_average_precisions(
    average_precisions: Callable, lists: tuple = ("-x-x-", "x--x", "---x", "xx", "x"), extra: int = 3, seed: int = 0
) -> None:
    """Lesson 13, exercise 3: answer(matches) -> (step, trapezoid). `lists` as texts, and `extra` random ones."""
    rng = np.random.default_rng(seed)
    drawn = ["".join(rng.choice(["x", "-"], rng.integers(5, 12), p=[0.3, 0.7])) + "x-" for _ in range(extra)]
    for text in [*lists, *drawn]:
        given = f"the ranked list {text} (x: a match)"
        forbid(average_precisions, READY_MADE, given)
        matches = np.array([letter == "x" for letter in text])
        got = call(average_precisions, matches, given=given, expected="two numbers")
        if not isinstance(got, (tuple, list)) or len(got) != 2:
            fail(given, "two numbers: step and trapezoid", describe(got), "return step, trapezoid")
        at, before, last, every = _precisions(text)
        step, trapezoid = np.mean(at), np.mean([at, before])
        mistakes = [
            (np.sum(at) / len(text), "divide by the number of matches, not of images"),
            (np.sum(at), "the mean over the matches, not their sum"),
            (np.mean(every), "only the places of matches count"),
            (trapezoid, "this is the trapezoid rule; step comes first"),
        ]
        require_number(got[0], step, given + ", step", "at each match: matches so far / images so far", mistakes)
        zero = np.where(np.arange(len(text))[matches] == 0, 0, before)
        hint = "at each match: the mean of the precision there and the precision of the list one image shorter"
        mistakes = [
            (np.mean([at, zero]), "before the first image the precision counts as 1"),
            (np.mean([at, last]), "take the precision just before the match, not the one at the last match"),
            (np.mean(before), "the mean of both: at the match, and just before it"),
            (step, "this is the step rule again"),
        ]
        require_number(got[1], trapezoid, given + ", trapezoid", hint, mistakes)
    passed("average_precisions")


def _precisions(text: str) -> tuple[np.ndarray, ...]:
    """At each match: precision there, just before it, and at the match before; and the precision of every place."""
    at, before, last, every, found = [], [], [], [], 0
    for images, letter in enumerate(text):
        if letter == "x":
            before.append(found / images if images else 1)
            last.append(at[-1] if at else 1)
            found += 1
            at.append(found / (images + 1))
        every.append(found / (images + 1))
    return np.array(at), np.array(before), np.array(last), np.array(every)


def check_evaluate(evaluate: Callable, searches: tuple = ((12, 30, 5), (9, 8, 10), (20, 60, 8)), seed: int = 0) -> None:
    """Lesson 13, exercise 4: answer(distances, query_ids, gallery_ids, query_cameras, gallery_cameras, max_rank).

    Returns a dict. `searches` holds (queries, gallery images, max_rank); some queries have no match that counts.
    """
    rng = np.random.default_rng(seed)
    for n_query, n_gallery, max_rank in searches:
        distances, query_ids, ids, query_cameras, cameras = small_search(rng, n_query, n_gallery)
        query_ids[::4] = 9  # in no gallery
        search = distances, query_ids, ids, query_cameras, cameras
        right = {rule: evaluate_rank(*search, rule, max_rank) for rule in ("step", "trapezoid")}
        valid, cmc = right["step"].valid_queries, right["step"].cmc
        given = f"{n_query} queries, {n_query - valid} of them without a match that counts, {n_gallery} gallery images"
        given += f", max_rank {max_rank}"
        forbid(evaluate, READY_MADE, given)
        got = call(evaluate, *search, max_rank, given=given, expected=f"a dict with {', '.join(KEYS)}")
        if type(got) is not dict or set(got) != set(KEYS):
            fail(given, f"a dict with the keys {', '.join(KEYS)}", describe(got), "return the dict of the docstring")
        share = valid / n_query
        everyone = "divide by the queries that have a match, not by all: the others cannot be answered"
        hint = "count the queries in which some match counts"
        require_number(got["valid"], valid, given + ": valid", hint, [(n_query, hint)])
        first = right["step"].first_ranks[right["step"].first_ranks > 0]
        exactly = np.bincount(first, minlength=max_rank + n_gallery)[1 : max_rank + 1] / valid
        mistakes = [
            (cmc * share, everyone),
            (exactly, "first match at this rank or before it: the curve adds up (np.cumsum)"),
            (1 - cmc, "this is the share of queries that found nobody yet"),
            (100 * cmc, "a share between 0 and 1, not per cent"),
        ]
        mistakes += _broken_rules(search, lambda result: result.cmc, max_rank)
        hint = "cmc[k - 1] is the share of valid queries whose first match stands at rank k or before"
        shape_hint = f"max_rank numbers, also where a list is shorter: the curve then stays ({max_rank} here)"
        require_close(got["cmc"], cmc, given + ": cmc", hint, mistakes, shape_hint)
        for rule in ("step", "trapezoid"):
            mean_ap, other = right[rule].mean_ap, right["trapezoid" if rule == "step" else "step"].mean_ap
            mistakes = [(mean_ap * share, everyone), (other, "step and trapezoid are swapped")]
            mistakes += _broken_rules(search, lambda result: result.mean_ap, max_rank, rule)
            hint = "the mean of the average precisions of the valid queries, each query counting once"
            require_number(got[rule], mean_ap, f"{given}: {rule}", hint, mistakes)
    passed("evaluate")


def _broken_rules(search: tuple, part: Callable, max_rank: int, rule: str = "step") -> list[tuple]:
    """What a score is when junk counts as wrong, distractors are dropped, or the same camera is kept."""
    distances, query_ids, ids, query_cameras, cameras = search
    broken = {
        "junk (person -1) counts here as a wrong answer": (np.where(ids == -1, 0, ids), query_cameras),
        "distractors (person 0) are dropped here": (np.where(ids == 0, -1, ids), query_cameras),
        "the query's own camera is not left out here": (ids, query_cameras + 10),
    }
    return [
        (part(evaluate_rank(distances, query_ids, gallery, asked, cameras, rule, max_rank)), hint)
        for hint, (gallery, asked) in broken.items()
    ]
