"""One cell of lesson 07's grids: train a narrow ResNet-18 on digits, and say how well it does."""

import numpy as np
import torch
from torch import Tensor, nn

from course_utils.device import Settings, place, settings
from course_utils.resnet import digits_resnet18
from course_utils.training import evaluate, train_epoch

DEFAULTS = {
    "learning_rate": 0.1,
    "weight_decay": 0.001,
    "batch_size": 64,
    "momentum": 0.9,
    "epochs": 4,
    "width": 8,
    "seed": 0,
    "shift": 0,
    "batch_norm": True,
    "average_pooling": True,
    "fresh_statistics": True,
}


def train_cell(
    cell: dict, x_train: np.ndarray, y_train: np.ndarray, x_held_out: np.ndarray, y_held_out: np.ndarray
) -> dict[str, float]:
    """Train with the settings in `cell`, DEFAULTS for the others; NaN for all numbers once the loss is not finite.

    x: (n, 28, 28) float32 in [0, 1]; y: (n,) int64. Returns "accuracy" on the held-out images, "train_accuracy" and
    "train_loss" on the training images, both in evaluation mode. One CPU thread, so that the numbers do not depend on
    how many cells run beside this one.
    """
    chosen = settings()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        train, held_out = _tensors(x_train, y_train), _tensors(x_held_out, y_held_out)
        return _train(DEFAULTS | cell, train, held_out, chosen)
    finally:
        torch.set_num_threads(threads)


def _train(
    cell: dict, train: tuple[Tensor, Tensor], held_out: tuple[Tensor, Tensor], chosen: Settings
) -> dict[str, float]:
    net = place(network(cell), chosen)
    optimiser = torch.optim.SGD(
        net.parameters(), lr=cell["learning_rate"], momentum=cell["momentum"], weight_decay=cell["weight_decay"]
    )
    generator = torch.Generator().manual_seed(cell["seed"])
    x, y = train
    for _ in range(int(cell["epochs"])):
        shifted = shift_images(x, int(cell["shift"]), generator)
        loss, _ = train_epoch(net, shifted, y, optimiser, int(cell["batch_size"]), generator, chosen)
        if not np.isfinite(loss):
            return dict.fromkeys(("accuracy", "train_accuracy", "train_loss"), float("nan"))
    if cell["fresh_statistics"]:
        refresh_statistics(net, x, chosen)
    train_loss, train_accuracy = evaluate(net, x, y, chosen)
    return {
        "accuracy": evaluate(net, *held_out, chosen)[1],
        "train_accuracy": train_accuracy,
        "train_loss": train_loss,
    }


def refresh_statistics(net: nn.Module, x: Tensor, chosen: Settings, batch_size: int = 200) -> None:
    """Measure batch norm's means and variances again, over all of `x`, with the weights as they are now.

    After few steps the running averages still hold what earlier weights gave, and a network that has learnt well reads
    as chance. Wu and Johnson, Rethinking "Batch" in BatchNorm, 2021, section 3: precise BN.
    """
    norms = [module for module in net.modules() if isinstance(module, nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain average over the batches
    net.train()
    with torch.no_grad():
        for batch in x.split(batch_size):
            net(place(batch, chosen))
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum


def network(cell: dict) -> nn.Module:
    """The ResNet-18 of a cell, with a stem of stride 2; batch norm and average pooling can be left out."""
    norm_layer = nn.BatchNorm2d if cell["batch_norm"] else nn.Identity
    net = digits_resnet18(cell["seed"], int(cell["width"]), stem_stride=2, norm_layer=norm_layer)
    if not cell["average_pooling"]:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(cell["seed"])
            net.avgpool, net.fc = nn.Identity(), nn.Linear(2 * 2 * 8 * int(cell["width"]), 10)  # 2 x 2 maps are left
    return net


def shift_images(x: Tensor, most: int, generator: torch.Generator) -> Tensor:
    """Each image moved by up to `most` pixels along both axes; zeros move in. x: (n, channels, h, w)."""
    if most == 0:
        return x
    n, _, height, width = x.shape
    padded = nn.functional.pad(x, (most,) * 4)
    down, right = torch.randint(0, 2 * most + 1, (2, n), generator=generator)
    rows = (down[:, None] + torch.arange(height))[:, None, :, None]
    columns = (right[:, None] + torch.arange(width))[:, None, None, :]
    return padded[torch.arange(n)[:, None, None, None], torch.arange(x.shape[1])[:, None, None], rows, columns]


def _tensors(x: np.ndarray, y: np.ndarray) -> tuple[Tensor, Tensor]:
    return torch.tensor(x)[:, None], torch.tensor(y)  # copies: joblib hands out read-only views
