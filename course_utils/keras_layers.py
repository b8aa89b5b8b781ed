"""Layers for Keras 3 that a lesson builds once. They use keras.ops only, so they run on any Keras backend."""

import keras
from keras import ops

from course_utils.xcorr_rules import check_maps, check_settings


@keras.saving.register_keras_serializable(package="course_utils")
class NormalizedXCorr(keras.layers.Layer):
    """Compares each patch of one feature map with the patches of another along its row and a few rows beside it.

    The layer of `course_utils.models.NormalizedXCorr`, which says what it computes, with channels last. Call it on a
    list of two maps (B, H, W, C) of equal sizes; it returns (B, H, W, C * (2 * search_rows + 1) * W), output channel
    (c * rows + r) * W + j. W and C have to be known when the layer is built; H may be None. No weights.

    Source: Subramaniam, Chatterjee, Mittal 2016, section 3. Lesson 10. ValueError for an even patch_size, one below
    3, a negative search_rows, eps not above 0, and for maps of different sizes.
    """

    def __init__(self, patch_size: int = 5, search_rows: int = 2, eps: float = 0.01, **kwargs):
        super().__init__(**kwargs)
        check_settings(patch_size, search_rows, eps)
        self.patch_size, self.search_rows, self.eps = patch_size, search_rows, eps

    def build(self, input_shape):
        self.compute_output_shape(input_shape)

    def compute_output_shape(self, input_shape):
        if len(input_shape) != 2 or not all(isinstance(shape, (tuple, list)) for shape in input_shape):
            raise ValueError(f"inputs have shape {input_shape}: call the layer on a list of two maps")
        check_maps(*input_shape)
        batch, height, width, channels = input_shape[0]
        if width is None or channels is None:
            raise ValueError(f"maps are {tuple(input_shape[0])}: the width and the channels have to be known")
        return batch, height, width, channels * (2 * self.search_rows + 1) * width

    def call(self, inputs):
        map_a, map_b = inputs
        height, width, channels = map_a.shape[1:]
        height = ops.shape(map_a)[1] if height is None else height
        rows = 2 * self.search_rows + 1
        patches_a = self._normalised_patches(map_a, height, width, rows_beyond=0)
        patches_b = self._normalised_patches(map_b, height + 2 * self.search_rows, width, self.search_rows)
        # (B, C, H, rows, W, N): for every row y of map_a, the patches of the `rows` rows around it
        searched = ops.stack([patches_b[:, :, r : r + height] for r in range(rows)], axis=3)
        searched = ops.reshape(searched, (-1, channels, height, rows * width, self.patch_size**2))
        correlation = ops.matmul(patches_a, ops.swapaxes(searched, -1, -2)) / (self.patch_size**2 - 1)
        # (B, C, H, W, rows * W) -> (B, H, W, C * rows * W)
        return ops.reshape(ops.transpose(correlation, (0, 2, 3, 1, 4)), (-1, height, width, channels * rows * width))

    def _normalised_patches(self, feature_map, height, width, rows_beyond):
        """(B, C, height, width, N) patches around every place, `rows_beyond` rows outside the map too."""
        half, size = self.patch_size // 2, self.patch_size
        channels_first = ops.transpose(feature_map, (0, 3, 1, 2))
        padded = ops.pad(channels_first, [(0, 0), (0, 0), (half + rows_beyond,) * 2, (half, half)])
        shifted = [padded[:, :, u : u + height, v : v + width] for u in range(size) for v in range(size)]
        patches = ops.stack(shifted, axis=-1)
        centred = patches - ops.mean(patches, axis=-1, keepdims=True)
        variance = ops.sum(ops.square(centred), axis=-1, keepdims=True) / (size**2 - 1)
        # the square root has no gradient at 0, where flat patches lie; 1e-12 is far below eps^2
        return centred / (ops.sqrt(ops.maximum(variance, 1e-12)) + self.eps)

    def get_config(self):
        settings = {"patch_size": self.patch_size, "search_rows": self.search_rows, "eps": self.eps}
        return {**super().get_config(), **settings}
