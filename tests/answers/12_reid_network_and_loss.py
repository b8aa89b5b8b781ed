"""Right and wrong answers to the exercises of lesson 12, named after the style or the mistake."""

import random

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from course_utils.losses import TripletLoss
from course_utils.reid_model import ReIDNetwork
from course_utils.reid_training import ReIDLoss


class Net(nn.Module):
    """The right network; the wrong ones below change one step of it."""

    def __init__(self, backbone, embedding_size, classes, neck=None):
        super().__init__()
        self.make(backbone, embedding_size, classes)
        self.neck = neck

    def make(self, backbone, embedding_size, classes):
        features = backbone.fc.in_features
        backbone.fc = nn.Identity()
        self.backbone, self.fc1, self.fc2 = (
            backbone,
            nn.Linear(features, embedding_size),
            nn.Linear(embedding_size, classes),
        )

    def through_neck(self, embedding):
        return embedding if self.neck is None else self.neck(embedding)

    def embed(self, x):
        return self.fc1(self.backbone(x))

    def classify(self, embedding):
        return self.fc2(self.through_neck(embedding))

    def put_together(self, logits, embedding):
        return torch.cat([embedding, logits], dim=1), logits, embedding

    def forward(self, x):
        embedding = self.embed(x)
        return self.put_together(self.classify(embedding), embedding)


class LayerInPlace(nn.Module):
    """The embedding layer takes the place of the backbone's last layer; the classifier is a Sequential."""

    def __init__(self, backbone, embedding_size, classes, neck=None):
        super().__init__()
        self.net = backbone
        self.net.fc = nn.Linear(backbone.fc.in_features, embedding_size)
        self.head = nn.Sequential(neck or nn.Identity(), nn.Linear(embedding_size, classes))

    def forward(self, x):
        f = self.net(x)
        s = self.head(f)
        return [torch.hstack((f, s)), s, f]


class ByChildren(Net):
    """The backbone cut into its children, without the last; it needs a flatten of its own."""

    def make(self, backbone, embedding_size, classes):
        features = backbone.fc.in_features
        self.backbone = nn.Sequential(*list(backbone.children())[:-1], nn.Flatten())
        self.fc1, self.fc2 = nn.Linear(features, embedding_size), nn.Linear(embedding_size, classes)


class EmbeddingFirst(Net):
    def put_together(self, logits, embedding):
        return embedding, logits, torch.cat([embedding, logits], dim=1)


class LogitsLast(Net):
    def put_together(self, logits, embedding):
        return torch.cat([embedding, logits], dim=1), embedding, logits


class ConcatenatedTheOtherWay(Net):
    def put_together(self, logits, embedding):
        return torch.cat([logits, embedding], dim=1), logits, embedding


class TwoOutputs(Net):
    def put_together(self, logits, embedding):
        return logits, embedding


class KeepsTheOldLayer(Net):
    def make(self, backbone, embedding_size, classes):
        self.backbone, self.fc1, self.fc2 = (
            backbone,
            nn.Linear(1000, embedding_size),
            nn.Linear(embedding_size, classes),
        )


class CarriesTheOldLayer(Net):
    """The old layer is no longer used, but it is still there and counts."""

    def make(self, backbone, embedding_size, classes):
        self.old = [backbone.fc]
        super().make(backbone, embedding_size, classes)
        self.extra = nn.Conv2d(1, 1000, 4)


class LogitsFromFeatures(Net):
    def make(self, backbone, embedding_size, classes):
        super().make(backbone, embedding_size, classes)
        self.fc2 = nn.Linear(self.fc1.in_features, classes)

    def forward(self, x):
        features = self.backbone(x)
        return self.put_together(self.fc2(features), self.fc1(features))


class Softmax(Net):
    def classify(self, embedding):
        return super().classify(embedding).softmax(dim=1)


class UnitEmbedding(Net):
    def put_together(self, logits, embedding):
        return super().put_together(logits, nn.functional.normalize(embedding))


class ReluBehindTheEmbedding(Net):
    def embed(self, x):
        return super().embed(x).relu()


class IgnoresTheNeck(Net):
    def through_neck(self, embedding):
        return embedding


class EmbeddingBehindTheNeck(Net):
    def put_together(self, logits, embedding):
        return super().put_together(logits, self.through_neck(embedding))


class NeckInAList(Net):
    def __init__(self, backbone, embedding_size, classes, neck=None):
        super().__init__(backbone, embedding_size, classes)
        self.hidden = [neck]

    def through_neck(self, embedding):
        return embedding if self.hidden[0] is None else self.hidden[0](embedding)


