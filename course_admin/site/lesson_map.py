"""The first page of the site: which lesson builds on which, and what each one asks, takes and costs."""

import html
import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

from course_admin.layout import lesson_scripts
from course_admin.lesson import Lesson, read_lesson
from course_admin.measure import measure
from course_admin.timings import read_times

_EXERCISE = re.compile(r"^### Exercise \d+ · .+ \(\d+ minutes?, difficulty ([1-3])\)$", re.MULTILINE)
_LESSONS = re.compile(r"\blessons? (\d+(?:(?:, | and |, and )\d+)*)")
BOX_WIDTH, BOX_HEIGHT, GAP_X, GAP_Y = 170, 40, 14, 34
CHARACTERS, LINE = 26, 15  # in a line of a box; from one line to the next
LANE = 12  # between lines that go past the boxes on their way down


@dataclass(frozen=True)
class Entry:
    """What the map says of one lesson. `seconds` is 0 where nothing was measured."""

    name: str
    title: str
    question: str
    minutes: int
    difficulties: tuple[int, ...]
    needs: tuple[int, ...]
    seconds: float

    @property
    def number(self) -> int:
        return int(self.name[:2])


def entries(root: Path) -> list[Entry]:
    """Every lesson in order, from its own top cell, its exercises and docs/timings.md."""
    times = read_times(root)
    return [_entry(read_lesson(path), times.get(path.stem, (0.0, ""))[0]) for path in lesson_scripts(root)]


def _entry(lesson: Lesson, seconds: float) -> Entry:
    top = lesson.cells[0].source
    title = re.match(r"# \d+\. (.+)", top)
    question = re.search(r"\*\*(.+?)\*\*", top, re.DOTALL)
    needs = re.search(r"^\| *You need *\| *(.*) *\|$", top, re.MULTILINE)
    numbers = [number for found in _LESSONS.findall(needs[1] if needs else "") for number in re.findall(r"\d+", found)]
    text = "\n".join(cell.source for cell in lesson.cells)
    return Entry(
        name=lesson.name,
        title=title[1].replace("`", "") if title else lesson.name,
        question=" ".join(question[1].split()) if question else "",
        minutes=measure(lesson)["minutes"],
        difficulties=tuple(int(level) for level in _EXERCISE.findall(text)),
        needs=tuple(sorted({int(number) for number in numbers})),
        seconds=seconds,
    )


def map_html(lessons: list[Entry]) -> str:
    """The drawing and, below it, a card for each lesson."""
    cards = "\n".join(_card(one, {other.number: other for other in lessons}) for one in lessons)
    hours = sum(one.minutes for one in lessons) / 60
    total = f"<p>{len(lessons)} lessons, {hours:.0f} hours of study.</p>"
    return f'{total}\n<div class="lesson-graph">{drawing(lessons)}</div>\n<ol class="lesson-map">\n{cards}\n</ol>'


def _card(one: Entry, by_number: dict[int, Entry]) -> str:
    exercises = ", ".join(str(level) for level in one.difficulties)
    dots = " ".join("●" * level for level in one.difficulties)
    needs = ", ".join(f'<a href="{by_number[n].name}.html">{n}</a>' for n in one.needs if n in by_number)
    facts = [f"<b>{one.minutes}</b> minutes"]
    if one.difficulties:
        label = f'role="img" aria-label="of difficulty {exercises}" title="difficulty {exercises} of 3"'
        facts.append(f"{len(one.difficulties)} exercises <span {label}>{dots}</span>")
    if one.seconds:
        facts.append(f"runs in {one.seconds:.0f} s")
    if needs:
        facts.append(f"builds on {needs}")
    listed = "".join(f"<li>{fact}</li>" for fact in facts)
    return (
        f'<li><a class="title" href="{one.name}.html">{one.number}. {html.escape(one.title)}</a>'
        f"<p>{html.escape(one.question)}</p><ul>{listed}</ul></li>"
    )


