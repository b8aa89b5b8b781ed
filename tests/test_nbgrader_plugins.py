"""What nbgrader's pages may show: a student's own work and errors, no hidden test, and nothing that a browser runs."""

import html
import json

import numpy as np
import pytest
from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_notebook, new_output
from traitlets.config import PyFileConfigLoader

from course_admin.nbgrader_plugins import FAILED, REMOVED, DropCopies, StripHidden, harmless_markdown
from course_utils import plots
from support import ROOT

HIDDEN = 'check_sum(answer, shapes=[(7, 3)], seed=2041, name="last")'
CHECK = f"from checks import check_sum\n\ncheck_sum(answer)\n### BEGIN HIDDEN TESTS\n{HIDDEN}\n### END HIDDEN TESTS"
PASSED = new_output("stream", name="stdout", text="sum: visible checks passed\n")


def error(*traceback: str, ename: str = "CheckFailed"):
    return new_output("error", ename=ename, evalue="given: 7 x 3", traceback=list(traceback))


def stripped(check_outputs: list, other_outputs: list | None = None):
    check = new_code_cell(CHECK, outputs=check_outputs)
    notebook = new_notebook(cells=[new_code_cell("print(1)", outputs=other_outputs or []), check])
    return StripHidden().preprocess(notebook, {})[0].cells


def test_the_hidden_region_is_cut_and_the_visible_check_stays():
    assert stripped([PASSED, PASSED])[1].source == "from checks import check_sum\n\ncheck_sum(answer)"
    assert stripped([PASSED, PASSED])[1].outputs == [PASSED, PASSED]


def test_a_failed_hidden_test_says_no_more_than_that():
    (visible, failure) = stripped([PASSED, error("given: 7 x 3 and a kernel of 2 x 3")])[1].outputs
    assert visible == PASSED
    assert failure.traceback == [FAILED] and "7 x 3" not in json.dumps(failure)


def test_the_message_of_a_visible_check_stays():
    message = error("Not right yet.\n given: 4 x 4\n hint: take the sum")
    assert stripped([message])[1].outputs == [message]


def test_a_traceback_that_shows_the_lines_below_is_cut_to_its_last_line():
    coloured = "\x1b[32m      5\x1b[39m " + HIDDEN.replace("(", "\x1b[0m(")
    shown = error("----> 3 check_sum(answer)\n", coloured, ename="Stop")
    (left,) = stripped([shown])[1].outputs
    assert left.traceback == ["Stop: given: 7 x 3"]


@pytest.mark.parametrize(
    "output",
    [
        new_output("stream", name="stdout", text=f"In[-1] = {CHECK}"),
        new_output("stream", name="stdout", text=repr([CHECK])),
        new_output("stream", name="stdout", text=json.dumps(CHECK)),
        new_output("stream", name="stdout", text=HIDDEN.replace(" ", "   ")),
        new_output("display_data", data={"text/html": f"<pre>{html.escape(HIDDEN)}</pre>"}),
        new_output("display_data", data={"text/html": HIDDEN.replace(",", "<b>,</b>")}),
        new_output("execute_result", data={"text/plain": repr(CHECK)}, execution_count=1),
        error(f"ValueError: {HIDDEN}"),
    ],
)
def test_no_output_of_any_cell_shows_a_hidden_line(output):
    (left,) = stripped([], [output])[0].outputs
    assert left.text == REMOVED


def test_a_notebook_without_hidden_tests_is_left_alone():
    cells = [new_code_cell("print(')')", outputs=[new_output("stream", name="stdout", text=")\n")])]
    assert StripHidden().preprocess(new_notebook(cells=cells), {})[0].cells == cells


def test_of_copied_cells_the_last_one_counts_and_the_others_are_ordinary_cells():
    marks = {"grade": True, "grade_id": "check-a", "locked": True, "solution": False, "schema_version": 3, "points": 1}
    cells = [new_code_cell("1", metadata={"nbgrader": dict(marks), "tags": ["skip-execution"]}) for _ in range(2)]
    first, last = DropCopies().preprocess(new_notebook(cells=cells), {})[0].cells
    assert first.metadata == {} and last.metadata == {"nbgrader": marks}


@pytest.mark.parametrize(
    ("source", "page"),
    [
        ("*why* <img src=x onerror=f()>", "<p><em>why</em> &lt;img src=x onerror=f()&gt;</p>"),
        ("[a](javascript:f()) [b](https://a.b)", '<p><a href="#harmful-link">a</a> <a href="https://a.b">b</a></p>'),
        ("[a](JAVA&#83;CRIPT:f())", '<p><a href="#harmful-link">a</a></p>'),
        ("$a<b$", "<p>$a&lt;b$</p>"),
        ("<details><summary>Hint</summary>", "<p><details><summary>Hint</summary></p>"),
        ("<details ontoggle=f()>", "<p>&lt;details ontoggle=f()&gt;</p>"),
    ],
)
def test_markdown_is_shown_but_runs_nothing(source, page):
    assert harmless_markdown({}, source).strip() == page


def test_a_pasted_picture_stays():
    cell = {"attachments": {"p.png": {"image/png": "AAAA"}}}
    assert "data:image/png;base64,AAAA" in harmless_markdown({"cell": cell}, "![my drawing](attachment:p.png)")


@pytest.mark.parametrize("name", ["gone.png", "my%20drawing.png", "é.png"])
def test_a_picture_that_is_missing_leaves_a_blank(name):
    """nbconvert would raise, and nobody in the class would get a page."""
    assert "data:image/png;base64," in harmless_markdown({}, f"![my drawing](attachment:{name})")
    held = {
        "my drawing.png": {"image/png": "QUJDREVG"},
        "é.png": {"image/png": "QUJDREVG"},
        "gone.png": {"text/html": "<b>"},
    }
    page = harmless_markdown({"cell": {"attachments": held}}, f"![my drawing](attachment:{name})")
    assert ("QUJDREVG" in page) == (name != "gone.png") and "<b>" not in page


def test_the_figures_of_the_course_stay_on_a_page_that_is_made_harmless(monkeypatch):
    """Their HTML, with the picture inside, is cut by the filter; the PNG beside it is shown, alt text and all."""
    monkeypatch.setattr(plots, "display", lambda data, metadata, raw: figures.append((data, metadata)))
    figures = []
    plots.show_images([np.eye(2)], alt="Two bright pixels on a diagonal")
    ((data, metadata),) = figures
    shown = new_output("display_data", data=data, metadata=metadata)
    notebook = new_notebook(cells=[new_code_cell("", outputs=[shown])])
    config = PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config()
    page, _ = HTMLExporter(config=config, template_name="classic").from_notebook_node(notebook)  # as nbgrader's pages
    assert 'src="data:image/png;base64,' in page
    assert 'alt="Two bright pixels on a diagonal"' in page
