"""Train and evaluate a person search from the command line (lesson 13).

    python -m course_utils.reid train    --data ROOT [--profile quick|full] [--checkpoint F]
    python -m course_utils.reid evaluate --data ROOT [--profile quick|full] [--checkpoint F]
    torchrun --nproc_per_node=2 -m course_utils.reid train --data ROOT ...

ROOT holds Market-1501 or a stand-in (python -m course_utils.standin ROOT). Training that was stopped goes on from its
checkpoint when the same command is given again; TensorBoard shows it: tensorboard --logdir runs.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from course_utils.device import PROFILES, place, settings
from course_utils.market1501 import Market1501
from course_utils.reid_checkpoint import RECIPES, fill, load_checkpoint, require_same
from course_utils.reid_images import read_images
from course_utils.reid_model import ReIDNetwork
from course_utils.reid_search import read_side, search
from course_utils.reid_training import train, workers


def run_training(given) -> None:
    chosen, recipe = _chosen(given)
    data = Market1501(given.data, "train")
    with workers(chosen) as team:
        if team.first:
            print(chosen)
            print(data)
        images = read_images(data, progress=team.first)
        writer = _writer(given.checkpoint.with_suffix("")) if team.first else None
        log = writer.add_scalar if writer else None
        try:
            train(images, data.labels, recipe, given.seed, chosen, given.checkpoint, log, team)
        finally:
            if writer:
                writer.close()
        if team.first:
            print(f"{given.checkpoint} holds the network after {recipe.epochs} epochs.")


def _writer(folder):
    from course_utils.summaries import SummaryWriter  # slow to load: only who writes pays for it

    return SummaryWriter(str(folder))


def run_evaluation(given) -> None:
    chosen, recipe = _chosen(given)
    content = load_checkpoint(given.checkpoint)
    require_same(content, recipe, None, given.checkpoint)
    recipe = content["recipe"]
    network = ReIDNetwork(content["classes"], recipe.backbone, recipe.embedding_size, recipe.bnneck)
    network = place(fill(network, content), chosen)
    print(f"{given.checkpoint}: {recipe.backbone} after {content['epoch']} epochs. {chosen}")
    sides = []
    for split in ("query", "gallery"):
        data = Market1501(given.data, split)
        print(data)
        sides.append(read_side(data))
    for name, result in search(network, *sides, recipe.size, chosen).items():
        print(f"{name:17s} {result}")


def _chosen(given):
    chosen = settings()
    profile = given.profile or chosen.profile
    given.checkpoint = given.checkpoint or Path("runs") / f"reid-{profile}.pt"
    recipe = RECIPES[profile]
    if getattr(given, "epochs", None) is not None:
        if given.epochs < 1:
            raise ValueError(f"--epochs is {given.epochs}; give at least 1")
        recipe = replace(recipe, epochs=given.epochs)
    return replace(chosen, profile=profile), recipe


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m course_utils.reid", description="Train and evaluate a search.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, run in (("train", run_training), ("evaluate", run_evaluation)):
        command = commands.add_parser(name)
        command.set_defaults(run=run)
        command.add_argument("--data", required=True, help="Market-1501 or a stand-in")
        command.add_argument("--profile", choices=PROFILES, help="default: quick, or full where CUDA is")
        command.add_argument("--checkpoint", type=Path, help="default: runs/reid-PROFILE.pt")
        if name == "train":
            command.add_argument("--epochs", type=int, help="default: the profile's")
            command.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    try:
        given.run(given)
    except (ValueError, OSError) as error:
        print(f"reid: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("reid: stopped; the same command goes on from the last whole epoch", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
