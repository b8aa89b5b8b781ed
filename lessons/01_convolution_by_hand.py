# %% [markdown]
# # 1. Convolution by hand
#
# **Can a machine find a circle that it was never taught?** Lay a small picture of a circle over a large one. Multiply
# what overlaps, add it up, move one pixel, repeat. A convolutional layer does just that, many times over. In
# this lesson you do it on paper, then in a loop, then without a loop. At the end you prove that PyTorch does the same.
#
# | | |
# |---|---|
# | You will be able to | compute a correlation by hand · predict its output size · tell correlation from convolution · write it without a loop · say when a fixed pattern fails |
# | You need | NumPy slices; lesson 0 |
# | Time | 75 minutes |
# | Data | drawn here; no download |
# | Device | CPU; a GPU changes nothing |

# %%
import numpy as np
import torch

from course_utils.figures import draw_ring, draw_scene, nearest_figure
from course_utils.moving_figures import show_sliding
from course_utils.plots import show_images, show_lines
from course_utils.timing import seconds

# %% [markdown]
# ## 1.1 One number at a time (15 minutes)
#
# Here is an image of 4 × 4 pixels and a pattern of 2 × 2. The pattern has a 1 wherever we want the image to be bright.

# %%
image = np.array([[255, 185, 133, 121],
                  [155, 144, 188, 201],
                  [111, 88, 171, 211],
                  [110, 194, 143, 101]])
pattern = np.array([[1, 0],
                    [0, 1]])

# %% [markdown]
# Put the pattern on the top left corner: $255 \cdot 1 + 185 \cdot 0 + 155 \cdot 0 + 144 \cdot 1$.
# **Before you run the next cell:** which number comes out one step to the right? How many such numbers are there
# in all? Write your guesses down; nobody grades them.

# %% tags=["predict"]
my_guess_one_step_right = None
my_guess_how_many = None

# %% [markdown]
# Now let Python do the two sums.

# %% tags=["NBVAL_CHECK_OUTPUT"]
here = (image[0:2, 0:2] * pattern).sum()
one_step_right = (image[0:2, 1:3] * pattern).sum()
print("here:", here)
print("one step right:", one_step_right, "- your guess:", my_guess_one_step_right)
print("places in all:", 3 * 3, "- your guess:", my_guess_how_many)

# %% [markdown]
# The pattern fits in 3 places along each side, so there are $3 \cdot 3 = 9$ numbers. In general a pattern of height $k$ fits
# $h - k + 1$ times into an image of height $h$: every row can be a top row, but for the last $k - 1$.
#
# ### Exercise 1 · slide the pattern (10 minutes, difficulty 1)
#
# Write `correlate2d`. Two nested loops over the *output* are enough. Inside them stands the line you have just run.
#
# <details><summary>Hint</summary>
#
# Which slice of the image lies under the pattern when its top left corner is at row i, column j?
# </details>

# %% tags=["answer", "id:correlate2d"]
def correlate2d(image, kernel):
    """Slide `kernel` over `image` and sum the products at every place where it fits.

    image: (h, w) array; kernel: (kh, kw) array.
    Returns a float array of shape (h - kh + 1, w - kw + 1).
    """
    # TODO: make the output array, then fill it one place at a time
    ### BEGIN SOLUTION
    kernel_height, kernel_width = kernel.shape
    rows = image.shape[0] - kernel_height + 1
    columns = image.shape[1] - kernel_width + 1
    output = np.zeros((rows, columns))
    for i in range(rows):
        for j in range(columns):
            window = image[i:i + kernel_height, j:j + kernel_width]
            output[i, j] = (window * kernel).sum()
    return output
    ### END SOLUTION

# %% tags=["check", "id:correlate2d", "points:2"]
from course_utils.checks.convolution import check_correlate2d

check_correlate2d(correlate2d)
### BEGIN HIDDEN TESTS
check_correlate2d(correlate2d, shapes=[(7, 3, 2, 3), (3, 9, 3, 1), (5, 5, 5, 5)], seed=2041)
### END HIDDEN TESTS

# %% [markdown]
# All nine numbers at once. Look for the brightest place. The pattern asks for a bright diagonal.

# %%
show_images([image, pattern, correlate2d(image, pattern)], numbers=True,
            titles=["image", "pattern", "result"],
            alt="The 4 by 4 image, the 2 by 2 diagonal pattern, and the 3 by 3 result "
                "with 399 twice: top left, and at the right end of the middle row")

