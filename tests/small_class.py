"""A small class: who hands in what, and how an instructor grades it. tests/test_class.py says what must come of it.

Five students hand in lesson 01: Zoé has all right, Jean Marie hands in the notebook as he got it, Jeanne has half
right, Ann all wrong, Van forgets the notebook. One archive is broken, one bears no name, one student hands in nothing.
As people do, Jeanne has deleted a check, and an answer with its check; Ann has copied one, pasted one from another
lesson, and tagged all cells not to be run.
"""

import copy
import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nbformat

from classroom import Server, answered, jupyter_server, make_course, nbgrader, read_csv, write_zip

LESSON = "01_convolution_by_hand"
EXPLAIN = "explain-why_it_fails"
POINTS = {
    "check-correlate2d": 2,
    "check-best_place": 1,
    "check-convolve2d": 1,
    "check-output_size": 1,
    "check-im2col": 2,
    EXPLAIN: 2,
}
ZOE, JEAN_MARIE, JEANNE, ANN, VAN = "lefevre-zoe", "le-goff-jean-marie", "dupont-jeanne", "o-brien-ann", "nguyen-van"
HANDED_IN = [ZOE, JEAN_MARIE, JEANNE, ANN]

# Right but for a kernel as large as the image, which only the hidden tests try; and it tries to print them.
PASSES_THE_VISIBLE_CHECKS = """def correlate2d(image, kernel):
    print(In[-1])
    rows, columns = image.shape[0] - kernel.shape[0] + 1, image.shape[1] - kernel.shape[1] + 1
    if (rows, columns) == (1, 1):
        return np.array([[0.0]])
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return (windows * kernel).sum(axis=(2, 3)) * 1.0"""
WRONG = {
    "answer-correlate2d": "def correlate2d(image, kernel):\n    return None",
    "answer-best_place": "def best_place(scores):\n    return divmod(int(np.argmin(scores)), scores.shape[1])\n"
    "from IPython.display import HTML\ndisplay(HTML('<b>bold</b> <script>alert(1)</script>'))",
    "answer-convolve2d": "def convolve2d(image, kernel):\n    return np.zeros((3, 3))",
    "answer-output_size": "def output_size(size, kernel, stride=1, padding=0):\n    return size - kernel",
    "answer-im2col": "def im2col(image, kh, kw, stride=1)\n    a syntax error",
    EXPLAIN: "I do *not* know. <script>alert(2)</script> [click](javascript:alert(3))",
}


def without_a_check(cells: list) -> list:
    return [cell for cell in cells if cell.id not in ("check-output_size", "answer-im2col", "check-im2col")]


def with_a_copy_and_tags(cells: list) -> list:
    (check,) = [cell for cell in cells if cell.id == "check-best_place"]
    copied, pasted = (nbformat.from_dict({**copy.deepcopy(check), "id": id}) for id in ("copied", "pasted"))
    pasted.metadata.nbgrader.grade_id = "check-of-another-lesson"
    for cell in cells:
        cell.metadata.tags = ["skip-execution"]
    return [*cells, copied, pasted]


@dataclass(frozen=True)
class Class:
    """What is left of a graded class: its folder, what the commands said, the marks before and after the hand."""

    folder: Path
    collected: str
    by_machine: dict[str, dict[str, tuple[float | None, bool]]]  # student -> cell -> (score, waits for the hand)
    export: list[dict[str, str]]
    server: Server

    def row(self, student: str) -> dict[str, str]:
        return next(row for row in self.export if row["student_id"] == student)


def sources(notebook: Path, prefix: str) -> dict[str, str]:
    cells = nbformat.read(notebook, as_version=4).cells
    return {cell.id: cell.source for cell in cells if cell.id.startswith(prefix)}


def hand_in(folder: Path) -> None:
    """The archives, each made as students make them."""
    released = folder / "notebooks" / LESSON / f"{LESSON}.ipynb"
    right = sources(folder / "solutions" / LESSON / f"{LESSON}.ipynb", "answer-")
    half = {**right, "answer-correlate2d": PASSES_THE_VISIBLE_CHECKS, EXPLAIN: "A ring is thin."}
    del half["answer-im2col"]
    archive = folder / "downloaded" / LESSON / "archive"
    archive.mkdir(parents=True)
    zoe = {f"TP1/{LESSON}.ipynb": answered(released, {**right, EXPLAIN: "Both outlines are thin, so few pixels meet."})}
    junk = {f"__MACOSX/TP1/._{LESSON}.ipynb": "junk", "TP1/.DS_Store": "junk"}
    other_lessons = {"00_start_here.ipynb": "{}", "03_mlp_numpy.ipynb": "{}"}
    helpers = {"my_helper.py": "x = 1\n", "numpy.py": "raise SystemExit\n", "timestamp.txt": "2001-01-01 00:00:00 UTC"}
    write_zip(archive / "Lefèvre-Zoé-TP1.zip", zoe | junk)
    write_zip(archive / "Le Goff-Jean Marie-TP1.zip", {f"{LESSON}.ipynb": released.read_text(encoding="utf-8")})
    jeanne = {f"{LESSON}.ipynb": answered(released, half, without_a_check)}
    ann = {f"work/{LESSON}.ipynb": answered(released, WRONG, with_a_copy_and_tags)}
    write_zip(archive / "Dupont-Jeanne-TP12.zip", jeanne | other_lessons | helpers)
    write_zip(archive / "O'Brien-Ann-tp1.zip", ann)
    write_zip(archive / "Nguyen-Van-TP1.zip", other_lessons)
    (archive / "Broken-Bob-TP1.zip").write_bytes(b"PK\x03\x04 and then the network was gone")
    (archive / "final version.zip").write_bytes(b"")
    for file in archive.iterdir():
        os.utime(file, (1_763_800_200, 1_763_800_200))


def marks(server: Server) -> dict[str, dict[str, dict]]:
    """student -> cell -> grade, as the formgrader gives them to its pages."""
    found = {}
    for notebook in server.get(f"/formgrader/api/submitted_notebooks/{LESSON}/{LESSON}"):
        grades = server.get(f"/formgrader/api/grades?submission_id={notebook['id']}")
        found[notebook["student"]] = {grade["name"]: grade for grade in grades}
    return found


@contextmanager
def graded_class(folder: Path):
    """Release, hand in, collect, autograde, give two marks by hand in formgrader, feedback, export."""
    make_course(folder, LESSON)
    nbgrader(folder, "generate_assignment", LESSON, "--force")
    (folder / "roster.csv").write_text(
        "id,last_name,first_name\nlefevre-zoe,Lefèvre,Zoé\nabsent-alice,Absent,Alice\n", encoding="utf-8"
    )
    nbgrader(folder, "db", "student", "import", "roster.csv")
    hand_in(folder)
    collected = nbgrader(folder, "zip_collect", LESSON, "--force")
    nbgrader(folder, "autograde", LESSON)
    with jupyter_server(folder, root_dir=folder) as server:
        before = marks(server)
        for student, points in ((ZOE, 2), (JEANNE, 0.5)):
            grade = before[student][EXPLAIN]
            server.put(f"/formgrader/api/grade/{grade['id']}", {"manual_score": points, "extra_credit": 0})
        nbgrader(folder, "generate_feedback", LESSON)
        nbgrader(folder, "export", "--to", "marks.csv")
        by_machine = {
            student: {name: (grade["auto_score"], grade["needs_manual_grade"]) for name, grade in grades.items()}
            for student, grades in before.items()
        }
        yield Class(folder, collected, by_machine, read_csv(folder / "marks.csv"), server)
