"""NormalizedXCorr in PyTorch and in Keras: equal to plain loops and to each other, safe on flat patches."""

import keras
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils import keras_layers
from course_utils.models import NormalizedXCorr


def loops_xcorr(map_a, map_b, patch_size, search_rows, eps):
    """One output number at a time, in float64, from the definition in the layer's docstring."""
    (batch, channels, height, width), half = map_a.shape, patch_size // 2
    rows, margin = 2 * search_rows + 1, half + search_rows

    def normalised(feature_map, b, c, y, x):
        padded = np.pad(feature_map[b, c].astype(np.float64), margin)
        patch = padded[y + margin - half : y + margin + half + 1, x + margin - half : x + margin + half + 1]
        centred = patch - patch.mean()
        return centred / (np.sqrt((centred**2).sum() / (patch.size - 1)) + eps)

    out = np.zeros((batch, channels * rows * width, height, width))
    for b, c, y, x, r, j in np.ndindex(batch, channels, height, width, rows, width):
        a_patch, b_patch = normalised(map_a, b, c, y, x), normalised(map_b, b, c, y + r - search_rows, j)
        out[b, (c * rows + r) * width + j, y, x] = (a_patch * b_patch).sum() / (patch_size**2 - 1)
    return out


def in_keras(map_a, map_b, **layer_settings):
    """The Keras layer on maps given channels first, answered channels first."""
    layer = keras_layers.NormalizedXCorr(**layer_settings)
    out = layer([map_a.transpose(0, 2, 3, 1), map_b.transpose(0, 2, 3, 1)])
    return keras.ops.convert_to_numpy(out).transpose(0, 3, 1, 2)


