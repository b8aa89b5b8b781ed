"""The batches that a person search is trained on: whose images, changed how, at which learning rate.

Taught in lesson 13. All of it follows from the seed and the number of the epoch alone, so an epoch can be made again
after a kill. Under torchrun each process takes every n-th batch.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from course_utils.device import Settings, place
from course_utils.reid_checkpoint import Recipe
from course_utils.reid_images import Augmentation, augment
from course_utils.sampling import RandomIdentitySampler

WARM_UP = 0.2  # share of the steps in which the learning rate rises


@dataclass(frozen=True)
class Workers:
    """The processes of one training; one of one outside torchrun."""

    rank: int = 0
    count: int = 1

    @property
    def first(self) -> bool:
        return self.rank == 0


class Batches:
    """One epoch: gives (x, y, rate), x (p * k, 3, height, width) float32 augmented, y (p * k,) labels, both in place.

    images: (n, 3, height, width) uint8; labels: (n,) int64 tensor, 0 to classes - 1. Every pass gives the same batches.
    """

    def __init__(
        self,
        epoch: int,
        images: Tensor,
        labels: Tensor,
        recipe: Recipe,
        seed: int,
        chosen: Settings,
        team: Workers | None = None,
    ):
        team = team or Workers()
        sampler = RandomIdentitySampler(labels, min(recipe.p, len(labels.unique())), recipe.k, seed)
        sampler.set_epoch(epoch)
        batches = sampler.batches()
        self.steps = math.ceil(len(batches) / team.count)
        self.first_step = epoch * self.steps
        self._rows = batches[(np.arange(self.steps) * team.count + team.rank) % len(batches)]
        self._chances = np.random.SeedSequence([seed, epoch, team.rank])
        self._images, self._labels, self._recipe, self._chosen = images, labels, recipe, chosen

    def __len__(self) -> int:
        return self.steps

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor, float]]:
        recipe, device = self._recipe, self._chosen.device
        chances = torch.Generator().manual_seed(int(self._chances.generate_state(1)[0]))
        for step, rows in enumerate(self._rows, self.first_step):
            x = augment(self._images[rows], chances, Augmentation(erase=recipe.erase), recipe.size)
            rate = learning_rate(step, recipe.epochs * self.steps, recipe.learning_rate)
            yield place(x, self._chosen), self._labels[rows].to(device), rate


def learning_rate(step: int, steps: int, highest: float) -> float:
    """Rises in a line over the first fifth of the steps, then falls as half a cosine wave to zero."""
    rising = max(1, round(WARM_UP * steps))
    if step < rising:
        return highest * (step + 1) / rising
    return highest * 0.5 * (1 + math.cos(math.pi * (step - rising) / max(1, steps - rising)))
