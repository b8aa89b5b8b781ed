# %% [markdown]
# # 9. Triplet loss
#
# **How do you teach a network who looks like whom, when tomorrow brings people it has never seen?** You stop asking for
# names. You show it three images, two of one person and one of somebody else, and ask for one thing: the two belong closer
# together. The idea fits on a line. This lesson is about all that goes wrong with that line, and how people found out.
#
# | | |
# |---|---|
# | You will be able to | compute a triplet loss and its gradient by hand · keep NaN out of it · tell easy, semi-hard and hard triplets apart · build batches of P × K · see a collapse and name a cure |
# | You need | NumPy masks and broadcasting; lesson 4 (training in PyTorch); lesson 8 helps |
# | Time | 90 minutes |
# | Data | digits: 0 to 6 for training, 7 to 9 never seen |
# | Device | CPU; a GPU changes little here |

# %%
import functools
from collections import Counter

import numpy as np
import torch
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from torch import nn

from course_utils.data import load_digits
from course_utils.device import place, settings
from course_utils.losses import ContrastiveLoss, TripletLoss
from course_utils.mining import pairwise_distances
from course_utils.monitoring import active_share, embedding_spread
from course_utils.moving_figures import show_margin
from course_utils.neighbours import nearest_accuracy
from course_utils.plots import show_images, show_lines
from course_utils.sampling import RandomIdentitySampler

chosen = settings()
print(chosen)
digits = load_digits()

# %% [markdown]
# ## 9.1 Three images, one wish (12 minutes)
#
# An **embedding** is the vector that a network gives to an image. We want distance between embeddings to mean difference
# between images. A triplet is an **anchor**, a **positive** (the same identity) and a **negative** (another one). Its loss is
#
# $$\ell = \max(d(a, p) - d(a, n) + m,\; 0)$$
#
# with the Euclidean distance $d$ and a margin $m$
# ([Schroff et al., 2015](https://arxiv.org/abs/1503.03832), who square $d$). Here is one triplet with embeddings of two numbers.

# %%
triplet = np.array([[0.0, 0.0], [0.3, 0.4], [0.6, 0.0]])
(anchor, positive, negative), margin = triplet, 0.3
rows = [np.flatnonzero(digits.y_train == label)[i] for label, i in [(3, 0), (3, 1), (5, 0)]]
show_images(digits.x_train[rows], titles=["anchor", "positive", "negative"],
            alt="Two handwritten threes, anchor and positive, and a five, the negative")

# %% [markdown]
# **Predict:** the positive is 0.5 away (three, four, five!), the negative 0.6. The order is right already. Is the loss zero?

# %% tags=["predict"]
my_guess_loss = None

# %% [markdown]
# The three numbers of the formula:

# %% tags=["NBVAL_CHECK_OUTPUT"]
to_positive = np.sqrt(((anchor - positive) ** 2).sum())
to_negative = np.sqrt(((anchor - negative) ** 2).sum())
by_hand = max(to_positive - to_negative + margin, 0)
print(f"{to_positive:.1f} - {to_negative:.1f} + {margin} = {by_hand:.1f}",
      "- your guess:", my_guess_loss)

# %% [markdown]
# Right order is not enough; the negative has to be *at least the margin* farther away. From 0.8 on the loss is zero.
#
# ### Exercise 1 · many triplets (6 minutes, difficulty 1)
#
# Write the loss for many triplets at once: one number for each row.
#
# <details><summary>Hint</summary>
#
# A sum over `axis=1` leaves one number for each row. `np.maximum` compares element by element, `max` does not.
# </details>

# %% tags=["answer", "id:triplet_losses"]
def triplet_losses(anchors, positives, negatives, margin):
    """The loss of each triplet, with Euclidean distances that are not squared.

    anchors, positives, negatives: (n, d) embeddings. Returns an array of shape (n,).
    """
    # TODO: two distances for each row, then the formula
    ### BEGIN SOLUTION
    to_positive = np.sqrt(((anchors - positives) ** 2).sum(axis=1))
    to_negative = np.sqrt(((anchors - negatives) ** 2).sum(axis=1))
    return np.maximum(to_positive - to_negative + margin, 0)
    ### END SOLUTION

# %% tags=["check", "id:triplet_losses", "points:1"]
from course_utils.checks.triplet import check_triplet_losses

