# %% [markdown]
# # 7. Grid search
#
# **Who chooses the learning rate?** Training finds the weights. It does not find the learning rate, the weight decay or the batch
# size: those *hyper-parameters* are chosen by somebody, and a bad choice ruins the best network. In this lesson you
# try them systematically, read what the tables say, and learn when not to trust the best number in a table.
#
# | | |
# |---|---|
# | You will be able to | run a grid of trainings that survives an interruption · read a table of accuracies · say what weight decay does in one step · sample on a logarithmic scale · choose a setting without fooling yourself |
# | You need | lessons 4 and 6: training loop, ResNet-18 |
# | Time | 90 minutes |
# | Data | digits, 28 × 28; no download |
# | Device | CPU with two cores; more cores or a cluster run more cells at once |

# %%
import tempfile

import numpy as np
import optuna

from course_utils.data import load_digits
from course_utils.device import settings
from course_utils.grid_plots import show_accuracies, show_rivals, show_runs
from course_utils.grid_search import run_grid
from course_utils.grid_training import train_cell
from course_utils.plots import show_lines

optuna.logging.set_verbosity(optuna.logging.WARNING)
chosen, digits = settings(), load_digits()

# %% [markdown]
# ## 7.1 Twelve trainings (18 minutes)
#
# Each cell of a table is one training of a ResNet-18 with stochastic gradient descent and momentum 0.9, as in the practical work that this
# lesson follows. The quick profile trains a
# **narrow** one: 18 layers with 8 channels instead of 64, which is a sixty-fourth of the arithmetic, a stem of stride 2, and four epochs.
#
# **The mistake everyone makes** is to compare settings on the *test* images. Whoever picks the best of twelve by the test
# set has used it for training, by hand. We set a fifth of the training images aside. These **held-out** images judge the
# cells; the test images wait until section 7.6.

# %%
size = {"width": 8, "epochs": 4} if chosen.quick else {"width": 64, "epochs": 5}
x, y = digits.x_train, digits.y_train
if chosen.quick:
    x, y = x[:1437], y[:1437]
cut = len(x) * 4 // 5
data = x[:cut], y[:cut], x[cut:], y[cut:]
print(f"{cut:,} images to train on, {len(x) - cut:,} held out; {size}")

# %% [markdown]
# ### Exercise 1 · all cells of a grid (6 minutes, difficulty 1)
#
# A grid is given by its columns. Make one dict for each combination.
#
# <details><summary>Hint</summary>
#
# `itertools.product` takes lists and gives every combination of their values. `*` takes a collection apart.
# </details>

# %% tags=["answer", "id:grid_cells"]
def grid_cells(columns):
    """Every combination of the columns' values.

    columns: dict from name to list, such as {"learning_rate": [0.1, 0.01], "seed": [0]}.
    Returns a list of dicts, such as [{"learning_rate": 0.1, "seed": 0}, ...].
    """
    # TODO: one new dict for each combination
    ### BEGIN SOLUTION
    import itertools
    combinations = itertools.product(*columns.values())
    return [dict(zip(columns, values, strict=True)) for values in combinations]
    ### END SOLUTION

# %% tags=["check", "id:grid_cells", "points:1"]
from course_utils.checks.grid_search import check_grid_cells

check_grid_cells(grid_cells)
### BEGIN HIDDEN TESTS
check_grid_cells(grid_cells, cases=((3, 4), (1, 2, 2), (2, 2, 1, 3)), seed=2071)
### END HIDDEN TESTS

# %% [markdown]
# The two tables of the practical work. Table 1 varies the weight decay with batches of 64, Table 2 the batch size with a weight decay of 0.001.

# %%
RATES, DECAYS, BATCHES = [1.0, 0.1, 0.01, 0.001], [0.1, 0.01, 0.001], [5, 64, 200]

def cells_of(**columns):
    return [cell | size for cell in grid_cells({"learning_rate": RATES} | columns)]

# %% [markdown]
# No cell needs another, so they can run side by side: `run_grid` hands each one to a free process
# ([joblib](https://joblib.readthedocs.io)) and writes a small file when it is done. Interrupt it, or lose the machine: the next call reads the
# files and trains only what is missing. (Here they lie in a temporary folder; one of your own would outlive the notebook.) With the address of a Dask scheduler in `SCHEDULER` the same call uses a cluster
# (docs/several-machines.md).

# %%
FOLDER, SCHEDULER = tempfile.mkdtemp(), None  # a cluster: "tcp://10.0.0.5:8786"

