"""`course lint`: measure every lesson against design section 5, print the table, and name each breach."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from course_admin.layout import lesson_scripts
from course_admin.lesson import Cell, Lesson, read_lesson, region_lines
from course_admin.measure import EXERCISE, figure_calls, lines_of, measure, prose, solution_size, words
from course_admin.timings import read_times

# name, least, most
RULES = [
    ("minutes", 45, 90),
    ("cells", 30, 60),
    ("words", 1000, 2200),
    ("lines of code", 120, 250),
    ("median code cell", 1, 5),
    ("90th percentile", 1, 15),
    ("longest text (words)", 1, 180),
    ("prose before code (%)", 85, 100),
    ("code cells in a row", 1, 3),
    ("drawing cells (%)", 15, 100),
    ("predictions", 3, 99),
    ("exercises", 3, 6),
    ("papers", 2, 8),
    ("seconds", 0, 180),
]
SECONDS = {"13": 240}  # of lessons that may take longer than the rule: this one trains the person search
LONGEST_CELL, LONGEST_CLASS, LONGEST_SOLUTION, WIDEST_LINE = 25, 35, 20, 92
LONGEST_SENTENCE = 40
ALT_WORDS = (4, 45)
TOP = ("You will be able to", "You need", "Time", "Data", "Device")
END = ("What this does not show", "Where next", "Read more")
HYPE = "simply obviously trivial trivially amazing awesome powerful effortless effortlessly clearly"
AMERICAN = "color colors gray center centers centered normalize normalized optimize behavior neighbor neighbors labeled"
BANNED = {word: "leave it out" for word in HYPE.split()} | {word: "British spelling" for word in AMERICAN.split()}


def lint(root: Path, chosen: list[str] | None = None) -> list[str]:
    """Measure the chosen lessons, print table and breaches, and return the breaches."""
    lessons = [read_lesson(path) for path in lesson_scripts(root, chosen)]
    times = read_times(root)
    numbers = {one.name: measure(one) | {"seconds": times.get(one.name, (0.0, ""))[0]} for one in lessons}
    _print_table(numbers)
    breaches = [breach for one in lessons for breach in breaches_of(one, numbers[one.name])]
    for breach in breaches:
        print(breach)
    print(f"{len(breaches)} breaches" if breaches else f"{len(lessons)} lessons keep every rule")
    return breaches


def _print_table(numbers: dict[str, dict[str, float]]) -> None:
    heads = [name[:2] for name in numbers]
    print(f"{'':24s}{'rule':>12s}  " + "".join(f"{head:>7s}" for head in heads))
    for name, least, most in RULES:
        values = "".join(f"{numbers[one][name]:7.0f}" for one in numbers)
        print(f"{name:24s}{f'{least} to {most}':>12s}  {values}")


def breaches_of(lesson: Lesson, numbers: dict[str, float]) -> list[str]:
    """Each broken rule of one lesson in a line that says where it is and what the rule wants."""
    where = f"lessons/{lesson.name}.py"
    rules = [rule if rule[0] != "seconds" else ("seconds", 0, SECONDS.get(lesson.name[:2], rule[2])) for rule in RULES]
    found = [
        f"{where}: {name} is {numbers[name]:g}, the rule is {least} to {most}"
        for name, least, most in rules
        if not least <= numbers[name] <= most
    ]
    if numbers["minutes"] != numbers["minutes of sections"]:
        stated, added = numbers["minutes"], numbers["minutes of sections"]
        found.append(f"{where}: the top says {stated} minutes, the sections add up to {added}")
    for check in (_frame, _code_cells, _figures, _exercises, _words):
        found += [f"{where}{', ' + cell.title if cell else ''}: {text}" for cell, text in check(lesson)]
    return found


Breaches = Iterator[tuple[Cell | None, str]]


def _frame(lesson: Lesson) -> Breaches:
    """The block at the top and the block at the end."""
    top, end = lesson.cells[0], lesson.cells[-1]
    if not top.source.startswith(f"# {int(lesson.name[:2])}. "):
        yield top, f"the first line is the title: # {int(lesson.name[:2])}. ..."
    for row in TOP:
        if not re.search(rf"^\| *{row} *\|", top.source, re.MULTILINE):
            yield top, f"the table at the top lacks the row {row!r}"
    for heading in END:
        if f"**{heading}" not in end.source:
            yield end, f"the last cell lacks **{heading}**"
    recap = end.source.split(f"**{END[0]}")[0].count("\n- ")
    if not 3 <= recap <= 6:
        yield end, f"the recap has {recap} points, the rule is 3 to 6"
    papers = len(re.findall(r"\]\(https?://", end.source))
    if not 2 <= papers <= 4:
        yield end, f"{papers} papers to read, the rule is 2 to 4"


def _code_cells(lesson: Lesson) -> Breaches:
    for cell in lesson.code_cells:
        most = LONGEST_CLASS if re.search(r"^class ", cell.source, re.MULTILINE) else LONGEST_CELL
        size = len(lines_of(cell))
        if size > most:
            yield cell, f"{size} lines, the rule is at most {most}"
        if cell.role == "answer" and solution_size(cell) > LONGEST_SOLUTION:
            yield cell, f"a solution of {solution_size(cell)} lines, the rule is at most {LONGEST_SOLUTION}"
        hidden = region_lines(cell.source, "HIDDEN TESTS")
        for line in cell.source.splitlines():
            if line not in hidden and len(line) > WIDEST_LINE:
                yield cell, f"a line of {len(line)} characters, the rule is at most {WIDEST_LINE}: {line[:40]}..."


def _figures(lesson: Lesson) -> Breaches:
    least, most = ALT_WORDS
    for cell in lesson.cells:
        if cell.kind == "markdown":
            for alt in re.findall(r"!\[([^\]]*)\]", cell.source):
                if len(alt.split()) < least:
                    yield cell, f"an image has the alt text {alt!r}: say in a sentence what it shows"
            continue
        calls = figure_calls(cell)
        for call in calls:
            text = next((keyword.value for keyword in call.keywords if keyword.arg == "alt"), None)
            if text is None:
                yield cell, f"a figure of line {call.lineno} has no alt=..."
            elif isinstance(text, ast.Constant) and not least <= len(str(text.value).split()) <= most:
                yield cell, f"an alt text of {len(str(text.value).split())} words, the rule is {least} to {most}"
        if re.search(r"\bplt\.(show|plot|imshow|figure|subplots)\b", cell.source) and not calls:
            yield cell, "draws with plt; end with show(figure, alt=...) so that the figure has a text"


def _exercises(lesson: Lesson) -> Breaches:
    for cell in lesson.by_role("answer"):
        before = lesson.cells[cell.number - 2].source if cell.number > 1 else ""
        if not EXERCISE.search(before):
            yield cell, "the text above begins with: ### Exercise 1 · title (10 minutes, difficulty 1)"
        if before.count("<details>") != 1 or before.count("</details>") != 1:
            yield cell, "the text above has exactly one collapsed hint: <details><summary>Hint</summary> ... </details>"


def _words(lesson: Lesson) -> Breaches:
    for cell in lesson.cells:
        if cell.kind == "markdown":
            for word in sorted(set(re.findall(r"[a-z]+", prose(cell.source).lower())) & set(BANNED)):
                yield cell, f"the word {word!r}: {BANNED[word]}"
            for sentence in re.split(r"(?<=[.!?:])\s+|\n\s*\n|\n[-|#*]", prose(cell.source)):
                if words(sentence) > LONGEST_SENTENCE:
                    start = sentence.strip()[:50]
                    yield (
                        cell,
                        f"a sentence of {words(sentence)} words, the rule is at most {LONGEST_SENTENCE}: {start}...",
                    )
