# %% [markdown]
# # 5. A convolutional network in Keras
#
# **What if nobody had to draw the patterns?** In lesson 1 a ring of the wrong size lost its circle. A convolutional network learns
# its patterns from examples. In this lesson you build one in Keras, take two of its layers apart, watch it train, and
# carry its weights over to PyTorch. On the way you find the mistakes of a printed guide, which this lesson follows.
#
# | | |
# |---|---|
# | You will be able to | build and read a Sequential model · write dropout and max pooling, forward and backward · train with callbacks · read history plots · copy weights between frameworks |
# | You need | lesson 1: output size; lesson 4: training and validation |
# | Time | 90 minutes |
# | Data | MNIST where it is on disk, else the built-in digits |
# | Device | CPU; a GPU is used where there is one |

# %%
import csv
import functools
import tempfile
from pathlib import Path

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from course_utils.data import load_digits
from course_utils.device import settings
from course_utils.plots import show_images, show_lines
from course_utils.summaries import read_scalars
from course_utils.tensorflow_quiet import keras, tf, use

# %% [markdown]
# ## 5.1 The guide's network (16 minutes)
#
# Keras is a language for networks; below it TensorFlow, PyTorch or JAX does the arithmetic. Here it is TensorFlow. Keras keeps
# the channels *last*: a batch of grey images has the shape (n, 28, 28, 1).

