"""`course proof`: prove the checks. Right answers pass, wrong ones fail with a message that teaches, cheap ones fail.

tests/answers/NN_slug.py holds RIGHT and WRONG: for each exercise id a dict from a name to an answer. An answer takes
the place of what the answer cell defines; where a cell defines several names, it is a dict from name to object. Each
answer meets the check cell as the instructor's notebook runs it, hidden tests and all, in this process.
"""

import ast
import contextlib
import importlib.util
import io
import re
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import joblib

from course_admin.bank import cheap_answers
from course_admin.errors import CourseError
from course_admin.layout import lesson_scripts
from course_admin.lesson import Cell, Lesson, read_lesson

OWN = "the lesson's own solution"
LEAST_RIGHT, LEAST_WRONG = 2, 5
_HIDDEN = re.compile(r"^[^\n]*BEGIN HIDDEN TESTS.*?END HIDDEN TESTS[^\n]*$", re.DOTALL | re.MULTILINE)
_PARTS = ("given:", "expected:", "got:", "hint:")


@dataclass
class Result:
    """How one exercise's check did; `failures` holds a line for each answer that went the wrong way."""

    lesson: str
    exercise: str
    right: int = 0
    wrong: int = 0
    hidden_only: int = 0
    cheap: int = 0
    failures: list[str] = field(default_factory=list)


def prove(root: Path, chosen: list[str] | None = None) -> list[str]:
    """Prove the checks of the chosen lessons, side by side, print the table, and return the failures."""
    paths = lesson_scripts(root, chosen)
    jobs = max(1, min(len(paths), joblib.cpu_count()))
    # The last lessons take longest, so they start first and no core waits for them at the end.
    proved = joblib.Parallel(n_jobs=jobs)(joblib.delayed(_prove_script)(root, path) for path in reversed(paths))
    results = [result for of_lesson in reversed(proved) for result in of_lesson]
    print(f"{'lesson':26s} {'exercise':20s} {'right':>6s} {'wrong':>6s} {'(hidden)':>9s} {'cheap':>6s}")
    for one in results:
        counts = f"{one.right:6d} {one.wrong:6d} {one.hidden_only:9d} {one.cheap:6d}"
        print(f"{one.lesson:26s} {one.exercise:20s} {counts}{'' if not one.failures else '  FAILED'}")
    right, wrong, cheap = (sum(getattr(one, name) for one in results) for name in ("right", "wrong", "cheap"))
    print(
        f"{len(results)} exercises: {right} right answers accepted, {wrong} wrong and {cheap} cheap ones rejected; "
        "(hidden) counts the wrong ones that only hidden tests catch"
    )
    failures = [failure for one in results for failure in one.failures]
    for failure in failures:
        print(failure)
    return failures


def _prove_script(root: Path, path: Path) -> list[Result]:
    return prove_lesson(root, read_lesson(path))


def prove_lesson(root: Path, lesson: Lesson) -> list[Result]:
    """One Result per exercise of `lesson`. Raises CourseError where the answers file does not fit the lesson."""
    answers = load_answers(root / "tests" / "answers" / f"{lesson.name}.py")
    ids = [cell.id for cell in lesson.by_role("answer")]
    for table in ("RIGHT", "WRONG"):
        unknown = sorted(set(getattr(answers, table)) - set(ids))
        if unknown:
            raise CourseError(f"tests/answers/{lesson.name}.py: {table} names {unknown[0]!r}, not an exercise there")
    base = definitions(lesson)
    return [_prove_exercise(lesson, exercise, answers, base) for exercise in ids]


