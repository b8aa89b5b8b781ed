# %% [markdown]
# # 10. A layer that compares: `Normalized X-Corr`
#
# **Is this the same coat, ten steps further on and under another lamp?** Two cameras see one person. The coat has
# moved, the light has changed, and no pixel is equal any more. In this lesson you build a layer that looks for each patch
# of one picture in the other one. It comes from a paper
# ([Subramaniam et al., 2016](https://papers.nips.cc/paper/6367-deep-neural-networks-with-inexact-matching-for-person-re-identification));
# a well-known article wrote it for Keras, and you will find its mistakes.
#
# | | |
# |---|---|
# | You will be able to | normalise a patch without a NaN · say what a correlation forgives · search along a row · replace loops by one product · write a Keras layer that can be saved · judge it against baselines |
# | You need | lesson 1 (windows), lesson 8 (pairs) |
# | Time | 85 minutes |
# | Data | drawn here; digits: MNIST where it is on disk, built-in ones elsewhere |
# | Device | CPU or GPU |

# %%
import os
import tempfile

from course_utils.quiet_keras import keras  # first of all: Keras 3, running on torch
# isort: split
import numpy as np
import torch

from course_utils import keras_layers, models
from course_utils.plots import show_images, show_lines
from course_utils.two_cameras import photograph

# %% [markdown]
# ## 10.1 Two cameras, one coat (14 minutes)
#
# `photograph` draws a person at a column that we choose, so that we know the truth. The second camera has less contrast and more light, and
# the person has walked 15 columns to the right. The window on the left did not move.

# %%
camera_1, camera_2 = photograph(9), photograph(24, contrast=0.5, light=0.25)
show_images([camera_1, camera_2], titles=["camera 1", "camera 2"], limits=(0, 1), size=2.6,
            alt="The same person in two pictures: on the left dark and full of contrast, "
                "on the right pale and further to the right; a window at the left edge")

# %% [markdown]
# A **patch** is a square of 5 × 5 numbers. `patch` cuts out the one around row $y$, column $x$, as 25 numbers in a row; beyond the
# border it finds zeros. `all_patches` does so for every place, with the window view of lesson 1; `rows_beyond` adds centres
# outside the map, which we need later.

# %%
def patch(feature_map, y, x, size=5):
    padded = np.pad(feature_map, size)
    top, left = y + size - size // 2, x + size - size // 2
    return padded[top:top + size, left:left + size].ravel()

def all_patches(feature_map, size=5, rows_beyond=0):
    half = size // 2
    padded = np.pad(feature_map, ((half + rows_beyond,) * 2, (half,) * 2))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (size, size))
    return windows.reshape(*windows.shape[:2], size * size)

# %% [markdown]
# We look for this patch of the coat along row 14 of camera 2. It now lies at column 27. Lesson 1 scored places by a sum of
# products. **Predict:** at which column of camera 2 is that sum largest?

# %% tags=["predict"]
my_guess_column = None

# %% tags=["NBVAL_CHECK_OUTPUT"]
wanted = patch(camera_1, 14, 12)
products = np.array([wanted @ patch(camera_2, 14, x) for x in range(36)])
print("largest product at column", products.argmax(), "- your guess:", my_guess_column)

# %% [markdown]
# The product prefers the window. It is bright everywhere, and a bright patch gives a large product with anything. We want to
# compare *patterns*, so we take two things away from each patch: its mean (the light) and its spread (the contrast).
# For the $N$ numbers $p_n$ of a patch with mean $\bar p$:
#
# $$\hat p_n = \frac{p_n - \bar p}{s + \varepsilon} \qquad
# s = \sqrt{\frac{1}{N-1}\sum_n (p_n - \bar p)^2} \qquad
# \text{correlation}(p, q) = \frac{1}{N-1}\sum_n \hat p_n\, \hat q_n$$
#
# The result lies between -1 and 1 (Cauchy and Schwarz). The small number $\varepsilon$ has its own section below.
#
# ### Exercise 1 · normalise (8 minutes, difficulty 1)
#
# Write it for many patches at once: the $N$ numbers of a patch lie along the *last* axis.
#
# <details><summary>Hint</summary>
#
# Keep the last axis when you take mean and spread, so that they broadcast. `np.std` divides by N unless `ddof` says
# otherwise.
# </details>

