# %% [markdown]
# # 6. ResNet-18
#
# **Why can thirty layers learn less than three?** More layers can say more, so they ought to be better. For years
# they were not: past some depth a network did not even fit the images it was *trained* on. The cure is one plus sign.
# In this lesson you see the illness in plain numbers, build the network with the plus sign,
# prove that it is the one in the library, and train it.
#
# | | |
# |---|---|
# | You will be able to | say why gradients vanish in a deep chain · write a residual block · build ResNet-18 and count its parameters · prove your network equal to another · fit it to small images |
# | You need | lessons 3 to 5: backpropagation, `nn.Module`, the training loop, max pooling |
# | Time | 90 minutes |
# | Data | digits, 28 × 28; no download |
# | Device | CPU with two cores; a GPU trains the full width |

# %%
import functools

import numpy as np
import torch
from torch import nn

from course_utils.data import load_digits
from course_utils.device import place, settings
from course_utils.plots import show_images, show_lines
from course_utils.training import evaluate, fit
from course_utils.vision import torchvision

chosen = settings()
digits = load_digits()

# %% [markdown]
# ## 6.1 Multiply a hundred times (17 minutes)
#
# Take the smallest deep network there is: one number goes in, each of 100 layers multiplies it by its weight.
# **Predict** the order of magnitude that comes out for an input of 1, first with all weights 0.8, then with all 1.5.

# %% tags=["predict"]
my_guess_with_0_8 = None
my_guess_with_1_5 = None

# %% [markdown]
# Three kinds of numbers do the sum: Python's own with 64 bits, and the two that networks are trained with.

# %% tags=["NBVAL_CHECK_OUTPUT"]
print("your guesses:", my_guess_with_0_8, "and", my_guess_with_1_5)
for kind in [np.float64, np.float32, np.float16]:
    with np.errstate(over="ignore"):
        low, high = [np.multiply.reduce(np.full(100, w, dtype=kind)) for w in (0.8, 1.5)]
    print(f"{kind.__name__}: 0.8 gives {low:.2g}, 1.5 gives {high:.2g}")

# %% [markdown]
# **Spot the error.** A guide that this course draws on says that 0.8 to the power of 100 is so small that the computer rounds it to
# zero. It is 2 · 10⁻¹⁰, and 64 or 32 bits hold it with ease. Only 16 bits round it to zero. The trouble begins
# long before: a weight that moves by 10⁻¹⁰ a step does not learn.
#
# Backpropagation multiplies just like that. Let $h_0$ be the input and $h_{i+1} = w_i h_i$ the layers of a plain chain. The
# derivative of the output $h_n$ by the signal $h_i$ is the product of all weights *after* it. Early
# layers have the longest product.
#
# Now the plus sign. A **residual** layer computes $h_{i+1} = h_i + w_i h_i$: it keeps what it got and adds a correction.
#
# ### Exercise 1 · walk back through the chain (9 minutes, difficulty 1)
#
# Write `signal_gradients`. Begin with the last entry, $\partial h_n / \partial h_n = 1$, and walk to the front.
#
# <details><summary>Hint</summary>
#
# What is the derivative of $h + w h$ by $h$? Use it in the place of $w$. Do not divide by a weight: it may be zero.
# </details>

# %% tags=["answer", "id:signal_gradients"]
def signal_gradients(weights, residual=False):
    """Derivatives of the output of a chain of layers by each of its signals.

    weights: (layers,) array. residual: a layer computes h + w * h instead of w * h.
    Returns a float array (layers + 1,): entry i belongs to h_i, entry 0 to the input.
    """
    # TODO: fill the array from its last entry, which is 1, to its first
    ### BEGIN SOLUTION
    gradients = np.ones(len(weights) + 1)
    for i in reversed(range(len(weights))):
        factor = 1 + weights[i] if residual else weights[i]
        gradients[i] = gradients[i + 1] * factor
    return gradients
    ### END SOLUTION

# %% tags=["check", "id:signal_gradients", "points:1"]
from course_utils.checks.resnet import check_signal_gradients

