# %% [markdown]
# # 0. Start here
#
# **Is your machine ready, and how do you know that an answer is right?** This lesson finds out both. You meet the data
# that the course learns on, write three small functions, fail a check on purpose, and build a first
# model that reads digits without learning anything worth the name. It is the rival that every network has to beat.
#
# | | |
# |---|---|
# | You will be able to | run and restart a notebook · read a check's message · tell which data made a number · measure accuracy and its luck · judge a result against a baseline |
# | You need | Python functions and NumPy arrays |
# | Time | 68 minutes |
# | Data | MNIST if it is on disk, else the built-in digits |
# | Device | two CPU cores are enough for the whole course; a CUDA GPU is used where there is one |

# %%
import sys

import numpy as np
import torch

from course_utils.data import load_digits
from course_utils.device import settings
from course_utils.plots import show_bars, show_images, show_lines, show_table

# %% [markdown]
# If that cell ran without an error, everything is installed. Cells run with **Shift + Enter**, one after another. A notebook remembers what
# you ran, not what you see: when something is odd, choose *Kernel, Restart Kernel and Run All Cells* and read from the top.
#
# ## 0.1 Your machine (5 minutes)
#
# One line says what the lessons will run on. *Quick* is the profile for two processor cores, *full* the one for a GPU.

# %%
print(f"Python {sys.version.split()[0]}, torch {torch.__version__}, numpy {np.__version__}")
print(settings())

# %% [markdown]
# You can overrule it before you start JupyterLab: `COURSE_DEVICE=cpu` keeps off the GPU, and
# `COURSE_PROFILE=full` asks for the long version of every lesson.
#
# ## 0.2 Guess first (5 minutes)
#
# Before a cell shows a result, these lessons ask for your guess. After a wrong guess people remember the right answer better than
# if they had only read it ([Kornell, Hays and Bjork, 2009](https://doi.org/10.1037/a0015729)). Nobody grades it. Here is the
# first. Computers store most numbers with rounding. **Predict:** is `0.1 + 0.2` equal to `0.3`? Write `True` or `False`.

# %% tags=["predict"]
my_guess_equal = None

# %% [markdown]
# Now ask Python.

# %% tags=["NBVAL_CHECK_OUTPUT"]
print("equal:", 0.1 + 0.2 == 0.3, "- your guess:", my_guess_equal)
print("difference:", 0.1 + 0.2 - 0.3)
print("close enough:", np.isclose(0.1 + 0.2, 0.3))

# %% [markdown]
# This is why checks in this course never ask for equal decimals. They ask for *close enough*, like `np.isclose`.
#
# ## 0.3 The data (7 minutes)
#
# The course learns on handwritten digits first, because you can judge every result with your own eyes. The line below says whose digits
# they are: real MNIST ([LeCun et al., 1998](https://doi.org/10.1109/5.726791)) if it is on your disk, else a smaller set that comes with scikit-learn.

# %%
digits = load_digits()

# %% [markdown]
# Nothing was downloaded, and nothing ever is unless you ask. With a network, `python -m course_utils.data` in a terminal fetches MNIST
# once, and all lessons use it from then on. What does one image look like from the inside?

# %%
print(digits.x_train.shape, digits.x_train.dtype, "labels:", digits.y_train[:8])
show_images(digits.x_train[:8], titles=digits.y_train[:8].astype(str), columns=8,
            alt="Eight handwritten digits in grey on black, each with its label above")

# %% [markdown]
# An array of images has three axes: which image, which row, which column. Values run from 0 (black) to 1 (white). Here is a
# piece of the first image, with each pixel's value in hundredths. A slice `8:18` takes rows 8 to 17.

# %%
first = digits.x_train[0]
rows, columns = slice(8, 18), slice(8, 18)
patch = (100 * first[rows, columns]).round()
print(f"brightest pixel: {first.max():.3f}, mean: {first.mean():.3f}")
show_images([first, patch], titles=["the image", "its middle, in hundredths"], size=3.6,
            alt="The first digit, and the middle of it enlarged to ten by ten pixels")
print(patch.astype(int))

# %% [markdown]
# The picture and the table of numbers are the same thing. A program sees the table.
#
# Are all digits equally frequent? Until you know, an accuracy means little.

