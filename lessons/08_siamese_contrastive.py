# %% [markdown]
# # 8. Siamese networks
#
# **Somebody new starts work on Monday. How does the door know them from one photograph?** A classifier would have to be built
# and trained again. In this lesson a network learns something else: how *different* two images are. Then one example
# is enough, at least in principle. We test it on digits that it has never seen, and the test is not kind.
#
# | | |
# |---|---|
# | You will be able to | say why classification does not scale to new identities · draw balanced pairs · write the contrastive loss and its slope · choose a threshold without cheating · test one-shot recognition against raw pixels |
# | You need | PyTorch training (lesson 4), convolutional networks (lesson 5) |
# | Time | 90 minutes |
# | Data | MNIST if it is on disk, else the built-in digits |
# | Device | CPU; a GPU is used if there is one |

# %%
import functools
import tempfile
from pathlib import Path

import numpy as np
import torch
from sklearn.metrics import roc_auc_score
from torch import nn
from tqdm import tqdm

from course_utils.augmentation import shifted
from course_utils.data import load_digits
from course_utils.device import place, settings
from course_utils.losses import ContrastiveLoss, to_same
from course_utils.plots import show_images, show_lines, show_table
from course_utils.siamese_figures import show_histograms, show_maps, show_roc
from course_utils.summaries import SummaryWriter
from course_utils.tensorflow_quiet import keras, use
from course_utils.training import batches

chosen, digits = settings(), load_digits()
use(chosen)

# %% [markdown]
# ## 8.1 Why not classify? (7 minutes)
#
# A classifier has one output for each identity. A new identity needs a new output, and training. And the last layer grows
# with the number of people: for a million people and embeddings of 128 numbers it has 128 million weights. Each person brings
# 128 more.
#
# So we ask another question: *do these two images show the same identity?* It has two answers, however many people
# there are ([Bromley et al., 1993](https://papers.nips.cc/paper/1993/hash/288cc0ff022877bd3df94bc9360b9c5d-Abstract.html)
# asked it about signatures). Our people are digits. The network trains on 0 to 6; **7, 8 and 9 are new**:
# we do not look at them before section 8.8. Of the images of 0 to 6, 200 are kept for validation.

# %%
x, y = digits.x_train, digits.y_train
val, fit = np.split(np.random.default_rng(0).permutation(np.flatnonzero(y < 7)), [200])
x_val, y_val, x_fit, y_fit = x[val], y[val], x[fit], y[fit]
x_new, y_new = x[y >= 7][:600], y[y >= 7][:600]
x_test, y_test = (part[digits.y_test < 7] for part in (digits.x_test, digits.y_test))

# %% [markdown]
# ## 8.2 One network, used twice (9 minutes)
#
# Drawings show two networks side by side, "Siamese twins". There is **one**. It turns an image into an embedding of 64
# numbers, and it is called twice. The distance of the two embeddings is the answer.

# %%
def encoder(seed, dimensions=64):
    torch.manual_seed(seed)
    return place(nn.Sequential(
        nn.Conv2d(1, 16, 5, stride=2, padding=2), nn.ReLU(),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(),
        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(32 * 7 * 7, dimensions)), chosen)

@torch.no_grad()
def embed(network, x):
    """Images (n, 28, 28) to embeddings (n, 64)."""
    parts = torch.as_tensor(x)[:, None].split(500)
    return torch.cat([network(place(part, chosen)) for part in parts]).cpu().numpy()

# %% [markdown]
# Shared weights mean: an image has distance 0 from itself, whatever the weights are. Two
# networks of the same shape, each with its own weights, cannot promise that.

# %%
one, other, image = encoder(seed=0), encoder(seed=1), x_fit[:1]
for name, second in {"one network, used twice:": one, "two networks:": other}.items():
    print(f"{name:24s} {np.linalg.norm(embed(one, image) - embed(second, image)):.2f}")

# %% [markdown]
# The proof for training: the gradient of the shared weights is the **sum** of what comes back through each branch.
# `detach` cuts a branch off.

