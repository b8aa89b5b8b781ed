# %% [markdown]
# # 2. Image filters
#
# **Where does a shape end?** You see at once where the ink stops and the paper begins. A computer sees numbers. But numbers
# that change have a *slope*, and at an edge the slope is steep. In this lesson nine small numbers measure it. Then
# you prepare images for a network: more channels, one scale, and copies that keep their label.
#
# | | |
# |---|---|
# | You will be able to | filter with a kernel up to the border · use gradient, Sobel and Laplacian · say what a kernel's sum does · stack channels · normalise without looking at the test data · choose an augmentation that keeps the label |
# | You need | lesson 1; what a derivative is |
# | Time | 90 minutes |
# | Data | handwritten digits, and shapes drawn here; no download |
# | Device | CPU; a GPU changes nothing |

# %%
import numpy as np
import torch
from scipy import ndimage
from sklearn.linear_model import LogisticRegression

from course_utils.augmentation import each_alone, some_of_each
from course_utils.data import load_digits
from course_utils.filter_figures import show_arrows, show_bowls, show_spreads, show_surface
from course_utils.plots import show_images, show_lines, show_table
from torchvision.transforms import v2

digits = load_digits()
x_train, y_train = digits.x_train[:2000], digits.y_train[:2000]
x_test, y_test = digits.x_test[:500], digits.y_test[:500]

# %% [markdown]
# ## 2.1 An image is a function (8 minutes)
#
# Give it a row and a column, and it answers with a brightness: $I(\text{row}, \text{column})$. So a digit is a landscape, and
# ink is a hill. **Predict:** you walk along the middle row of a handwritten 0, from left to right. How many times do you climb?

# %% tags=["predict"]
my_guess_climbs = None

# %% [markdown]
# The same 28 × 28 numbers, drawn three ways: as grey, as a landscape, and as the profile of one row.

# %%
zero = x_train[y_train == 0][0]
show_surface(zero, row=14,
             alt="A handwritten 0 in grey with a line across row 14; the same 0 as a ring "
                 "of hills; the profile of row 14, which rises and falls twice")

# %% [markdown]
# Slope is *change per pixel*. Take the pixel after, minus the pixel before, divided by the two steps between them:
#
# $$\frac{\partial I}{\partial x} \approx \frac{I(x + 1) - I(x - 1)}{2}$$
#
# It is positive where the row gets brighter, and zero on a plain, be the plain dark or bright.

# %%
slope = (zero[14, 2:] - zero[14, :-2]) / 2
print("climbs:", (np.diff(1 * (slope > 0.1)) == 1).sum(), "- your guess:", my_guess_climbs)
show_lines(range(1, 27), {"brightness": zero[14, 1:-1], "slope": slope}, "column", "value",
           alt="Brightness and slope along row 14: at each of the two strokes the slope "
               "is positive on the left side and negative on the right side")

# %% [markdown]
# ## 2.2 A slope at every pixel (17 minutes)
#
# In two dimensions there are two slopes, across and down. Together they are the **gradient**. As a kernel for
# lesson 1's sliding pattern, and added up over three rows or columns to calm the noise (the *Prewitt* kernels):
#
# $$\frac{\partial I}{\partial x} \sim \begin{bmatrix} -1 & 0 & 1 \\ -1 & 0 & 1 \\ -1 & 0 & 1 \end{bmatrix}
# \qquad \frac{\partial I}{\partial y} \sim \begin{bmatrix} -1 & -1 & -1 \\ 0 & 0 & 0 \\ 1 & 1 & 1 \end{bmatrix}$$
#
# Lesson 1 lost a pixel at each border. Filters should keep the size, so we need pixels *outside* the image. We repeat
# the border pixels.
#
# ### Exercise 1 · filter up to the border (10 minutes, difficulty 2)
#
# Write `filter_image`: repeat the border, then slide the kernel as it is (a correlation).
#
# <details><summary>Hint</summary>
#
# How many pixels of a 3 × 5 kernel hang over the border when its centre lies on a corner? `np.pad` has a mode that repeats
# the edge. Lesson 1's window view does the rest.
# </details>