check_signal_gradients(signal_gradients)
### BEGIN HIDDEN TESTS
check_signal_gradients(signal_gradients, lengths=(2, 9, 1), seed=2061)
### END HIDDEN TESTS

# %% [markdown]
# A hundred layers at once, on a logarithmic axis. The residual chain gets small random weights, as a fresh network has them. Read
# the plot from right to left, as the gradient travels.

# %%
random_weights = np.random.default_rng(seed=0).uniform(-0.2, 0.2, size=100)
chains = {"plain, all weights 0.8": signal_gradients(np.full(100, 0.8)),
          "plain, all weights 1.5": signal_gradients(np.full(100, 1.5)),
          "residual, weights within 0.2": np.abs(signal_gradients(random_weights, True))}
show_lines(range(101), chains, "layer", "derivative of the output", log="y",
           baseline=("a gradient of 1", 1),
           alt="With weights 0.8 the derivative falls to 2e-10 at the first layer, with "
               "1.5 it climbs to 4e17, in the residual chain it stays near 1")

# %% [markdown]
# The first two vanish and explode ([Bengio et al., 1994](https://doi.org/10.1109/72.279181)). The residual factors are
# $1 + w$, a little above or below one, so their product stays in reach. **The mistake everyone makes:** to think that a
# skip cures every gradient. Residual weights of 0.5 give factors of 1.5, and you have seen where that ends.
#
# ## 6.2 The same illness in a real network (13 minutes)
#
# Thirty convolutions in a row. Two switches: `skip` adds the plus sign, `norm` adds batch normalisation, which
# brings each channel to mean 0 and variance 1 over the batch ([Ioffe and Szegedy, 2015](https://arxiv.org/abs/1502.03167)).

# %%
class DeepNet(nn.Module):
    """`depth` equal layers: ReLU and a 3 x 3 convolution of 8 channels."""

    def __init__(self, skip, norm, depth=30):
        super().__init__()
        self.skip = skip
        self.stem = nn.Conv2d(1, 8, kernel_size=3, padding=1)
        self.layers = nn.ModuleList()
        for _ in range(depth):
            convolution = nn.Conv2d(8, 8, kernel_size=3, padding=1)
            last = nn.BatchNorm2d(8) if norm else nn.Identity()
            self.layers.append(nn.Sequential(nn.ReLU(), convolution, last))
        self.head = nn.Linear(8, 10)

    def forward(self, x):
        x = self.stem(x)
        for layer in self.layers:
            x = x + layer(x) if self.skip else layer(x)
        return self.head(x.relu().mean(dim=(2, 3)))

# %% [markdown]
# Four networks: with and without each switch. **Predict:** by what factor is the gradient of layer 1 smaller than that of layer 30 in
# the plain network without batch normalisation: 10, a million, or more?

# %% tags=["predict"]
my_guess_factor_first_to_last = None

# %% [markdown]
# One forward and one backward pass with 256 digits, halved to 14 × 14 pixels to save time. For each layer we take the root mean square of its
# gradient.

# %%
def as_images(array):
    return torch.from_numpy(array)[:, None]  # the channel axis

half_size = nn.functional.avg_pool2d(as_images(digits.x_train[:1500]), 2)
labels = torch.from_numpy(digits.y_train[:1500])
KINDS = {"plain": (False, False), "plain + batch norm": (False, True),
         "residual": (True, False), "residual + batch norm": (True, True)}

def gradient_sizes(skip, norm, seed=0):
    torch.manual_seed(seed)
    net = DeepNet(skip, norm)
    nn.functional.cross_entropy(net(half_size[:256]), labels[:256]).backward()
    return [layer[1].weight.grad.square().mean().sqrt().item() for layer in net.layers]

# %% [markdown]
# The picture is the one of section 6.1, now measured.

# %%
sizes = {name: gradient_sizes(*switches) for name, switches in KINDS.items()}
factor = sizes["plain"][-1] / sizes["plain"][0]
print(f"plain: last to first {factor:.0e} - your guess:", my_guess_factor_first_to_last)
show_lines(range(1, 31), sizes, "layer", "gradient (root mean square)", log="y",
           alt="Towards layer 1 plain falls, residual is level, plain + batch norm grows")

