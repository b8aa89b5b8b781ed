"""Figures with a slider: one still picture for everybody, the others in a script, and sentences that are true."""

import base64
import html
import io
import json
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from course_utils import frames, grid_plots, moving_figures

ALT = "a line that rises to the right"


@pytest.fixture
def shown(monkeypatch):
    """What the helpers hand to the notebook: the list of (data, metadata)."""
    sent = []
    monkeypatch.setattr(frames, "display", lambda data, metadata, raw: sent.append((data, metadata)))
    return sent


def drawings(count: int) -> list[plt.Figure]:
    made = []
    for number in range(count):
        figure, axis = plt.subplots(figsize=(3, 2))
        axis.plot([0, number])
        made.append(figure)
    return made


def captions_of(data: dict) -> list[str]:
    (found,) = re.findall(r"frames = (\[\[.*\]\]);", data["text/html"])
    return [caption for _, caption in json.loads(found)]


def test_the_page_has_one_picture_and_keeps_the_others_in_its_script(shown):
    frames.show_frames(drawings(3), ["first", "second </script>", "third & last"], "number <n>", ALT, still=2)
    ((data, metadata),) = shown
    page = data["text/html"]
    assert page.count("<img") == 1 and page.count("</script>") == 1
    assert f'src="data:image/png;base64,{data["image/png"]}"' in page
    assert '<figcaption aria-live="polite">third &amp; last</figcaption>' in page
    assert "number &lt;n&gt; <input" in page and 'max="2" value="2"' in page
    assert captions_of(data) == ["first", "second </script>", "third & last"]
    assert metadata["image/png"]["alt"] == data["text/plain"] == ALT
    assert not re.search(r"(src|href)=\"(https?:)?//", page)
    assert plt.get_fignums() == []


def test_frames_have_one_size_and_the_same_bytes_each_time(shown):
    for _ in range(2):
        frames.show_frames(drawings(3), ["a", "b", "c"], "number", ALT)
    (first, _), (second, _) = shown
    assert first == second
    (found,) = re.findall(r"frames = (\[\[.*\]\]);", first["text/html"])
    sizes = {Image.open(io.BytesIO(base64.b64decode(picture))).size for picture, _ in json.loads(found)}
    assert sizes == {(270, 180)}


@pytest.mark.parametrize(
    ("count", "captions", "alt", "message"),
    [
        (2, ["one"], ALT, "1 captions for 2 figures"),
        (0, [], ALT, "0 captions for 0 figures"),
        (1, ["one"], "too short", "at least 4 words"),
    ],
)
def test_what_cannot_be_shown_is_refused(count, captions, alt, message):
    with pytest.raises(ValueError, match=message):
        frames.show_frames(drawings(count), captions, "number", alt)


def test_a_figure_that_is_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(frames, "LARGEST", 1000)
    with pytest.raises(ValueError, match="at most 1,000: draw fewer or smaller frames"):
        frames.show_frames(drawings(1), ["one"], "number", ALT)


def test_the_sliding_kernel_says_the_sum_at_every_place(shown):
    image, kernel = np.array([[1, 2, 3], [4, 5, 6]]), np.array([[0, 1], [1, 0]])
    moving_figures.show_sliding(image, kernel, np.array([[6, 8]]), alt=ALT)
    ((data, _),) = shown
    assert captions_of(data) == ["Row 0, column 0: 2 + 4 = 6", "Row 0, column 1: 3 + 5 = 8"]
    assert 'value="1"' in data["text/html"]  # the still picture has the whole result


def test_the_margin_says_loss_and_kind_and_is_right_at_the_borders(shown):
    triplet = np.array([[0.0, 0.0], [0.3, 0.4], [0.6, 0.0]])  # distances 0.5 and 0.6
    moving_figures.show_margin(*triplet, alt=ALT)
    captions = captions_of(shown[0][0])
    assert captions[0] == "Margin 0.00: loss = max(0.5 - 0.6 + 0.00, 0) = 0.00; the triplet is easy"
    assert captions[2] == "Margin 0.10: loss = max(0.5 - 0.6 + 0.10, 0) = 0.00; the triplet is easy"
    assert captions[6] == "Margin 0.30: loss = max(0.5 - 0.6 + 0.30, 0) = 0.20; the triplet is semi-hard"
    assert html.escape(captions[6]) in shown[0][0]["text/html"]  # the still picture is that of the text's margin
    moving_figures.show_margin(triplet[0], triplet[2], triplet[1], alt=ALT)
    assert all(caption.endswith("is hard") for caption in captions_of(shown[1][0]))


def test_rivals_are_the_cells_near_the_best_of_their_own_table(shown):
    tables = {"decay": np.array([[0.97, 0.95], [np.nan, 0.5]]), "batch": np.full((2, 2), np.nan)}
    grid_plots.show_rivals(tables, "rate", [1, 2], [[1, 2], [1, 2]], alt=ALT)
    captions = captions_of(shown[0][0])
    assert captions[0] == "At most 0 points below the best: 1 cells by decay, 0 cells by batch"
    assert captions[2] == "At most 2 points below the best: 2 cells by decay, 0 cells by batch"
    assert captions[-1] == "At most 100 points below the best: 3 cells by decay, 0 cells by batch"