# %% tags=["answer", "id:normalise"]
def normalise(patches, eps=0.01):
    """patches: (..., N) floats. Returns floats of the same shape, each patch normalised."""
    # TODO: the first two formulas above, along the last axis
    ### BEGIN SOLUTION
    deviations = patches - np.mean(patches, axis=-1, keepdims=True)
    return deviations / (np.std(patches, axis=-1, ddof=1, keepdims=True) + eps)
    ### END SOLUTION

# %% tags=["check", "id:normalise", "points:2"]
from course_utils.checks.xcorr import check_normalise

check_normalise(normalise)
### BEGIN HIDDEN TESTS
check_normalise(normalise, shapes=[(49,), (6, 9), (1, 3, 2, 25)], seed=3101)
### END HIDDEN TESTS

# %% [markdown]
# Both scores along the row; the product is divided by its maximum to fit into one plot.

# %%
def correlation(p, q):
    return normalise(p) @ normalise(q) / (len(p) - 1)

scores = np.array([correlation(wanted, patch(camera_2, 14, x)) for x in range(36)])
print(f"best correlation: {scores.max():.3f} at column {scores.argmax()}")
show_lines(range(36), {"product": products / products.max(), "correlation": scores},
           "column in camera 2", "score", baseline=("perfect", 1),
           alt="Two curves over the columns: the product is highest at the window on the "
               "left, the correlation has one sharp peak of 0.9 at column 27")

# %% [markdown]
# One sharp peak, at the right place. A correlation does not see a change of light ($p + b$) at all, and little of one of contrast
# ($a\,p$ with $a > 0$). Only $\varepsilon$ keeps it from exactly 1: the lower the contrast, the more it weighs.
#
# ## 10.2 The patch that is flat (10 minutes)
#
# Now leave $\varepsilon$ out, as the article does. It also takes the spread with $N$ instead of $N - 1$, and it does not
# divide the sum of products. **Predict two numbers:** which share of the patches of camera 1 is flat, all 25 numbers equal? And what
# does a patch score against itself in the article's formula?

# %% tags=["predict"]
my_guess_flat_share = None
my_guess_self_score = None

# %% tags=["NBVAL_CHECK_OUTPUT"]
def article_normalise(patches):
    with np.errstate(invalid="ignore"):
        return (patches - patches.mean(-1, keepdims=True)) / patches.std(-1, keepdims=True)

broken = np.isnan(article_normalise(all_patches(camera_1))).any(-1)
print(f"{broken.mean():.0%} become NaN, your guess:", my_guess_flat_share)
itself = article_normalise(wanted) @ article_normalise(wanted)
print(f"a patch against itself: {itself:.1f}, your guess:", my_guess_self_score)

# %% [markdown]
# A flat patch has spread 0, and $0 / 0$ is NaN. One NaN in a layer is NaN in the loss and then, after one step, in every weight.
# ReLU turns whole regions of a feature map into zeros, so there it is worse.
#
# The score of 25 is the other slip: the sum was never divided, so scores run from -25 to 25. A network can learn to live with a factor, but its
# first steps are far too large. With $\varepsilon$ and $N - 1$ both troubles end. NaN is drawn white:

# %%
def score_map(normaliser, divide_by):
    return normaliser(all_patches(camera_2)) @ normaliser(wanted) / divide_by

show_images([score_map(article_normalise, 25), score_map(normalise, 24)], size=2.8,
            titles=["without eps", "with eps"], limits=(-1, 1),
            alt="Scores of a patch: without eps flat regions are missing, with eps grey")

# %% [markdown]
# ## 10.3 Search along a row (16 minutes)
#
# Where should we look for a patch? People walk *across* the picture and stay upright: the coat is at another column,
# but at about the same height. So the layer compares the patch at $(y, x)$ with all columns of the rows $y - 2$ to $y + 2$.
# In the paper the maps have 37 rows and 12 columns. That gives
# 5 · 12 = 60 scores for one patch; a search everywhere would give 37 · 12 = 444.
#
# ### Exercise 2 · one place, by a loop (10 minutes, difficulty 2)
#
# Compute the scores of one place. Rows outside the map count too, as zeros; that is why `patch` can reach beyond the border.
#
# <details><summary>Hint</summary>
#
# Row 0 of the result belongs to row y - search_rows of the second map. `np.ndindex(shape)` walks through all pairs of a
# row and a column.
# </details>

