"""Batches of P identities with K images each, as triplet losses need them (lessons 09 and 11).

A shuffled batch holds few pairs of one identity when there are many identities; see lesson 09 for the count.
"""

from collections.abc import Iterator

import numpy as np
from torch.utils.data import Sampler


class RandomIdentitySampler(Sampler[int]):
    """Yields indices; every p * k in a row are one batch of p different identities with k images each.

    Give it to a loader as `DataLoader(data, batch_size=p * k, sampler=sampler)`, or, for data that is in memory,
    walk over `sampler.batches()`.

    An epoch uses every image of every identity at least once. An identity with n images comes ceil(n / k) times, in
    different batches, and more often only where a batch has a place to fill. Within k images of an identity no image
    comes more than ceil(k / n) times: with n >= k all are different, with n < k the repeats are even (the rule of
    triplet-reid's sampler, Hermans et al. 2017, without its chance to leave an image out).

    Deterministic: the same labels, p, k, seed and epoch give the same order. `epoch` starts at 0 and counts on by
    itself with every pass (every `iter()` or `batches()`); `set_epoch` puts it where a resumed training wants it.

    `labels`: (n,) identities, array, tensor or list. ValueError for labels that are not one-dimensional or hold one
    identity only, for p above the number of identities, for p or k below 1.
    """

    def __init__(self, labels, p: int, k: int, seed: int):
        labels = np.asarray(labels)
        if labels.ndim != 1:
            raise ValueError(f"labels have shape {labels.shape}: give one label for each image, shape (n,)")
        if int(p) != p or int(k) != k or p < 1 or k < 1:
            raise ValueError(f"p is {p} and k is {k}: give whole numbers of at least 1")
        identities, self._identity_of = np.unique(labels, return_inverse=True)
        if len(identities) < 2:
            raise ValueError(f"labels hold {len(identities)} identity: a triplet needs two")
        if p > len(identities):
            raise ValueError(f"p is {p} but labels hold {len(identities)} identities: make p smaller")
        self.p, self.k, self.seed, self.epoch = int(p), int(k), seed, 0
        counts = np.bincount(self._identity_of)
        self._groups = -(-counts // self.k)
        # No batch holds an identity twice, so the largest identity needs one batch for each of its groups.
        self._n_batches = int(max(-(-self._groups.sum() // self.p), self._groups.max()))

    def __len__(self) -> int:
        """Number of indices in an epoch, exact: number of batches * p * k."""
        return self._n_batches * self.p * self.k

    def __iter__(self) -> Iterator[int]:
        return iter(self.batches().ravel().tolist())

    def set_epoch(self, epoch: int) -> None:
        """The next pass is that of `epoch`."""
        self.epoch = int(epoch)

    def batches(self) -> np.ndarray:
        """The next epoch as (number of batches, p * k) indices."""
        rng = np.random.default_rng([self.seed, self.epoch])
        self.epoch += 1
        schedule = self._schedule(rng)
        groups = [
            iter(_groups_of(np.flatnonzero(self._identity_of == identity), n_groups, self.k, rng))
            for identity, n_groups in enumerate(np.bincount(schedule.ravel()))
        ]
        return np.array([[image for identity in batch for image in next(groups[identity])] for batch in schedule])

    def _schedule(self, rng) -> np.ndarray:
        """(number of batches, p): which identities make up which batch.

        Identities are laid out one after the other, each as often as it has groups, row by row over a table with one
        column for each batch. As no identity is longer than a row, it never meets itself in a column.
        """
        times = self._groups.copy()
        while (free := self._n_batches * self.p - times.sum()) > 0:
            not_full = np.flatnonzero(times < self._n_batches)
            times[rng.permutation(not_full)[:free]] += 1
        order = rng.permutation(len(times))
        table = np.repeat(order, times[order]).reshape(self.p, self._n_batches)
        return rng.permuted(table[:, rng.permutation(self._n_batches)].T, axis=1)


def _groups_of(images: np.ndarray, n_groups: int, k: int, rng) -> list[list[int]]:
    """n_groups lists of k images, dealt from a shuffled deck; a new deck deals first what the group has least of."""
    deck, groups = [], []
    for _ in range(n_groups):
        group = []
        while len(group) < k:
            if not deck:
                deck = sorted(rng.permutation(images).tolist(), key=group.count, reverse=True)
            group.append(deck.pop())
        groups.append(group)
    return groups
