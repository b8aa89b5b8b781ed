"""`nbgrader autograde` against `course grade -j 2` in one run: 20 light NumPy works, 10 works of a torch lesson.

python benchmarks/grading.py [light] [torch]: wall seconds of the whole commands, the ratio, and whether both gave the
same marks. Also the cost of the sandbox: the light works again without one. Wall time is what a teacher waits for, so
run this on a quiet machine.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

ROOT = Path(__file__).parents[1]
LESSON = "04_mlp_pytorch"
JOBS = 2
EXERCISES = {
    "squares": ("n", "np.arange(n) ** 2", "squares(4), [0, 1, 4, 9]", "squares(30)[-1:], [841]"),
    "centred": ("x", "x - x.mean()", "centred(np.array([1.0, 3.0])), [-1, 1]", "centred(np.ones(9)), np.zeros(9)"),
    "gram": ("x", "x @ x.T", "gram(np.eye(2)), np.eye(2)", "gram(np.ones((3, 4))), 4 * np.ones((3, 3))"),
    "softmax": (
        "x",
        "np.exp(x - x.max()) / np.exp(x - x.max()).sum()",
        "softmax(np.zeros(4)), np.full(4, 0.25)",
        "softmax(np.array([1e3, 1e3])), [0.5, 0.5]",
    ),
}


def light_notebook() -> nbformat.NotebookNode:
    """Twelve cells: four functions of one line, each with a check, as in a first NumPy course."""
    cells = [new_markdown_cell("# Light", id="title"), new_code_cell("import numpy as np", id="imports")]
    for name, (argument, answer, visible, hidden) in EXERCISES.items():
        stub = f"def {name}({argument}):\n    ### BEGIN SOLUTION\n    return {answer}\n    ### END SOLUTION"
        check = f"np.testing.assert_allclose({visible})\n### BEGIN HIDDEN TESTS\n"
        check += f"np.testing.assert_allclose({hidden})\n### END HIDDEN TESTS"
        cells += [new_code_cell(stub, id=name, metadata=_graded(name, solution=True))]
        cells += [new_code_cell(check, id=f"check-{name}", metadata=_graded(f"check-{name}", points=2))]
    cells += [
        new_code_cell("print(softmax(gram(np.eye(3)).sum(axis=0)))", id="show"),
        new_markdown_cell("end", id="end"),
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def _graded(name: str, solution: bool = False, points: float | None = None) -> dict:
    data = {"schema_version": 3, "grade_id": name, "solution": solution, "grade": not solution, "task": False}
    return {"nbgrader": data | {"locked": not solution} | ({"points": points} if points is not None else {})}


def run(folder: Path, *command: str) -> float:
    """Wall seconds of a command in a course folder. Raises where it fails."""
    own = {name: str(folder / f".{name.casefold()}") for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR")}
    quick = {"COURSE_PROFILE": "quick", "COURSE_DEVICE": "cpu", "PYTHONPATH": str(ROOT)}
    # nbgrader runs `alembic`, also where this environment has not been activated
    quick["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env={**os.environ, **own, **quick}, capture_output=True, text=True)
    seconds = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{(done.stdout + done.stderr)[-3000:]}")
    return seconds


def nbgrader(*words: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "nbgrader", *words)


def course(*words: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "course_admin.cli", *words)


def light_course(folder: Path, works: int) -> str:
    """Half of the works are right, half lack one exercise. Returns the assignment's name."""
    source = folder / "source" / "light" / "light.ipynb"
    source.parent.mkdir(parents=True)
    nbformat.write(light_notebook(), source)
    (folder / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'light'\n")
    run(folder, *nbgrader("generate_assignment", "light"))
    right = {
        name: f"def {name}({argument}):\n    return {answer}" for name, (argument, answer, *_) in EXERCISES.items()
    }
    _hand_in(folder, folder / "release" / "light" / "light.ipynb", "light", works, right)
    return "light"


def torch_course(folder: Path, works: int) -> str:
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    for built in ("solutions", "notebooks"):
        shutil.copytree(ROOT / built / LESSON, folder / built / LESSON)
    run(folder, *nbgrader("generate_assignment", LESSON, "--force"))
    instructors = nbformat.read(ROOT / "solutions" / LESSON / f"{LESSON}.ipynb", as_version=4)
    right = {cell.id: cell.source for cell in instructors.cells if cell.id.startswith("answer-")}
    _hand_in(folder, folder / "notebooks" / LESSON / f"{LESSON}.ipynb", LESSON, works, right)
    return LESSON


def _hand_in(folder: Path, released: Path, name: str, works: int, right: dict[str, str]) -> None:
    for number in range(works):
        notebook = nbformat.read(released, as_version=4)
        left_out = sorted(right)[number % len(right)] if number % 2 else ""
        for cell in notebook.cells:
            if cell.id in right and cell.id != left_out:
                cell.source = right[cell.id]
        place = folder / "submitted" / f"student{number:02}" / name
        place.mkdir(parents=True)
        nbformat.write(notebook, place / f"{name}.ipynb")


def marks(folder: Path, name: str) -> dict[str, float]:
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{folder}/gradebook.db") as gradebook:
        return {row.student.id: row.score for row in gradebook.assignment_submissions(name)}


def compare(title: str, make, works: int, without_sandbox: bool = False) -> float:
    """Grade the same works with both; print and return how many times faster ours is."""
    with tempfile.TemporaryDirectory() as place:
        stock, ours = Path(place) / "stock", Path(place) / "ours"
        stock.mkdir()
        name = make(stock, works)
        shutil.copytree(stock, ours)
        stock_seconds = run(stock, *nbgrader("autograde", name))
        our_seconds = run(ours, *course("grade", name, "-j", str(JOBS)))
        same = marks(stock, name) == marks(ours, name)
        ratio = stock_seconds / our_seconds
        print(f"{title}: nbgrader autograde {stock_seconds:.1f} s, course grade -j {JOBS} {our_seconds:.1f} s", end="")
        print(f", {ratio:.2f} times faster; {'the same marks' if same else 'MARKS DIFFER'}", flush=True)
        if without_sandbox:
            open_seconds = run(ours, *course("grade", name, "-j", str(JOBS), "--unsafe", "--again"))
            cost = (our_seconds - open_seconds) * JOBS / works
            print(f"{title}: without a sandbox {open_seconds:.1f} s, so it costs {cost:.3f} s a work", flush=True)
        if not same:
            raise SystemExit(1)
        return ratio


def main(chosen: list[str]) -> None:
    if not chosen or "light" in chosen:
        compare("20 light NumPy works", light_course, 20, without_sandbox=True)
    if not chosen or "torch" in chosen:
        compare(f"10 works of {LESSON}", torch_course, 10)


if __name__ == "__main__":
    main(sys.argv[1:])