class LayersInAList(Net):
    def make(self, backbone, embedding_size, classes):
        features = backbone.fc.in_features
        backbone.fc = nn.Identity()
        self.backbone, self.layers = backbone, [nn.Linear(features, embedding_size), nn.Linear(embedding_size, classes)]

    def embed(self, x):
        return self.layers[0](self.backbone(x).float())

    def classify(self, embedding):
        return self.layers[1](embedding)


class Detached(Net):
    def classify(self, embedding):
        return super().classify(embedding.detach())


def ready_made(backbone, embedding_size, classes, neck=None):
    return ReIDNetwork(classes, "resnet18", embedding_size, bnneck=neck is not None)


def log_softmax(logits):
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def identity_loss(logits, labels, smoothing=0.0):
    targets = (1 - smoothing) * np.eye(logits.shape[1])[labels] + smoothing / logits.shape[1]
    return -(targets * log_softmax(logits)).sum(axis=1).mean()


def identity_loss_by_loop(logits, labels, smoothing=0.0):
    total = 0.0
    for row, label in zip(logits.tolist(), labels.tolist(), strict=True):
        top = max(row)
        log_sum = top + np.log(sum(np.exp(value - top) for value in row))
        for i, value in enumerate(row):
            target = smoothing / len(row) + (1 - smoothing if i == label else 0)
            total += target * (log_sum - value)
    return total / len(labels)


def identity_loss_two_terms(logits, labels, smoothing=0.0):
    from scipy.special import logsumexp

    losses = logsumexp(logits, axis=1, keepdims=True) - logits
    own = losses[np.arange(len(labels)), labels].mean()
    return float((1 - smoothing) * own + smoothing * losses.mean())


def identity_loss_others_only(logits, labels, smoothing=0.0):
    n, classes = logits.shape
    targets = np.full((n, classes), smoothing / (classes - 1))
    targets[np.arange(n), labels] = 1 - smoothing
    return -(targets * log_softmax(logits)).sum(axis=1).mean()


def identity_loss_unsmoothed(logits, labels, smoothing=0.0):
    return identity_loss(logits, labels, 0.0)


def identity_loss_summed(logits, labels, smoothing=0.0):
    return identity_loss(logits, labels, smoothing) * len(logits)


def identity_loss_mean_of_all(logits, labels, smoothing=0.0):
    return identity_loss(logits, labels, smoothing) / logits.shape[1]


def identity_loss_sign(logits, labels, smoothing=0.0):
    return -identity_loss(logits, labels, smoothing)


def identity_loss_wrong_ones_dropped(logits, labels, smoothing=0.0):
    return (1 - smoothing) * identity_loss(logits, labels, 0.0)


def identity_loss_overflows(logits, labels, smoothing=0.0):
    exp = np.exp(logits)
    targets = (1 - smoothing) * np.eye(logits.shape[1])[labels] + smoothing / logits.shape[1]
    return -(targets * np.log(exp / exp.sum(axis=1, keepdims=True))).sum(axis=1).mean()


def identity_loss_smooths_probabilities(logits, labels, smoothing=0.0):
    probabilities = np.exp(log_softmax(logits))
    mixed = (1 - smoothing) * probabilities + smoothing / logits.shape[1]
    return -np.log(mixed[np.arange(len(labels)), labels] + 1e-300).mean()


def identity_loss_in_place(logits, labels, smoothing=0.0):
    logits -= logits.max(axis=1, keepdims=True)
    return identity_loss(logits, labels, smoothing)


def identity_loss_torch(logits, labels, smoothing=0.0):
    return cross_entropy(torch.as_tensor(logits), torch.as_tensor(labels), label_smoothing=smoothing).item()


def parts(outputs, labels, smoothing=0.0, margin=0.3):
    return cross_entropy(outputs[1], labels, label_smoothing=smoothing), TripletLoss(margin)(outputs[2], labels)


def loss(outputs, labels, triplet_weight=1.0, smoothing=0.0, margin=0.3):
    identity, triplet = parts(outputs, labels, smoothing, margin)
    return identity + triplet_weight * triplet, identity, triplet


