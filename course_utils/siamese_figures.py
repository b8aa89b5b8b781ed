"""The pictures of lesson 08: histograms of distances, the ROC curve, and maps of embeddings."""

import matplotlib.pyplot as plt
import numpy as np

from course_utils.plots import COLOURS, WIDTH, show


def show_histograms(distances: dict[str, np.ndarray], same: np.ndarray, alt: str) -> None:
    """One panel for each name, with the distances (n,) of same and of different pairs; same (n,) holds 1 and 0."""
    figure, axes = plt.subplots(1, len(distances), figsize=(WIDTH, 2.8), squeeze=False)
    for axis, (title, values) in zip(axes[0], distances.items(), strict=True):
        _require_one_each(values, same, title)
        bins = np.linspace(0, values.max(), 50)
        for label, colour in ((1, COLOURS[0]), (0, COLOURS[1])):
            axis.hist(values[same == label], bins, alpha=0.7, color=colour, label=f"same = {label}")
        axis.set(title=title, xlabel="distance", ylabel="pairs")
    axes[0, -1].legend()
    figure.tight_layout()
    show(figure, alt=alt)


def show_roc(distances: dict[str, np.ndarray], same: np.ndarray, alt: str) -> None:
    """The ROC curve of each distance (n,), with the area under it; a smaller distance speaks for same (n,) = 1."""
    from sklearn.metrics import roc_auc_score, roc_curve

    figure, axis = plt.subplots(figsize=(5, 3.6))
    for colour, (name, values) in zip(COLOURS, distances.items(), strict=False):
        _require_one_each(values, same, name)
        false, true, _ = roc_curve(same, -values)
        axis.plot(false, true, color=colour, label=f"{name}, AUC {roc_auc_score(same, -values):.3f}")
    axis.plot([0, 1], [0, 1], "--", color="0.4", label="chance, AUC 0.500")
    axis.set(xlabel="different pairs let in", ylabel="same pairs found")
    axis.legend()
    show(figure, alt=alt)


def show_maps(embeddings: np.ndarray, y: np.ndarray, crosses: tuple[int, ...], alt: str, seed: int = 0) -> None:
    """PCA and t-SNE of embeddings (n, d) side by side, one colour for each label; labels in `crosses` are crosses.

    Ten colours are more than many readers tell apart, so each label is also written amid its points.
    """
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    _require_one_each(embeddings, y, "embeddings")
    figure, axes = plt.subplots(1, 2, figsize=(WIDTH, 3.6))
    for axis, (title, method) in zip(axes, {"PCA": PCA(2), "t-SNE": TSNE(2, random_state=seed)}.items(), strict=True):
        points = method.fit_transform(embeddings)
        for label in np.unique(y):
            marker, colour = "x" if label in crosses else "o", plt.cm.tab10(label % 10)
            own = points[y == label]
            axis.scatter(*own.T, s=14, marker=marker, color=colour, label=label)
            amid = own[((own - np.median(own, axis=0)) ** 2).sum(axis=1).argmin()]  # a point, as clusters may be split
            box = {"boxstyle": "circle,pad=0.15", "facecolor": "white", "edgecolor": colour}
            axis.text(*amid, label, ha="center", va="center", fontsize=9, bbox=box)
        axis.set(title=title, xticks=[], yticks=[])
    axes[1].legend(loc="center left", bbox_to_anchor=(1, 0.5))
    figure.tight_layout()
    show(figure, alt=alt)


def _require_one_each(values: np.ndarray, labels: np.ndarray, name: str) -> None:
    if len(values) != len(labels) or len(values) == 0:
        raise ValueError(f"{name}: {len(values)} rows for {len(labels)} labels: give one label for each row")
