# %% [markdown]
# # 3. A network in NumPy
#
# **A network has a hundred thousand numbers. How does it find out which of them to change, and in which direction?** The
# answer is two pages of arithmetic, and you are going to write them: forward, loss, backward. No
# framework, no magic. At the end your network reads handwritten digits, and PyTorch agrees with every gradient.
#
# | | |
# |---|---|
# | You will be able to | compute a forward pass with matrices · write softmax and cross-entropy that do not overflow · derive and write the backward pass · prove it with a numerical gradient · read a training curve and a confusion matrix |
# | You need | matrix products, the chain rule; lessons 0 and 1 |
# | Time | 90 minutes |
# | Data | MNIST if it is on disk, else the built-in digits |
# | Device | CPU; NumPy does not use a GPU |

# %%
import functools

import numpy as np
import torch
from tqdm import tqdm

from course_utils.data import load_digits
from course_utils.plots import show_images, show_lines, show_table

digits = load_digits()

# %% [markdown]
# ## 3.1 From an image to ten numbers (12 minutes)
#
# To this network an image is a row of 784 numbers. It does not know which pixels are neighbours; lesson 5 mends that.

# %%
x_train, x_test = digits.x_train.reshape(-1, 784), digits.x_test.reshape(-1, 784)
y_train, y_test = digits.y_train, digits.y_test
show_images(digits.x_train[:12], titles=[f"label {label}" for label in y_train[:12]],
            alt="Twelve handwritten digits in grey, 28 by 28 pixels, each with its label")

# %% [markdown]
# The network has two layers. The first turns 784 pixels into 128 *hidden* numbers, the second turns those into 10 *logits*,
# one score for each digit:
#
# $$h = \sigma(x W_1 + b_1) \qquad \text{logits} = h W_2 + b_2$$
#
# $W_1$ has one row per pixel and one column per hidden number; $b_1$ has one number per column. **Predict:** how many numbers
# are there to train in all?

# %% tags=["predict"]
my_guess_how_many_numbers = None

# %% [markdown]
# The first weights are random and small. Why random? Section 3.6 tries zeros. Why divide by the root of the number of
# inputs? So that a sum of 784 products is as large as one of 128
# ([LeCun et al., 1998](https://doi.org/10.1007/3-540-49430-8_2)).

# %% tags=["NBVAL_CHECK_OUTPUT"]
def first_parameters(seed, inputs=784, hidden=128, classes=10):
    random = np.random.default_rng(seed)
    return {"W1": random.normal(size=(inputs, hidden)) / np.sqrt(inputs),
            "b1": np.zeros(hidden),
            "W2": random.normal(size=(hidden, classes)) / np.sqrt(hidden),
            "b2": np.zeros(classes)}

count = sum(values.size for values in first_parameters(seed=0).values())
print(f"{count:,} numbers - your guess:", my_guess_how_many_numbers)

# %% [markdown]
# ## 3.2 Forward (14 minutes)
#
# $\sigma$ is the sigmoid, $\sigma(z) = 1 / (1 + e^{-z})$. It squeezes any number into the range 0 to 1. Without
# it two layers would be no more than one: the product of two matrices is a matrix. Look at its slope as well; we need it on
# the way back, and it has a handy form: $\sigma'(z) = \sigma(z)\,(1 - \sigma(z))$.

# %%
def sigmoid(z):
    return 1 / (1 + np.exp(-z))

z = np.linspace(-6, 6, 61)
show_lines(z, {"sigmoid": sigmoid(z), "its slope": sigmoid(z) * (1 - sigmoid(z))},
           x_label="z", y_label="value", baseline=("one half", 0.5),
           alt="The sigmoid rises from 0 to 1 and crosses one half at zero; "
               "its slope is a small hill with its top of one quarter at zero")

# %% [markdown]
# The slope is never above one quarter, and almost zero at both ends. Remember this when lesson 6 stacks many layers.
#
# ### Exercise 1 · forward (8 minutes, difficulty 1)
#
# Images go through many at a time, in a **batch**: `x` has one row per image. Return the hidden values too; backward needs them.
#
# <details><summary>Hint</summary>
#
# `@` multiplies matrices. A bias of shape (128,) added to an array of shape (n, 128) is added to every row.
# </details>

