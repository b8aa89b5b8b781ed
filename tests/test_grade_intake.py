"""Submissions as they come: what is mended, what is left out, what is refused, and what each of it is called."""

import copy
import io
import json
import os
import random
import zipfile

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from course_admin.grading.course import open_course
from course_admin.grading.intake import read_submission
from course_admin.grading.reading import read_notebook
from course_admin.grading.records import Limits, Options
from course_admin.grading.spec import read_assignment
from tiny_class import CHECK_SQUARES, HALF, NAME, RIGHT, released, run_in_process, with_answers


@pytest.fixture(scope="module")
def assignment(released_course):
    return read_assignment(open_course(released_course), NAME)


@pytest.fixture(scope="module")
def blank(released_course):
    return released(released_course)


@pytest.fixture
def right(blank):
    """A right notebook, as JSON to be spoilt."""
    return with_answers(copy.deepcopy(blank), RIGHT)


@pytest.fixture
def take(assignment, tmp_path):
    """take(name=bytes or JSON ...) -> the Submission of a folder with these files."""

    def take(files: dict):
        folder = tmp_path / "work"
        folder.mkdir()
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return read_submission(folder, "ann", assignment)

    return take


def score(assignment, submission) -> float:
    assert not submission.refused, submission.refused
    result = run_in_process(assignment, submission, Limits(), Options())
    return sum(mark.points for notebook in result.notebooks for mark in notebook.marks)


def cell(notebook: dict, grade_id: str) -> dict:
    (found,) = [c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == grade_id]
    return found


def zipped(files: dict) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content if isinstance(content, bytes) else json.dumps(content).encode())
    return buffer.getvalue()


# ---- fair work gets its full marks --------------------------------------------------------------------------------


def as_version_3(notebook):
    old = nbformat.convert(nbformat.from_dict(copy.deepcopy(notebook)), 3)
    return nbformat.v3.writes_json(old).encode()


def without_metadata(notebook):
    for c in notebook["cells"]:
        c["metadata"] = {}
    return notebook


def without_any_id(notebook):
    notebook["nbformat_minor"] = 4
    for c in without_metadata(notebook)["cells"]:
        c.pop("id", None)
    return notebook


def with_copied_answer(notebook):
    """Copied, and the copy worked on below the check; the first is still blank."""
    answer = cell(notebook, "mean")
    notebook["cells"].append({**copy.deepcopy(answer), "id": "copied"})
    answer["source"] = "def mean(values):\n    # YOUR CODE HERE\n    raise NotImplementedError()\n"
    return notebook


def with_split_answer(notebook):
    """JupyterLab's split gives both halves the same metadata."""
    place = notebook["cells"].index(cell(notebook, "mean"))
    first = {
        **copy.deepcopy(notebook["cells"][place]),
        "id": "half",
        "source": "def total(values):\n    return sum(values)",
    }
    notebook["cells"][place]["source"] = "def mean(values):\n    return total(values) / len(values)"
    notebook["cells"].insert(place, first)
    return notebook


def with_merged_answers(notebook):
    cell(notebook, "squares")["source"] = RIGHT["squares"] + "\n\n" + RIGHT["mean"]
    notebook["cells"].remove(cell(notebook, "mean"))
    return notebook


def with_moved_cells(notebook):
    notebook["cells"].reverse()
    return notebook


def with_answer_in_a_new_cell(notebook):
    notebook["cells"].remove(cell(notebook, "squares"))
    notebook["cells"].insert(0, {"cell_type": "code", "id": "own", "metadata": {}, "source": RIGHT["squares"]})
    return notebook


def with_exchanged_answers(notebook):
    """An answer pasted over a copy of the other exercise's cell: the ids say one thing, the code another."""
    one, other = cell(notebook, "squares"), cell(notebook, "mean")
    one["source"], other["source"] = other["source"], one["source"]
    return notebook


def with_deleted_check(notebook):
    notebook["cells"].remove(cell(notebook, "check-squares"))
    return notebook


def with_deleted_given_cells(notebook):
    notebook["cells"] = [c for c in notebook["cells"] if "nbgrader" in c["metadata"]]
    return notebook


def with_answer_as_markdown(notebook):
    cell(notebook, "squares")["cell_type"] = "markdown"
    return notebook


