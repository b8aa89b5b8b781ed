"""Layers and networks in PyTorch that a lesson builds once and later lessons use."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils.xcorr_rules import check_maps, check_settings


class NormalizedXCorr(nn.Module):
    """Compares each patch of one feature map with the patches of another along its row and a few rows beside it.

    Channel by channel, the patch of `map_a` around (y, x) is correlated with the patches of `map_b` around
    (y + r, j): r from -search_rows to search_rows, j over all columns. Two people stand upright in both images, so
    a body part may move far sideways but little up or down. The maps are zero outside.

    Normalised: (patch - mean) / sd with sd = sqrt(sum of squares / (N - 1)) + eps over the N = patch_size^2
    numbers of a patch; the sum of products is divided by N - 1. Values lie between -1 and 1. A flat patch gives 0,
    in forward and in backward, where a plain sd would give 0 / 0.

    Source: Subramaniam, Chatterjee, Mittal 2016, section 3, and the authors' kernel NormCrossMapCorrelation. Lesson
    10. `course_utils.keras_layers.NormalizedXCorr` is the same layer, channels last. No weights.

    ValueError for an even patch_size, one below 3, a negative search_rows, eps not above 0.
    """

    def __init__(self, patch_size: int = 5, search_rows: int = 2, eps: float = 0.01):
        super().__init__()
        check_settings(patch_size, search_rows, eps)
        self.patch_size, self.search_rows, self.eps = patch_size, search_rows, eps

    def forward(self, map_a: Tensor, map_b: Tensor) -> Tensor:
        """map_a, map_b: (B, C, H, W) float32 or float64, equal sizes.

        Returns (B, C * (2 * search_rows + 1) * W, H, W): output channel (c * rows + r) * W + j. ValueError for maps
        of different sizes.
        """
        check_maps(map_a.shape, map_b.shape)
        height, rows = map_a.shape[2], 2 * self.search_rows + 1
        patches_a = self._normalised_patches(map_a, rows_beyond=0)
        patches_b = self._normalised_patches(map_b, rows_beyond=self.search_rows)
        # for every row y of map_a, the patches of the `rows` rows around it: (B, C, H, rows * W, N)
        searched = torch.stack([patches_b[:, :, r : r + height] for r in range(rows)], dim=3).flatten(3, 4)
        correlation = searched @ patches_a.transpose(-1, -2) / (self.patch_size**2 - 1)
        return correlation.transpose(2, 3).flatten(1, 2)

    def _normalised_patches(self, feature_map, rows_beyond):
        """(B, C, H + 2 * rows_beyond, W, N) patches around every place, `rows_beyond` rows outside the map too."""
        half = self.patch_size // 2
        padded = F.pad(feature_map, (half, half, half + rows_beyond, half + rows_beyond))
        patches = padded.unfold(2, self.patch_size, 1).unfold(3, self.patch_size, 1).flatten(4)
        centred = patches - patches.mean(dim=-1, keepdim=True)
        # vector_norm has gradient 0 at a flat patch, where a square root of 0 would give NaN
        sd = torch.linalg.vector_norm(centred, dim=-1, keepdim=True) / (self.patch_size**2 - 1) ** 0.5
        return centred / (sd + self.eps)

    def extra_repr(self) -> str:
        return f"patch_size={self.patch_size}, search_rows={self.search_rows}, eps={self.eps}"