def load_answers(path: Path) -> ModuleType:
    if not path.is_file():
        raise CourseError(f"tests/answers/{path.name}: missing; every exercise needs right and wrong answers there")
    spec = importlib.util.spec_from_file_location(f"answers_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for table in ("RIGHT", "WRONG"):
        if not isinstance(getattr(module, table, None), dict):
            raise CourseError(f"tests/answers/{path.name}: has no dict {table}")
    return module


def definitions(lesson: Lesson) -> dict[str, Any]:
    """What the instructor's notebook defines: imports, functions, classes and literal constants, without running it."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for cell in lesson.code_cells:
        if cell.role == "check":
            continue
        try:
            exec(compile(defining(cell.source), f"{lesson.name} cell {cell.number}", "exec"), namespace)
        except NameError as error:
            raise CourseError(
                f"lessons/{lesson.name}.py, {cell.title}: {error}; a default or decorator needs a value that the proof "
                "does not compute: use a literal, or compute it inside the function"
            ) from error
    return namespace


def defining(source: str) -> ast.Module:
    """The part of a cell that only defines: imports, functions, classes and literal constants."""
    tree = ast.parse(_without_magics(source))
    tree.body = [node for node in tree.body if _defines(node)]
    return tree


def _without_magics(source: str) -> str:
    return "\n".join("pass" if line.startswith(("%", "!")) else line for line in source.splitlines())


def _defines(node: ast.stmt) -> bool:
    if isinstance(node, ast.Assign) and all(isinstance(target, ast.Name) for target in node.targets):
        try:
            ast.literal_eval(node.value)
        except ValueError:
            return False
        return True
    return isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef))


def defined_names(cell: Cell) -> list[str]:
    body = ast.parse(cell.source).body
    return [node.name for node in body if isinstance(node, (ast.FunctionDef, ast.ClassDef))]


def _prove_exercise(lesson: Lesson, exercise: str, answers: ModuleType, base: dict[str, Any]) -> Result:
    answer_cell = next(cell for cell in lesson.by_role("answer") if cell.id == exercise)
    check_cell = next(cell for cell in lesson.by_role("check") if cell.id == exercise)
    names = defined_names(answer_cell)
    own = base[names[0]] if len(names) == 1 else {name: base[name] for name in names}
    right = {OWN: own} | answers.RIGHT.get(exercise, {})
    wrong = answers.WRONG.get(exercise, {})
    result = Result(lesson.name, exercise)

    def judge(answer: Any, source: str) -> str | None:
        bound = answer if isinstance(answer, dict) and len(names) > 1 else {names[0]: answer}
        return run_check(source, base | bound)

    def failed(kind: str, name: str, why: str):
        result.failures.append(f"{lesson.name}, {exercise}: {kind} {name!r} {why}")

    for name, answer in right.items():
        message = judge(answer, check_cell.source)
        if message is None:
            result.right += 1
        else:
            failed("right answer", name, f"was rejected: {' '.join(message.split())}")
    for name, answer in wrong.items():
        fault = _fault(judge(answer, check_cell.source))
        if fault:
            failed("wrong answer", name, fault)
        else:
            result.wrong += 1
            result.hidden_only += judge(answer, _HIDDEN.sub("", check_cell.source)) is None
    if len(names) == 1:
        for name, answer in cheap_answers(own):
            fault = _fault(judge(answer, check_cell.source))
            if fault:
                failed("cheap", name, fault)
            else:
                result.cheap += 1
    for kind, table, least in (("right", answers.RIGHT, LEAST_RIGHT), ("wrong", answers.WRONG, LEAST_WRONG)):
        count = len(table.get(exercise, {}))
        if count < least:
            result.failures.append(f"{lesson.name}, {exercise}: {count} {kind} answers, at least {least} are needed")
    return result


def _fault(message: str | None) -> str:
    """What is wrong with the way in which an answer was rejected; "" where the message has all four parts."""
    if message is None:
        return "was accepted"
    if all(part in message for part in _PARTS):
        return ""
    return f"was rejected without the four parts of a message: {' '.join(message.split())[:200]}"


def run_check(source: str, namespace: dict[str, Any]) -> str | None:
    """Run a check cell. None means passed; else the message of the error, with its type where it is no check's own."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            exec(source, dict(namespace))
    except AssertionError as error:
        return str(error) or "an assertion without a message"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None