# %% tags=["answer", "id:filter_image"]
def filter_image(image, kernel):
    """Correlate `image` with `kernel`; the border pixels are repeated outwards.

    image: (h, w) array of bytes, whole numbers or floats.
    kernel: (kh, kw) array with odd sides. Returns a float array of shape (h, w).
    """
    # TODO: pad by half the kernel on every side, then sum products in every window
    ### BEGIN SOLUTION
    down, across = kernel.shape[0] // 2, kernel.shape[1] // 2
    padded = np.pad(image, ((down, down), (across, across)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernel.shape)
    return np.tensordot(windows, kernel, axes=2).astype(float)
    ### END SOLUTION

# %% tags=["check", "id:filter_image", "points:2"]
from course_utils.checks.filters import check_filter_image

check_filter_image(filter_image)
### BEGIN HIDDEN TESTS
check_filter_image(filter_image, shapes=[(3, 8, 5, 3), (9, 4, 1, 7), (1, 6, 3, 3)], seed=2051, dtype="uint8")
### END HIDDEN TESTS

# %% [markdown]
# SciPy calls our border `nearest`; its own default, `reflect`, repeats the border pixel *first* and goes on inwards. For a
# 3 × 3 kernel that is the same thing, for a 5 × 5 kernel it is not. PyTorch calls it `replicate`. All three agree:

# %% tags=["NBVAL_CHECK_OUTPUT"]
def torch_filter(image, kernel):
    sides = [kernel.shape[1] // 2] * 2 + [kernel.shape[0] // 2] * 2
    batch = torch.as_tensor(image, dtype=torch.float64)[None, None]
    padded = torch.nn.functional.pad(batch, sides, mode="replicate")
    weight = torch.as_tensor(kernel, dtype=torch.float64)[None, None]
    return torch.nn.functional.conv2d(padded, weight)[0, 0].numpy()

random = np.random.default_rng(seed=2)
noise, wide = random.normal(size=(20, 15)), random.normal(size=(5, 3))
mine = filter_image(noise, wide)
assert np.allclose(mine, ndimage.correlate(noise, wide, mode="nearest"))
assert np.allclose(mine, torch_filter(noise, wide))
print("reflect agrees:", np.allclose(mine, ndimage.correlate(noise, wide, mode="reflect")))

# %% [markdown]
# **The mistake everyone makes:** to pad with zeros, as convolution layers do. Zeros are black. A bright page then ends in a
# cliff that is not in the picture.

# %%
prewitt = np.array([[-1, 0, 1]] * 3)
rows, columns = np.mgrid[:40, :40]
page = 1 / (1 + np.exp(10 - np.hypot(rows - 20, columns - 20)))  # a soft dark disk
black = ndimage.correlate(page, prewitt, mode="constant", cval=0)
show_images([page, black, filter_image(page, prewitt)],
            titles=["page with a disk", "zeros outside", "border repeated"],
            alt="A dark disk on a bright page; with a zero border its slope has false "
                "stripes along the left and right sides; with a repeated border none")

# %% [markdown]
# Beside the page, grey is zero, white a climb to the right, black a descent. Both kernels together give each pixel an arrow.
# A book for beginners says that the arrow points to the
# largest *decrease* of light. **Spot the error:** does it?

# %%
across, down = filter_image(page, prewitt), filter_image(page, prewitt.T)
assert ((columns - 20) * across + (rows - 20) * down).sum() > 0
show_arrows(page, across, down,
            alt="Arrows around the rim of the dark disk point outwards, to the bright page")

# %% [markdown]
# It points uphill, to the light. Rows count downwards in an array, so a positive $\partial I/\partial y$ means
# "brighter further *down*".
#
# ## 2.3 Sobel (17 minutes)
#
# Sobel's kernel trusts the middle row more. It is a *smoothing* in one direction times a *difference* in the other:
#
# $$\begin{bmatrix} 1 \\ 2 \\ 1 \end{bmatrix} \begin{bmatrix} -1 & 0 & 1 \end{bmatrix} =
# \begin{bmatrix} -1 & 0 & 1 \\ -2 & 0 & 2 \\ -1 & 0 & 1 \end{bmatrix}$$
#
# Its transpose measures the slope downwards. The length of the arrow, $\sqrt{s_x^2 + s_y^2}$, says how strong an edge is, whatever its direction.
#
# ### Exercise 2 · edge strength (8 minutes, difficulty 1)
#
# Use your own `filter_image`, twice.
#
# <details><summary>Hint</summary>
#
# `np.outer` multiplies a column by a row. `np.hypot` knows Pythagoras.
# </details>

# %% tags=["answer", "id:edge_strength"]
def edge_strength(image):
    """The length of the Sobel gradient at every pixel; the border is repeated.

    image: (h, w) array. Returns a float array of shape (h, w), nowhere negative.
    """
    # TODO: Sobel across, Sobel down, then the length of the two together
    ### BEGIN SOLUTION
    across = np.outer([1, 2, 1], [-1, 0, 1])
    return np.hypot(filter_image(image, across), filter_image(image, across.T))
    ### END SOLUTION

# %% tags=["check", "id:edge_strength", "points:1"]
from course_utils.checks.filters import check_edge_strength

check_edge_strength(edge_strength)
### BEGIN HIDDEN TESTS
check_edge_strength(edge_strength, shapes=[(3, 9), (8, 2), (1, 5)], seed=2052, dtype="uint8")
### END HIDDEN TESTS

# %% [markdown]
# On a ramp that grows by 1 per pixel Sobel gives 8, not 1: weights $1 + 2 + 1$ times a distance of 2. Divide by 8 if you
# need a slope. SciPy does not divide either.

# %%
sobel = np.outer([1, 2, 1], [-1, 0, 1])
assert filter_image(np.tile(np.arange(7), (5, 1)), sobel)[2, 3] == 8
across, down = filter_image(zero, sobel), filter_image(zero, sobel.T)
assert np.allclose(across, ndimage.sobel(zero, axis=1), atol=1e-5)
show_images([zero, across, down, edge_strength(zero)],
            titles=["image", "across", "down", "strength"],
            alt="A 0, its slope across with bright left and dark right sides of the "
                "strokes, its slope down, and the edge strength: a double outline")

# %% [markdown]
# **Spot the error.** The same book prints the kernel below for the slope across. One of its nine numbers is wrong. (The other way
# round, $1\ 0\ {-1}$, is no error: it gives the slope with the sign turned.) **Predict:** what does this kernel answer on a
# sheet of grey where every pixel is 100, so that the slope is 0 everywhere?
#
# $$\begin{bmatrix} 1 & 0 & -1 \\ 2 & 0 & -2 \\ 1 & 0 & 1 \end{bmatrix}$$

# %% tags=["predict"]
my_guess_on_grey = None

# %% [markdown]
# The first line of output is your question. The table below it has all our kernels.

# %% tags=["NBVAL_CHECK_OUTPUT"]
printed = np.array([[1, 0, -1], [2, 0, -2], [1, 0, 1]])
identity = np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]])
laplace = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]])
kernels = {"printed": printed, "Sobel": sobel, "Laplacian": laplace, "identity": identity,
           "mean of nine": np.ones((3, 3)) / 9, "sharpen": identity - laplace}