# %% tags=["answer", "id:forward"]
def forward(parameters, x):
    """Both layers for a batch.

    parameters: dict with W1 (d, hidden), b1 (hidden,), W2 (hidden, classes), b2 (classes,).
    x: (n, d) array. Returns (hidden, logits): arrays (n, hidden) and (n, classes).
    """
    # TODO: two lines, one for each layer; the sigmoid belongs to the first only
    ### BEGIN SOLUTION
    hidden = sigmoid(x @ parameters["W1"] + parameters["b1"])
    logits = hidden @ parameters["W2"] + parameters["b2"]
    return hidden, logits
    ### END SOLUTION

# %% tags=["check", "id:forward", "points:1"]
from course_utils.checks.mlp import check_forward

check_forward(forward)
### BEGIN HIDDEN TESTS
check_forward(forward, sizes=[(1, 5, 3, 2), (6, 2, 7, 4), (4, 4, 4, 4)], seed=3041)
### END HIDDEN TESTS

# %% [markdown]
# ## 3.3 How wrong is it? (20 minutes)
#
# Logits are scores without a unit. **Softmax** makes probabilities of them: positive, and one in sum. With $k$ running over the
# classes of one image,
#
# $$p_c = \frac{e^{\text{logit}_c}}{\sum_k e^{\text{logit}_k}}$$
#
# **The mistake everyone makes** is to type this formula as it stands. **Predict:** what does it give for the logits
# 1000, 1001 and 1002?

# %% tags=["predict"]
my_guess_for_large_logits = None

# %% [markdown]
# $e^{1000}$ is beyond the largest number that a computer holds, so we get infinity divided by infinity.

# %% tags=["NBVAL_CHECK_OUTPUT"]
def softmax_as_typed(logits):
    return np.exp(logits) / np.exp(logits).sum()

with np.errstate(all="ignore"):
    print("as typed:", softmax_as_typed(np.array([1000.0, 1001, 1002])))
print("the same differences, 0, 1, 2:", softmax_as_typed(np.array([0.0, 1, 2])).round(3))
print("your guess:", my_guess_for_large_logits)

# %% [markdown]
# The cure is in the second line of output. Softmax depends on the *differences* of the logits only. So subtract the largest one first:
# then the largest exponent is 0, and nothing overflows.
#
# ### Exercise 2 · softmax (6 minutes, difficulty 1)
#
# Now for a batch: one row per image, and every row has its own maximum and its own sum.
#
# <details><summary>Hint</summary>
#
# `keepdims=True` keeps a column, so that it can be subtracted from every column of its row.
# </details>

# %% tags=["answer", "id:softmax"]
def softmax(logits):
    """Probabilities of each row; logits and result have shape (n, classes)."""
    # TODO: subtract each row's maximum, then exponentials, then divide by each row's sum
    ### BEGIN SOLUTION
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)
    ### END SOLUTION

# %% tags=["check", "id:softmax", "points:1"]
from course_utils.checks.mlp import check_softmax

check_softmax(softmax)
### BEGIN HIDDEN TESTS
check_softmax(softmax, shapes=[(1, 4), (5, 5), (6, 2)], seed=3042)
### END HIDDEN TESTS

# %% [markdown]
# The **cross-entropy** of one image is $-\log p_y$, where $y$ is the right class: 0 if the network is sure and right, large
# if it is sure and wrong. The loss of a batch is the mean over its images.
#
# ### Exercise 3 · cross-entropy (8 minutes, difficulty 2)
#
# A probability can be so small that it is stored as 0, and $\log 0$ is minus infinity. Take the logarithm on paper first:
# $-\log p_y = \log \sum_k e^{\text{logit}_k} - \text{logit}_y$, again with the maximum subtracted from all logits.
#
# <details><summary>Hint</summary>
#
# `logits[np.arange(n), y]` picks one number from each row: the logit of the right class.
# </details>

# %% tags=["answer", "id:cross_entropy"]
def cross_entropy(logits, y):
    """Mean cross-entropy of a batch as one number.

    logits: (n, classes) array; y: (n,) array of class numbers.
    """
    # TODO: shift the logits, then the formula above, then the mean
    ### BEGIN SOLUTION
    shifted = logits - logits.max(axis=1, keepdims=True)
    right = shifted[np.arange(len(y)), y]
    return np.mean(np.log(np.exp(shifted).sum(axis=1)) - right)
    ### END SOLUTION

# %% tags=["check", "id:cross_entropy", "points:2"]
from course_utils.checks.mlp import check_cross_entropy

check_cross_entropy(cross_entropy)
### BEGIN HIDDEN TESTS
check_cross_entropy(cross_entropy, shapes=[(1, 4), (6, 2), (3, 10)], seed=3043)
### END HIDDEN TESTS

# %% [markdown]
# A test for every new network: **predict** the loss *before* training. It knows nothing, so each of the ten digits gets a probability of
# about one tenth. What is the loss?

