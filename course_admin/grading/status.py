"""The record that grading keeps of every submission: grading/NAME/STUDENT.json and STUDENT.log."""

import contextlib
import hashlib
import json
import os
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

from course_admin.grading.records import Assignment, Limits, Options, Submission

ENGINE = 4  # raise it when a change of the grader can change marks: everybody is graded again
_SAFE = re.compile(r"[^/\0\x01-\x1f\x7f]{1,120}")


def safe_name(student: str) -> str:
    """The student's id as the stem of a file name; the id itself wherever it can be one."""
    text = student.encode("utf-8", "replace").decode()
    if text == student and _SAFE.fullmatch(student) and student not in (".", "..") and len(student.encode()) <= 200:
        return student
    readable = re.sub(r"[^\w-]", "_", text)[:60]
    return f"{readable}-{hashlib.sha256(student.encode('utf-8', 'surrogateescape')).hexdigest()[:12]}"


def folder(root: Path, assignment: str) -> Path:
    return root / "grading" / assignment


def key(assignment: Assignment, submission: Submission, limits: Limits, options: Options) -> str:
    """What a mark depends on; as long as it stays the same, a submission is not run again."""
    parts = [ENGINE, assignment.digest, submission.digest, asdict(limits), options.cuda]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def read(root: Path, assignment: str, student: str) -> dict[str, Any]:
    """The status file; empty where there is none that can be read."""
    try:
        status = json.loads((folder(root, assignment) / f"{safe_name(student)}.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return status if isinstance(status, dict) else {}


def write(root: Path, assignment: str, student: str, status: dict[str, Any], log: str) -> None:
    """The log first: a status file says that everything about a submission is there."""
    replace(folder(root, assignment) / f"{safe_name(student)}.log", log.encode("utf-8", "replace"))
    write_status(root, assignment, student, status)


def write_status(root: Path, assignment: str, student: str, status: dict[str, Any]) -> None:
    text = json.dumps(status, indent=1, ensure_ascii=False)
    replace(folder(root, assignment) / f"{safe_name(student)}.json", text.encode("utf-8", "replace") + b"\n")


def replace(path: Path, content: bytes) -> None:
    """Write to another name, then move: whoever reads, or is killed in between, never meets half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        temporary.write_bytes(content)
        os.replace(temporary, path)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
