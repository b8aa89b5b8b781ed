"""How well distances between embeddings name an image: nearest neighbours in small random galleries. Lesson 09."""

import numpy as np


def nearest_accuracy(
    distances: np.ndarray, gallery_labels: np.ndarray, query_labels: np.ndarray, shots: int, draws: int = 100
) -> float:
    """Accuracy of the nearest neighbour when the gallery holds `shots` images of each label; 1 is called one-shot.

    distances: (queries, gallery). Every draw takes other gallery images, the same ones in every call; the result is
    the mean over the draws, from 0 to 1. A label with fewer than `shots` images gives all it has. ValueError where
    shapes do not fit or `shots` or `draws` is below 1.
    """
    if distances.shape != (len(query_labels), len(gallery_labels)):
        raise ValueError(
            f"distances are {distances.shape} for {len(query_labels)} queries and {len(gallery_labels)} gallery "
            "images: give shape (queries, gallery)"
        )
    if shots < 1 or draws < 1:
        raise ValueError(f"shots={shots}, draws={draws}: both must be at least 1")
    images_of = [np.flatnonzero(gallery_labels == label) for label in np.unique(gallery_labels)]
    found = []
    for draw in range(draws):
        rng = np.random.default_rng(draw)
        columns = np.concatenate([rng.permutation(images)[:shots] for images in images_of])
        nearest = gallery_labels[columns][distances[:, columns].argmin(axis=1)]
        found.append((nearest == query_labels).mean())
    return float(np.mean(found))