@st.composite
def problems(draw):
    """Two maps of any size, partly flat as after ReLU, and settings."""
    shape = (draw(st.integers(1, 2)), draw(st.integers(1, 3)), draw(st.integers(1, 6)), draw(st.integers(1, 5)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    maps = [np.maximum(rng.normal(size=shape), draw(st.sampled_from([-9.0, 0.0, 1.5]))) for _ in range(2)]
    return *maps, draw(st.sampled_from([3, 5])), draw(st.integers(0, 3)), draw(st.sampled_from([0.01, 1e-3]))


@settings(max_examples=25, deadline=None)
@given(problems())
def test_torch_and_keras_equal_the_loops(problem):
    # given
    map_a, map_b, *layer_settings = problem
    expected = loops_xcorr(map_a, map_b, *layer_settings)
    names = dict(zip(("patch_size", "search_rows", "eps"), layer_settings, strict=True))
    # when
    double = NormalizedXCorr(**names)(torch.tensor(map_a), torch.tensor(map_b))
    single = NormalizedXCorr(**names)(torch.tensor(map_a).float(), torch.tensor(map_b).float())
    # then
    assert double.dtype == torch.float64 and single.dtype == torch.float32
    np.testing.assert_allclose(double.numpy(), expected, atol=1e-12)
    np.testing.assert_allclose(single.numpy(), expected, atol=1e-4)
    np.testing.assert_allclose(
        in_keras(map_a.astype(np.float32), map_b.astype(np.float32), **names), expected, atol=1e-4
    )
    np.testing.assert_allclose(in_keras(map_a, map_b, dtype="float64", **names), expected, atol=1e-6)


def test_the_papers_maps_give_1500_channels_and_equal_numbers_in_both_libraries():
    rng = np.random.default_rng(0)
    map_a, map_b = np.maximum(rng.normal(size=(2, 2, 25, 37, 12)), 0).astype(np.float32)
    ours = NormalizedXCorr()(torch.tensor(map_a), torch.tensor(map_b))
    assert ours.shape == (2, 1500, 37, 12)
    np.testing.assert_allclose(in_keras(map_a, map_b), ours.numpy(), atol=1e-4)


def test_a_map_correlates_with_itself_most_at_its_own_place():
    # given a map in which no two patches are alike
    feature_map = torch.randn(1, 1, 6, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    out = NormalizedXCorr(eps=1e-9)(feature_map, feature_map).reshape(5, 5, 6, 5)  # rows, columns j, y, x
    # then row offset 0 (index 2) and column j = x hold the value 1, and nothing is outside [-1, 1]
    for x in range(5):
        assert torch.allclose(out[2, x, :, x], torch.ones(6, dtype=torch.float64), atol=1e-6)
    assert out.abs().max() <= 1 + 1e-9


def test_a_match_shifted_down_appears_in_the_row_below():
    feature_map = torch.zeros(1, 1, 9, 5)
    feature_map[0, 0, 3, 1] = 1.0
    shifted = torch.roll(feature_map, shifts=(1, 2), dims=(2, 3))  # one row down, two columns right
    out = NormalizedXCorr()(feature_map, shifted).reshape(5, 5, 9, 5)
    # then the patch at (3, 1) finds its like at row offset +1 (index 3), column 3
    assert torch.argmax(out[:, :, 3, 1]).item() == 3 * 5 + 3


@pytest.mark.parametrize("value", [0.0, 3.7])
def test_torch_is_safe_on_flat_patches(value):
    map_a = torch.full((1, 2, 9, 7), value, requires_grad=True)
    map_b = torch.full((1, 2, 9, 7), value, requires_grad=True)
    out = NormalizedXCorr()(map_a, map_b)
    out.square().sum().backward()
    assert out.isfinite().all() and map_a.grad.isfinite().all() and map_b.grad.isfinite().all()
    assert torch.allclose(out[:, :, 4, 3].reshape(2, 5, 7)[:, 2, 3], torch.zeros(2), atol=1e-6)


@pytest.mark.parametrize("shape", [(2, 2, 4, 3), (1, 1, 1, 1), (1, 1, 5, 1), (1, 1, 1, 4)])
def test_torch_gradient_equals_finite_differences(shape):
    generator = torch.Generator().manual_seed(4)
    maps = [torch.randn(shape, dtype=torch.float64, generator=generator, requires_grad=True) for _ in range(2)]
    assert torch.autograd.gradcheck(NormalizedXCorr(patch_size=3, search_rows=1), maps)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_torch_computes_half_precision_in_float32(dtype):
    # given numbers whose squares do not fit in float16
    maps = [(1000 * torch.randn(1, 2, 6, 4, generator=torch.Generator().manual_seed(i))).to(dtype) for i in range(2)]
    for feature_map in maps:
        feature_map.requires_grad_()
    # when, also under mixed precision
    with torch.autocast("cpu", dtype=torch.bfloat16):
        out = NormalizedXCorr()(*maps)
    out.square().sum().backward()
    # then
    assert torch.equal(out, NormalizedXCorr()(*(feature_map.float() for feature_map in maps)))
    assert all(feature_map.grad.isfinite().all() and feature_map.grad.dtype == dtype for feature_map in maps)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="takes gradients with TensorFlow's tape")
@pytest.mark.parametrize("flat", [False, True])
def test_keras_gradient_is_that_of_torch_and_finite_on_flat_patches(flat):
    import tensorflow as tf

    rng = np.random.default_rng(1)
    map_a, map_b = np.zeros((2, 1, 2, 6, 4)) if flat else rng.normal(size=(2, 1, 2, 6, 4))
    torch_a = torch.tensor(map_a, requires_grad=True)
    NormalizedXCorr()(torch_a, torch.tensor(map_b)).pow(3).sum().backward()
    layer = keras_layers.NormalizedXCorr(dtype="float64")

    @tf.function(jit_compile=True)  # compiled, as `fit` may do: there 0 * inf stays NaN
    def gradient_of(keras_a, keras_b):
        with tf.GradientTape() as tape:
            tape.watch(keras_a)
            total = tf.reduce_sum(layer([keras_a, keras_b]) ** 3)
        return tape.gradient(total, keras_a)

    gradient = gradient_of(*(tf.constant(m.transpose(0, 2, 3, 1)) for m in (map_a, map_b))).numpy()
    gradient = gradient.transpose(0, 3, 1, 2)
    np.testing.assert_allclose(gradient, torch_a.grad.numpy(), atol=1e-5)


def network(height=10, width=6):
    inputs = [keras.Input((height, width, 2)), keras.Input((height, width, 2))]
    return keras.Model(inputs, keras_layers.NormalizedXCorr(patch_size=3, search_rows=1, eps=0.02)(inputs))


def test_keras_layer_round_trips_through_its_config():
    layer = keras_layers.NormalizedXCorr(patch_size=3, search_rows=1, eps=0.02, name="xcorr")
    config = layer.get_config()
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert keras_layers.NormalizedXCorr.from_config(config).get_config() == config
    assert isinstance(again, keras_layers.NormalizedXCorr) and again.get_config() == config
    assert again.name == "xcorr" and (again.patch_size, again.search_rows, again.eps) == (3, 1, 0.02)


def test_a_keras_model_with_the_layer_saves_and_loads(tmp_path):
    model, maps = network(), list(np.random.default_rng(0).normal(size=(2, 3, 10, 6, 2)).astype(np.float32))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict(maps, verbose=0), model.predict(maps, verbose=0))


def test_keras_output_shape_is_known_before_the_call():
    layer = keras_layers.NormalizedXCorr()
    assert layer.compute_output_shape([(None, 37, 12, 25)] * 2) == (None, 37, 12, 1500)
    assert network().output_shape == (None, 10, 6, 2 * 3 * 6)


def test_keras_height_may_be_unknown_until_the_call():
    maps = np.random.default_rng(0).normal(size=(2, 1, 10, 6, 2)).astype(np.float32)
    assert network(height=None).output_shape == (None, None, 6, 36)
    np.testing.assert_allclose(network(height=None).predict(list(maps)), network().predict(list(maps)), atol=1e-6)


def test_a_batch_larger_than_the_cache_equals_its_pairs_one_by_one():
    # given more pairs than are compared at a time: 18 of this size
    torch.manual_seed(0)
    map_a, map_b = torch.rand(2, 41, 4, 12, 12, dtype=torch.float64)
    layer = NormalizedXCorr()
    # when, then
    one_by_one = torch.cat([layer(map_a[i : i + 1], map_b[i : i + 1]) for i in range(len(map_a))])
    torch.testing.assert_close(layer(map_a, map_b), one_by_one, rtol=0, atol=1e-12)


@pytest.mark.parametrize("layer_class", [NormalizedXCorr, keras_layers.NormalizedXCorr])
@pytest.mark.parametrize(
    ("layer_settings", "message"),
    [
        ({"patch_size": 4}, "patch_size is 4"),
        ({"patch_size": 1}, "patch_size is 1"),
        ({"search_rows": -1}, "search_rows is -1"),
        ({"search_rows": 1.5}, "search_rows is 1.5"),
        ({"eps": 0}, "eps is 0"),
    ],
)
def test_settings_that_cannot_work_are_refused(layer_class, layer_settings, message):
    with pytest.raises(ValueError, match=message):
        layer_class(**layer_settings)


@pytest.mark.parametrize(
    ("shape_a", "shape_b", "message"),
    [
        ((1, 2, 6, 5), (1, 2, 5, 6), r"maps are \(1, 2, 6, 5\) and \(1, 2, 5, 6\): give two maps of equal size"),
        ((1, 2, 6, 5), (2, 2, 6, 5), "equal size"),
        ((2, 6, 5), (2, 6, 5), "four axes each"),
        ((1, 2, 0, 5), (1, 2, 0, 5), "no axis but the batch may be empty"),
    ],
)
def test_maps_that_do_not_fit_are_refused(shape_a, shape_b, message):
    with pytest.raises(ValueError, match=message):
        NormalizedXCorr()(torch.zeros(shape_a), torch.zeros(shape_b))
    with pytest.raises(ValueError, match=message):
        keras_layers.NormalizedXCorr()([np.zeros(shape_a), np.zeros(shape_b)])


def test_keras_asks_for_two_maps_of_known_width():
    layer = keras_layers.NormalizedXCorr()
    with pytest.raises(ValueError, match="call the layer on a list of two maps"):
        layer(np.zeros((1, 6, 5, 2)))
    with pytest.raises(ValueError, match="the width and the channels have to be known"):
        layer([keras.Input((6, None, 2)), keras.Input((6, None, 2))])