# %% tags=["predict"]
my_guess_first_loss = None

# %% [markdown]
# A first loss far from this number is the cheapest way to find a bug.

# %%
hidden, logits = forward(first_parameters(seed=0), x_train)
print(f"loss before training: {cross_entropy(logits, y_train):.3f}")
print(f"log 10 = {np.log(10):.3f} - your guess:", my_guess_first_loss)

# %% [markdown]
# ## 3.4 Backward (18 minutes)
#
# Which way should each number move? The derivative of the loss knows. We walk from the loss back to the first layer and
# multiply slopes: the chain rule ([Rumelhart, Hinton and Williams, 1986](https://doi.org/10.1038/323533a0)).
# Softmax and cross-entropy together have a derivative that is short and easy to believe. It is *what the network says* minus
# *what is true*:
#
# $$\delta_2 = \frac{p - \text{one-hot}(y)}{n}
# \qquad \frac{\partial L}{\partial W_2} = h^\top \delta_2
# \qquad \frac{\partial L}{\partial b_2} = \sum_{\text{rows}} \delta_2$$
#
# One layer further back, the error passes through $W_2$ and through the slope of the sigmoid ($\odot$ multiplies number by number):
#
# $$\delta_1 = (\delta_2 W_2^\top) \odot h \odot (1 - h)
# \qquad \frac{\partial L}{\partial W_1} = x^\top \delta_1
# \qquad \frac{\partial L}{\partial b_1} = \sum_{\text{rows}} \delta_1$$
#
# ### Exercise 4 · backward (12 minutes, difficulty 3)
#
# Shapes are your compass: each gradient has the shape of the thing it belongs to.
#
# <details><summary>Hint</summary>
#
# Subtracting one-hot vectors means: subtract 1 from one number per row, `p[np.arange(n), y] -= 1`. And divide by $n$ once, at
# the very start; then it is in everything that follows.
# </details>

# %% tags=["answer", "id:backward"]
def backward(parameters, x, y):
    """The gradient of the mean cross-entropy by every parameter.

    x: (n, d) array; y: (n,) class numbers. Returns a dict with W1, b1, W2, b2, each of
    the shape of the parameter of that name.
    """
    # TODO: forward, then delta_2 and its two gradients, then delta_1 and its two
    ### BEGIN SOLUTION
    hidden, logits = forward(parameters, x)
    delta_2 = softmax(logits)
    delta_2[np.arange(len(y)), y] -= 1
    delta_2 /= len(y)
    delta_1 = (delta_2 @ parameters["W2"].T) * hidden * (1 - hidden)
    return {"W1": x.T @ delta_1, "b1": delta_1.sum(axis=0),
            "W2": hidden.T @ delta_2, "b2": delta_2.sum(axis=0)}
    ### END SOLUTION

# %% tags=["check", "id:backward", "points:3"]
from course_utils.checks.mlp import check_backward

check_backward(backward)
### BEGIN HIDDEN TESTS
check_backward(backward, sizes=[(1, 5, 3, 2), (7, 2, 6, 4), (4, 4, 4, 4)], seed=3044)
### END HIDDEN TESTS

# %% [markdown]
# ## 3.5 Do you believe it? (12 minutes)
#
# A wrong gradient often still learns, only worse. So it has to be proved. Move one number a little up and a little
# down and see how the loss changes:
#
# $$\frac{\partial L}{\partial w} \approx \frac{L(w + \varepsilon) - L(w - \varepsilon)}{2\varepsilon}$$
#
# ### Exercise 5 · numerical gradient (7 minutes, difficulty 2)
#
# Slow and honest: two forward passes for each single number.
#
# <details><summary>Hint</summary>
#
# Copy the array before you change it. `for place in np.ndindex(shape)` visits every place of an array with any number of axes.
# </details>

# %% tags=["answer", "id:numerical_gradient"]
def numerical_gradient(parameters, x, y, name, step=1e-5):
    """The gradient of the loss by parameters[name], from differences of the loss.

    Returns an array of the shape of parameters[name]. The parameters stay as they are.
    """
    # TODO: for each place: loss a step up, loss a step down, difference over two steps
    ### BEGIN SOLUTION
    gradient = np.zeros(parameters[name].shape)
    for place in np.ndindex(gradient.shape):
        losses = []
        for sign in (1, -1):
            moved = parameters[name].copy()
            moved[place] += sign * step
            losses.append(cross_entropy(forward({**parameters, name: moved}, x)[1], y))
        gradient[place] = (losses[0] - losses[1]) / (2 * step)
    return gradient
    ### END SOLUTION

