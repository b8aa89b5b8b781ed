"""Right and wrong answers to the exercises of lesson 09, named after the style or the mistake."""

import random

import numpy as np


def losses(anchors, positives, negatives, margin):
    to_positive = np.linalg.norm(anchors - positives, axis=1)
    return np.maximum(to_positive - np.linalg.norm(anchors - negatives, axis=1) + margin, 0)


def losses_by_loop(anchors, positives, negatives, margin):
    result = []
    for a, p, n in zip(anchors, positives, negatives, strict=True):
        gap = sum((a - p) ** 2) ** 0.5 - sum((a - n) ** 2) ** 0.5
        result.append(max(0.0, gap + margin))
    return np.array(result)


def losses_squared(anchors, positives, negatives, margin):
    return np.maximum(((anchors - positives) ** 2 - (anchors - negatives) ** 2).sum(axis=1) + margin, 0)


def losses_torch(anchors, positives, negatives, margin):
    import torch

    rows = [torch.as_tensor(rows) for rows in (anchors, positives, negatives)]
    return torch.nn.functional.triplet_margin_loss(*rows, margin=margin, eps=0, reduction="none").numpy()


def losses_in_place(anchors, positives, negatives, margin):
    result = losses(anchors, positives, negatives, margin)
    anchors -= positives
    return result


def parts(embeddings):
    differences = embeddings[:, None] - embeddings
    return differences, np.sqrt((differences**2).sum(axis=2))


def gradient(embeddings, upstream):
    differences, distances = parts(embeddings)
    safe = np.where(distances > 0, distances, 1)
    return (((upstream + upstream.T) / safe)[:, :, None] * differences).sum(axis=1)


def gradient_by_loop(embeddings, upstream):
    result = np.zeros(embeddings.shape)
    for i in range(len(embeddings)):
        for j in range(len(embeddings)):
            difference = embeddings[i] - embeddings[j]
            if difference.any():
                arrow = upstream[i, j] * difference / np.linalg.norm(difference)
                result[i] += arrow
                result[j] -= arrow
    return result


def gradient_clamped(embeddings, upstream):
    differences, distances = parts(embeddings)
    return np.einsum("ij,ijd->id", (upstream + upstream.T) / np.maximum(distances, 1e-12), differences)


def gradient_naive(embeddings, upstream):
    differences, distances = parts(embeddings)
    return np.einsum("ij,ijd->id", (upstream + upstream.T) / distances, differences)


def gradient_rows(embeddings, upstream):
    differences, distances = parts(embeddings)
    return np.einsum("ij,ijd->id", upstream / np.maximum(distances, 1e-12), differences)


def gradient_undivided(embeddings, upstream):
    return np.einsum("ij,ijd->id", upstream + upstream.T, parts(embeddings)[0])


def gradient_torch(embeddings, upstream):
    import torch

    leaf = torch.tensor(embeddings, requires_grad=True)
    (torch.cdist(leaf, leaf) * torch.tensor(upstream)).sum().backward()
    return leaf.grad.numpy()


def gradient_diagonal_only(embeddings, upstream):
    """Safe on the diagonal, NaN where two images are equal."""
    differences, distances = parts(embeddings)
    np.fill_diagonal(distances, 1)
    return np.einsum("ij,ijd->id", (upstream + upstream.T) / distances, differences)


def gaps_of(distances, labels, diagonal=False):
    same = labels[:, None] == labels
    positive = same if diagonal else same & ~np.eye(len(labels), dtype=bool)
    return (distances[:, None, :] - distances[:, :, None])[positive[:, :, None] & ~same[:, None, :]]


def sorted_into(gaps, margin):
    easy, hard = int((gaps >= margin).sum()), int((gaps <= 0).sum())
    return {"easy": easy, "semi-hard": len(gaps) - easy - hard, "hard": hard}


def kinds(distances, labels, margin):
    return sorted_into(gaps_of(distances, labels), margin)


def kinds_by_loop(distances, labels, margin):
    count = {"easy": 0, "semi-hard": 0, "hard": 0}
    for a in range(len(labels)):
        for p in range(len(labels)):
            for n in range(len(labels)):
                if a != p and labels[a] == labels[p] and labels[a] != labels[n]:
                    lead = distances[a, n] - distances[a, p]
                    count["hard" if lead <= 0 else "semi-hard" if lead < margin else "easy"] += 1
    return count


