"""The checks of lesson 10 name the mistake that was made."""

import runpy
from pathlib import Path

import numpy as np
import pytest

from course_utils.checks import xcorr
from course_utils.checks.report import CheckFailed

ANSWERS = runpy.run_path(str(Path(__file__).parent / "answers" / "10_normalized_xcorr.py"))

HINTS = [
    ("normalise", "divides by N", "N - 1"),
    ("normalise", "no eps", "where did eps go"),
    ("normalise", "eps of its own", "eps that you are given"),
    ("normalise", "another default of eps", "default of eps is 0.01"),
    ("normalise", "eps under the root", "not under it"),
    ("normalise", "mean not subtracted", "subtract the mean"),
    ("normalise", "all patches together", "along the last axis"),
    ("correlate_place", "divides by N", "divide the sum by N - 1"),
    ("correlate_place", "not divided", "divide by N - 1"),
    ("correlate_place", "starts at row y", "y - search_rows"),
    ("correlate_place", "bottom row first", "top to bottom"),
    ("correlate_place", "maps swapped", "the patch comes from map_a"),
    ("correlate_place", "search_rows defaults to 1", "default of search_rows is 2"),
    ("correlate_place", "calls the finished layer", "write it yourself"),
    ("xcorr_shape", "height searched fully", "the width counts"),
    ("xcorr_shape", "the whole map searched", "not all"),
    ("xcorr_shape", "one channel", "scores of its own"),
    ("xcorr_shape", "rows above only", "as many down"),
    ("xcorr_shape", "channels last", "channels first"),
    ("correlate_rows", "not divided", "divide by N - 1"),
    ("correlate_rows", "divides by N", "not by N"),
    ("correlate_rows", "columns before rows", "all columns of a row"),
    ("correlate_rows", "bottom row first", "rows come from top to bottom"),
    ("correlate_rows", "columns swapped", "j belongs to patches_b"),
    ("correlate_rows", "bottom place first", "places come from top to bottom"),
]


@pytest.mark.parametrize(("exercise", "mistake", "hint"), HINTS, ids=[f"{h[0]}: {h[1]}" for h in HINTS])
def test_the_hint_names_the_mistake(exercise, mistake, hint):
    check, answer = getattr(xcorr, f"check_{exercise}"), ANSWERS["WRONG"][exercise][mistake]
    with pytest.raises(CheckFailed) as failure:
        check(answer)
    assert hint in failure.value.hint


def test_the_reference_of_one_place_equals_the_finished_layer():
    # given two maps, flat in places
    torch = pytest.importorskip("torch")
    from course_utils.models import NormalizedXCorr

    map_a, map_b = xcorr._map_pair(np.random.default_rng(5), 6, 4)
    # when the layer compares them
    out = NormalizedXCorr()(*(torch.tensor(m)[None, None] for m in (map_a, map_b)))[0].numpy()
    # then each place holds what the reference of the checks says
    for y, x in np.ndindex(6, 4):
        assert np.allclose(out[:, y, x].reshape(5, 4), xcorr._strip(map_a, map_b, y, x, 2), atol=1e-12)


@pytest.mark.parametrize(("size", "left"), [(160, 37), (60, 12), (47, 8), (61, 12), (29, 4)])
def test_the_counted_size_is_that_of_torch(size, left):
    torch = pytest.importorskip("torch")
    layers = [torch.nn.Conv2d(1, 1, 5), torch.nn.MaxPool2d(2)] * 2
    assert torch.nn.Sequential(*layers)(torch.zeros(1, 1, size, size)).shape[-1] == left == xcorr._counted(size)
