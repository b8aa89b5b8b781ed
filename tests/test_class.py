"""A small class from release to export, run for real: nbgrader's commands, formgrader, the JupyterLab Validate button.

Who hands in what is told in small_class.py.
"""

import html
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from browser import picture, started_browser, watched
from classroom import ROOT, TOKEN, jupyter_server, nbgrader
from course_admin.lesson import region_lines
from small_class import (
    ANN,
    EXPLAIN,
    HANDED_IN,
    JEAN_MARIE,
    JEANNE,
    LESSON,
    POINTS,
    VAN,
    ZOE,
    Class,
    graded_class,
    sources,
)


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    with graded_class(tmp_path_factory.mktemp("class")) as result:
        yield result


# ---- release and collect ------------------------------------------------------------------------------------------


def test_release_with_the_gradebook_gives_the_bytes_of_course_build(graded):
    name = Path("notebooks", LESSON, f"{LESSON}.ipynb")
    assert (graded.folder / name).read_bytes() == (ROOT / name).read_bytes()


def test_each_archive_becomes_one_student_with_the_notebook_and_own_helpers_only(graded):
    collected = {
        folder.name: sorted(path.name for path in (folder / LESSON).iterdir())
        for folder in (graded.folder / "submitted").iterdir()
    }
    plain = [f"{LESSON}.ipynb", "timestamp.txt"]
    assert collected == {ZOE: plain, JEAN_MARIE: plain, ANN: plain, JEANNE: [plain[0], "my_helper.py", plain[1]]}


def test_the_time_of_a_submission_is_the_archives_own(graded):
    stamp = graded.folder / "submitted" / JEANNE / LESSON / "timestamp.txt"
    assert stamp.read_text() == "2025-11-22 08:30:00 UTC\n"
    assert graded.row(JEANNE)["timestamp"] == "2025-11-22 08:30:00"


@pytest.mark.parametrize(
    "line",
    [
        "Broken-Bob-TP1.zip: cannot be read as a zip (File is not a zip file); ask for it again",
        "final version.zip: not called like Surname-Firstname-TP1.zip; rename it",
        f"Nguyen-Van-TP1.zip: no {LESSON}.ipynb in it; it holds 00_start_here.ipynb, 03_mlp_numpy.ipynb",
        "Dupont-Jeanne-TP12.zip: left out numpy.py, it would take the place of a module",
        "7 archives, 3 could not be used",
    ],
)
def test_an_archive_that_cannot_be_used_is_named_and_the_others_go_on(graded, line):
    assert line in graded.collected


# ---- autograde ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("student", "right"),
    [
        (ZOE, {"check-correlate2d", "check-best_place", "check-convolve2d", "check-output_size", "check-im2col"}),
        (JEAN_MARIE, set()),
        (JEANNE, {"check-best_place", "check-convolve2d", "check-output_size"}),  # correlate2d fails hidden tests
        (ANN, set()),
    ],
)
def test_marks_are_exact_for_every_check(graded, student, right):
    checks = {name: score for name, (score, _) in graded.by_machine[student].items() if name != EXPLAIN}
    assert checks == {name: POINTS[name] if name in right else 0 for name in POINTS if name != EXPLAIN}


def test_an_explanation_waits_for_the_hand_and_an_untouched_one_is_zero_at_once(graded):
    explanations = {student: grades[EXPLAIN] for student, grades in graded.by_machine.items()}
    waits, untouched = (None, True), (0, False)
    assert explanations == {ZOE: waits, JEANNE: waits, ANN: waits, JEAN_MARIE: untouched}


# ---- export -------------------------------------------------------------------------------------------------------


def test_the_export_has_the_marks_of_machine_and_hand(graded):
    scores = {student: float(graded.row(student)["score"]) for student in HANDED_IN}
    assert scores == {ZOE: 7 + 2, JEAN_MARIE: 0, JEANNE: 3 + 0.5, ANN: 0}
    assert {row["max_score"] for row in graded.export} == {str(float(sum(POINTS.values())))}


def test_a_missing_notebook_is_a_row_with_zero_and_without_a_time(graded):
    without_time = {row["student_id"]: row["score"] for row in graded.export if not row["timestamp"]}
    assert without_time == {VAN: "0.0", "broken-bob": "0.0", "absent-alice": "0.0"}
    assert VAN not in graded.by_machine


def test_names_come_from_the_roster(graded):
    assert (graded.row(ZOE)["last_name"], graded.row(ZOE)["first_name"]) == ("Lefèvre", "Zoé")


# ---- feedback -----------------------------------------------------------------------------------------------------


def feedback_page(graded: Class, student: str) -> str:
    return (graded.folder / "feedback" / student / LESSON / f"{LESSON}.html").read_text(encoding="utf-8")


def text_of(page: str) -> str:
    """What a reader sees of a page."""
    return html.unescape(re.sub(r"<[^>]*>", "", page))


def feedback(graded: Class, student: str) -> str:
    return text_of(feedback_page(graded, student))


def test_everybody_who_handed_in_gets_a_page_with_the_score(graded):
    assert sorted(path.name for path in (graded.folder / "feedback").iterdir()) == sorted(HANDED_IN)
    assert f"{LESSON} (Score: 9.0 / 9.0)" in feedback(graded, ZOE)
    assert f"{LESSON} (Score: 3.5 / 9.0)" in feedback(graded, JEANNE)
    assert "No response." in feedback(graded, JEAN_MARIE)


