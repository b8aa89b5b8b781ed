"""evaluate_rank against torchreid's evaluators at Market-1501's size, in one run, on one thread.

    python benchmarks/evaluation.py [--peer FOLDER] [--queries 3368] [--slow-queries 337]

FOLDER is an unpacked wheel of pyppbox-torchreid, which holds torchreid's Python and compiled evaluators:
    pip download --no-deps pyppbox-torchreid && unzip -d FOLDER pyppbox_torchreid-*.whl
Without it, the Python evaluator is a plain reference written here in the published style (sort every row whole, walk
down the list), and the compiled one is left out. The Python evaluator runs on --slow-queries queries and is scaled
up: its cost is the same for each query. Times are processor seconds, so other work on the machine counts little.
"""

import argparse
import resource
import time
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from course_utils.evaluation import evaluate_rank
from peers import load_module
from problem import market_problem

METRICS = "pyppbox_torchreid/metrics"


def plain_evaluator(distances, query_ids, gallery_ids, query_cameras, gallery_cameras, max_rank):
    """Sort every row, drop the same-camera images, walk down the list: what published Python evaluators do."""
    order = np.argsort(distances, axis=1)
    curves, precisions = [], []
    for i, row in enumerate(order):
        keep = (gallery_ids[row] != query_ids[i]) | (gallery_cameras[row] != query_cameras[i])
        hits = (gallery_ids[row] == query_ids[i])[keep].astype(np.int32)
        if not hits.any():
            continue
        found = hits.cumsum()
        curves.append(np.minimum(found, 1)[:max_rank])
        precision = np.array([count / (place + 1.0) for place, count in enumerate(found)])
        precisions.append((precision * hits).sum() / hits.sum())
    return np.mean(curves, axis=0), np.mean(precisions)


def timed(function, *arguments):
    start = time.process_time()
    result = function(*arguments)
    return result, time.process_time() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", type=Path)
    parser.add_argument("--queries", type=int, default=3368)
    parser.add_argument("--slow-queries", type=int, default=337)
    given = parser.parse_args()

    query, gallery, labels = market_problem(seed=0)
    query_ids, gallery_ids, query_cameras, gallery_cameras = labels
    some = slice(given.queries)
    labels = query_ids[some], gallery_ids, query_cameras[some], gallery_cameras
    distances = 2 - 2 * query[some] @ gallery.T
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ours, our_seconds = timed(evaluate_rank, distances, *labels)
    gigabytes = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 2**20
    print(f"distances {distances.shape[0]} x {distances.shape[1]} float32, one thread; {ours}")
    print(f"evaluate_rank                {our_seconds:8.2f} s   {gigabytes:.2f} GB above the distances")

    slow = slice(min(given.slow_queries, len(distances)))
    slow_labels = labels[0][slow], labels[1], labels[2][slow], labels[3]
    name, evaluator = "plain reference (Python)", plain_evaluator
    if given.peer is None:
        print("no --peer: the other side is a plain evaluator, written for this benchmark in the published style")
    else:
        name, evaluator = "torchreid (Python)", load_module(given.peer / METRICS / "rank.py").eval_market1501
    (cmc, mean_ap), seconds = timed(evaluator, distances[slow], *slow_labels, 50)
    seconds *= len(distances) / len(distances[slow])
    check = evaluate_rank(distances[slow], *slow_labels)
    report(name, seconds, our_seconds, cmc, mean_ap, check)

    if given.peer:
        compiled = next((given.peer / METRICS / "rank_cylib").glob("rank_cy*"))
        evaluator = load_module(compiled, "rank_cy").evaluate_cy
        (cmc, mean_ap), seconds = timed(evaluator, distances, *labels, 50)
        report("torchreid (compiled)", seconds, our_seconds, cmc, mean_ap, ours)


def report(name, seconds, our_seconds, cmc, mean_ap, ours):
    apart = max(np.abs(np.asarray(cmc) - ours.cmc).max(), abs(float(mean_ap) - ours.mean_ap))
    print(f"{name:28s} {seconds:8.2f} s   {seconds / our_seconds:6.1f} times ours   numbers differ by {apart:.0e}")


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