# %% [markdown]
# Without either switch the first layers learn nothing. But look at *plain + batch norm*: nothing vanishes, early
# gradients are even the largest. If vanishing gradients were the whole story, batch normalisation alone would be enough. Let
# us train, three seeds each.

# %%
def train_deep(skip, norm, seed, epochs=3):
    torch.manual_seed(seed)
    net = place(DeepNet(skip, norm), chosen)
    optimiser = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
    history = fit(net, optimiser, (half_size, labels), None, epochs, 64, seed,
                  chosen, progress=False)
    return history.train_accuracy

curves = {}
for name in ["plain", "plain + batch norm", "residual + batch norm"]:
    runs = np.array([train_deep(*KINDS[name], seed) for seed in range(3)])
    curves[name] = runs.mean(axis=0)
    print(f"{name:22s} {runs[:, -1].mean():.2f} ± {runs[:, -1].std(ddof=1):.2f}")

# %% [markdown]
# "±" is the standard deviation over three seeds. This is accuracy on the *training* images: no overfitting is in play.

# %%
show_lines(range(1, 4), curves, "epoch", "training accuracy, mean of 3 seeds",
           baseline=("chance", 0.1),
           alt="Training accuracy over three epochs: plain stays at chance, plain with "
               "batch norm creeps up, residual with batch norm climbs fastest by far")

# %% [markdown]
# The residual network learns fastest by far. Its plain twin has the same layers, healthy gradients, and lags behind. The inventors of ResNet saw the
# same and wrote that vanishing gradients are *unlikely* to be the cause, since their plain networks had batch
# normalisation ([He et al., 2016](https://arxiv.org/abs/1512.03385), section 4.1). One later finding: in a deep plain network the
# gradients of two similar images have as little in common as noise; skips keep them alike
# ([Balduzzi et al., 2017](https://arxiv.org/abs/1702.08591)).
#
# ### Your turn · what does the plus sign do? (5 minutes)
#
# Answer in three to five sentences in the cell below. Your instructor reads this one.

# %% [markdown] tags=["explain", "id:why_skips_help", "points:2"]
# A classmate says: "Skips help because they stop gradients from vanishing. So batch normalisation alone would do." Use your two
# pictures of section 6.2: what is right, what is wrong, and what can a residual layer do at the start of training that a plain layer cannot?
#
# ### BEGIN SOLUTION
# **Rubric.** 1 point: without normalisation the plain network's early gradients do vanish, and the skip keeps them level; but with batch
# norm they do not vanish, and the plain network still learns slowly, so vanishing cannot be the only reason. 1 point: a residual layer
# with small weights passes its input through (factor 1 + w, near the identity), so signal and gradient cross all layers from the first
# step, and each layer learns a correction; a plain layer has to learn to pass things on.
# ### END SOLUTION

# %% [markdown]
# ## 6.3 The basic block (17 minutes)
#
# ResNet-18 is made of one kind of block, used eight times. Two convolutions compute the correction; a shortcut carries the
# input around them; the sum goes through a last ReLU.
#
# ```text
#  x ──┬── conv1 ── bn1 ── ReLU ── conv2 ── bn2 ── (+) ── ReLU ──> out
#      └──────────────── shortcut ──────────────────┘
# ```
#
# A sum needs equal shapes. While they are equal, the shortcut is a bare wire. Where the block has a stride of 2 or changes the
# number of channels, the shortcut is a 1 × 1 convolution with that stride, and a batch norm. No convolution has a bias: the batch
# norm behind it subtracts the mean, and the bias with it.
#
# ### Exercise 2 · BasicBlock (12 minutes, difficulty 2)
#
# Use torchvision's names, so that its weights will fit: `conv1`, `bn1`, `conv2`, `bn2`, and `downsample`, which is
# `None` for the bare wire and else an `nn.Sequential` of convolution and batch norm. Both large kernels are 3 × 3 with padding 1. Only `conv1`
# has the stride.
#
# <details><summary>Hint</summary>
#
# In `forward`, keep `x` under its own name; you need it again at the sum.
# </details>

