"""Searching with a trained network: embeddings of query and gallery, their distances and the score (lesson 13)."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize
from tqdm import tqdm

from course_utils.device import Settings, autocast, place
from course_utils.evaluation import RankResult, evaluate_rank, k_reciprocal_rerank
from course_utils.market1501 import Market1501
from course_utils.reid_images import normalise, read_images
from course_utils.reid_model import ReIDNetwork


@dataclass(frozen=True)
class Side:
    """Query or gallery: images (n, 3, height, width) uint8, person_ids (n,), camera_ids (n,)."""

    images: Tensor
    person_ids: np.ndarray
    camera_ids: np.ndarray


def read_side(data: Market1501, progress: bool = True) -> Side:
    """Images and labels of a split as they are searched."""
    return Side(read_images(data, progress), data.person_ids, data.camera_ids)


@torch.no_grad()
def embed(
    network: ReIDNetwork,
    images: Tensor,
    size: tuple[int, int],
    chosen: Settings,
    batch_size: int = 128,
    progress: bool = True,
) -> np.ndarray:
    """Unit embeddings (n, d) float32 of uint8 images: those of the image and of its mirror image, added."""
    network.eval()
    rows = []
    for batch in tqdm(images.split(batch_size), desc="embeddings", unit="batch", disable=not progress):
        x = place(normalise(batch, size), chosen)
        with autocast(chosen):
            both = network(x)[2].float() + network(x.flip(3))[2].float()
        rows.append(normalize(both).cpu())
    return torch.cat(rows).numpy()


def search(
    network: ReIDNetwork, query: Side, gallery: Side, size: tuple[int, int], chosen: Settings, progress: bool = True
) -> dict[str, RankResult]:
    """Scores by name: plain by both rules of average precision, and after k-reciprocal re-ranking. No junk, please."""
    q, g = (embed(network, side.images, size, chosen, progress=progress) for side in (query, gallery))
    sides = query.person_ids, gallery.person_ids, query.camera_ids, gallery.camera_ids
    distances = 2 - 2 * q @ g.T  # squared Euclidean distance of unit vectors
    return {
        "plain": evaluate_rank(distances, *sides),
        "plain, trapezoid": evaluate_rank(distances, *sides, average_precision="trapezoid"),
        "re-ranked": evaluate_rank(k_reciprocal_rerank(q, g), *sides),
    }