check_triplet_losses(triplet_losses)
### BEGIN HIDDEN TESTS
check_triplet_losses(triplet_losses, shapes=[(3, 7), (9, 1), (2, 2)], margin=1.1, seed=2091)
### END HIDDEN TESTS

# %% [markdown]
# By hand = NumPy = torch. (Torch adds a millionth to each difference, hence the tolerance.)

# %%
three = np.random.default_rng(seed=0).normal(size=(3, 100, 8))
in_torch = nn.functional.triplet_margin_loss(*torch.tensor(three), margin=margin,
                                             reduction="none")
assert np.allclose(triplet_losses(*three, margin), in_torch, atol=1e-5)
assert np.allclose(triplet_losses(*triplet[:, None], margin), by_hand)

# %% [markdown]
# **Why the max?** Move the margin: outside the coloured ring a negative costs nothing. Then watch one loss as the negative moves away. The **soft margin** $\ln(1 + e^{d(a,p) - d(a,n)})$ is a rounded
# version without a margin to choose ([Hermans et al., 2017](https://arxiv.org/abs/1703.07737)).

# %%
show_margin(*triplet, alt="Anchor, positive and negative in the plane; a ring of width "
                          "0.3 begins where the positive lies, the negative is in it")
away = np.linspace(0, 2, 41)
gap = to_positive - away
show_lines(away, {"with max": np.maximum(gap + margin, 0), "no max": gap + margin,
                  "soft margin": np.logaddexp(0, gap)},
           "distance from anchor to negative", "loss", baseline=("nothing to do", 0),
           alt="Three losses against the negative's distance: with max it is zero from "
               "0.8 on; without max it falls for ever; the soft one flattens slowly")

# %% [markdown]
# Without the max, the loss has no lowest value. Multiply all embeddings by ten, and a batch in good order scores ten times
# better: the network would learn to shout. With it, triplets that are in order drop out, and the work goes to the others.
#
# **Spot the error.** A textbook squares both distances, then argues: as $d(a,n) - d(a,p) \ge m$, the positive and the negative are
# at least $m$ apart, because distances add like arrows. Take $d(a,p) = 10$ and $d(a,n) = 10.05$, all on one line. The
# squares differ by 1.0025, so a margin of 1 is met. Yet positive and negative are 0.05 apart. For plain
# distances the claim is true, by the triangle inequality; for squared ones it is not.
#
# ## 9.2 The root that breaks everything (15 minutes)
#
# A batch gives us far more than one triplet, so we compute *all* distances at once. Then we let torch differentiate.
# No two images below are equal. **Predict:** how many of the 4 × 2 numbers in the gradient are NaN?

# %% tags=["predict"]
my_guess_how_many_nan = None

# %% [markdown]
# This is the line that everybody writes first.

# %% tags=["NBVAL_CHECK_OUTPUT"]
embeddings = torch.tensor(np.random.default_rng(1).normal(size=(4, 2)), requires_grad=True)
naive = (embeddings[:, None] - embeddings).square().sum(dim=2).sqrt()
naive.sum().backward()
print("NaN in the gradient:", int(embeddings.grad.isnan().sum()),
      "- your guess:", my_guess_how_many_nan)

# %% [markdown]
# All eight, while every distance is finite and right. The root has slope $1 / (2\sqrt{s})$, infinite at $s = 0$. The *diagonal* is 0 in
# every batch: each image is at distance 0 from itself. Infinity times 0 is NaN, and one NaN step erases a network.
#
# For two different points the gradient is an arrow of length 1: $\partial d(x_i, x_j) / \partial x_i = (x_i - x_j) / d(x_i, x_j)$.
# At distance 0 no direction is better than another. Any arrow up to length 1 is a valid subgradient; we choose 0.
#
# ### Exercise 2 · a safe gradient (12 minutes, difficulty 2)
#
# `upstream[i, j]` says how much the loss changes with the distance of $i$ and $j$. Pass it on to the embeddings.
#
# <details><summary>Hint</summary>
#
# Embedding i takes part in row i and in column i. Replace zeros in the denominator by 1: the arrow above it is zero there anyway.
# </details>

