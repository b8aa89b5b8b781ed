"""The two monitors show collapse and idle batches."""

import pytest
import torch

from course_utils.monitoring import active_share, embedding_spread


def test_active_share_counts_triplets_or_anchors_above_zero():
    # given anchors at 0 and 1 (one identity) and a negative at 2: gaps 1 - 2 and 1 - 1
    embeddings, labels = torch.tensor([[0.0], [1.0], [2.0], [9.0]]), torch.tensor([0, 0, 1, 2])
    # then with margin 0.5 only the triplet (1, 0, 2) of four is active, and one of two anchors
    assert active_share(embeddings, labels, margin=0.5) == 0.25
    assert active_share(embeddings, labels, margin=0.5, mining="hard") == 0.5


def test_active_share_is_one_after_collapse_and_zero_without_triplets():
    assert active_share(torch.ones(4, 2), [0, 0, 1, 1]) == 1.0
    assert active_share(torch.ones(3, 2), [0, 1, 2]) == 0.0


def test_embedding_spread_is_the_rms_distance_from_the_mean():
    assert embedding_spread(torch.tensor([[3.0, 0.0], [-3.0, 0.0], [0.0, 4.0], [0.0, -4.0]])) == pytest.approx(
        12.5**0.5
    )


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32])
def test_embedding_spread_is_zero_after_collapse_and_takes_float16(dtype):
    assert embedding_spread(torch.full((5, 3), 300.0, dtype=dtype)) == 0.0


@pytest.mark.parametrize("shape", [(0, 3), (3,)])
def test_embedding_spread_of_nothing_is_refused(shape):
    with pytest.raises(ValueError, match=r"give shape \(n, d\)"):
        embedding_spread(torch.ones(shape))