def kinds_other_borders(distances, labels, margin):
    gaps = gaps_of(distances, labels)
    easy, hard = int((gaps > margin).sum()), int((gaps < 0).sum())
    return {"easy": easy, "semi-hard": len(gaps) - easy - hard, "hard": hard}


def kinds_unordered(distances, labels, margin):
    n = range(len(labels))
    leads = [
        distances[a, x] - distances[a, p]
        for a in n
        for p in n
        for x in n
        if a < p and labels[a] == labels[p] != labels[x]
    ]
    return sorted_into(np.array(leads), margin)


def kinds_as_shares(distances, labels, margin):
    count = kinds(distances, labels, margin)
    return {kind: value / sum(count.values()) for kind, value in count.items()}


def kinds_overlapping(distances, labels, margin):
    return kinds(distances, labels, margin) | {"semi-hard": int((gaps_of(distances, labels) < margin).sum())}


def masks(labels):
    same = labels[:, None] == labels
    return same & ~np.eye(len(labels), dtype=bool), ~same


def hard(distances, labels, margin):
    positive, negative = masks(labels)
    farthest = np.where(positive, distances, -np.inf).max(axis=1)
    nearest = np.where(negative, distances, np.inf).min(axis=1)
    return np.maximum(farthest - nearest + margin, 0)[positive.any(axis=1)]


def hard_by_loop(distances, labels, margin):
    result = []
    for a in range(len(labels)):
        others = np.arange(len(labels)) != a
        to_positives = distances[a][(labels == labels[a]) & others]
        if len(to_positives):
            result.append(max(to_positives.max() - distances[a][labels != labels[a]].min() + margin, 0))
    return np.array(result, dtype=float)


def hard_counts_singles(distances, labels, margin):
    positive, negative = masks(labels)
    nearest = np.where(negative, distances, np.inf).min(axis=1)
    return np.maximum((distances * positive).max(axis=1) - nearest + margin, 0)


def hard_zero_mask(distances, labels, margin):
    positive, negative = masks(labels)
    gaps = (distances * positive).max(axis=1) - (distances * negative).min(axis=1)
    return np.maximum(gaps + margin, 0)[positive.any(axis=1)]


def hard_no_max(distances, labels, margin):
    positive, negative = masks(labels)
    gaps = np.where(positive, distances, -np.inf).max(axis=1) - np.where(negative, distances, np.inf).min(axis=1)
    return (gaps + margin)[positive.any(axis=1)]


def hard_easiest(distances, labels, margin):
    positive, negative = masks(labels)
    gaps = np.where(positive, distances, np.inf).min(axis=1) - np.where(negative, distances, -np.inf).max(axis=1)
    return np.maximum(gaps + margin, 0)[positive.any(axis=1)]


def hard_farthest_negative(distances, labels, margin):
    positive, negative = masks(labels)
    gaps = np.where(positive, distances, -np.inf).max(axis=1) - np.where(negative, distances, -np.inf).max(axis=1)
    return np.maximum(gaps + margin, 0)[positive.any(axis=1)]


def batch_of(labels, p, k, seed):
    rng = np.random.default_rng(seed)
    batch = []
    for identity in rng.choice(np.unique(labels), p, replace=False):
        images = np.flatnonzero(labels == identity)
        whole, rest = divmod(k, len(images))
        batch.append(np.concatenate([np.tile(images, whole), rng.permutation(images)[:rest]]))
    return np.concatenate(batch)


def batch_with_decks(labels, p, k, seed):
    rng = np.random.default_rng(seed)
    batch = []
    for identity in rng.permutation(np.unique(labels))[:p]:
        deck = []
        for _ in range(k):
            deck = deck or list(rng.permutation(np.flatnonzero(labels == identity)))
            batch.append(deck.pop())
    return np.array(batch)


def batch_from_the_practical(labels, p, k, seed):
    """The list k times over, then a draw of k: an image may come k times while another never comes."""
    draw = random.Random(seed)
    batch = []
    for identity in draw.sample(sorted(set(labels.tolist())), p):
        images = np.flatnonzero(labels == identity).tolist()
        batch += draw.sample(images if len(images) >= k else images * k, k)
    return np.array(batch)