# %% tags=["check", "id:numerical_gradient", "points:2"]
from course_utils.checks.mlp import check_numerical_gradient

check_numerical_gradient(numerical_gradient)
### BEGIN HIDDEN TESTS
check_numerical_gradient(numerical_gradient, sizes=[(2, 2, 4, 3), (3, 4, 2, 2)], seed=3045)
### END HIDDEN TESTS

# %% [markdown]
# Three gradients of one small network: yours, the slow one, and PyTorch's, which goes backward for you.

# %% tags=["NBVAL_CHECK_OUTPUT"]
def torch_gradients(parameters, x, y):
    leaves = {name: torch.tensor(value, requires_grad=True)
              for name, value in parameters.items()}
    hidden = torch.sigmoid(torch.tensor(x) @ leaves["W1"] + leaves["b1"])
    logits = hidden @ leaves["W2"] + leaves["b2"]
    torch.nn.functional.cross_entropy(logits, torch.tensor(y)).backward()
    return {name: leaf.grad.numpy() for name, leaf in leaves.items()}

small = first_parameters(seed=1, inputs=6, hidden=4, classes=3)
x_small, y_small = np.random.default_rng(1).normal(size=(5, 6)), np.array([0, 1, 2, 1, 0])
for name, gradient in backward(small, x_small, y_small).items():
    slow = numerical_gradient(small, x_small, y_small, name)
    assert np.allclose(gradient, torch_gradients(small, x_small, y_small)[name], atol=1e-12)
    print(f"{name}: largest difference below 1e-8: {np.abs(gradient - slow).max() < 1e-8}")

# %% [markdown]
# **Predict:** a smaller step is closer to the true slope. So is $10^{-12}$ better than $10^{-5}$?

# %% tags=["predict"]
my_guess_smaller_is_better = None

# %% [markdown]
# The plot tries all steps from $10^{-1}$ to $10^{-12}$.

# %%
steps = 10.0 ** -np.arange(1, 13)
true = backward(small, x_small, y_small)["W1"]
errors = [np.abs(numerical_gradient(small, x_small, y_small, "W1", step) - true).max()
          for step in steps]
best = steps[np.argmin(errors)]
print(f"best step: {best:.0e} - your guess:", my_guess_smaller_is_better)
show_lines(steps, {"error of the numerical gradient": errors}, "step", "largest error",
           log="xy", baseline=("largest true gradient", np.abs(true).max()),
           alt="Error against step, both logarithmic: a V with its lowest point near "
               "a step of 0.00001, rising to the left and to the right")

# %% [markdown]
# A V. To the right the curve of the loss gets in the way: the error falls with the square of the step. To the left the
# computer runs out of digits: two losses that are almost equal are subtracted, and the rounding is divided by a tiny number.
#
# ### Your turn · explain the backward pass (5 minutes)

# %% [markdown] tags=["explain", "id:explain_backward", "points:3"]
# In five to eight sentences: what does `delta_2` mean for a single image? Why does `backward` need the hidden values? Why is the gradient of
# `W1` exactly zero in the row of a pixel that is black in every image? What would go wrong if the division by $n$ were forgotten?
#
# ### BEGIN SOLUTION
# **Rubric.** 1 point: `delta_2` is the derivative of the loss by the logits, predicted probabilities minus the one-hot truth, over $n$;
# negative for the right class, positive for the others. 1 point: the hidden values appear in the gradient of `W2` and in the
# slope of the sigmoid, $h(1-h)$. 1 point: `x` multiplies, so an input of 0 gives exactly 0; without the division every
# gradient is $n$ times too long, and a learning rate that works for one batch size fails for another.
# ### END SOLUTION

# %% [markdown]
# ## 3.6 Training (9 minutes)
#
# Take a few images, compute the gradient, move every number a little *against* it, repeat: **stochastic gradient descent**. One pass over all images is an **epoch**. The
# size of the move is the **learning rate**. Large data needs fewer passes for the same number of moves.

