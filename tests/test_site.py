"""`course site`: what both editions hold, that the student's gives nothing away, and that no page needs a network."""

import html
import itertools
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest

from course_admin.build import notebook_path
from course_admin.cli import main
from course_admin.errors import CourseError
from course_admin.layout import lesson_scripts
from course_admin.lesson import read_lesson
from course_admin.site import glossary, lesson_map, pages
from course_admin.site.sphinx_site import build_site
from leaks import secrets, strings, telling
from support import ROOT

LESSONS = [read_lesson(path) for path in lesson_scripts(ROOT)]
NAMES = [lesson.name for lesson in LESSONS]


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> dict[str, Path]:
    """Both editions, built once: edition -> folder."""
    folder = tmp_path_factory.mktemp("site")
    return {edition: build_site(ROOT, edition, into=folder) for edition in pages.EDITIONS}


class Tags(HTMLParser):
    """Every start tag of a page with its attributes, in order."""

    def __init__(self, page: Path):
        super().__init__()
        self.found: list[tuple[str, dict]] = []
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def named(self, name: str) -> list[dict]:
        return [attributes for tag, attributes in self.found if tag == name]


def text_of(page: Path) -> str:
    """What a reader sees: no tags, no scripts."""
    text = re.sub(r"<(script|style)\b.*?</\1>", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]*>", "", text))


# ---- nothing is given away ----------------------------------------------------------------------------------------


def lines_in(folder: Path) -> set[str]:
    """Every telling line in every text file of a site: as it stands, as a reader sees it, and inside JSON."""
    lines: list[str] = []
    for path in folder.rglob("*"):
        if path.suffix not in (".html", ".js", ".json", ".ipynb", ".txt", ".inv") or "mathjax" in path.parts:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        lines += text.splitlines()
        if path.suffix == ".html":
            lines += text_of(path).splitlines()
        if path.suffix == ".ipynb":
            lines += "\n".join(strings(json.loads(text))).splitlines()
    return {telling(line) for line in lines} - {""}


def test_the_instructor_edition_holds_every_solution_and_hidden_test(site):
    found = lines_in(site["instructor"])
    for lesson in LESSONS:
        code = {line for line in secrets(lesson) if not line.startswith("**Rubric")}
        assert len(code & found) > 0.5 * len(code)  # rubrics are broken into other lines on a page


def test_the_student_edition_holds_no_line_of_a_solution_a_rubric_or_a_hidden_test(site):
    hidden = set().union(*(secrets(lesson) for lesson in LESSONS))
    assert lines_in(site["student"]) & hidden == set()
    for page in site["student"].glob("*.html"):
        assert not re.search(r"(BEGIN|END) (SOLUTION|HIDDEN)|Rubric|For graders", page.read_text(encoding="utf-8"))
    index = (site["student"] / "searchindex.js").read_text(encoding="utf-8")
    assert "rubric" not in index.lower()


def test_the_files_of_the_student_edition_are_the_released_notebooks(site):
    for name in NAMES:
        given = site["student"] / "notebooks" / f"{name}.ipynb"
        assert given.read_bytes() == notebook_path(ROOT, "notebooks", name).read_bytes()
    assert {path.name for path in site["student"].rglob("*.ipynb")} == {f"{name}.ipynb" for name in NAMES}


def test_a_cell_of_an_exercise_shows_no_output_to_students(site):
    for name in NAMES:
        page = pages.lesson_page(ROOT, name, "student", site["student"].parent / "scratch")
        shown = {cell.id for cell in page.cells if cell.get("outputs")}
        assert shown and not [id for id in shown if id.startswith(pages.GRADED)]


# ---- figures and links --------------------------------------------------------------------------------------------


def figures(name: str, graded: bool) -> int:
    notebook = nbformat.read(notebook_path(ROOT, "solutions", name), as_version=4)
    cells = [cell for cell in notebook.cells if graded or not cell.id.startswith(pages.GRADED)]
    return sum("image/png" in output.get("data", {}) for cell in cells for output in cell.get("outputs", []))