# %%
def first_gradient(through_a, through_b):
    network, images = encoder(seed=0), torch.as_tensor(x_fit[:20])[:, None]
    a, b = network(place(images, chosen)).split(10)
    difference = (a if through_a else a.detach()) - (b if through_b else b.detach())
    difference.square().sum(dim=1).mean().backward()
    return network[0].weight.grad

branches = first_gradient(True, False) + first_gradient(False, True)
assert torch.allclose(first_gradient(True, True), branches, atol=1e-5)

# %% [markdown]
# ## 8.3 Pairs (13 minutes)
#
# Training data are pairs. In this course the label `same` is **1 for one identity and 0 for two**. **Predict:** draw two images of
# the seven digits blindly. How often do they show the same digit?

# %% tags=["predict"]
my_guess_share_of_same = None

# %%
a, b = np.random.default_rng(0).integers(0, len(y_fit), (2, 10_000))
share = np.mean(y_fit[a] == y_fit[b])
print(f"same: {share:.3f} - your guess:", my_guess_share_of_same)
print(f"accuracy of always answering 'different': {1 - share:.3f}")

# %% [markdown]
# **The mistake everyone makes** is to be proud of that. With 100,000 people it would be 99.999%. So we draw half of the pairs
# from each kind: then a guess is right half of the time.
#
# ### Exercise 1 · balanced pairs (10 minutes, difficulty 2)
#
# Return three arrays of whole numbers. `first` and `second` hold rows of `y`, `same` the labels; `count // 2` pairs are of
# one identity. No image is paired with itself. Every class has at least two images.
#
# <details><summary>Hint</summary>
#
# Draw `first` from all rows and fix `same`. For each pair, `np.flatnonzero` finds the rows that may stand second.
# </details>

# %% tags=["answer", "id:make_pairs"]
def make_pairs(y, count, seed):
    """Pairs of rows of y, half of one class, half of two.

    y: (n,) labels; count: an even number. Returns (first, second, same), each (count,).
    """
    random = np.random.default_rng(seed)
    # TODO: first and same, then a second row for each pair
    ### BEGIN SOLUTION
    first = random.integers(0, len(y), count)
    same = np.arange(count) % 2
    second = np.zeros(count, dtype=int)
    for i in range(count):
        fits = (y == y[first[i]]) == (same[i] == 1)
        fits[first[i]] = False
        second[i] = random.choice(np.flatnonzero(fits))
    return first, second, same
    ### END SOLUTION

# %% tags=["check", "id:make_pairs", "points:2"]
from course_utils.checks.siamese import check_make_pairs

check_make_pairs(make_pairs)
### BEGIN HIDDEN TESTS
check_make_pairs(make_pairs, cases=[(30, 3, 200), (50, 7, 600)], seed=8041)
### END HIDDEN TESTS

# %%
first, second, same = make_pairs(y_fit, 6, seed=3)
show_images([np.hstack([x_fit[i], x_fit[j]]) for i, j in zip(first, second)],
            titles=[f"same = {label}" for label in same], columns=3,
            alt="Six pairs of handwritten digits; three pairs show the same digit and are "
                "labelled 1, three show different digits and are labelled 0")

# %% [markdown]
# ## 8.4 The contrastive loss (15 minutes)
#
# Let $d$ be the distance of a pair and $m$ the **margin**. A same pair pays for being apart. A different pair pays for being
# nearer than the margin; beyond it, it pays nothing
# ([Hadsell, Chopra and LeCun, 2006](https://doi.org/10.1109/CVPR.2006.100)):
#
# $$L = \frac1n \sum_i \text{same}_i\, d_i^2 + (1 - \text{same}_i)\, \max(m - d_i,\, 0)^2$$
#
# Why the margin? Without it, pushing apart would never be finished. (The paper halves both terms; that changes no minimum.)
#
# ### Exercise 2 · the loss and its slope (10 minutes, difficulty 2)
#
# The slope by a distance says which way training moves that pair: a positive slope pulls together, a negative
# one pushes apart. Derive it on paper first; do not forget that the loss is a mean.
#
# <details><summary>Hint</summary>
#
# Name $\max(m - d, 0)$ once, `too_close`, and use it in both results. Its derivative by $d$ is $-1$ or 0.
# </details>