grey = np.full((6, 6), 100.0)
print("printed kernel on grey:", ndimage.correlate(grey, 1.0 * printed)[2, 2])
print("your guess:", my_guess_on_grey)
for name, kernel in kernels.items():
    answer = ndimage.correlate(grey, 1.0 * kernel)[2, 2]
    print(f"{name:12s} sum {kernel.sum():2.0f}   on grey 100: {answer:4.0f}")

# %% [markdown]
# The 1 at the bottom right should be a $-1$. No picture is needed to find it: **add the nine numbers up.** Where every pixel is
# $c$, a kernel $K$ answers $c \sum K$. And $K$ on $I + b$ is $K$ on $I$, plus $b \sum K$. So:
#
# - **Sum 0:** blind to brightness, sees only change. Every kernel that measures a slope has it.
# - **Sum 1:** keeps the brightness of plain areas: blur, sharpen.
# - **Any other sum:** the brightness of the paper leaks into the answer.
#
# The same book says that a sum of zero keeps the brightness of an image. It removes it. The picture shows the leak.

# %%
on_paper = 0.5 + zero / 2
show_images([on_paper, filter_image(on_paper, -sobel), filter_image(on_paper, printed)],
            limits=(-1, 1), titles=["0 on grey paper", "Sobel, sign turned", "as printed"],
            alt="A 0 on grey paper; Sobel shows its edges on neutral grey; the printed "
                "kernel makes the whole paper white")

