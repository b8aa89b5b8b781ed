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
    with watched(browser, DESKTOP | {"height": 1200}) as reader:  # the picture holds the whole map
        reader.page.goto(f"{address}/index.html")
        count = reader.page.get_by_text(re.compile(r"^\d+ lessons, \d+ hours of study\.$"))
        expect(count).to_contain_text(f"{len(NAMES)} lessons")
        picture(reader.page, "site-map.png", words=count.inner_text())
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


def test_on_a_phone_the_menu_opens_and_leads_to_a_lesson(browser, address):
    with watched(browser, PHONE, has_touch=True) as reader:
        page = reader.page
        page.goto(f"{address}/{FIRST}")
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
        # JupyterLab takes the arrow keys of every element that lets them out
        reader.page.evaluate("document.addEventListener('keydown', (event) => event.preventDefault())")
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
    with watched(browser) as reader:
        reader.page.goto(f"{address}/09_triplet_loss.html")
        figure = reader.page.locator("figure.course-frames")
        expect(figure.get_by_role("slider")).to_be_visible()
        reader.page.emulate_media(media="print")
        expect(figure.get_by_role("img")).to_be_visible()
        expect(figure.get_by_role("slider")).to_be_hidden()


# ---- every page ---------------------------------------------------------------------------------------------------

LOOK_UP = ["index", "glossary", "notation", "timings", "search"]


UNFOLD = "document.querySelectorAll('details').forEach((details) => (details.open = true))"
# Colour goes by the class of a piece of code, so axe needs one of each: a third of the work of reading a lesson.
ONE_OF_EACH = """() => {
  const seen = new Set();
  for (const piece of document.querySelectorAll("pre span[class]")) {
    const kind = piece.className + " in " + piece.closest("div:not(.highlight)").className;
    if (seen.has(kind)) piece.replaceWith(piece.textContent);
    seen.add(kind);
  }
}"""


@pytest.fixture(scope="module", params=[*LOOK_UP, *NAMES])
def read(request, browser, address):
    """Every page of the site in turn, loaded once for all tests that take it; hints are unfolded, formulas drawn."""
    with watched(browser, color_scheme="light") as reader:
        reader.page.goto(f"{address}/{request.param}.html{'?q=kernel' if request.param == 'search' else ''}")
        if request.param == "search":
            expect(reader.page.locator("#search-results").get_by_role("link").first).to_be_visible()
        if reader.page.locator(".math").count():  # formulas are drawn without a network
            expect(reader.page.locator("mjx-container").first).to_be_visible()
            reader.page.evaluate("MathJax.startup.promise")
        reader.page.wait_for_load_state("networkidle")
        reader.page.evaluate(UNFOLD)
        reader.page.evaluate(ONE_OF_EACH)
        yield reader


def test_the_pages_read_below_are_all_that_there_are(folder):
    assert {path.stem for path in folder.glob("*.html")} == {*LOOK_UP, *NAMES}


def test_a_page_asks_no_other_host_and_has_no_console_error(read, address):
    assert read.hosts == {address.removeprefix("http://")}
    assert read.errors == []


def test_every_formula_is_drawn(read):
    assert read.page.locator("article .math").count() == read.page.locator("article .math mjx-container").count()
    assert read.page.locator("mjx-merror, [data-mjx-error]").count() == 0


@pytest.mark.parametrize(("size", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["light", "dark phone"])
def test_axe_finds_no_serious_fault_of_accessibility(read, size, scheme):
    read.page.set_viewport_size(size)
    read.page.emulate_media(color_scheme=scheme)
    assert (brightness(read.page) < 60) == (scheme == "dark")
    assert serious_faults(read.page) == []


def test_a_page_fits_a_phone(read):
    """Code, tables and formulas that are too wide scroll inside their own box."""
    read.page.set_viewport_size(PHONE)
    assert read.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    wide = "images => images.filter((image) => image.getBoundingClientRect().right > innerWidth).map((i) => i.alt)"
    assert read.page.locator("article img").evaluate_all(wide) == []