def loss_written_out(outputs, labels, triplet_weight=1.0, smoothing=0.0, margin=0.3):
    """Nothing ready made but the logarithm of the softmax."""
    _, logits, embedding = outputs
    log_p = logits.log_softmax(dim=1)
    own = log_p.gather(1, labels[:, None]).mean()
    identity = -((1 - smoothing) * own + smoothing * log_p.mean())
    distances = (embedding[:, None] - embedding).square().sum(dim=2).clamp_min(1e-24).sqrt()
    same = labels[:, None] == labels
    farthest = torch.where(same, distances, -1.0).amax(dim=1)
    nearest = torch.where(same, torch.inf, distances).amin(dim=1)
    triplet = (farthest - nearest + margin).relu().mean()
    return identity + triplet * triplet_weight, identity, triplet


def loss_of_list(outputs, labels, triplet_weight=1.0, smoothing=0.0, margin=0.3):
    return list(loss(outputs, labels, triplet_weight, smoothing, margin))


def loss_total_only(outputs, labels, *options):
    return loss(outputs, labels, *options)[0]


def loss_as_numbers(outputs, labels, *options):
    return tuple(part.item() for part in loss(outputs, labels, *options))


def loss_detached(outputs, labels, triplet_weight=1.0, smoothing=0.0, margin=0.3):
    identity, triplet = parts(outputs, labels, smoothing, margin)
    return identity + triplet_weight * triplet.detach(), identity, triplet


def loss_outputs_swapped(outputs, labels, *options):
    return loss((outputs[0], outputs[2], outputs[1]), labels, *options)


def loss_triplet_of_concatenation(outputs, labels, *options):
    return loss((outputs[2], outputs[1], outputs[0]), labels, *options)


def loss_weight_forgotten(outputs, labels, triplet_weight=1.0, smoothing=0.0, margin=0.3):
    return loss(outputs, labels, 1.0, smoothing, margin)


def loss_weight_on_identity(outputs, labels, triplet_weight=1.0, smoothing=0.0, margin=0.3):
    identity, triplet = parts(outputs, labels, smoothing, margin)
    return triplet_weight * identity + triplet, identity, triplet


def loss_returns_weighted_triplet(outputs, labels, triplet_weight=1.0, smoothing=0.0, margin=0.3):
    total, identity, triplet = loss(outputs, labels, triplet_weight, smoothing, margin)
    return total, identity, triplet_weight * triplet


def loss_unsmoothed(outputs, labels, triplet_weight=1.0, smoothing=0.0, margin=0.3):
    return loss(outputs, labels, triplet_weight, 0.0, margin)


def loss_margin_fixed(outputs, labels, triplet_weight=1.0, smoothing=0.0, margin=0.3):
    return loss(outputs, labels, triplet_weight, smoothing)


def loss_batch_all(outputs, labels, triplet_weight=1.0, smoothing=0.0, margin=0.3):
    identity = cross_entropy(outputs[1], labels, label_smoothing=smoothing)
    triplet = TripletLoss(margin, mining="all")(outputs[2], labels)
    return identity + triplet_weight * triplet, identity, triplet


def loss_uses_the_sum_twice(outputs, labels, triplet_weight=1.0, smoothing=0.0, margin=0.3):
    total, identity, triplet = loss(outputs, labels, triplet_weight, smoothing, margin)
    return total + 0.0 * outputs[0].sum() + identity, identity, triplet


def loss_ready_made(outputs, labels, triplet_weight=1.0, smoothing=0.0, margin=0.3):
    return ReIDLoss(margin, triplet_weight, smoothing)(outputs, labels)


def erase(image, seed, probability=0.5, area=(0.02, 0.4), fill=0.0):
    rng, result = np.random.default_rng(seed), image.copy()
    if rng.random() >= probability:
        return result
    _, rows, columns = image.shape
    while True:
        size, ratio = rng.uniform(*area) * rows * columns, rng.uniform(0.3, 1 / 0.3)
        h, w = int((size * ratio) ** 0.5), int((size / ratio) ** 0.5)
        if 0 < h < rows and 0 < w < columns:
            i, j = rng.integers(rows - h + 1), rng.integers(columns - w + 1)
            result[:, i : i + h, j : j + w] = fill
            return result


def erase_by_mask(image, seed, probability=0.5, area=(0.02, 0.4), fill=0.0):
    """The logarithm of height / width uniform, as in torchvision; up to a hundred tries."""
    rng = np.random.default_rng(seed)
    rows, columns = image.shape[1:]
    for _ in range(100 if rng.random() < probability else 0):
        size, ratio = rng.uniform(area[0], area[1]) * rows * columns, np.exp(rng.uniform(-1.2, 1.2))
        h, w = round(np.sqrt(size * ratio)), round(np.sqrt(size / ratio))
        if 1 <= h <= rows and 1 <= w <= columns:
            top, left = int(rng.random() * (rows - h)), int(rng.random() * (columns - w))
            inside = np.add.outer(np.abs(np.arange(rows) - top - (h - 1) / 2) > h / 2, np.zeros(columns, bool))
            inside |= np.abs(np.arange(columns) - left - (w - 1) / 2) > w / 2
            return np.where(inside, image, fill)
    return image.copy()


