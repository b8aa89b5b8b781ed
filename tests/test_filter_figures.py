"""course_utils.filter_figures: what is drawn is what was given, and every figure has its text."""

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")
from course_utils import filter_figures

ALT = "a figure drawn for a test"


@pytest.fixture
def shown(monkeypatch):
    """The figures that would have been shown, with their texts."""
    figures = []
    monkeypatch.setattr(filter_figures, "show", lambda figure, alt: figures.append((figure, alt)))
    yield figures
    for figure, _ in figures:
        matplotlib.pyplot.close(figure)


def test_a_surface_shows_the_profile_of_the_row_that_was_asked_for(shown):
    image = np.random.default_rng(0).random((6, 9))
    filter_figures.show_surface(image, row=4, alt=ALT)
    [(figure, alt)] = shown
    assert alt == ALT
    assert np.array_equal(figure.axes[2].lines[0].get_ydata(), image[4])


@pytest.mark.parametrize("row", [-1, 6])
def test_a_row_outside_the_image_is_refused(row):
    with pytest.raises(ValueError, match=f"row={row}: the image has rows 0 to 5"):
        filter_figures.show_surface(np.zeros((6, 9)), row=row, alt=ALT)


def test_arrows_point_where_the_slopes_say(shown):
    across, down = np.random.default_rng(1).normal(size=(2, 12, 8))
    filter_figures.show_arrows(np.zeros((12, 8)), across, down, alt=ALT)
    arrows = next(c for c in shown[0][0].axes[0].collections if hasattr(c, "U"))
    assert np.array_equal(arrows.U, across[2::4, 2::4].ravel())
    assert np.array_equal(arrows.V, down[2::4, 2::4].ravel())


def test_a_flat_image_has_arrows_of_no_length(shown):
    filter_figures.show_arrows(np.ones((8, 8)), np.zeros((8, 8)), np.zeros((8, 8)), alt=ALT)
    assert len(shown) == 1


def test_bowls_draw_the_path_around_its_end_on_maps_of_one_scale(shown):
    inputs, target = np.eye(2), np.array([1.0, -1.0])
    paths = {1.0: np.array([[0, 0], [1.0, -1]]), 2.0: np.array([[0, 0], [0.3, 0], [0.5, -0.5]])}
    bowls = {"plain": inputs, "doubled": 2 * inputs}
    filter_figures.show_bowls(bowls, target, lambda x, y: paths[x.max()], ["first", "second"], alt=ALT)
    left, right = shown[0][0].axes
    assert left.get_title() == "plain: 1 steps"
    assert right.get_title() == "doubled: 2 steps"
    assert np.array_equal(right.lines[0].get_xydata(), paths[2.0])
    assert np.mean(right.get_xlim()) == pytest.approx(0.5, abs=0.02)
    assert np.ptp(left.get_xlim()) == pytest.approx(np.ptp(right.get_ylim()))


def test_spreads_draw_mean_and_standard_deviation(shown):
    runs = np.array([[0.2, 0.6], [0.4, 0.8]])
    filter_figures.show_spreads({"a": runs, "b": runs / 2}, ["x", "y"], "accuracy", alt=ALT, baseline=0.1)
    axis = shown[0][0].axes[0]
    first = axis.containers[0]
    assert np.allclose(first.lines[0].get_ydata(), [0.3, 0.7])
    assert np.allclose([line[:, 1] for line in first.lines[2][0].get_segments()], [[0.2, 0.4], [0.6, 0.8]])
    assert [label.get_text() for label in axis.get_xticklabels()] == ["x", "y"]
