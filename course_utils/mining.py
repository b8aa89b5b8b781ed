"""Which triplets of a batch to learn from: distances between all embeddings, and the rules that pick by them.

Used by `course_utils.losses.TripletLoss`; lesson 09 builds the rules by hand. All functions take embeddings
(n, d) float32 or float64 and labels (n,) and trust them; the loss has checked both. Picked triplets come as three
index tensors of one length: anchors, positives, negatives. Every anchor must have a negative in the batch.
"""

import torch
from torch import Tensor


def pairwise_distances(embeddings: Tensor) -> Tensor:
    """Euclidean distances between all embeddings, (n, n) float64 (float32 on Apple's GPUs, which lack float64).

    From d^2 = x^2 + y^2 - 2xy, which costs one matrix product but loses digits where x and y are long and close:
    in float32 two equal embeddings of length 40 can come out 0.02 apart. Centring and float64 prevent that.
    The gradient at distance 0 is 0.
    """
    centred = embeddings - embeddings.mean(dim=0)
    if embeddings.device.type != "mps":
        centred = centred.double()
    return torch.cdist(centred, centred)


def positive_mask(labels: Tensor) -> Tensor:
    """(n, n) bool: True where column j is another image of row i's identity."""
    return (labels[:, None] == labels).fill_diagonal_(False)


def anchor_positive_pairs(labels: Tensor) -> tuple[Tensor, Tensor]:
    """Indices of all ordered pairs of two different images of one identity."""
    return positive_mask(labels).nonzero(as_tuple=True)


def batch_hard(embeddings: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """For each anchor with a positive: its farthest positive and its nearest negative (Hermans et al. 2017)."""
    distances, positive = pairwise_distances(embeddings), positive_mask(labels)
    anchors = positive.any(dim=1).nonzero().squeeze(1)
    farthest_positive = torch.where(positive, distances, -torch.inf).argmax(dim=1)
    nearest_negative = torch.where(labels[:, None] != labels, distances, torch.inf).argmin(dim=1)
    return anchors, farthest_positive[anchors], nearest_negative[anchors]


def semi_hard(embeddings: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """For each (anchor, positive): the nearest negative beyond the positive, else the farthest negative.

    Schroff et al. 2015 want the first; the second is what TensorFlow Addons takes where there is none.
    """
    distances = pairwise_distances(embeddings)
    anchors, positives = anchor_positive_pairs(labels)
    to_negatives, is_negative = distances[anchors], labels[anchors][:, None] != labels
    beyond = is_negative & (to_negatives > distances[anchors, positives][:, None])
    nearest_beyond = torch.where(beyond, to_negatives, torch.inf).argmin(dim=1)
    farthest = torch.where(is_negative, to_negatives, -torch.inf).argmax(dim=1)
    return anchors, positives, torch.where(beyond.any(dim=1), nearest_beyond, farthest)