def erase_python_random(image, seed, probability=0.5, area=(0.02, 0.4), fill=0.0):
    dice, result = random.Random(seed), image.copy()
    if dice.random() < probability:
        h = w = 0
        while not (0 < h <= image.shape[1] and 0 < w <= image.shape[2]):
            size, ratio = dice.uniform(*area) * image[0].size, dice.uniform(0.3, 3.33)
            h, w = int(np.sqrt(size * ratio)), int(np.sqrt(size / ratio))
        top, left = dice.randint(0, image.shape[1] - h), dice.randint(0, image.shape[2] - w)
        result[:, top : top + h, left : left + w] = fill
    return result


def erased_once(image, seed, area, fill, box, always=True, channels=slice(None), probability=1.0):
    """A rectangle that `box(rng, rows, columns, pixels)` draws: top, left, height, width."""
    rng, result = np.random.default_rng(seed), image.copy()
    if always or rng.random() < probability:
        _, rows, columns = image.shape
        top, left, h, w = box(rng, rows, columns, rng.uniform(*area) * rows * columns)
        result[channels, top : top + h, left : left + w] = fill
    return result


def fitting(rng, rows, columns, size):
    """Height and width of `size` pixels that fit, after as many draws of the aspect as it takes."""
    for _ in range(1000):
        ratio = rng.uniform(0.3, 1 / 0.3)
        h, w = int((size * ratio) ** 0.5), int((size / ratio) ** 0.5)
        if 0 < h <= rows and 0 < w <= columns:
            return h, w
    return 1, 1


def good_box(rng, rows, columns, size):
    h, w = fitting(rng, rows, columns, size)
    return rng.integers(rows - h + 1), rng.integers(columns - w + 1), h, w


def erase_always(image, seed, probability=0.5, area=(0.02, 0.4), fill=0.0):
    return erased_once(image, seed, area, fill, good_box)


def erase_in_place(image, seed, probability=0.5, area=(0.02, 0.4), fill=0.0):
    image[:] = erase(image, seed, probability, area, fill)
    return image


def erase_one_channel(image, seed, probability=0.5, area=(0.02, 0.4), fill=0.0):
    return erased_once(image, seed, area, fill, good_box, False, slice(0, 1), probability)


def erase_square(image, seed, probability=0.5, area=(0.02, 0.4), fill=0.0):
    def box(rng, rows, columns, size):
        side = min(int(size**0.5), rows, columns)
        return rng.integers(rows - side + 1), rng.integers(columns - side + 1), side, side

    return erased_once(image, seed, area, fill, box, False, probability=probability)


def erase_cut_off(image, seed, probability=0.5, area=(0.02, 0.4), fill=0.0):
    """Where the rectangle is larger than the image it is cut off, and then it is too small."""

    def box(rng, rows, columns, size):
        ratio = rng.uniform(0.3, 1 / 0.3)
        h, w = min(int((size * ratio) ** 0.5), rows), min(int((size / ratio) ** 0.5), columns)
        return rng.integers(rows - h + 1), rng.integers(columns - w + 1), h, w

    return erased_once(image, seed, area, fill, box, False, probability=probability)


def erase_top_left(image, seed, probability=0.5, area=(0.02, 0.4), fill=0.0):
    def box(rng, rows, columns, size):
        return 0, 0, *fitting(rng, rows, columns, size)

    return erased_once(image, seed, area, fill, box, False, probability=probability)


def erase_black(image, seed, probability=0.5, area=(0.02, 0.4), fill=0.0):
    return erase(image, seed, probability, area, 0.0)


def erase_share_of_the_sides(image, seed, probability=0.5, area=(0.02, 0.4), fill=0.0):
    """The share is taken of each side, so the rectangle has its square of the pixels."""

    def box(rng, rows, columns, size):
        share = size / rows / columns
        h, w = max(1, int(share * rows)), max(1, int(share * columns))
        return rng.integers(rows - h + 1), rng.integers(columns - w + 1), h, w

    return erased_once(image, seed, area, fill, box, False, probability=probability)


