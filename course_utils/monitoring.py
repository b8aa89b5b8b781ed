"""Two numbers that show whether metric learning works, where the loss alone does not (lesson 09).

A batch-hard loss can stay flat while training goes well, and it sits exactly at the margin when all embeddings have
collapsed into one point. Plot these beside it. Idea of both: the training log of Hermans, Beyer, Leibe 2017.
"""

import torch
from torch import Tensor

from course_utils.losses import TripletLoss


@torch.no_grad()
def active_share(
    embeddings: Tensor, labels: Tensor, margin: float = 0.3, mining: str = "all", squared: bool = False
) -> float:
    """Share of the triplets (of the anchors with mining="hard") whose loss is above zero, from 0 to 1.

    embeddings (n, d), labels (n,). 0.0 where the batch has no triplet. For a loss with the soft margin use
    `margin=0`: the share of triplets in the wrong order. ValueError as in `TripletLoss`.
    """
    terms = TripletLoss(margin, mining, squared).terms(embeddings, labels)
    return (terms > 0).double().mean().item() if len(terms) else 0.0


@torch.no_grad()
def embedding_spread(embeddings: Tensor) -> float:
    """Root mean squared distance of the embeddings (n, d) from their mean; 0 when all have collapsed into one point.

    In the units of the embeddings. ValueError where there are none.
    """
    if embeddings.ndim != 2 or len(embeddings) == 0:
        raise ValueError(f"embeddings are {tuple(embeddings.shape)}: give shape (n, d) with n of at least 1")
    centred = embeddings.float() - embeddings.float().mean(dim=0)
    return centred.square().sum(dim=1).mean().sqrt().item()