def run(cells, images=None):
    images = images or data
    experiment = f"{digits.source}, {len(images[0])} and {len(images[2])} images"
    return run_grid(train_cell, cells, FOLDER, images, experiment, scheduler=SCHEDULER)

# %% [markdown]
# A bad cell is refused *before* hours are spent on the good ones:

# %% tags=["NBVAL_CHECK_OUTPUT"]
for wrong in [[], [{"learning_rate": -0.1}], [{"learning_rte": 0.1}]]:
    try:
        run(wrong)
    except ValueError as error:
        print(str(error)[:78])

# %% [markdown]
# ### Exercise 2 · fill the table (8 minutes, difficulty 2)
#
# Results come as a list of dicts: the cell's columns, `"accuracy"`, and a `"status"` of `"done"` or `"diverged"`. A cell diverged when a
# number became infinite; its accuracy is `None`. In the table it stands as NaN, and so does a cell without a result.
#
# <details><summary>Hint</summary>
#
# Begin with `np.full(..., np.nan)`. `row_values.index(value)` says in which row a value belongs.
# </details>

# %% tags=["answer", "id:fill_table"]
def fill_table(results, row, row_values, column, column_values):
    """A float array (len(row_values), len(column_values)) of accuracies.

    row, column: names of two columns of the grid; results: in any order.
    """
    # TODO: a table of NaN, then one entry for each result that is done
    ### BEGIN SOLUTION
    table = np.full((len(row_values), len(column_values)), np.nan)
    for result in results:
        if result["status"] == "done":
            i = row_values.index(result[row])
            j = column_values.index(result[column])
            table[i, j] = result["accuracy"]
    return table
    ### END SOLUTION

# %% tags=["check", "id:fill_table", "points:2"]
from course_utils.checks.grid_search import check_fill_table

check_fill_table(fill_table)
### BEGIN HIDDEN TESTS
check_fill_table(fill_table, shapes=((1, 4), (5, 2), (3, 3)), seed=2072)
### END HIDDEN TESTS

# %% [markdown]
# ## 7.2 Read the tables (16 minutes)
#
# **Predict** before anything runs: the accuracy with learning rate 1.0, and the best learning rate of Table 1.

# %% tags=["predict"]
my_guess_accuracy_at_1 = None
my_guess_best_rate = None

# %% [markdown]
# Table 1, twelve cells. Each shows the accuracy on the held-out images; a frame marks the best.

# %%
def table_1():
    results = run(cells_of(weight_decay=DECAYS, batch_size=[64]))
    return fill_table(results, "weight_decay", DECAYS, "learning_rate", RATES)

show_accuracies({"weight decay": table_1()}, "learning rate", RATES, [DECAYS],
                alt="Learning rate 1.0 is the darkest column, 0.01 the brightest one")

# %% [markdown]
# **Predict:** Table 2 has twelve cells too. How many of them have to be trained? The progress bar will tell: it begins at the cells that are known.

# %% tags=["predict"]
my_guess_cells_to_train = None

# %% [markdown]
# Both tables side by side, on one scale of colours. Move the slider to the left: cells too far below the best of their table fade. One held-out image is about a
# third of a point. How many rivals are left within two points?

# %%
def table_2():
    results = run(cells_of(weight_decay=[0.001], batch_size=BATCHES))
    return fill_table(results, "batch_size", BATCHES, "learning_rate", RATES)

show_rivals({"weight decay": table_1(), "batch size": table_2()},
            "learning rate", RATES, [DECAYS, BATCHES],
            alt="Both tables: rate 1.0 is darkest in both. In Table 2 batches of 64 with "
                "rate 0.1 are best, batches of 5 nearly as bright with 0.01 and 0.001, "
                "batches of 200 with the smallest rate dark")
best = np.nanmax(table_1(), axis=0)
print(f"rate 1.0: at most {best[0]:.3f} - your guess: {my_guess_accuracy_at_1}")
print(f"best rate: {RATES[best.argmax()]:g} - your guess: {my_guess_best_rate}")
print("cells trained for Table 2: 8 - your guess:", my_guess_cells_to_train)

