"""NormalizedXCorr against the loops of the Normalized X-Corr article, forward and backward, both in torch.

    python benchmarks/normxcorr.py

Maps of 8 x 25 x 37 x 12, the size in the paper. The loops follow the article's layer: one slice for each patch of each
channel, one product for each patch of the first map; only the normalisation is that of our layer (the authors' kernel
divides by sd + eps and N - 1, the article does not), so that both give the same numbers. One thread for both: a second
one helps only the layer. Targets: at least 20 times faster, the whole process under 1 GB. Exit code 1 where one is
missed.
"""

import sys

import torch
import torch.nn.functional as F

from course_utils.models import NormalizedXCorr
from side_by_side import median_seconds, peak_megabytes

SHAPE, SIZE, ROWS, EPS = (8, 25, 37, 12), 5, 2, 0.01


def normalised(patches):
    """(B, number of patches, N) -> the same, each patch with mean 0 and divided by sd + eps."""
    centred = patches - patches.mean(dim=-1, keepdim=True)
    return centred / (torch.linalg.vector_norm(centred, dim=-1, keepdim=True) / (SIZE**2 - 1) ** 0.5 + EPS)


def slices(padded, height, width):
    """All patches of one channel, cut out one by one."""
    cut = [padded[:, i : i + SIZE, j : j + SIZE].reshape(-1, 1, SIZE**2) for i in range(height) for j in range(width)]
    return torch.cat(cut, dim=1)


def article_loops(map_a, map_b):
    """The article's layer in torch, without keeping its slips (see the module's docstring)."""
    _, channels, height, width = map_a.shape
    half, searched = SIZE // 2, 2 * ROWS + 1
    padded_a = F.pad(map_a, (half,) * 4)
    padded_b = F.pad(map_b, (half, half, half + ROWS, half + ROWS))
    blocks = []
    for c in range(channels):
        patches_a = normalised(slices(padded_a[:, c], height, width))
        patches_b = normalised(slices(padded_b[:, c], height + 2 * ROWS, width))
        products = []
        for place in range(height * width):
            row = place // width
            window = patches_b[:, row * width : (row + searched) * width]
            products.append(torch.bmm(window, patches_a[:, place, :, None]).transpose(1, 2))
        blocks.append(torch.cat(products, dim=1).transpose(1, 2).reshape(-1, searched * width, height, width))
    return torch.cat(blocks, dim=1) / (SIZE**2 - 1)


def main() -> int:
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    maps = [torch.randn(SHAPE, generator=generator).relu().requires_grad_() for _ in range(2)]
    layer = NormalizedXCorr(SIZE, ROWS, EPS)
    gradient = torch.randn(layer(*maps).shape, generator=generator)

    def forward_and_backward(function):
        for feature_map in maps:
            feature_map.grad = None
        out = function(*maps)
        out.backward(gradient)
        return out.detach(), [feature_map.grad for feature_map in maps]

    out, gradients = forward_and_backward(layer)
    ours_peak = peak_megabytes()
    expected, expected_gradients = forward_and_backward(article_loops)
    loops_peak = peak_megabytes()
    torch.testing.assert_close(out, expected, atol=1e-4, rtol=0)
    torch.testing.assert_close(gradients, expected_gradients, atol=1e-2, rtol=1e-3)

    seconds = median_seconds(
        {"layer": lambda: forward_and_backward(layer), "loops": lambda: forward_and_backward(article_loops)}, rounds=5
    )
    ratio = seconds["loops"] / seconds["layer"]
    verdict = "met" if ratio >= 20 and ours_peak < 1000 else "MISSED"
    print(f"maps {' x '.join(map(str, SHAPE))}, float32, one thread, forward and backward, median of 5 turns")
    print(f"article's loops   {seconds['loops']:8.3f} CPU s   process peak {loops_peak:6.0f} MB")
    print(f"NormalizedXCorr   {seconds['layer']:8.3f} CPU s   process peak {ours_peak:6.0f} MB")
    print(f"ratio {ratio:.0f} (target at least 20), peak {ours_peak:.0f} MB (target under 1000): {verdict}")
    return 0 if verdict == "met" else 1


if __name__ == "__main__":
    sys.exit(main())
