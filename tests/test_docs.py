"""What the documents say is so: the README's table, the links, the pictures."""

import re

import pytest

from course_admin.layout import lesson_scripts
from course_admin.lesson import read_lesson
from course_admin.measure import measure
from support import ROOT

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_the_readme_lists_every_lesson_with_its_minutes():
    readme = (ROOT / "README.md").read_text()
    rows = re.findall(r"^\| (\d\d) \| (\w+) \| [^|]+ \| (\d+) \|$", readme, re.MULTILINE)
    lessons = [read_lesson(path) for path in lesson_scripts(ROOT)]
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
    for path in lesson_scripts(ROOT):
        assert re.search(rf"^\| {path.stem} \| [\d.]+ \|", timings, re.MULTILINE)
