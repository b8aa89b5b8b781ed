# %% [markdown]
# # 4. A network in PyTorch
#
# **Who wants to derive a gradient by hand twice?** In lesson 3 you wrote forward and backward pass of a small network
# yourself. A third layer would mean more formulas. PyTorch writes the backward pass for you, as long as you say
# what goes forward. In this lesson you rebuild the same network, prove that its gradients are yours, and write what PyTorch
# does *not* write: the training loop, the test, and the record of both.
#
# | | |
# |---|---|
# | You will be able to | write a network as a Module · prove its gradients right · take a step of SGD by hand · write a training and a test function · keep summaries and read them |
# | You need | lesson 3: the network in NumPy; lesson 2: normalisation |
# | Time | 90 minutes |
# | Data | MNIST where it is on disk, else the built-in digits |
# | Device | CPU; a GPU is used where there is one |

# %%
import functools
import tempfile

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from course_utils.data import load_digits
from course_utils.device import place, settings
from course_utils.plots import show_images, show_lines
from course_utils.summaries import SummaryWriter, read_scalars
from course_utils.training import History, batches, fit

# %% [markdown]
# ## 4.1 A network is a class (14 minutes)
#
# The training images are split once more. One image in six goes into a **validation** set: we look at it during training.
# The **test** set is opened at the end, once. Mean and standard deviation come from the training part alone.

# %%
chosen = settings()
digits = load_digits()
print(chosen)