@pytest.mark.parametrize("edition", pages.EDITIONS)
@pytest.mark.parametrize("name", NAMES)
def test_every_figure_is_there_with_its_words(site, edition, name):
    images = Tags(site[edition] / f"{name}.html").named("img")
    assert len(images) == figures(name, graded=edition == "instructor")
    for image in images:
        assert len(image["alt"].split()) >= 4
        assert image["src"].startswith("data:") or (site[edition] / image["src"]).is_file()


@pytest.mark.parametrize("edition", pages.EDITIONS)
def test_no_page_loads_anything_from_another_host(site, edition):
    for page in site[edition].glob("*.html"):
        for tag, attributes in Tags(page).found:
            loaded = [attributes.get("src"), attributes.get("srcset"), attributes.get("poster"), attributes.get("data")]
            if tag == "link":
                loaded.append(attributes.get("href"))
            for address in filter(None, loaded):
                assert not re.match(r"(https?:)?//", address), f"{page.name}: <{tag}> loads {address}"
    for style in site[edition].rglob("*.css"):
        assert not re.search(r"(@import|url\()\s*[\"']?(https?:)?//", style.read_text(encoding="utf-8")), style.name


@pytest.mark.parametrize("edition", pages.EDITIONS)
def test_every_link_inside_the_site_leads_somewhere(site, edition):
    ids = {
        page.name: {attributes["id"] for _, attributes in Tags(page).found if "id" in attributes}
        for page in site[edition].glob("*.html")
    }
    for page in site[edition].glob("*.html"):
        for link in Tags(page).named("a"):
            target = link.get("href") or "#"
            if re.match(r"(https?|mailto):", target):
                continue
            file, _, anchor = target.partition("#")
            file = file or page.name
            assert (site[edition] / file).is_file(), f"{page.name}: {target}"
            if anchor and file in ids and not anchor.startswith("!"):
                assert anchor in ids[file], f"{page.name}: {target}"


def test_previous_and_next_lead_through_the_lessons_in_order(site):
    for before, name in itertools.pairwise(NAMES):
        links = {link.get("rel"): link.get("href") for link in Tags(site["student"] / f"{name}.html").named("link")}
        assert links["prev"] == f"{before}.html"


def test_the_rows_of_a_table_without_a_head_are_named_by_their_first_cell(site):
    for name in NAMES:
        page = (site["student"] / f"{name}.html").read_text(encoding="utf-8")
        (top, *_) = re.findall(r"<table.*?</table>", page, re.DOTALL)
        rows = re.findall(r'<th scope="row"><p>(.*?)</p></th>\s*<td>', top)
        assert rows == ["You will be able to", "You need", "Time", "Data", "Device"]
        assert "<thead>" not in top and "<td></td>" not in page


# ---- the map ------------------------------------------------------------------------------------------------------


def test_the_map_tells_minutes_difficulty_run_time_and_what_a_lesson_builds_on(site):
    page = site["student"] / "index.html"
    text = page.read_text(encoding="utf-8")
    cards = re.findall(r'<li><a class="title" href="(\w+)\.html">(.*?)</ul></li>', text, re.DOTALL)
    assert [name for name, _ in cards] == NAMES
    (second,) = [card for name, card in cards if name == "01_convolution_by_hand"]
    assert "Can a machine find a circle that it was never taught?" in second
    assert "<b>75</b> minutes" in second
    assert "5 exercises" in second and 'aria-label="of difficulty 1, 1, 1, 1, 2"' in second
    assert re.search(r"runs in \d+ s", second)
    assert 'builds on <a href="00_start_here.html">0</a>' in second


def entry(number: int, needs: tuple[int, ...]) -> lesson_map.Entry:
    return lesson_map.Entry(f"{number:02d}_x", "X <1>", "Why?", 60, (1, 2), needs, 0.0)


def test_a_lesson_lies_below_all_that_it_builds_on_and_lines_are_not_drawn_twice():
    lessons = [entry(0, ()), entry(1, (0,)), entry(2, (0, 1)), entry(3, ())]
    assert lesson_map.levels(lessons) == {0: 0, 1: 1, 2: 2, 3: 0}
    assert lesson_map.direct_needs(lessons) == {0: [], 1: [0], 2: [1], 3: []}
    assert lesson_map.drawing(lessons).count("<path") == 2
    assert "X &lt;1&gt;" in lesson_map.drawing(lessons)
    assert "runs in" not in lesson_map.map_html(lessons)  # nothing was measured