# %% [markdown]
# The row with batch size 64 and weight decay 0.001 stands in both tables, so eight cells were trained.
# The practical work gives three cells of Table 2 for the full network on the full MNIST, without a spread. Its row is the one of batch size 5.
#
# | learning rate | 1.0 | 0.01 | 0.001 |
# |---|---|---|---|
# | reference, batch size 5 | 0.11 | 0.9910 | 0.9905 |
#
# Compare with your own row: the same shape, and lower numbers, from about a fiftieth of the images and a network far narrower. With learning rate 1.0 no
# number became infinite: batch normalisation rescales whatever comes out of a layer. The network stays at chance instead, or not far above. So does the
# reference: whoever answers "1" to every MNIST image is right 11 times in 100.
#
# Two things hide in the tables. All cells train for equal *epochs*, not for equal *steps*. And each network was prepared before it was judged:
# `train_cell` measured batch normalisation's means once more with the final weights. The last line below is the first row of Table 1 *without* that.

# %%
for batch_size in BATCHES:
    print(f"batch size {batch_size:3d}: {size['epochs'] * -(-cut // batch_size):5,} steps")
stale = run(cells_of(weight_decay=[0.1], batch_size=[64], fresh_statistics=[False]))
print("stale means:", [round(found["accuracy"], 3) for found in stale])

# %% [markdown]
# Compare the third number with the table: a network that has learnt well reads as chance, because the running means still belong to earlier
# weights. After a long training nobody would notice ([Wu and Johnson, 2021](https://arxiv.org/abs/2105.07576)). Before you explain a strange
# cell, ask whether it was measured well.
#
# With batches of 200 and a learning rate of 0.001 the explanation is another one: too few steps. The setting is not bad, it is unfinished. A table
# compares settings under its budget, and under no other.
#
# ### Your turn · comment the tables (8 minutes)
#
# Six to ten sentences. Your instructor reads this one.

# %% [markdown] tags=["explain", "id:comment_tables", "points:4"]
# Comment the two tables. What does the learning rate do at either end, and why? How do learning rate and weight decay act together? How do learning rate and
# batch size? Which differences between cells would you not trust, and why?
#
# ### BEGIN SOLUTION
# **Rubric.** 1 point: learning rate 1.0 fails, at chance or not far above, because steps overshoot (momentum 0.9 makes them up to ten times longer); 0.001 is too slow
# for the budget, unless steps are many; the best lies between. 1 point: decay acts through learning rate × weight decay per step, so a strong decay
# hurts most at high rates (at 0.1 and 0.1, one per cent of each weight is lost per step), while at 0.001 it hardly matters. 1 point: with equal
# epochs small batches mean more and noisier steps, so the best rate falls as batches get smaller, and large batches with small rates are unfinished.
# 1 point: one seed a cell, and few held-out images (one image is about 0.35 per cent on the built-in digits, the standard error at 0.95 about 1.3 per
# cent): differences of one or two per cent may be luck; the tables' best cell is the luckiest of many.
# ### END SOLUTION

# %% [markdown]
# ## 7.3 One step with weight decay (12 minutes)
#
# Weight decay adds $\lambda \cdot w$ to the gradient, the derivative of the penalty $\frac{\lambda}{2} \lVert w \rVert^2$. (The practical work writes
# $\lambda$ over its learning rates; here it means the weight decay.)
#
# ### Exercise 3 · one step (5 minutes, difficulty 1)
#
# Write one step of plain gradient descent with weight decay, without momentum, as PyTorch's `SGD` takes it.
#
# <details><summary>Hint</summary>
#
# First the full gradient, loss and penalty. Then the step.
# </details>

# %% tags=["answer", "id:sgd_step"]
def sgd_step(weights, gradient, learning_rate, weight_decay):
    """The weights after one step, as a new array; `gradient` is that of the loss alone."""
    # TODO: add the penalty's gradient, then walk downhill
    ### BEGIN SOLUTION
    return weights - learning_rate * (gradient + weight_decay * weights)
    ### END SOLUTION

# %% tags=["check", "id:sgd_step", "points:1"]
from course_utils.checks.grid_search import check_sgd_step

check_sgd_step(sgd_step)
### BEGIN HIDDEN TESTS
check_sgd_step(sgd_step, cases=((0.3, 0.2), (2.0, 0.05), (0.01, 0.7), (1.0, 0.0)), seed=2073)
### END HIDDEN TESTS

# %% [markdown]
# What if the loss has nothing to say? With a gradient of zero each step multiplies the weights by $1 - \text{learning rate} \cdot \lambda$. **Predict:** which
# share of a weight is left after 72 steps, four epochs of Table 1, with learning rate 0.1 and weight decay 0.1?

# %% tags=["predict"]
my_guess_share_left = None

# %% [markdown]
# Four corners of Table 1:

