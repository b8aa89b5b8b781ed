"""The pictures of lesson 08 and the moved digits: what is drawn, and what is refused."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from course_utils import siamese_figures
from course_utils.augmentation import shifted

ALT = "a figure that a test has drawn"
SAME = np.array([1, 0, 1, 0])
DISTANCES = np.array([0.1, 0.8, 0.2, 0.9])


@pytest.fixture
def drawn(monkeypatch):
    """The figures that would have been shown, with their alt texts."""
    figures = []
    monkeypatch.setattr(siamese_figures, "show", lambda figure, alt: figures.append((figure, alt)))
    yield figures
    plt.close("all")


def test_the_histograms_hold_every_pair_once(drawn):
    siamese_figures.show_histograms({"before": DISTANCES, "after": 2 * DISTANCES}, SAME, alt=ALT)
    figure, alt = drawn[0]
    assert alt == ALT
    assert [axis.get_title() for axis in figure.axes] == ["before", "after"]
    assert [sum(bar.get_height() for bar in axis.patches) for axis in figure.axes] == [4, 4]


def test_a_distance_that_orders_the_pairs_has_a_roc_area_of_one_and_its_opposite_zero(drawn):
    siamese_figures.show_roc({"good": DISTANCES, "bad": -DISTANCES}, SAME, alt=ALT)
    names = [text.get_text() for text in drawn[0][0].axes[0].get_legend().get_texts()]
    assert names == ["good, AUC 1.000", "bad, AUC 0.000", "chance, AUC 0.500"]


def test_the_maps_hold_every_embedding_with_crosses_where_asked(drawn):
    y = np.arange(60) % 3
    siamese_figures.show_maps(np.random.default_rng(0).normal(size=(60, 5)), y, crosses=(2,), alt=ALT)
    for axis in drawn[0][0].axes:
        assert [len(part.get_offsets()) for part in axis.collections] == [20, 20, 20]
        edges = [len(part.get_paths()[0].vertices) for part in axis.collections]
        assert edges[0] == edges[1] > edges[2]  # a cross has fewer points than a circle
        assert [text.get_text() for text in axis.texts] == ["0", "1", "2"]


@pytest.mark.parametrize("draw", [siamese_figures.show_histograms, siamese_figures.show_roc])
def test_labels_of_another_length_are_refused_by_name(draw):
    with pytest.raises(ValueError, match="learned: 3 rows for 4 labels"):
        draw({"learned": DISTANCES[:3]}, SAME, alt=ALT)


def test_moved_images_keep_every_pixel_and_come_from_the_random_numbers_given():
    x = np.zeros((200, 9, 9), dtype=np.float32)
    x[:, 4, 4] = np.arange(1, 201)
    moved = shifted(x, np.random.default_rng(5), most=2)
    assert moved.shape == x.shape and moved.dtype == x.dtype
    assert np.array_equal(moved.sum(axis=(1, 2)), np.arange(1, 201))
    rows, columns = np.divmod(moved.reshape(200, -1).argmax(axis=1), 9)
    assert set(rows) == set(columns) == {2, 3, 4, 5, 6}
    assert len(set(zip(rows.tolist(), columns.tolist(), strict=True))) == 25
    assert np.array_equal(moved, shifted(x, np.random.default_rng(5), most=2))


def test_moved_images_are_filled_with_zeros_not_with_the_other_border():
    moved = shifted(np.ones((50, 4, 4)), np.random.default_rng(0), most=1)
    assert {int(total) for total in moved.sum(axis=(1, 2))} == {9, 12, 16}


def test_moving_refuses_what_is_no_stack_of_images():
    with pytest.raises(ValueError, match="give a stack of images"):
        shifted(np.ones((4, 4)), np.random.default_rng(0))
