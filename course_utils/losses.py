"""Losses on distances between embeddings: contrastive (lesson 08) and triplet (lesson 09).

Everywhere in the course `same` is 1 for two images of one identity and 0 for two identities. Papers and libraries
disagree about this label; `to_same` converts the other two conventions.

Both losses compute in at least float32 and return what they computed in: float16 and bfloat16 embeddings give a
float32 loss, float64 stays float64. Gradients stay finite where two embeddings are equal.
"""

import torch
from torch import Tensor, nn

from course_utils.mining import anchor_positive_pairs, batch_hard, pairwise_distances, semi_hard

MININGS = ("hard", "all", "semihard")
REDUCTIONS = ("mean", "active")
# name of a convention: (label of one identity, label of two identities)
CONVENTIONS = {"one_is_same": (1, 0), "zero_is_same": (0, 1), "minus_one_is_different": (1, -1)}


def to_same(pair_labels, convention: str) -> Tensor:
    """Turns pair labels of any of the three conventions into the course's `same`: 1.0 one identity, 0.0 two.

    `pair_labels`: (n,) numbers. `convention`: "one_is_same" (1 / 0: this course), "zero_is_same" (0 / 1: Hadsell
    2006, keras.io) or "minus_one_is_different" (1 / -1: torch's CosineEmbeddingLoss and HingeEmbeddingLoss).
    Returns (n,) float32. ValueError for another convention or a label that it does not have. Lesson 08.
    """
    if convention not in CONVENTIONS:
        raise ValueError(f"convention {convention!r} is unknown: use one of {', '.join(CONVENTIONS)}")
    one_identity, two_identities = CONVENTIONS[convention]
    pair_labels = torch.as_tensor(pair_labels)
    is_same = pair_labels == one_identity
    if not bool((is_same | (pair_labels == two_identities)).all()):
        found = sorted(set(pair_labels.tolist()))[:5]
        raise ValueError(f"pair_labels hold {found}: {convention!r} knows {one_identity} and {two_identities} only")
    return is_same.float()


class ContrastiveLoss(nn.Module):
    """Pulls pairs of one identity together and pushes pairs of two identities at least `margin` apart.

    mean over pairs of  same * d^2 + (1 - same) * max(margin - d, 0)^2,  d the Euclidean distance of a pair.
    Source: Hadsell, Chopra, LeCun 2006, equation 4, without its factor 1/2 and with 1 = same (their Y is 0 for it).
    Lesson 08. ValueError for a negative margin.
    """

    def __init__(self, margin: float = 1.0):
        super().__init__()
        self.margin = _checked_margin(margin)

    def forward(self, emb_a: Tensor, emb_b: Tensor, same: Tensor) -> Tensor:
        """emb_a, emb_b: (n, d) floating point; same: (n,) of 1 and 0 (any dtype). Returns a scalar."""
        emb_a, emb_b = _checked_embeddings(emb_a, "emb_a"), _checked_embeddings(emb_b, "emb_b")
        if emb_a.shape != emb_b.shape:
            raise ValueError(f"emb_a is {tuple(emb_a.shape)} and emb_b {tuple(emb_b.shape)}: give equal shapes")
        if len(emb_a) == 0:
            raise ValueError("emb_a and emb_b hold no pairs: give at least one")
        same = torch.as_tensor(same, device=emb_a.device)
        if same.shape != emb_a.shape[:1]:
            raise ValueError(f"same is {tuple(same.shape)} for {len(emb_a)} pairs: give one label for each pair")
        same = to_same(same, "one_is_same").to(emb_a.dtype)
        difference = emb_a - emb_b
        # vector_norm has gradient 0 at distance 0, where sqrt(sum of squares) would give inf * 0 = NaN
        too_close = (self.margin - torch.linalg.vector_norm(difference, dim=1)).relu()
        return (same * difference.square().sum(dim=1) + (1 - same) * too_close.square()).mean()

    def extra_repr(self) -> str:
        return f"margin={self.margin}"


