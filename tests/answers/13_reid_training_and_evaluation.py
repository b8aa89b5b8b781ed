"""Right and wrong answers to the exercises of lesson 13, named after the style or the mistake."""

from pathlib import Path

import numpy as np


def distances_by_einsum(queries, gallery):
    own, other = np.einsum("nd,nd->n", queries, queries), np.einsum("md,md->m", gallery, gallery)
    return np.clip(own[:, None] - 2 * np.einsum("nd,md->nm", queries, gallery) + other[None], 0, None)


def distances_row_by_row(queries, gallery):
    return np.stack([((gallery - one) ** 2).sum(axis=1) for one in queries])


def terms(queries, gallery):
    return (queries**2).sum(axis=1)[:, None], (gallery**2).sum(axis=1), queries @ gallery.T


def distances_without_clip(queries, gallery):
    own, other, inner = terms(queries, gallery)
    return own + other - 2 * inner


def distances_one_square_only(queries, gallery):
    own, _, inner = terms(queries, gallery)
    return own - 2 * inner


def distances_wrong_sign(queries, gallery):
    own, other, inner = terms(queries, gallery)
    return own + other + 2 * inner


def distances_in_place(queries, gallery):
    result = distances_by_einsum(queries, gallery)
    queries /= 2
    return result


def distances_of_the_same_shape_only(queries, gallery):
    own, other, inner = terms(queries, gallery)
    return np.maximum(own.T + other - 2 * inner, 0)


def distances_scipy(queries, gallery):
    from scipy.spatial.distance import cdist

    return cdist(queries, gallery, "sqeuclidean")


def distances_scipy_matrix(queries, gallery):
    from scipy.spatial import distance_matrix

    return distance_matrix(queries, gallery) ** 2


def matches_by_loop(distances, query_id, query_camera, gallery_ids, gallery_cameras):
    found = []
    for j in sorted(range(len(distances)), key=lambda j: distances[j]):
        if gallery_ids[j] == -1 or (gallery_ids[j] == query_id and gallery_cameras[j] == query_camera):
            continue
        found.append(gallery_ids[j] == query_id)
    return np.array(found)


def matches_by_lexsort(distances, query_id, query_camera, gallery_ids, gallery_cameras):
    order = np.lexsort((np.arange(len(distances)), distances))
    ids, cameras = gallery_ids[order], gallery_cameras[order]
    ignored = (ids < 0) | ((ids == query_id) & (cameras == query_camera))
    return (ids == query_id)[~ignored]


def matches_where(keep):
    def matches(distances, query_id, query_camera, gallery_ids, gallery_cameras):
        order = np.argsort(distances, kind="stable")
        same, camera = gallery_ids == query_id, gallery_cameras == query_camera
        return same[order][keep(gallery_ids, same, camera)[order]]

    return matches


def matches_with_an_unsorted_mask(distances, query_id, query_camera, gallery_ids, gallery_cameras):
    same = gallery_ids == query_id
    kept = (gallery_ids != -1) & ~(same & (gallery_cameras == query_camera))
    return same[np.argsort(distances, kind="stable")][kept]


def matches_unstable(distances, query_id, query_camera, gallery_ids, gallery_cameras):
    order = np.lexsort((-np.arange(len(distances)), distances))
    return matches_by_loop(np.arange(len(order)), query_id, query_camera, gallery_ids[order], gallery_cameras[order])


def matches_of_person_2(distances, query_id, query_camera, gallery_ids, gallery_cameras):
    return matches_by_loop(distances, 2, query_camera, gallery_ids, gallery_cameras)


def precisions_by_loop(matches):
    step = trapezoid = found = 0
    for images, match in enumerate(matches):
        if match:
            before = found / images if images else 1
            found += 1
            step += found / (images + 1)
            trapezoid += (before + found / (images + 1)) / 2
    return step / found, trapezoid / found


def precisions_by_cumsum(matches):
    precision = np.cumsum(matches) / np.arange(1, len(matches) + 1)
    shifted = np.concatenate([[1.0], precision[:-1]])
    return precision[matches].mean(), (precision + shifted)[matches].mean() / 2


