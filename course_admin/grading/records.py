"""What the parts of `course grade` hand to each other: plain records, so that a job can run on another machine.

spec.py makes an Assignment, intake.py a Submission, job.py turns both into a Result, writer.py writes Results.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class SpecCell:
    """One cell of the instructor's notebook.

    id: nbgrader's grade_id, else the notebook's own cell id. cell_id: the notebook's own, where it has one.
    kind: "answer" (the student's own), "test" (code that is marked), "manual" (marked by hand) or "given" (all else).
    source: the instructor's, hidden tests included, solutions included. stub: what the student was given in its place.
    locked: the student may not change it (tests; read-only given cells; nbgrader's task cells, which are "manual").
    hidden: the numbers of a test's lines that students are not given, markers included, counted from 1.
    tags: those of the instructor's cell; a test with the tag "in-kernel" is run in the student's own process.
    """

    id: str
    kind: str
    cell_type: str
    source: str
    stub: str
    points: float = 0.0
    locked: bool = False
    cell_id: str = ""
    tags: tuple[str, ...] = ()
    hidden: tuple[int, ...] = ()


@dataclass(frozen=True)
class NotebookSpec:
    name: str
    cells: tuple[SpecCell, ...]


@dataclass(frozen=True)
class Assignment:
    """What is asked for. digest: changes with anything that can change a mark.

    files: what the instructor released beside the notebooks (data, helper modules), by path relative to them. intake
    puts them over the student's files of the same name; the tests may import and read them, too.
    """

    name: str
    notebooks: tuple[NotebookSpec, ...]
    digest: str
    files: dict[str, bytes] = field(default_factory=dict)

    @property
    def max_score(self) -> float:
        return sum(cell.points for notebook in self.notebooks for cell in notebook.cells)


@dataclass(frozen=True)
class StudentCell:
    """One cell to be run or marked, in order. id: the SpecCell it stands for; "" for a cell that the student added.

    pictures: (name, type, base64) of what was pasted into its text.
    """

    id: str
    cell_type: str
    source: str
    pictures: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class StudentNotebook:
    name: str
    cells: tuple[StudentCell, ...]


@dataclass(frozen=True)
class Submission:
    """One student's work after intake: cells put back in order, files to lie beside the notebook, what was odd.

    refused: why nothing can be marked (one line), or "". notes: what was mended or looks odd, a line each; review:
    whether a person should look at it.
    """

    student: str
    notebooks: tuple[StudentNotebook, ...]
    files: dict[str, bytes] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    review: bool = False
    refused: str = ""
    digest: str = ""


@dataclass(frozen=True)
class Limits:
    """What one submission may use. Seconds are wall time unless they are named CPU; sizes are bytes."""

    cell_seconds: float = 60
    test_seconds: float = 60
    total_seconds: float = 600
    cpu_seconds: int = 600
    memory: int = 4 * 1024**3
    processes: int = 128
    file_size: int = 512 * 1024**2  # a checkpoint of lesson 13 takes 135 MB
    scratch: int = 1024**3
    output: int = 1024**2
    answer: int = 64 * 1024**2


@dataclass(frozen=True)
class Options:
    """How work is run. sandbox: "auto", "bubblewrap", "landlock", or "none" (--unsafe).

    run_job(assignment, submission, limits, options) raises CourseError only where nobody's work could be graded (no
    sandbox here); whatever one submission does is told in its Result.
    """

    sandbox: str = "auto"
    cuda: bool = False


@dataclass(frozen=True)
class CellRun:
    """What running one cell in the student's kernel gave. outputs: nbformat outputs as dicts, cut at Limits.output.

    trouble: "" or one line: the error, a time-out, a kernel that died.
    """

    outputs: tuple[dict, ...] = ()
    trouble: str = ""
    died: bool = False


@dataclass(frozen=True)
class Mark:
    """The verdict on one test cell. message: for the student, of a visible test; hint: of a hidden one, and no more."""

    id: str
    points: float
    max_points: float
    passed: bool
    message: str = ""
    hidden: bool = False
    hint: str = ""


@dataclass(frozen=True)
class NotebookResult:
    name: str
    marks: tuple[Mark, ...]
    runs: tuple[CellRun, ...]  # one for each StudentCell, in order


@dataclass(frozen=True)
class Result:
    """What grading one submission gave. sandbox: the level used. reasons: why a person should look, a line each."""

    student: str
    notebooks: tuple[NotebookResult, ...] = ()
    reasons: tuple[str, ...] = ()
    review: bool = False
    sandbox: str = ""
    started: float = 0.0
    seconds: float = 0.0
    log: str = ""
