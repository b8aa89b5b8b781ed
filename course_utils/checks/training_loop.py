"""Checks of lesson 04, second half: training, testing, summaries. The reference is the loop in course_utils.training.

Every answer runs inside a probe (elsewhere.py), which takes plain data and gives plain data back.
"""

import tempfile
from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from course_utils import training
from course_utils.checks import modules
from course_utils.checks.forbid import forbid
from course_utils.checks.report import call, describe, fail, passed, require_close, require_number
from course_utils.device import Settings
from course_utils.summaries import read_scalars

CPU = Settings("cpu", "quick", "off", False, 1, "CPU")
TAGS = {
    "Loss/train": "train_loss",
    "Loss/validation": "validation_loss",
    "Accuracy/train": "train_accuracy",
    "Accuracy/validation": "validation_accuracy",
}


class _NeverZeroed(torch.optim.SGD):
    def zero_grad(self, set_to_none: bool = True) -> None:
        """Keep the gradients: the mistake that the check wants to recognise."""


def _network(weight: np.ndarray, dropout: float = 0.0) -> nn.Sequential:
    """Spy, dropout and one linear layer with the given (classes, inputs) weights."""
    linear = nn.Linear(weight.shape[1], weight.shape[0]).double()
    linear.load_state_dict({"weight": torch.tensor(weight), "bias": torch.zeros(len(weight))})
    return nn.Sequential(modules.Spy(), nn.Dropout(dropout), linear)


def run_epoch(train_epoch, weight, x, y, batch_size, seed, optimiser=torch.optim.SGD) -> dict:
    """A probe: what training a small network for one epoch returns, its weight then, and what its spy saw."""
    model = _network(weight).eval()
    chosen = optimiser(model.parameters(), lr=0.1, momentum=0.9)
    generator = torch.Generator().manual_seed(seed)
    result = train_epoch(model, torch.tensor(x), torch.tensor(y), chosen, batch_size, generator)
    return {"result": result, "weight": model[2].weight.detach().numpy().copy(), "seen": model[0].seen}


def check_train_epoch(train_epoch: Callable, sizes: tuple = ((40, 8), (23, 5)), seed: int = 0) -> None:
    """Lesson 04, exercise 3: answer(model, x, y, optimiser, batch_size, generator) -> (loss, accuracy).

    `sizes` holds (number of examples, batch size).
    """

    def finished(*arguments):
        return training.train_epoch(*arguments, CPU)

    rng = np.random.default_rng(seed)
    for n, batch_size in sizes:
        given = f"a network, {n} examples and a batch size of {batch_size}"
        forbid(train_epoch, {"fit", "train_epoch", "evaluate"}, given)
        data = rng.normal(size=(3, 6)), rng.normal(size=(n, 6)), rng.integers(0, 3, n), batch_size, seed
        expected = run_epoch(finished, *data)
        got = call(train_epoch, *data, given=given, expected="(loss, accuracy)", probe=run_epoch)
        _require_modes(got["seen"], given, training_mode=True)
        _require_batches(got["seen"], n, batch_size, given)
        if np.array_equal(got["weight"], data[0]):
            fail(given, "weights that change", "the weights of before", "loss.backward(), then optimiser.step()")
        never = run_epoch(finished, *data, optimiser=_NeverZeroed)["weight"]
        hint = "for each batch: zero_grad, forward, loss, backward, step; batches in the order of batches(...)"
        mistakes = [(never, "the gradients of earlier batches are still there: optimiser.zero_grad() in every round")]
        require_close(got["weight"], expected["weight"], given + ": a weight afterwards", hint, mistakes)
        _require_result(got["result"], expected["result"], n, given)
    passed("train_epoch")


def _require_modes(seen: list[tuple[int, bool, bool]], given: str, training_mode: bool) -> None:
    mode, cure = ("training", "model.train()") if training_mode else ("evaluation", "model.eval()")
    if any(training is not training_mode for _, training, _ in seen):
        fail(given, f"the network in {mode} mode", "the other mode", f"call {cure} before the loop")


def _require_batches(seen: list[tuple[int, bool, bool]], n: int, batch_size: int, given: str) -> None:
    sizes = [size for size, _, _ in seen]
    expected = [len(part) for part in torch.arange(n).split(batch_size)]
    if sizes != expected:
        hint = "one forward pass for each batch; the last batch may be smaller, and it counts"
        fail(given, f"batches of {expected}", f"batches of {sizes}", hint)


