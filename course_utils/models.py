"""Layers and networks in PyTorch that a lesson builds once and later lessons use."""

import math

import torch
from torch import Tensor, nn

from course_utils.xcorr_autograd import RowProducts, UnitPatches
from course_utils.xcorr_rules import check_maps, check_settings

_NUMBERS_IN_CACHE = 2**18  # a megabyte of float32


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
        """map_a, map_b: (B, C, H, W) floating point, equal sizes; float16 and bfloat16 are computed in float32.

        Returns (B, C * (2 * search_rows + 1) * W, H, W): output channel (c * rows + r) * W + j. ValueError for maps
        of different sizes.
        """
        check_maps(map_a.shape, map_b.shape)
        map_a, map_b = (m.float() if m.element_size() < 4 else m for m in (map_a, map_b))
        # On a CPU a few pairs at a time: their patches stay in the cache, those of a whole batch do not.
        patches = math.prod(map_a.shape[1:]) * self.patch_size**2
        step = max(_NUMBERS_IN_CACHE // patches if map_a.device.type == "cpu" else len(map_a), 1)
        with torch.autocast(map_a.device.type, enabled=False):
            pairs = zip(map_a.split(step), map_b.split(step), strict=True)
            return torch.cat([self._correlate(a, b) for a, b in pairs])

    def _correlate(self, map_a, map_b):
        # sd + eps = (length + eps * root) / root, and the two roots together divide the product by N - 1
        root = (self.patch_size**2 - 1) ** 0.5
        patches_a = UnitPatches.apply(map_a, self.patch_size, 0, self.eps * root)
        patches_b = UnitPatches.apply(map_b, self.patch_size, self.search_rows, self.eps * root)
        return RowProducts.apply(patches_a, patches_b)

    def extra_repr(self) -> str:
        return f"patch_size={self.patch_size}, search_rows={self.search_rows}, eps={self.eps}"