# %%
def train(parameters, epochs=None, batch_size=32, learning_rate=0.5, seed=0):
    """Plain stochastic gradient descent; returns parameters and accuracies per epoch."""
    epochs = epochs or max(3, min(40, 100_000 // len(x_train)))
    parameters, random = dict(parameters), np.random.default_rng(seed)
    history = {"training": [], "test": []}
    for _ in tqdm(range(epochs), desc="epochs"):
        order = random.permutation(len(x_train))
        for rows in np.array_split(order, len(order) // batch_size):
            gradients = backward(parameters, x_train[rows], y_train[rows])
            for name in parameters:
                parameters[name] = parameters[name] - learning_rate * gradients[name]
        history["training"].append(accuracy(parameters, x_train, y_train))
        history["test"].append(accuracy(parameters, x_test, y_test))
    return parameters, history

def accuracy(parameters, x, y):
    return np.mean(forward(parameters, x)[1].argmax(axis=1) == y)

# %% [markdown]
# The simplest rival: compare each test image with the ten *mean* images, and take the nearest. It is our baseline.

# %%
@functools.cache
def trained(seed):
    return train(first_parameters(seed), seed=seed)

means = np.stack([x_train[y_train == digit].mean(axis=0) for digit in range(10)])
distances = np.linalg.norm(x_test[:, None] - means[None], axis=2)
baseline = np.mean(distances.argmin(axis=1) == y_test)
curves = trained(0)[1]
show_lines(range(1, len(curves["test"]) + 1), curves, "epoch", "accuracy",
           baseline=("nearest mean", baseline),
           alt="Accuracy against epoch: both curves rise steeply, cross the baseline "
               "of the nearest mean, and flatten; training stays above test")

# %% [markdown]
# One run is one throw of the dice. Five seeds tell how much of the last digit is luck.

# %%
final = [trained(seed)[1]["test"][-1] for seed in range(5)]
print(digits)
print(f"network:      {np.mean(final):.3f}, from {min(final):.3f} to {max(final):.3f}")
print(f"nearest mean: {baseline:.3f}     chance: 0.100")

# %% [markdown]
# Now the promised test. **Predict:** all weights start at zero instead of random. What accuracy does the same training reach?

# %% tags=["predict"]
my_guess_from_zero = None

# %% [markdown]
# We count how many *different* hidden units there are in the end.

# %%
zeros = {name: np.zeros_like(value) for name, value in first_parameters(0).items()}
from_zero, history = train(zeros)
columns = np.unique(from_zero["W1"].round(9), axis=1).shape[1]
print(f"accuracy {history['test'][-1]:.3f} - your guess:", my_guess_from_zero)
print("different hidden units:", columns, "of 128")

# %% [markdown]
# Equal units get equal gradients and stay equal for ever. The network pays for 128 units and has one. Random numbers break the tie.
#
# ## 3.7 What does it get wrong? (5 minutes)
#
# Rows are true digits, columns what the network says. A perfect network has numbers on the diagonal only.

# %%
predicted = forward(trained(0)[0], x_test)[1].argmax(axis=1)
confusion = np.zeros((10, 10), dtype=int)
np.add.at(confusion, (y_test, predicted), 1)
show_table(confusion, x_label="the network says", y_label="true digit",
           alt="Confusion matrix of the ten digits: large numbers on the diagonal, "
               "a few single mistakes beside it")

# %% [markdown]
# And these are the mistakes themselves. Would you have known?

# %%
wrong = np.flatnonzero(forward(trained(0)[0], x_test)[1].argmax(axis=1) != y_test)[:12]
said = forward(trained(0)[0], x_test[wrong])[1].argmax(axis=1)
show_images(digits.x_test[wrong],
            titles=[f"{true}, says {guess}" for true, guess in zip(y_test[wrong], said)],
            alt="Digits that the network got wrong, each with its true label "
                "and the network's answer; many are badly written")

# %% [markdown]
# ## What to take with you
#
# - Forward is two matrix products with a sigmoid between them; all images of a batch go at once.
# - Subtract the largest logit before you take exponentials, and take the logarithm of softmax on paper.
# - Backward starts with *predicted minus true*, and each gradient has the shape of its parameter.
# - A numerical gradient proves a backward pass; the best step is neither the largest nor the smallest.
# - Look at the curve, the spread over seeds and the mistakes, not only at one accuracy.
#
# **What this does not show.** The test set is small: on 360 images one image is 0.3 per cent, and networks that differ by a few
# images cannot be told apart. We chose learning rate and epochs by hand. With a validation set we would not have looked at the test
# curve on the way.
#
# **Where next.** Lesson 4 writes the same network in PyTorch, with the same numbers, and lets autograd go backward.
#
# **Read more**
#
# - Rumelhart, Hinton and Williams, [Learning representations by back-propagating errors](https://doi.org/10.1038/323533a0), 1986.
# - LeCun, Bottou, Orr and Müller, [Efficient BackProp](https://doi.org/10.1007/3-540-49430-8_2), 1998: first weights, learning rates, and why.