# %% tags=["answer", "id:distance_gradient"]
def distance_gradient(embeddings, upstream):
    """Gradient of (upstream * distances).sum() by the embeddings; distance 0 adds nothing.

    embeddings: (n, d) array; upstream: (n, n), need not be symmetric. Returns (n, d).
    """
    # TODO: all differences, all distances, safe division, sum over the partners
    ### BEGIN SOLUTION
    differences = embeddings[:, None] - embeddings
    distances = np.sqrt((differences ** 2).sum(axis=2))
    weights = (upstream + upstream.T) / np.where(distances == 0, 1, distances)
    return (weights[:, :, None] * differences).sum(axis=1)
    ### END SOLUTION

# %% tags=["check", "id:distance_gradient", "points:2"]
from course_utils.checks.triplet import check_distance_gradient

check_distance_gradient(distance_gradient)
### BEGIN HIDDEN TESTS
check_distance_gradient(distance_gradient, shapes=[(7, 1), (4, 6), (2, 2)], seed=2092)
### END HIDDEN TESTS

# %% [markdown]
# `torch.cdist` makes the same choice as we do. Two of the images are equal here, on purpose:

# %%
points, upstream = torch.tensor(np.random.default_rng(2).normal(size=(2, 6, 6)))
twins = points[[0, 1, 2, 3, 4, 0]].requires_grad_()
(torch.cdist(twins, twins) * upstream).sum().backward()
by_numpy = distance_gradient(twins.detach().numpy(), upstream.numpy())
assert np.allclose(by_numpy, twins.grad)

# %% [markdown]
# ## 9.3 Which triplets teach anything? (22 minutes)
#
# Compare how far the negative is with how far the positive is. Three kinds, the middle one named by FaceNet:
#
# - **hard**: the negative is as near as the positive, or nearer;
# - **semi-hard**: the negative is farther, but by less than the margin;
# - **easy**: it is farther by the margin or more. Loss 0, gradient 0, nothing learned.
#
# ### Exercise 3 · count the kinds (8 minutes, difficulty 2)
#
# Count all triplets of a batch. Anchor and positive are two different images, and swapping them gives another triplet.
#
# <details><summary>Hint</summary>
#
# `distances[:, None, :] - distances[:, :, None]` has axes (anchor, positive, negative). Two masks say which entries are triplets.
# </details>

# %% tags=["answer", "id:triplet_kinds"]
def triplet_kinds(distances, labels, margin):
    """Return {"easy": ..., "semi-hard": ..., "hard": ...}, three whole numbers.

    distances: (n, n) array; labels: (n,) identities.
    """
    # TODO: which (anchor, positive, negative) are triplets? By how much does each lead?
    ### BEGIN SOLUTION
    same = labels[:, None] == labels
    positive = same & ~np.eye(len(labels), dtype=bool)
    leads = distances[:, None, :] - distances[:, :, None]
    leads = leads[positive[:, :, None] & ~same[:, None, :]]
    easy, hard = int((leads >= margin).sum()), int((leads <= 0).sum())
    return {"easy": easy, "semi-hard": len(leads) - easy - hard, "hard": hard}
    ### END SOLUTION

# %% tags=["check", "id:triplet_kinds", "points:2"]
from course_utils.checks.triplet import check_triplet_kinds

check_triplet_kinds(triplet_kinds)
### BEGIN HIDDEN TESTS
check_triplet_kinds(triplet_kinds, batches=[(2, 3, 4), (5, 1, 1)], margin=3, seed=2093)
check_triplet_kinds(triplet_kinds, batches=[(3, 3)], margin=1, seed=2094)
### END HIDDEN TESTS

# %% [markdown]
# What makes a batch useful is a choice with a name, *mining*:
#
# | mining | which triplets | risk |
# |---|---|---|
# | batch all | every triplet | easy ones thin out the mean |
# | batch hard | each anchor with its farthest positive and nearest negative | one mislabelled image is picked again and again |
# | semi-hard | each pair with its nearest negative beyond the positive | needs a fallback where there is none |
#
# ### Exercise 4 · batch hard (9 minutes, difficulty 2)
#
# One loss for each anchor. An image that is alone with its identity has no positive, so it is no anchor. It still is a
# negative for others.
#
# <details><summary>Hint</summary>
#
# `np.where(mask, distances, np.inf).min(axis=1)` never picks what the mask leaves out. What does the maximum need instead?
# </details>