# %% [markdown]
# Two places share the highest score, 399. At the top left the diagonal is 255 and 144, but the pixels beside it are
# bright as well, and the pattern does not care: a 0 in the pattern means *ignore*, not *dark*. A high score says "bright
# where I look", no more. Keep this in mind for section 1.3.
#
# ## 1.2 What a score means (8 minutes)
#
# The next image holds two slanted lines, the pattern is a line that rises to the right.

# %%
lines = np.array([[0, 0, 0, 0, 0, 0, 0],
                  [0, 0, 255, 0, 255, 0, 0],
                  [0, 255, 0, 0, 0, 255, 0],
                  [255, 0, 0, 0, 0, 0, 255]])
rising = np.array([[0, 0, 1],
                   [0, 1, 0],
                   [1, 0, 0]])

# %% [markdown]
# **Predict:** what is the highest score that this pattern can reach on *any* image with pixels from 0 to 255?

# %% tags=["predict"]
my_guess_highest_score = None

# %% [markdown]
# Move the slider: the pattern goes over the image, place by place. Compare your number with the brightest place.

# %%
print("your guess:", my_guess_highest_score)
show_sliding(lines, rising, correlate2d(lines, rising),
             alt="An image with two slanted lines, a rising diagonal on it, and the "
                 "result: 765 at the lower left, where they agree, elsewhere at most 510")

# %% [markdown]
# Three ones in the pattern, 255 in each of the three pixels: $3 \cdot 255 = 765$ is a perfect match. The 510 is the same
# line met one row higher and one column further right, with two of three pixels in place. The falling line never gives more than 255: it
# crosses the pattern in one pixel.
#
# ### Exercise 2 · where is the best match? (8 minutes, difficulty 1)
#
# `np.argmax` counts through the whole array in one long row. We want a row and a column.
#
# <details><summary>Hint</summary>
#
# In an array with 5 columns, the flat index 7 is row 1, column 2. `divmod(7, 5)` knows it; so does a NumPy function
# with a long name that begins with unravel.
# </details>

# %% tags=["answer", "id:best_place"]
def best_place(scores):
    """Return (row, column) of the highest score as two whole numbers.

    scores: (h, w) array. Of equal scores the first one in reading order counts.
    """
    # TODO: turn the flat index of the maximum into a row and a column
    ### BEGIN SOLUTION
    row, column = divmod(int(np.argmax(scores)), scores.shape[1])
    return row, column
    ### END SOLUTION

# %% tags=["check", "id:best_place", "points:1"]
from course_utils.checks.convolution import check_best_place

check_best_place(best_place)
### BEGIN HIDDEN TESTS
check_best_place(best_place, shapes=[(1, 6), (6, 1), (3, 8), (9, 4)], seed=2042)
### END HIDDEN TESTS

# %% [markdown]
# ## 1.3 Find the circle, and lose it (10 minutes)
#
# Now a larger scene and a ring as the pattern. The ring has exactly the radius of the circle.

# %%
scene, centres = draw_scene(radius=16)
ring = draw_ring(radius=16)
show_images([scene, ring], titles=["scene", "pattern"], size=2.6,
            alt="A scene with the outlines of a circle, a square, a triangle and a "
                "hexagon, and beside it the pattern: a ring as large as the circle")

# %% [markdown]
# We slide the ring over the scene, find the best place and ask which figure has its centre there. The score is in
# per cent of a perfect match. The picture shows the scores of all places; look for the bright dot.

# %%
def find_circle(scene, ring):
    """The figure nearest to the best match of `ring`, and its score in per cent."""
    scores = correlate2d(scene, ring)
    row, column = best_place(scores)
    middle = ring.shape[0] // 2
    score = 100 * scores[row, column] / (255 * ring.sum())
    return nearest_figure(row + middle, column + middle), score

figure, score = find_circle(scene, ring)
print(f"best match: the {figure}, with {score:.0f}% of a perfect match")
show_images([correlate2d(scene, ring)], titles=["score at every place"], size=4,
            alt="The map of scores: one bright dot where the ring lies exactly on the "
                "circle, fainter rings and corners elsewhere")

# %% [markdown]
# It works without any training. **Predict:** let all four figures grow a little, from radius 16 to 18, and leave the ring as
# it is. Which figure wins now?

# %% tags=["predict"]
my_guess_winner = None

# %% [markdown]
# Run the search on scenes of growing figures.

# %% tags=["NBVAL_CHECK_OUTPUT"]
print("your guess for radius 18:", my_guess_winner)
for radius in [16, 17, 18, 20, 23, 26]:
    figure, score = find_circle(draw_scene(radius)[0], ring)
    print(f"radius {radius}: best match is the {figure:8s} ({score:.0f}%)")