# %%
order = np.random.default_rng(0).permutation(len(digits.x_train))
kept, held_out = np.split(order, [len(order) * 5 // 6])
mean, spread = digits.x_train[kept].mean(), digits.x_train[kept].std()

def tensors(x, y):
    """Normalised images and labels, as tensors on the device."""
    return (place(torch.from_numpy((x - mean) / spread), chosen),
            place(torch.from_numpy(y), chosen))

train_set = tensors(digits.x_train[kept], digits.y_train[kept])
validation_set = tensors(digits.x_train[held_out], digits.y_train[held_out])
test_set = tensors(digits.x_test, digits.y_test)

# %% [markdown]
# In PyTorch a network is a class that inherits from `nn.Module`. `__init__` makes the layers that hold weights. `forward` says
# how a batch flows through them. There is no third method: the backward pass follows from `forward`.
#
# The network of lesson 3 has 784 inputs, 128 hidden units with a sigmoid, and 10 outputs. **Predict:** how many
# numbers does training have to find? And which shape has the weight of `nn.Linear(784, 128)`?

# %% tags=["predict"]
my_guess_how_many_numbers = None
my_guess_shape_of_the_weight = None

# %% [markdown]
# ### Exercise 1 · Net (8 minutes, difficulty 1)
#
# The first line of `__init__` wakes up the machinery of `nn.Module`; without it PyTorch refuses every layer. `forward` returns
# *logits*, one row for each image.
#
# <details><summary>Hint</summary>
#
# Keep two `nn.Linear` as `self.FC1` and `self.FC2`. `x.flatten(1)` keeps the first axis and melts the others
# into one. The sigmoid is `torch.sigmoid`, and it is needed once.
# </details>

# %% tags=["answer", "id:net"]
class Net(nn.Module):
    """Two fully connected layers with a sigmoid between them.

    forward: x of shape (n, inputs), or images whose pixels are `inputs` in number,
    such as (n, 28, 28); returns logits of shape (n, classes).
    """

    def __init__(self, inputs=784, hidden=128, classes=10):
        super().__init__()
        # TODO: the two layers
        ### BEGIN SOLUTION
        self.FC1 = nn.Linear(inputs, hidden)
        self.FC2 = nn.Linear(hidden, classes)
        ### END SOLUTION

    def forward(self, x):
        # TODO: flatten, first layer, sigmoid, second layer
        ### BEGIN SOLUTION
        hidden = torch.sigmoid(self.FC1(x.flatten(1)))
        return self.FC2(hidden)
        ### END SOLUTION

# %% tags=["check", "id:net", "points:2"]
from course_utils.checks.mlp_pytorch import check_net

check_net(Net)
### BEGIN HIDDEN TESTS
check_net(Net, sizes=[(16, 9, 4), (10, 25, 2)], seed=2041)
### END HIDDEN TESTS

# %% [markdown]
# `named_parameters` lists everything that training will move.

# %% tags=["NBVAL_CHECK_OUTPUT"]
for name, parameter in Net().named_parameters():
    print(f"{name:11s} {tuple(parameter.shape)!s:11s} {parameter.numel():7,} numbers")
print("in all:", sum(parameter.numel() for parameter in Net().parameters()),
      "- your guesses:", my_guess_how_many_numbers, "and", my_guess_shape_of_the_weight)

# %% [markdown]
# The weight is $128 \times 784$, not $784 \times 128$. `nn.Linear` stores $W^\top$ and computes $x W^\top + b$.
#
# **Spot the error.** Many programs end `forward` with a softmax "to get probabilities" and then use
# `nn.CrossEntropyLoss`, which applies a softmax itself. **Predict:** how small can the loss of ten classes become then, if the network
# is certain *and* right?

# %% tags=["predict"]
my_guess_smallest_loss = None

# %% [markdown]
# The best possible output of a softmax is a 1 at the label and zeros elsewhere. Hand this to the loss:

# %% tags=["NBVAL_CHECK_OUTPUT"]
certain_and_right = torch.eye(10)[[7]]
loss = nn.functional.cross_entropy(certain_and_right, torch.tensor([7]))
print(f"smallest loss: {loss:.3f} - your guess:", my_guess_smallest_loss)

# %% [markdown]
# Such a network still learns, and no error message tells you. Its loss never falls below 1.461. So: return logits.
#
# ## 4.2 The same weights, the same numbers (12 minutes)
#
# Here are forward and backward pass of lesson 3 once more, in a few lines.

# %%
def numpy_loss_and_gradients(params, x, y):
    """Mean cross-entropy and its gradients; x (n, 784), y (n,)."""
    hidden = 1 / (1 + np.exp(-(x @ params["W1"] + params["b1"])))
    logits = hidden @ params["W2"] + params["b2"]
    probabilities = np.exp(logits - logits.max(1, keepdims=True))
    probabilities /= probabilities.sum(1, keepdims=True)
    loss = -np.log(probabilities[np.arange(len(x)), y]).mean()
    grad_logits = (probabilities - np.eye(10)[y]) / len(x)
    grad_hidden = grad_logits @ params["W2"].T * hidden * (1 - hidden)
    return loss, {"W1": x.T @ grad_hidden, "b1": grad_hidden.sum(0),
                  "W2": hidden.T @ grad_logits, "b2": grad_logits.sum(0)}

# %% [markdown]
# The same weights go into your `Net`. Each matrix is transposed on the way. Both sides count in float64, so that
# rounding cannot hide a mistake.

# %%
def torch_loss_and_gradients(params, x, y):
    """The same through Net and backward()."""
    layers = {"W1": "FC1.weight", "b1": "FC1.bias", "W2": "FC2.weight", "b2": "FC2.bias"}
    model = Net().double()
    model.load_state_dict({layers[name]: torch.from_numpy(value.T)
                           for name, value in params.items()})
    loss = nn.functional.cross_entropy(model(torch.from_numpy(x)), torch.from_numpy(y))
    loss.backward()
    parameters = dict(model.named_parameters())
    return loss.item(), {name: parameters[layer].grad.numpy().T
                         for name, layer in layers.items()}

def both_ways(n=50):
    random = np.random.default_rng(seed=4)
    shapes = {"W1": (784, 128), "b1": (128,), "W2": (128, 10), "b2": (10,)}
    params = {name: random.normal(0, 0.1, shape) for name, shape in shapes.items()}
    x, y = digits.x_train[:n].reshape(n, -1).astype(float), digits.y_train[:n]
    return numpy_loss_and_gradients(params, x, y), torch_loss_and_gradients(params, x, y)

# %% [markdown]
# `loss.backward()` walked back through every operation that made `loss` and left a gradient in each
# parameter's `.grad`. Are these the gradients that you derived?

# %% tags=["NBVAL_CHECK_OUTPUT"]
(loss, by_hand), (torch_loss, by_torch) = both_ways()
assert abs(loss - torch_loss) < 1e-6
for name, gradient in by_hand.items():
    assert np.allclose(gradient, by_torch[name], rtol=0, atol=1e-6)
    print(name, gradient.shape, "the same gradient, to 1e-6")

# %% [markdown]
# A gradient by `W1` has one number for each pixel. So it can be looked at, one hidden unit at a time.

# %%
(_, by_hand), (_, by_torch) = both_ways()
unit = np.abs(by_hand["W1"]).sum(0).argmax()
pictures = [gradients["W1"][:, unit].reshape(28, 28) for gradients in (by_hand, by_torch)]
largest = np.abs(pictures[0]).max()
show_images([*pictures, pictures[0] - pictures[1]], size=2.4, limits=(-largest, largest),
            titles=["by hand", "by PyTorch", "difference"],
            alt="The gradient of one hidden unit's weights as an image, by hand and by "
                "PyTorch: the same blurred strokes; their difference is an even grey")

# %% [markdown]
# Bright pixels: a larger weight there would raise the loss. The frame is grey: none of these fifty digits reaches it, and a weight
# that is multiplied by 0 changes nothing.
#
# ## 4.3 One step of the optimiser (14 minutes)
#
# A gradient says where the loss rises. The optimiser decides how far to go the other way. The lab sheet that this lesson follows
# asks for SGD with a learning rate $\eta = 0.01$, a momentum $\mu = 0.9$ and a weight decay $\lambda = 0.001$. For a weight
# $w$ with gradient $g$ and velocity $v$:
#
# $$v \leftarrow \mu v + g + \lambda w \qquad\qquad w \leftarrow w - \eta v$$
#
# Momentum keeps rolling: old gradients fade by a tenth at each step. Weight decay adds a small pull
# to zero, as if the loss had a term $\frac{\lambda}{2} w^2$. ([Sutskever et al., 2013](https://proceedings.mlr.press/v28/sutskever13.html) put the learning
# rate inside the velocity, PyTorch puts it outside. While the rate is constant, both take the same steps.)
#
# ### Exercise 2 · one step of SGD (8 minutes, difficulty 1)
#
# NumPy is enough. Return new arrays; leave the old ones as they are.
#
# <details><summary>Hint</summary>
#
# The two formulas, in this order: the step uses the *new* velocity.
# </details>

# %% tags=["answer", "id:sgd_step"]
def sgd_step(weight, gradient, velocity,
             learning_rate=0.01, momentum=0.9, weight_decay=1e-3):
    """One step of SGD; weight, gradient and velocity are arrays of one shape.

    Returns (new weight, new velocity).
    """
    # TODO: velocity first, then the weight
    ### BEGIN SOLUTION
    velocity = momentum * velocity + gradient + weight_decay * weight
    return weight - learning_rate * velocity, velocity
    ### END SOLUTION

# %% tags=["check", "id:sgd_step", "points:2"]
from course_utils.checks.mlp_pytorch import check_sgd_step

check_sgd_step(sgd_step)
### BEGIN HIDDEN TESTS
check_sgd_step(sgd_step, cases=[(0.1, 0.1, 0.0), (1.0, 0.99, 0.5)], seed=2042)
### END HIDDEN TESTS

# %% [markdown]
# Why roll at all? Take a long narrow valley, $\frac{1}{2}(w_1^2 + 50\, w_2^2)$. Across the valley the slope is fifty times that
# along it. All three runs below have the same learning rate. The loss axis is logarithmic.

# %%
def roll(momentum, steps=60):
    steepness = np.array([1.0, 50.0])
    weight, velocity, losses = np.array([10.0, 1.0]), np.zeros(2), []
    for _ in range(steps):
        losses.append(0.5 * (steepness * weight ** 2).sum())
        weight, velocity = sgd_step(weight, steepness * weight, velocity,
                                    momentum=momentum, weight_decay=0)
    return losses

losses = {f"momentum {momentum}": roll(momentum) for momentum in (0.0, 0.5, 0.9)}
show_lines(range(60), losses, "step", "loss", log="y",
           baseline=("loss at the start", losses["momentum 0.0"][0]),
           alt="Loss against step in the narrow valley: without momentum it falls slowly, "
               "with momentum 0.9 it swings and ends far lower")

# %% [markdown]
# ## 4.4 The training function (18 minutes)
#
# Five lines make one round: forget the old gradients, forward, loss, backward, step. One of them is forgotten
# by everyone once. `backward()` does not *write* gradients, it **adds** them to what is there. **Predict:** two calls of
# `backward()` on the same batch, and the gradient is ...

# %% tags=["predict"]
my_guess_gradient_after_two = None

# %% [markdown]
# One weight, the loss $3w$, twice:

# %% tags=["NBVAL_CHECK_OUTPUT"]
weight = torch.tensor([2.0], requires_grad=True)
for call in (1, 2):
    (3 * weight).sum().backward()
    print(f"after backward number {call} the gradient is {weight.grad.item()}")
print("your guess:", my_guess_gradient_after_two)

# %% [markdown]
# ### Exercise 3 · train for one epoch (12 minutes, difficulty 2)
#
# An **epoch** is one pass over all training examples, not one batch. `batches(len(x), batch_size, generator)` gives the row numbers of
# one batch after the other, in random order; the last batch may be smaller. Return the mean loss and the accuracy over
# the epoch, each batch judged when its turn comes.
#
# <details><summary>Hint</summary>
#
# `for rows in batches(...)`: `x[rows]` and `y[rows]` are the batch. `loss.item()` is a mean over the batch, so it counts
# `len(rows)` times. `logits.argmax(1)` is the class that the network would choose.
# </details>

# %% tags=["answer", "id:train_epoch"]
def train_epoch(model, x, y, optimiser, batch_size, generator):
    """Train `model` once on every example of x (n, ...) and y (n,).

    Returns (mean loss, accuracy), two plain numbers; accuracy is a share of 1.
    """
    # TODO: training mode; for each batch the five lines and two running sums
    ### BEGIN SOLUTION
    model.train()
    total_loss, correct = 0.0, 0
    for rows in batches(len(x), batch_size, generator):
        optimiser.zero_grad()
        logits = model(x[rows])
        loss = nn.functional.cross_entropy(logits, y[rows])
        loss.backward()
        optimiser.step()
        total_loss += loss.item() * len(rows)
        correct += (logits.argmax(1) == y[rows]).sum().item()
    return total_loss / len(x), correct / len(x)
    ### END SOLUTION

# %% tags=["check", "id:train_epoch", "points:3"]
from course_utils.checks.training_loop import check_train_epoch

check_train_epoch(train_epoch)
### BEGIN HIDDEN TESTS
check_train_epoch(train_epoch, sizes=[(17, 4), (9, 9), (31, 50)], seed=2043)
### END HIDDEN TESTS

# %% [markdown]
# A network whose first weights come from a seed, the lab sheet's optimiser, and **the mistake everyone makes**: an optimiser that
# zeroes nothing.

# %%
def new_net(seed):
    """A Net on the device; torch's own random numbers are left as they were."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return place(Net(), chosen)

# %%
def new_sgd(model, kind=torch.optim.SGD):
    return kind(model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-3)

class NeverZeroed(torch.optim.SGD):
    def zero_grad(self, set_to_none=True):
        """Forget to forget."""

# %% [markdown]
# Your training function runs with both for ten epochs.

# %%
def training_losses(kind, epochs=10, seed=0):
    model, generator = new_net(seed), torch.Generator().manual_seed(seed)
    optimiser = new_sgd(model, kind)
    return [train_epoch(model, *train_set, optimiser, 16, generator)[0]
            for _ in tqdm(range(epochs))]

losses = {"zeroed": training_losses(torch.optim.SGD),
          "never zeroed": training_losses(NeverZeroed)}
show_lines(range(1, 11), losses, "epoch", "training loss", log="y",
           baseline=("guessing, log 10", np.log(10)),
           alt="Training loss over ten epochs: with zeroed gradients it falls steadily; "
               "without, it climbs far above the loss of guessing")

# %% [markdown]
# No error message here either. The sum of all gradients since the start is a velocity that never fades: the
# network shoots past every valley. If a loss behaves like the upper line, look for `zero_grad` first.
#
# ## 4.5 The test function (12 minutes)
#
# Testing is a forward pass with two switches. `model.eval()` puts layers with a training behaviour at rest. `torch.no_grad()`
# stops recording for a backward pass that will not come. They are two things; one does not imply the other.

# %% tags=["NBVAL_CHECK_OUTPUT"]
leaky = nn.Sequential(nn.Flatten(), nn.Dropout(0.5))  # lesson 5 builds dropout
image = torch.ones(1, 28, 28, requires_grad=True)
print("training mode, twice the same:", torch.equal(leaky(image), leaky(image)))
print("eval mode, twice the same:", torch.equal(leaky.eval()(image), leaky(image)))
print("eval mode records gradients:", leaky(image).requires_grad)

# %% [markdown]
# `Net` has no layer that cares for the mode. Write the switch nevertheless: the networks of lessons 5 and 6 do care.
#
# ### Exercise 4 · test without learning (8 minutes, difficulty 2)
#
# Go through the examples in order, `batch_size` at a time, because a large test set need not fit into memory at once.
#
# <details><summary>Hint</summary>
#
# `zip(x.split(batch_size), y.split(batch_size))` gives the batches. The last one may be small: weigh its loss by its
# length, or sum with `reduction="sum"`.
# </details>

# %% tags=["answer", "id:evaluate"]
def evaluate(model, x, y, batch_size=500):
    """Mean cross-entropy and accuracy of `model` on x (n, ...) and y (n,).

    Returns (mean loss, accuracy), two plain numbers; nothing is learnt.
    """
    # TODO: evaluation mode, no gradients, then as in training without the learning
    ### BEGIN SOLUTION
    model.eval()
    total_loss, correct = 0.0, 0
    with torch.no_grad():
        for inputs, targets in zip(x.split(batch_size), y.split(batch_size), strict=True):
            logits = model(inputs)
            loss = nn.functional.cross_entropy(logits, targets, reduction="sum")
            total_loss += loss.item()
            correct += (logits.argmax(1) == targets).sum().item()
    return total_loss / len(x), correct / len(x)
    ### END SOLUTION

# %% tags=["check", "id:evaluate", "points:2"]
from course_utils.checks.training_loop import check_evaluate

check_evaluate(evaluate)
### BEGIN HIDDEN TESTS
check_evaluate(evaluate, sizes=[(17, 4), (9, 9), (31, 50)], seed=2044)
### END HIDDEN TESTS

# %% [markdown]
# ## 4.6 Summaries (14 minutes)
#
# Your two functions make a training run. `History` is four lists, one number for each epoch.

# %%
@functools.cache
def trained(seed, epochs=None):
    """A trained network and its history, by your own two functions."""
    epochs = epochs or (25 if chosen.quick else 12)
    model, generator = new_net(seed), torch.Generator().manual_seed(seed)
    optimiser, history = new_sgd(model), History()
    for _ in tqdm(range(epochs), desc=f"seed {seed}", unit="epoch"):
        loss, accuracy = train_epoch(model, *train_set, optimiser, 16, generator)
        history.train_loss.append(loss)
        history.train_accuracy.append(accuracy)
        loss, accuracy = evaluate(model, *validation_set)
        history.validation_loss.append(loss)
        history.validation_accuracy.append(accuracy)
    return model, history

# %% [markdown]
# Numbers in a list are gone with the notebook. TensorBoard keeps them in **event files** and draws them while the training still
# runs. The lab sheet records the training loss and the training accuracy, and asks: *what two others should we keep?*
#
# ### Exercise 5 · write the summaries (8 minutes, difficulty 1)
#
# Four tags: `Loss/train`, `Loss/validation`, `Accuracy/train`, `Accuracy/validation`. The first epoch is step 1.
# Return how many numbers you have written.
#
# <details><summary>Hint</summary>
#
# `SummaryWriter(folder)` makes the file, `add_scalar(tag, value, step)` adds a number. What is still in memory reaches the
# disk with `close()`.
# </details>

# %% tags=["answer", "id:write_summaries"]
def write_summaries(folder, history):
    """Write `history` into `folder` for TensorBoard.

    history: a dict with the lists train_loss, validation_loss, train_accuracy and
    validation_accuracy, all of one length. Returns how many numbers were written.
    """
    # TODO: one writer, four tags, every epoch, close
    ### BEGIN SOLUTION
    writer = SummaryWriter(folder)
    for kind in ("loss", "accuracy"):
        for part in ("train", "validation"):
            for step, value in enumerate(history[f"{part}_{kind}"], start=1):
                writer.add_scalar(f"{kind.capitalize()}/{part}", value, step)
    writer.close()
    return sum(len(values) for values in history.values())
    ### END SOLUTION

# %% tags=["check", "id:write_summaries", "points:2"]
from course_utils.checks.training_loop import check_write_summaries

check_write_summaries(write_summaries)
### BEGIN HIDDEN TESTS
check_write_summaries(write_summaries, epochs=(7, 2), seed=2045)
### END HIDDEN TESTS

# %% [markdown]
# On your own machine, look at a run from the command line with `tensorboard --logdir runs`, or inside the notebook:
#
# ```
# %load_ext tensorboard
# %tensorboard --logdir runs
# ```
#
# Both start a small web server. This page has to work without one, so `read_scalars` reads the event files back with
# TensorBoard's own reader (its class is `EventAccumulator`) and we draw them here.

# %%
def summaries_of(history):
    """What TensorBoard would show: tag -> (steps, values)."""
    with tempfile.TemporaryDirectory() as folder:
        write_summaries(folder, history.as_dict())
        return read_scalars(folder)

found = summaries_of(trained(0)[1])
for kind, guessing in {"Loss": np.log(10), "Accuracy": 0.1}.items():
    curves = {tag: values for tag, (_, values) in found.items() if tag.startswith(kind)}
    show_lines(found[f"{kind}/train"][0], curves, "epoch", kind.lower(),
               baseline=("guessing", guessing),
               alt=f"{kind} on training and validation images over the epochs, read from "
                   "the event file: both curves flatten, training stays better")

# %% [markdown] tags=["explain", "id:two_others", "points:2"]
# ### Your turn · the two others (5 minutes)
#
# Answer in three to five sentences below; your instructor reads this one.
#
# Which two numbers does the lab sheet miss, and what do they show that the training loss cannot? Name a sign in the curves that says
# *stop training here*. Why may this decision not be taken on the test set?
#
# ### BEGIN SOLUTION
# **Rubric.** 1 point: validation loss and validation accuracy; the training numbers come from images that the network has been fitted to,
# so they go on improving when it only memorises. 1 point: stop where the validation loss turns up (or stays flat) while the training loss still
# falls; a choice made on the test set fits the test set, and its accuracy then promises too much. Half of it for one of the two reasons.
# ### END SOLUTION

# %% [markdown]
# ## 4.7 The result, and the finished loop (4 minutes)
#
# Now the test set, once. Three seeds show how much of a difference between two results is luck. Beside them stands the
# nearest mean of lesson 0. Look at the mistakes too before you trust a number.

# %%
accuracies = [evaluate(trained(seed)[0], *test_set)[1] for seed in (0, 1, 2)]
means = [digits.x_train[digits.y_train == digit].mean(axis=0) for digit in range(10)]
nearest = ((digits.x_test[:, None] - np.array(means)) ** 2).sum(axis=(2, 3)).argmin(axis=1)
print(f"test accuracy: {np.mean(accuracies):.3f}, from {min(accuracies):.3f} to "
      f"{max(accuracies):.3f}; nearest mean {np.mean(nearest == digits.y_test):.3f}")

# %%
model, (x, y) = trained(0)[0], test_set
guesses = model(x).argmax(1)
wrong = (guesses != y).nonzero()[:6, 0].cpu()
show_images(list(digits.x_test[wrong]),
            titles=[f"{y[row]} read as {guesses[row]}" for row in wrong],
            alt="Up to six test digits that the network misreads, each titled with its "
                "label and the network's answer")

# %% [markdown]
# Later lessons use `fit` of `course_utils.training`, which is your loop with a progress bar and, on a GPU, mixed precision: 16 bits where they suffice.
# With the same seed it has to arrive at the same weights.

# %%
model = new_net(seed=0)
history = fit(model, new_sgd(model), train_set, validation_set, epochs=3, batch_size=16,
              seed=0, chosen=chosen, progress=False)
mine, my_history = trained(0, epochs=3)
close = 1e-5 if chosen.mixed_precision == "off" else 5e-2
for name, value in my_history.as_dict().items():
    assert np.allclose(value, history.as_dict()[name], atol=close)
for own, finished in zip(mine.parameters(), model.parameters(), strict=True):
    assert torch.allclose(own, finished, atol=close)
print("your loop and fit agree: the same losses, accuracies and weights")

# %% [markdown]
# ## 4.8 What to take with you (2 minutes)
#
# - A network is a Module: layers in `__init__`, their order in `forward`, logits out.
# - `backward()` gives the gradients that you derived by hand, to 1e-6, and *adds* them to the old ones.
# - SGD with momentum and weight decay is two lines.
# - A training function has five lines to a round; a test function has two switches, `eval` and `no_grad`.
# - Keep loss and accuracy of training *and* validation, and three seeds beside a result.
#
# **What this does not show.** The built-in digits are few and small, so one test image is worth more than a quarter of a per cent. We did not search for
# better settings: lesson 7 does. A fully connected network does not know which pixels are neighbours.
#
# **Where next.** Lesson 5 gives the network that knowledge, in Keras. Lesson 6 goes deeper.
#
# **Read more**
#
# - Paszke et al., [PyTorch: an imperative style, high-performance deep learning library](https://arxiv.org/abs/1912.01703), 2019.
# - Sutskever, Martens, Dahl and Hinton, [On the importance of initialization and momentum in deep learning](https://proceedings.mlr.press/v28/sutskever13.html), 2013.
# - Baydin et al., [Automatic differentiation in machine learning: a survey](https://arxiv.org/abs/1502.05767), 2018: what `backward()` does.
