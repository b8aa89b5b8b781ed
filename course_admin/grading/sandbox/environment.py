"""What a student's kernel finds around it: environment variables, packages of the course, files of its folder."""

import importlib.util
import os
from pathlib import Path

from course_admin.grading.records import Limits
from course_admin.outputs import RUN_ENVIRONMENT

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "COURSE_THREADS")
TENSORFLOW_THREADS = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")


def environment(scratch: str, cuda: bool) -> dict[str, str]:
    """A clean environment: nothing of the grader's own. Each kernel counts on one thread, many run side by side."""
    home = f"{scratch}/home"
    values = {
        "PATH": f"{os.path.dirname(os.path.abspath(os.sys.executable))}:/usr/bin:/bin",
        "HOME": home,
        "TMPDIR": f"{scratch}/tmp",
        "MPLCONFIGDIR": f"{home}/.config/matplotlib",
        "IPYTHONDIR": f"{home}/.ipython",
        "LANG": "C.UTF-8",
        "USER": "student",
        "LOGNAME": "student",
        "PYTHONDONTWRITEBYTECODE": "1",
        **dict.fromkeys((*THREADS, *TENSORFLOW_THREADS), "1"),
        **RUN_ENVIRONMENT,
    }
    if cuda:
        del values["COURSE_DEVICE"]
        values.update({name: os.environ[name] for name in ("CUDA_VISIBLE_DEVICES",) if name in os.environ})
    else:
        values["CUDA_VISIBLE_DEVICES"] = ""
    return values


def packages() -> list[Path]:
    """course_utils, of the course in the current folder or as installed; a list, empty where the course has none."""
    here = Path.cwd() / "course_utils"
    if (here / "__init__.py").is_file():
        return [here]
    found = importlib.util.find_spec("course_utils")
    return [Path(found.origin).parent] if found and found.origin else []


def small_files(folder: Path, limits: Limits) -> dict[str, bytes]:
    """The regular files of a folder and of the folders in it, links left out, until the scratch folder is half full."""
    files: dict[str, bytes] = {}
    room = limits.scratch // 2
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not os.path.islink(os.path.join(place, name)))
        for name in sorted(names):
            path = Path(place, name)
            if path.is_symlink() or not path.is_file() or path.stat().st_size > min(room, limits.file_size):
                continue
            files[str(path.relative_to(folder))] = path.read_bytes()
            room -= len(files[str(path.relative_to(folder))])
    return files
