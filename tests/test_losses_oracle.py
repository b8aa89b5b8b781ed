"""TripletLoss against pytorch-metric-learning, on batches of every make that both accept."""

import pytest
import torch

from triplet import peers  # benchmarks/triplet.py pairs the losses that mean the same, and times them

BATCHES = {
    "P x K": [0, 0, 0, 1, 1, 1, 2, 2, 2],
    "uneven identities": [0, 0, 0, 0, 1, 1, 2, 2, 2],
    "in no order": [2, 0, 1, 0, 2, 2, 1, 0],
}


def value_and_gradient(loss, embeddings, arguments):
    embeddings = embeddings.clone().requires_grad_()
    value = loss(embeddings, *arguments(embeddings))
    value.backward()
    return value.detach(), embeddings.grad


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("name", peers())
@pytest.mark.parametrize("seed", range(3))
def test_value_and_gradient_are_those_of_the_oracle(name, batch, seed):
    # given a batch of random embeddings in float64
    ours, theirs, miner = peers()[name]
    labels = torch.tensor(BATCHES[batch])
    embeddings = torch.randn(len(labels), 5, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    # when both compute loss and gradient
    value, gradient = value_and_gradient(ours, embeddings, lambda _: (labels,))
    expected, expected_gradient = value_and_gradient(
        theirs, embeddings, lambda e: (labels, miner(e, labels)) if miner else (labels,)
    )
    # then they agree
    torch.testing.assert_close(value, expected, rtol=1e-6, atol=1e-9)
    torch.testing.assert_close(gradient, expected_gradient, rtol=1e-6, atol=1e-9)