# %% tags=["answer", "id:basic_block"]
class BasicBlock(nn.Module):
    """x (n, channels_in, h, w) -> (n, channels_out, h / stride, w / stride), rounded up."""

    def __init__(self, channels_in, channels_out, stride=1):
        super().__init__()
        # TODO: conv1, bn1, conv2, bn2, and downsample, which may be None
        ### BEGIN SOLUTION
        self.conv1 = nn.Conv2d(channels_in, channels_out, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels_out)
        self.conv2 = nn.Conv2d(channels_out, channels_out, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels_out)
        self.downsample = None
        if stride != 1 or channels_in != channels_out:
            convolution = nn.Conv2d(channels_in, channels_out, 1, stride, bias=False)
            self.downsample = nn.Sequential(convolution, nn.BatchNorm2d(channels_out))
        ### END SOLUTION

    def forward(self, x):
        # TODO: the correction, the shortcut, their sum, and a ReLU
        ### BEGIN SOLUTION
        correction = self.bn1(self.conv1(x)).relu()
        correction = self.bn2(self.conv2(correction))
        shortcut = x if self.downsample is None else self.downsample(x)
        return (correction + shortcut).relu()
        ### END SOLUTION

# %% tags=["check", "id:basic_block", "points:3"]
from course_utils.checks.resnet import check_basic_block

check_basic_block(BasicBlock)
### BEGIN HIDDEN TESTS
check_basic_block(BasicBlock, cases=((6, 6, 2, 7), (5, 2, 1, 4), (2, 2, 1, 9), (1, 8, 3, 7)), seed=2062)
### END HIDDEN TESTS

# %% [markdown]
# What does a block do to an image before it has learnt anything? We set the scale of `bn2` to zero, and the correction is gone.

# %%
def untrained_block(image, scale):
    torch.manual_seed(0)
    block = BasicBlock(1, 1)
    nn.init.constant_(block.bn2.weight, scale)
    return block(image)[0, 0].detach().numpy()

three = as_images(digits.x_train[:1])
show_images([three[0, 0], untrained_block(three, 1.0), untrained_block(three, 0.0)],
            titles=["input", "block, scale 1", "block, scale 0"],
            alt="A digit; the digit with a random filter added to it; and the digit "
                "unchanged, because a block with scale 0 passes its input through")

# %% [markdown]
# With scale 0 the block *is* the identity: a safe place for a deep network to start from. torchvision has an option for it,
# `zero_init_residual`. A plain layer would have to *learn* to pass its input on.
#
# ## 6.4 Four stages (24 minutes)
#
# Blocks of the same width form a **stage**. The first block of a stage takes the new channels and the stride; the
# others keep the shape.
#
# ### Exercise 3 · one stage (6 minutes, difficulty 1)
#
# Return an `nn.Sequential` of `blocks` basic blocks.
#
# <details><summary>Hint</summary>
#
# Only the first block is special. `nn.Sequential(*layers)` takes a list apart.
# </details>

# %% tags=["answer", "id:make_stage"]
def make_stage(channels_in, channels_out, blocks, stride):
    """`blocks` basic blocks in a row; the first one has the stride and the new channels."""
    # TODO: a list of blocks, then nn.Sequential
    ### BEGIN SOLUTION
    others = [BasicBlock(channels_out, channels_out) for _ in range(blocks - 1)]
    return nn.Sequential(BasicBlock(channels_in, channels_out, stride), *others)
    ### END SOLUTION

# %% tags=["check", "id:make_stage", "points:1"]
from course_utils.checks.resnet import check_make_stage

check_make_stage(make_stage)
### BEGIN HIDDEN TESTS
check_make_stage(make_stage, cases=((5, 5, 1, 2), (2, 4, 3, 1), (6, 3, 2, 2)), seed=2063)
### END HIDDEN TESTS

