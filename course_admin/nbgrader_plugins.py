"""What the course adds to nbgrader. nbgrader_config.py names these classes; docs/instructor-guide.md says what for."""

import html
import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from jinja2 import pass_context
from nbconvert.filters import strip_ansi
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbconvert.preprocessors import Preprocessor
from nbformat.v4 import new_output
from nbgrader.api import Gradebook
from nbgrader.plugins import ExtractorPlugin, LateSubmissionPlugin
from nbgrader.preprocessors import DeduplicateIds, OverwriteCells
from traitlets import Float

from course_admin.archives import read_archive, student_id
from course_admin.errors import CourseError
from course_admin.grading.attachments import attachments, pictures
from course_admin.grading.hidden import hidden_lines, markers
from course_admin.layout import IGNORED

REMOVED = "This output showed a line of a hidden test and was removed.\n"
FAILED = "A hidden test failed: your answer passes the visible checks, but not others of the same kind."
PASSED = "visible checks passed"
SHORTEST = 12  # characters; a shorter line, such as a lone bracket, gives nothing away


class ArchiveExtractor(ExtractorPlugin):
    """First step of `nbgrader zip_collect`: archive/**/Surname-Firstname-TP1.zip -> extracted/surname-firstname/.

    nbgrader's own extractor stops the whole collection at the first broken archive. This one names it and goes on.
    Every student with an archive is put into the gradebook, so that a missing notebook shows in the export. The time
    of a submission is the archive's own (`ls -l`, `touch`), never a file that the student wrote.
    """

    def extract(self, archive_path: str, extracted_path: str) -> None:
        lesson = self.parent.coursedir.assignment_id
        archives = [path for path in sorted(Path(archive_path).rglob("*")) if path.is_file() and not _ignored(path)]
        owners: dict[str, str] = {}
        troubles = 0
        for archive in archives:
            try:
                self._extract_one(archive, lesson, Path(extracted_path), owners)
            except CourseError as error:
                troubles += 1
                self.log.error("%s", error)
        with Gradebook(self.parent.coursedir.db_url, self.parent.coursedir.course_id) as gradebook:
            for student in owners:
                gradebook.update_or_create_student(student)
        report = self.log.error if troubles else self.log.info
        report("%d archives, %d could not be used", len(archives), troubles)

    def _extract_one(self, archive: Path, lesson: str, extracted: Path, owners: dict[str, str]) -> None:
        student = student_id(archive.name)
        if student in owners:
            raise CourseError(f"{archive.name}: {owners[student]} is of {student} too; keep one of the two")
        owners[student] = archive.name
        submission = read_archive(archive, lesson)
        for note in submission.notes:
            self.log.warning("%s", note)
        (extracted / student).mkdir()
        for name, content in submission.files.items():
            (extracted / student / name).write_bytes(content)
        saved = datetime.fromtimestamp(archive.stat().st_mtime, UTC)
        (extracted / student / "timestamp.txt").write_text(f"{saved:%Y-%m-%d %H:%M:%S} UTC\n", encoding="utf-8")


def _ignored(path: Path) -> bool:
    return path.name in IGNORED or path.name.startswith("._") or "__MACOSX" in path.parts


class PerDay(LateSubmissionPlugin):
    """Late work loses a part of its score for every day that was begun after the grace.

    c.AssignLatePenalties.plugin_class = "course_admin.nbgrader_plugins.PerDay", then c.PerDay.percent and so on.
    """

    grace_hours = Float(0.0, min=0.0, help="hours after the due date that cost nothing").tag(config=True)
    percent = Float(10.0, min=0.0, max=100.0, help="what a day costs, in percent of the score").tag(config=True)

    def late_submission_penalty(self, student_id, score, total_seconds_late):
        days = math.ceil(max(0.0, total_seconds_late - 3600 * self.grace_hours) / 86400)
        return score * min(1.0, days * self.percent / 100)


class DropCopies(DeduplicateIds):
    """A copied check or answer becomes an ordinary cell, and no tag keeps a cell from being run.

    nbgrader leaves an empty entry on the copy, takes that for an old format and stops grading the class. Of the
    copies the last one counts, as in nbgrader.
    """

    def preprocess_cell(self, cell, resources, cell_index):
        cell, resources = super().preprocess_cell(cell, resources, cell_index)
        if cell.metadata.get("nbgrader") == {}:
            del cell.metadata["nbgrader"]
        cell.metadata.pop("tags", None)
        return cell, resources