# %%
counts = np.bincount(digits.y_train, minlength=10)
show_bars(range(10), counts, "digit", "training images",
          baseline=("a tenth of all", counts.sum() / 10),
          alt="Bars of the number of training images of each digit: all ten reach the "
              "line of one tenth, give or take a few images")

# %% [markdown]
# Nearly equal. So a program that always says "3" is right about one time in ten. Remember this number: it is the **chance level**.
#
# ## 0.4 How a check works (15 minutes)
#
# Under every exercise stands a cell that you cannot change: its **check**. It calls your function with inputs that it knows the answer
# to. Run the check below once *before* you write anything, and see what it says.
#
# ### Exercise 1 · pixels between 0 and 1 (8 minutes, difficulty 1)
#
# Image files hold whole numbers from 0 to 255 in one byte each, NumPy's `uint8`. Networks like decimals from 0 to 1. Write
# the function that turns one into the other.
#
# <details><summary>Hint</summary>
#
# `array.astype(np.float32)` makes a copy with another type. Do it before you divide.
# </details>

# %% tags=["answer", "id:to_unit_range"]
def to_unit_range(images):
    """Turn bytes into decimals: 0 becomes 0.0 and 255 becomes 1.0.

    images: uint8 array of any shape. Returns a new float32 array of the same shape.
    """
    # TODO: one line
    ### BEGIN SOLUTION
    return images.astype(np.float32) / np.float32(255)
    ### END SOLUTION

# %% tags=["check", "id:to_unit_range", "points:1"]
from course_utils.checks.start import check_to_unit_range

check_to_unit_range(to_unit_range)
### BEGIN HIDDEN TESTS
check_to_unit_range(to_unit_range, shapes=[(1, 1), (0, 4), (2, 3, 5)], seed=41)
### END HIDDEN TESTS

# %% [markdown]
# `NotImplementedError` means: not begun yet. It is the only error that this course lets you leave behind.
#
# And a wrong answer? The next cell hands the check three functions that somebody might well write. Each gets a message with four
# lines: what was **given**, what was **expected**, what your function **got**, and a **hint**.

# %% tags=["NBVAL_CHECK_OUTPUT"]
attempts = {"keeps the bytes": lambda images: images // 255,
            "divides by 256": lambda images: images.astype(np.float32) / 256,
            "forgets to return": lambda images: None}
for name, attempt in attempts.items():
    try:
        check_to_unit_range(attempt)
    except AssertionError as message:
        print(name, message, "\n")

# %% [markdown]
# Read the hint last, and try to find the mistake from *given*, *expected* and *got* alone.
# When all is well the check says **visible checks passed**. It does not say "correct": when your work is graded, the same check
# runs again with other inputs, such as an empty array or an image that is not square. Code that fits only the example will show.
#
# ## 0.5 Right how often? (13 minutes)
#
# The usual measure of a classifier is **accuracy**: the share of images whose predicted label is the true one.
# **Predict:** a program gives digits purely at random. What is its accuracy on a thousand images?

# %% tags=["predict"]
my_guess_random = None

# %% [markdown]
# You will measure it yourself in a moment.
#
# ### Exercise 2 · accuracy (6 minutes, difficulty 1)
#
# Two arrays of labels go in, one number between 0 and 1 comes out.
#
# <details><summary>Hint</summary>
#
# `predicted == true` is an array of `True` and `False`. The mean of such an array counts `True` as 1.
# </details>

# %% tags=["answer", "id:accuracy"]
def accuracy(predicted, true):
    """The share of equal labels, a number from 0 to 1.

    predicted, true: arrays of whole numbers of shape (n,), n at least 1.
    """
    # TODO: one line
    ### BEGIN SOLUTION
    return float(np.mean(predicted == true))
    ### END SOLUTION

# %% tags=["check", "id:accuracy", "points:1"]
from course_utils.checks.start import check_accuracy

check_accuracy(accuracy)
### BEGIN HIDDEN TESTS
check_accuracy(accuracy, sizes=[1, 3, 250], seed=42)
### END HIDDEN TESTS

# %% [markdown]
# Now the random program, ten times over. Each run has its own **seed**: the number from which a random generator starts. The same seed
# gives the same numbers on every machine, as long as NumPy is of the same version.