# %%
chosen = settings()
use(chosen)
digits = load_digits()
print(f"Keras {keras.__version__} on {keras.config.backend()}. {chosen}")
order = np.random.default_rng(0).permutation(len(digits.x_train))
kept, held_out = np.split(order, [len(order) * 5 // 6])
x_train, y_train = digits.x_train[kept][..., None], digits.y_train[kept]
x_validation, y_validation = digits.x_train[held_out][..., None], digits.y_train[held_out]
x_test, y_test = digits.x_test[..., None], digits.y_test

# %% [markdown]
# The guide's first model: two convolutions of 3 × 3 with 32 and 64 filters, then everything flattened into one row, a
# dense layer of 128, a dense layer of 10 (lesson 4 called such a layer `nn.Linear`). It declares its input as 28 × 28. **Spot the error** before Keras does.

# %% tags=["NBVAL_CHECK_OUTPUT"]
try:
    keras.Sequential([keras.Input((28, 28)), keras.layers.Conv2D(32, 3)])
except ValueError as error:
    print(str(error).split("incompatible with the layer: ")[1])

# %% [markdown]
# A convolution sums over channels, so an image needs that axis, even when there is one channel. **Predict:** with
# the input mended, how many parameters does the model have? Which layer holds most of them?

# %% tags=["predict"]
my_guess_parameters = None
my_guess_largest_layer = None

# %% [markdown]
# ### Exercise 1 · the guide's network, mended (8 minutes, difficulty 1)
#
# ReLU, which is $\max(0, z)$, after the convolutions and after the first dense layer; softmax after the last. No padding, stride 1.
#
# <details><summary>Hint</summary>
#
# `keras.Sequential([...])` takes the layers as a list. `keras.Input((28, 28, 1))` comes first, then `Conv2D`, `Flatten` and
# `Dense` of `keras.layers`. An activation is an argument: `activation="relu"`.
# </details>

# %% tags=["answer", "id:guide_cnn"]
def guide_cnn(filters=(32, 64), units=128, classes=10):
    """The guide's model for images of (28, 28, 1).

    filters: how many in each of the two convolutions; units: size of the first dense
    layer. Returns a Keras model whose output is (n, classes), softmax included.
    """
    # TODO: two convolutions, flatten, two dense layers
    ### BEGIN SOLUTION
    layers = [keras.layers.Conv2D(count, 3, activation="relu") for count in filters]
    layers += [keras.layers.Flatten(), keras.layers.Dense(units, activation="relu"),
               keras.layers.Dense(classes, activation="softmax")]
    return keras.Sequential([keras.Input((28, 28, 1)), *layers])
    ### END SOLUTION

# %% tags=["check", "id:guide_cnn", "points:2"]
from course_utils.checks.cnn_keras import check_guide_cnn

check_guide_cnn(guide_cnn)
### BEGIN HIDDEN TESTS
check_guide_cnn(guide_cnn, sizes=[((2, 5), 4, 3), ((6, 1), 9, 2)], seed=2051)
### END HIDDEN TESTS

# %% [markdown]
# The guide prints a total of 4,738,826, which is right for an input of 28 × 28 × 1.

# %% tags=["NBVAL_CHECK_OUTPUT"]
for part in guide_cnn().layers:
    print(f"{type(part).__name__:8s} {part.output.shape!s:20s} {part.count_params():10,}")
print(f"in all {guide_cnn().count_params():,} - your guesses:", my_guess_parameters,
      "and", my_guess_largest_layer)
assert guide_cnn().count_params() == 4_738_826

# %% [markdown]
# A filter of 3 × 3 has 9 weights for each input channel and one bias: $9 \cdot 1 \cdot 32 + 32 = 320$, then
# $9 \cdot 32 \cdot 64 + 64 = 18{,}496$. The first dense layer takes 36,864 numbers to 128 units and holds more than 99 % of all
# parameters. The convolutions are cheap, because a filter is the same at every place.
#
# ## 5.2 Softmax, in per cent (6 minutes)
#
# The guide then shows ten outputs for one image and says what softmax makes of them. The largest are 12.1 for a 2, 8.401 for a 3
# and 5.8 for a 9. **Predict:** how sure, in per cent, is this network that it sees a 2?

# %% tags=["predict"]
my_guess_per_cent = None

# %% [markdown]
# Softmax: $p_i = e^{z_i} / \sum_j e^{z_j}$.

# %% tags=["NBVAL_CHECK_OUTPUT"]
z = np.array([-0.113, 1.24, 12.1, 8.401, -0.999, -3.1144, 0.101, 4.0, 2.909, 5.8])
probabilities = np.exp(z) / np.exp(z).sum()
print(f"a 2 with {probabilities[2]:.2%} - your guess:", my_guess_per_cent)
print(f"outputs: 12.1 is {z[2] / z[3]:.1f} times 8.401")
print(f"probabilities: {probabilities[2] / probabilities[3]:.0f} to 1")

# %% [markdown]
# The guide writes "0.9737%", a hundred times too little. It also calls the result *proportional* to the outputs, which it is not:
# softmax turns differences into ratios. And it offers these ten numbers as the output of a ReLU, while three of them are
# negative.
#
# ## 5.3 Dropout (14 minutes)
#
# **Dropout** sets each number of a layer to 0 with probability $r$ while training, so that no unit can
# rely on a single other one ([Srivastava et al., 2014](https://jmlr.org/papers/v15/srivastava14a.html)). It drops *units*, that is
# numbers on their way through the network; the weights stay. What is kept is divided by $1 - r$. So the expected value stays the same, and
# at test time the layer does nothing at all. This form is called *inverted* dropout.
#
# ### Exercise 2 · dropout, forward and backward (10 minutes, difficulty 2)
#
# `grad_output` is the derivative of the loss by the output. Return the output, and the derivative by `x`.
#
# <details><summary>Hint</summary>
#
# The output is `x` times a factor, 0 or $1/(1-r)$, number by number. What is the derivative of a product by one of
# its factors? `random.random(x.shape)` draws numbers between 0 and 1.
# </details>

# %% tags=["answer", "id:dropout"]
def dropout(x, grad_output, rate, random):
    """Inverted dropout in training mode: forward and backward pass.

    x, grad_output: arrays of one shape; rate: share that is dropped, 0 <= rate < 1;
    random: a np.random.Generator. Returns (output, grad_x), both of the shape of x.
    """
    # TODO: draw the factors once, use them twice
    ### BEGIN SOLUTION
    factors = (random.random(x.shape) >= rate) / (1 - rate)
    return x * factors, grad_output * factors
    ### END SOLUTION

# %% tags=["check", "id:dropout", "points:2"]
from course_utils.checks.cnn_keras import check_dropout

check_dropout(dropout)
### BEGIN HIDDEN TESTS
check_dropout(dropout, cases=[((60, 30), 0.9), ((7, 11, 13), 0.1)], seeds=(2052, 2053))
### END HIDDEN TESTS

# %% [markdown]
# A digit under dropout with rate 0.5: three draws, and the mean of 500. The mean brings the digit back: that is what dividing
# by $1 - r$ is for. Keras does the same, and rests outside training.

# %%
def dropped(seed, rate=0.5):
    image = x_train[0, :, :, 0]
    return dropout(image, image, rate, np.random.default_rng(seed))[0]

show_images([x_train[0, :, :, 0], *[dropped(seed) for seed in range(3)],
             np.mean([dropped(seed) for seed in range(500)], axis=0)],
            limits=(0, 2), titles=["digit", "draw 1", "draw 2", "draw 3", "mean of 500"],
            alt="A digit, three copies in which half of the pixels are black and the rest "
                "twice as bright, and their mean, which looks like the digit")

layer, ones = keras.layers.Dropout(0.5, seed=0), np.ones((40, 50), dtype=np.float32)
by_hand, _ = dropout(ones, ones, 0.5, np.random.default_rng(0))
print("by hand:", np.unique(by_hand), "Keras:", np.unique(layer(ones, training=True)))
print("Keras, not training:", np.unique(layer(ones, training=False)))

# %% [markdown]
# ## 5.4 Max pooling (16 minutes)
#
# **Max pooling** cuts each map into windows of 2 × 2 and keeps the largest number of each. What counts is that a pattern
# was met in the window, not where in it. The map shrinks to a quarter.
#
# ### Exercise 3 · max pooling (6 minutes, difficulty 2)
#
# Images in a batch, channels last. Windows touch and do not overlap; rows and columns that fill no window are left out.
#
# <details><summary>Hint</summary>
#
# Cut off the rest, then `reshape` each side into (windows, size) and take the maximum over the two size axes. Two loops
# over the output work too.
# </details>

# %% tags=["answer", "id:max_pool"]
def max_pool(x, size=2):
    """The largest number of every window of size x size.

    x: (n, h, w, c) array; returns (n, h // size, w // size, c).
    """
    # TODO: windows, then their maximum
    ### BEGIN SOLUTION
    n, h, w, c = x.shape
    rows, columns = h // size, w // size
    whole = x[:, :rows * size, :columns * size]
    return whole.reshape(n, rows, size, columns, size, c).max(axis=(2, 4))
    ### END SOLUTION

# %% tags=["check", "id:max_pool", "points:2"]
from course_utils.checks.cnn_keras import check_max_pool

check_max_pool(max_pool)
### BEGIN HIDDEN TESTS
check_max_pool(max_pool, cases=[(3, 9, 4, 2, 4), (2, 3, 8, 1, 2), (1, 5, 5, 4, 1)], seed=2054)
### END HIDDEN TESTS

# %% [markdown]
# Going backward, who gets the gradient? Only the largest number of a window had a say in the output. The
# others could change a little and nothing would happen: their gradient is 0.
#
# ### Exercise 4 · the way back (12 minutes, difficulty 3)
#
# Of equal maxima the first in reading order gets everything, as in TensorFlow and PyTorch.
#
# <details><summary>Hint</summary>
#
# For the window of row i, column j: flatten its size × size places into one axis, `argmax` along it, and put
# `grad_output[:, i, j]` there. `np.put_along_axis` puts values at argmax places.
# </details>

# %% tags=["answer", "id:max_pool_backward"]
def max_pool_backward(grad_output, x, size=2):
    """The derivative of the loss by x.

    grad_output: (n, h // size, w // size, c), the derivative by the output;
    x: (n, h, w, c), as in the forward pass. Returns an array of the shape of x.
    """
    # TODO: zeros; then, window by window, the gradient to the place of the maximum
    ### BEGIN SOLUTION
    n, rows, columns, c = grad_output.shape
    grad_x = np.zeros(x.shape)
    for i in range(rows):
        for j in range(columns):
            place = np.s_[:, i * size:(i + 1) * size, j * size:(j + 1) * size]
            best = x[place].reshape(n, -1, c).argmax(axis=1)[:, None]
            window = np.zeros((n, size * size, c))
            np.put_along_axis(window, best, grad_output[:, i, j][:, None], axis=1)
            grad_x[place] = window.reshape(n, size, size, c)
    return grad_x
    ### END SOLUTION

# %% tags=["check", "id:max_pool_backward", "points:3"]
from course_utils.checks.cnn_keras import check_max_pool_backward

check_max_pool_backward(max_pool_backward)
### BEGIN HIDDEN TESTS
check_max_pool_backward(max_pool_backward, cases=[(2, 9, 4, 2, 4), (3, 3, 8, 1, 2)], seed=2055)
### END HIDDEN TESTS

# %% [markdown]
# Forward and backward on a digit. In the third image a pixel is bright where a gradient arrives. Below it, TensorFlow has to agree on
# random maps, in both directions.

# %%
image = x_train[:1].astype(float)
arrives = max_pool_backward(np.ones((1, 14, 14, 1)), image)
show_images([maps[0, :, :, 0] for maps in (image, max_pool(image), arrives)], size=2.4,
            titles=["28 x 28", "pooled, 14 x 14", "who gets a gradient"],
            alt="A digit, the digit pooled, and one white pixel in each window of 2 by 2")

# %% tags=["NBVAL_CHECK_OUTPUT"]
maps = tf.constant(np.random.default_rng(5).normal(size=(4, 12, 10, 3)))
with tf.GradientTape() as tape:
    tape.watch(maps)
    pooled = tf.nn.max_pool2d(maps, 2, 2, "VALID")
    loss = tf.reduce_sum(pooled ** 2)
assert np.array_equal(max_pool(maps.numpy()), pooled)
assert np.allclose(max_pool_backward(2 * pooled.numpy(), maps.numpy()),
                   tape.gradient(loss, maps))
print("forward and backward agree with TensorFlow")

# %% [markdown]
# ## 5.5 Training with callbacks (16 minutes)
#
# For training we take a smaller network, so that the lesson stays short on two cores: pooling and dropout, and 84 times fewer
# weights than the guide's. It returns logits; softmax is part of the loss.

# %%
def small_cnn(seed):
    keras.utils.set_random_seed(seed)
    return keras.Sequential([
        keras.Input((28, 28, 1)),
        keras.layers.Conv2D(16, 3, activation="relu"), keras.layers.MaxPooling2D(),
        keras.layers.Conv2D(32, 3, activation="relu"), keras.layers.MaxPooling2D(),
        keras.layers.Flatten(), keras.layers.Dropout(0.5),
        keras.layers.Dense(64, activation="relu"), keras.layers.Dense(10)])

print(f"{small_cnn(0).count_params():,} parameters")

# %% [markdown]
# `compile` says how to train: optimiser, loss, metrics. Ours is Adam, which scales the step of each weight by the size of its
# recent gradients ([Kingma and Ba, 2015](https://arxiv.org/abs/1412.6980)). (The guide says that `compile` also draws the first
# weights. It does not: they are there as soon as the input shape is known.) `fit` trains, and calls **callbacks** after each epoch:
#
# | callback | what it does |
# |---|---|
# | `ModelCheckpoint` | saves the model, here the best so far |
# | `ReduceLROnPlateau` | smaller steps when the validation loss stops falling |
# | `EarlyStopping` | stops when that does not help, and brings the best weights back |
# | `CSVLogger`, `TensorBoard` | keep the numbers |
# | `LambdaCallback` | your own function: here the progress bar |

# %%
runs = tempfile.TemporaryDirectory()

def callbacks(folder, bar):
    """What happens after each epoch; files go into `folder`."""
    kinds = keras.callbacks
    return [kinds.ModelCheckpoint(folder / "best.keras", save_best_only=True),
            kinds.ReduceLROnPlateau(factor=0.5, patience=3, min_lr=1e-5),
            kinds.EarlyStopping(patience=8, restore_best_weights=True),
            kinds.CSVLogger(folder / "log.csv"),
            kinds.TensorBoard(folder / "summaries"),
            kinds.LambdaCallback(on_epoch_end=lambda epoch, logs: bar.update())]

# %% [markdown]
# **Predict:** the training set is cut into batches of 32. How many times are the weights changed in one epoch?

# %% tags=["predict"]
my_guess_steps_per_epoch = None

# %% [markdown]
# Each run has a seed and a folder of its own.

# %%
@functools.cache
def trained(seed):
    """A trained small_cnn, its history, and the folder with its files."""
    model, folder = small_cnn(seed), Path(runs.name) / str(seed)
    folder.mkdir(exist_ok=True)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.002), loss, metrics=["accuracy"])
    epochs = 30 if len(x_train) < 5000 else 12
    with tqdm(total=epochs, desc=f"seed {seed}", unit="epoch") as bar:
        history = model.fit(x_train, y_train, batch_size=32, epochs=epochs, verbose=0,
                            validation_data=(x_validation, y_validation),
                            callbacks=callbacks(folder, bar))
    return model, history, folder