def parts(matches):
    ranks = 1 + np.flatnonzero(matches)
    k = np.arange(1, len(ranks) + 1)
    return ranks, k, k / ranks


def precisions_of_all_images(matches):
    return parts(matches)[2].sum() / len(matches), precisions_by_loop(matches)[1]


def precisions_starting_at_zero(matches):
    ranks, k, at = parts(matches)
    before = (k - 1) / np.maximum(ranks - 1, 1)
    return at.mean(), (at + before).mean() / 2


def precisions_of_the_match_before(matches):
    at = parts(matches)[2]
    return at.mean(), (at + np.concatenate([[1.0], at[:-1]])).mean() / 2


def precisions_of_every_place(matches):
    every = np.cumsum(matches) / np.arange(1, len(matches) + 1)
    return every.mean(), precisions_by_loop(matches)[1]


def precisions_of_the_first_match(matches):
    step = 1 / parts(matches)[0][0]
    return step, step


def scores(curves, pairs, valid):
    step, trapezoid = np.mean(pairs, axis=0)
    return {"cmc": np.mean(curves, axis=0), "step": step, "trapezoid": trapezoid, "valid": valid}


def lists_of(distances, query_ids, gallery_ids, query_cameras, gallery_cameras, one_list=matches_by_loop):
    rows = zip(distances, query_ids, query_cameras, strict=True)
    lists = [one_list(row, person, camera, gallery_ids, gallery_cameras) for row, person, camera in rows]
    return [one for one in lists if np.any(one)]


def evaluate_by_first_rank(distances, query_ids, gallery_ids, query_cameras, gallery_cameras, max_rank=10):
    lists = lists_of(distances, query_ids, gallery_ids, query_cameras, gallery_cameras)
    firsts = np.array([np.argmax(one) for one in lists])
    curve = np.array([(firsts < k).mean() for k in range(1, max_rank + 1)])
    return scores([curve], [precisions_by_loop(one) for one in lists], len(lists))


def evaluate_by_histogram(distances, query_ids, gallery_ids, query_cameras, gallery_cameras, max_rank=10):
    counts, pairs = np.zeros(max_rank + 1), []
    for one in lists_of(distances, query_ids, gallery_ids, query_cameras, gallery_cameras, matches_by_lexsort):
        counts[min(int(np.argmax(one)), max_rank)] += 1
        pairs.append(precisions_by_cumsum(one))
    return scores([np.cumsum(counts[:max_rank]) / len(pairs)], pairs, len(pairs))


def changed(**changes):
    """The right answer, with some of its values put through a function of (answer, number of queries)."""

    def evaluate(distances, query_ids, *rest):
        right = evaluate_by_first_rank(distances, query_ids, *rest)
        return right | {key: change(right, len(query_ids)) for key, change in changes.items()}

    return evaluate


def evaluate_other_ids(change):
    def evaluate(distances, query_ids, gallery_ids, query_cameras, gallery_cameras, max_rank=10):
        ids, cameras = change(gallery_ids, query_cameras)
        return evaluate_by_first_rank(distances, query_ids, ids, cameras, gallery_cameras, max_rank)

    return evaluate


def evaluate_short_curve(distances, *rest):
    right = evaluate_by_first_rank(distances, *rest)
    return right | {"cmc": right["cmc"][: distances.shape[1] - 1]}


def evaluate_always_rank_10(*search):
    return evaluate_by_first_rank(*search[:5], 10)


def share_of(key):
    return lambda right, n: right[key] * right["valid"] / n


def loop(network, loss_of, optimiser, epochs, save, mode=True, rate_for=None, clear=True, part=0, keep=float):
    history = []
    for n, batches in enumerate(epochs, 1):
        values = []
        if mode is True or n == mode:
            network.train()
        for x, labels, rate in batches:
            for i, group in enumerate(optimiser.param_groups):
                if rate_for is None or i in rate_for:
                    group.update(lr=rate)
            value = loss_of(network(x), labels)
            if clear:
                optimiser.zero_grad()
            value[part].backward()
            optimiser.step()
            values.append(keep(value[0]))
        history.append(sum(values) / len(values))
        save(n)
    return history