def with_ids_of_an_older_release(notebook):
    for number, c in enumerate(notebook["cells"]):
        c["id"] = f"old-{number}"
        if "nbgrader" in c["metadata"]:
            c["metadata"]["nbgrader"]["grade_id"] += "-2024"
    return notebook


def of_another_kernel(notebook):
    notebook["metadata"] = {"kernelspec": {"name": "ir", "display_name": "R", "language": "R"}}
    return notebook


def with_huge_outputs(notebook):
    output = {"output_type": "stream", "name": "stdout", "text": "x" * 5_000_000}
    cell(notebook, "squares")["outputs"] = [output]
    return notebook


def with_odd_metadata(notebook):
    for c in notebook["cells"]:
        c["metadata"]["tags"] = ["skip-execution", "raises-exception"]
        if "nbgrader" in c["metadata"]:
            c["metadata"]["nbgrader"] |= {"schema_version": 99, "points": 4000, "locked": False}
    return notebook


def with_sources_as_lists(notebook):
    for c in notebook["cells"]:
        c["source"] = c["source"].splitlines(keepends=True)
    return notebook


SPOILT = [
    without_metadata,
    without_any_id,
    with_copied_answer,
    with_split_answer,
    with_merged_answers,
    with_moved_cells,
    with_answer_in_a_new_cell,
    with_exchanged_answers,
    with_deleted_check,
    with_deleted_given_cells,
    with_answer_as_markdown,
    with_ids_of_an_older_release,
    of_another_kernel,
    with_huge_outputs,
    with_odd_metadata,
    with_sources_as_lists,
]


@pytest.mark.parametrize("spoil", SPOILT, ids=lambda spoil: spoil.__name__)
def test_a_notebook_that_suffered_is_graded_in_full(assignment, take, right, spoil):
    submission = take({f"{NAME}.ipynb": spoil(right)})
    assert score(assignment, submission) == 3
    assert all(
        len([c for c in notebook.cells if c.id == wanted.id]) == 1
        for spec, notebook in zip(assignment.notebooks, submission.notebooks, strict=True)
        for wanted in spec.cells
    )


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be", "cp1252"])
def test_any_encoding_is_read(assignment, take, right, encoding):
    cell(right, "why")["source"] = "Because a mean gives é, ü and ñ alike."
    text = json.dumps(right, ensure_ascii=False)
    submission = take({f"{NAME}.ipynb": text.encode(encoding)})
    assert score(assignment, submission) == 3
    (why,) = [c.source for c in submission.notebooks[0].cells if c.id == "why"]
    assert why == "Because a mean gives é, ü and ñ alike."
    assert submission.notes and not submission.review


def test_notebook_format_3_is_read(assignment, take, right):
    submission = take({f"{NAME}.ipynb": as_version_3(right)})
    assert score(assignment, submission) == 3
    assert "another notebook format (3) was read" in submission.notes


@pytest.mark.parametrize(
    "name", ["PS1.ipynb", "ps1-Copy1.ipynb", "ps1 (1).ipynb", "final version.ipynb", "deep/er/ps1.ipynb", "ps1.IPYNB"]
)
def test_a_wrong_file_name_is_understood(assignment, take, right, name):
    assert score(assignment, take({name: right})) == 3


def test_the_worked_notebook_is_taken_before_a_blank_one_and_somebody_shall_look(assignment, take, right, blank):
    submission = take({f"{NAME}.ipynb": blank, f"{NAME}-Copy1.ipynb": right})
    assert score(assignment, submission) == 3
    assert submission.review


@pytest.mark.parametrize("wrap", [lambda z: z, lambda z: zipped({"in/inner.zip": z})], ids=["zip", "zip in a zip"])
def test_an_archive_is_opened(assignment, take, right, wrap):
    files = {f"TP1/{NAME}.ipynb": right, "TP1/helper.py": b"x = 1", "TP1/data/a.csv": b"1,2"}
    submission = take({"work.zip": wrap(zipped(files))})
    assert score(assignment, submission) == 3
    assert submission.files == {"helper.py": b"x = 1", "data/a.csv": b"1,2"}


# ---- what lies beside ---------------------------------------------------------------------------------------------


