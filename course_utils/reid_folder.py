"""Where the person images of lessons 11 to 13 lie: Market-1501 where you have it, else a stand-in, drawn once and kept.

Market-1501 is not ours to hand out: ask its authors for it (Zheng et al., ICCV 2015). Nothing is ever downloaded.
"""

import atexit
import hashlib
import os
import shutil
import tempfile
from pathlib import Path

import PIL

from course_utils.market1501 import FOLDERS, split_folder
from course_utils.standin import write_standin


def reid_folder(train_ids: int = 60, test_ids: int = 60, seed: int = 0, progress: bool = True) -> Path:
    """The folder that holds bounding_box_train, query and bounding_box_test; one printed line says whose images.

    With MARKET1501_DIR set, that folder. Without it, or with MARKET1501_DIR=none, the stand-in of so many people: it is
    drawn the first time (about 15 seconds) and kept in `cache_folder()`, or in a temporary folder where nothing can be
    written there. Programs that start together do not disturb each other.
    Raises FileNotFoundError, with the cure, when MARKET1501_DIR names something that is not Market-1501.
    """
    chosen = os.environ.get("MARKET1501_DIR") or "none"
    if chosen != "none":
        root = _require_whole(Path(chosen).expanduser())
        print(f"Data: Market-1501, in {root}.")
        return root
    root = _kept_standin(train_ids, test_ids, seed, progress)
    why = "no Market-1501 asked for" if os.environ.get("MARKET1501_DIR") else "MARKET1501_DIR is not set"
    print(f"Data: drawn figures, {train_ids} to train on and {test_ids} to search for ({why}).")
    return root


def cache_folder() -> Path:
    """Where drawn images are kept: COURSE_DATA, else convolution-to-reid in XDG_CACHE_HOME, else in ~/.cache."""
    own = os.environ.get("COURSE_DATA")
    shared = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(own or Path(shared) / "convolution-to-reid").expanduser()


def _require_whole(root):
    try:
        for split in FOLDERS:
            split_folder(root, split)
    except FileNotFoundError as error:
        raise FileNotFoundError(f"MARKET1501_DIR={root}: {error}; or set MARKET1501_DIR=none") from None
    return root


def _kept_standin(train_ids, test_ids, seed, progress):
    name = f"standin-{train_ids}-{test_ids}-{seed}-{_version()}"
    kept = cache_folder() / name
    if kept.is_dir():
        return kept
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        drawn = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=kept.parent))
    except OSError:  # a home that cannot be written, or none
        kept, drawn = None, Path(tempfile.mkdtemp(prefix="market1501-"))
        atexit.register(shutil.rmtree, drawn, ignore_errors=True)
    try:
        root = write_standin(drawn / name, train_ids, test_ids, seed, progress)
        return _keep(root, kept) if kept else root
    finally:
        if kept:
            shutil.rmtree(drawn, ignore_errors=True)


def _keep(root, kept):
    """Move a whole stand-in to where it is looked for, unless another program was first: its files are the same."""
    try:
        os.replace(root, kept)
    except OSError:
        if not kept.is_dir():
            raise
    return kept


def _version():
    """Another drawing program or another Pillow draws other bytes, so its stand-in has another name."""
    parts = [path.read_bytes() for path in sorted(Path(__file__).parent.glob("standin*.py"))]
    return hashlib.sha256(b"".join([*parts, PIL.__version__.encode()])).hexdigest()[:8]