model, history, folder = trained(0)
steps = int(model.optimizer.iterations) // len(history.epoch)
print(f"{len(x_train):,} images: {steps} steps an epoch - your guess:",
      my_guess_steps_per_epoch)

# %% [markdown]
# An epoch is one pass over all images: $\lceil n / 32 \rceil$ steps. (The guide calls an epoch the drawing of one batch.) `fit`
# returns a **history**, one list for each number.

# %%
epochs = range(1, len(history.epoch) + 1)
for kind, guessing in {"loss": np.log(10), "accuracy": 0.1}.items():
    curves = {"training": history.history[kind],
              "validation": history.history[f"val_{kind}"]}
    show_lines(epochs, curves, "epoch", kind, baseline=("guessing", guessing),
               alt=f"Training and validation {kind} over the epochs: both improve quickly; "
                   "validation is better at first")

# %% [markdown]
# Validation *better* than training? Dropout is at work in one and at rest in the other, and the training curve averages over an epoch
# during which the network was still getting better.
#
# The TensorBoard callback wrote event files, as in lesson 4. They hold the learning rate too. The checkpoint is a file with architecture and
# weights. (The guide's `.h5` is the old format; today it is `.keras`.)

# %%
rates = read_scalars(folder / "summaries" / "train")["epoch_learning_rate"][1]
show_lines(epochs, {"learning rate": rates}, "epoch", "learning rate", log="y",
           baseline=("at the start", 0.002),
           alt="Learning rate over the epochs: a staircase that goes down each time the "
               "validation loss has stopped falling")