def erase_forgets_the_seed(image, seed, probability=0.5, area=(0.02, 0.4), fill=0.0):
    return erase(image, random.randrange(10**9), probability, area, fill)


def erase_same_place(image, seed, probability=0.5, area=(0.02, 0.4), fill=0.0):
    return erase(image, 4, 1.0, area, fill) if np.random.default_rng(seed).random() < probability else image.copy()


def erase_without_copy(image, seed, probability=0.5, area=(0.02, 0.4), fill=0.0):
    """A new image where something is erased, else the one that was given."""
    erased = erase(image, seed, probability, area, fill)
    return image if np.array_equal(erased, image) else erased


def erase_gives_up(image, seed, probability=0.5, area=(0.02, 0.4), fill=0.0):
    """Where the first rectangle does not fit, nothing is erased."""

    def box(rng, rows, columns, size):
        ratio = rng.uniform(0.3, 1 / 0.3)
        h, w = int((size * ratio) ** 0.5), int((size / ratio) ** 0.5)
        if not (0 < h <= rows and 0 < w <= columns):
            return 0, 0, 0, 0
        return rng.integers(rows - h + 1), rng.integers(columns - w + 1), h, w

    return erased_once(image, seed, area, fill, box, False, probability=probability)


def erase_outside_only(image, seed, probability=0.5, area=(0.02, 0.4), fill=0.0):
    erased = erase(image, seed, probability, area, fill)
    return np.where(erased == fill, image, fill)


RIGHT = {
    "reid_net": {"three layers as attributes": Net, "layer in place": LayerInPlace, "by children": ByChildren},
    "identity_loss": {
        "targets": identity_loss,
        "loop": identity_loss_by_loop,
        "two terms and logsumexp": identity_loss_two_terms,
    },
    "reid_loss": {"two parts": loss, "written out": loss_written_out, "a list": loss_of_list},
    "erase": {"while": erase, "mask, log aspect": erase_by_mask, "Python's random": erase_python_random},
}

WRONG = {
    "reid_net": {
        "embedding first": EmbeddingFirst,
        "logits last": LogitsLast,
        "concatenated the other way": ConcatenatedTheOtherWay,
        "two outputs": TwoOutputs,
        "keeps the old layer": KeepsTheOldLayer,
        "more than it needs": CarriesTheOldLayer,
        "logits from features": LogitsFromFeatures,
        "softmax": Softmax,
        "unit embedding": UnitEmbedding,
        "relu": ReluBehindTheEmbedding,
        "ignores the neck": IgnoresTheNeck,
        "embedding behind the neck": EmbeddingBehindTheNeck,
        "neck in a list": NeckInAList,
        "layers in a list": LayersInAList,
        "detached": Detached,
        "ready made": ready_made,
    },
    "identity_loss": {
        "others only": identity_loss_others_only,
        "unsmoothed": identity_loss_unsmoothed,
        "summed": identity_loss_summed,
        "mean of all": identity_loss_mean_of_all,
        "sign": identity_loss_sign,
        "wrong ones dropped": identity_loss_wrong_ones_dropped,
        "overflows": identity_loss_overflows,
        "smooths probabilities": identity_loss_smooths_probabilities,
        "in place": identity_loss_in_place,
        "calls torch": identity_loss_torch,
    },
    "reid_loss": {
        "total only": loss_total_only,
        "numbers": loss_as_numbers,
        "triplet before identity": lambda *arguments: tuple(loss(*arguments)[i] for i in (0, 2, 1)),
        "detached": loss_detached,
        "outputs swapped": loss_outputs_swapped,
        "triplet of the concatenation": loss_triplet_of_concatenation,
        "weight forgotten": loss_weight_forgotten,
        "weight on identity": loss_weight_on_identity,
        "weighted triplet": loss_returns_weighted_triplet,
        "unsmoothed": loss_unsmoothed,
        "margin fixed": loss_margin_fixed,
        "batch all": loss_batch_all,
        "identity twice": loss_uses_the_sum_twice,
        "ready made": loss_ready_made,
    },
    "erase": {
        "always": erase_always,
        "in place": erase_in_place,
        "one channel": erase_one_channel,
        "square": erase_square,
        "cut off": erase_cut_off,
        "top left": erase_top_left,
        "fill ignored": erase_black,
        "share of the sides": erase_share_of_the_sides,
        "forgets the seed": erase_forgets_the_seed,
        "same place": erase_same_place,
        "the rest erased": erase_outside_only,
        "no copy where nothing is erased": erase_without_copy,
        "gives up where it does not fit": erase_gives_up,
    },
}
