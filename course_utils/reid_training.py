"""Training of the person search: triplet and identity loss on batches of P people with K images.

Taught in lessons 12 (the loss) and 13 (the loop). Every epoch's order and augmentation follow from the seed and the
number of the epoch alone: a training that was killed goes on from its last checkpoint and ends with equal weights.
Under torchrun each process takes every n-th batch and the gradients are averaged (DistributedDataParallel).
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, distributed, nn
from tqdm import tqdm

from course_utils.device import Settings, autocast, place
from course_utils.losses import TripletLoss
from course_utils.reid_batches import Batches, Workers
from course_utils.reid_checkpoint import Recipe, fill, load_checkpoint, require_same, save_checkpoint
from course_utils.reid_model import ReIDNetwork, load_pretrained


class ReIDLoss(nn.Module):
    """identity loss (cross-entropy with label smoothing) + triplet_weight x batch-hard triplet loss (lesson 12)."""

    def __init__(self, margin: float = 0.3, triplet_weight: float = 1.0, label_smoothing: float = 0.1):
        super().__init__()
        self.identity = nn.CrossEntropyLoss(label_smoothing=label_smoothing)
        self.triplet = TripletLoss(margin, mining="hard")
        self.triplet_weight = triplet_weight

    def forward(self, outputs: tuple[Tensor, Tensor, Tensor], labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """outputs: the network's three; labels (n,) int64. Returns the sum, the identity and the triplet part."""
        _, logits, embedding = outputs
        identity, triplet = self.identity(logits.float(), labels), self.triplet(embedding.float(), labels)
        return identity + self.triplet_weight * triplet, identity, triplet


@contextmanager
def workers(chosen: Settings) -> Iterator[Workers]:
    """Join the processes that torchrun started, if it did."""
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        yield Workers()
        return
    if chosen.device == "cuda":
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    distributed.init_process_group("nccl" if chosen.device == "cuda" else "gloo")
    try:
        yield Workers(distributed.get_rank(), count)
    finally:
        distributed.destroy_process_group()


def begin(classes: int, recipe: Recipe, seed: int, chosen: Settings) -> tuple[ReIDNetwork, torch.optim.Optimizer, str]:
    """The network with its first weights, its optimiser, and a line that says where the weights come from."""
    torch.manual_seed(seed)
    network = ReIDNetwork(classes, recipe.backbone, recipe.embedding_size, recipe.bnneck)
    line = load_pretrained(network, recipe.backbone)
    network = place(network, chosen)
    optimiser = torch.optim.AdamW(network.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
    return network, optimiser, line


def train(
    images: Tensor,
    labels: np.ndarray,
    recipe: Recipe,
    seed: int,
    chosen: Settings,
    checkpoint: Path,
    log: Callable[[str, float, int], None] | None = None,
    team: Workers | None = None,
    progress: bool = True,
) -> ReIDNetwork:
    """Train, or go on training, and return the network in evaluation mode; `checkpoint` holds it too.

    images: (n, 3, height, width) uint8; labels: (n,) 0 to classes - 1. log(name, value, step): called after each step.
    Raises ValueError when `checkpoint` exists and belongs to another architecture, other data, or another seed.
    """
    team = team or Workers()
    labels = torch.as_tensor(labels)
    classes = int(labels.max()) + 1
    say = print if team.first and progress else (lambda line: None)
    network, optimiser, line = begin(classes, recipe, seed, chosen)
    content = load_checkpoint(checkpoint) if checkpoint.exists() else None
    if content is None:
        say(line)
    else:
        _require_same_run(content, recipe, classes, seed, checkpoint)
        fill(network, content)
        optimiser.load_state_dict(content["optimiser"])
        say(f"{checkpoint} goes on after epoch {content['epoch']} of {recipe.epochs}.")
    shared = nn.parallel.DistributedDataParallel(network) if team.count > 1 else network
    for epoch in range(content["epoch"] if content else 0, recipe.epochs):
        batches = Batches(epoch, images, labels, recipe, seed, chosen, team)
        bar = tqdm(batches, f"epoch {epoch + 1}/{recipe.epochs}", unit="batch", disable=not (progress and team.first))
        _epoch(shared, optimiser, bar, batches.first_step, recipe, chosen, log if team.first else None)
        if team.first:
            save_checkpoint(checkpoint, recipe, classes, seed, epoch + 1, network, optimiser)
    return network.eval()


def _epoch(network, optimiser, bar, first_step, recipe, chosen, log):
    network.train()
    loss_of = ReIDLoss(recipe.margin, recipe.triplet_weight, recipe.label_smoothing)
    for step, (x, y, rate) in enumerate(bar, first_step):
        for group in optimiser.param_groups:
            group["lr"] = rate
        optimiser.zero_grad()
        with autocast(chosen):
            outputs = network(x)
        loss, identity, triplet = loss_of(outputs, y)
        loss.backward()
        optimiser.step()
        accuracy = (outputs[1].argmax(1) == y).float().mean().item()
        bar.set_postfix(loss=f"{loss.item():.3f}", accuracy=f"{accuracy:.2f}")
        if log:
            log("accuracy", accuracy, step)
            for name, value in (("loss", loss), ("identity", identity), ("triplet", triplet)):
                log(name, value.item(), step)


def _require_same_run(content, recipe, classes, seed, checkpoint):
    require_same(content, recipe, classes, checkpoint)
    if content["seed"] != seed or content["recipe"] != recipe:
        what = f"seed {content['seed']}" if content["seed"] != seed else "another recipe"
        raise ValueError(f"{checkpoint} was trained with {what}; use the same again, or name another checkpoint")