# %%
def decay_alone(learning_rate, weight_decay, steps=72):
    weights, left = np.ones(1), [1.0]
    for _ in range(steps):
        weights = sgd_step(weights, np.zeros(1), learning_rate, weight_decay)
        left.append(weights[0])
    return left

corners = {f"rate {rate:g}, decay {decay:g}": decay_alone(rate, decay)
           for rate, decay in [(1.0, 0.1), (0.1, 0.1), (0.1, 0.001), (0.001, 0.1)]}
print(f"left: {corners['rate 0.1, decay 0.1'][-1]:.2f} - your guess: {my_guess_share_left}")
show_lines(range(73), corners, "step", "share of a weight that is left",
           baseline=("half", 0.5),
           alt="With rate 1.0 and decay 0.1 a weight is gone after 40 steps, with 0.1 and "
               "0.1 half is left after 72, with the other two nearly all")

# %% [markdown]
# Only the *product* of the two counts. Momentum of 0.9 multiplies it by up to ten more. That is why the top row of Table 1 suffers most where the
# learning rate is high. (Where batch normalisation follows a layer, the scale of its weights does not change its output. There weight decay
# acts by keeping the weights small, so that equal steps turn them further,
# [van Laarhoven, 2017](https://arxiv.org/abs/1706.05350).)
#
# ## 7.4 Do not walk in a grid (16 minutes)
#
# Twelve cells of Table 1 try four learning rates. Twelve *random* cells try twelve, at the same price
# ([Bergstra and Bengio, 2012](https://jmlr.org/papers/v13/bergstra12a.html)). But random on which scale? Between 0.001 and 1, nine in ten uniform
# numbers are above 0.1.
#
# ### Exercise 4 · the right scale (5 minutes, difficulty 1)
#
# Turn numbers `u` between 0 and 1 into numbers between `low` and `high`, so that each power of ten gets the same share.
#
# <details><summary>Hint</summary>
#
# Halfway between 0.001 and 1 should lie the number whose logarithm is halfway: about 0.03.
# </details>

# %% tags=["answer", "id:log_uniform"]
def log_uniform(u, low, high):
    """u: array of numbers from 0 to 1, any shape. Returns one like it, from low to high."""
    # TODO: a straight line from log(low) to log(high), then back
    ### BEGIN SOLUTION
    return np.exp(np.log(low) + u * (np.log(high) - np.log(low)))
    ### END SOLUTION

# %% tags=["check", "id:log_uniform", "points:1"]
from course_utils.checks.grid_search import check_log_uniform

check_log_uniform(log_uniform)
### BEGIN HIDDEN TESTS
check_log_uniform(log_uniform, cases=((0.0001, 0.5), (1.0, 1000.0), (0.3, 0.4)), seed=2074)
### END HIDDEN TESTS

# %% [markdown]
# Random search, twelve cells in the area of Table 1 (batches of 64 are the default). All of them are known at the start, so all can run at once.

# %%
def random_search(n=12, seed=0):
    u = np.random.default_rng(seed).uniform(size=(2, n))
    pairs = zip(log_uniform(u[0], 0.001, 1.0), log_uniform(u[1], 0.001, 0.1), strict=True)
    return run([{"learning_rate": float(a), "weight_decay": float(b)} | size
                for a, b in pairs])

# %% [markdown]
# **Bayesian search** looks at the results so far before it tries the next cell. Optuna's sampler estimates where good cells are dense and bad ones are
# not, and draws there ([Akiba et al., 2019](https://arxiv.org/abs/1907.10902)). We ask for two cells at a time, train them side by side, and tell it the
# results. A diverged cell is told as accuracy 0, so that it stays away.

# %%
def accuracy_of(result):
    return result["accuracy"] or 0.0

def bayesian_search(n=12, at_once=2, seed=0):
    sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=4)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    results = []
    while len(results) < n:
        trials = [study.ask() for _ in range(at_once)]
        cells = [{"learning_rate": trial.suggest_float("rate", 0.001, 1.0, log=True),
                  "weight_decay": trial.suggest_float("decay", 0.001, 0.1, log=True)}
                 | size for trial in trials]
        found = run(cells)
        for trial, result in zip(trials, found, strict=True):
            study.tell(trial, accuracy_of(result))
        results += found
    return results

# %% [markdown]
# Three searches with the same budget: twelve trainings each. For each we draw the best accuracy so far. The order of a grid or a random search is
# arbitrary, so their lines are means over many shuffles.