def levels(lessons: list[Entry]) -> dict[int, int]:
    """How deep each lesson lies: 0 where it needs none, else one below the deepest that it needs."""
    found: dict[int, int] = {}
    for one in lessons:
        found[one.number] = 1 + max((found[n] for n in one.needs if n in found), default=-1)
    return found


def direct_needs(lessons: list[Entry]) -> dict[int, list[int]]:
    """What each lesson builds on, without what that builds on itself: fewer lines, the same order."""
    above: dict[int, set[int]] = {}
    for one in lessons:
        above[one.number] = set(one.needs).union(*(above.get(n, set()) for n in one.needs))
    return {
        one.number: [n for n in one.needs if not any(n in above.get(other, set()) for other in one.needs)]
        for one in lessons
    }


def _label(title: str, x: float, y: float) -> list[str]:
    """A title in the middle of its box; a long one in two lines."""
    rows = textwrap.wrap(title, CHARACTERS)
    first = y + 5 - LINE * (len(rows) - 1) / 2
    return [f'<text x="{x:g}" y="{first + LINE * i:g}">{html.escape(row)}</text>' for i, row in enumerate(rows)]


def _curve(upper_x: float, upper_y: float, x: float, y: float) -> str:
    """A line from the bottom of a box to the top of one in the next row."""
    start, end, top = upper_x + BOX_WIDTH / 2, x + BOX_WIDTH / 2, upper_y + BOX_HEIGHT
    return f'<path d="M{start:g} {top:g}C{start:g} {top + 24:g} {end:g} {y - 24:g} {end:g} {y:g}"/>'


def _detour(upper_x: float, upper_y: float, x: float, y: float, width: float, lane: int) -> str:
    """A line past the rows between, on the side where the upper box lies: behind their boxes it would seem theirs."""
    right = upper_x + BOX_WIDTH / 2 > width / 2
    side = width + LANE * (lane - 0.5) if right else -LANE * (lane - 0.5)
    start, end = (box + BOX_WIDTH * right for box in (upper_x, x))
    return f'<path d="M{start:g} {upper_y + BOX_HEIGHT / 2:g}H{side:g}V{y + BOX_HEIGHT / 2:g}H{end:g}"/>'


def drawing(lessons: list[Entry]) -> str:
    """The lessons as boxes, those that need nothing on top, with a line from each to what it builds on."""
    depth, needs = levels(lessons), direct_needs(lessons)
    deepest = max(depth.values(), default=0)
    rows = [[one for one in lessons if depth[one.number] == level] for level in range(deepest + 1)]
    widest = max(map(len, rows))
    width = widest * (BOX_WIDTH + GAP_X)
    places, boxes, lines, lanes = {}, [], [], 0
    for level, row in enumerate(rows):
        for column, one in enumerate(row):
            x = (width - len(row) * (BOX_WIDTH + GAP_X)) / 2 + column * (BOX_WIDTH + GAP_X) + GAP_X / 2
            places[one.number] = x, level * (BOX_HEIGHT + GAP_Y)
    for one in lessons:
        x, y = places[one.number]
        boxes.append(f'<rect x="{x:g}" y="{y:g}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="6"/>')
        boxes += _label(f"{one.number}. {one.title}", x + BOX_WIDTH / 2, y + BOX_HEIGHT / 2)
        for other in needs[one.number]:
            if other not in places:
                continue
            if depth[one.number] - depth[other] == 1:
                lines.append(_curve(*places[other], x, y))
            else:
                lanes += 1
                lines.append(_detour(*places[other], x, y, width, lanes))
    words = "; ".join(f"{one.number} on {', '.join(map(str, one.needs))}" for one in lessons if one.needs)
    height = len(rows) * (BOX_HEIGHT + GAP_Y) - GAP_Y
    aside = 1 + LANE * lanes
    return (
        f'<svg viewBox="{-aside} -1 {width + 2 * aside:g} {height + 2}" role="img" '
        f'aria-label="Which lesson builds on which: {words}">{"".join(lines)}{"".join(boxes)}</svg>'
    )