# %% tags=["answer", "id:contrastive"]
def contrastive(distances, same, margin):
    """The contrastive loss of n pairs and its derivative by each distance.

    distances: (n,) array; same: (n,) of 1 and 0. Returns (loss, slopes): a number and (n,).
    """
    # TODO: too_close, then the mean of the terms, then the slopes
    ### BEGIN SOLUTION
    too_close = np.maximum(margin - distances, 0)
    loss = np.mean(same * distances**2 + (1 - same) * too_close**2)
    slopes = (2 * same * distances - 2 * (1 - same) * too_close) / len(distances)
    return loss, slopes
    ### END SOLUTION

# %% tags=["check", "id:contrastive", "points:2"]
from course_utils.checks.siamese import check_contrastive

check_contrastive(contrastive)
### BEGIN HIDDEN TESTS
check_contrastive(contrastive, sizes=(1, 9), margins=(0.5, 3.0), seed=8042)
### END HIDDEN TESTS

# %%
d = np.linspace(0, 2, 41)
terms = {f"same = {label}": [contrastive(np.array([one]), np.array([label]), 1.0)[0]
                             for one in d] for label in (1, 0)}
show_lines(d, terms, "distance of the pair", "loss", baseline=("margin squared", 1.0),
           alt="Two parabolas: same pairs pay from 0 upwards, others down to the margin")

# %% [markdown]
# **Watch the label.** The paper writes 0 for "similar", and so does one of our sources, *Deep Learning for Computer Vision*. The
# *CNN Quick Start Guide* writes 1. PyTorch's `CosineEmbeddingLoss` wants 1 and −1. **Predict:** what happens
# if you feed the wrong kind? An error, a huge loss, something else?

# %% tags=["predict"]
my_guess_wrong_convention = None

# %% [markdown]
# `to_same` converts. After it, all three agree with one another and, in the last line, with your NumPy loss. The line
# before reads a paper's 0, "similar", as our 0, "different".

# %% tags=["NBVAL_CHECK_OUTPUT"]
emb_a, emb_b = torch.tensor(np.random.default_rng(8).normal(size=(2, 6, 3)) / 3)
labels = {"one_is_same": [1, 0, 1, 0, 0, 1], "zero_is_same": [0, 1, 0, 1, 1, 0],
          "minus_one_is_different": [1, -1, 1, -1, -1, 1]}
criterion = ContrastiveLoss(margin=1.0)
for convention, values in labels.items():
    print(f"{convention:23s} {criterion(emb_a, emb_b, to_same(values, convention)):.6f}")
misread = criterion(emb_a, emb_b, torch.tensor(labels["zero_is_same"]))
print(f"{'misread':23s} {misread:.6f} - your guess:", my_guess_wrong_convention)
gaps = torch.linalg.vector_norm(emb_a - emb_b, dim=1).numpy()
print(f"{'yours':23s} {contrastive(gaps, np.array(labels['one_is_same']), 1.0)[0]:.6f}")

# %% [markdown]
# The misread loss is a number like any other: no error, no warning. Training would pull strangers together.
#
# ## 8.5 Training (8 minutes)
#
# The loop is that of lesson 4; only the loss takes two embeddings. `shifted` moves each image by up to three pixels, anew
# each time, so that the network hears that *where* a digit stands does not matter. Three seeds are trained later on.

# %%
@functools.cache
def trained(seed, count=32_000):
    network, random = encoder(seed), np.random.default_rng(seed)
    optimiser = torch.optim.Adam(network.parameters(), lr=0.002)
    first, second, same = make_pairs(y_fit, count, seed)
    generator = torch.Generator().manual_seed(seed)
    for rows in tqdm(list(batches(count, 128, generator)), desc=f"training, seed {seed}"):
        sides = [torch.from_numpy(shifted(x_fit[side[rows]], random)[:, None])
                 for side in (first, second)]
        emb_a, emb_b = (network(place(side, chosen)) for side in sides)
        loss = ContrastiveLoss(margin=1.0)(emb_a, emb_b, torch.as_tensor(same[rows]))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return network