# %% [markdown]
# One pixel is enough to lose the circle: the hexagon wins, then the square, then the triangle. A pattern knows one
# size and one orientation. We could try rings of many sizes, but who would draw the pattern of a dog,
# near and far, from the front and the side? A convolutional network keeps the sliding and drops the drawing:
# it *learns* its patterns, small ones first, and combines them in many layers
# ([LeCun et al., 1998](https://doi.org/10.1109/5.726791)).
#
# ### Your turn · explain the failure (5 minutes)
#
# Answer in three to five sentences in the cell below. Your instructor reads this one.

# %% [markdown] tags=["explain", "id:why_it_fails", "points:2"]
# Why does a ring of radius 16 lose a circle of radius 18? Why can another figure score higher? Name one change to the
# *pattern* or to the *search* that would help, and what it costs.
#
# ### BEGIN SOLUTION
# **Rubric.** 1 point: the ring and the larger circle overlap in a few pixels only, because both are thin outlines; a figure
# whose sides happen to lie along the ring collects more. 1 point: a remedy with its price, such as several ring sizes (one search
# for each size), or shrinking the image step by step (the same). A thicker or blurred ring brings more false matches. Negative
# weights around the ring punish bright pixels beside it: sharper, and still one size.
# ### END SOLUTION

# %% [markdown]
# ## 1.4 Correlation or convolution? (10 minutes)
#
# What we did so far is called *correlation*. In mathematics a *convolution* turns the kernel by 180 degrees first.
# For an image $I$ and a kernel $K$ of $k_h \times k_w$:
#
# $$\text{correlation}_{ij} = \sum_{u,v} I_{i+u,\,j+v}\, K_{uv}
# \qquad \text{convolution}_{ij} = \sum_{u,v} I_{i+u,\,j+v}\, K_{k_h-1-u,\;k_w-1-v}$$
#
# One bright pixel shows the difference. **Predict:** you correlate the dot below with the numbers 1 to 9. In which
# corner of the result does the 1 appear?

# %% tags=["predict"]
my_guess_corner_of_the_one = None

# %% [markdown]
# The dot is a 1 in the middle of zeros, so each kernel number turns up exactly once.

# %%
dot = np.zeros((5, 5))
dot[2, 2] = 1
one_to_nine = np.arange(1, 10).reshape(3, 3)
print("your guess:", my_guess_corner_of_the_one)
show_images([dot, one_to_nine, correlate2d(dot, one_to_nine)], numbers=True,
            titles=["dot", "kernel", "correlation"],
            alt="A single bright dot, the kernel 1 to 9, and their correlation: the "
                "kernel turned by 180 degrees, 9 at the top left, 1 at the bottom right")

# %% [markdown]
# Correlation with a dot gives the kernel *upside down and mirrored*. Convolution gives the kernel as it is, which is why
# mathematicians prefer it.
#
# ### Exercise 3 · true convolution (5 minutes, difficulty 1)
#
# Write `convolve2d`. You may use your own `correlate2d`.
#
# <details><summary>Hint</summary>
#
# A turn by 180 degrees reverses both axes. A slice can walk backwards.
# </details>

# %% tags=["answer", "id:convolve2d"]
def convolve2d(image, kernel):
    """The convolution of `image` with `kernel` at every place where the kernel fits.

    image: (h, w) array; kernel: (kh, kw) array.
    Returns a float array of shape (h - kh + 1, w - kw + 1).
    """
    # TODO: turn the kernel, then slide it
    ### BEGIN SOLUTION
    return correlate2d(image, kernel[::-1, ::-1])
    ### END SOLUTION

# %% tags=["check", "id:convolve2d", "points:1"]
from course_utils.checks.convolution import check_convolve2d

check_convolve2d(convolve2d)
### BEGIN HIDDEN TESTS
check_convolve2d(convolve2d, shapes=[(6, 4, 2, 3), (4, 7, 4, 1), (5, 5, 3, 3)], seed=2043)
### END HIDDEN TESTS

# %% [markdown]
# **Spot the error.** "PyTorch's `conv2d` computes a convolution." It is in its name, and yet:

# %%
def torch_conv2d(image, kernel):
    """torch.nn.functional.conv2d for one image, one kernel and plain arrays."""
    batch = torch.as_tensor(image, dtype=torch.float64)[None, None]
    weight = torch.as_tensor(kernel.copy(), dtype=torch.float64)[None, None]
    return torch.nn.functional.conv2d(batch, weight)[0, 0].numpy()