class RestoreChecks(OverwriteCells):
    """Deleted checks come back at the end of the notebook, and a cell from another lesson becomes an ordinary cell.

    nbgrader puts a check back behind its answer and cannot grade the student at all when the answer is gone too.
    """

    def preprocess_cell(self, cell, resources, cell_index):
        cell, resources = super().preprocess_cell(cell, resources, cell_index)
        if "grade_id" not in cell.metadata.get("nbgrader", {"grade_id": None}):
            del cell.metadata["nbgrader"]
        return cell, resources

    def add_missing_grade_cells(self, nb, resources):
        released = self.gradebook.find_notebook(self.notebook_id, self.assignment_id)
        graded = {cell.name: cell.max_score for cell in released.grade_cells}
        answers = {cell.name for cell in released.solution_cells}
        present = {cell.metadata["nbgrader"]["grade_id"] for cell in nb.cells if "nbgrader" in cell.metadata}
        for source in released.source_cells:
            if source.name in graded.keys() - present:
                self.log.warning("The cell %s was deleted and is put back", source.name)
                restored = self.missing_cell_transform(source, graded[source.name], source.name in answers)
                restored["id"] = f"restored-{source.name}"[:64]
                nb.cells.append(restored)
        return nb, resources


@pass_context
def harmless_markdown(context, source: str) -> str:
    """Markdown as HTML for nbgrader's pages: HTML inside it is shown as text, links lead to the web only.

    `sanitize_html` does the same for outputs; without this filter the pages would show markdown as it comes. The
    fold of a hint has no attributes and stays.
    """
    held = attachments(source, pictures(context.get("cell", {}).get("attachments")))
    renderer = IPythonRenderer(escape=True, allow_harmful_protocols=False, attachments=held)
    page = MarkdownWithMath(renderer=renderer).render(source)
    return re.sub(r"&lt;(/?(?:details|summary))&gt;", r"<\1>", page)


class StripHidden(Preprocessor):
    """Feedback without the hidden tests: their lines are cut from checks, errors and everything an answer printed.

    They are found by the markers of c.ClearHiddenTests.

    autograded/ keeps them; only the pages for students are made from what this leaves.
    """

    enabled = True

    def preprocess(self, nb, resources):
        begin, end = markers(self.config)
        parts = [_parts(cell.source, begin, end) for cell in nb.cells]
        secret = [line for _, cut in parts for line in cut if begin not in line and end not in line]
        hidden = {line for line in map(_squeeze, secret) if len(line) >= SHORTEST}
        for cell, (kept, cut) in zip(nb.cells, parts, strict=True):
            if cell.cell_type == "code":
                cell.source = "\n".join(kept).rstrip() if cut else cell.source
                cell.outputs = _clean_check(cell.outputs, hidden) if cut else _clean(cell.outputs, hidden)
        return nb, resources


def _parts(source: str, begin: str, end: str) -> tuple[list[str], list[str]]:
    """The lines that students were given, and the hidden ones."""
    numbered = list(enumerate(source.split("\n"), start=1))
    hidden = hidden_lines(source, begin, end)
    return [line for n, line in numbered if n not in hidden], [line for n, line in numbered if n in hidden]


def _squeeze(text: str) -> str:
    """`text` without what may differ between a line and its copy in an output: spaces, colours, quotes, escapes."""
    return re.sub(r"[\s\\'\"]", "", html.unescape(strip_ansi(text)))


def _texts(value) -> Iterator[str]:
    """Every text in an output, whatever it is: a stream, an error, HTML, a picture's caption."""
    if isinstance(value, str):
        yield value
        yield re.sub(r"<[^>]*>", "", value)
    elif isinstance(value, (dict, list)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)


def _shows(output, hidden: set[str]) -> bool:
    return any(line in text for text in map(_squeeze, _texts(output)) for line in hidden)


def _clean(outputs: list, hidden: set[str]) -> list:
    removed = new_output("stream", name="stdout", text=REMOVED)
    return [removed if _shows(output, hidden) else output for output in outputs]


def _clean_check(outputs: list, hidden: set[str]) -> list:
    """The outputs of a check cell; an error is one of a hidden test where the visible part has passed before it."""
    kept = []
    visible_part_passed = any(PASSED in output.get("text", "") for output in outputs)
    for output in outputs:
        if output.output_type == "error":
            if visible_part_passed:
                output = new_output("error", ename="HiddenTest", evalue=FAILED, traceback=[FAILED])
            elif _shows(output, hidden):
                line = f"{output.ename}: {output.evalue}"
                output = new_output("error", ename=output.ename, evalue=output.evalue, traceback=[line])
        kept.append(output)
    return _clean(kept, hidden)
