"""The training loop that lesson 04 builds by hand, for every lesson after it.

Data are whole tensors in memory, (n, ...) float32 and (n,) int64. The order of the examples comes from the caller's
seed; the first weights come from wherever the caller made the model.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field

import torch
from torch import Tensor, nn
from tqdm import tqdm

from course_utils.device import Settings, autocast, place


@dataclass
class History:
    """One number per epoch; accuracies are shares between 0 and 1; validation lists are empty without such data."""

    train_loss: list[float] = field(default_factory=list)
    train_accuracy: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    validation_accuracy: list[float] = field(default_factory=list)

    def as_dict(self) -> dict[str, list[float]]:
        return asdict(self)


def batches(n: int, batch_size: int, generator: torch.Generator) -> Iterator[Tensor]:
    """The numbers 0..n-1 in random order, `batch_size` at a time; the last batch may be smaller."""
    if n < 1 or batch_size < 1:
        raise ValueError(f"n={n}, batch_size={batch_size}: both must be at least 1")
    yield from torch.randperm(n, generator=generator).split(batch_size)


class _Tally:
    """Adds up loss and right answers over batches of any size."""

    def __init__(self):
        self.loss, self.right, self.n = 0.0, 0, 0

    def add(self, mean_loss: Tensor, logits: Tensor, labels: Tensor) -> None:
        self.n += (size := len(labels))
        self.loss += size * mean_loss.item()
        self.right += int((labels == logits.argmax(dim=1)).sum())

    def means(self) -> tuple[float, float]:
        return self.loss / self.n, self.right / self.n


def _score(model: nn.Module, x: Tensor, y: Tensor, chosen: Settings) -> tuple[Tensor, Tensor, Tensor]:
    """One batch on the device: its mean cross-entropy, logits and labels."""
    labels = place(y, chosen)
    with autocast(chosen):
        scores = model(place(x, chosen))
        return nn.functional.cross_entropy(scores, labels), scores, labels


def train_epoch(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    optimiser: torch.optim.Optimizer,
    batch_size: int,
    generator: torch.Generator,
    chosen: Settings,
) -> tuple[float, float]:
    """One pass over the training data with cross-entropy; returns mean loss and accuracy as seen while training."""
    model.train()
    tally = _Tally()
    for picked in batches(n=len(x), batch_size=batch_size, generator=generator):
        optimiser.zero_grad()
        scored = _score(model, x[picked], y[picked], chosen)
        scored[0].backward()
        optimiser.step()
        tally.add(*scored)
    return tally.means()


@torch.no_grad()
def evaluate(model: nn.Module, x: Tensor, y: Tensor, chosen: Settings, batch_size: int = 500) -> tuple[float, float]:
    """Mean cross-entropy and accuracy of `model` in evaluation mode; the model's mode is given back as it was."""
    was_training = model.training
    model.eval()
    tally = _Tally()
    for start in range(0, len(x), batch_size):
        tally.add(*_score(model, x[start : start + batch_size], y[start : start + batch_size], chosen))
    model.train(was_training)
    return tally.means()


def fit(
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    train: tuple[Tensor, Tensor],
    validation: tuple[Tensor, Tensor] | None,
    epochs: int,
    batch_size: int,
    seed: int,
    chosen: Settings,
    progress: bool = True,
    after_epoch: Callable[[int, History], None] | None = None,
) -> History:
    """Train for `epochs` passes with a progress bar; `after_epoch(epoch, history)` is called after each, from 1 on."""
    if epochs < 1:
        raise ValueError(f"epochs={epochs}: train for at least 1 epoch")
    for name, (x, y) in {"train": train, "validation": validation or train}.items():
        if len(x) != len(y) or len(x) == 0:
            raise ValueError(
                f"{name}: {len(x)} inputs and {len(y)} labels: give one label for each input, at least one"
            )
    generator = torch.Generator().manual_seed(seed)
    history = History()
    bar = tqdm(range(1, epochs + 1), desc="training", unit="epoch", disable=not progress)
    for epoch in bar:
        loss, accuracy = train_epoch(model, *train, optimiser, batch_size, generator, chosen)
        history.train_loss.append(loss)
        history.train_accuracy.append(accuracy)
        if validation is not None:
            loss, accuracy = evaluate(model, *validation, chosen)
            history.validation_loss.append(loss)
            history.validation_accuracy.append(accuracy)
        bar.set_postfix(loss=f"{loss:.3f}", accuracy=f"{accuracy:.3f}")
        if after_epoch:
            after_epoch(epoch, history)
    return history