def train_running_mean(network, loss_of, optimiser, epochs, save):
    means = []
    for batches in epochs:
        network.train(True)
        mean = 0.0
        for i, (x, labels, rate) in enumerate(batches):
            optimiser.zero_grad(set_to_none=False)
            for group in optimiser.param_groups:
                group["lr"] = rate
            total, _, _ = loss_of(network(x), labels)
            total.backward()
            optimiser.step()
            mean += (total.item() - mean) / (i + 1)
        means.append(mean)
        save(len(means))
    return means


def train_by_length(network, loss_of, optimiser, epochs, save):
    """Divides by the number of batches that an epoch says it has."""
    history = [0.0] * len(epochs)
    for n, batches in enumerate(epochs):
        network.train()
        for x, y, rate in batches:
            for group in optimiser.param_groups:
                group["lr"] = rate
            optimiser.zero_grad()
            total = loss_of(network(x), y)[0]
            total.backward()
            optimiser.step()
            history[n] += total.item() / len(batches)
        save(n + 1)
    return history


def train_with(**how):
    return lambda network, loss_of, optimiser, epochs, save: loop(network, loss_of, optimiser, epochs, save, **how)


def train_summing_all(network, loss_of, optimiser, epochs, save):
    return loop(network, lambda *both: (sum(loss_of(*both)),), optimiser, epochs, save)


def train_saving_once(network, loss_of, optimiser, epochs, save):
    history = loop(network, loss_of, optimiser, epochs, lambda n: None)
    save(len(history))
    return history


def train_saving_from_zero(network, loss_of, optimiser, epochs, save):
    return loop(network, loss_of, optimiser, epochs, lambda n: save(n - 1))


def train_sums(network, loss_of, optimiser, epochs, save):
    sizes = []

    def counted(batches):
        sizes.append(0)
        for batch in batches:
            sizes[-1] += 1
            yield batch

    history = loop(network, loss_of, optimiser, map(counted, epochs), save)
    return [mean * n for mean, n in zip(history, sizes, strict=True)]


SCRIPT = """
import json
import sys

import torch

from course_utils.device import settings
from course_utils.evaluation import evaluate_rank
from course_utils.market1501 import Market1501
from course_utils.reid_images import read_images
from course_utils.reid_model import ReIDNetwork
from course_utils.reid_search import embed


def main(checkpoint, root):
    saved = torch.load(checkpoint, weights_only=True)
    recipe = saved["recipe"]
    model = ReIDNetwork(saved["classes"], recipe["backbone"], recipe["embedding_size"], recipe["bnneck"])
    model.load_state_dict(saved["network"])
    sides = [Market1501(root, split) for split in ("query", "gallery")]
    query, gallery = [embed(model, read_images(s), tuple(recipe["size"]), settings()) for s in sides]
    distances = 2 - 2 * query @ gallery.T
    people, cameras = [s.person_ids for s in sides], [s.camera_ids for s in sides]
    found = {r: evaluate_rank(distances, *people, *cameras, r) for r in ("step", "trapezoid")}
    print(json.dumps({"rank1": found["step"].rank1} | {r: f.mean_ap for r, f in found.items()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
"""

OWN_NETWORK = """
from torch import nn

from course_utils.resnet import narrow_resnet18


class ReIDNet(nn.Module):
    def __init__(self, classes, backbone, embedding_size, bnneck):
        super().__init__()
        self.backbone = narrow_resnet18(64)
        self.backbone.fc = nn.Linear(512, embedding_size)
        self.before_logits = nn.BatchNorm1d(embedding_size) if bnneck else nn.Identity()
        self.classify = nn.Linear(embedding_size, classes)

    def forward(self, x):
        embedding = self.backbone(x)
        logits = self.classify(self.before_logits(embedding))
        return torch.cat([embedding, logits], dim=1), logits, embedding
"""

