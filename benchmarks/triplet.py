"""TripletLoss against pytorch-metric-learning (PML) on one batch: equal values, then the time of both.

    python benchmarks/triplet.py

256 embeddings of 512 numbers, 64 identities x 4, forward and backward. First the losses are compared for each mining
that both have; then batch-hard is timed in turns. Target: at least as fast as PML. Exit code 1 where it is missed.
"""

import sys

import torch
from pytorch_metric_learning import distances, losses, miners, reducers

from course_utils.losses import TripletLoss
from side_by_side import median_seconds

MARGIN = 0.3


def peers():
    """Name -> (our loss, PML's loss, PML's miner or None), each pair with one meaning."""
    euclidean = distances.LpDistance(normalize_embeddings=False)
    squared = distances.LpDistance(normalize_embeddings=False, power=2)
    hard, hard_squared = miners.BatchHardMiner(distance=euclidean), miners.BatchHardMiner(distance=squared)
    mean, active = reducers.MeanReducer(), reducers.AvgNonZeroReducer()

    def pml(distance, reducer, margin=MARGIN, smooth=False):
        return losses.TripletMarginLoss(margin, smooth_loss=smooth, distance=distance, reducer=reducer)

    return {
        "batch hard": (TripletLoss(MARGIN), pml(euclidean, mean), hard),
        "batch hard, active": (TripletLoss(MARGIN, reduction="active"), pml(euclidean, active), hard),
        "batch hard, squared": (TripletLoss(MARGIN, squared=True), pml(squared, mean), hard_squared),
        "batch hard, soft": (TripletLoss(None), pml(euclidean, mean, 0, smooth=True), hard),
        "batch all": (TripletLoss(MARGIN, "all"), pml(euclidean, mean), None),
        "batch all, active": (TripletLoss(MARGIN, "all", reduction="active"), pml(euclidean, active), None),
        "batch all, soft": (TripletLoss(None, "all"), pml(euclidean, mean, 0, smooth=True), None),
    }


def main() -> int:
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(64).repeat_interleave(4)
    centres = torch.randn(64, 512, generator=generator)
    embeddings = (centres[labels] + 2 * torch.randn(256, 512, generator=generator)).requires_grad_()

    def ours(loss):
        embeddings.grad = None
        value = loss(embeddings, labels)
        value.backward()
        return value.item(), embeddings.grad

    def theirs(loss, miner):
        embeddings.grad = None
        value = loss(embeddings, labels, miner(embeddings, labels) if miner else None)
        value.backward()
        return value.item(), embeddings.grad

    print("256 x 512, float32, 64 identities x 4")
    for name, (our_loss, pml_loss, miner) in peers().items():
        (our_value, our_gradient), (value, gradient) = ours(our_loss), theirs(pml_loss, miner)
        print(f"{name:22} ours {our_value:10.6f}   PML {value:10.6f}")
        torch.testing.assert_close(our_value, value, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(our_gradient, gradient, rtol=1e-3, atol=1e-5)

    our_loss, pml_loss, miner = peers()["batch hard"]
    seconds = median_seconds({"ours": lambda: ours(our_loss), "PML": lambda: theirs(pml_loss, miner)}, rounds=100)
    ratio = seconds["PML"] / seconds["ours"]
    print("batch hard, forward and backward, one thread, median of 100 turns:")
    print(f"ours {seconds['ours'] * 1e3:.2f} CPU ms, PML {seconds['PML'] * 1e3:.2f} CPU ms")
    print(f"ratio {ratio:.2f} (target at least 1): {'met' if ratio >= 1 else 'MISSED'}")
    return 0 if ratio >= 1 else 1


if __name__ == "__main__":
    sys.exit(main())
