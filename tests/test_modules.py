"""course_utils.checks.modules: what the checks ask of a student's nn.Module."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from course_utils.checks import modules
from course_utils.checks.report import CheckFailed


@pytest.mark.parametrize("make", [lambda: None, lambda: nn.Linear, dict, None, 3])
def test_what_builds_no_module_is_refused_with_a_hint(make):
    with pytest.raises(CheckFailed, match="hint:"):
        modules.build(make, given="nothing")


def test_an_exercise_not_begun_says_so():
    def stub():
        raise NotImplementedError

    with pytest.raises(NotImplementedError):
        modules.build(stub, given="a stub")


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 6), st.integers(1, 5), st.integers(0, 99))
def test_outputs_and_gradients_are_those_of_a_linear_map_with_the_given_weights(n, inputs, seed):
    rng = np.random.default_rng(seed)
    x, weight, bias = rng.normal(size=(n, inputs)), rng.normal(size=(2, inputs)), rng.normal(size=2)
    got = modules.run(nn.Linear(inputs, 2), {"weight": weight, "bias": bias}, x, "a layer")
    slopes = modules.factors((n, 2))  # of the loss by the outputs
    assert np.allclose(got["outputs"], x @ weight.T + bias)
    assert np.allclose(got["gradients"]["weight"], slopes.T @ x)
    assert np.allclose(got["gradients"]["bias"], slopes.sum(0))


def test_running_twice_gives_the_gradients_of_the_second_run():
    layer, arrays = nn.Linear(3, 2), {"weight": np.ones((2, 3)), "bias": np.zeros(2)}
    first, second = (modules.run(layer, arrays, np.ones((1, 3)), "a layer") for _ in range(2))
    assert np.array_equal(first["gradients"]["bias"], second["gradients"]["bias"])


def test_a_parameter_that_the_loss_does_not_reach_has_a_gradient_of_zeros():
    class Detached(nn.Linear):
        def forward(self, x):
            return super().forward(x).detach()

    got = modules.run(Detached(3, 2), {"weight": np.ones((2, 3)), "bias": np.zeros(2)}, np.ones((1, 3)), "a layer")
    assert [gradient.tolist() for gradient in got["gradients"].values()] == [[[0] * 3] * 2, [0] * 2]


def test_training_mode_moves_the_statistics_and_a_changed_input_is_seen():
    x, arrays = np.array([[1.0], [-3.0]]), {name: np.ones(1) for name in ("weight", "bias", "running_var")}
    arrays["running_mean"] = np.zeros(1)
    still, moved = (
        modules.run(nn.BatchNorm1d(1), arrays, x, "a layer", training)["statistics"] for training in (False, True)
    )
    assert still["running_mean"] == 0 and np.isclose(moved["running_mean"], 0.1 * x.mean())
    assert modules.run(nn.ReLU(inplace=True), {}, x, "a layer")["input"].tolist() == [[1], [0]]


def test_a_part_of_somebody_elses_is_named():
    mine = nn.Sequential(nn.Linear(1, 1), modules.Spy())
    modules.require_own(mine, ("torchvision",), "a network")
    with pytest.raises(CheckFailed, match=r"course_utils\.checks\.modules\.Spy"):
        modules.require_own(mine, ("course_utils",), "a network")


def test_what_is_not_trained_is_named():
    layer = nn.Linear(1, 1)
    layer.bias.requires_grad = False
    assert modules.frozen(layer) == ["bias"]


def test_names_are_found_by_shape():
    found = modules.names_by_shape(nn.Linear(3, 2), {"W": (2, 3), "b": (2,)}, "a layer", "count")
    assert found == {"W": "weight", "b": "bias"}


def test_other_shapes_are_listed_in_the_message():
    with pytest.raises(CheckFailed, match=r"got: +weight \(2, 3\), bias \(2,\)"):
        modules.names_by_shape(nn.Linear(3, 2), {"W": (2, 3), "b": (5,)}, "a layer", "count")


def test_the_spy_notes_size_mode_and_gradients():
    spy = modules.Spy().eval()
    with torch.no_grad():
        spy(torch.ones(4, 1))
    spy.train()(torch.ones(2, 1))
    assert spy.seen == [(4, False, False), (2, True, True)]


@pytest.mark.gpu
def test_a_network_that_was_built_on_a_gpu_is_asked_on_the_cpu():
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    arrays, x = {"weight": np.eye(2), "bias": np.ones(2)}, np.ones((3, 2))
    there, here = (modules.run(layer, arrays, x, "a layer") for layer in (nn.Linear(2, 2).cuda(), nn.Linear(2, 2)))
    assert np.array_equal(there["outputs"], here["outputs"])
    assert np.array_equal(there["gradients"]["weight"], here["gradients"]["weight"])
