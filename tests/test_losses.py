"""The losses equal plain float64 loops, and stay finite where a naive square root does not."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils.losses import ContrastiveLoss, TripletLoss, to_same

MINE = ("hard", "all", "semihard")


@st.composite
def batches(draw):
    """Embeddings (n, d) float64, some of them equal, with labels of at least two identities."""
    n, d = draw(st.integers(2, 12)), draw(st.integers(1, 6))
    labels = draw(st.lists(st.integers(0, 4), min_size=n, max_size=n).filter(lambda ls: len(set(ls)) > 1))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    embeddings = rng.normal(size=(n, d)) + draw(st.sampled_from([0.0, 100.0]))
    if draw(st.booleans()):
        embeddings[rng.integers(n)] = embeddings[rng.integers(n)]
    return torch.tensor(embeddings), torch.tensor(labels)


def loops_triplet_terms(embeddings, labels, margin, mining, squared):
    """Every term of the loss, one at a time, as its docstring defines it."""

    def d(i, j):
        squared_distance = sum((a - b) ** 2 for a, b in zip(x[i], x[j], strict=True))
        return squared_distance if squared else math.sqrt(squared_distance)

    def term(gap):
        return math.log1p(math.exp(gap)) if margin is None else max(gap + margin, 0.0)

    x, y, terms = embeddings.tolist(), labels.tolist(), []
    for i in range(len(y)):
        positives = [d(i, j) for j in range(len(y)) if j != i and y[j] == y[i]]
        negatives = [d(i, j) for j in range(len(y)) if y[j] != y[i]]
        if mining == "hard" and positives:
            terms.append(term(max(positives) - min(negatives)))
        for to_positive in positives:
            if mining == "all":
                terms += [term(to_positive - to_negative) for to_negative in negatives]
            if mining == "semihard":
                beyond = [to_negative for to_negative in negatives if to_negative > to_positive]
                terms.append(term(to_positive - (min(beyond) if beyond else max(negatives))))
    return terms


@pytest.mark.parametrize("mining", MINE)
@settings(max_examples=60, deadline=None)
@given(batch=batches(), margin=st.sampled_from([0.0, 0.3, 2.0, None]), squared=st.booleans())
def test_triplet_loss_equals_the_loops(mining, batch, margin, squared):
    # given any batch
    embeddings, labels = batch
    terms = loops_triplet_terms(embeddings, labels, margin, mining, squared)
    active = [term for term in terms if term > 0]
    # when the loss is computed
    mean = TripletLoss(margin, mining, squared)(embeddings, labels)
    over_active = TripletLoss(margin, mining, squared, reduction="active")(embeddings, labels)
    # then it is the mean over all terms, or over those above zero
    assert mean.dtype == torch.float64
    assert mean.item() == pytest.approx(sum(terms) / max(len(terms), 1), abs=1e-5, rel=1e-5)
    # a term that is zero but for rounding may be counted by one and not by the other
    if not any(0 < term < 1e-5 for term in active) and margin != 0.0:
        assert over_active.item() == pytest.approx(sum(active) / max(len(active), 1), abs=1e-5, rel=1e-5)


@pytest.mark.parametrize("margin", [0.3, None])
@pytest.mark.parametrize("squared", [False, True])
@pytest.mark.parametrize("mining", MINE)
def test_triplet_gradient_equals_finite_differences(mining, squared, margin):
    generator = torch.Generator().manual_seed(3)
    embeddings = torch.randn(7, 3, dtype=torch.float64, generator=generator, requires_grad=True)
    labels = torch.tensor([0, 0, 0, 1, 1, 2, 3])
    loss = TripletLoss(margin, mining, squared)
    assert torch.autograd.gradcheck(lambda e: loss(e, labels), embeddings)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("margin", [0.3, None])
@pytest.mark.parametrize("squared", [False, True])
@pytest.mark.parametrize("mining", MINE)
def test_triplet_gradients_are_finite_for_equal_embeddings(mining, squared, margin, dtype):
    # given two equal images of one identity, an equal image of another, and an identity with one image;
    # 300^2 does not fit in float16
    embeddings = torch.tensor([[300.0, 1], [300, 1], [300, 1], [0, 2], [4, 4]], dtype=dtype, requires_grad=True)
    labels = torch.tensor([7, 7, 8, 8, 9])
    # when
    loss = TripletLoss(margin, mining, squared)(embeddings, labels)
    loss.backward()
    # then
    assert loss.dtype == (torch.float64 if dtype == torch.float64 else torch.float32)
    expected = loops_triplet_terms(embeddings.detach(), labels, margin, mining, squared) if margin else None
    if expected:
        assert loss.item() == pytest.approx(sum(expected) / len(expected), rel=1e-5, abs=1e-4)
    assert loss.isfinite() and embeddings.grad.isfinite().all()


@pytest.mark.parametrize("mining", MINE)
def test_a_collapsed_network_loses_exactly_the_margin(mining):
    embeddings = torch.full((6, 4), 0.7, requires_grad=True)
    labels = torch.tensor([0, 0, 1, 1, 2, 2])
    assert TripletLoss(0.3, mining)(embeddings, labels).item() == pytest.approx(0.3)
    assert TripletLoss(None, mining)(embeddings, labels).item() == pytest.approx(math.log(2))


@pytest.mark.parametrize("reduction", ["mean", "active"])
@pytest.mark.parametrize("mining", MINE)
def test_a_batch_without_any_positive_has_loss_zero_and_zero_gradients(mining, reduction):
    embeddings = torch.randn(4, 3, generator=torch.Generator().manual_seed(0), requires_grad=True)
    loss = TripletLoss(0.3, mining, reduction=reduction)(embeddings, torch.arange(4))
    loss.backward()
    assert loss.item() == 0
    assert torch.equal(embeddings.grad, torch.zeros(4, 3))


@pytest.mark.parametrize("mining", MINE)
def test_active_reduction_without_active_terms_is_zero_with_zero_gradients(mining):
    embeddings = torch.tensor([[0.0], [0.1], [9.0], [9.1]], requires_grad=True)
    loss = TripletLoss(0.3, mining, reduction="active")(embeddings, torch.tensor([0, 0, 1, 1]))
    loss.backward()
    assert loss.item() == 0
    assert torch.equal(embeddings.grad, torch.zeros(4, 1))


def test_an_anchor_without_positive_does_not_count():
    # given two images of identity 0, 1 apart, and a single negative 2 from the first and 1 from the second
    embeddings = torch.tensor([[0.0], [1.0], [2.0]])
    # when / then: terms max(1 - 2 + 0.5, 0) = 0 and max(1 - 1 + 0.5, 0) = 0.5, divided by two anchors, not by three
    assert TripletLoss(0.5)(embeddings, torch.tensor([0, 0, 1])).item() == pytest.approx(0.25)


def test_semi_hard_takes_the_nearest_negative_beyond_the_positive_or_else_the_farthest():
    # given an anchor at 0 with its positive at 2; negatives at 1 (nearer), 2.5 and 6
    embeddings = torch.tensor([[0.0], [2.0], [1.0], [2.5], [6.0]])
    labels = torch.tensor([0, 0, 1, 2, 3])
    terms = TripletLoss(1.0, "semihard").terms(embeddings, labels)
    # then the anchor takes 2.5: 2 - 2.5 + 1; its positive as anchor takes 6 (4 away): 2 - 4 + 1 -> 0
    assert terms.tolist() == pytest.approx([0.5, 0.0])
    # and without a negative beyond, the farthest one: 2 - 1 + 1, and 2 - 1 + 1 for the other
    assert TripletLoss(1.0, "semihard").terms(embeddings[:3], labels[:3]).tolist() == pytest.approx([2.0, 2.0])


@pytest.mark.parametrize("mining", MINE)
def test_nan_is_not_hidden(mining):
    embeddings = torch.tensor([[0.0], [1.0], [math.nan], [3.0]])
    for reduction in ("mean", "active"):
        loss = TripletLoss(0.3, mining, reduction=reduction)(embeddings, torch.tensor([0, 0, 1, 1]))
        assert loss.isnan()


def test_long_and_close_embeddings_keep_their_digits():
    # given float32 embeddings of length 10,000 in which the nearest negative differs by 0.01
    offset = torch.full((1, 400), 500.0)
    embeddings = offset + torch.eye(400)[:4] * torch.tensor([[0.0], [2.0], [0.5], [1.0]])
    labels = torch.tensor([0, 0, 1, 1])
    for mining in MINE:
        expected = loops_triplet_terms(embeddings.double(), labels, 0.3, mining, squared=False)
        assert TripletLoss(0.3, mining)(embeddings, labels).item() == pytest.approx(
            sum(expected) / len(expected), rel=1e-4
        )


def test_labels_may_be_a_list_or_an_array():
    embeddings = torch.eye(4)
    expected = TripletLoss()(embeddings, torch.tensor([0, 0, 1, 1]))
    assert TripletLoss()(embeddings, [0, 0, 1, 1]) == expected
    assert TripletLoss()(embeddings, np.array([0, 0, 1, 1])) == expected


@pytest.mark.parametrize(
    ("settings_", "message"),
    [
        ({"margin": -0.1}, "margin is -0.1"),
        ({"margin": math.nan}, "margin is nan"),
        ({"mining": "hardest"}, "mining 'hardest' is unknown"),
        ({"reduction": "sum"}, "reduction 'sum' is unknown"),
    ],
)
def test_triplet_settings_that_cannot_work_are_refused(settings_, message):
    with pytest.raises(ValueError, match=message):
        TripletLoss(**settings_)


@pytest.mark.parametrize("mining", MINE)
@pytest.mark.parametrize(
    ("embeddings", "labels", "message"),
    [
        (torch.ones(4, 2), [0, 1, 2], r"labels are \(3,\) for 4 embeddings"),
        (torch.ones(4, 2), [[0], [1], [2], [3]], r"labels are \(4, 1\) for 4 embeddings"),
        (torch.ones(4, 2), [5, 5, 5, 5], "fewer than two identities"),
        (torch.ones(0, 2), [], "fewer than two identities"),
        (torch.ones(4), [0, 0, 1, 1], r"give floating point numbers of shape \(n, d\)"),
        (torch.ones(4, 2, dtype=torch.int64), [0, 0, 1, 1], "torch.int64: give floating point"),
    ],
)
def test_triplet_input_that_cannot_work_is_refused(mining, embeddings, labels, message):
    with pytest.raises(ValueError, match=message):
        TripletLoss(mining=mining)(embeddings, labels)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 9), d=st.integers(1, 5), margin=st.floats(0, 4))
def test_contrastive_loss_equals_the_loops(seed, n, d, margin):
    # given pairs, one of them two equal vectors
    rng = np.random.default_rng(seed)
    emb_a, emb_b, same = rng.normal(size=(n, d)), rng.normal(size=(n, d)), rng.integers(0, 2, n)
    emb_b[0] = emb_a[0]
    # when
    loss = ContrastiveLoss(margin)(torch.tensor(emb_a), torch.tensor(emb_b), torch.tensor(same))
    # then
    terms = []
    for a, b, is_same in zip(emb_a, emb_b, same, strict=True):
        distance = math.dist(a, b)
        terms.append(distance**2 if is_same else max(margin - distance, 0) ** 2)
    assert loss.item() == pytest.approx(sum(terms) / n, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_contrastive_gradients_are_finite_for_equal_embeddings(dtype):
    emb_a = torch.tensor([[300.0, 1], [300, 1], [-300, 1]], dtype=dtype, requires_grad=True)
    emb_b = torch.tensor([[300.0, 1], [300, 1], [300, 2]], dtype=dtype, requires_grad=True)
    loss = ContrastiveLoss()(emb_a, emb_b, torch.tensor([1, 0, 0]))
    loss.backward()
    assert loss.item() == pytest.approx(1 / 3)
    assert emb_a.grad.isfinite().all() and emb_b.grad.isfinite().all()


def test_contrastive_gradient_equals_finite_differences():
    generator = torch.Generator().manual_seed(1)
    pair = [torch.randn(5, 3, dtype=torch.float64, generator=generator, requires_grad=True) for _ in range(2)]
    same = torch.tensor([1, 0, 1, 0, 0])
    assert torch.autograd.gradcheck(lambda a, b: ContrastiveLoss(3.0)(a, b, same), pair)


def test_same_pulls_together_and_different_pushes_apart():
    emb_b = torch.zeros(1, 1)
    for same, direction in [(1, 1), (0, -1)]:
        emb_a = torch.full((1, 1), 0.5, requires_grad=True)
        ContrastiveLoss()(emb_a, emb_b, torch.tensor([same])).backward()
        assert emb_a.grad.sign().item() == direction


@pytest.mark.parametrize(
    ("shape_a", "shape_b", "same", "message"),
    [
        ((3, 2), (3, 4), [1, 0, 1], "give equal shapes"),
        ((3, 2), (3, 2), [1, 0], r"same is \(2,\) for 3 pairs"),
        ((3, 2), (3, 2), [1, -1, 1], r"pair_labels hold \[-1, 1\]"),
        ((3, 2), (3, 2), [1, 0.5, 1], "knows 1 and 0 only"),
        ((0, 2), (0, 2), [], "hold no pairs"),
        ((3,), (3,), [1, 0, 1], "give floating point numbers of shape"),
    ],
)
def test_contrastive_input_that_cannot_work_is_refused(shape_a, shape_b, same, message):
    with pytest.raises(ValueError, match=message):
        ContrastiveLoss()(torch.ones(shape_a), torch.ones(shape_b), torch.tensor(same))


def test_contrastive_margin_below_zero_is_refused():
    with pytest.raises(ValueError, match="margin is -1"):
        ContrastiveLoss(margin=-1)


@given(same=st.lists(st.integers(0, 1), min_size=1, max_size=8))
def test_the_three_label_conventions_agree_after_conversion(same):
    same = torch.tensor(same)
    for labels, convention in [
        (same, "one_is_same"),
        (same.bool(), "one_is_same"),
        (1 - same, "zero_is_same"),
        (2 * same - 1, "minus_one_is_different"),
    ]:
        assert torch.equal(to_same(labels, convention), same.float())


def test_labels_of_another_convention_are_refused():
    with pytest.raises(ValueError, match="convention 'hadsell' is unknown"):
        to_same([0, 1], "hadsell")
    with pytest.raises(ValueError, match=r"pair_labels hold \[0, 1\]: 'minus_one_is_different' knows 1 and -1 only"):
        to_same([0, 1], "minus_one_is_different")
