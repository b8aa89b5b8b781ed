"""What a training of the person search writes down, so that it can go on after a kill and be evaluated later.

Taught in lesson 13. A checkpoint is written after every epoch, under another name first: a kill leaves the old one.
"""

import os
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import nn


@dataclass(frozen=True)
class Recipe:
    """How to build and train a network; sizes in pixels, (height, width). p people with k images make a batch."""

    backbone: str
    size: tuple[int, int]
    epochs: int
    p: int = 16
    k: int = 4
    embedding_size: int = 256
    bnneck: bool = True
    learning_rate: float = 1e-3
    weight_decay: float = 5e-3
    margin: float = 0.3
    triplet_weight: float = 1.0
    label_smoothing: float = 0.1
    erase: float = 0.5


RECIPES = {
    "quick": Recipe(backbone="resnet18", size=(96, 48), epochs=10),
    "full": Recipe(backbone="resnet50", size=(256, 128), epochs=60, embedding_size=512, learning_rate=3.5e-4),
}


def save_checkpoint(file: Path, recipe: Recipe, classes: int, seed: int, epoch: int, network, optimiser) -> None:
    """Write all that the next epoch needs; epoch: how many are done. Order and augmentation follow from the seed."""
    file.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "recipe": asdict(recipe) | {"size": list(recipe.size)},
        "classes": classes,
        "seed": seed,
        "epoch": epoch,
        "network": network.state_dict(),
        "optimiser": optimiser.state_dict(),
    }
    unfinished = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        torch.save(content, unfinished)
        os.replace(unfinished, file)
    finally:
        unfinished.unlink(missing_ok=True)


def load_checkpoint(file: Path) -> dict:
    """The content of a checkpoint, with its recipe as a `Recipe`. One clear line for a missing or another file."""
    if not file.is_file():
        raise FileNotFoundError(
            f"no checkpoint {file}; train first: python -m course_utils.reid train --checkpoint ..."
        )
    try:
        content = torch.load(file, map_location="cpu", weights_only=True)
        recipe = dict(content["recipe"])
        return content | {"recipe": Recipe(**recipe | {"size": tuple(recipe["size"])})}
    except Exception as error:  # torch.load answers a foreign file with any of several exceptions
        kind = type(error).__name__
        raise ValueError(f"{file} is no checkpoint of course_utils.reid ({kind}); name another file") from None


def require_same(content: dict, recipe: Recipe, classes: int | None, file: Path) -> None:
    """Raise ValueError, naming what differs, unless the checkpoint belongs to this architecture (and data)."""
    was, asked = content["recipe"], recipe
    for name in ("backbone", "embedding_size", "bnneck", "size"):
        if getattr(was, name) != getattr(asked, name):
            raise ValueError(
                f"{file} was trained with {name} {getattr(was, name)}, you ask for {getattr(asked, name)}; "
                "use its profile, or name another checkpoint"
            )
    if classes is not None and content["classes"] != classes:
        raise ValueError(
            f"{file} was trained on {content['classes']} people, this data has {classes}; name another checkpoint"
        )


def fill(network: nn.Module, content: dict) -> nn.Module:
    network.load_state_dict(content["network"])
    return network