with open(folder / "log.csv") as file:
    print("log.csv:", ", ".join(next(csv.reader(file))))
best = keras.models.load_model(folder / "best.keras")
assert np.allclose(best(x_validation), model(x_validation), atol=1e-4)
print("best.keras gives the same logits as the network that EarlyStopping brought back")

# %% [markdown]
# **The mistake everyone makes**, and the guide: `validation_data=(x_test, y_test)`. Three callbacks above *decide* something from the
# validation loss. On the test set they would choose the weights that suit it, and the test would no longer be one.
#
# Now the test, once, with three seeds, beside the nearest mean of lesson 0. Below the result stand the sixteen patterns of the first
# layer. Nobody drew them.

# %%
accuracies = [trained(seed)[0].evaluate(x_test, y_test, verbose=0)[1] for seed in (0, 1, 2)]
means = [digits.x_train[digits.y_train == digit].mean(axis=0) for digit in range(10)]
nearest = ((digits.x_test[:, None] - np.array(means)) ** 2).sum(axis=(2, 3)).argmin(axis=1)
print(f"test accuracy: {np.mean(accuracies):.3f}, from {min(accuracies):.3f} to "
      f"{max(accuracies):.3f}; nearest mean {np.mean(nearest == y_test):.3f}")
filters = trained(0)[0].get_weights()[0]
show_images(list(filters[:, :, 0].transpose(2, 0, 1)), columns=8, size=0.8,
            alt="Sixteen learned filters of 3 by 3 pixels: several are bright on one side "
                "and dark on the other, in different directions")