# %% tags=["answer", "id:batch_hard_losses"]
def batch_hard_losses(distances, labels, margin):
    """The loss of each anchor's hardest triplet, for the anchors that have a positive.

    distances: (n, n) array; labels: (n,) identities, at least two different ones.
    """
    # TODO: farthest positive, nearest negative, formula, leave out the lonely
    ### BEGIN SOLUTION
    same = labels[:, None] == labels
    positive = same & ~np.eye(len(labels), dtype=bool)
    farthest = np.where(positive, distances, -np.inf).max(axis=1)
    nearest = np.where(same, np.inf, distances).min(axis=1)
    return np.maximum(farthest - nearest + margin, 0)[positive.any(axis=1)]
    ### END SOLUTION

# %% tags=["check", "id:batch_hard_losses", "points:2"]
from course_utils.checks.triplet import check_batch_hard_losses

check_batch_hard_losses(batch_hard_losses)
### BEGIN HIDDEN TESTS
check_batch_hard_losses(batch_hard_losses, batches=[(2, 1, 1, 3), (5, 2)], margin=1, seed=2095)
check_batch_hard_losses(batch_hard_losses, batches=[(4, 4)], margin=0.3, seed=2096)
### END HIDDEN TESTS

# %% [markdown]
# The course's `TripletLoss` is what you wrote, in torch and for a GPU. The mean of your batch-hard losses is its
# value; your three kinds give the share of triplets above zero. Eight images of four identities make 8 · 1 · 6 = 48 triplets.

# %%
vectors, labels = points[:, :3].repeat(2, 1)[:8], torch.arange(8) % 4
given = pairwise_distances(vectors).numpy(), labels.numpy(), margin
assert np.isclose(batch_hard_losses(*given).mean(), TripletLoss(margin)(vectors, labels))
active = 1 - triplet_kinds(*given)["easy"] / 48
assert np.isclose(active, active_share(vectors, labels, margin))

# %% [markdown]
# An independent witness: `benchmarks/triplet.py` in the course's repository asserts that batch hard and batch all agree with
# [pytorch-metric-learning](https://github.com/KevinMusgrave/pytorch-metric-learning), once both average over the same
# terms. That library's default averages over the *active* terms only. Such a mean may hardly fall however well
# training goes. Never compare two triplet losses before you know over what each averages.
#
# ## 9.4 A batch with enough of everybody (15 minutes)
#
# Market-1501, from lesson 11 on, has 751 people to train on: median 15 images, at least 2, at most 72, and 15 people with fewer
# than 4 ([label file](https://github.com/VisualComputingInstitute/triplet-reid)). We draw 751 counts of that kind.
#
# **Predict:** shuffle all images and take 64. How many pairs of the same identity are in such a batch, on average?

# %% tags=["predict"]
my_guess_pairs = None

# %% [markdown]
# A pair can be an anchor with its positive; without a pair there is no triplet at all. We count, for people and for ten digits.