# %% [markdown]
# The whole network, for an image of 224 × 224 as in the paper. The number 18 counts what has weights: one convolution in the stem, 16 in the
# blocks, one linear layer. The shortcuts are not counted.
#
# | part | what | output for `width` 64 |
# |---|---|---|
# | `conv1`, `bn1`, ReLU | 7 × 7, stride 2, padding 3, no bias | 64 × 112 × 112 |
# | `maxpool` | 3 × 3, stride 2, padding 1 | 64 × 56 × 56 |
# | `layer1` | 2 blocks, stride 1 | 64 × 56 × 56 |
# | `layer2` | 2 blocks, stride 2, twice the channels | 128 × 28 × 28 |
# | `layer3` | 2 blocks, stride 2, twice the channels | 256 × 14 × 14 |
# | `layer4` | 2 blocks, stride 2, twice the channels | 512 × 7 × 7 |
# | mean over the map, `fc` | linear, with bias | `classes` logits |
#
# **Predict:** how many parameters does it have for 1,000 classes? And which part holds most of them?

# %% tags=["predict"]
my_guess_parameters = None
my_guess_largest_part = None

# %% [markdown]
# ### Exercise 4 · count before you build (8 minutes, difficulty 2)
#
# Count the trained numbers with plain arithmetic. A convolution has one for each channel in, channel out and place in the kernel; a batch norm has
# two for each channel.
#
# <details><summary>Hint</summary>
#
# Loop over the four stages and keep `channels_in` and `channels_out`. Stage 1 has no convolution in its shortcut.
# </details>

# %% tags=["answer", "id:resnet18_parameters"]
def resnet18_parameters(classes=1000, width=64):
    """How many trained numbers ResNet-18 has; a whole number."""
    # TODO: the stem, the four stages with two blocks each, the linear layer
    ### BEGIN SOLUTION
    total = 3 * width * 7 * 7 + 2 * width
    channels_in = width
    for stage in range(4):
        channels_out = width * 2**stage
        first = 9 * channels_in * channels_out + 9 * channels_out**2 + 4 * channels_out
        second = 18 * channels_out**2 + 4 * channels_out
        change = stage > 0
        shortcut = channels_in * channels_out + 2 * channels_out if change else 0
        total += first + second + shortcut
        channels_in = channels_out
    return total + channels_in * classes + classes
    ### END SOLUTION

# %% tags=["check", "id:resnet18_parameters", "points:2"]
from course_utils.checks.resnet import check_resnet18_parameters

check_resnet18_parameters(resnet18_parameters)
### BEGIN HIDDEN TESTS
check_resnet18_parameters(resnet18_parameters, cases=((1, 64), (37, 5), (1000, 48)))
### END HIDDEN TESTS

# %% [markdown]
# ### Exercise 5 · ResNet18 (10 minutes, difficulty 2)
#
# Write the table above as a class. The names of its parts are those of the table.
#
# <details><summary>Hint</summary>
#
# The mean over the map is `x.mean(dim=(2, 3))`. Then `fc` takes 8 · `width` numbers.
# </details>

# %% tags=["answer", "id:resnet18"]
class ResNet18(nn.Module):
    """x (n, 3, h, w) -> logits (n, classes)."""

    def __init__(self, classes=1000, width=64):
        super().__init__()
        # TODO: conv1, bn1, maxpool, layer1 to layer4, fc
        ### BEGIN SOLUTION
        self.conv1 = nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.layer1 = make_stage(width, width, blocks=2, stride=1)
        self.layer2 = make_stage(width, 2 * width, blocks=2, stride=2)
        self.layer3 = make_stage(2 * width, 4 * width, blocks=2, stride=2)
        self.layer4 = make_stage(4 * width, 8 * width, blocks=2, stride=2)
        self.fc = nn.Linear(8 * width, classes)
        ### END SOLUTION

    def forward(self, x):
        # TODO: stem, stages, mean over the map, linear layer
        ### BEGIN SOLUTION
        x = self.maxpool(self.bn1(self.conv1(x)).relu())
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(x.mean(dim=(2, 3)))
        ### END SOLUTION

# %% tags=["check", "id:resnet18", "points:3"]
from course_utils.checks.resnet import check_resnet18