@pytest.mark.parametrize("student", HANDED_IN)
def test_no_line_of_a_hidden_test_is_in_the_feedback(graded, student):
    checks = sources(ROOT / "solutions" / LESSON / f"{LESSON}.ipynb", "check-").values()
    hidden = [line for source in checks for line in region_lines(source, "HIDDEN TESTS")]
    assert len(hidden) == 5
    page = feedback(graded, student)
    assert [line for line in [*hidden, "HIDDEN TESTS"] if line in page] == []


def test_feedback_says_which_kind_of_test_failed(graded):
    page = feedback(graded, JEANNE)
    assert "A hidden test failed: your answer passes the visible checks" in page
    assert "This output showed a line of a hidden test and was removed." in page
    assert "Not right yet." in feedback(graded, ANN)


# ---- formgrader ---------------------------------------------------------------------------------------------------


def test_formgrader_shows_the_assignment(graded):
    assert "<title>nbgrader formgrade</title>" in graded.server.get("/formgrader/manage_assignments")
    (assignment,) = graded.server.get("/formgrader/api/assignments")
    assert (assignment["name"], assignment["status"], assignment["num_submissions"]) == (LESSON, "draft", 4)
    assert assignment["max_score"] == sum(POINTS.values())


def test_formgrader_shows_the_submissions_and_what_still_waits(graded):
    submissions = {row["student"]: row for row in graded.server.get(f"/formgrader/api/submissions/{LESSON}")}
    handed_in = {student: row["score"] for student, row in submissions.items() if row["autograded"]}
    assert handed_in == {ZOE: 9, JEAN_MARIE: 0, JEANNE: 3.5, ANN: 0}
    assert [student for student in handed_in if submissions[student]["needs_manual_grade"]] == [ANN]


def submission_page(graded: Class, student: str) -> str:
    notebooks = graded.server.get(f"/formgrader/api/submitted_notebooks/{LESSON}/{LESSON}")
    (id,) = [notebook["id"] for notebook in notebooks if notebook["student"] == student]
    return graded.server.get(f"/formgrader/submissions/{id}/")


def test_formgrader_shows_a_submission_with_its_hidden_tests_to_the_instructor(graded):
    page = text_of(submission_page(graded, JEANNE))
    assert "A ring is thin." in page
    assert "BEGIN HIDDEN TESTS" in page


def test_formgrader_in_a_browser_leads_from_the_assignment_to_the_mark_of_a_student(graded):
    with started_browser() as browser, watched(browser) as instructor:
        page = instructor.page
        page.goto(f"{graded.server.address}/formgrader?token={TOKEN}")
        row = page.get_by_role("row").filter(has=page.get_by_role("link", name=LESSON))
        row.get_by_role("link", name="4", exact=True).click()  # the number of submissions
        expect(page.get_by_role("row").filter(has_text="Lefèvre, Zoé")).to_contain_text("9 / 9")
        picture(page, "formgrader.png")
        page.goto(f"{graded.server.address}/formgrader/gradebook/{LESSON}/{LESSON}")
        full_marks = page.get_by_role("row").filter(has_text="9 / 9").filter(has_text="7 / 7")
        full_marks.get_by_role("link", name="Submission").click()
        expect(page.get_by_text("BEGIN HIDDEN TESTS").first).to_be_visible()
        expect(page.get_by_text("Both outlines are thin, so few pixels meet.")).to_be_visible()


def test_no_page_runs_what_a_student_wrote(graded):
    for page in (submission_page(graded, ANN), feedback_page(graded, ANN)):
        assert "I do <em>not</em> know." in page
        assert "&lt;script&gt;alert(1)" in page and "&lt;script&gt;alert(2)" in page
        assert "<script>alert" not in page and "javascript:alert" not in page


# ---- students: validate -------------------------------------------------------------------------------------------


def test_nbgrader_validate_names_every_cell_of_the_released_notebook(graded):
    said = nbgrader(graded.folder, "validate", f"notebooks/{LESSON}/{LESSON}.ipynb")  # it ends with 0 all the same
    assert "VALIDATION FAILED ON 6 CELL(S)!" in said
    for name in ("correlate2d", "best_place", "convolve2d", "output_size", "im2col"):
        assert f"    check_{name}({name})\n" in said
    assert said.count("NotImplementedError") >= 5
    assert "You did not provide a response." in said


def test_nbgrader_validate_praises_a_solved_notebook(graded):
    said = nbgrader(graded.folder, "validate", f"submitted/{ZOE}/{LESSON}/{LESSON}.ipynb")
    assert "Success! Your notebook passes all the tests." in said


def test_the_validate_button_works_where_the_server_shows_the_course_folder(graded):
    answer = graded.server.post("/assignments/validate", {"path": f"submitted/{ZOE}/{LESSON}/{LESSON}.ipynb"})
    assert answer == {"success": True, "value": {}}


def test_the_validate_button_works_where_the_server_shows_notebooks_only(graded):
    with jupyter_server(graded.folder, root_dir=graded.folder / "notebooks") as server:
        answer = server.post("/assignments/validate", {"path": f"{LESSON}/{LESSON}.ipynb"})
    assert answer["success"]
    failed = [cell["source"].splitlines()[-1] for cell in answer["value"]["failed"]]
    assert failed[0] == "check_correlate2d(correlate2d)" and len(failed) == 6