def batch_with_replacement(labels, p, k, seed):
    rng = np.random.default_rng(seed)
    chosen = rng.choice(np.unique(labels), p, replace=False)
    return np.concatenate([rng.choice(np.flatnonzero(labels == one), k) for one in chosen])


def batch_identity_twice(labels, p, k, seed):
    rng = np.random.default_rng(seed)
    chosen = rng.choice(np.unique(labels), p)
    return np.concatenate([np.resize(rng.permutation(np.flatnonzero(labels == one)), k) for one in chosen])


def batch_first_images(labels, p, k, seed):
    chosen = np.random.default_rng(seed).choice(np.unique(labels), p, replace=False)
    return np.concatenate([np.resize(np.flatnonzero(labels == one), k) for one in chosen])


def batch_short(labels, p, k, seed):
    rng = np.random.default_rng(seed)
    chosen = rng.choice(np.unique(labels), p, replace=False)
    return np.concatenate([rng.permutation(np.flatnonzero(labels == one))[:k] for one in chosen])


RIGHT = {
    "triplet_losses": {"norms": losses, "loop": losses_by_loop},
    "distance_gradient": {"where": gradient, "two loops": gradient_by_loop, "clamped": gradient_clamped},
    "triplet_kinds": {"mask": kinds, "three loops": kinds_by_loop},
    "batch_hard_losses": {"infinite masks": hard, "loop": hard_by_loop},
    "identity_batch": {"whole decks and a rest": batch_of, "a deck to pop from": batch_with_decks},
}

WRONG = {
    "triplet_losses": {
        "no max": lambda a, p, n, m: np.linalg.norm(a - p, axis=1) - np.linalg.norm(a - n, axis=1) + m,
        "squared": losses_squared,
        "sign of the margin": lambda a, p, n, m: losses(a, p, n, -m),
        "swapped": lambda a, p, n, m: losses(a, n, p, m),
        "no margin": lambda a, p, n, m: losses(a, p, n, 0),
        "margin outside": lambda a, p, n, m: losses(a, p, n, 0) + m,
        "mean": lambda a, p, n, m: losses(a, p, n, m).mean(),
        "always margin 0.3": lambda a, p, n, m: losses(a, p, n, 0.3),
        "in place": losses_in_place,
        "calls torch": losses_torch,
    },
    "distance_gradient": {
        "divides by zero": gradient_naive,
        "diagonal only": gradient_diagonal_only,
        "rows only": gradient_rows,
        "rows twice": lambda x, u: 2 * gradient_rows(x, u),
        "sign": lambda x, u: -gradient(x, u),
        "not divided": gradient_undivided,
        "calls autograd": gradient_torch,
        "nan_to_num after the sum": lambda x, u: np.nan_to_num(gradient_naive(x, u)),
    },
    "triplet_kinds": {
        "itself as positive": lambda d, y, m: sorted_into(gaps_of(d, y, diagonal=True), m),
        "other borders": kinds_other_borders,
        "unordered": kinds_unordered,
        "shares": kinds_as_shares,
        "overlapping kinds": kinds_overlapping,
        "hard and easy swapped": lambda d, y, m: sorted_into(m - gaps_of(d, y), m),
        "always margin 2": lambda d, y, m: kinds(d, y, 2),
    },
    "batch_hard_losses": {
        "counts singles": hard_counts_singles,
        "masked with zeros": hard_zero_mask,
        "no max": hard_no_max,
        "easiest": hard_easiest,
        "farthest negative": hard_farthest_negative,
        "mean": lambda d, y, m: hard(d, y, m).mean(),
        "squared": lambda d, y, m: hard(d**2, y, m),
    },
    "identity_batch": {
        "the practical's rule": batch_from_the_practical,
        "with replacement": batch_with_replacement,
        "an identity twice": batch_identity_twice,
        "always the first images": batch_first_images,
        "too few images": batch_short,
        "ignores the seed": lambda y, p, k, seed: batch_with_decks(y, p, k, None),
        "one seed for all": lambda y, p, k, seed: batch_with_decks(y, p, k, 0),
        "labels, not places": lambda y, p, k, seed: y[batch_with_decks(y, p, k, seed)],
    },
}
