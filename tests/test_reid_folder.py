"""reid_folder: which images the lessons get, what it says, and that a half-drawn folder is never used."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from course_utils import reid_folder as module
from course_utils.market1501 import Market1501
from course_utils.reid_folder import cache_folder, reid_folder
from course_utils.standin import write_standin

SMALL = {"train_ids": 2, "test_ids": 2, "progress": False}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty cache, and no Market-1501."""
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "cache"))
    monkeypatch.delenv("MARKET1501_DIR", raising=False)
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    """A folder that looks like Market-1501."""
    return write_standin(tmp_path_factory.mktemp("own") / "Market-1501-v15.09.15", 2, 2, seed=9, progress=False)


def files(root):
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*.jpg")}


def test_the_students_own_copy_comes_first(market, monkeypatch, capsys, cache):
    monkeypatch.setenv("MARKET1501_DIR", str(market))
    assert reid_folder(**SMALL) == market
    assert capsys.readouterr().out == f"Data: Market-1501, in {market}.\n"
    assert not cache.exists()


def test_a_wrong_folder_is_an_error_with_its_cure_and_never_the_standin(market, monkeypatch, cache):
    for wrong, cure in ((market.parent, f"give {market} as root"), (market / "nowhere", "MARKET1501_DIR=none")):
        monkeypatch.setenv("MARKET1501_DIR", str(wrong))
        with pytest.raises(FileNotFoundError, match=cure) as error:
            reid_folder(**SMALL)
        assert "\n" not in str(error.value) and f"MARKET1501_DIR={wrong}" in str(error.value)
    assert not cache.exists()


def test_a_folder_without_queries_is_not_market1501(tmp_path, monkeypatch):
    (tmp_path / "bounding_box_train").mkdir()
    monkeypatch.setenv("MARKET1501_DIR", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="query"):
        reid_folder(**SMALL)


def test_the_standin_is_drawn_once_and_is_the_one_that_the_seed_means(cache, capsys, tmp_path, monkeypatch):
    root = reid_folder(**SMALL, seed=3)
    assert root.parent == cache
    assert files(root) == files(write_standin(tmp_path / "again", 2, 2, seed=3, progress=False))
    monkeypatch.setattr(module, "write_standin", None)  # a second drawing would stop with an error
    assert reid_folder(**SMALL, seed=3) == root
    assert capsys.readouterr().out == (
        "Data: drawn figures, 2 to train on and 2 to search for (MARKET1501_DIR is not set).\n" * 2
    )


def test_other_people_another_seed_and_another_drawing_program_have_their_own_folder(monkeypatch):
    one = reid_folder(**SMALL)
    assert reid_folder(**SMALL, seed=1) != one
    assert reid_folder(train_ids=3, test_ids=2, progress=False) != one
    monkeypatch.setattr(module.PIL, "__version__", "another")
    assert reid_folder(**SMALL) != one


def test_none_asks_for_the_standin(monkeypatch, capsys):
    monkeypatch.setenv("MARKET1501_DIR", "none")
    assert len(Market1501(reid_folder(**SMALL), "train").unique_ids) == 2
    assert "no Market-1501 asked for" in capsys.readouterr().out


def test_where_the_cache_is(monkeypatch):
    monkeypatch.setenv("COURSE_DATA", "/somewhere/else")
    assert cache_folder() == Path("/somewhere/else")
    monkeypatch.delenv("COURSE_DATA")
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    assert cache_folder() == Path("/caches/convolution-to-reid")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/ada")
    assert cache_folder() == Path("/home/ada/.cache/convolution-to-reid")


def test_a_cache_that_cannot_be_written_means_a_temporary_folder_that_goes_with_the_program(tmp_path):
    (tmp_path / "file").write_text("")
    program = "from course_utils.reid_folder import *; print(reid_folder(2, 2, progress=False))"
    run = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "COURSE_DATA": str(tmp_path / "file" / "cache"), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    root = Path(run.stdout.splitlines()[-1])
    assert root.is_relative_to(tmp_path) and not root.exists()


def test_two_programs_that_start_together_get_the_same_whole_folder(cache, monkeypatch):
    # given two that have both found the cache empty, and both draw
    both_draw = threading.Barrier(2, timeout=60)

    def draw_together(*arguments):
        both_draw.wait()
        return write_standin(*arguments)

    monkeypatch.setattr(module, "write_standin", draw_together)
    roots = []
    threads = [threading.Thread(target=lambda: roots.append(reid_folder(**SMALL))) for _ in range(2)]
    # when both finish
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # then both have the same one, and nothing else is left
    assert len(roots) == 2 and roots[0] == roots[1]
    assert list(cache.iterdir()) == [roots[0]]
    assert Market1501(roots[0], "gallery")


def test_an_interrupted_drawing_leaves_nothing(cache, monkeypatch):
    def stopped(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "write_standin", stopped)
    with pytest.raises(KeyboardInterrupt):
        reid_folder(**SMALL)
    assert list(cache.iterdir()) == []