# %% tags=["NBVAL_CHECK_OUTPUT"]
def pairs_in(labels):
    return sum(n * (n - 1) // 2 for n in Counter(labels.tolist()).values())

rng = np.random.default_rng(1)
counts = np.clip(rng.gamma(2.2, 7.8, size=751).round(), 2, 72).astype(int)
many_people = np.repeat(np.arange(751), counts)
for name, pool in {"10 digits": np.arange(1400) % 10, "751 people": many_people}.items():
    pairs = [pairs_in(rng.choice(pool, 64, replace=False)) for _ in range(500)]
    print(f"{name}: {np.mean(pairs):.1f} pairs in a shuffled batch of 64")
print("P x K = 16 x 4:", pairs_in(np.arange(64) % 16), "pairs, in every batch")
print(f"{(counts < 4).sum()} people have fewer than 4 images - your guess:", my_guess_pairs)

# %% [markdown]
# With ten digits a shuffled batch is fine; with 751 people it is nearly idle. So we choose P identities first, then K images of each.
# And the people with fewer than K images? The practical's sampler, as in MGN-pytorch, repeats their list K times and draws K from it. With three
# images and K = 4 it may take one image four times.
#
# ### Exercise 5 · one batch of P × K (10 minutes, difficulty 2)
#
# Do better: no image comes again before each of its identity has come once.
#
# <details><summary>Hint</summary>
#
# Shuffle an identity's images as often as needed, put the shuffled decks one behind the other, and take the first k.
# </details>

# %% tags=["answer", "id:identity_batch"]
def identity_batch(labels, p, k, seed):
    """p * k indices into labels: p different identities with k images each.

    labels: (n,) identities. The same seed gives the same batch; every image has a chance.
    """
    # TODO: choose identities; for each of them, decks of its images
    ### BEGIN SOLUTION
    rng, batch = np.random.default_rng(seed), []
    for identity in rng.choice(np.unique(labels), p, replace=False):
        images = np.flatnonzero(labels == identity)
        decks = [rng.permutation(images) for _ in range(-(-k // len(images)))]
        batch.append(np.concatenate(decks)[:k])
    return np.concatenate(batch)
    ### END SOLUTION

# %% tags=["check", "id:identity_batch", "points:2"]
from course_utils.checks.triplet import check_identity_batch

check_identity_batch(identity_batch)
### BEGIN HIDDEN TESTS
check_identity_batch(identity_batch, cases=[((2, 2, 3), 2, 7), ((8, 1, 4, 5), 4, 3)], seed=2097)
### END HIDDEN TESTS

# %% [markdown]
# The rule of the practical, counted over one of its passes. It visits each identity once, with K images, and calls that an epoch.

# %% tags=["NBVAL_CHECK_OUTPUT"]
def practical_pass(labels, k, rng):
    """K images of each identity, by the practical's rule."""
    chosen = []
    for person in np.unique(labels):
        images = np.flatnonzero(labels == person)
        images = images if len(images) >= k else np.repeat(images, k)
        chosen.append(rng.choice(images, k, replace=False))
    return np.array(chosen)

groups = practical_pass(many_people, 4, np.random.default_rng(3))
different = np.array([len(set(group.tolist())) for group in groups])
print(f"practical: {len(np.unique(groups)) / len(many_people):.0%} of all images;",
      (different < np.minimum(counts, 4)).sum(), "short identities miss an image they have")
ours = RandomIdentitySampler(many_people, p=16, k=4, seed=0).batches()
print(f"RandomIdentitySampler: {len(np.unique(ours)) / len(many_people):.0%}")

# %% [markdown]
# The course's `RandomIdentitySampler` keeps your rule and goes on until every image has been used.
#
# ## 9.5 Train, and watch it collapse (13 minutes)
#
# Nearest neighbours on raw pixels are nearly perfect on centred digits, so they would hide what a network learns. We make it
# harder, as a loose crop of a person is: each digit moves up to 4 pixels in its frame. Nothing is cut off; the frame is empty.

# %%
def scatter(images, rng):
    """Each (28, 28) image moved by up to 4 pixels, down and across."""
    shifts = rng.integers(-4, 5, size=(len(images), 2))
    moved = [np.roll(image, shift, (0, 1)) for image, shift in zip(images, shifts)]
    return np.array(moved)

def as_input(images):
    return place(torch.tensor(images)[:, None], chosen)

x_train, y_train = digits.x_train[:6000], digits.y_train[:6000]
x_seen, y_seen = x_train[y_train < 7], y_train[y_train < 7]
scattered = scatter(x_seen[:6], np.random.default_rng(4))
show_images([*x_seen[:6], *scattered], columns=6, size=1.2, limits=(0, 1),
            alt="Six digits in the middle of their frames, and below them the same "
                "six moved by a few pixels")

# %% [markdown]
# A small network, 32 numbers for each image. The loop logs three things: the loss, the **spread** of
# the embeddings (root mean squared distance from their mean) and the **active share**, triplets whose loss is above zero.
# Every step draws new positions for its images.

# %%
def build(seed):
    torch.manual_seed(seed)
    return place(nn.Sequential(
        nn.Conv2d(1, 16, 3, stride=2, padding=1), nn.ReLU(),
        nn.Conv2d(16, 32, 3, stride=2, padding=1), nn.ReLU(),
        nn.Flatten(), nn.Linear(32 * 7 * 7, 32)), chosen)

def train(loss, seed, steps=300):
    """Train on digits 0 to 6 with batches of 7 x 8; returns the network and its log."""
    model = build(seed)
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    sampler, rng = RandomIdentitySampler(y_seen, 7, 8, seed), np.random.default_rng(seed)
    log = {"loss": [], "spread": [], "active share": []}
    while len(log["loss"]) < steps:
        for rows in sampler.batches()[:steps - len(log["loss"])]:
            embeddings = model(as_input(scatter(x_seen[rows], rng)))
            labels = place(torch.tensor(y_seen[rows]), chosen)
            value = loss(embeddings, labels)
            optimiser.zero_grad()
            value.backward()
            optimiser.step()
            log["loss"].append(value.item())
            log["spread"].append(embedding_spread(embeddings))
            log["active share"].append(active_share(embeddings, labels, margin))
    return model, log

# %% [markdown]
# **Predict:** batch hard and semi-hard start from the same weights with the same batches. After 300 steps, which one has
# learned more?

# %% tags=["predict"]
my_guess_better_mining = None

# %% [markdown]
# Both runs, one below the other.

# %%
print("your guess:", my_guess_better_mining)
alts = {"hard": "Batch hard: the loss lies on the line of the margin, the spread stays "
                "near zero, and all triplets are active",
        "semihard": "Semi-hard: the loss falls below the margin, the spread grows, and the "
                    "share of active triplets falls"}
for mining, alt in alts.items():
    log = train(TripletLoss(margin, mining), seed=0)[1]
    print(f"{mining}: loss {log['loss'][-1]:.3f}, spread {log['spread'][-1]:.3f}")
    show_lines(range(300), log, f"step, {mining}", "value", baseline=("margin", margin),
               alt=alt)

# %% [markdown]
# Batch hard has **collapsed**: all images in nearly one point. Then every distance is near zero, and the loss equals the
# margin ($\ln 2 = 0.693$ for the soft margin). A loss curve alone looks like slow learning. The spread tells the truth.
#
# A popular explanation says that the margin *prevents* this. It makes the collapse cost something; it does not lead the way out.
#
# ### Your turn · explain the collapse (6 minutes)
#
# Answer in four to six sentences in the cell below. Your instructor reads this one.

# %% [markdown] tags=["explain", "id:why_it_collapses", "points:3"]
# Why can a network *lower* its batch-hard loss at first by shrinking all embeddings, when the hardest positive is farther
# than the hardest negative? What value does the loss reach, and which number on the plot shows it? Name
# one cure and say why it may help.
#
# ### BEGIN SOLUTION
# **Rubric.** 1 point: with $d(a,p) > d(a,n)$ the loss is $m$ plus a positive gap; scaling all embeddings down scales the gap
# down, so the loss falls towards $m$ without any order learned. 1 point: it ends at the margin (ln 2 with the soft margin), with a
# spread near 0 and an active share of 1. 1 point: a cure with its reason: start with batch all or
# semi-hard, whose typical triplets carry a direction on average; pre-trained weights; a smaller
# learning rate, so that the first steps do not only shrink; an added classification loss. Normalising to unit length alone forbids shrinking
# to zero, but not all images in one direction.
# ### END SOLUTION

# %% [markdown]
# ## 9.6 Seen and unseen digits (8 minutes)
#
# Now the question of the title. We compare by **nearest neighbour**: a gallery of training images with known labels, and
# test images that take the label of the nearest. With one gallery image per digit this is called *one-shot*. The digits 7, 8
# and 9 were never seen in training.
#
# An `embed` function is all that a method has to offer. Raw pixels are one too. Contrastive loss (lesson 8) sees all pairs of the same
# batches.

# %%
gallery = scatter(x_train, np.random.default_rng(5)), y_train
query = scatter(digits.x_test[:1000], np.random.default_rng(6)), digits.y_test[:1000]

def contrastive(embeddings, labels):
    i, j = torch.triu_indices(len(labels), len(labels), 1, device=labels.device)
    return ContrastiveLoss(1.0)(embeddings[i], embeddings[j], labels[i] == labels[j])

losses = {"batch hard": TripletLoss(margin), "soft margin, hard": TripletLoss(None),
          "batch all": TripletLoss(margin, "all"),
          "semi-hard": TripletLoss(margin, "semihard"), "contrastive": contrastive}

@functools.cache
def embeds_of(name):
    """The functions from images to embeddings of one method: one for each seed."""
    if name == "raw pixels":
        return [lambda images: images.reshape(len(images), -1)]
    models = [train(losses[name], seed)[0] for seed in range(3)]
    return [lambda images, model=model: model(as_input(images)).detach().cpu().numpy()
            for model in models]

# %% [markdown]
# Three seeds each, and their lowest and highest accuracy in brackets. Before you look: which line will be best on unseen digits?

# %%
def of_group(data, unseen):
    images, labels = data
    return images[(labels >= 7) == unseen], labels[(labels >= 7) == unseen]

def accuracies(name, unseen, shots):
    (x, y), (images, truth) = of_group(gallery, unseen), of_group(query, unseen)
    return [nearest_accuracy(cdist(embed(images), embed(x)), y, truth, shots)
            for embed in embeds_of(name)]

print(f"{'chance':18s} seen {1 / 7:.2f}               unseen {1 / 3:.2f}")
for name in ["raw pixels", *losses]:
    both = [accuracies(name, unseen, shots=1) for unseen in (False, True)]
    texts = [f"{np.mean(a):.2f} ({min(a):.2f}-{max(a):.2f})" for a in both]
    print(f"{name:18s} seen {texts[0]}   unseen {texts[1]}")

# %% [markdown]
# Read it twice. Batch all, semi-hard and contrastive are far above raw pixels, also on digits they never saw: what they learned,
# about position for one, carries over. Batch hard and soft margin are no better than raw pixels: they collapsed. Batch hard is not a bad loss; it is
# a hard *first* loss: the best networks of Hermans and colleagues started from pre-trained weights.
#
# One-shot flatters the network, so we ask again with larger galleries of unseen digits. Each line is one embedding; the trained ones
# are means over three seeds. Who will win with 100 images each?

# %%
shots = [1, 2, 5, 10, 20, 50, 100]
lines = {name: [np.mean(accuracies(name, True, n)) for n in shots]
         for name in ["raw pixels", "semi-hard", "contrastive"]}
show_lines(shots, lines, "gallery images per digit", "accuracy on unseen digits",
           baseline=("chance", 1 / 3), log="x",
           alt="Accuracy on unseen digits against the size of the gallery: the trained "
               "embeddings lead with few images, and raw pixels catch up with many")

# %% [markdown]
# Raw pixels do. With a hundred images per digit the gallery itself holds most of the 81 positions, and nothing has to be learned about them. A good
# embedding is worth most where examples are few. A person in a camera network is such a case.
#
# ## 9.7 Sorting faces without names (3 minutes)
#
# A photo album sorts faces it has no names for: embed, then cluster. Digits 7 to 9 play the faces, k-means looks for
# three groups. The **adjusted Rand index** is 1 for a perfect grouping and 0 on average for a random one. One number for each seed.

# %%
images, truth = of_group(gallery, unseen=True)
for name in ["raw pixels", "semi-hard", "contrastive"]:
    groups = [KMeans(3, n_init=10, random_state=0).fit_predict(embed(images))
              for embed in embeds_of(name)]
    print(f"{name}:", *[f"{adjusted_rand_score(truth, group):.2f}" for group in groups])

# %% [markdown]
# Raw pixels sort by *where* the digit is. The embedding sorts by what it is, better than chance and far from perfect.
#
# ## 9.8 What to take with you (2 minutes)
#
# - A triplet loss asks for order with a margin; the max lets finished triplets go.
# - A bare root over a distance matrix gives NaN gradients in every batch; choose 0 at distance 0.
# - Easy triplets teach nothing. Mining picks the others, and what it averages over changes the number you see.
# - With many identities a shuffled batch is nearly idle; sample P × K, and treat the short ones evenly.
# - Plot spread and active share: a collapsed network hides behind a flat loss.
#
# **What this does not show.** Seven identities are very few, three seeds are not many, and the test set is small. Moving digits
# is a toy for a loose crop. Networks for faces train on thousands of identities from pre-trained weights, where batch hard does well.
#
# **Where next.** Lesson 10 compares two images *inside* the network. Lesson 12 joins the triplet loss with a classifier, which also
# helps against collapse.
#
# **Read more**
#
# - Schroff, Kalenichenko and Philbin, [FaceNet](https://arxiv.org/abs/1503.03832), 2015: triplets, semi-hard negatives, clustering.
# - Hermans, Beyer and Leibe, [In defense of the triplet loss for person re-identification](https://arxiv.org/abs/1703.07737), 2017: batch hard, soft margin, P × K.
# - Wu, Manmatha, Smola and Krähenbühl, [Sampling matters in deep embedding learning](https://arxiv.org/abs/1706.07567), 2017: which triplets, and why hard ones collapse.
