"""Measure a lesson: the numbers that `course lint` compares with design section 5."""

import ast
import re
import statistics

from course_admin.lesson import Cell, Lesson, region_lines

EXERCISE = re.compile(r"^### Exercise \d+ · .+ \(\d+ minutes?, difficulty [1-3]\)$", re.MULTILINE)
FIGURE_CALLS = re.compile(r"^show(_\w+)?$")
_NOT_PROSE = [
    r"### BEGIN SOLUTION.*?### END SOLUTION",
    r"```.*?```",
    r"\$\$.*?\$\$",
    r"\$[^$\n]+\$",
    r"`[^`\n]*`",
    r"<[^>]+>",
    r"(?<=\])\([^)]*\)",
    r"https?://\S+",
]


def prose(text: str) -> str:
    """Markdown without code, formulas, tags and addresses."""
    for pattern in _NOT_PROSE:
        text = re.sub(pattern, " ", text, flags=re.DOTALL)
    return text


def words(text: str) -> int:
    return len(re.findall(r"[A-Za-zÀ-ÿ0-9][\w'’.,-]*", prose(text)))


def lines_of(cell: Cell) -> list[str]:
    """The lines of a code cell that a reader sees as code: not blank, no solution or test markers."""
    return [line for line in cell.source.splitlines() if line.strip() and not line.strip().startswith("### ")]


def measure(lesson: Lesson) -> dict[str, float]:
    """Every measured number by name; RULES in lint.py says which values are good."""
    code, text = lesson.code_cells, [cell for cell in lesson.cells if cell.kind == "markdown"]
    sizes = sorted(len(lines_of(cell)) for cell in code)
    shown = [cell for cell in code if cell.role != "check"]
    joined = "\n".join(cell.source for cell in text)
    sections = [int(m[1]) for m in re.finditer(r"^## .*\((\d+) minutes?\)$", joined, re.MULTILINE)]
    stated = re.search(r"\| *Time *\| *(\d+) minutes", joined)
    return {
        "minutes": int(stated[1]) if stated else 0,
        "minutes of sections": sum(sections),
        "cells": len(lesson.cells),
        "words": sum(words(cell.source) for cell in text),
        "lines of code": sum(sizes),
        "median code cell": statistics.median(sizes) if sizes else 0,
        "90th percentile": sizes[max(0, -(-9 * len(sizes) // 10) - 1)] if sizes else 0,
        "longest text (words)": max((words(cell.source) for cell in text[:-1]), default=0),
        "prose before code (%)": round(100 * sum(_introduced(lesson, cell) for cell in shown) / max(1, len(shown))),
        "code cells in a row": _longest_run(lesson),
        "drawing cells (%)": round(100 * sum(bool(figure_calls(cell)) for cell in code) / max(1, len(code))),
        "predictions": len(lesson.by_role("predict")),
        "exercises": len(lesson.by_role("answer")),
        "papers": len(set(re.findall(r"\]\((https?://[^)]+)\)", joined))),
    }


def _introduced(lesson: Lesson, cell: Cell) -> bool:
    return cell.number > 1 and lesson.cells[cell.number - 2].kind == "markdown"


def _longest_run(lesson: Lesson) -> int:
    longest = run = 0
    for cell in lesson.cells:
        run = run + 1 if cell.kind == "code" else 0
        longest = max(longest, run)
    return longest


def figure_calls(cell: Cell) -> list[ast.Call]:
    """The calls in a code cell that put a figure on the page: show(...), show_images(...) and their like."""
    source = "\n".join("" if line.startswith(("%", "!")) else line for line in cell.source.splitlines())
    return [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and FIGURE_CALLS.match(getattr(node.func, "id", getattr(node.func, "attr", "")))
    ]


def solution_size(cell: Cell) -> int:
    return sum(1 for line in region_lines(cell.source, "SOLUTION") if line.strip())