# %% tags=["answer", "id:correlate_place"]
def correlate_place(map_a, map_b, y, x, search_rows=2):
    """Correlate the 5 x 5 patch of `map_a` at (y, x) with those of `map_b` near row y.

    map_a, map_b: (h, w) arrays. Returns a float array of shape (2 * search_rows + 1, w).
    """
    # TODO: normalise the patch you look for, then compare it with one place after another
    ### BEGIN SOLUTION
    searched_for = normalise(patch(map_a, y, x))
    result = np.zeros((2 * search_rows + 1, map_b.shape[1]))
    for r, j in np.ndindex(*result.shape):
        candidate = normalise(patch(map_b, y + r - search_rows, j))
        result[r, j] = searched_for @ candidate / (candidate.size - 1)
    return result
    ### END SOLUTION

# %% tags=["check", "id:correlate_place", "points:2"]
from course_utils.checks.xcorr import check_correlate_place

check_correlate_place(correlate_place)
### BEGIN HIDDEN TESTS
check_correlate_place(correlate_place, cases=[(9, 4, 8, 3, 3), (6, 11, 0, 10, 2), (4, 5, 2, 2, 0)], seed=3102)
### END HIDDEN TESTS

# %% [markdown]
# **Predict:** camera 2 may hang at another height, so that everything in its picture appears lower. From how many rows on is the match
# lost?

# %% tags=["predict"]
my_guess_rows_until_lost = None

# %% [markdown]
# We move the person sideways, then down, and keep the best score of the search.

# %%
def best_score(column, lower, search_rows=2):
    second = photograph(column, contrast=0.5, light=0.25, lower=lower)
    return correlate_place(camera_1, second, 14, 12, search_rows).max()

print("your guess:", my_guess_rows_until_lost)
curves = {"walked 3 columns each": [best_score(9 + 3 * k, 0) for k in range(6)],
          "lower by 1 row each": [best_score(24, k) for k in range(6)],
          "lower, own row searched": [best_score(24, k, 0) for k in range(6)]}
show_lines(range(6), curves, "steps", "best correlation",
           alt="Three curves: walking sideways keeps the score near 0.9; moving down keeps "
               "it up to two rows with a search of two rows, and for none without")

# %% [markdown]
# Any distance across, two rows up or down, and then it breaks. In a map that has been pooled twice, two rows are about eight pixels of the
# image.
#
# ### Your turn · what is forgiven? (5 minutes)
#
# Answer in three to five sentences in the cell below. Your instructor reads this one.

# %% [markdown] tags=["explain", "id:what_is_forgiven", "points:2"]
# Camera 2 differs from camera 1 in three ways: the person walked to the other side, evening light dims the picture, and the person now carries a
# rucksack over the coat. Which of the three does the layer forgive, which not, and which line of the formula is responsible? What would a search
# over all rows cost, and what could go wrong with it?
#
# ### BEGIN SOLUTION
# **Rubric.** 1 point: walking is forgiven by the search over all columns; dimmer light by subtracting the mean and dividing by the spread (weaker contrast
# almost, because of eps); the rucksack is not: those patches show another pattern, only uncovered ones still match. 1 point: searching all 37 rows
# costs 37/5, about seven times as much in time and channels, and more places mean more accidental matches: a shoe that
# looks like a bag strap.
# ### END SOLUTION

# %% [markdown]
# ## 10.4 One product instead of a loop (16 minutes)
#
# In the full layer every place of every channel is searched for, and all scores are stacked as channels: output channel
# (c · rows + r) · W + j holds the score with row $y + r - 2$, column $j$, of map channel $c$. How large does that get?
#
# ### Exercise 3 · the shape of the layer (5 minutes, difficulty 1)
#
# The paper's network sends both images through a 5 × 5 convolution without padding, a 2 × 2 pooling, and the same again. Then
# comes the layer.
#
# <details><summary>Hint</summary>
#
# A 5 × 5 convolution without padding loses 4 rows and 4 columns. Pooling halves and rounds down. Only one of the two sides
# of the map appears among the channels: which one is searched fully?
# </details>