# %% [markdown]
# ## 5.6 What a guide got wrong (10 minutes)
#
# Two more measurements before you judge. How many rows are lost without padding, and what does `"same"` keep? And what would a
# penalty on the weights be, for the network that you trained?

# %% tags=["NBVAL_CHECK_OUTPUT"]
for kernel, stride, padding in [(2, 1, "valid"), (3, 1, "valid"),
                                (3, 1, "same"), (3, 2, "same")]:
    layer = keras.layers.Conv2D(1, kernel, strides=stride, padding=padding)
    rows = layer(np.zeros((1, 28, 28, 1), dtype=np.float32)).shape[1]
    print(f"kernel {kernel}, stride {stride}, {padding}: 28 -> {rows}")

# %%
weights = np.concatenate([value.ravel() for value in trained(0)[0].get_weights()])
print(f"sum {weights.sum():.0f}, of absolute values {np.abs(weights).sum():.0f}, "
      f"of squares {(weights ** 2).sum():.0f}")

# %% [markdown] tags=["explain", "id:guide_claims", "points:3"]
# ### Your turn · five claims (7 minutes)
#
# Each of these claims, told in our words, stands in the guide, and each is wrong. Put each right in one sentence, with a reason or a
# number from this lesson. Your instructor reads this one.
#
# - (a) Overfitting restricts the model so that it generalises.
# - (b) Regularisation adds the sum of the weights to the loss.
# - (c) Without padding, half a kernel is lost on each side; with "same" the size always stays.
# - (d) Max pooling is a regulariser.
# - (e) A network of millions of weights has too many for a penalty on them: the sum would not fit into 64 bits.
#
# ### BEGIN SOLUTION
# **Rubric.** 0.6 points each, rounded to halves. (a) It is regularisation that restricts; overfitting is what it works against. (b) Absolute values or squares, times a
# strength: the plain sum can be negative and falls for ever as weights go to minus infinity. (c) $k - 1$ rows are lost in all, so a 2 × 2 kernel loses
# 1 and not 2; "same" keeps the size with stride 1 only, with stride 2 it gives $\lceil 28/2 \rceil = 14$. (d) It is a layer that shrinks maps: no
# penalty, no chance involved, at work in training and test alike; by shrinking the maps it can spare the next dense layer many weights, which is a
# side effect. (e) The sum of squares is a moderate number (printed above), and weight decay does this in every step of lesson 4.
# ### END SOLUTION