check_resnet18(ResNet18)
### BEGIN HIDDEN TESTS
check_resnet18(ResNet18, cases=((3, 2, 71), (5, 8, 40)), seed=2064)
### END HIDDEN TESTS

# %% [markdown]
# Now the proof. We take torchvision's network with random weights (nothing is downloaded), let it see some
# noise in training mode so that its running means are not all zero, and load its state into yours. Equal weights have to give equal logits.

# %% tags=["NBVAL_CHECK_OUTPUT"]
torch.manual_seed(0)
theirs = torchvision.models.resnet18(weights=None)
noise = torch.randn(4, 3, 224, 224)
theirs(noise)
mine = ResNet18()
print(mine.load_state_dict(theirs.state_dict()))
with torch.no_grad():
    difference = (mine.eval()(noise) - theirs.eval()(noise)).abs().max().item()
print("logits agree to 1e-5:", difference < 1e-5)
assert difference < 1e-5

# %% [markdown]
# And the counts: yours on paper, yours in memory, theirs.

# %% tags=["NBVAL_CHECK_OUTPUT"]
def count(module):
    return sum(parameter.numel() for parameter in module.parameters())

print("your guesses:", my_guess_parameters, "and", my_guess_largest_part)
assert resnet18_parameters() == count(ResNet18()) == count(theirs)
print(f"{count(theirs):,} parameters, {count(theirs.layer4) / count(theirs):.0%} in layer4")

# %% [markdown]
# **Spot the error.** The guide says that "ResNet", 152 layers deep, reached an error of 3.57 % on ImageNet, photographs of 1,000 classes. That number belongs to an
# *ensemble* of six networks, and it counts an answer as right when it is among the five best. The single network with 152 layers
# had 4.49 % ([He et al., 2016](https://arxiv.org/abs/1512.03385), tables 4 and 5). When you compare with a paper, ask what was measured.
#
# ## 6.5 A network for 28 pixels (14 minutes)
#
# Our images are small and grey. **Predict:** how large is the map in `layer4` when a 28 × 28 image goes through the paper's stem?

# %% tags=["predict"]
my_guess_last_map = None

# %% [markdown]
# The second network has another stem: one 3 × 3 convolution for one channel, stride 1, no max pooling.

# %%
def for_digits(width, seed):
    """Your ResNet-18 for images of shape (n, 1, 28, 28) and ten classes."""
    torch.manual_seed(seed)
    net = ResNet18(classes=10, width=width)
    net.conv1 = nn.Conv2d(1, width, kernel_size=3, padding=1, bias=False)
    net.maxpool = nn.Identity()
    return net

def map_sizes(net, x):
    net.eval()
    sizes = []
    for part in [lambda x: net.maxpool(net.bn1(net.conv1(x)).relu()),
                 net.layer1, net.layer2, net.layer3, net.layer4]:
        x = part(x)
        sizes.append(x.shape[-1])
    return sizes

# %% [markdown]
# Stem, then the four stages:

# %% tags=["NBVAL_CHECK_OUTPUT"]
print("the paper's stem:", map_sizes(ResNet18(width=2), torch.zeros(1, 3, 28, 28)),
      "- your guess:", my_guess_last_map)
print("the small stem:  ", map_sizes(for_digits(2, seed=0), torch.zeros(1, 1, 28, 28)))

# %% [markdown]
# With the paper's stem a single pixel is left in `layer4`. Three of its four 3 × 3 convolutions see one pixel and eight zeros of
# padding: eight ninths of their weights never touch the image. The small stem leaves 4 × 4.
#
# Training 64 channels on full 28 × 28 maps takes minutes per epoch on two cores. So the quick profile trains a **narrower** network,
# `width=16`: the same 18 layers, a sixteenth of the weights. The full profile trains the real width.

# %%
width, epochs, most = (16, 6, 1500) if chosen.quick else (64, 10, None)
train = as_images(digits.x_train[:most]), torch.from_numpy(digits.y_train[:most])
test = as_images(digits.x_test), torch.from_numpy(digits.y_test)

@functools.cache
def trained(seed):
    net = place(for_digits(width, seed), chosen)
    optimiser = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)
    history = fit(net, optimiser, train, None, epochs, 64, seed, chosen,
                  after_epoch=lambda epoch, history: schedule.step())
    return net, history.train_accuracy