def test_helpers_and_data_are_kept_and_modules_that_would_replace_others_are_not(take, right):
    beside = {"helper.py": b"x = 1", "data.csv": b"1", "numpy.py": b"boo", "random/__init__.py": b"boo"}
    hidden = {".ipython/profile_default/startup/a.py": b"boo", "sitecustomize.py": b"boo", "timestamp.txt": b"now"}
    submission = take({f"{NAME}.ipynb": right} | beside | hidden)
    assert submission.files == {"helper.py": b"x = 1", "data.csv": b"1"}
    assert submission.review
    assert "left out numpy.py: it would take the place of the module numpy" in submission.notes


def test_the_released_file_is_put_over_a_changed_one(tmp_path, take, right, assignment):
    with_files = type(assignment)(assignment.name, assignment.notebooks, "", {"data.csv": b"released"})
    folder = tmp_path / "other"
    folder.mkdir()
    (folder / f"{NAME}.ipynb").write_text(json.dumps(right))
    (folder / "data.csv").write_bytes(b"mine")
    submission = read_submission(folder, "ann", with_files)
    assert submission.files == {"data.csv": b"released"}
    assert "data.csv was changed; the released one was used" in submission.notes
    assert read_submission(folder, "ann", with_files, ["data.csv"]).files == {"data.csv": b"mine"}


def test_links_are_never_followed(assignment, tmp_path, right):
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / f"{NAME}.ipynb").write_text(json.dumps(right))
    (folder / "data.txt").symlink_to(secret)
    (folder / "all").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe")
    submission = read_submission(folder, "ann", assignment)
    assert submission.files == {}
    assert submission.review and len(submission.notes) == 3
    (folder / f"{NAME}.ipynb").unlink()
    (folder / f"{NAME}.ipynb").symlink_to(secret)
    assert "a symbolic link, which is never followed" in read_submission(folder, "ann", assignment).refused
    (tmp_path / "link").symlink_to(folder)
    assert read_submission(tmp_path / "link", "ann", assignment).refused.startswith("the folder is a symbolic link")


def test_paths_that_climb_out_of_an_archive_are_left_out(assignment, take, right):
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(f"{NAME}.ipynb", json.dumps(right))
        archive.writestr("../../evil.py", "boo")
        archive.writestr("/etc/evil", "boo")
        archive.writestr("C:\\evil.py", "boo")
        archive.writestr(link, "/etc/passwd")
    submission = take({"work.zip": buffer.getvalue()})
    assert submission.files == {}
    assert submission.review
    assert len([note for note in submission.notes if note.startswith("left out")]) == 4
    assert score(assignment, submission) == 3


def test_a_bomb_is_not_unpacked(take):
    bomb = zipped({"zeros.bin": bytes(60_000_000), f"{NAME}.ipynb": bytes(120_000_000)})
    assert len(bomb) < 1_000_000
    submission = take({"work.zip": bomb})
    assert submission.refused.startswith("no notebook was handed in")
    assert len(submission.notes) == 2


def test_a_file_where_a_folder_must_be_is_left_out(assignment, take, right):
    clash = zipped({f"{NAME}.ipynb": right, "a": b"1", "a/b": b"2", "timestamp.txt/x": b"3", "c/d": b"4"})
    submission = take({"work.zip": clash})
    assert score(assignment, submission) == 3
    assert set(submission.files) in ({"a/b", "c/d"}, {"c/d"})


def test_an_assignment_of_two_notebooks(tmp_path, assignment, right):
    (one,) = assignment.notebooks
    two = type(assignment)(NAME, (one, type(one)("part2", one.cells)), "")
    folder = tmp_path / "both"
    folder.mkdir()
    (folder / f"{NAME}.ipynb").write_text(json.dumps(right))
    missing = read_submission(folder, "ann", two)
    assert [part.name for part in missing.notebooks] == [NAME]
    assert missing.review and any("no part2.ipynb was handed in" in note for note in missing.notes)
    (folder / "part2 (1).ipynb").write_text(json.dumps(right))
    both = read_submission(folder, "ann", two)
    assert [part.name for part in both.notebooks] == [NAME, "part2"]
    assert score(two, both) == 6 and not both.review