# %% tags=["answer", "id:xcorr_shape"]
def xcorr_shape(height, width, channels=25, search_rows=2):
    """The layer's output for images of height x width: (channels, rows, columns)."""
    # TODO: convolution and pooling, twice; then count the scores per place
    ### BEGIN SOLUTION
    h, w = (((side - 4) // 2 - 4) // 2 for side in (height, width))
    return channels * (search_rows + 1 + search_rows) * w, h, w
    ### END SOLUTION

# %% tags=["check", "id:xcorr_shape", "points:1"]
from course_utils.checks.xcorr import check_xcorr_shape

check_xcorr_shape(xcorr_shape)
### BEGIN HIDDEN TESTS
check_xcorr_shape(xcorr_shape, cases=[(130, 67, 16, 3), (61, 161, 5, 1), (29, 31, 7, 0)])
### END HIDDEN TESTS

# %% [markdown]
# For images of 160 × 60 that is what the paper says: 37 × 12 places, 1,500 channels. A loop would need
# 37 · 12 · 1500 = 666,000 scores for one pair. But look at one row $y$: its 12 patches meet the same 60 candidates, so all
# 720 scores are *one matrix product*, $(60 \times 25) \cdot (25 \times 12)$. NumPy multiplies a whole stack of matrices in one
# call of `@`: the last two axes are the matrices.
#
# ### Exercise 4 · all places at once (12 minutes, difficulty 3)
#
# You get normalised patches. `patches_b` has `search_rows` more rows above and below.
#
# <details><summary>Hint</summary>
#
# Stack, for each y, the patches of rows y to y + rows - 1 of patches_b (a list comprehension over rows will do, or a
# window view along axis 0). Reshape to (h, rows * w, N) and multiply with patches_a, its last two axes swapped.
# </details>

# %% tags=["answer", "id:correlate_rows"]
def correlate_rows(patches_a, patches_b):
    """The scores of every place, for one channel.

    patches_a: (h, w, N) normalised; patches_b: (h + rows - 1, w, N) normalised.
    Returns (rows * w, h, w); index r * w + j means row y + r, column j of patches_b.
    """
    # TODO: the candidates of each row y, one stacked matrix product, then the order of axes
    ### BEGIN SOLUTION
    h, w, n = patches_a.shape
    r = len(patches_b) - h + 1
    candidates = np.stack([patches_b[y:y + r].reshape(r * w, n) for y in range(h)])
    scores = candidates @ patches_a.swapaxes(1, 2)
    return scores.swapaxes(0, 1) / (n - 1)
    ### END SOLUTION

# %% tags=["check", "id:correlate_rows", "points:3"]
from course_utils.checks.xcorr import check_correlate_rows

check_correlate_rows(correlate_rows)
### BEGIN HIDDEN TESTS
check_correlate_rows(correlate_rows, cases=[(4, 2, 7, 9), (2, 6, 5, 25), (3, 3, 3, 4)], seed=3104)
### END HIDDEN TESTS

# %% [markdown]
# Here are your two versions for a whole map, beside the finished layers for PyTorch (channels first) and Keras (channels last), on two maps
# with flat regions. Keras counts in float32, hence 1e-4.

# %% tags=["NBVAL_CHECK_OUTPUT"]
def by_loops(a, b):
    places = [[correlate_place(a, b, y, x).ravel() for x in range(a.shape[1])]
              for y in range(a.shape[0])]
    return np.array(places).transpose(2, 0, 1)

def by_product(a, b):
    patches_b = all_patches(b, rows_beyond=2)
    return correlate_rows(normalise(all_patches(a)), normalise(patches_b))

def by_torch(a, b):
    a, b = (torch.tensor(m)[None, None] for m in (a, b))
    return models.NormalizedXCorr()(a, b)[0].numpy()

def by_keras(a, b):
    a, b = (m[None, :, :, None].astype("float32") for m in (a, b))
    out = keras_layers.NormalizedXCorr()([a, b])
    return keras.ops.convert_to_numpy(out)[0].transpose(2, 0, 1)

pair = np.random.default_rng(0).normal(size=(2, 9, 12)).clip(min=0.8)
ways = {"loops": by_loops, "product": by_product, "torch": by_torch, "keras": by_keras}
for name, way in ways.items():
    assert np.allclose(way(*pair), by_loops(*pair), atol=1e-4)
    print(f"{name:8s} {way(*pair).shape} agrees to 1e-4")

# %% [markdown]
# One channel of the paper's network is a map of 37 × 12. How many times faster than the loops is one
# product? Guess before you run the cell.

# %%
from course_utils.timing import seconds

maps = [np.random.default_rng(0).normal(size=(2, h, 12)) for h in (5, 10, 20, 37)]
cost = {name: [1000 * seconds(ways[name], *pair) for pair in maps]
        for name in list(ways)[:3]}
print(f"{cost['loops'][-1] / cost['product'][-1]:.0f} times faster")
show_lines([5, 10, 20, 37], cost, "rows of the map", "milliseconds", log="xy",
           alt="Milliseconds against the height of the map, logarithmic: the loops lie "
               "far above the product and torch's layer")

# %% [markdown]
# The article's program has such loops, 25 channels deep. The number of multiplications is the same for all; the
# loops call Python once for each score.
#
# ## 10.5 A layer that Keras can save (10 minutes)
#
# A Keras layer without weights needs three methods: `call` computes, `compute_output_shape` tells the next layer what comes, and `get_config`
# says with which arguments to build it again. Loading a saved model depends on the last one. **Spot the error** that
# the article makes, here in the smallest possible layer:

# %% tags=["NBVAL_CHECK_OUTPUT"]
class BrightnessLayer(keras.layers.Layer):
    def call(self, x):
        return x + 0.1

    def get_config(self):
        return {**super(Brightness, self).get_config(), "by": 0.1}  # noqa: F821

try:
    BrightnessLayer().get_config()
except NameError as error:
    print(error)

# %% [markdown]
# `get_config` names a class that does not exist; in the article it is a `Correlation_Layer` that nobody defined. Nobody notices until the first save, which may be
# after a night of training. A second error hides here: `by` is no argument of `__init__`, so loading would fail too. An empty
# `super()` cannot go stale. A good layer survives the round trip:

# %%
layer = keras_layers.NormalizedXCorr(patch_size=3, search_rows=1, eps=0.02)
twin = keras_layers.NormalizedXCorr.from_config(layer.get_config())
assert twin.get_config() == layer.get_config()
print(layer.compute_output_shape([(8, 37, 12, 25), (8, 37, 12, 25)]))

# %% [markdown]
# **Spot two more.** The article collects patches of the second map in three loops: rows above, rows inside, rows below. With zeros
# padded 4 rows deep, a patch that starts at padded row $i$ has its centre in map row $i - 2$. These are its three ranges
# for a map of 8 rows:

# %% tags=["NBVAL_CHECK_OUTPUT"]
rows = 8
above, inside, below = range(2), range(2, rows + 2), range(rows, rows + 2)
print("centres:", [start - 2 for part in (above, inside, below) for start in part])

# %% [markdown]
# The last two rows come twice, and the rows below the map never: the third range should start at `rows + 2`. The other error is in the
# [program published with the article](https://github.com/sumedhpendurkar/Normalized-X-Corr-Model), not in its text: patches lie in
# a list, row after row, and it finds the row of place $i$ by dividing by the *height*.

# %% tags=["NBVAL_CHECK_OUTPUT"]
for height, width in [(8, 8), (37, 12)]:
    i = np.arange(height * width)
    wrong = (i // height) * height != (i // width) * width
    print(f"{height} x {width}: {wrong.mean():.0%} of the patches search in a wrong place")

# %% [markdown]
# On the 8 × 8 maps of its own test this slip cannot show. **The mistake everyone makes:** to test with square inputs only. Our checks never do.
#
# ## 10.6 The network of the paper (8 minutes)
#
# Two images, one shared trunk, the layer, two convolutions, two dense layers. The authors' program puts a ReLU behind the layer; the article leaves it out.

# %%
def xcorr_network(flatten=True, L=keras.layers):
    image_a, image_b = keras.Input((160, 60, 3)), keras.Input((160, 60, 3))
    trunk = keras.Sequential([
        L.Conv2D(20, 5, activation="relu"), L.MaxPooling2D(),
        L.Conv2D(25, 5, activation="relu"), L.MaxPooling2D()], name="trunk")
    maps = [trunk(image_a), trunk(image_b)]
    x = L.ReLU()(keras_layers.NormalizedXCorr(name="xcorr")(maps))
    x = L.Conv2D(25, 1, activation="relu", name="conv_1x1")(x)
    x = L.MaxPooling2D()(L.Conv2D(25, 3, name="conv_3x3")(x))
    x = L.Flatten()(x) if flatten else x
    x = L.Dense(500, activation="relu", name="dense_500")(x)
    x = L.Dense(2, activation="softmax", name="dense_2")(x)
    return keras.Model([image_a, image_b], x)

# %% [markdown]
# **Predict:** which of the layers holds the most parameters? And what comes out for one pair when `Flatten` is missing, as in
# the article?

# %% tags=["predict"]
my_guess_largest_layer = None
my_guess_shape_without_flatten = None

# %%
network = xcorr_network()
assert network.get_layer("trunk").output.shape == (None, 37, 12, 25)
assert network.get_layer("xcorr").output.shape == (None, 37, 12, 1500)
print("without Flatten:", xcorr_network(flatten=False).output.shape,
      "- your guesses:", my_guess_shape_without_flatten, my_guess_largest_layer)
for name in ["trunk", "xcorr", "conv_1x1", "conv_3x3", "dense_500", "dense_2"]:
    print(f"{name:10s}{network.get_layer(name).count_params():10,d}")

# %% [markdown]
# Without `Flatten` the "answer" is a map of 17 × 5 answers. A loss that broadcasts might even accept it. We build the right one, assert its shapes, and
# do not train it: two cores are too few. The layer itself has nothing to learn; most parameters sit in the first dense layer. Now the night's work is saved and loaded:

# %% tags=["NBVAL_CHECK_OUTPUT"]
images = list(np.random.default_rng(0).random((2, 1, 160, 60, 3), dtype="float32"))
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "xcorr.keras")
    network.save(path)
    loaded = keras.models.load_model(path)
answers = [keras.ops.convert_to_numpy(one(images)) for one in (network, loaded)]
assert np.allclose(*answers, atol=1e-6)
print("the loaded network gives the same answer:", answers[0].shape)

# %% [markdown]
# ## 10.7 Does it help? (8 minutes)
#
# A smaller network learns whether two pictures show the same digit. The second one went through another camera: contrast, light, noise and up to 4
# columns sideways, different for each picture. It trains on digits 0 to 6. As in re-identification, the real test is 7 to 9:
# *identities it has never seen*.

# %%
from course_utils.data import load_digits
from course_utils.two_cameras import make_pairs

digits = load_digits()
x, y, known = digits.x_train, digits.y_train, digits.y_test < 7
pairs, same = make_pairs(x[y < 7], y[y < 7], 1500, seed=1)
tests = {"digits 0-6": make_pairs(digits.x_test[known], digits.y_test[known], 1000, seed=2),
         "digits 7-9": make_pairs(x[y >= 7], y[y >= 7], 1000, seed=3)}
show_images(pairs[:6].reshape(12, 28, 28), columns=6, size=1.2, limits=(0, 1.4),
            titles=["camera 1", "camera 2 (other)", "camera 1", "camera 2 (same)"] * 3,
            alt="Six pairs of digits from two cameras; the second of each pair is paler, "
                "lighter, noisy and moved sideways; every other pair shows equal digits")

# %% [markdown]
# `PairNetwork` is the network of 10.6 made small. It exists with the layer, and without: then the two maps are laid on top of each other,
# and the head has to compare them. The second baseline learns one number. It correlates the two *whole* images at the best shift across
# and calls them the same above a threshold, which is chosen on the training pairs. **Predict** the three accuracies on digits never seen;
# guessing gives 0.5.

# %% tags=["predict"]
my_guess_with_without_and_whole = None

# %% [markdown]
# Three seeds and eight epochs for both networks. This takes most of the lesson's time. Bars are means over the seeds, each dot is one seed.

# %%
from course_utils.device import place, settings
from course_utils.pair_network import PairNetwork
from course_utils.training import evaluate, fit
from course_utils.two_cameras import best_threshold, show_accuracies, whole_image_scores

def accuracies(with_layer, seed):
    torch.manual_seed(seed)
    network = place(PairNetwork(with_layer), settings())
    adam = torch.optim.Adam(network.parameters(), lr=1e-3)
    train = torch.tensor(pairs), torch.tensor(same)
    fit(network, adam, train, None, 8, 32, seed, settings(), progress=False)
    pairs_of = [map(torch.tensor, test) for test in tests.values()]
    return [evaluate(network, *test, settings())[1] for test in pairs_of]

threshold = best_threshold(whole_image_scores(pairs), same)
whole = [np.mean((whole_image_scores(p) > threshold) == t) for p, t in tests.values()]
results = {"whole images": np.array([whole])}
for name, with_layer in [("with the layer", True), ("without", False)]:
    results[name] = np.array([accuracies(with_layer, seed) for seed in range(3)])
for name, values in results.items():
    print(f"{name:15s} mean {values.mean(0).round(3)}, spread {np.ptp(values, 0).round(3)}")
print("your guess:", my_guess_with_without_and_whole)
show_accuracies(results, list(tests), alt="Accuracy on pairs of digits 0 to 6 and 7 to 9: "
                "with the layer and whole images about equal, without the layer far below")

# %% [markdown]
# The layer helps much: without it the same network has to *learn* what a shift and a dimmer light do, from 1,500 pairs, and after eight
# epochs it is not far above guessing. But look at the first bar. Whole images, correlated at their best shift, do about as well without any network. Our
# second camera moves the picture as one piece, so this simple rule knows the whole truth. It would lose where parts move
# separately: arms, legs, bags. Our digits do not show that.
#
# ## 10.8 What to take with you (3 minutes)
#
# - Normalising a patch takes light and contrast away; $\varepsilon$ keeps flat patches from becoming NaN.
# - The layer searches a few rows and all columns: people walk sideways. Its output has channels · rows · width channels.
# - Loops, one batched product, torch and Keras agree to 1e-4; the product is far faster.
# - The article's layer has no $\varepsilon$, no division, wrong rows at the bottom, a `get_config` that fails, and no `Flatten`; its program works on square maps only.
# - A comparison needs a simple baseline beside it. Ours was about as good as the network.
#
# **What this does not show.** Digits are no people, and the second camera was drawn by us. The network without the layer got as many epochs, not as much
# computing time. A public survey table of the field
# lists the paper with a rank-1 of 72.43 on CUHK03 (labelled boxes). That is the authors' *fused* model, this layer together with a second network; we
# did not repeat it.
#
# **Where next.** A network that judges *pairs* must look at every pair: 3,368 queries against 19,732 gallery images of Market-1501 are 66 million runs. The embeddings of lessons 8 and 9 are computed
# once per image. The lessons on re-identification use those.
#
# **Read more**
#
# - Subramaniam, Chatterjee and Mittal, [Deep neural networks with inexact matching for person re-identification](https://papers.nips.cc/paper/6367-deep-neural-networks-with-inexact-matching-for-person-re-identification), 2016: the layer and the network.
# - Ahmed, Jones and Marks, [An improved deep learning architecture for person re-identification](https://www.cv-foundation.org/openaccess/content_cvpr_2015/html/Ahmed_An_Improved_Deep_2015_CVPR_paper.html), 2015: differences in place of correlations.
# - Li, Zhao, Xiao and Wang, [DeepReID](https://www.cv-foundation.org/openaccess/content_cvpr_2014/html/Li_DeepReID_Deep_Filter_2014_CVPR_paper.html), 2014: the first network for pairs, and the CUHK03 data.
