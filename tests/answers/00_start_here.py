"""Right and wrong answers to the exercises of lesson 00, named after the style or the mistake."""

import numpy as np


def in_place(images):
    images //= 2
    return images.astype(np.float32) / 127


def equal_by_loop(predicted, true):
    return sum(1 for a, b in zip(predicted, true, strict=True) if a == b) / len(true)


def distances(images, means):
    return ((images[:, None] - means[None]) ** 2).sum(axis=(2, 3))


def nearest_by_loop(images, means):
    return np.array([int(np.argmin([np.linalg.norm(image - mean) for mean in means])) for image in images])


def nearest_by_products(images, means):
    x, m = images.reshape(len(images), -1), means.reshape(len(means), -1)
    return np.argmin((m**2).sum(axis=1) - 2 * x @ m.T, axis=1)


RIGHT = {
    "to_unit_range": {
        "true_divide with a type": lambda images: np.true_divide(images, 255, dtype=np.float32),
        "float64 first": lambda images: (images / 255).astype("float32"),
    },
    "accuracy": {
        "loop": equal_by_loop,
        "count_nonzero": lambda predicted, true: np.count_nonzero(predicted == true) / len(true),
    },
    "nearest_mean": {"loop": nearest_by_loop, "expanded square": nearest_by_products},
}

WRONG = {
    "to_unit_range": {
        "whole-number division": lambda images: images // 255,
        "keeps float64": lambda images: images / 255,
        "divides by 256": lambda images: images.astype(np.float32) / 256,
        "divides by the image's maximum": lambda images: images.astype(np.float32) / max(1, images.max(initial=1)),
        "only changes the type": lambda images: images.astype(np.float32),
        "turns black and white": lambda images: 1 - images.astype(np.float32) / 255,
        "flattens": lambda images: images.ravel().astype(np.float32) / 255,
        "rounds": lambda images: np.round(images.astype(np.float32) / 255),
        "stretches to the full range": lambda images: (
            (images - images.min(initial=255)).astype(np.float32) / max(1, np.ptp(images) if images.size else 1)
        ),
        "changes its input": in_place,
        "float16": lambda images: images.astype(np.float16) / 255,
    },
    "accuracy": {
        "per cent": lambda predicted, true: 100 * equal_by_loop(predicted, true),
        "count": lambda predicted, true: int(np.sum(predicted == true)),
        "share of mistakes": lambda predicted, true: float(np.mean(predicted != true)),
        "array of truth": lambda predicted, true: predicted == true,
        "all or nothing": lambda predicted, true: float(np.array_equal(predicted, true)),
        "compares the sets": lambda predicted, true: len(set(predicted.tolist()) & set(true.tolist())) / len(true),
        "compares sorted labels": lambda predicted, true: float(np.mean(np.sort(predicted) == np.sort(true))),
        "divides by ten classes": lambda predicted, true: float(np.sum(predicted == true)) / 10,
        "rounded to whole numbers": lambda predicted, true: round(equal_by_loop(predicted, true)),
        "skips zeros": lambda predicted, true: float(np.mean((predicted == true) & (true > 0))),
    },
    "nearest_mean": {
        "farthest": lambda images, means: distances(images, means).argmax(axis=1),
        "largest product": lambda images, means: np.tensordot(images, means, ((1, 2), (1, 2))).argmax(axis=1),
        "distance instead of position": lambda images, means: distances(images, means).min(axis=1),
        "not squared": lambda images, means: (images[:, None] - means[None]).sum(axis=(2, 3)).argmin(axis=1),
        "absolute differences": lambda images, means: (
            np.abs(images[:, None] - means[None]).sum(axis=(2, 3)).argmin(axis=1)
        ),
        "largest difference": lambda images, means: (
            np.abs(images[:, None] - means[None]).max(axis=(2, 3)).argmin(axis=1)
        ),
        "wrong axis": lambda images, means: distances(images, means).argmin(axis=0),
        "counts from one": lambda images, means: distances(images, means).argmin(axis=1) + 1,
        "compares mean brightness": lambda images, means: np.abs(
            images.mean(axis=(1, 2))[:, None] - means.mean(axis=(1, 2))[None]
        ).argmin(axis=1),
        "first image for all": lambda images, means: distances(images[:1], means).argmin(axis=1).repeat(len(images)),
        "a list": lambda images, means: distances(images, means).argmin(axis=1).tolist(),
        "first row of pixels only": lambda images, means: distances(images[:, :1], means[:, :1]).argmin(axis=1),
    },
}