BY_HAND = """
import argparse, json
from pathlib import Path
import numpy as np
from course_utils.data import Market1501
from course_utils.device import settings
from course_utils.evaluation import evaluate_rank
from course_utils.reid_checkpoint import fill, load_checkpoint
from course_utils.reid_images import read_images
from course_utils.reid_model import ReIDNetwork
from course_utils.reid_search import embed

parser = argparse.ArgumentParser()
parser.add_argument("checkpoint", type=Path)
parser.add_argument("data")
given = parser.parse_args()
content = load_checkpoint(given.checkpoint)
recipe, chosen = content["recipe"], settings()
network = fill(ReIDNetwork(content["classes"], recipe.backbone, recipe.embedding_size, recipe.bnneck), content)
x, ids, cameras = [], [], []
for split in "query", "gallery":
    data = Market1501(given.data, split, keep_junk=True)
    x.append(embed(network, read_images(data, progress=False), recipe.size, chosen, progress=False))
    ids.append(data.person_ids)
    cameras.append(data.camera_ids)
distances = np.sqrt(np.maximum(((x[0][:, None] - x[1]) ** 2).sum(axis=2), 0))
step = evaluate_rank(distances, *ids, *cameras)
area = evaluate_rank(distances, *ids, *cameras, average_precision="trapezoid")
print(step)
print(json.dumps({"trapezoid": area.mean_ap, "step": step.mean_ap, "rank1": step.rank1}))
"""


def writes(text, *changes):
    """An answer that writes `text` with some pieces replaced."""
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return lambda path: Path(path).write_text(text)


def writes_elsewhere(path):
    return Path(path).with_name("evaluation.py").write_text(SCRIPT)


def writes_without_count(path):
    Path(path).write_text(SCRIPT)


SEARCHES = """
import json, sys
from pathlib import Path
from course_utils.reid_search import Side, search
print(json.dumps({}))
"""

RIGHT = {
    "squared_distances": {
        "einsum": distances_by_einsum,
        "row by row": distances_row_by_row,
        "by norms": lambda q, g: np.maximum(
            np.linalg.norm(q, axis=1)[:, None] ** 2 + np.linalg.norm(g, axis=1) ** 2 - 2 * q @ g.T, 0
        ),
    },
    "true_matches": {"loop": matches_by_loop, "lexsort": matches_by_lexsort},
    "average_precisions": {"loop": precisions_by_loop, "cumsum": precisions_by_cumsum},
    "evaluate": {"first ranks": evaluate_by_first_rank, "histogram": evaluate_by_histogram},
    "train": {"options": loop, "running mean": train_running_mean, "by length": train_by_length},
    "write_script": {"main function": writes(SCRIPT), "by hand": writes(BY_HAND)},
}

