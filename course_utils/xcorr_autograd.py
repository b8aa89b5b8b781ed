"""The two steps of `course_utils.models.NormalizedXCorr` with their backward pass written by hand.

Plain torch operations give the same numbers, but autograd then keeps every intermediate result of the size of all
patches. By hand, a fourth of the time goes. tests/test_normxcorr.py compares with loops and with finite differences.
Shapes: B batch, C channels, H height, W width, N = size^2 numbers of a patch, R rows searched.
"""

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable


class UnitPatches(torch.autograd.Function):
    """(B, C, H, W) map -> (B, C, H + 2 * rows_beyond, W, N) patches, (patch - mean) / (length + softening).

    length is the square root of the sum of squares of patch - mean. The map is zero outside; `rows_beyond` says how
    many rows outside have patches of their own.
    """

    @staticmethod
    def forward(ctx, feature_map: Tensor, size: int, rows_beyond: int, softening: float) -> Tensor:
        half = size // 2
        padding = (half, half, half + rows_beyond, half + rows_beyond)
        patches = F.pad(feature_map, padding).unfold(2, size, 1).unfold(3, size, 1).flatten(4)
        # not in place: on a map one column wide the patches are a view, in which they overlap
        centred = patches - patches.mean(dim=-1, keepdim=True)
        length = torch.linalg.vector_norm(centred, dim=-1, keepdim=True)
        unit = centred.mul_((length + softening).reciprocal())
        ctx.save_for_backward(unit, length)
        ctx.size, ctx.padding, ctx.softening = size, padding, softening
        return unit

    @staticmethod
    @once_differentiable
    def backward(ctx, grad_unit: Tensor):
        """grad_unit / (length + softening) - unit * (grad_unit . unit) / length; a flat patch has no second part.

        The gradient through the mean is 0: both terms of every product have mean 0 already.
        """
        unit, length = ctx.saved_tensors
        along = torch.linalg.vecdot(grad_unit, unit).unsqueeze(-1) / length
        along.masked_fill_(length == 0, 0)
        grad_patches = torch.addcmul(grad_unit / (length + ctx.softening), unit, along, value=-1)
        batch, channels, height, width, n = grad_patches.shape
        columns = grad_patches.permute(0, 1, 4, 2, 3).reshape(batch, channels * n, height * width)
        grad_padded = F.fold(columns, (height + ctx.size - 1, width + ctx.size - 1), ctx.size)
        left, _, top, _ = ctx.padding
        rows = height + ctx.size - 1
        return grad_padded[:, :, top : rows - top, left : left + width], None, None, None


class RowProducts(torch.autograd.Function):
    """Patches a (B, C, H, W, N) and b (B, C, H + R - 1, W, N) -> products (B, C * R * W, H, W).

    Output channel (c * R + r) * W + j at (y, x) is the dot product of a[c, y, x] with b[c, y + r, j].
    """

    @staticmethod
    def forward(ctx, patches_a: Tensor, patches_b: Tensor) -> Tensor:
        ctx.save_for_backward(patches_a, patches_b)
        products = _searched(patches_a, patches_b) @ patches_a.transpose(-1, -2)
        return products.transpose(2, 3).flatten(1, 2)

    @staticmethod
    @once_differentiable
    def backward(ctx, grad_out: Tensor):
        patches_a, patches_b = ctx.saved_tensors
        channels, height, width = patches_a.shape[1:4]
        rows = patches_b.shape[2] - height + 1
        grad_products = grad_out.unflatten(1, (channels, rows * width)).transpose(2, 3).contiguous()
        grad_a = grad_products.transpose(-1, -2) @ _searched(patches_a, patches_b)
        grad_searched = (grad_products @ patches_a).unflatten(3, (rows, width))
        grad_b = torch.zeros_like(patches_b)
        for r in range(rows):
            grad_b[:, :, r : r + height] += grad_searched[:, :, :, r]
        return grad_a, grad_b


def _searched(patches_a: Tensor, patches_b: Tensor) -> Tensor:
    """(B, C, H, R * W, N): for every row y of a, the patches of b in rows y to y + R - 1. A view, nothing is copied."""
    rows = patches_b.shape[2] - patches_a.shape[2] + 1
    return patches_b.unfold(2, rows, 1).permute(0, 1, 2, 5, 3, 4).flatten(3, 4)