# %%
def best_so_far(results, shuffled):
    accuracies = np.array([accuracy_of(result) for result in results])
    random = np.random.default_rng(seed=0)
    times = 500 if shuffled else 0
    orders = [random.permutation(accuracies) for _ in range(times)] or [accuracies]
    return np.mean([np.maximum.accumulate(order) for order in orders], axis=0)

table_1_cells = cells_of(weight_decay=DECAYS, batch_size=[64])
searches = {"grid": best_so_far(run(table_1_cells), True),
            "random": best_so_far(random_search(), True),
            "Bayesian": best_so_far(bayesian_search(), False)}
show_lines(range(1, 13), searches, "trainings", "best held-out accuracy so far",
           baseline=("chance", 0.1),
           alt="Best held-out accuracy against the number of trainings for three searches: "
               "all climb well above chance and end near each other")
print({name: round(float(values[-1]), 3) for name, values in searches.items()})

# %% [markdown]
# One run of each ranks nothing: another seed can turn the order round. What is certain is the price: the grid and the random
# search can use twelve machines at once, the Bayesian search waits for answers. It earns that wait where one training takes hours, and where
# there are more columns than a grid can hold.
#
# ## 7.5 What keeps the network from learning by heart? (12 minutes)
#
# **Regularisation** is whatever narrows the gap between training images and new ones. This network has several: weight decay; batch normalisation, whose
# means change from batch to batch and act as noise; the mean over the last map, which leaves the linear layer few weights; the noise of small
# batches; the early end of training. It has no dropout, and no augmentation.
#
# We take them out **one at a time** and add one that is missing: images shifted by up to a pixel. Few images and more epochs make the gap visible.

# %%
FEW = {"quick": 400, "full": 4000}[chosen.profile]
BASE = size | {"learning_rate": 0.03, "weight_decay": 0.001, "batch_size": 32, "epochs": 10}
VARIANTS = {"as it is": {}, "no weight decay": {"weight_decay": 0.0},
            "no batch norm": {"batch_norm": False},
            "no mean over the map": {"average_pooling": False},
            "plus shifted images": {"shift": 1}}

cells = [BASE | change | {"seed": seed}
         for change in VARIANTS.values() for seed in range(3)]
ablation = run(cells, (x[:FEW], y[:FEW], *data[2:]))

# %% [markdown]
# Mean and standard deviation over three seeds, on the images that were trained on and on those held out:

# %%
def runs_of(name, which):
    first = 3 * list(VARIANTS).index(name)
    return [result[which] for result in ablation[first:first + 3]]

for name in VARIANTS:
    train, held_out = (np.array(runs_of(name, which), dtype=float)
                       for which in ["train_accuracy", "accuracy"])
    print(f"{name:22s} train {train.mean():.3f} ± {train.std(ddof=1):.3f}",
          f"  held out {held_out.mean():.3f} ± {held_out.std(ddof=1):.3f}")

# %% [markdown]
# The same as a picture: a mark for each seed, a line for each mean.

# %%
show_runs({name: {"training images": runs_of(name, "train_accuracy"),
                  "held-out images": runs_of(name, "accuracy")} for name in VARIANTS},
          "accuracy",
          alt="Accuracy of five variants, three seeds each: without batch norm both marks "
              "lie far to the left and far apart; elsewhere training images are near 1, "
              "held-out ones a little lower, lowest without weight decay")

# %% [markdown]
# Read each row with its spread. A difference smaller than the spread says nothing. Regularisation works where the *gap* between the two marks gets narrower. And a network that has not fitted its *training* images cannot tell
# you about regularisation: there the part that was removed was needed to train at all.
#
# ### Your turn · which regularisation is at work? (6 minutes)
#
# Four to six sentences. Your instructor reads this one.

# %% [markdown] tags=["explain", "id:regularisation", "points:3"]
# Which regularisations does the network have, and how does each one work? For which of them does your ablation show an effect beyond the spread, and what
# can it not show?
#
# ### BEGIN SOLUTION
# **Rubric.** 1 point: names at least three of weight decay, batch norm (noise of batch statistics), mean over the map, small batches, early end; says
# that dropout and augmentation are absent. 1 point: explains two of them (decay keeps weights small or steps effective; batch statistics differ from batch to
# batch; pooling leaves fewer weights). 1 point: reads the ablation with its spread, sees that removing batch norm harms *training* accuracy, so the row
# is no evidence about regularisation, and that 400 images, 10 epochs and one learning rate bound what can be concluded. (In our stored run weight
# decay shows beyond the spread, the mean over the map barely, shifted images do not.)
# ### END SOLUTION