assert np.allclose(torch_conv2d(image, pattern), correlate2d(image, pattern))
assert not np.allclose(torch_conv2d(lines, rising[:2]), convolve2d(lines, rising[:2]))

# %% [markdown]
# It is a correlation. For a network this makes no difference: it learns its kernels, and would learn them
# turned. It makes a difference to *you* as soon as you draw a kernel by hand or compare with `scipy.signal.convolve2d`.
#
# ## 1.5 Stride and padding (10 minutes)
#
# Two knobs decide how large the output is. The **stride** $s$ is the step of the pattern; with $s = 2$ we skip every second
# place. **Padding** $p$ puts $p$ rows and columns of zeros around the image, so that the pattern can reach over the border.
# On an image of height $h$, a kernel of height $k$ fits this often:
#
# $$\text{output height} = \left\lfloor \frac{h + 2p - k}{s} \right\rfloor + 1$$
#
# The brackets round down: a step that would leave the image is not made.
#
# ### Exercise 4 · output size (5 minutes, difficulty 1)
#
# Many a late night was spent on this one line of code.
#
# <details><summary>Hint</summary>
#
# `//` divides and rounds down. What must be added after the division, and why?
# </details>

# %% tags=["answer", "id:output_size"]
def output_size(size, kernel, stride=1, padding=0):
    """How often a kernel fits along one side; whole numbers in, a whole number out."""
    # TODO: the formula above
    ### BEGIN SOLUTION
    return (size + 2 * padding - kernel) // stride + 1
    ### END SOLUTION

# %% tags=["check", "id:output_size", "points:1"]
from course_utils.checks.convolution import check_output_size

check_output_size(output_size)
### BEGIN HIDDEN TESTS
check_output_size(output_size, cases=[(224, 7, 2, 3), (9, 2, 3, 0), (6, 6, 5, 0), (1, 3, 1, 1)])
### END HIDDEN TESTS

# %% [markdown]
# Four settings that you will meet again, on an image of MNIST's size:

# %% tags=["NBVAL_CHECK_OUTPUT"]
settings = {"valid, 3 x 3": (3, 1, 0), "same, 3 x 3": (3, 1, 1),
            "halving, 3 x 3": (3, 2, 1), "ResNet's first, 7 x 7": (7, 2, 3)}
for name, (kernel_size, stride, padding) in settings.items():
    size = output_size(28, kernel_size, stride, padding)
    print(f"{name:22s} stride {stride}, padding {padding}: 28 -> {size}")

# %% [markdown]
# "Same" keeps the size, at stride 1, for odd kernels with $p = (k - 1) / 2$. **The mistake everyone makes:** to forget the rounding. With
# $h = 28$, $k = 3$, $s = 2$, $p = 0$ the division gives 12.5, and the last column is never looked at.
#
# ## 1.6 Without a loop (17 minutes)
#
# Your two loops call NumPy once for every place. Python pays for each call. Here is a way to hand all windows to NumPy at once. A
# window view copies nothing: it is the same memory, seen with four axes. Axes 0 and 1 say *where*, axes 2 and 3 hold the
# window. One `einsum` sums the products over the last two.

# %% tags=["NBVAL_CHECK_OUTPUT"]
windows = np.lib.stride_tricks.sliding_window_view(image, (2, 2))
print("image", image.shape, "-> windows", windows.shape)
print(windows[1, 2])

def correlate_windows(image, kernel):
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return np.einsum("ijuv,uv->ij", windows, kernel).astype(float)

assert np.array_equal(correlate_windows(image, pattern), correlate2d(image, pattern))

# %% [markdown]
# One more step makes it a *matrix product*, the operation for which computers are built. Write each window as one row of
# a matrix, and the kernel as a column ([Chellapilla et al., 2006](https://inria.hal.science/inria-00112631)). This is called
# **im2col**, "image to columns", after libraries that lay each window down as a column. Rows suit NumPy better.
#
# ### Exercise 5 · im2col (12 minutes, difficulty 2)
#
# Row 0 is the window at the top left, row 1 the one to its right, and so on in reading order. Each window is read row by
# row too. A stride larger than 1 skips places.
#
# <details><summary>Hint</summary>
#
# Start from the window view. Thin out its first two axes with slices that have a step, then reshape.
# </details>

# %% tags=["answer", "id:im2col"]
def im2col(image, kernel_height, kernel_width, stride=1):
    """Every window of `image` as one row of a matrix.

    image: (h, w) array. Returns an array of shape
    (rows of the output * columns of the output, kernel_height * kernel_width).
    """
    # TODO: windows, then every stride-th of them, then one row each
    ### BEGIN SOLUTION
    shape = (kernel_height, kernel_width)
    view = np.lib.stride_tricks.sliding_window_view(image, shape)
    return view[::stride, ::stride].reshape(-1, kernel_height * kernel_width)
    ### END SOLUTION

