"""A small version of the network of lesson 10: two images in, "other" or "same" out."""

import torch
from torch import Tensor, nn

from course_utils.models import NormalizedXCorr


class PairNetwork(nn.Module):
    """Pairs (B, 2, 28, 28) -> logits (B, 2): other, same. One trunk for both images, a comparison, one head.

    with_layer: compare the two maps (4 channels of 12 x 12) by NormalizedXCorr; otherwise lay one on top of the other
    and leave the comparison to the head. Source: Subramaniam, Chatterjee, Mittal 2016, section 3, made smaller.
    """

    def __init__(self, with_layer: bool):
        super().__init__()
        self.trunk = nn.Sequential(nn.Conv2d(1, 4, 5), nn.ReLU(), nn.MaxPool2d(2))
        self.compare = NormalizedXCorr() if with_layer else None
        self.head = nn.Sequential(
            nn.ReLU(),
            nn.Conv2d(4 * 5 * 12 if with_layer else 2 * 4, 16, 1),
            nn.ReLU(),
            nn.Conv2d(16, 16, 3),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(400, 64),
            nn.ReLU(),
            nn.Linear(64, 2),
        )

    def forward(self, pairs: Tensor) -> Tensor:
        map_a, map_b = self.trunk(pairs[:, :1]), self.trunk(pairs[:, 1:])
        return self.head(self.compare(map_a, map_b) if self.compare else torch.cat([map_a, map_b], dim=1))
