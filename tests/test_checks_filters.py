"""The checks of lesson 02 name the mistake that was made."""

import runpy
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from course_utils.checks import filters
from course_utils.checks.report import CheckFailed

ANSWERS = runpy.run_path(str(Path(__file__).parent / "answers" / "02_image_filters.py"))
BYTES = {"seed": 7, "dtype": "uint8"}

HINTS = [
    ("filter_image", "turns the kernel", "the kernel is turned", {}),
    ("filter_image", "zeros outside", "you have zeros", {}),
    ("filter_image", "goes round (wrap)", "other side", {}),
    ("filter_image", "mirrors with the border (scipy's reflect)", "'reflect'", {}),
    ("filter_image", "no padding", "pad before you slide", {}),
    ("filter_image", "calls scipy.ndimage", "write it yourself", {}),
    ("edge_strength", "no root", "square root", {}),
    ("edge_strength", "Prewitt", "counts twice", {}),
    ("edge_strength", "down alone", "slope across", {}),
    ("laplacian", "eight neighbours", "not eight", {}),
    ("laplacian", "misses the four", "the sum has to be 0", {}),
    ("laplacian", "in bytes", "bytes wrap around", BYTES),
    ("stack_channels", "channels last", "axis 1", {}),
    ("stack_channels", "down before across", "comes before Sobel down", {}),
    ("stack_channels", "Laplacian first", "look at channel 1", {}),
    ("normalise", "test data by their own numbers", "the test data have no say", {}),
    ("normalise", "one mean for all channels", "one for each channel", {}),
    ("normalise", "divides by zero", "where do you divide", {}),
]


@pytest.mark.parametrize(("exercise", "mistake", "hint", "options"), HINTS, ids=[f"{h[0]}: {h[1]}" for h in HINTS])
def test_the_hint_names_the_mistake(exercise, mistake, hint, options):
    check, answer = getattr(filters, f"check_{exercise}"), ANSWERS["WRONG"][exercise][mistake]
    with pytest.raises(CheckFailed) as failure:
        check(answer, **options)
    assert hint in failure.value.hint


IMAGES = arrays(float, (5, 6), elements=st.floats(0, 255))
KERNELS = arrays(float, (3, 3), elements=st.floats(-4, 4))


@given(IMAGES, KERNELS, st.floats(-100, 100))
@settings(max_examples=50, deadline=None)
def test_added_light_reaches_the_reference_only_through_the_sum_of_the_kernel(image, kernel, light):
    change = filters._correlate(image + light, kernel) - filters._correlate(image, kernel)
    assert np.allclose(change, light * kernel.sum(), atol=1e-8)


@given(IMAGES)
@settings(max_examples=50, deadline=None)
def test_the_references_agree_with_brute_force(image):
    padded = np.pad(image, 1, mode="edge")
    across, laplace = np.zeros((5, 6)), np.zeros((5, 6))
    for i in range(5):
        for j in range(6):
            window = padded[i : i + 3, j : j + 3]
            across[i, j] = (window[:, 2] - window[:, 0]) @ [1, 2, 1]
            laplace[i, j] = window[0, 1] + window[2, 1] + window[1, 0] + window[1, 2] - 4 * window[1, 1]
    assert np.allclose(filters._sobel(image, filters.ACROSS), across)
    assert np.allclose(filters._laplace(image), laplace)


@given(arrays(float, (4, 3, 2, 2), elements=st.floats(-50, 50)))
@settings(max_examples=50, deadline=None)
def test_statistics_are_those_of_each_channel_with_one_for_a_spread_of_zero(x):
    mean, spread = filters._statistics(x)
    scaled = (x - mean) / spread
    for c in range(3):
        assert abs(scaled[:, c].mean()) < 1e-6
        assert scaled[:, c].std() == pytest.approx(1) or x[:, c].std() < 1e-6