WRONG = {
    "squared_distances": {
        "not clipped": distances_without_clip,
        "root": lambda q, g: np.sqrt(distances_by_einsum(q, g)),
        "wrong sign": distances_wrong_sign,
        "gallery squares forgotten": distances_one_square_only,
        "scipy's matrix": distances_scipy_matrix,
        "three axes": lambda q, g: ((q[:, None] - g) ** 2).sum(axis=2),
        "squares along the wrong axis": distances_of_the_same_shape_only,
        "in place": distances_in_place,
        "calls scipy": distances_scipy,
        "transposed": lambda q, g: distances_by_einsum(g, q),
        "similarity": lambda q, g: q @ g.T,
    },
    "true_matches": {
        "junk kept": matches_where(lambda ids, same, camera: ~(same & camera)),
        "distractors dropped": matches_where(lambda ids, same, camera: (ids > 0) & ~(same & camera)),
        "same camera kept": matches_where(lambda ids, same, camera: ids != -1),
        "whole camera dropped": matches_where(lambda ids, same, camera: (ids != -1) & ~camera),
        "whole person dropped": matches_where(lambda ids, same, camera: (ids != -1) & ~same),
        "farthest first": lambda d, *rest: matches_by_loop(-d, *rest),
        "not sorted": lambda d, *rest: matches_by_loop(np.arange(len(d)), *rest),
        "ties turned round": matches_unstable,
        "mask not sorted": matches_with_an_unsorted_mask,
        "always person 2": matches_of_person_2,
        "places, not bools": lambda *search: np.flatnonzero(matches_by_loop(*search)),
    },
    "average_precisions": {
        "divides by all images": precisions_of_all_images,
        "starts at zero": precisions_starting_at_zero,
        "precision of the match before": precisions_of_the_match_before,
        "precision of every place": precisions_of_every_place,
        "first match only": precisions_of_the_first_match,
        "swapped": lambda matches: precisions_by_loop(matches)[::-1],
        "step twice": lambda matches: precisions_by_loop(matches)[:1] * 2,
        "hard-coded": lambda matches: (0.5, 5 / 12),
    },
    "evaluate": {
        "divided by all queries": changed(cmc=share_of("cmc"), step=share_of("step"), trapezoid=share_of("trapezoid")),
        "curve does not add up": changed(cmc=lambda right, n: np.diff(right["cmc"], prepend=0)),
        "counts all as valid": changed(valid=lambda right, n: n),
        "rules swapped": changed(step=lambda right, n: right["trapezoid"], trapezoid=lambda right, n: right["step"]),
        "per cent": changed(cmc=lambda right, n: 100 * right["cmc"]),
        "junk kept": evaluate_other_ids(lambda ids, cameras: (np.where(ids == -1, 0, ids), cameras)),
        "distractors dropped": evaluate_other_ids(lambda ids, cameras: (np.where(ids == 0, -1, ids), cameras)),
        "same camera kept": evaluate_other_ids(lambda ids, cameras: (ids, cameras + 7)),
        "curve as short as the list": evaluate_short_curve,
        "always ten ranks": evaluate_always_rank_10,
    },
    "train": {
        "gradients add up": train_with(clear=False),
        "rate ignored": train_with(rate_for=()),
        "rate for the first group only": train_with(rate_for=(0,)),
        "training mode once": train_with(mode=1),
        "evaluation mode": train_with(mode=0),
        "identity loss alone": train_with(part=1),
        "triplet loss alone": train_with(part=2),
        "all three losses": train_summing_all,
        "tensors kept": train_with(keep=lambda value: value),
        "sums": train_sums,
        "saves once": train_saving_once,
        "saves from zero": train_saving_from_zero,
    },
    "write_script": {
        "classes hard-coded": writes(SCRIPT, ('saved["classes"]', "60")),
        "weights not loaded": writes(
            SCRIPT,
            ('model.load_state_dict(saved["network"])', "pass"),
            ("def main(", "torch.manual_seed(7)  # the same weights in every run\n\n\ndef main("),
        ),
        "resnet18 without neck hard-coded": writes(
            SCRIPT, ('recipe["backbone"], recipe["embedding_size"], recipe["bnneck"]', '"resnet18", 8, True')
        ),
        "similarity as distance": writes(SCRIPT, ("2 - 2 * query", "query")),
        "same camera kept": writes(SCRIPT, ("*cameras, r)", "cameras[0] + 9, cameras[1], r)")),
        "rules swapped": writes(
            SCRIPT,
            ('("step", "trapezoid")}', '("trapezoid", "step")}'),
            ("f.mean_ap for r", "found['step' if r != 'step' else 'trapezoid'].mean_ap for r"),
        ),
        "the network of lesson 12": writes(
            SCRIPT,
            ("from course_utils.reid_model import ReIDNetwork", OWN_NETWORK),
            ("model = ReIDNetwork(", "model = ReIDNet("),
        ),
        "per cent": writes(
            SCRIPT, ('found["step"].rank1', '100 * found["step"].rank1'), ("f.mean_ap", "100 * f.mean_ap")
        ),
        "calls search": writes(SEARCHES),
        "another file name": writes_elsewhere,
        "no count": writes_without_count,
    },
}