# %% [markdown]
# What did training do to the distances? These are test images, none of them trained on. Mind the scales of the two axes.

# %%
def pair_distances(vectors, pairs):
    return np.linalg.norm(vectors[pairs[0]] - vectors[pairs[1]], axis=1)

test_pairs = functools.cache(lambda: make_pairs(y_test, 4000, seed=80))
gaps = {title: pair_distances(embed(network, x_test), test_pairs()) for title, network in
        {"before training": encoder(0), "after training": trained(0)}.items()}
show_histograms(gaps, test_pairs()[2],
                alt="Two histograms of pair distances. Before training the hills of same "
                    "and different pairs overlap widely; after training they hardly touch")

# %% [markdown]
# ## 8.6 Same or different? (12 minutes)
#
# A distance becomes an answer with a **threshold**: the same if the distance is smaller. Which threshold? The one
# with the highest accuracy on the *validation* pairs. To choose it on the test pairs would be to peek.
#
# ### Exercise 3 · the best threshold (8 minutes, difficulty 2)
#
# Only the order of distances matters, so it is enough to try one threshold below all of them, one between each two neighbours, and one
# above all.
#
# <details><summary>Hint</summary>
#
# `np.unique` sorts and drops repeats. The middles of neighbours are `(ordered[1:] + ordered[:-1]) / 2`.
# </details>

# %% tags=["answer", "id:best_threshold"]
def best_threshold(distances, same):
    """The number below which a distance means "same", with the most right answers.

    distances: (n,) array; same: (n,) of 1 and 0.
    """
    # TODO: the thresholds worth trying, the accuracy of each, the best
    ### BEGIN SOLUTION
    ordered = np.unique(distances)
    middles = (ordered[1:] + ordered[:-1]) / 2
    tried = [ordered[0] - 1, *middles, ordered[-1] + 1]
    accuracies = [np.mean((distances < one) == (same == 1)) for one in tried]
    return tried[np.argmax(accuracies)]
    ### END SOLUTION

# %% tags=["check", "id:best_threshold", "points:2"]
from course_utils.checks.siamese import check_best_threshold

check_best_threshold(best_threshold)
### BEGIN HIDDEN TESTS
check_best_threshold(best_threshold, sizes=(9, 40), seed=8043)
### END HIDDEN TESTS

# %% [markdown]
# Beside each number stands the **raw pixels** baseline: the same threshold game on 784 grey values, with no network at all.

# %%
def raw(x):
    return x.reshape(len(x), -1)

def pair_accuracy(features):
    val_pairs = make_pairs(y_val, 2000, seed=81)
    threshold = best_threshold(pair_distances(features(x_val), val_pairs), val_pairs[2])
    gaps = pair_distances(features(x_test), test_pairs())
    return np.mean((gaps < threshold) == (test_pairs()[2] == 1))

def learned(seed):
    return lambda x: embed(trained(seed), x)

# %% [markdown]
# Three networks, from three seeds:

# %%
accuracies = [pair_accuracy(learned(seed)) for seed in range(3)]
print(f"learned:    {np.mean(accuracies):.3f}, "
      f"from {min(accuracies):.3f} to {max(accuracies):.3f}")
print(f"raw pixels: {pair_accuracy(raw):.3f}     chance: 0.500")

# %% [markdown]
# The guide reports 98.19% on pairs of MNIST, all ten digits, without saying how its threshold was chosen. That is its
# figure, on other data than ours; the two do not compare.
#
# An accuracy belongs to one threshold. The **ROC curve** shows all of them: how many same pairs are found, against how many
# different ones are let in by mistake. The area under it (AUC) is the chance that a same pair is nearer than a different one.

# %%
gaps = {"learned": pair_distances(learned(0)(x_test), test_pairs()),
        "raw pixels": pair_distances(raw(x_test), test_pairs())}