# %% tags=["check", "id:im2col", "points:2"]
from course_utils.checks.convolution import check_im2col

check_im2col(im2col)
### BEGIN HIDDEN TESTS
check_im2col(im2col, cases=[(5, 8, 2, 3, 2), (9, 4, 4, 1, 3), (6, 6, 6, 6, 1), (7, 5, 1, 2, 2)], seed=2044)
### END HIDDEN TESTS

# %% [markdown]
# Now the whole correlation is a product of two matrices and a reshape.

# %%
def correlate_matrix(image, kernel):
    rows = output_size(image.shape[0], kernel.shape[0])
    product = im2col(image, *kernel.shape).astype(float) @ kernel.ravel()
    return product.reshape(rows, -1)

assert np.array_equal(correlate_matrix(image, pattern), correlate2d(image, pattern))

# %% [markdown]
# Four ways, one result. We prove it on an image and a kernel of random numbers, where a lucky symmetry cannot help.

# %% tags=["NBVAL_CHECK_OUTPUT"]
def four_ways():
    return {"loops": correlate2d, "windows": correlate_windows,
            "matrix product": correlate_matrix, "torch": torch_conv2d}

random = np.random.default_rng(seed=1)
noise, kernel = random.normal(size=(40, 30)), random.normal(size=(5, 3))
for name, way in four_ways().items():
    difference = np.abs(way(noise, kernel) - torch_conv2d(noise, kernel)).max()
    print(f"{name:14s} agrees with torch to 1e-12: {difference < 1e-12}")

# %% [markdown]
# Equal results, unequal cost. **Predict:** on an image of 256 × 256 with a 5 × 5 kernel, how many times faster than
# the loops is the matrix product?

# %% tags=["predict"]
my_guess_times_faster = None

# %% [markdown]
# Both axes of the plot are logarithmic: a straight line means a power law. Every method gets one processor core.

# %%
torch.set_num_threads(1)
sizes = [16, 32, 64, 128, 256]
pictures = [random.normal(size=(size, size)) for size in sizes]
kernel = random.normal(size=(5, 5))
cost = {name: [1000 * seconds(way, picture, kernel) for picture in pictures]
        for name, way in four_ways().items()}
ratio = cost["loops"][-1] / cost["matrix product"][-1]
print(f"matrix product: {ratio:.0f} times faster - your guess:", my_guess_times_faster)
show_lines(sizes, cost, "image height = width (pixels)", "milliseconds", log="xy",
           baseline=("one screen frame at 60 Hz", 1000 / 60),
           alt="Time against image size on logarithmic axes: the loops rise steeply and "
               "are the slowest on large images; the other three lie far below")

# %% [markdown]
# On large images all lines have about the same slope: twice the side is four times the pixels and four times the work. The
# loops pay more for each pixel. No method changes the *count* of multiplications, $(h-k+1)(w-k+1)\,k^2$; they change
# who does them. The matrix product pays for its copies: im2col writes each pixel up to 25 times here. On small images the
# three lower lines flatten: there the call itself is what takes the time.
#
# ## 1.7 What to take with you (5 minutes)
#
# - A correlation is a sum of products under a sliding pattern; you computed one by hand and wrote it in a loop.
# - The output has $\lfloor (h + 2p - k)/s \rfloor + 1$ rows. You can predict it before you run anything.
# - A convolution turns the kernel first. What PyTorch calls a convolution does not.
# - Windows, im2col and torch give the same numbers without a Python loop.
# - A drawn pattern knows one size and one orientation.
#
# **What this does not show.** One grey image, one pattern, no noise. Timings come from one machine and one
# run; the ratio changes with processor and library. The figures were drawn for the ring: a photograph would be harder.
#
# **Where next.** Lesson 2 uses small kernels that were designed by hand: gradient, Sobel, Laplacian. Lesson 5 lets a network learn its own.
#
# **Read more**
#
# - LeCun, Bottou, Bengio and Haffner, [Gradient-based learning applied to document recognition](https://doi.org/10.1109/5.726791), 1998.
# - Chellapilla, Puri and Simard, [High performance convolutional neural networks for document processing](https://inria.hal.science/inria-00112631), 2006: im2col.
# - Dumoulin and Visin, [A guide to convolution arithmetic for deep learning](https://arxiv.org/abs/1603.07285), 2016: stride and padding, drawn.