# %%
def random_accuracy(seed, n=1000):
    random = np.random.default_rng(seed)
    return accuracy(random.integers(0, 10, n), random.integers(0, 10, n))

runs = [random_accuracy(seed) for seed in range(10)]
print("smallest", min(runs), "largest", max(runs), "- your guess:", my_guess_random)
show_lines(range(10), {"random program": runs}, "seed", "accuracy on 1,000 images",
           baseline=("chance level", 0.1),
           alt="Accuracy of ten random programs, scattered around the chance level "
               "of one tenth by about a hundredth up and down")

# %% [markdown]
# All ten programs are equally bad, and yet their accuracies differ, by luck alone. That scatter is the **spread**. Two results closer
# together than their spread cannot be told apart. Every comparison in this course states it.
#
# ## 0.6 A rival for every network (18 minutes)
#
# Here is a model without any layers. Average all training images of each digit. To read a new image, find the *nearest* of the ten mean
# images. Near means: the smallest sum of squared differences, pixel by pixel.

# %%
def mean_images(images, labels):
    return np.stack([images[labels == digit].mean(axis=0) for digit in range(10)])

means = mean_images(digits.x_train, digits.y_train)
show_images(means, titles=[str(digit) for digit in range(10)], columns=10,
            alt="The ten mean images: blurred but readable digits from 0 to 9")

# %% [markdown]
# **Predict:** how often does this model read a test image correctly? Chance is 0.1.

# %% tags=["predict"]
my_guess_nearest_mean = None

# %% [markdown]
# ### Exercise 3 · nearest mean (8 minutes, difficulty 2)
#
# Write the model for a whole batch of images.
#
# <details><summary>Hint</summary>
#
# With `images[:, None] - means[None]` NumPy pairs every image with every mean; the result has four axes. Square it, sum over the last two, and
# find the position of the smallest number in each row.
# </details>

# %% tags=["answer", "id:nearest_mean"]
def nearest_mean(images, means):
    """The number of the nearest mean image, for each image.

    images: (n, h, w) array; means: (classes, h, w) array.
    Returns whole numbers of shape (n,).
    """
    # TODO: squared distances of shape (n, classes), then the smallest in each row
    ### BEGIN SOLUTION
    squared = (images[:, None] - means[None]) ** 2
    return squared.sum(axis=(2, 3)).argmin(axis=1)
    ### END SOLUTION

# %% tags=["check", "id:nearest_mean", "points:2"]
from course_utils.checks.start import check_nearest_mean

check_nearest_mean(nearest_mean)
### BEGIN HIDDEN TESTS
check_nearest_mean(nearest_mean, shapes=[(1, 3, 4, 4), (6, 2, 3, 7), (9, 5, 1, 2)], seed=43)
### END HIDDEN TESTS

# %% [markdown]
# No training loop, no gradient, ten blurred pictures:

# %%
predicted = nearest_mean(digits.x_test, means)
print(digits)
print(f"nearest mean: {accuracy(predicted, digits.y_test):.3f}   chance: 0.100")
print("your guess:", my_guess_nearest_mean)

# %% [markdown]
# Far above chance. **The mistake everyone makes** is to report such a number alone and call it good. Good compared with what? From now on
# a simple rival stands beside every network: chance, the nearest mean, or a better one. One number also hides *which* digits are confused. The next table shows it: rows are
# true digits, columns what the model says.

# %%
says = nearest_mean(digits.x_test, means)
confusion = np.zeros((10, 10), dtype=int)
np.add.at(confusion, (digits.y_test, says), 1)
show_table(confusion, x_label="the model says", y_label="true digit",
           alt="Table of true against predicted digits: most counts on the diagonal, "
               "single mistakes scattered beside it")

# %% [markdown]
# Numbers hide people's handwriting. Look at some of the images that the model reads wrongly, each with the mean image that it
# preferred and the one that would have been right.

# %%
says = nearest_mean(digits.x_test, means)
wrong = np.flatnonzero(says != digits.y_test)[:4]
pictures, titles = [], []
for k in wrong:
    pictures += [digits.x_test[k], means[says[k]], means[digits.y_test[k]]]
    titles += ["test image", f"it says {says[k]}", f"truth: {digits.y_test[k]}"]