# %% [markdown]
# ## 5.7 The same network in PyTorch (10 minutes)
#
# Copy the weights, get the same logits: the best test that you understand two frameworks. A convolution's kernel is (kh, kw, in, out) in
# Keras and (out, in, kh, kw) in PyTorch. The trap is the layer after `Flatten`. Keras flattens in the order (height, width, channels), PyTorch in the order
# (channels, height, width). The numbers are the same, in another order.
#
# ### Exercise 5 · reorder a dense kernel (7 minutes, difficulty 2)
#
# A dense kernel is (in, out) in Keras, (out, in) in PyTorch.
#
# <details><summary>Hint</summary>
#
# `reshape` the first axis into three, `transpose` all four axes, `reshape` to two.
# </details>

# %% tags=["answer", "id:dense_for_torch"]
def dense_for_torch(kernel, height, width, channels):
    """The weight of torch's nn.Linear for a Keras Dense layer that follows Flatten.

    kernel: (height * width * channels, units) array.
    Returns an array of shape (units, channels * height * width).
    """
    # TODO: split, reorder, join
    ### BEGIN SOLUTION
    maps = kernel.reshape(height, width, channels, -1)
    return maps.transpose(3, 2, 0, 1).reshape(maps.shape[-1], -1)
    ### END SOLUTION

