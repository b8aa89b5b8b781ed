"""What lesson 13 draws and prints of a search: lists, frames, places, spreads; and how it runs a script."""

import matplotlib.colors
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from course_utils import ranking_figures
from course_utils.evaluation import evaluate_rank
from course_utils.ranking_examples import clearest, of_each_kind, places_back, ranked_rows
from course_utils.ranking_report import over_people, report
from course_utils.reid_search import Side
from course_utils.scripts import run_script

ALT = "a figure that a test has drawn"


def side(person_ids, camera_ids):
    images = torch.arange(len(person_ids), dtype=torch.uint8)[:, None, None, None].expand(-1, 3, 8, 4)
    return Side(images, np.array(person_ids), np.array(camera_ids))


QUERY, GALLERY = side([1, 2], [1, 2]), side([1, 1, 2, 0, -1, 2], [1, 2, 1, 3, 2, 2])


@pytest.fixture
def drawn(monkeypatch):
    """The figures that would have been shown, with their alt texts."""
    figures = []
    monkeypatch.setattr(ranking_figures, "show", lambda figure, alt: figures.append((figure, alt)))
    yield figures
    plt.close("all")


def test_the_list_that_counts_is_without_junk_and_the_own_camera():
    assert ranked_rows(QUERY, GALLERY, 0, np.arange(6)).tolist() == [1, 2, 3, 5]
    assert ranked_rows(QUERY, GALLERY, 1, -np.arange(6), count=2).tolist() == [3, 2]


def test_the_place_of_a_query_is_counted_in_the_other_images_list():
    points = np.array([0.3, 0.1, 0.5, 0.55, 0.6]) * np.pi / 2
    query, *gallery = np.column_stack([np.cos(points), np.sin(points)])
    assert places_back(query, np.array(gallery), np.array([0, 1, 3])).tolist() == [1, 3, 3]


def test_the_clearest_query_has_wrong_neighbours_with_better_friends():
    rng = np.random.default_rng(0)
    # person 1's two queries: the first lies alone beside two images of person 2 that have many friends of their own
    angles = np.concatenate([[0.0, 0.02], 0.3 + 0.001 * rng.random(12)])
    gallery = side([1, 1] + [2] * 12, [2, 3] + [2] * 12)
    gallery_x = np.column_stack([np.cos(angles), np.sin(angles)])
    query_x = np.array([[np.cos(0.3005), np.sin(0.3005)], [1.0, 0.0]])
    assert clearest(side([2, 1], [1, 1]), gallery, query_x, gallery_x, count=4) == 1


def test_one_image_of_each_kind_is_found_where_there_is_one():
    kinds = {"match": 1, "same camera": 0, "junk": 4, "distractor": 3, "somebody else": 2}
    assert of_each_kind(QUERY, GALLERY, 0) == kinds
    assert of_each_kind(QUERY, side([1, 1], [1, 2]), 0) == {"match": 1, "same camera": 0}


def test_right_and_wrong_differ_in_colour_and_in_the_line_of_the_frame(drawn):
    ranking_figures.show_searches(QUERY, GALLERY, [0, 1], np.tile(np.arange(6), (2, 1)), alt=ALT, count=3)
    figure, alt = drawn[0]
    titles = [axis.get_title() for axis in figure.axes]
    assert alt == ALT and titles == ["query", "1 +", "2 ×", "3 ×", "query", "1 ×", "2 ×", "3 +"]
    frames = {
        (axis.get_title()[-1], matplotlib.colors.to_hex(spine.get_edgecolor()), str(spine.get_linestyle()))
        for axis in figure.axes
        for spine in axis.spines.values()
        if axis.get_title() != "query"
    }
    assert len(frames) == 2 and len({frame[1] for frame in frames}) == len({frame[2] for frame in frames}) == 2
    assert not any(spine.get_visible() for spine in figure.axes[0].spines.values())


