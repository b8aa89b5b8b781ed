"""k_reciprocal_rerank against the original's dense NumPy program at Market-1501's size, in one run, on one thread.

    python benchmarks/reranking.py --peer FOLDER [--people 750] [--dimensions 64]

FOLDER is an unpacked wheel of pyppbox-torchreid, which holds torchreid's copy of the authors' Python program:
    pip download --no-deps pyppbox-torchreid && unzip -d FOLDER pyppbox_torchreid-*.whl
At 750 people (3,368 queries, 15,913 gallery images) that program needs about 9 GB of memory and several minutes; fewer
people give a smaller problem. Each side runs in its own process; times are processor seconds, distances included, and
memory is the rise of the largest resident size above the features.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from course_utils.evaluation import evaluate_rank
from course_utils.reranking import k_reciprocal_rerank
from peers import load_module
from problem import market_problem

SIDES = ("ours", "original")


def original(peer, query, gallery):
    """The authors' program takes plain distances and squares them itself."""
    rerank = load_module(peer / "pyppbox_torchreid/utils/rerank.py").re_ranking

    def distances(a, b):
        squared = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
        return np.sqrt(np.maximum(squared, 0, out=squared), out=squared)

    return rerank(distances(query, gallery), distances(query, query), distances(gallery, gallery))


def run_side(side, given, out):
    query, gallery, labels = market_problem(0, given.dimensions, given.people)
    k_reciprocal_rerank(query[:50], gallery[:50])  # load what is loaded once
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    result = k_reciprocal_rerank(query, gallery) if side == "ours" else original(given.peer, query, gallery)
    seconds = time.process_time() - start
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 2**20
    np.save(out, result)
    size = f"n = {len(query) + len(gallery)}, d = {given.dimensions}"
    print(f"{side:9s} {size}: {seconds:7.1f} s, {memory:5.2f} GB; {evaluate_rank(result, *labels)}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", type=Path, required=True)
    parser.add_argument("--people", type=int, default=750)
    parser.add_argument("--dimensions", type=int, default=64)
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--out", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.side:
        with threadpool_limits(1):
            run_side(given.side, given, given.out)
        return
    with tempfile.TemporaryDirectory() as folder:
        files = [f"{folder}/{side}.npy" for side in SIDES]
        for side, file in zip(SIDES, files, strict=True):
            subprocess.run([sys.executable, __file__, *sys.argv[1:], "--side", side, "--out", file], check=True)
        apart = np.abs(np.load(files[0]) - np.load(files[1]))
    print(f"largest difference of a distance {apart.max():.0e}; above 1e-5: {np.mean(apart > 1e-5):.1e} of them")


if __name__ == "__main__":
    main()