# %% [markdown]
# ## 2.4 The slope of the slope (12 minutes)
#
# At the middle of an edge the slope is largest, so *its* slope passes through zero there. Differences of differences give
# $I(x+1) - 2\,I(x) + I(x-1)$, and the same downwards. Their sum is the **Laplacian**:
#
# $$\begin{bmatrix} 0 & 1 & 0 \\ 1 & -4 & 1 \\ 0 & 1 & 0 \end{bmatrix}$$
#
# Marr and Hildreth proposed to look for edges at its zero crossings
# ([1980](https://doi.org/10.1098/rspb.1980.0020)).
#
# ### Exercise 3 · Laplacian (6 minutes, difficulty 1)
#
# Through `filter_image` or with slices, as you like. Bytes must work too: as bytes, 3 − 5 is 254.
#
# <details><summary>Hint</summary>
#
# One line is enough. If you use slices: turn the pixels into floats *before* you subtract.
# </details>

# %% tags=["answer", "id:laplacian"]
def laplacian(image):
    """The four neighbours minus four times the pixel, with a repeated border.
    image: (h, w) array of bytes, whole numbers or floats. Returns floats, (h, w)."""
    # TODO: the kernel above, at every pixel
    ### BEGIN SOLUTION
    return filter_image(image, np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]]))
    ### END SOLUTION

# %% tags=["check", "id:laplacian", "points:1"]
from course_utils.checks.filters import check_laplacian

check_laplacian(laplacian)
### BEGIN HIDDEN TESTS
check_laplacian(laplacian, shapes=[(3, 9), (8, 2), (1, 5)], seed=2053, dtype="uint8")
### END HIDDEN TESTS

# %% [markdown]
# One row through the soft rim of the disk. Find the edge in each curve: half height, a peak, a crossing.

# %%
assert np.allclose(laplacian(page), ndimage.laplace(page, mode="nearest"))
curves = {"brightness": page, "Sobel / 8": filter_image(page, sobel) / 8,
          "Laplacian": laplacian(page)}
show_lines(range(21, 40), {name: image[20, 21:] for name, image in curves.items()},
           "column", "value",
           alt="Along a row out of the dark disk brightness rises, Sobel has one peak near "
               "column 30, and the Laplacian crosses zero there, from plus to minus")

# %% [markdown]
# The Laplacian has no direction: one number finds edges of all directions. The price is noise, which a second difference
# amplifies more than a first one does. It also lends its name to sharpening: image *minus* Laplacian, sum 1.
#
# ## 2.5 More channels (12 minutes)
#
# A filter does not replace the image. We keep the pixels and **stack** the answers behind them, as colours are stacked in a
# photograph. A grey digit of 28 × 28 becomes a block of 4 × 28 × 28: what a convolutional layer expects, with four
# input channels instead of one.
#
# ### Exercise 4 · stack the channels (6 minutes, difficulty 2)
#
# Write `stack_channels` for a whole batch of images. Your own filters do the work.
#
# <details><summary>Hint</summary>
#
# Make a list of four (h, w) arrays for one image. A list of such lists is one `np.array` away from the result.
# </details>

# %% tags=["answer", "id:stack_channels"]
def stack_channels(x):
    """Image, Sobel across, Sobel down and Laplacian as four channels, in this order.

    x: (n, h, w) array of grey images. Returns a float array of shape (n, 4, h, w).
    """
    # TODO: four arrays for each image, then one array of them all
    ### BEGIN SOLUTION
    across = np.outer([1, 2, 1], [-1, 0, 1])
    return np.array([[image, filter_image(image, across),
                      filter_image(image, across.T), laplacian(image)] for image in x])
    ### END SOLUTION

# %% tags=["check", "id:stack_channels", "points:2"]
from course_utils.checks.filters import check_stack_channels

check_stack_channels(stack_channels)
### BEGIN HIDDEN TESTS
check_stack_channels(stack_channels, shapes=[(4, 3, 6), (1, 7, 4), (2, 4, 4)], seed=2054)
### END HIDDEN TESTS

# %% [markdown]
# What is it good for? Suppose that the camera gets more light after training: every test pixel grows by the same amount. Our classifier is
# the plainest there is: the class whose *mean image* is nearest wins. It sees the pixels, the three edge channels, or all four.

# %%
def nearest_mean(x_train, y_train, x):
    """For each image in x the class whose mean training image is nearest."""
    flat, train = x.reshape(len(x), -1), x_train.reshape(len(x_train), -1)
    means = np.stack([train[y_train == c].mean(0) for c in range(10)])
    return ((means**2).sum(1) - 2 * flat @ means.T).argmin(1)