class TripletLoss(nn.Module):
    """Asks that a negative is at least `margin` farther from the anchor than a positive.

    One term is max(d(anchor, positive) - d(anchor, negative) + margin, 0), or with `margin=None` the soft margin
    ln(1 + exp(d(anchor, positive) - d(anchor, negative))). d is the Euclidean distance, squared with `squared=True`.

    `mining` says which triplets make terms:
    - "hard": one for each anchor that has a positive: its farthest positive and its nearest negative;
    - "all": every triplet of the batch;
    - "semihard": one for each (anchor, positive) pair: the nearest negative that is farther than the positive, or,
      where all negatives are nearer, the farthest negative.
    `reduction`: "mean" averages over all these terms, "active" over those above zero.

    An image that is alone with its identity is a negative for others but no anchor. Where no anchor has a positive,
    or no term is active, the loss is 0 and `backward()` works (all gradients are 0).

    Source: Schroff et al. 2015 (FaceNet) for semi-hard, with TensorFlow Addons' fallback; Hermans, Beyer, Leibe 2017
    for batch hard, batch all and soft margin. Lesson 09. ValueError for a negative margin and unknown names.
    """

    def __init__(
        self, margin: float | None = 0.3, mining: str = "hard", squared: bool = False, reduction: str = "mean"
    ):
        super().__init__()
        if mining not in MININGS:
            raise ValueError(f"mining {mining!r} is unknown: use one of {', '.join(MININGS)}")
        if reduction not in REDUCTIONS:
            raise ValueError(f"reduction {reduction!r} is unknown: use one of {', '.join(REDUCTIONS)}")
        self.margin = None if margin is None else _checked_margin(margin)
        self.mining, self.squared, self.reduction = mining, squared, reduction

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """embeddings: (n, d) floating point; labels: (n,) identities. Returns a scalar."""
        terms = self.terms(embeddings, labels)
        if self.reduction == "active":
            terms = terms[~(terms <= 0)]  # not `terms > 0`, which would hide NaN
        return terms.sum() / max(len(terms), 1)

    def terms(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """The loss of each triplet before reduction, (number of triplets,). Same input as the loss itself.

        ValueError when the labels do not fit the embeddings or hold one identity only: there is no negative then.
        """
        embeddings = _checked_embeddings(embeddings, "embeddings")
        labels = _checked_labels(labels, embeddings)
        gaps = self._gaps_of_all(embeddings, labels) if self.mining == "all" else self._gaps(embeddings, labels)
        terms = nn.functional.softplus(gaps) if self.margin is None else (gaps + self.margin).relu()
        return terms.to(embeddings.dtype)

    def _gaps_of_all(self, embeddings, labels):
        """d(anchor, positive) - d(anchor, negative) of every triplet."""
        distances = pairwise_distances(embeddings)
        distances = distances.square() if self.squared else distances
        anchors, positives = anchor_positive_pairs(labels)
        gaps = distances[anchors, positives][:, None] - distances[anchors]
        is_negative = labels[anchors][:, None] != labels
        return gaps[is_negative]

    def _gaps(self, embeddings, labels):
        """The same difference, only for the triplets that mining picks."""
        mine = batch_hard if self.mining == "hard" else semi_hard
        anchors, positives, negatives = mine(embeddings.detach(), labels)
        to_positive = self._distance(embeddings[anchors] - embeddings[positives])
        return to_positive - self._distance(embeddings[anchors] - embeddings[negatives])

    def _distance(self, difference):
        if self.squared:
            return difference.square().sum(dim=1)
        return torch.linalg.vector_norm(difference, dim=1)  # gradient 0 at distance 0, not NaN

    def extra_repr(self) -> str:
        return f"margin={self.margin}, mining={self.mining!r}, squared={self.squared}, reduction={self.reduction!r}"


def _checked_margin(margin):
    if not 0 <= margin < float("inf"):
        raise ValueError(f"margin is {margin}: give a number of at least 0")
    return margin


def _checked_embeddings(embeddings, name):
    """The embeddings in float32 or float64: a square of a float16 number overflows above 255."""
    if not embeddings.is_floating_point() or embeddings.ndim != 2:
        raise ValueError(
            f"{name} are {tuple(embeddings.shape)} {embeddings.dtype}: give floating point numbers of shape (n, d)"
        )
    return embeddings.float() if embeddings.element_size() < 4 else embeddings


def _checked_labels(labels, embeddings):
    labels = torch.as_tensor(labels, device=embeddings.device)
    if labels.shape != embeddings.shape[:1]:
        raise ValueError(
            f"labels are {tuple(labels.shape)} for {len(embeddings)} embeddings: give one label for each embedding"
        )
    if len(labels) == 0 or bool((labels == labels[0]).all()):
        raise ValueError("labels hold fewer than two identities: a triplet needs a negative; sample P >= 2 identities")
    return labels