def test_a_line_past_other_rows_goes_round_their_boxes():
    right = [entry(0, ()), entry(1, ()), entry(2, (0,)), entry(3, (0,)), entry(4, (1, 2)), entry(5, (0,))]
    drawn = lesson_map.drawing(right)
    width = 3 * (lesson_map.BOX_WIDTH + lesson_map.GAP_X)
    (detour,) = re.findall(r'<path d="M[\d.]+ [\d.]+H([\d.-]+)V[\d.]+H[\d.]+"/>', drawn)  # 1 is on the right
    assert float(detour) > width
    left, _, whole, _ = map(float, re.search(r'viewBox="(\S+) (\S+) (\S+) (\S+)"', drawn).groups())
    assert left < 0 and float(detour) < left + whole
    (other,) = re.findall(
        r"H([\d.-]+)V", lesson_map.drawing([entry(0, ()), entry(1, ()), entry(2, (1,)), entry(3, (0, 2))])
    )
    assert left < float(other) < 0  # 0 is on the left


def test_a_long_title_stands_whole_in_its_box_in_two_lines():
    long = lesson_map.Entry("00_x", "A question of more than one line in a box", "Why?", 60, (), (), 0.0)
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", lesson_map.drawing([long]))
    assert len(texts) == 2 and " ".join(texts) == f"0. {long.title}"


# ---- the glossary -------------------------------------------------------------------------------------------------


def words_linked(page: Path) -> list[str]:
    return [a["href"] for a in Tags(page).named("a") if "glossary-word" in (a.get("class") or "")]


def test_a_word_of_the_glossary_is_linked_once_on_a_page_with_its_meaning(site):
    page = site["student"] / "01_convolution_by_hand.html"
    links = words_linked(page)
    assert len(links) == len(set(links))
    assert {"glossary.html#term-correlation", "glossary.html#term-stride", "glossary.html#term-kernel"} <= set(links)
    assert 'title="sliding a kernel over an image and summing products"' in page.read_text(encoding="utf-8")


def test_a_word_is_not_linked_before_the_lesson_that_explains_it(site):
    assert "glossary.html#term-negative" not in words_linked(site["student"] / "01_convolution_by_hand.html")
    assert "glossary.html#term-negative" in words_linked(site["student"] / "09_triplet_loss.html")


def test_every_word_of_the_glossary_has_its_place_on_the_page(site):
    ids = {attributes.get("id") for _, attributes in Tags(site["student"] / "glossary.html").found}
    terms = glossary.read_glossary(ROOT)
    assert len(terms) > 40
    assert {glossary.anchor(word) for term in terms for word in term.words} <= ids


# ---- when it cannot be built --------------------------------------------------------------------------------------


def test_a_figure_without_words_is_named(tmp_path):
    output = nbformat.v4.new_output("display_data", data={"image/png": "AAAA"})
    with pytest.raises(CourseError, match="01_x, cell: a figure without a text"):
        pages._shown(output, tmp_path, "01_x, cell")


def test_a_site_that_fails_leaves_the_old_one_alone(tiny, tmp_path):
    (tmp_path / "into" / "student").mkdir(parents=True)
    (tmp_path / "into" / "student" / "index.html").write_text("old")
    with pytest.raises(CourseError, match=r"01_tiny\.ipynb cannot be read; run: course build 01"):
        build_site(tiny, "student", into=tmp_path / "into")
    assert [path.name for path in (tmp_path / "into").iterdir()] == ["student"]
    assert (tmp_path / "into" / "student" / "index.html").read_text() == "old"


@pytest.mark.parametrize(("words", "built"), [([], ["student", "instructor"]), (["student"], ["student"])])
def test_the_command_builds_both_editions_or_the_one_that_is_named(monkeypatch, words, built):
    asked = []
    monkeypatch.setattr("course_admin.site.sphinx_site.build_site", lambda root, edition: asked.append(edition))
    assert main(["site", *words]) == 0
    assert asked == built


def test_an_edition_that_does_not_exist_is_told_in_one_line(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["site", "teacher"])
    assert stop.value.code == 2
    assert "invalid choice: 'teacher'" in capsys.readouterr().err