# %% [markdown]
# Three random halves of the training digits give three accuracies; their standard deviation is the spread.

# %%
light, lines = np.linspace(0, 1, 6), {}
train, tests = stack_channels(x_train), [stack_channels(x_test + more) for more in light]
halves = [np.random.default_rng(seed).permutation(len(train))[::2] for seed in range(3)]
for name, c in {"pixels": [0], "edges": [1, 2, 3], "all four": [0, 1, 2, 3]}.items():
    guesses = [[nearest_mean(train[half][:, c], y_train[half], test[:, c])
                for test in tests] for half in halves]
    runs = (np.array(guesses) == y_test).mean(axis=-1)
    lines[name] = runs.mean(axis=0)
    print(f"{name:9s} at +0.6: {lines[name][3]:.3f}, spread {runs.std(axis=0)[3]:.3f}")
show_lines(light, lines, "light added to every test pixel", "test accuracy",
           baseline=("chance", 0.1), alt="Accuracy with pixels falls as light is added; "
                                         "with edge channels it stays level")

# %% [markdown]
# The edges' level line is section 2.3 at work: their kernels sum to zero, so added light *cannot* reach the answer. (With
# zero padding it could.) All four hardly move: the edges' larger numbers outvote the pixels. Without added light the
# lines start close together: a linear filter adds nothing that the pixels do not hold.
#
# ## 2.6 One scale (12 minutes)
#
# Sobel and Laplacian reach from −4 to 4 on pixels from 0 to 1. Does it matter? Take two inputs, both centred: how bright the
# image is, as a byte (0 to 255), and its centre, as a float (0 to 1). Their weighted sum has to tell 0 from 1. The
# **loss** says how wrong it is, here half the mean squared error. Over the two weights it is a bowl.
#
# **Gradient descent** walks downhill: a step is minus the slope, times the **learning rate** (lesson 3 builds it). It starts at
# zero weights, stops within 0.0005 of the smallest loss, and gets the best learning rate for the bowl's two curvatures,
# $2 / (\lambda_{\min} + \lambda_{\max})$.

# %%
def descend(inputs, target):
    """The weights after every step of gradient descent, shape (steps + 1, 2)."""
    curvature, pull = inputs.T @ inputs / len(target), inputs.T @ target / len(target)
    learning_rate = 2 / np.linalg.eigvalsh(curvature).sum()
    best, path = np.linalg.solve(curvature, pull), [np.zeros(2)]
    while (path[-1] - best) @ curvature @ (path[-1] - best) / 2 > 0.0005:
        path.append(path[-1] - learning_rate * (curvature @ path[-1] - pull))
    return np.array(path)

two, target = x_train[y_train < 2], 1.0 * y_train[y_train < 2]
inputs = np.stack([255 * two.mean((1, 2)), two[:, 12:16, 12:16].mean((1, 2))], axis=1)
inputs, target = inputs - inputs.mean(axis=0), target - target.mean()
print("standard deviations:", inputs.std(axis=0).round(2))
print("steps as they are:", len(descend(inputs, target)) - 1)

# %% [markdown]
# **Predict:** how many steps when both inputs have the standard deviation 1?

# %% tags=["predict"]
my_guess_steps = None

# %% [markdown]
# ### Exercise 5 · normalise (8 minutes, difficulty 2)
#
# Subtract each channel's mean and divide by its standard deviation. **The mistake everyone makes:** to compute both on the
# test data as well. In use there is no test *set*, only the next image. Training data alone decide.
#
# <details><summary>Hint</summary>
#
# The mean runs over all axes but axis 1. `keepdims=True` keeps the shapes fit for the subtraction. What do you divide by where
# a channel never changes?
# </details>

# %% tags=["answer", "id:normalise"]
def normalise(x_train, x_test):
    """Bring every channel of the training data to mean 0 and standard deviation 1.

    x_train, x_test: (n, channels) or (n, channels, h, w) arrays; n may differ.
    Returns two float arrays: both inputs, shifted and scaled by the numbers of x_train.
    A channel that is the same everywhere in x_train is shifted, but not scaled.
    """
    # TODO: mean and standard deviation of each channel of x_train; use them on both
    ### BEGIN SOLUTION
    axes = (0, *range(2, x_train.ndim))
    mean = x_train.mean(axis=axes, keepdims=True)
    spread = x_train.std(axis=axes, keepdims=True)
    spread[spread == 0] = 1
    return (x_train - mean) / spread, (x_test - mean) / spread
    ### END SOLUTION