show_roc(gaps, test_pairs()[2],
         alt="ROC curves on test pairs of seen digits: the learned distance runs along "
             "the upper left corner, raw pixels below it, chance is the diagonal")

# %% [markdown]
# ## 8.7 A map of the embeddings (6 minutes)
#
# 64 numbers do not fit on paper. PCA is a straight projection on the two directions of largest spread. t-SNE bends space so that neighbours
# stay neighbours ([van der Maaten and Hinton, 2008](https://jmlr.org/papers/v9/vandermaaten08a.html)); sizes of clusters and gaps
# between them mean nothing there. The new digits are on the map as crosses; each digit is written amid its points.

# %%
x_map, y_map = np.r_[x_test[:250], x_new[:150]], np.r_[y_test[:250], y_new[:150]]
show_maps(learned(0)(x_map), y_map, crosses=(7, 8, 9),
          alt="Two maps of embeddings: digits 0 to 6 form loose groups in PCA, tight ones "
              "in t-SNE; the crosses of 7, 8 and 9 lie between and partly on top of them")

# %% [markdown]
# TensorBoard's *projector* turns such a map in three dimensions, with the digits drawn on the points. It reads files; we
# write them into a temporary folder. To look, run the printed command and choose *Projector*.

# %%
vectors, folder = learned(0)(x_map), tempfile.mkdtemp(prefix="lesson08_")
with SummaryWriter(folder) as writer:
    writer.add_embedding(vectors, y_map.tolist(), torch.as_tensor(x_map)[:, None])
print("open with: tensorboard --logdir", folder)

# %% [markdown]
# ## 8.8 One example is enough? (12 minutes)
#
# Now the new people. The system gets **one** image each of 7, 8 and 9, and has to name all the others. No training: an image gets the
# label of the nearest example. This is *one-shot* recognition
# ([Koch, Zemel and Salakhutdinov, 2015](https://www.cs.cmu.edu/~rsalakhu/papers/oneshot1.pdf)).
#
# ### Exercise 4 · one-shot accuracy (8 minutes, difficulty 2)
#
# `examples` holds the rows of the known images. All other rows are questions.
#
# <details><summary>Hint</summary>
#
# `np.setdiff1d` gives the questions. `embeddings[questions][:, None] - embeddings[examples][None]` has three axes.
# </details>

# %% tags=["answer", "id:one_shot"]
def one_shot(embeddings, y, examples):
    """Share of the questions whose nearest example has their label.

    embeddings: (n, d); y: (n,) labels; examples: rows of the known images.
    """
    # TODO: questions, their distances to the examples, the nearest one's label
    ### BEGIN SOLUTION
    questions = np.setdiff1d(np.arange(len(y)), examples)
    gaps = embeddings[questions][:, None] - embeddings[examples][None]
    nearest = np.linalg.norm(gaps, axis=2).argmin(axis=1)
    return np.mean(y[examples][nearest] == y[questions])
    ### END SOLUTION

# %% tags=["check", "id:one_shot", "points:2"]
from course_utils.checks.siamese import check_one_shot

check_one_shot(one_shot)
### BEGIN HIDDEN TESTS
check_one_shot(one_shot, cases=[(9, 3, 2), (30, 5, 6)], seed=8044)
### END HIDDEN TESTS

# %% [markdown]
# Which example one gets is luck, so each number is the mean over 30 draws; chance is one third. Two versions of the new digits: as they
# are, and each moved by up to three pixels. Somebody centred these digits by hand; a camera at a door does not.
# **Predict:** does the learned distance beat raw pixels on *centred* new digits? And on moved ones?

# %% tags=["predict"]
my_guess_who_wins_centred = None
my_guess_who_wins_moved = None

# %%
def mean_one_shot(vectors, seed, draws=30):
    random = np.random.default_rng(seed)
    kinds = [np.flatnonzero(y_new == digit) for digit in (7, 8, 9)]
    drawn = [np.array([random.choice(kind) for kind in kinds]) for _ in range(draws)]
    return np.mean([one_shot(vectors, y_new, examples) for examples in drawn])