def test_two_notebooks_under_each_others_names(tmp_path, assignment, right):
    (whole,) = assignment.notebooks
    parts = {NAME: slice(0, 4), "part2": slice(4, None)}
    two = type(assignment)(NAME, tuple(type(whole)(name, whole.cells[part]) for name, part in parts.items()), "")
    folder = tmp_path / "both"
    folder.mkdir()
    for name, part in zip(reversed(parts), parts.values(), strict=True):
        (folder / f"{name}.ipynb").write_text(json.dumps(right | {"cells": right["cells"][part]}))
    submission = read_submission(folder, "ann", two)
    assert score(two, submission) == 3
    assert f"part2.ipynb was taken for {NAME}.ipynb" in submission.notes


# ---- odd work is graded, and somebody shall look ------------------------------------------------------------------


def test_an_edited_check_is_replaced(assignment, take, right):
    cell(right, "check-squares")["source"] = "assert True"
    cell(right, "squares")["source"] = "def squares(n):\n    return []"
    submission = take({f"{NAME}.ipynb": right})
    assert score(assignment, submission) == 1
    assert submission.review
    assert "the check check-squares was edited; the original was used" in submission.notes


def test_a_deleted_answer_counts_as_not_begun(assignment, take, right):
    right["cells"].remove(cell(right, "squares"))
    submission = take({f"{NAME}.ipynb": right})
    assert score(assignment, submission) == 1
    assert submission.review
    assert "squares was deleted; it counts as not begun" in submission.notes


def test_nothing_of_a_check_comes_from_the_student(assignment, take, right):
    for c in right["cells"]:
        c["source"] = c["source"] + "\n# mine"
    cells = {c.id: c.source for c in take({f"{NAME}.ipynb": right}).notebooks[0].cells}
    assert cells["check-squares"] == CHECK_SQUARES
    assert cells["squares"].endswith("# mine") and cells["imports"].endswith("# mine")


def test_added_cells_stay_where_they_were_added(take, right):
    place = right["cells"].index(cell(right, "mean"))
    right["cells"].insert(place, {"cell_type": "code", "id": "own", "metadata": {}, "source": "mine = 1"})
    order = [(c.id, c.source) for c in take({f"{NAME}.ipynb": right}).notebooks[0].cells]
    place = order.index(("", "mine = 1"))
    assert (order[place - 1][0], order[place + 1][0]) == ("check-squares", "mean")


# ---- what cannot be graded is refused with one clear reason -------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({}, "no notebook was handed in, but no file"),
        ({"notes.txt": b"hello"}, "no notebook was handed in, but notes.txt"),
        ({"ps1.ipynb": b""}, "ps1.ipynb cannot be read: the file is empty"),
        ({"ps1.ipynb": b'{"cells": ['}, "ps1.ipynb cannot be read: the file is not JSON, so no notebook"),
        ({"ps1.ipynb": b"<<<<<<< a\n>>>>>>> b"}, "it holds the conflict marks of a merge"),
        ({"ps1.ipynb": b"PK\x03\x04 word/document.xml"}, "so no notebook (it is a zip or an Office document)"),
        ({"ps1.ipynb": b"<!DOCTYPE html>\n<p>Sign in"}, "so no notebook (it is a web page)"),
        ({"ps1.ipynb": b"[1, 2]"}, "ps1.ipynb cannot be read: the file is JSON, but no notebook"),
        ({"ps1.ipynb": b"[" * 100_000}, "ps1.ipynb cannot be read: the file is nested too deep to be a notebook"),
        ({"ps1.ipynb": b"{}"}, "ps1.ipynb cannot be read: the file is JSON, but no notebook: it has no cells"),
        ({"ps1.ipynb": b'{"cells": []}'}, "ps1.ipynb holds none of the cells of ps1: it is another notebook"),
        ({"ps1.ipynb": bytes(range(256)) * 10}, "ps1.ipynb cannot be read"),
        ({"other.ipynb": {"cells": [], "nbformat": 4}}, "no ps1.ipynb was handed in, but other.ipynb"),
        ({"work.zip": b"PK\x03\x04 and then nothing"}, "no notebook was handed in"),
        ({"work.zip": zipped({"a.txt": b"1"})}, "no notebook was handed in, but work/a.txt"),
    ],
)
def test_it_is_refused(take, files, reason):
    submission = take(files)
    assert reason in submission.refused
    assert "\n" not in submission.refused and submission.review and not submission.notebooks