@pytest.mark.parametrize(("rankings", "right"), [([[]], [[True]]), ([[np.zeros((3, 2, 2))]], [[]]), ([], [])])
def test_rows_that_do_not_fit_are_refused(rankings, right):
    with pytest.raises(ValueError, match=r"give as many|needs as many"):
        ranking_figures.show_rankings([np.zeros((3, 2, 2))], rankings, right, ALT)


def test_the_neighbours_are_drawn_before_and_after(drawn):
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(8, 3))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    ranking_figures.show_neighbours(QUERY, GALLERY, vectors[:2], vectors[2:], rng.random((2, 6)), alt=ALT)
    titles = [axis.get_title() for axis in drawn[0][0].axes]
    assert titles[1].startswith("place ") and titles[len(titles) // 2 + 1] == "1"


@pytest.mark.parametrize("matches", [[True, False, True, False, False, True], [False, True], [True]])
def test_the_areas_of_the_picture_are_the_two_average_precisions(drawn, matches):
    ranking_figures.show_precision_curve(np.array(matches), alt=ALT)
    step, trapezoid = drawn[0][0].axes
    values, edges, _ = step.patches[0].get_data()
    sides = [1], np.where(matches, 1, 2), [1], np.full(len(matches), 2)
    distances = np.arange(len(matches))[None]
    assert (values * np.diff(edges)).sum() == pytest.approx(evaluate_rank(distances, *sides).mean_ap)
    corners = trapezoid.lines[0].get_data()
    area = evaluate_rank(distances, *sides, average_precision="trapezoid").mean_ap
    assert np.trapezoid(corners[1], corners[0]) == pytest.approx(area)


def test_a_list_without_a_match_has_no_curve():
    with pytest.raises(ValueError, match="at least one True"):
        ranking_figures.show_precision_curve(np.array([False]), alt=ALT)


def test_the_spread_draws_whole_people():
    # given 30 people with 4 queries each that are all right or all wrong
    ids, values = np.repeat(np.arange(30), 4), np.repeat(np.arange(30) % 2, 4).astype(float)
    mean, low, high = over_people(values, ids, draws=4000)
    # then the spread is that of 30 throws of a coin, not of 120
    assert mean == 0.5
    assert high - low == pytest.approx(2 * 1.645 * 0.5 / np.sqrt(30), rel=0.1)
    assert over_people(values, ids, draws=4000) == (mean, low, high)


def test_queries_that_are_not_valid_are_left_out_of_the_spread():
    assert over_people(np.array([1.0, np.nan, 1.0]), np.array([1, 2, 3])) == (1, 1, 1)
    with pytest.raises(ValueError, match="for every query"):
        over_people(np.array([np.nan]), np.array([1]))
    with pytest.raises(ValueError, match="for every query"):
        over_people(np.ones(3), np.ones(2))


def test_the_report_prints_the_numbers_of_the_evaluator(capsys):
    distances = np.random.default_rng(0).random((2, 6))
    sides = QUERY.person_ids, GALLERY.person_ids, QUERY.camera_ids, GALLERY.camera_ids
    result = report("chance", distances, sides)
    line = capsys.readouterr().out
    area = evaluate_rank(distances, *sides, average_precision="trapezoid").mean_ap
    for part in (f"rank-1 {result.rank1:.3f}", f"mAP {result.mean_ap:.3f}", f"{area:.3f}"):
        assert part in line


def test_a_script_runs_in_its_folder_with_the_course_on_its_path(tmp_path):
    script = tmp_path / "a script.py"
    script.write_text(
        "import os, sys, course_utils\nprint(os.getcwd(), sys.argv[1:], os.environ['COLOUR'])\nsys.exit(3)"
    )
    done = run_script(script, "one two", tmp_path, COLOUR="blue")
    assert done.returncode == 3 and done.stderr == ""
    assert done.stdout.split("\n")[0] == f"{tmp_path.resolve()} ['one two', '{tmp_path}'] blue"
