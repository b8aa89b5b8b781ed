"""Right and wrong answers to the exercises of lesson 08, named after the style or the mistake."""

import numpy as np


def pairs(y, count, seed, share=0.5, itself=False, rows=None, flip=False):
    """A pair at a time; the arguments switch the usual mistakes on."""
    random = np.random.default_rng(seed)
    first = random.choice(np.arange(len(y)) if rows is None else rows(y), count)
    same = (np.arange(count) < count * share).astype(int)
    second = np.zeros(count, dtype=int)
    for i in range(count):
        fits = (y == y[first[i]]) == (same[i] == 1)
        if not itself:
            fits[first[i]] = False
        second[i] = random.choice(np.flatnonzero(fits))
    return first, second, 1 - same if flip else same


def pairs_by_rejection(y, count, seed):
    random = np.random.default_rng(seed)
    found = {0: [], 1: []}
    while min(len(found[0]), len(found[1])) < count // 2:
        a, b = random.integers(0, len(y), 2)
        if a != b:
            found[int(y[a] == y[b])].append((a, b))
    chosen = np.array(found[0][: count // 2] + found[1][: count // 2])
    same = np.repeat([0, 1], count // 2)
    order = random.permutation(len(same))
    return [chosen[order, 0], chosen[order, 1], same[order]]


def first_that_fits(y, count, seed):
    """The second image is not drawn: it is the first row that fits."""
    first, _, same = pairs(y, count, seed)
    rows = [np.flatnonzero((y == y[i]) == (label == 1)) for i, label in zip(first, same, strict=True)]
    return first, np.array([row[row != i][0] for row, i in zip(rows, first, strict=True)]), same


def pairs_from_a_table(y, count, seed):
    random = np.random.default_rng(seed)
    a, b = np.triu_indices(len(y), k=1)
    is_same = y[a] == y[b]
    rows = [random.choice(np.flatnonzero(is_same == kind), count // 2) for kind in (True, False)]
    rows = np.concatenate(rows)
    return a[rows], b[rows], is_same[rows]


def by_chance(y, count, seed):
    random = np.random.default_rng(seed)
    first, second = random.integers(0, len(y), (2, count))
    return first, second, (y[first] == y[second]).astype(int)


def global_numbers(y, count, seed):
    np.random.seed(seed)
    return pairs(y, count, np.random.randint(1 << 30))


def few_pairs_repeated(y, count, seed):
    return tuple(np.resize(part, count) for part in pairs_by_rejection(y, 10, seed))


def labels_instead_of_rows(y, count, seed):
    first, second, same = pairs(y, count, seed)
    return y[first], y[second], same


def changes_labels(y, count, seed):
    result = pairs(y, count, seed)
    y[0] = 0
    return result


def loss_and_slopes(
    distances,
    same,
    margin,
    hinge=lambda gap: np.maximum(gap, 0),
    power=2,
    reduce=np.mean,
    scale=lambda n: n,
    sign=1.0,
    factor=2.0,
):
    gap = hinge(margin - distances)
    loss = reduce(np.where(same == 1, distances, gap) ** power)
    slopes = sign * factor * np.where(same == 1, distances, -gap) / scale(len(distances))
    return loss, slopes


def loss_as_in_the_formula(distances, same, margin):
    too_close = np.maximum(margin - distances, 0)
    loss = np.sum(same * distances**2 + (1 - same) * too_close**2) / len(same)
    return float(loss), (2 * same * distances - 2 * (1 - same) * too_close) / len(same)


def loss_pair_by_pair(distances, same, margin):
    total, slopes = 0.0, []
    for distance, label in zip(distances, same, strict=True):
        if label == 1:
            total += distance**2
            slopes.append(2 * distance / len(same))
        elif distance < margin:
            total += (margin - distance) ** 2
            slopes.append(2 * (distance - margin) / len(same))
        else:
            slopes.append(0.0)
    return total / len(same), np.array(slopes)


def with_mistake(**mistake):
    return lambda distances, same, margin: loss_and_slopes(distances, same, margin, **mistake)


def hinge_after_the_square(distances, same, margin):
    loss = np.mean(np.where(same == 1, distances**2, np.maximum(margin - distances**2, 0)))
    return loss, loss_and_slopes(distances, same, margin)[1]


def candidates(distances):
    ordered = np.unique(distances)
    return np.concatenate([[ordered[0] - 1], (ordered[1:] + ordered[:-1]) / 2, [ordered[-1] + 1]])


def threshold_by_trying(distances, same, tried=candidates, right=np.less, pick=np.argmax):
    tried = tried(distances)
    return tried[pick([np.mean(right(distances, threshold) == (same == 1)) for threshold in tried])]


def threshold_by_sorting(distances, same):
    order = np.argsort(distances, kind="stable")
    gains = np.concatenate([[0], np.cumsum(2 * same[order] - 1)])
    edges = np.concatenate([[-np.inf], distances[order], [np.inf]])
    best, place = -np.inf, 0
    for i in range(len(gains)):
        if edges[i] < edges[i + 1] and gains[i] > best:
            best, place = gains[i], i
    low, high = edges[place], edges[place + 1]
    return float(high if np.isinf(low) else low + 1 if np.isinf(high) else (low + high) / 2)


def distances_and_infinity(distances):
    return np.append(np.unique(distances), np.inf)


def threshold_of(**mistake):
    return lambda distances, same: threshold_by_trying(distances, same, **mistake)


def best_accuracy(distances, same):
    return max(np.mean((distances < threshold) == (same == 1)) for threshold in candidates(distances))


def middle_of_the_means(distances, same):
    means = [distances[same == kind].mean() for kind in (0, 1) if (same == kind).any()]
    return float(np.mean(means))


def nearest_share(embeddings, y, examples, drop=True, order=2, score=np.mean):
    questions = np.setdiff1d(np.arange(len(y)), examples) if drop else np.arange(len(y))
    gaps = embeddings[questions][:, None] - embeddings[examples][None]
    nearest = np.linalg.norm(gaps, ord=order, axis=2).argmin(axis=1)
    return score(y[examples][nearest] == y[questions])


def one_shot_by_loop(embeddings, y, examples):
    right = []
    for i in range(len(y)):
        if i not in examples:
            distances = [np.sum((embeddings[i] - embeddings[example]) ** 2) for example in examples]
            right.append(y[examples[int(np.argmin(distances))]] == y[i])
    return sum(right) / len(right)


def one_shot_by_products(embeddings, y, examples):
    squared = (embeddings**2).sum(1)
    distances = squared[:, None] + squared[examples] - 2 * embeddings @ embeddings[examples].T
    is_question = ~np.isin(np.arange(len(y)), examples)
    return float((y[examples[distances.argmin(1)]] == y)[is_question].mean())


def share_with(**mistake):
    return lambda embeddings, y, examples: nearest_share(embeddings, y, examples, **mistake)


def example_of_wrong_place(embeddings, y, examples):
    questions = np.setdiff1d(np.arange(len(y)), examples)
    gaps = embeddings[questions][:, None] - embeddings[examples][None]
    return np.mean(np.linalg.norm(gaps, axis=2).argmin(axis=1) == y[questions])


def largest_product(embeddings, y, examples):
    """Right for rows of length 1 only."""
    questions = np.setdiff1d(np.arange(len(y)), examples)
    return np.mean(y[examples][(embeddings[questions] @ embeddings[examples].T).argmax(axis=1)] == y[questions])


def farthest(embeddings, y, examples):
    questions = np.setdiff1d(np.arange(len(y)), examples)
    gaps = embeddings[questions][:, None] - embeddings[examples][None]
    return np.mean(y[examples][np.linalg.norm(gaps, axis=2).argmax(axis=1)] == y[questions])


def all_neighbours(embeddings, y, examples):
    distances = np.linalg.norm(embeddings[:, None] - embeddings[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    questions = np.setdiff1d(np.arange(len(y)), examples)
    return np.mean(y[distances.argmin(1)][questions] == y[questions])


RIGHT = {
    "make_pairs": {
        "a pair at a time": pairs,
        "rejection, shuffled, in a list": pairs_by_rejection,
        "a table of all pairs, bool labels as numbers": lambda y, count, seed: (
            *pairs_from_a_table(y, count, seed)[:2],
            pairs_from_a_table(y, count, seed)[2].astype(np.int8),
        ),
    },
    "contrastive": {"np.where": loss_and_slopes, "formula": loss_as_in_the_formula, "pair by pair": loss_pair_by_pair},
    "best_threshold": {
        "tries all": threshold_by_trying,
        "sorts and counts": threshold_by_sorting,
        "the distances and infinity": threshold_of(tried=distances_and_infinity),
    },
    "one_shot": {"norms": nearest_share, "a loop": one_shot_by_loop, "products": one_shot_by_products},
}

WRONG = {
    "make_pairs": {
        "by chance, not balanced": by_chance,
        "one in four the same": lambda y, count, seed: pairs(y, count, seed, share=0.25),
        "an image with itself": lambda y, count, seed: pairs(y, count, seed, itself=True),
        "labels turned round": lambda y, count, seed: pairs(y, count, seed, flip=True),
        "ignores the seed": lambda y, count, seed: pairs(y, count, 0),
        "no seed at all": lambda y, count, seed: pairs(y, count, None),
        "global random numbers": global_numbers,
        "ten pairs again and again": few_pairs_repeated,
        "the first second image that fits": first_that_fits,
        "first class only": lambda y, count, seed: pairs(y, count, seed, rows=lambda y: np.flatnonzero(y == y[0])),
        "labels instead of rows": labels_instead_of_rows,
        "half as many pairs": lambda y, count, seed: pairs(y, count // 2, seed),
        "changes the labels": changes_labels,
        "two of three arrays": lambda y, count, seed: pairs(y, count, seed)[:2],
    },
    "contrastive": {
        "labels turned round": lambda distances, same, margin: loss_and_slopes(distances, 1 - same, margin),
        "no hinge": with_mistake(hinge=lambda gap: gap),
        "hinge in the loss only": lambda distances, same, margin: (
            loss_and_slopes(distances, same, margin)[0],
            loss_and_slopes(distances, same, margin, hinge=lambda gap: gap)[1],
        ),
        "hinge after the square": hinge_after_the_square,
        "not squared": with_mistake(power=1),
        "sum instead of mean": with_mistake(reduce=np.sum),
        "slopes not divided": with_mistake(scale=lambda n: 1),
        "slopes with the wrong sign": with_mistake(sign=-1.0),
        "slopes without the 2": with_mistake(factor=1.0),
        "margin always 1": lambda distances, same, margin: loss_and_slopes(distances, same, 1.0),
        "loss only": lambda distances, same, margin: loss_and_slopes(distances, same, margin)[0],
        "slopes first": lambda distances, same, margin: loss_and_slopes(distances, same, margin)[::-1],
    },
    "best_threshold": {
        "larger means the same": threshold_of(right=np.greater),
        "worst of all": threshold_of(pick=np.argmin),
        "the accuracy": best_accuracy,
        "middle between the two means": middle_of_the_means,
        "median": lambda distances, same: np.median(distances),
        "largest distance of a same pair": lambda distances, same: max(distances[same == 1], default=0.0),
        "distances as thresholds, never above": threshold_of(tried=np.unique),
        "never below all": threshold_of(tried=lambda distances: candidates(distances)[1:]),
        "infinity": lambda distances, same: np.inf,
        "NaN where all differ": lambda distances, same: threshold_by_trying(distances, same) if same.any() else np.nan,
        "between 0 and 1 only": threshold_of(tried=lambda distances: np.linspace(0, 1, 101)),
        "a place, not a threshold": lambda distances, same: int(np.argsort(distances)[same.sum() - 1]),
    },
    "one_shot": {
        "examples count as questions": share_with(drop=False),
        "share of the wrong ones": share_with(score=lambda right: np.mean(~right)),
        "a count": share_with(score=np.sum),
        "per cent": share_with(score=lambda right: 100 * np.mean(right)),
        "place of the example as its label": example_of_wrong_place,
        "neighbours among all images": all_neighbours,
        "farthest instead of nearest": farthest,
        "sum of absolute differences": lambda embeddings, y, examples: nearest_share(embeddings, y, examples, order=1),
        "largest product of vectors": largest_product,
        "one answer per question": share_with(score=lambda right: right),
        "first coordinate only": lambda embeddings, y, examples: nearest_share(embeddings[:, :1], y, examples),
    },
}
