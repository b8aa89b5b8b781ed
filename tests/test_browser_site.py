"""The site in Chromium: searched, read on a phone and in the dark, from page to page, by keyboard and screen reader."""

import re

import pytest
from playwright.sync_api import expect

from browser import DESKTOP, PHONE, picture, serious_faults, served, started_browser, watched
from course_admin.layout import lesson_scripts
from course_admin.site.sphinx_site import build_site
from support import ROOT

NAMES = [path.stem for path in lesson_scripts(ROOT)]
FIRST = "01_convolution_by_hand.html"


@pytest.fixture(scope="module")
def browser():
    with started_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def folder(browser, tmp_path_factory):
    return build_site(ROOT, "student", into=tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def address(folder):
    with served(folder) as address:
        yield address


def test_without_chromium_one_line_says_what_was_left_out_and_ci_fails(monkeypatch):
    monkeypatch.setattr("browser.chromium", lambda: None)
    monkeypatch.delenv("COURSE_BROWSER", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no Chromium here, so its tests were left out"), started_browser():
        pass
    monkeypatch.setenv("COURSE_BROWSER", "required")
    with pytest.raises(AssertionError, match="COURSE_BROWSER=required"), started_browser():
        pass


def test_a_word_is_found_by_search_and_the_result_leads_to_the_lesson(browser, address):
    with watched(browser) as reader:
        reader.page.goto(f"{address}/index.html")
        picture(reader.page, "site-map.png")
        reader.page.get_by_role("textbox", name="Search").first.fill("chellapilla")
        reader.page.keyboard.press("Enter")
        result = reader.page.locator("#search-results").get_by_role("link", name="1. Convolution by hand")
        expect(result.first).to_be_visible()
        result.first.click()
        expect(reader.page.get_by_role("heading", level=1)).to_contain_text("Convolution by hand")
        assert reader.errors == []


def test_search_works_without_a_server_too(browser, folder):
    with watched(browser) as reader:
        reader.page.goto(f"file://{folder}/search.html?q=chellapilla")
        expect(reader.page.locator("#search-results").get_by_role("link").first).to_have_text(re.compile("Convolution"))


def test_a_phone_shows_a_lesson_without_sideways_scrolling_and_its_menu_opens(browser, address):
    with watched(browser, PHONE, has_touch=True) as reader:
        page = reader.page
        page.goto(f"{address}/{FIRST}")
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["width"]
        for image in page.locator("article img").all():
            assert image.bounding_box()["width"] <= PHONE["width"]
        menu = page.locator(".sidebar-drawer").get_by_role("link", name="2. Image filters")
        expect(menu).not_to_be_in_viewport()
        page.locator("label[for=__navigation]:visible").first.click()
        expect(menu).to_be_in_viewport()
        menu.click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Image filters")
        assert reader.errors == []


def brightness(page) -> float:
    """The mean of the background's red, green and blue, 0 to 255."""
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return sum(map(float, re.findall(r"[\d.]+", colour)[:3])) / 3


def test_dark_mode_follows_the_system_and_the_button(browser, address):
    with watched(browser, color_scheme="dark") as reader:
        reader.page.goto(f"{address}/{FIRST}")
        assert brightness(reader.page) < 60
    with watched(browser, color_scheme="light") as reader:
        reader.page.goto(f"{address}/{FIRST}")
        assert brightness(reader.page) > 200
        button = reader.page.locator(".theme-toggle:visible").first
        for _ in range(3):  # automatic, light, dark
            if brightness(reader.page) > 200:
                button.click()
        assert brightness(reader.page) < 60
        reader.page.reload()
        assert brightness(reader.page) < 60  # the choice is kept


def test_next_and_previous_lead_through_the_lessons(browser, address):
    with watched(browser) as reader:
        reader.page.goto(f"{address}/index.html")
        for name in NAMES:
            reader.page.locator("a.next-page").click()
            reader.page.wait_for_url(f"**/{name}.html")
        reader.page.locator("a.prev-page").click()
        reader.page.wait_for_url(f"**/{NAMES[-2]}.html")


@pytest.mark.parametrize("name", ["01_convolution_by_hand", "07_grid_search", "09_triplet_loss"])
def test_a_figure_moves_with_its_slider_and_says_what_it_shows(browser, address, name):
    with watched(browser) as reader:
        reader.page.goto(f"{address}/{name}.html")
        figure = reader.page.locator("figure.course-frames")
        slider, image, caption = figure.get_by_role("slider"), figure.get_by_role("img"), figure.locator("figcaption")
        still, words = image.get_attribute("src"), caption.inner_text()
        slider.focus()
        reader.page.keyboard.press("ArrowLeft")
        expect(caption).not_to_have_text(words)
        assert image.get_attribute("src") != still
        assert image.get_attribute("alt") == caption.inner_text() == slider.get_attribute("aria-valuetext")
        reader.page.keyboard.press("ArrowRight")
        expect(caption).to_have_text(words)
        assert image.get_attribute("src") == still
        assert reader.errors == []


def test_without_scripts_and_on_paper_the_still_picture_stands_there(browser, address):
    with watched(browser, java_script_enabled=False) as reader:
        reader.page.goto(f"{address}/09_triplet_loss.html")
        figure = reader.page.locator("figure.course-frames")
        expect(figure.get_by_role("img")).to_be_visible()
        expect(figure.get_by_role("slider")).to_be_hidden()
        expect(figure.locator("figcaption")).to_contain_text("Margin 0.30")


LOOK_UP = ["index", "glossary", "notation", "timings", "search"]


@pytest.mark.parametrize("name", [*LOOK_UP, *NAMES])
def test_a_page_asks_no_other_host_and_has_no_console_error(browser, address, name):
    with watched(browser) as reader:
        reader.page.goto(f"{address}/{name}.html")
        if reader.page.locator(".math").count():  # formulas are drawn without a network
            expect(reader.page.locator("mjx-container").first).to_be_visible()
        reader.page.wait_for_load_state("networkidle")
        assert reader.hosts == {address.removeprefix("http://")}
        assert reader.errors == []


@pytest.mark.parametrize(
    ("name", "size", "scheme"),
    [*((name, DESKTOP, "light") for name in [*LOOK_UP, NAMES[1]]), ("index", PHONE, "dark"), (NAMES[9], PHONE, "dark")],
)
def test_axe_finds_no_serious_fault_of_accessibility(browser, address, name, size, scheme):
    with watched(browser, size, color_scheme=scheme) as reader:
        reader.page.goto(f"{address}/{name}.html")
        assert serious_faults(reader.page) == []
