"""The figures of lesson 12 draw what they are given and name what does not fit."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from course_utils import ablation_figures
from course_utils.ablation_figures import show_clouds, show_seeds

ALT = "a picture for a test"


@pytest.fixture
def drawn(monkeypatch):
    """The figures that were shown, still open."""
    figures = []
    monkeypatch.setattr(ablation_figures, "show", lambda figure, alt: figures.append(figure))
    yield figures
    plt.close("all")


def test_every_cloud_has_its_panel_and_every_point_is_drawn(drawn):
    y = np.repeat([3, 7, 9], 4)
    points = np.random.default_rng(0).normal(size=(12, 2))
    show_clouds({"one": points, "other": 2 * points}, y, ALT)
    panels = drawn[0].axes
    assert [panel.get_title() for panel in panels] == ["one", "other"]
    offsets = np.concatenate([cloud.get_offsets() for cloud in panels[1].collections])
    np.testing.assert_allclose(offsets, 2 * points)
    colours = [tuple(cloud.get_facecolor()[0]) for cloud in panels[0].collections]
    assert len(set(colours)) == 3


def test_points_that_do_not_fit_the_labels_are_named(drawn):
    with pytest.raises(ValueError, match=r"one: points of shape \(4, 3\) for 4 labels"):
        show_clouds({"one": np.zeros((4, 3))}, np.zeros(4), ALT)


def test_every_seed_is_a_dot_and_the_mean_is_marked(drawn):
    show_seeds({"first": [0.2, 0.4, 0.9], "second": [0.5]}, "share", ("chance", 0.1), ALT)
    axis = drawn[0].axes[0]
    assert [label.get_text() for label in axis.get_yticklabels()] == ["first", "second"]
    dots, mean = axis.collections[0].get_offsets(), axis.collections[1].get_offsets()
    np.testing.assert_allclose(dots, [[0.2, 0], [0.4, 0], [0.9, 0]])
    np.testing.assert_allclose(mean, [[0.5, 0]])
    assert [text.get_text() for text in axis.get_legend().get_texts()] == ["chance", "one seed", "mean"]
    assert axis.yaxis_inverted()


def test_a_name_without_a_result_is_named(drawn):
    with pytest.raises(ValueError, match="second has no result"):
        show_seeds({"first": [0.2], "second": []}, "share", ("chance", 0.1), ALT)
