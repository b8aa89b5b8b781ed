"""The glossary as a page, and a link to it at the first use of each word on a lesson's page.

docs/glossary.md is the source. A word is linked from the lesson that explains it on: before that it has its everyday
meaning ("a positive number") or is not known yet.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from docutils import nodes
from sphinx.transforms import SphinxTransform

_ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \| ([\d, ]+) \|$", re.MULTILINE)
# Where a word stays as it is: headings, code, formulas, words that are links already.
_CLOSED = (nodes.title, nodes.literal, nodes.literal_block, nodes.math, nodes.math_block, nodes.reference, nodes.raw)


@dataclass(frozen=True)
class Term:
    """A row of the glossary: its words, their meaning, and the numbers of the lessons that explain them."""

    words: tuple[str, ...]
    meaning: str
    lessons: tuple[int, ...]


def read_glossary(root: Path) -> list[Term]:
    text = (root / "docs" / "glossary.md").read_text(encoding="utf-8")
    return [
        Term(tuple(words.strip().split(", ")), meaning, tuple(int(n) for n in re.findall(r"\d+", lessons)))
        for words, meaning, lessons in _ROW.findall(text)
    ]


def anchor(word: str) -> str:
    """The id that Sphinx gives to a word of the glossary."""
    return "term-" + re.sub(r"[^A-Za-z0-9]+", "-", word).strip("-")


def glossary_page(terms: list[Term], names: dict[int, str]) -> str:
    """The page in MyST. names: number of a lesson -> its name."""
    lines = ["# Glossary", "", "Short meanings, and the lesson that explains each.", "", "```{glossary}"]
    for term in terms:
        links = [f"[lesson {number}]({names[number]}.ipynb)" for number in term.lessons if number in names]
        lines += [*term.words, f"  {term.meaning} ({', '.join(links)})" if links else f"  {term.meaning}", ""]
    return "\n".join([*lines, "```", ""])


class LinkWords(SphinxTransform):
    """Turn the first use of each word of the glossary on a lesson's page into a link that carries the meaning."""

    default_priority = 700

    def apply(self, **kwargs):
        number = re.match(r"(\d\d)_", self.env.docname)
        if not number:
            return
        known = {
            word.lower(): (word, term.meaning)
            for term in self.config.course_glossary
            if min(term.lessons) <= int(number[1])
            for word in term.words
        }
        pattern = re.compile(rf"\b({'|'.join(map(re.escape, sorted(known, key=len, reverse=True)))})(?:s|es)?\b", re.I)
        for text in list(self.document.findall(nodes.Text)):
            if known and text.parent and not _is_closed(text):
                _link_in(text, pattern, known)


def _is_closed(node) -> bool:
    while node := node.parent:
        if isinstance(node, _CLOSED) or "output" in node.get("classes", []):
            return True
    return False


def _link_in(text: nodes.Text, pattern: re.Pattern, known: dict) -> None:
    """Replace the words of `known` in one piece of text by links, and take them out of `known`."""
    pieces, start, whole = [], 0, text.astext()
    for match in pattern.finditer(whole):
        found = known.pop(match[1].lower(), None)
        if found is None:
            continue
        word, meaning = found
        link = nodes.reference("", "", internal=True, refuri=f"glossary.html#{anchor(word)}", reftitle=meaning)
        link["classes"].append("glossary-word")
        link += nodes.Text(match[0])
        pieces += [nodes.Text(whole[start : match.start()]), link]
        start = match.end()
    if pieces:
        text.parent.replace(text, [*pieces, nodes.Text(whole[start:])])


def setup(app):
    """Called by Sphinx. course_glossary: the list of Term."""
    app.add_config_value("course_glossary", [], "env")
    app.add_transform(LinkWords)
    return {"parallel_read_safe": True}
