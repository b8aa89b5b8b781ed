"""Right and wrong answers to the exercises of lesson 04, named after the style or the mistake."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from course_utils.summaries import SummaryWriter
from course_utils.training import batches


class Plain(nn.Module):
    """The right network; the wrong ones below change one thing in it."""

    def __init__(self, inputs=784, hidden=128, classes=10):
        super().__init__()
        self.FC1 = nn.Linear(inputs, hidden)
        self.FC2 = nn.Linear(hidden, classes)

    def before(self, x):
        return self.FC1(x.flatten(1))

    def forward(self, x):
        return self.FC2(torch.sigmoid(self.before(x)))


class InSequence(nn.Module):
    def __init__(self, inputs=784, hidden=128, classes=10):
        super().__init__()
        self.net = nn.Sequential(nn.Flatten(), nn.Linear(inputs, hidden), nn.Sigmoid(), nn.Linear(hidden, classes))

    def forward(self, x):
        return self.net(x)


class OwnMatrices(nn.Module):
    def __init__(self, inputs=784, hidden=128, classes=10):
        super().__init__()
        self.W2 = nn.Parameter(torch.randn(classes, hidden) / hidden)
        self.W1 = nn.Parameter(torch.randn(hidden, inputs) / inputs)
        self.b1, self.b2 = nn.Parameter(torch.zeros(hidden)), nn.Parameter(torch.zeros(classes))

    def forward(self, x):
        return torch.sigmoid(x.reshape(len(x), -1) @ self.W1.T + self.b1) @ self.W2.T + self.b2


def network(forward):
    return type("Net", (Plain,), {"forward": forward})


def drops_every_second(self, x):
    """A dropout without chance, so that its message is the same each time."""
    hidden = torch.sigmoid(self.before(x))
    return self.FC2(hidden * (torch.arange(hidden.shape[1]) % 2 * 2) if self.training else hidden)


class NoSuper(nn.Module):
    def __init__(self, inputs=784, hidden=128, classes=10):
        self.FC1 = nn.Linear(inputs, hidden)


class FixedSizes(Plain):
    def __init__(self, inputs=784, hidden=128, classes=10):
        super().__init__(784, 128, 10)


class VisibleSizesOnly(Plain):
    def __init__(self, inputs=784, hidden=128, classes=10):
        super().__init__(inputs, 128 if inputs == 784 else 7, classes)


class NoBias(Plain):
    def __init__(self, inputs=784, hidden=128, classes=10):
        super().__init__(inputs, hidden, classes)
        self.FC2 = nn.Linear(hidden, classes, bias=False)


class OtherDefaults(Plain):
    def __init__(self, inputs=784, hidden=100, classes=10):
        super().__init__(inputs, hidden, classes)


class ListOfLayers(nn.Module):
    def __init__(self, inputs=784, hidden=128, classes=10):
        super().__init__()
        self.layers = [nn.Linear(inputs, hidden).double(), nn.Linear(hidden, classes).double()]

    def forward(self, x):
        return self.layers[1](torch.sigmoid(self.layers[0](x.flatten(1))))


def step(weight, gradient, velocity, learning_rate=0.01, momentum=0.9, weight_decay=1e-3):
    total = gradient + weight * weight_decay
    new = velocity * momentum + total
    return weight - new * learning_rate, new


def step_by_torch_formulas(weight, gradient, velocity, learning_rate=0.01, momentum=0.9, weight_decay=1e-3):
    new = np.array(velocity, dtype=float)
    new *= momentum
    new += gradient
    new += weight_decay * weight
    return [np.add(weight, -learning_rate * new), new]


def changed_step(velocity_of, step_of=lambda weight, rate, old, new, total: weight - rate * new):
    def sgd_step(weight, gradient, velocity, learning_rate=0.01, momentum=0.9, weight_decay=1e-3):
        total = gradient + weight_decay * weight
        new = velocity_of(momentum, velocity, gradient, total, learning_rate)
        return step_of(weight, learning_rate, velocity, new, total), new

    return sgd_step


def right_velocity(momentum, old, gradient, total, rate):
    return momentum * old + total


def step_in_place(weight, gradient, velocity, learning_rate=0.01, momentum=0.9, weight_decay=1e-3):
    velocity *= momentum
    velocity += gradient + weight_decay * weight
    weight -= learning_rate * velocity
    return weight, velocity


def step_without_defaults(weight, gradient, velocity, learning_rate, momentum, weight_decay):
    return step(weight, gradient, velocity, learning_rate, momentum, weight_decay)


def step_by_optimiser(weight, gradient, velocity, learning_rate=0.01, momentum=0.9, weight_decay=1e-3):
    parameter = torch.tensor(weight, requires_grad=True)
    torch.optim.SGD([parameter], lr=learning_rate, momentum=momentum, weight_decay=weight_decay)
    return step(weight, gradient, velocity, learning_rate, momentum, weight_decay)


def epoch(
    model,
    x,
    y,
    optimiser,
    batch_size,
    generator,
    zero=True,
    mode=True,
    weigh=len,
    rows_of=batches,
    update=True,
    to_loss=lambda z: z,
):
    model.train(mode)
    total, correct = 0.0, 0
    for rows in rows_of(len(x), batch_size, generator):
        if zero:
            optimiser.zero_grad()
        logits = model(x[rows])
        loss = functional.cross_entropy(to_loss(logits), y[rows])
        loss.backward()
        if update:
            optimiser.step()
        total += loss.item() * weigh(rows)
        correct += int((logits.argmax(1) == y[rows]).sum())
    return total / len(x), correct / len(x)


def epoch_with(**changes):
    def train_epoch(model, x, y, optimiser, batch_size, generator):
        return epoch(model, x, y, optimiser, batch_size, generator, **changes)

    return train_epoch


def epoch_zeroed_after(model, x, y, optimiser, batch_size, generator):
    model.train()
    losses, hits = [], []
    criterion = nn.CrossEntropyLoss(reduction="none")
    for rows in torch.randperm(len(x), generator=generator).split(batch_size):
        each = criterion(logits := model(x[rows]), y[rows])
        each.mean().backward()
        optimiser.step()
        model.zero_grad()
        losses += each.tolist()
        hits += (logits.argmax(1) == y[rows]).tolist()
    return sum(losses) / len(losses), sum(hits) / len(hits)


def changed_result(of, change):
    def changed(model, x, y, *rest):
        return change(*of(model, x, y, *rest), len(x))

    return changed


def epoch_steps_first(model, x, y, optimiser, batch_size, generator):
    model.train()
    total, correct = 0.0, 0
    for rows in batches(len(x), batch_size, generator):
        logits = model(x[rows])
        loss = functional.cross_entropy(logits, y[rows])
        optimiser.step()
        optimiser.zero_grad()
        loss.backward()
        total += loss.item() * len(rows)
        correct += (logits.argmax(1) == y[rows]).sum().item()
    return total / len(x), correct / len(x)


def epoch_judged_at_the_end(model, x, y, optimiser, batch_size, generator):
    loss, _ = epoch(model, x, y, optimiser, batch_size, generator)
    weight = next(p for p in model.parameters() if p.dim() == 2)
    return loss, ((x @ weight.T).argmax(1) == y).double().mean().item()


def epoch_drops_the_rest(n, batch_size, generator):
    return [rows for rows in batches(n, batch_size, generator) if len(rows) == batch_size]


def epoch_in_order(n, batch_size, generator):
    return torch.arange(n).split(batch_size)


def epoch_last_loss(model, x, y, optimiser, batch_size, generator):
    model.train()
    correct = 0
    for rows in batches(len(x), batch_size, generator):
        optimiser.zero_grad()
        logits = model(x[rows])
        loss = functional.cross_entropy(logits, y[rows])
        loss.backward()
        optimiser.step()
        correct += (logits.argmax(1) == y[rows]).sum().item()
    return loss.item(), correct / len(x)


def epoch_calls_the_library(model, x, y, optimiser, batch_size, generator):
    from course_utils import training
    from course_utils.device import settings

    return training.train_epoch(model, x, y, optimiser, batch_size, generator, settings())


def test(model, x, y, batch_size=500, mode=False, gradients=False, weigh=len):
    model.train(mode)
    total, correct = 0.0, 0
    with torch.set_grad_enabled(gradients):
        for start in range(0, len(x), batch_size):
            inputs, targets = x[start : start + batch_size], y[start : start + batch_size]
            logits = model(inputs)
            total += functional.cross_entropy(logits, targets).item() * weigh(inputs)
            correct += int((logits.argmax(1) == targets).sum())
    return total / len(x), correct / len(x)


def test_with(**changes):
    def evaluate(model, x, y, batch_size=500):
        return test(model, x, y, batch_size, **changes)

    return evaluate


@torch.no_grad()
def test_joined(model, x, y, batch_size=500):
    model.eval()
    logits = torch.cat([model(part) for part in x.split(batch_size)])
    loss = functional.cross_entropy(logits, y).item()
    return loss, (logits.argmax(1) == y).double().mean().item()


def test_at_once(model, x, y, batch_size=500):
    return test(model, x, y, batch_size=len(x))


def test_mean_of_means(model, x, y, batch_size=500):
    model.eval()
    with torch.no_grad():
        parts = [(model(a), b) for a, b in zip(x.split(batch_size), y.split(batch_size), strict=True)]
        losses = [functional.cross_entropy(logits, targets).item() for logits, targets in parts]
        hits = [(logits.argmax(1) == targets).double().mean().item() for logits, targets in parts]
    return sum(losses) / len(losses), sum(hits) / len(hits)


def test_learns(model, x, y, batch_size=500):
    result = test(model, x, y, batch_size)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter -= 0.01
    return result


def test_freezes(model, x, y, batch_size=500):
    model.requires_grad_(False)
    with torch.no_grad():
        return test(model, x, y, batch_size)


def write(folder, history, first=1, close=True, names=None, once=False):
    writer = SummaryWriter(folder)
    for tag, name in (names or NAMES).items():
        for step_number, value in enumerate(history[name], start=first):
            writer.add_scalar(tag, value, first if once else step_number)
    if close:
        writer.close()
    return sum(map(len, history.values()))


NAMES = {
    "Loss/train": "train_loss",
    "Loss/validation": "validation_loss",
    "Accuracy/train": "train_accuracy",
    "Accuracy/validation": "validation_accuracy",
}


def write_with(**changes):
    return lambda folder, history: write(folder, history, **changes)


def write_by_epoch(folder, history):
    with SummaryWriter(log_dir=folder) as writer:
        for i in range(len(history["train_loss"])):
            writer.add_scalar("Loss/train", history["train_loss"][i], i + 1)
            writer.add_scalar("Accuracy/train", history["train_accuracy"][i], i + 1)
            writer.add_scalar("Loss/validation", history["validation_loss"][i], i + 1)
            writer.add_scalar("Accuracy/validation", history["validation_accuracy"][i], i + 1)
    return 4 * len(history["train_loss"])


def write_grouped(folder, history):
    with SummaryWriter(folder) as writer:
        for i, (train, validation) in enumerate(zip(history["train_loss"], history["validation_loss"], strict=True)):
            writer.add_scalars("Loss", {"train": train, "validation": validation}, i + 1)
    return 4 * len(history["train_loss"])


def write_elsewhere(folder, history):
    return write(folder + "/runs", history)


SWAPPED = NAMES | {"Loss/train": "validation_loss", "Loss/validation": "train_loss"}
LOWER = {tag.lower(): name for tag, name in NAMES.items()}
TRAIN_ONLY = {tag: name for tag, name in NAMES.items() if "train" in tag}

RIGHT = {
    "net": {"two layers": Plain, "a Sequential": InSequence, "own parameters": OwnMatrices},
    "sgd_step": {"in one go": step, "term by term, as a list": step_by_torch_formulas},
    "train_epoch": {"helper": epoch_with(), "zeroed after the step, loss by example": epoch_zeroed_after},
    "evaluate": {"slices": test_with(), "all logits joined": test_joined},
    "write_summaries": {"tag by tag": write_with(), "epoch by epoch": write_by_epoch},
}

WRONG = {
    "net": {
        "no activation": network(lambda self, x: self.FC2(self.before(x))),
        "ReLU": network(lambda self, x: self.FC2(torch.relu(self.before(x)))),
        "tanh": network(lambda self, x: self.FC2(torch.tanh(self.before(x)))),
        "sigmoid at the end": network(lambda self, x: torch.sigmoid(Plain.forward(self, x))),
        "softmax at the end": network(lambda self, x: torch.softmax(Plain.forward(self, x), 1)),
        "log_softmax at the end": network(lambda self, x: torch.log_softmax(Plain.forward(self, x), 1)),
        "gradient cut off": network(lambda self, x: self.FC2(torch.sigmoid(self.before(x)).detach())),
        "does not flatten images": network(lambda self, x: self.FC2(torch.sigmoid(self.FC1(x)))),
        "returns the class": network(lambda self, x: Plain.forward(self, x).argmax(1)),
        "returns an array": network(lambda self, x: (Plain.forward(self, x), 0)),
        "no super().__init__()": NoSuper,
        "sizes fixed": FixedSizes,
        "hard-coded for the visible sizes": VisibleSizesOnly,
        "every second unit dropped while training": network(drops_every_second),
        "no bias": NoBias,
        "100 hidden units": OtherDefaults,
        "layers in a plain list": ListOfLayers,
        "not a Module": dict,
    },
    "sgd_step": {
        "no weight decay": changed_step(lambda m, v, g, t, lr: m * v + g),
        "no momentum": changed_step(lambda m, v, g, t, lr: t),
        "momentum not multiplied": changed_step(lambda m, v, g, t, lr: v + t),
        "dampened gradient": changed_step(lambda m, v, g, t, lr: m * v + (1 - m) * t),
        "learning rate in the velocity": changed_step(
            lambda m, v, g, t, lr: m * v + lr * t, lambda w, lr, old, new, t: w - new
        ),
        "climbs": changed_step(right_velocity, lambda w, lr, old, new, t: w + lr * new),
        "old velocity in the step": changed_step(right_velocity, lambda w, lr, old, new, t: w - lr * old),
        "step along the gradient": changed_step(right_velocity, lambda w, lr, old, new, t: w - lr * t),
        "weight decay with the wrong sign": changed_step(lambda m, v, g, t, lr: m * v + 2 * g - t),
        "Nesterov": lambda w, g, v, learning_rate=0.01, momentum=0.9, weight_decay=1e-3: (
            w - learning_rate * (g + weight_decay * w + momentum * (momentum * v + g + weight_decay * w)),
            momentum * v + g + weight_decay * w,
        ),
        "changes its input": step_in_place,
        "no defaults": step_without_defaults,
        "calls torch": step_by_optimiser,
        "the weight alone": lambda *arguments: step(*arguments)[0],
        "velocity first": lambda *arguments: step(*arguments)[::-1],
    },
    "train_epoch": {
        "never zeroed": epoch_with(zero=False),
        "evaluation mode": epoch_with(mode=False),
        "never a step": epoch_with(update=False),
        "mean of batch means, not weighed": changed_result(epoch_with(weigh=lambda rows: 1), lambda a, b, n: (a, b)),
        "step before backward": epoch_steps_first,
        "drops the small batch": epoch_with(rows_of=epoch_drops_the_rest),
        "always in the same order": epoch_with(rows_of=epoch_in_order),
        "softmax before the loss": epoch_with(to_loss=lambda z: z.softmax(1)),
        "sum of losses": changed_result(epoch_with(), lambda a, b, n: (a * n, b)),
        "loss of the last batch": epoch_last_loss,
        "counts instead of a share": changed_result(epoch_with(), lambda a, b, n: (a, round(b * n))),
        "per cent": changed_result(epoch_with(), lambda a, b, n: (a, 100 * b)),
        "accuracy first": changed_result(epoch_with(), lambda a, b, n: (b, a)),
        "loss alone": changed_result(epoch_with(), lambda a, b, n: a),
        "tensors": changed_result(epoch_with(), lambda a, b, n: (torch.tensor(a), torch.tensor(b))),
        "accuracy after training": epoch_judged_at_the_end,
        "calls the finished one": epoch_calls_the_library,
    },
    "evaluate": {
        "training mode": test_with(mode=True),
        "records gradients": test_with(gradients=True),
        "mean of batch means": test_mean_of_means,
        "all at once": test_at_once,
        "takes a step": test_learns,
        "freezes the weights": test_freezes,
        "sum of losses": changed_result(test_with(), lambda a, b, n: (a * n, b)),
        "counts instead of a share": changed_result(test_with(), lambda a, b, n: (a, round(b * n))),
        "per cent": changed_result(test_with(), lambda a, b, n: (a, 100 * b)),
        "share of mistakes": changed_result(test_with(), lambda a, b, n: (a, 1 - b)),
        "accuracy alone": changed_result(test_with(), lambda a, b, n: b),
        "tensors": changed_result(test_with(), lambda a, b, n: (torch.tensor(a), torch.tensor(b))),
    },
    "write_summaries": {
        "steps from 0": write_with(first=0),
        "not closed": write_with(close=False),
        "training only": write_with(names=TRAIN_ONLY),
        "training and validation swapped": write_with(names=SWAPPED),
        "tags in lower case": write_with(names=LOWER),
        "always the same step": write_with(once=True),
        "add_scalars": write_grouped,
        "into a subfolder": write_elsewhere,
        "returns the number of epochs": lambda folder, history: write(folder, history) // 4,
        "returns nothing": lambda folder, history: print(write(folder, history)),
        "writes nothing": lambda folder, history: None,
    },
}
