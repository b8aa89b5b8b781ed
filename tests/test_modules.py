"""course_utils.checks.modules: what the checks ask of a student's nn.Module."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from course_utils.checks import modules
from course_utils.checks.report import CheckFailed


def linear(inputs: int = 3, classes: int = 2) -> nn.Linear:
    return nn.Linear(inputs, classes).double()


def test_a_module_is_built_in_float64():
    module = modules.build(nn.Linear, 3, 2, given="a layer")
    assert module.weight.dtype == torch.float64


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
@given(st.integers(1, 5), st.integers(1, 5), st.integers(0, 99))
def test_parameters_written_are_the_parameters_read(inputs, classes, seed):
    rng = np.random.default_rng(seed)
    module = linear(inputs, classes)
    values = {"weight": rng.normal(size=(classes, inputs)), "bias": rng.normal(size=classes)}
    modules.set_parameters(module, values)
    for name, value in modules.get_parameters(module).items():
        assert np.array_equal(value, values[name])


def test_parameters_read_are_copies():
    module = linear()
    modules.get_parameters(module)["weight"][:] = 7
    assert not (module.weight == 7).any()


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 6), st.integers(1, 4), st.integers(2, 5), st.integers(0, 99))
def test_forward_loss_and_gradients_are_those_of_softmax_regression(n, inputs, classes, seed):
    rng = np.random.default_rng(seed)
    module, x, y = linear(inputs, classes), rng.normal(size=(n, inputs)), rng.integers(0, classes, n)
    params = modules.get_parameters(module)
    logits = x @ params["weight"].T + params["bias"]
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    loss, gradients = modules.loss_and_gradients(module, x, y)
    grad_logits = (shares - np.eye(classes)[y]) / n
    assert np.allclose(modules.forward(module, x), logits)
    assert np.isclose(loss, -np.log(shares[np.arange(n), y]).mean())
    assert np.allclose(gradients["weight"], grad_logits.T @ x)
    assert np.allclose(gradients["bias"], grad_logits.sum(0))


def test_a_parameter_that_the_loss_does_not_reach_has_a_gradient_of_zeros():
    class Detached(nn.Linear):
        def forward(self, x):
            return super().forward(x).detach()

    _, gradients = modules.loss_and_gradients(Detached(3, 2).double(), np.ones((1, 3)), np.array([1]))
    assert all((gradient == 0).all() for gradient in gradients.values())


def test_names_are_found_by_shape():
    found = modules.names_by_shape(linear(), {"W": (2, 3), "b": (2,)}, "a layer", "count")
    assert found == {"W": "weight", "b": "bias"}


def test_other_shapes_are_listed_in_the_message():
    with pytest.raises(CheckFailed, match=r"got: +weight \(2, 3\), bias \(2,\)"):
        modules.names_by_shape(linear(), {"W": (2, 3), "b": (5,)}, "a layer", "count")


def test_the_spy_notes_size_mode_and_gradients():
    spy = modules.Spy().eval()
    with torch.no_grad():
        spy(torch.ones(4, 1))
    spy.train()(torch.ones(2, 1))
    assert spy.seen == [(4, False, False), (2, True, True)]