# %% tags=["check", "id:normalise", "points:2"]
from course_utils.checks.filters import check_normalise

check_normalise(normalise)
### BEGIN HIDDEN TESTS
check_normalise(normalise, shapes=[((5, 3, 2, 4), 1), ((4, 4, 4, 4), 6), ((9, 1), 2)], seed=2055)
### END HIDDEN TESTS

# %% [markdown]
# The contour lines are heights of the loss, as on a map. Both axes of a map have the same scale.

# %%
scaled = normalise(inputs, inputs)[0]
print("steps:", len(descend(scaled, target)) - 1, "- your guess:", my_guess_steps)
show_bowls({"as they are": inputs, "normalised": scaled}, target, descend,
           labels=["weight of brightness", "weight of centre"],
           alt="Left: steep stripes and a path of many steps; right: wide rings, few steps")

# %% [markdown]
# The steep walls on the left allow small steps only, and the valley floor is almost flat. The number of steps grows
# with the ratio of the two curvatures ([LeCun et al., 1998](https://doi.org/10.1007/3-540-49430-8_2)). Normalising did not
# change what the weighted sum can express, nor the smallest loss: only the way there. Dividing images by 255 is
# the same idea in its shortest form. It helps, and leaves means that are not zero.
#
# ## 2.7 Copies that keep their label (10 minutes)
#
# A 3 moved by two pixels is still a 3, and for the computer all its numbers are new. **Augmentation** makes such
# copies at random. Here `torchvision.transforms.v2` turns a digit by up to 10 degrees and moves it by up to a tenth of its side. **The
# mistake everyone makes** is in the first row.

# %%
affine = v2.RandomAffine(degrees=10, translate=(0.1, 0.1),
                         interpolation=v2.InterpolationMode.BILINEAR)
threes = np.stack([x_train[y_train == 3][0]] * 6)
batch = each_alone(threes[None, :, None], affine, seed=1)[0, :, 0]  # six images in one call
assert (batch == batch[0]).all()
show_images([*batch, *each_alone(threes, affine, seed=1)],
            titles=["one call"] * 6 + ["six calls"] * 6,
            alt="Top row: the same 3 moved and turned in the same way six times; "
                "bottom row: six different movements")

# %% [markdown]
# One call draws one movement for the whole batch. Call the transform for each image, or leave it to the Dataset.
#
# **Predict:** now turn every digit by 180 degrees. Which digits are still read as what they were?

# %% tags=["predict"]
my_guess_survivors = []

# %% [markdown]
# Our judge is the nearest mean again, trained on upright digits. Each cell is the share of test digits it reads as their label.

# %%
half_turn = v2.RandomRotation((180, 180))
mirror = v2.RandomHorizontalFlip(p=1)
changes = {"upright": v2.Identity(), "moved": affine,
           "mirrored": mirror, "half turn": half_turn}
shares = []
for change in changes.values():
    guesses = nearest_mean(x_train, y_train, each_alone(x_test, change, seed=1))
    shares.append([(guesses[y_test == c] == c).mean().round(2) for c in range(10)])
for one, other in [(6, 9), (9, 6)]:  # the last guesses are those of the half turn
    share = (guesses[y_test == one] == other).mean()
    print(f"{one} turned and read as {other}: {share:.0%}")
print("your guess:", my_guess_survivors)
show_table(shares, "digit", "change", y_ticks=changes,
           alt="Share read right, by digit and change: after a half turn 0 and 8 do best, "
               "3, 6, 7 and 9 are never read right")

# %% [markdown]
# 0 and 8 look much the same after a half turn; 6 and 9 become each other. (A turned 4 is no digit, and yet this judge often says 4.
# Ask a person too.) Such copies teach a wrong label. We measure it: a linear
# classifier learns on 20 digits of each class, then with moved copies, then with copies turned by 180 degrees. Dots are means of five
# random draws, bars their standard deviation.