x_moved = shifted(x_new, np.random.default_rng(88))
for words, x in {"centred": x_new, "moved": x_moved}.items():
    shares = {"raw pixels": [mean_one_shot(raw(x), seed) for seed in range(3)],
              "learned": [mean_one_shot(learned(seed)(x), seed) for seed in range(3)]}
    for name, values in shares.items():
        print(f"{words:8s} {name:11s} {np.mean(values):.3f}, seeds:", np.round(values, 3))
print("your guesses:", my_guess_who_wins_centred, my_guess_who_wins_moved)

# %% [markdown]
# With the built-in digits raw pixels win on the centred ones: seven digits are too few to learn what makes *any*
# digit itself. Move them, and raw pixels fall by much more than the seeds differ; the network keeps most of what it had. It learned two
# things: its seven digits, and that place does not matter. The second one carries over. The table says the
# same with AUC over pairs, where no threshold and no examples have a part in it (first seed).

# %%
def pair_auc(features, x, y):
    pairs = make_pairs(y, 4000, seed=82)
    return roc_auc_score(pairs[2], -pair_distances(features(x), pairs))

sets = [(x_test, y_test), (shifted(x_test, np.random.default_rng(89)), y_test),
        (x_new, y_new), (x_moved, y_new)]
table = [[pair_auc(features, *one) for one in sets] for features in (raw, learned(0))]
show_table(np.round(table, 3), x_label="digits", y_label="distance",
           x_ticks=["0-6", "0-6\nmoved", "7-9", "7-9\nmoved"], y_ticks=["raw", "learned"],
           alt="AUC of pairs: learned distances are near 1 for digits 0 to 6 and lower for "
               "7 to 9; raw pixels fall towards one half where digits are moved")

# %% [markdown] tags=["explain", "id:explain_one_shot", "points:3"]
# ### Your turn · explain the result (4 minutes)
#
# In five to eight sentences: why does moving a digit hurt raw pixels so much, and the network less? Why is the network worse on 7 to 9
# than on 0 to 6, although both were tested on images that it had not seen? Face recognition is trained on many thousands of people:
# which of the two results would you expect to change with that, and why?
#
# ### BEGIN SOLUTION
# **Rubric.** 1 point: raw distance compares pixels of equal place, so a stroke moved by a few pixels meets background; the network was
# trained on moved copies of both images of a pair, which had to stay near. 1 point: unseen *images* of known classes follow what was
# trained; unseen *classes* were never asked to be apart from each other or from 0 to 6, so features that separate them had no reason to
# stay. 1 point: with thousands of identities only features that tell people apart in general help, so the gap to new
# identities shrinks; the gain on moved images is there already and comes from the augmentation.
# ### END SOLUTION

# %% [markdown]
# ## 8.9 The same in Keras (8 minutes)
#
# Now the guide's network, in Keras' functional style: a base model, two inputs, a layer for the distance. The guide uses a
# `Lambda`, which is not saved safely; a small class is. The `maximum` keeps the root away from 0, where its slope is infinite.

# %%
@keras.saving.register_keras_serializable(package="lesson08")
class EuclideanDistance(keras.layers.Layer):
    """Two batches of embeddings (n, d) to their distances (n, 1)."""

    def call(self, inputs):
        a, b = inputs
        squared = keras.ops.sum(keras.ops.square(a - b), axis=1, keepdims=True)
        return keras.ops.sqrt(keras.ops.maximum(squared, keras.config.epsilon()))

def guide_base():
    layers = keras.layers
    return keras.Sequential([
        keras.Input((28, 28, 1)),
        layers.Conv2D(8, 3, activation="relu"), layers.MaxPooling2D(3),
        layers.Conv2D(16, 3, activation="relu"), layers.MaxPooling2D(3), layers.Flatten(),
        layers.Dense(128, activation="relu"), layers.Dense(128, activation="relu")])

