"""What the documents say is so: the README's table, the links, the pictures."""

import ast
import re

import pytest
from PIL import Image

from course_admin.layout import lesson_scripts
from course_admin.lesson import read_lesson
from course_admin.measure import measure
from support import ROOT

LESSONS = lesson_scripts(ROOT)
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_the_readme_lists_every_lesson_with_its_minutes():
    readme = (ROOT / "README.md").read_text()
    rows = re.findall(r"^\| (\d\d) \| (\w+) \| [^|]+ \| (\d+) \|$", readme, re.MULTILINE)
    lessons = [read_lesson(path) for path in LESSONS]
    assert rows == [(one.name[:2], one.name[3:], str(measure(one)["minutes"])) for one in lessons]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere_and_every_picture_has_words(document):
    text = document.read_text()
    for bang, words, target in re.findall(r"(!?)\[([^\]]*)\]\(([^)#]+)[^)]*\)", text):
        if not target.startswith("http"):
            assert (document.parent / target).exists(), target
        if bang:
            assert len(words.split()) >= 4, target


def test_every_lesson_has_a_measured_time():
    timings = (ROOT / "docs" / "timings.md").read_text()
    for path in LESSONS:
        assert re.search(rf"^\| {path.stem} \| [\d.]+ \|", timings, re.MULTILINE)


# ---- the pictures -------------------------------------------------------------------------------------------------


def takers() -> dict[str, tuple[str, str]]:
    """Picture -> the file and the name of the test that takes it with browser.picture."""
    found = {}
    for path in (ROOT / "tests").glob("test_*.py"):
        for test in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(test, ast.FunctionDef) and test.name.startswith("test_"):
                calls = [node for node in ast.walk(test) if isinstance(node, ast.Call)]
                names = [call.args[1].value for call in calls if getattr(call.func, "id", "") == "picture"]
                found |= dict.fromkeys(names, (f"tests/{path.name}", test.name))
    return found


def test_every_picture_is_taken_by_a_test_that_make_pictures_runs_and_is_shown_in_a_document():
    takes = takers()
    assert {path.name for path in (ROOT / "docs").glob("*.png")} == set(takes)
    ((files, words),) = re.findall(r'^PICTURED = (.+) -k "(.+)"$', (ROOT / "Makefile").read_text(), re.MULTILINE)
    for picture, (file, test) in takes.items():
        assert file in files.split() and any(word in test for word in words.split(" or ")), picture
        assert any(re.search(rf"!\[.+\]\(.*{picture}\)", document.read_text()) for document in DOCUMENTS), picture


def test_the_picture_of_the_map_counts_the_lessons_that_there_are():
    with Image.open(ROOT / "docs" / "site-map.png") as picture:
        said = picture.info.get("Description", "")
    assert said.startswith(f"{len(LESSONS)} lessons"), f"docs/site-map.png says {said!r}; run: make pictures"