def test_another_lesson_under_the_right_name_is_refused(take):
    other = {"cell_type": "code", "id": "a", "metadata": {}, "source": "import torch\nprint(torch.ones(3))"}
    submission = take({f"{NAME}.ipynb": {"cells": [other], "nbformat": 4, "metadata": {}}})
    assert submission.refused == "ps1.ipynb holds none of the cells of ps1: it is another notebook"


def test_a_digest_changes_with_every_file(take, right, tmp_path, assignment):
    folder = tmp_path / "work"
    first = take({f"{NAME}.ipynb": right, "a.csv": b"1"}).digest
    (folder / "timestamp.txt").write_text("2025-11-25 17:00:00 UTC")
    assert read_submission(folder, "ann", assignment).digest == first
    (folder / "a.csv").write_bytes(b"2")
    assert read_submission(folder, "ann", assignment).digest != first


# ---- and whatever else there may be -------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(damage=st.lists(st.tuples(st.integers(0, 10**6), JSON), min_size=1, max_size=5))
def test_no_damage_to_a_notebook_raises_or_touches_a_check(assignment, blank, tmp_path, damage):
    notebook = with_answers(copy.deepcopy(blank), HALF)
    for number, value in damage:
        chance = random.Random(number)
        target = chance.choice([notebook, notebook["metadata"], *notebook["cells"]])
        if isinstance(target, dict):
            key = chance.choice([*target, "new"])
            target[key] = value
        if not isinstance(notebook.get("cells"), list) or not isinstance(notebook.get("metadata"), dict):
            break
    folder = tmp_path / "damaged"
    folder.mkdir(exist_ok=True)
    (folder / f"{NAME}.ipynb").write_text(json.dumps(notebook))
    submission = read_submission(folder, "ann", assignment)
    for part in submission.notebooks:
        cells = {c.id: c for c in part.cells}
        assert cells["check-squares"].source == CHECK_SQUARES
        assert set(cells) >= {wanted.id for wanted in assignment.notebooks[0].cells}
        json.dumps([c.source for c in part.cells]).encode("utf-8")
    assert submission.refused or submission.notebooks


@settings(max_examples=150, deadline=None)
@given(content=st.binary(max_size=300))
def test_no_bytes_break_the_reader(content):
    from course_admin.errors import CourseError

    try:
        assert isinstance(read_notebook(content).cells, list)
    except CourseError as error:
        assert str(error) and "\n" not in str(error)


@pytest.mark.parametrize("name", ["ps1.ipynb.txt", "ps1.json", "ps1", "new\nline.ipynb", "caf\udce9.ipynb"])
def test_a_notebook_under_a_name_that_hides_it_is_found(take, right, name):
    submission = take({name: right, "notes.txt": b"{}"})
    assert not submission.refused and any("notebook" in note or "not text" in note for note in submission.notes)


def test_a_zip_that_is_called_a_notebook_is_opened(take, right):
    submission = take({"ps1.ipynb": zipped({"ps1.ipynb": json.dumps(right).encode()})})
    assert not submission.refused and not submission.review


def test_an_endless_number_in_the_metadata_does_no_harm(take, right):
    text = json.dumps(right)[:-1] + ', "big": ' + "9" * 100_000 + "}"
    assert not take({"ps1.ipynb": text.encode()}).refused


def test_two_works_under_other_names_are_looked_at(take, right, blank):
    other = with_answers(copy.deepcopy(blank), HALF)
    assert take({"a.ipynb": right, "b.ipynb": other}).review


def test_hard_links_are_told(assignment, right, tmp_path):
    """A link made on this disk could lead to the gradebook."""
    folder, outside = tmp_path / "work", tmp_path / "gradebook.db"
    folder.mkdir()
    outside.write_bytes(b"marks")
    (folder / "ps1.ipynb").write_text(json.dumps(right))
    os.link(outside, folder / "data.csv")
    submission = read_submission(folder, "ann", assignment)
    assert submission.review and "data.csv" not in submission.files and not submission.refused