# %%
def scores(change, copies, seed):
    """Accuracy on test digits, on moved test digits, and on 6 and 9 alone."""
    rows = some_of_each(y_train, 20, seed)
    more = [each_alone(x_train[rows], change, 100 * seed + i) for i in range(copies)]
    x = np.concatenate([x_train[rows], *more]).reshape(-1, 784)
    labels = np.tile(y_train[rows], copies + 1)
    model = LogisticRegression(C=0.1, max_iter=300).fit(x, labels)
    right = model.predict(x_test.reshape(-1, 784)) == y_test
    moved = model.predict(each_alone(x_test, affine, 99).reshape(-1, 784)) == y_test
    return right.mean(), moved.mean(), right[(y_test == 6) | (y_test == 9)].mean()

recipes = {"no copies": (affine, 0), "moved": (affine, 4), "half turn": (half_turn, 1)}
results = {name: np.array([scores(*recipe, seed) for seed in range(5)])
           for name, recipe in recipes.items()}
for name, runs in results.items():
    print(f"{name:9s} mean {runs.mean(axis=0).round(3)} spread {runs.std(axis=0).round(3)}")
show_spreads(results, ["test digits", "moved test digits", "only 6 and 9"], "accuracy",
             baseline=0.1,
             alt="Moved copies raise accuracy on moved digits and cost a little on the "
                 "others; half-turn copies lower all three, 6 and 9 most")

# %% [markdown]
# Moved copies help with moved digits and cost a little on centred ones: a linear model has to share its few weights. An
# augmentation pays when it makes what the *test* will bring. Simard et al. used elastic distortions for
# the best MNIST result of their time ([2003](https://doi.org/10.1109/ICDAR.2003.1227801)).
#
# ### Your turn · which copies are safe? (5 minutes)
#
# Answer in four to six sentences in the cell below. Your instructor reads this one.

# %% [markdown] tags=["explain", "id:which_copies", "points:3"]
# You train three networks: one reads handwritten digits, one recognises people in photographs of a whole body, one tells a
# driver on which side the oncoming lane is. For each, say whether a mirrored copy keeps its label, and why. Then name one augmentation
# other than mirroring that fits the second task, and say how you would *measure* whether it helps.
#
# ### BEGIN SOLUTION
# **Rubric.** 1 point: mirroring breaks most digits (a mirrored 3 is no digit, the table's row "mirrored" shows it) and
# it breaks the lane task, whose label *is* left or right (unless the label is mirrored with the image). 1 point: a mirrored person is
# still the same person, because identity does not depend on left and right; a remark on text or a bag on one shoulder is a plus. 1 point: a fitting
# augmentation (small shifts and crops, brightness, colour, erasing a patch) *and* a fair measurement: the same training images
# with and without copies, several seeds, accuracy with its spread on untouched validation images.
# ### END SOLUTION

# %% [markdown]
# ## 2.8 What to take with you (2 minutes)
#
# - An image is a function of row and column; gradient, Sobel and Laplacian measure its slope and the slope of its slope.
# - The border needs a rule. Zeros outside the image draw edges that are not there.
# - Add a kernel's numbers up: 0 sees change only, 1 keeps brightness, anything else is probably a misprint.
# - Filters become extra channels. Those whose kernel sums to zero do not notice added light.
# - Normalise with the numbers of the training data; the way to the minimum gets shorter.
# - A copy is safe when a person would give it the same label.
#
# **What this does not show.** Small, centred digits and linear models. Light was added without clipping, which real cameras do. The bowl has two
# weights; a network's loss is no bowl. Whether moved copies help a deep network was not measured here.
#
# **Where next.** Lesson 3 builds a network from NumPy alone. Lesson 5 lets one learn its own kernels. Lesson 11 brings pictures of people.
#
# **Read more**
#
# - Marr and Hildreth, [Theory of edge detection](https://doi.org/10.1098/rspb.1980.0020), 1980: the Laplacian and its zero crossings.
# - LeCun, Bottou, Orr and Müller, [Efficient BackProp](https://doi.org/10.1007/3-540-49430-8_2), 1998: why inputs are normalised.
# - Simard, Steinkraus and Platt, [Best practices for convolutional neural networks](https://doi.org/10.1109/ICDAR.2003.1227801), 2003: augmentation of digits.
# - Shorten and Khoshgoftaar, [A survey on image data augmentation for deep learning](https://doi.org/10.1186/s40537-019-0197-0), 2019.
