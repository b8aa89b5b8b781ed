"""The network for person search: a ResNet whose last layer gives way to an embedding and an identity classifier.

Taught in lesson 12. The three outputs come in the practical's order: concatenation, identity logits, embedding. The
batch normalisation between embedding and classifier (BNNeck) lets both losses live in one network: Luo et al.,
"Bag of Tricks and a Strong Baseline for Deep Person Re-identification", CVPR workshops 2019.
"""

from pathlib import Path

import torch
from torch import Tensor, nn

import course_utils.vision  # noqa: F401  (before torchvision)

BACKBONES = ("resnet18", "resnet50")


class ReIDNetwork(nn.Module):
    """x (n, 3, height, width) -> concatenation (n, embedding_size + classes), logits (n, classes), embedding.

    embedding (n, embedding_size): for the triplet loss and, normalised, for the search. logits: for the identity loss
    of training people; a search drops them. bnneck: classify the batch-normalised embedding instead of the embedding.
    Raises ValueError for an unknown backbone, or fewer than two classes.
    """

    def __init__(self, classes: int, backbone: str = "resnet18", embedding_size: int = 256, bnneck: bool = True):
        super().__init__()
        if backbone not in BACKBONES:
            raise ValueError(f"backbone is {backbone!r}; choose one of {', '.join(BACKBONES)}")
        if classes < 2 or embedding_size < 1:
            raise ValueError(f"classes={classes}, embedding_size={embedding_size}: need at least 2 and at least 1")
        from torchvision import models

        self.backbone = getattr(models, backbone)(weights=None)
        width = self.backbone.fc.in_features
        self.backbone.fc = nn.Identity()
        self.to_embedding = nn.Linear(width, embedding_size)
        self.neck = nn.BatchNorm1d(embedding_size) if bnneck else nn.Identity()
        self.classifier = nn.Linear(embedding_size, classes, bias=not bnneck)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        embedding = self.to_embedding(self.backbone(x))
        logits = self.classifier(self.neck(embedding))
        return torch.cat([embedding, logits], dim=1), logits, embedding


def load_pretrained(network: ReIDNetwork, backbone: str) -> str:
    """Fill the backbone with ImageNet weights that torchvision has on disk already; one line says what was done.

    Nothing is downloaded. To have them, run `torchvision.models.resnet50(weights="DEFAULT")` once with a network.
    """
    from torchvision import models

    url = models.get_model_weights(backbone).DEFAULT.url
    file = Path(torch.hub.get_dir()) / "checkpoints" / url.rsplit("/", 1)[-1]
    if not file.is_file():
        return f"No ImageNet weights on disk ({_shown(file)}): {backbone} starts from scratch."
    weights = torch.load(file, map_location="cpu", weights_only=True)
    network.backbone.load_state_dict({name: value for name, value in weights.items() if not name.startswith("fc.")})
    return f"{backbone} starts from the ImageNet weights in {_shown(file)}."


def _shown(file: Path) -> str:
    """The path with ~ for the home folder, so that a stored notebook does not tell whose it was."""
    return f"~/{file.relative_to(Path.home())}" if file.is_relative_to(Path.home()) else str(file)