# %% tags=["check", "id:dense_for_torch", "points:2"]
from course_utils.checks.cnn_keras import check_dense_for_torch

check_dense_for_torch(dense_for_torch)
### BEGIN HIDDEN TESTS
check_dense_for_torch(dense_for_torch, cases=[(1, 4, 3, 2), (3, 3, 3, 3), (4, 2, 5, 1)], seed=2056)
### END HIDDEN TESTS

# %% [markdown]
# Both twins have eight arrays: two convolutions, two dense layers, a kernel and a bias each.

# %%
def copy_weights(model, twin, dense):
    """Put the Keras weights into `twin`; `dense` reorders the first dense kernel."""
    values = model.get_weights()
    values[0], values[2] = (values[k].transpose(3, 2, 0, 1) for k in (0, 2))
    values[4], values[6] = dense(values[4]), values[6].T
    for parameter, value in zip(twin.parameters(), values, strict=True):
        parameter.data = torch.tensor(value)
    return twin.eval()

def small_twin():
    return nn.Sequential(
        nn.Conv2d(1, 16, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Dropout(0.5), nn.Linear(800, 64), nn.ReLU(), nn.Linear(64, 10))

def guide_twin():
    return nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(),
        nn.Flatten(), nn.Linear(36864, 128), nn.ReLU(), nn.Linear(128, 10))

# %% [markdown]
# The trained network in both frameworks. First, on purpose, the mistake: a plain transpose of the dense kernel. It has the right shape, and no error
# tells you. At last the guide's network with its 4.7 million weights; its output went through a softmax, so we compare logarithms
# of probabilities.

# %%
def torch_logits(dense):
    twin = copy_weights(trained(0)[0], small_twin(), dense)
    with torch.no_grad():
        return twin(torch.from_numpy(x_test).permute(0, 3, 1, 2)).numpy()

# %%
wrong_order = (torch_logits(lambda kernel: kernel.T).argmax(1) == y_test).mean()
print(f"plain transpose: accuracy {wrong_order:.2f}")
reordered = torch_logits(lambda kernel: dense_for_torch(kernel, 5, 5, 32))
assert np.allclose(reordered, trained(0)[0].predict(x_test, verbose=0), atol=1e-4)
print(f"reordered: the same logits, accuracy {(reordered.argmax(1) == y_test).mean():.3f}")

# %%
guide = guide_cnn()
twin = copy_weights(guide, guide_twin(), lambda kernel: dense_for_torch(kernel, 24, 24, 64))
logits = twin(torch.from_numpy(x_test[:20]).permute(0, 3, 1, 2)).detach()
assert np.allclose(logits.log_softmax(1), np.log(guide(x_test[:20])), atol=1e-4)
print("the guide's network gives the same in Keras and in PyTorch")

# %% [markdown]
# ## 5.8 What to take with you (2 minutes)
#
# - A Sequential model is a list of layers; you can predict every shape and every parameter count.
# - Dropout multiplies by 0 or $1/(1-r)$, forward and backward by the same factors, and rests at test time.
# - Max pooling keeps the largest number and sends the gradient back to where it stood.
# - Callbacks decide from *validation* numbers; the history shows what they did.
# - Copied weights give the same logits, once the order of `Flatten` is respected.
#
# **What this does not show.** The network is small, so are the images. Whether dropout helps here we did not test: lesson 7 switches such
# things off one at a time.
#
# **Where next.** Lesson 6: what happens when the stack of layers becomes deep.
#
# **Read more**
#
# - Srivastava et al., [Dropout: a simple way to prevent neural networks from overfitting](https://jmlr.org/papers/v15/srivastava14a.html), 2014.
# - LeCun, Bottou, Bengio and Haffner, [Gradient-based learning applied to document recognition](https://doi.org/10.1109/5.726791), 1998.
# - Scherer, Müller and Behnke, [Evaluation of pooling operations in convolutional architectures for object recognition](https://doi.org/10.1007/978-3-642-15825-4_10), 2010.
