"""RandomIdentitySampler: P x K batches, exact length, all identities and images, even repeats, same seed same order."""

import math
from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.data import DataLoader, TensorDataset

from course_utils.sampling import RandomIdentitySampler


@st.composite
def samplers(draw):
    """Labels with very unequal counts, shuffled, and a sampler on them."""
    counts = draw(st.lists(st.integers(1, 11) | st.sampled_from([40]), min_size=2, max_size=8))
    seed = draw(st.integers(0, 1000))
    labels = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)) * 7 - 3, counts))
    return labels, RandomIdentitySampler(labels, draw(st.integers(1, len(counts))), draw(st.integers(1, 6)), seed)


@given(samplers())
def test_every_batch_holds_p_identities_with_k_images_each(labelled):
    labels, sampler = labelled
    batches = sampler.batches()
    assert batches.size == len(sampler)
    for batch in batches:
        assert sorted(Counter(labels[batch].tolist()).values()) == [sampler.k] * sampler.p


@given(samplers())
def test_an_epoch_visits_every_image_and_its_length_is_exact(labelled):
    labels, sampler = labelled
    indices = list(sampler)
    assert len(indices) == len(sampler)
    assert set(indices) == set(range(len(labels)))


@given(samplers())
def test_repeats_within_an_identity_of_a_batch_are_even(labelled):
    labels, sampler = labelled
    counts = Counter(labels.tolist())
    for batch in sampler.batches():
        for identity in set(labels[batch].tolist()):
            drawn = Counter(batch[labels[batch] == identity].tolist())
            assert max(drawn.values()) <= math.ceil(sampler.k / counts[identity])
            assert len(drawn) == min(sampler.k, counts[identity])


@given(samplers())
def test_an_epoch_is_no_longer_than_it_has_to_be(labelled):
    labels, sampler = labelled
    groups = [math.ceil(count / sampler.k) for count in Counter(labels.tolist()).values()]
    assert len(sampler) == max(math.ceil(sum(groups) / sampler.p), max(groups)) * sampler.p * sampler.k


LABELS = [0] * 9 + [1] * 5 + [2] * 2 + [3] * 7


def test_the_same_seed_and_epoch_give_the_same_order():
    first, second = (RandomIdentitySampler(LABELS, p=2, k=3, seed=5) for _ in range(2))
    assert [list(first) for _ in range(3)] == [list(second) for _ in range(3)]


def test_another_epoch_or_seed_gives_another_order():
    sampler = RandomIdentitySampler(LABELS, p=2, k=3, seed=5)
    first = list(sampler)
    assert list(sampler) != first
    assert list(RandomIdentitySampler(LABELS, p=2, k=3, seed=6)) != first


def test_set_epoch_resumes_where_a_training_stopped():
    sampler = RandomIdentitySampler(LABELS, p=2, k=3, seed=5)
    epochs = [list(sampler) for _ in range(3)]
    resumed = RandomIdentitySampler(LABELS, p=2, k=3, seed=5)
    resumed.set_epoch(2)
    assert list(resumed) == epochs[2]


def test_numpys_global_random_state_neither_matters_nor_changes():
    before = np.random.get_state()[1].tolist()
    list(RandomIdentitySampler(LABELS, p=2, k=3, seed=5))
    assert np.random.get_state()[1].tolist() == before


@pytest.mark.parametrize("kind", [list, np.array, torch.tensor])
def test_a_loader_with_batch_size_p_times_k_gives_p_by_k_batches(kind):
    # given
    sampler = RandomIdentitySampler(kind(LABELS), p=2, k=3, seed=0)
    loader = DataLoader(TensorDataset(torch.tensor(LABELS)), batch_size=6, sampler=sampler)
    # when
    batches = [Counter(labels.tolist()) for (labels,) in loader]
    # then
    assert len(batches) == len(loader) == len(sampler) // 6
    assert all(sorted(batch.values()) == [3, 3] for batch in batches)


def test_labels_may_be_names():
    names = ["ada", "bo", "ada", "cy"]
    assert set(RandomIdentitySampler(names, p=2, k=2, seed=0)) == {0, 1, 2, 3}


@pytest.mark.parametrize(
    ("labels", "p", "k", "message"),
    [
        ([0, 0, 0], 1, 2, "labels hold 1 identity"),
        ([], 1, 1, "labels hold 0 identit"),
        ([0, 1, 1], 3, 2, "p is 3 but labels hold 2 identities"),
        ([0, 1], 0, 2, "p is 0 and k is 2"),
        ([0, 1], 2, 0, "p is 2 and k is 0"),
        ([0, 1], 2, 1.5, "k is 1.5: give whole numbers"),
        ([[0, 1]], 2, 1, r"labels have shape \(1, 2\)"),
    ],
)
def test_input_that_cannot_work_is_refused(labels, p, k, message):
    with pytest.raises(ValueError, match=message):
        RandomIdentitySampler(labels, p, k, seed=0)