def _require_result(got, expected: tuple[float, float], n: int, given: str) -> None:
    if not isinstance(got, (tuple, list)) or len(got) != 2:
        fail(given, "two numbers: loss and accuracy", describe(got), "return loss, accuracy")
    loss, accuracy = expected
    if any(isinstance(value, torch.Tensor) for value in got):
        fail(given, "two plain numbers", describe(got), "a tensor of one number becomes a plain one with .item()")
    hint = "sum loss.item() * len(rows) over the batches and divide by len(x): a small last batch counts less"
    mistakes = [(loss * n, "divide the sum of the losses by the number of examples")]
    require_number(got[0], loss, given + ": the mean loss", hint, mistakes)
    hint = "the share of examples whose largest logit is at the label, each judged when its batch is seen"
    mistakes = [
        (accuracy * n, "this is the number of right answers: divide by the number of examples"),
        (100 * accuracy, "a share between 0 and 1, not per cent"),
        (1 - accuracy, "this is the share of wrong answers"),
    ]
    require_number(got[1], accuracy, given + ": the accuracy", hint, mistakes)


def run_evaluate(evaluate, weight, x, y, batch_size) -> dict:
    """A probe: what testing a network with dropout, in training mode before, returns; its state and spy then."""
    model = _network(weight, dropout=0.5).train()
    result = evaluate(model, torch.tensor(x), torch.tensor(y), batch_size)
    weight = model[2].weight.detach().numpy().copy()
    return {"result": result, "weight": weight, "seen": model[0].seen, "frozen": modules.frozen(model)}


def check_evaluate(evaluate: Callable, sizes: tuple = ((40, 8), (23, 5)), seed: int = 0) -> None:
    """Lesson 04, exercise 4: answer(model, x, y, batch_size) -> (loss, accuracy).

    `sizes` holds (number of examples, batch size).
    """

    def finished(model, x, y, batch_size):
        return training.evaluate(model, x, y, CPU, batch_size)

    rng = np.random.default_rng(seed)
    for n, batch_size in sizes:
        given = f"a network with dropout, {n} examples and a batch size of {batch_size}"
        forbid(evaluate, {"fit", "train_epoch", "evaluate"}, given)
        data = rng.normal(size=(3, 6)), rng.normal(size=(n, 6)), rng.integers(0, 3, n), batch_size
        expected = run_evaluate(finished, *data)
        got = call(evaluate, *data, given=given, expected="(loss, accuracy)", probe=run_evaluate)
        _require_modes(got["seen"], given, training_mode=False)
        if any(gradients for _, _, gradients in got["seen"]):
            fail(given, "no gradients recorded", "gradients recorded", "put the loop under: with torch.no_grad()")
        _require_batches(got["seen"], n, batch_size, given)
        if not np.array_equal(got["weight"], data[0]):
            fail(given, "the weights left as they were", "other weights", "a test never takes a step")
        if got["frozen"]:
            hint = "requires_grad = False lasts: the next training would move nothing. Use torch.no_grad()"
            fail(given, "weights that can be trained again", "frozen weights", hint)
        _require_result(got["result"], expected["result"], n, given)
    passed("evaluate")


def run_write(write_summaries, history: dict) -> tuple:
    """A probe: what writing into an empty folder returns, and what it left there."""
    with tempfile.TemporaryDirectory() as folder:
        result = write_summaries(folder, history)
        return result, {tag: [list(steps), list(values)] for tag, (steps, values) in read_scalars(folder).items()}


def check_write_summaries(write_summaries: Callable, epochs: tuple = (3, 1), seed: int = 0) -> None:
    """Lesson 04, exercise 5: answer(folder, history) writes event files. `epochs` holds the lengths of histories."""
    rng = np.random.default_rng(seed)
    for length in epochs:
        given = f"a history of {length} epochs and an empty folder"
        history = {name: rng.uniform(0.1, 0.9, length).round(3).tolist() for name in TAGS.values()}
        expected = "the four tags " + ", ".join(TAGS)
        count, found = call(
            write_summaries, history, given=given, expected="event files in the folder", probe=run_write
        )
        if sorted(found) != sorted(TAGS):
            hint = "one writer.add_scalar(tag, value, step) for each of the four; mind the spelling"
            if not found:
                hint = (
                    "is writer.close() called? Until then the numbers may wait in memory. add_scalars makes subfolders"
                )
            fail(given, expected, ", ".join(sorted(found)) or "no numbers in the folder", hint)
        for tag, name in TAGS.items():
            steps, values = found[tag]
            if steps != list(range(1, length + 1)):
                wanted = f"the steps {list(range(1, length + 1))}"
                fail(f"{given}: {tag}", wanted, str(steps), "one number for each epoch, and the first epoch is step 1")
            hint = f"the list history[{name!r}] belongs under {tag}"
            require_close(np.array(values), np.array(history[name]), f"{given}: {tag}", hint)
        hint = "four numbers for each epoch; count them while you write"
        require_number(count, 4 * length, f"{given}: how many numbers were written", hint)
    passed("write_summaries")
