"""What lesson 12 measures of a network with three outputs: how hard a loss pulls, and which output finds people."""

import numpy as np
import torch
from torch import Tensor, nn

from course_utils.device import Settings, autocast, place
from course_utils.evaluation import evaluate_rank
from course_utils.reid_images import normalise
from course_utils.reid_search import Side


def pull(loss: Tensor, embedding: Tensor) -> float:
    """Length of the gradient of `loss` (a scalar) by the embeddings (n, d) of a batch; 0 where none arrives.

    The graph is kept, so that the loss can still be used.
    """
    if not loss.requires_grad:
        return 0.0
    slope = torch.autograd.grad(loss, embedding, retain_graph=True, allow_unused=True)[0]
    return 0.0 if slope is None else slope.norm().item()


def rank1(query_rows: Tensor, gallery_rows: Tensor, query: Side, gallery: Side) -> float:
    """Share of the queries whose nearest gallery row is of their person; their own camera's images of them are out."""
    distances = torch.cdist(query_rows, gallery_rows).numpy()
    sides = query.person_ids, gallery.person_ids, query.camera_ids, gallery.camera_ids
    return evaluate_rank(distances, *sides).rank1


def rank1_of_pixels(query: Side, gallery: Side, size: tuple[int, int]) -> float:
    """The same for the pixels themselves, scaled to `size` (height, width): what a search costs without learning."""
    return rank1(*[normalise(side.images, size).flatten(1) for side in (query, gallery)], query, gallery)


@torch.no_grad()
def rank1_of_outputs(
    network: nn.Module, query: Side, gallery: Side, size: tuple[int, int], chosen: Settings, batch_size: int = 128
) -> np.ndarray:
    """(3,) the same for each of the network's outputs, scaled to length 1; the network is left in evaluation mode."""
    network.eval()
    rows = []
    for side in (query, gallery):
        parts = []
        for images in side.images.split(batch_size):
            with autocast(chosen):
                outputs = network(place(normalise(images, size), chosen))
            parts.append([nn.functional.normalize(one.float()).cpu() for one in outputs])
        rows.append([torch.cat(one) for one in zip(*parts, strict=True)])
    return np.array([rank1(*both, query, gallery) for both in zip(*rows, strict=True)])