def siamese(base_a, base_b):
    image_a, image_b = keras.Input((28, 28, 1)), keras.Input((28, 28, 1))
    distance = EuclideanDistance()([base_a(image_a), base_b(image_b)])
    return keras.Model([image_a, image_b], distance)

# %% [markdown]
# **Spot the error.** Of this very model the guide says that it "does not share weights". Count them:

# %%
base = guide_base()
print("base:                      ", base.count_params())
print("base called twice:         ", siamese(base, base).count_params())
print("two bases, each used once: ", siamese(guide_base(), guide_base()).count_params())

# %% [markdown]
# It shares every one. The other book, *Deep Learning for Computer Vision*, calls the *function* that builds the network
# twice: those are two networks. One pair of brackets makes the difference.
#
# Train it with your pairs, on images as they are:

# %%
def keras_loss(same, distances, margin=1.0):
    same = keras.ops.cast(same, distances.dtype)
    too_close = keras.ops.maximum(margin - distances, 0)
    return keras.ops.mean(same * distances**2 + (1 - same) * too_close**2)

@functools.cache
def keras_trained():
    keras.utils.set_random_seed(0)
    base = guide_base()
    model = siamese(base, base)
    model.compile(optimizer=keras.optimizers.RMSprop(0.002), loss=keras_loss)
    a, b, same = make_pairs(y_fit, 16_000, seed=0)
    images = [x_fit[a][..., None], x_fit[b][..., None]]
    model.fit(images, same[:, None], batch_size=128, epochs=4, verbose=0)
    return base, model

def keras_embed(x):
    return keras_trained()[0](x[..., None]).numpy()

print(f"Keras: {pair_accuracy(keras_embed):.3f}     raw pixels: {pair_accuracy(raw):.3f}")

# %% [markdown]
# A layer of your own must survive saving, and its loss must be the one of section 8.4.

# %%
def keras_proofs():
    model = keras_trained()[1]
    path, images = Path(tempfile.mkdtemp()) / "siamese.keras", [x_test[:99], x_test[99:198]]
    model.save(path)
    loaded = keras.models.load_model(path, compile=False)
    distances, again = (one([x[..., None] for x in images]) for one in (model, loaded))
    emb_a, emb_b = (torch.tensor(keras_embed(x)) for x in images)
    same = y_test[:99] == y_test[99:198]
    by_torch = ContrastiveLoss(margin=1.0)(emb_a, emb_b, torch.tensor(same)).item()
    agree = np.isclose(by_torch, keras_loss(same[:, None], distances), atol=1e-4)
    return bool(agree), np.allclose(distances, again)

print("PyTorch's loss agrees, the loaded model agrees:", *keras_proofs())

# %% [markdown]
# ## What to take with you
#
# - A Siamese network is one network used twice; its gradient is the sum over both uses.
# - Draw as many same pairs as different ones, or "always different" looks clever.
# - The contrastive loss pulls same pairs together and pushes the others apart up to the margin. Check the label's meaning first.
# - Choose the threshold on validation pairs; the ROC curve shows every threshold.
# - Near-perfect pairs of known classes promise little for new classes. Put raw pixels beside every number.
#
# **What this does not show.** Seven digits are a tiny world, and the built-in ones are small and tidy. The new digits are three classes, and not the easiest. We chose
# network, margin and number of pairs by hand, with an eye on the results for new digits: they are a little too good for that.
#
# **Where next.** Lesson 9 compares three images at a time, and finds the pairs that are worth training on. Lesson 10 compares two images
# patch by patch instead of by one distance.
#
# **Read more**
#
# - Hadsell, Chopra and LeCun, [Dimensionality reduction by learning an invariant mapping](https://doi.org/10.1109/CVPR.2006.100), 2006: the loss.
# - Bromley et al., [Signature verification using a "Siamese" time delay neural network](https://papers.nips.cc/paper/1993/hash/288cc0ff022877bd3df94bc9360b9c5d-Abstract.html), 1993.
# - Koch, Zemel and Salakhutdinov, [Siamese neural networks for one-shot image recognition](https://www.cs.cmu.edu/~rsalakhu/papers/oneshot1.pdf), 2015.
