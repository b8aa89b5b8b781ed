"""k_reciprocal_rerank against the original's dense NumPy program at Market-1501's size, in one run, on one thread.

    python benchmarks/reranking.py [--peer FOLDER] [--people 750] [--dimensions 64]

FOLDER is an unpacked wheel of pyppbox-torchreid, which holds torchreid's copy of the authors' Python program:
    pip download --no-deps pyppbox-torchreid && unzip -d FOLDER pyppbox_torchreid-*.whl
Without it, a plain program written here in the published style (dense_rerank.py) takes its place; the output says so.
At 750 people (3,368 queries, 15,913 gallery images) either needs about 9 GB of memory and several minutes; fewer
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
from dense_rerank import rerank_dense
from peers import load_module
from problem import market_problem

SIDES = ("ours", "original")


def distances(a, b):
    """Plain Euclidean distances, as the published programs are given them; they square them again."""
    squared = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
    return np.sqrt(np.maximum(squared, 0, out=squared), out=squared)


def original(peer, query, gallery):
    if peer is None:
        return rerank_dense(distances(query, query), distances(query, gallery), distances(gallery, gallery))
    rerank = load_module(peer / "pyppbox_torchreid/utils/rerank.py").re_ranking
    return rerank(distances(query, gallery), distances(query, query), distances(gallery, gallery))


def run_side(side, peer, folder):
    """Re-rank the features in `folder`; leave the distances, the processor seconds and the memory there."""
    query, gallery = np.load(folder / "query.npy"), np.load(folder / "gallery.npy")
    original(peer, query[:50], gallery[:50])  # load what is loaded once
    k_reciprocal_rerank(query[:50], gallery[:50])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    result = k_reciprocal_rerank(query, gallery) if side == "ours" else original(peer, query, gallery)
    seconds = time.process_time() - start
    gigabytes = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 2**20
    np.savez(folder / f"{side}.npz", result=result, seconds=seconds, gigabytes=gigabytes)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", type=Path)
    parser.add_argument("--people", type=int, default=750)
    parser.add_argument("--dimensions", type=int, default=64)
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.side:
        with threadpool_limits(1):
            run_side(given.side, given.peer, given.folder)
        return
    query, gallery, labels = market_problem(0, given.dimensions, given.people)
    print(f"n = {len(query) + len(gallery)}, d = {given.dimensions}, float32, one thread")
    if given.peer is None:
        print("no --peer: the other side is dense_rerank.py, written for this benchmark in the published style")
    names = {"ours": "k_reciprocal_rerank", "original": "torchreid" if given.peer else "dense reference"}
    found = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.save(folder / "query.npy", query)
        np.save(folder / "gallery.npy", gallery)
        for side in SIDES:
            command = [sys.executable, __file__, "--side", side, "--folder", name]
            subprocess.run(command + (["--peer", str(given.peer)] if given.peer else []), check=True)
            found[side] = dict(np.load(folder / f"{side}.npz"))
            score = evaluate_rank(found[side]["result"], *labels)
            print(f"{names[side]:20s} {found[side]['seconds']:8.1f} s {found[side]['gigabytes']:6.2f} GB   {score}")
    ours, other = found["ours"], found["original"]
    print(f"k_reciprocal_rerank is {other['seconds'] / ours['seconds']:.1f} times faster")
    apart = np.abs(ours["result"] - other["result"])
    print(f"largest difference of a distance {apart.max():.0e}; above 1e-5: {np.mean(apart > 1e-5):.1e} of them")


if __name__ == "__main__":
    main()