# %% [markdown]
# The learning rate falls from 0.05 to 0 along half a cosine, so that the last epoch settles. Three seeds change the first weights and
# the order of the images. The dashed line is a method that trains nothing: the label of the nearest training image.

# %%
def nearest_neighbour_accuracy():
    from sklearn.neighbors import KNeighborsClassifier
    model = KNeighborsClassifier(1).fit(train[0].flatten(1).numpy(), train[1].numpy())
    return model.score(test[0].flatten(1).numpy(), test[1].numpy())

accuracies = [evaluate(trained(seed)[0], *test, chosen)[1] for seed in range(3)]
baseline = nearest_neighbour_accuracy()
print(f"width {width}, {epochs} epochs, {len(train[0]):,} training images")
print("test accuracy by seed:", [f"{accuracy:.3f}" for accuracy in accuracies])
print(f"mean {np.mean(accuracies):.3f} ± {np.std(accuracies, ddof=1):.3f},",
      f"nearest neighbour {baseline:.3f}")

# %% [markdown]
# The accuracy *during* training, on the training images:

# %%
show_lines(range(1, epochs + 1), {f"seed {seed}": trained(seed)[1] for seed in range(3)},
           "epoch", "training accuracy", baseline=("nearest neighbour, test", baseline),
           alt="Training accuracy of three seeds: they start apart and end together close "
               "to 1, about where the dashed line of the nearest neighbour lies")

# %% [markdown]
# Two seeds differ by more than ResNet and nearest neighbour do. On so few, so tidy digits the simplest method is nearly as
# good; a deep network earns its price on larger and wilder images. Which digits are hardest? For
# the weakest of the three seeds, the six where the right answer leads by least or not at all:

# %%
@torch.no_grad()
def draw_mistakes(net, most=6):
    logits = torch.cat([net.eval()(place(x, chosen)).cpu() for x in test[0].split(500)])
    margin = logits.gather(1, test[1][:, None])[:, 0] - logits.topk(2).values[:, 0]
    rows = margin.argsort()[:most]
    titles = [f"{test[1][i]}, read as {logits[i].argmax()}" for i in rows]
    show_images(test[0][rows, 0], titles,
                alt="Six test digits, misread ones first, with label and answer")

weakest = min(range(3), key=lambda seed: evaluate(trained(seed)[0], *test, chosen)[1])
draw_mistakes(trained(weakest)[0])

# %% [markdown]
# Would you have read them right? Before you tune a network further, look at what is left.
#
# ## 6.6 What to take with you (5 minutes)
#
# - A deep chain multiplies as many factors as it has layers; products vanish or explode, early layers suffer most.
# - A residual layer adds a correction to its input. Its factor is $1 + w$: small weights let signal and gradient through.
# - Vanishing gradients are not the whole reason: a plain network with batch norm has healthy gradients and still lags.
# - Your ResNet-18 has 11,689,512 parameters and gives torchvision's logits, to five decimals.
# - Small images need a small stem, or the last stage sees a single pixel.
#
# **What this does not show.** The quick profile trains a narrow ResNet on few digits, where a nearest neighbour is close. The thirty-layer networks
# trained for three epochs with one learning rate; with more of both, the gap may shrink. Why residual networks train well is still discussed.
#
# **Where next.** Lesson 7 trains many small ResNets to choose learning rate, weight decay and batch size. From lesson 8 on, the network no longer
# names a class: it says how alike two images are.
#
# **Read more**
#
# - He, Zhang, Ren and Sun, [Deep residual learning for image recognition](https://arxiv.org/abs/1512.03385), 2016.
# - Ioffe and Szegedy, [Batch normalization](https://arxiv.org/abs/1502.03167), 2015.
# - Balduzzi and others, [The shattered gradients problem](https://arxiv.org/abs/1702.08591), 2017.
# - Bengio, Simard and Frasconi, [Learning long-term dependencies with gradient descent is difficult](https://doi.org/10.1109/72.279181), 1994.