# %% [markdown]
# ## 7.6 The winner's curse (11 minutes)
#
# The best of many noisy numbers is a good setting *and* a lucky one. So we run the candidates again with new seeds: the two best cells of Table 1, and
# the best of the Bayesian search.
#
# ### Exercise 5 · choose a setting (8 minutes, difficulty 2)
#
# Group the results by learning rate and weight decay. Take the mean over the seeds. A setting of which one run diverged is out: you would not want it to
# happen to *your* run.
#
# <details><summary>Hint</summary>
#
# A dict from (learning rate, weight decay) to a list of accuracies does the grouping: `groups.setdefault(key, []).append(...)`.
# </details>

# %% tags=["answer", "id:best_setting"]
def best_setting(results):
    """(learning_rate, weight_decay) with the highest mean accuracy over its seeds."""
    # TODO: group, drop settings with a diverged run, compare the means
    ### BEGIN SOLUTION
    groups = {}
    for result in results:
        key = result["learning_rate"], result["weight_decay"]
        groups.setdefault(key, []).append(result["accuracy"])
    means = {key: np.mean(runs) for key, runs in groups.items() if None not in runs}
    return max(means, key=means.get)
    ### END SOLUTION

# %% tags=["check", "id:best_setting", "points:2"]
from course_utils.checks.grid_search import check_best_setting

check_best_setting(best_setting)
### BEGIN HIDDEN TESTS
check_best_setting(best_setting, cases=(3, 5, 7), seed=2075)
### END HIDDEN TESTS

# %% [markdown]
# Three candidates, three new seeds:

# %%
def candidates():
    table = run(cells_of(weight_decay=DECAYS, batch_size=[64]))
    return [*sorted(table, key=accuracy_of)[-2:], max(bayesian_search(), key=accuracy_of)]

def repeated(seeds=(1, 2, 3)):
    columns = ("learning_rate", "weight_decay")
    settings = {tuple(found[name] for name in columns) for found in candidates()}
    return run([dict(zip(columns, one, strict=True)) | size | {"seed": seed}
                for one in sorted(settings) for seed in seeds])

# %% [markdown]
# Do the candidates keep what they promised? The chosen setting, and it alone, then meets the test images, with three more seeds.

# %%
before = np.mean([found["accuracy"] for found in candidates()])
after = np.mean([accuracy_of(found) for found in repeated()])
print(f"candidates: {before:.3f} in the search, {after:.3f} with new seeds")
rate, decay = best_setting(repeated())
final = [{"learning_rate": rate, "weight_decay": decay} | size | {"seed": seed}
         for seed in (4, 5, 6)]
scores = [found["accuracy"] for found in run(final, (x, y, digits.x_test, digits.y_test))]
print(f"chosen: learning rate {rate:.3g}, weight decay {decay:.3g}")
print(f"test accuracy {np.mean(scores):.3f} ± {np.std(scores, ddof=1):.3f} over 3 seeds")

# %% [markdown]
# ## 7.7 What to take with you (5 minutes)
#
# - Cells of a grid are independent: run them side by side, write each down at once, resume after an interruption.
# - Learning rate, weight decay and batch size act together; a table shows it, a single column hides it.
# - Weight decay acts per step as learning rate times weight decay.
# - Sample learning rates on a logarithmic scale. Random and Bayesian search try more values than a grid at the same price.
# - Choose on held-out images, repeat the best with new seeds, touch the test images once.
#
# **What this does not show.** A few hundred held-out images cannot tell settings apart that differ by one per cent. Four epochs favour high learning rates
# and small batches; the full network, all of MNIST and a longer training have other best cells. No cell was given a schedule. With three
# candidates the winner's curse may be too small to see.
#
# **Where next.** Lesson 8 leaves classes behind: its networks learn whether two images show the same thing.
#
# **Read more**
#
# - Bergstra and Bengio, [Random search for hyper-parameter optimization](https://jmlr.org/papers/v13/bergstra12a.html), 2012.
# - Akiba, Sano, Yanase, Ohta and Koyama, [Optuna](https://arxiv.org/abs/1907.10902), 2019.
# - van Laarhoven, [L2 regularization versus batch and weight normalization](https://arxiv.org/abs/1706.05350), 2017.
# - Goyal and others, [Accurate, large minibatch SGD](https://arxiv.org/abs/1706.02677), 2017: batch size and learning rate together.