show_images(pictures, titles=titles, columns=6,
            alt="Four misread digits, each beside the mean image that the model preferred "
                "and the mean image of the true digit")

# %% [markdown]
# Does it need all those images? Draw fewer of them at random, three times each, and measure again.

# %%
def accuracy_with(n, seed):
    random = np.random.default_rng(seed)
    picks = np.concatenate([random.permutation(np.flatnonzero(digits.y_train == digit))[:n]
                            for digit in range(10)])
    few = mean_images(digits.x_train[picks], digits.y_train[picks])
    return accuracy(nearest_mean(digits.x_test, few), digits.y_test)

sizes = [1, 2, 5, 10, 20, 50, 100]
curves = {f"seed {seed}": [accuracy_with(n, seed) for n in sizes] for seed in range(3)}
show_lines(sizes, curves, "training images per digit", "test accuracy", log="x",
           baseline=("chance level", 0.1),
           alt="Accuracy against training images per digit for three seeds: it rises "
               "steeply up to five or ten images and then flattens; the seeds differ "
               "most at the left")

# %% [markdown]
# Five or ten images of each digit do most of the work; the rest buys little, for *this* model. With one image per digit the three seeds are far apart:
# small data means large luck.
#
# How much of the accuracy is luck of the draw? We cannot have another test set, but we can draw from this one with replacement, many times.
# This is called the bootstrap ([Efron, 1979](https://doi.org/10.1214/aos/1176344552)).

# %%
def bootstrap(right, seed, draws=1000):
    random = np.random.default_rng(seed)
    picks = random.integers(0, len(right), (draws, len(right)))
    return np.percentile(right[picks].mean(axis=1), [2.5, 97.5])

right = nearest_mean(digits.x_test, means) == digits.y_test
low, high = bootstrap(right, seed=0)
print(f"19 of 20 such test sets would give between {low:.3f} and {high:.3f}")

# %% [markdown]
# ## 0.7 Handing in (5 minutes)
#
# Your answers are saved in this file. Before you hand in, restart the kernel, run all cells, and press **Validate** in the toolbar: it
# runs the whole notebook afresh and lists the checks that fail. Then put your notebooks into a zip file called
# `Surname-Firstname-TP1.zip`. Do not rename or delete the cells of an exercise; add as many cells of your own as you like.
#
# Some questions have no check, because a person reads the answer. Here is the first one.

# %% [markdown] tags=["explain", "id:judge_a_claim", "points:2"]
# A friend writes: "My network reads 91 % of the test digits, yours 90 %, so mine is better." The test set has 360 images.
# What would you ask before you believe it? Answer in three to five sentences, with numbers from this lesson.
#
# ### BEGIN SOLUTION
# **Rubric.** 1 point: names the luck of the draw with a number: one per cent of 360 images is 3 to 4 images, less than the bootstrap
# interval above (several per cent wide), and asks for several seeds or for the same images. 1 point: asks for a baseline
# (nearest mean, chance) or whether both were measured on the same test set that neither had been tuned on.
# ### END SOLUTION

# %% [markdown]
# ## What to take with you
#
# - A notebook remembers what you ran. When in doubt: restart and run all.
# - A check gives *given, expected, got, hint*; passing the visible part is not yet "correct".
# - One printed line says which data made a number.
# - An accuracy needs a baseline, the chance level, and a spread beside it.
# - A network has to beat a rival that learns nothing, such as the nearest mean.
#
# **What this does not show.** The bootstrap tells how far luck in the *test images* reaches. It says nothing about another seed, another
# writer or another pen. The built-in digits are cleaner than what a camera sees.
#
# **Where next.** Lesson 1 finds a circle in a picture, by hand, with the operation that gives convolutional networks their name.
#
# **Read more**
#
# - LeCun, Bottou, Bengio and Haffner, [Gradient-based learning applied to document recognition](https://doi.org/10.1109/5.726791), 1998: MNIST.
# - Efron, [Bootstrap methods: another look at the jackknife](https://doi.org/10.1214/aos/1176344552), 1979.
# - Kornell, Hays and Bjork, [Unsuccessful retrieval attempts enhance subsequent learning](https://doi.org/10.1037/a0015729), 2009.
