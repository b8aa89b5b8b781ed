"""Lesson 01 in JupyterLab as a student meets it: run, fail a check, read its hint, mend it, see the plot, validate.

That is one test, because it is one sitting: each step begins where the last one ended.
"""

import re
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from browser import DESKTOP, picture, started_browser, watched
from classroom import TOKEN, jupyter_server, make_course

LESSON = "01_convolution_by_hand"
FLIPPED = """def correlate2d(image, kernel):
    kernel = kernel[::-1, ::-1]
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return (windows * kernel).sum(axis=(2, 3)).astype(float)"""
RIGHT = FLIPPED.replace("    kernel = kernel[::-1, ::-1]\n", "")


@contextmanager
def opened(folder: Path, built: str, size: dict = DESKTOP):
    """JupyterLab with lesson 01 of notebooks/ or solutions/ open."""
    with started_browser() as browser:
        make_course(folder, LESSON)
        with jupyter_server(folder, root_dir=folder) as server, watched(browser, size) as reader:
            reader.page.goto(f"{server.address}/lab/tree/{built}/{LESSON}/{LESSON}.ipynb?token={TOKEN}")
            expect(reader.page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()
            yield reader.page
            assert reader.errors == []


@pytest.fixture
def page(tmp_path):
    with opened(tmp_path, "notebooks") as page:
        yield page


def test_a_notebook_that_is_not_trusted_shows_the_still_picture_and_no_slider(tmp_path):
    with opened(tmp_path, "solutions", DESKTOP | {"height": 6000}) as page:  # JupyterLab draws what is in view
        figure = cell(page, "show_sliding(lines").locator("figure.course-frames")
        expect(figure.get_by_role("img")).to_be_visible()
        expect(figure.locator("figcaption")).to_contain_text("Row 1, column 4")
        expect(figure.locator("input")).to_be_hidden()
        assert figure.locator("script").count() == 0


def cell(page: Page, text: str) -> Locator:
    """The code cell with this text in it."""
    return page.locator(".jp-Notebook .jp-CodeCell").filter(has_text=text).first


def run(page: Page, text: str) -> Locator:
    """Run a cell, wait until the kernel has done so, and return what it shows."""
    found = cell(page, text)
    prompt = found.locator(".jp-InputPrompt").first
    prompt.click()  # selects the cell; a folded one has no editor to click on
    before = prompt.inner_text()
    page.keyboard.press("Control+Enter")
    expect(prompt).not_to_have_text(before)
    expect(prompt).to_have_text(re.compile(r"\[\d+\]:"))
    return found.locator(".jp-OutputArea")


def write(page: Page, text: str, source: str) -> None:
    """Put `source` into a cell in the place of what is there."""
    cell(page, text).locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(source)


def test_a_student_works_through_the_first_exercise(page):
    # the first cells run, and the one for Colab does nothing
    expect(run(page, "Prepare Google Colab")).to_have_text("")
    run(page, "import numpy as np")
    run(page, "image = np.array")
    run(page, "my_guess_one_step_right = None")
    expect(run(page, "here = (image[0:2, 0:2]")).to_contain_text("here: 399")
    # a blank answer: the check says so
    check = "check_correlate2d(correlate2d)"
    run(page, "def correlate2d")
    expect(run(page, check)).to_contain_text("NotImplementedError")
    # a wrong one: the check shows input, expectation and a hint that names the mistake
    write(page, "def correlate2d", FLIPPED)
    run(page, "def correlate2d")
    said = run(page, check)
    for part in ("Not right yet.", "given", "expected", "got", "hint"):
        expect(said).to_contain_text(re.compile(part, re.IGNORECASE))
    expect(said).to_contain_text(re.compile("flip|turn", re.IGNORECASE))
    picture(page, "lesson-01-check.png")
    # mended, it passes
    write(page, "def correlate2d", RIGHT)
    run(page, "def correlate2d")
    expect(run(page, check)).to_contain_text("visible checks passed")
    # and the plot is there, with its words
    plot = run(page, "show_images([image, pattern, correlate2d(image, pattern)]").get_by_role("img")
    expect(plot).to_have_accessible_name(re.compile("the 3 by 3 result with 399 twice"))
    assert plot.evaluate("image => image.complete && image.naturalWidth > 100")
    plot.scroll_into_view_if_needed()
    picture(page, "lesson-01.png")
    # a figure with a slider moves
    run(page, "lines = np.array")
    run(page, "my_guess_highest_score = None")
    figure = run(page, "show_sliding(lines")
    expect(figure).to_contain_text("Row 1, column 4")
    slider = figure.get_by_role("slider")
    slider.fill("8")
    expect(figure).to_contain_text("Row 1, column 3")
    slider.focus()
    for key, place in (
        ("ArrowLeft", "Row 1, column 2"),
        ("ArrowRight", "Row 1, column 3"),
        ("Home", "Row 0, column 0"),
    ):
        page.keyboard.press(key)  # and JupyterLab does not take it to go to another cell
        expect(figure).to_contain_text(place)
        expect(slider).to_be_focused()
    # the Validate button names the exercises that are still blank, and not this one
    page.get_by_role("button", name="Validate").click()
    results = page.get_by_role("dialog")
    expect(results).to_contain_text("Validation")
    expect(results).to_contain_text("check_best_place(best_place)")
    expect(results).not_to_contain_text("check_correlate2d(correlate2d)")
