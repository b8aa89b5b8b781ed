"""The digits: which ones, how they look, and what is said when a file is damaged or there is no network."""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from course_utils import data
from course_utils.data import MNIST_FILES, load_digits
from course_utils.idx import reachable, require_whole
from tiny_mnist import write_idx

SHARED = Path(os.environ.get("MNIST_10K", Path(__file__).resolve().parents[2] / "shared" / "data" / "mnist-10k"))
needs_mnist = pytest.mark.skipif(not SHARED.is_dir(), reason=f"no real MNIST images in {SHARED}")


@pytest.fixture
def folder(tmp_path) -> Path:
    """A tiny MNIST: six training and three test images in torchvision's layout."""
    rng = np.random.default_rng(0)
    for split, n in (("train", 6), ("test", 3)):
        images, labels = MNIST_FILES[split]
        write_idx(tmp_path / "MNIST" / "raw" / images, rng.integers(0, 256, (n, 28, 28)))
        write_idx(tmp_path / "MNIST" / "raw" / labels, np.arange(n) % 10)
    return tmp_path


def assert_well_formed(digits, n_train, n_test):
    for x, y, n in ((digits.x_train, digits.y_train, n_train), (digits.x_test, digits.y_test, n_test)):
        assert x.shape == (n, 28, 28) and x.dtype == np.float32
        assert y.shape == (n,) and y.dtype == np.int64
        assert x.min() >= 0 and x.max() <= 1 and x.max() > 0.9
        assert set(y.tolist()) <= set(range(10))


def test_without_mnist_the_built_in_digits_are_used_and_named(tmp_path, capsys):
    digits = load_digits(tmp_path)
    assert_well_formed(digits, 1437, 360)
    said = capsys.readouterr().out
    assert said.count("\n") == 1
    assert "built-in digits of scikit-learn (no MNIST in" in said and "1,437 training and 360 test" in said


def test_the_same_seed_gives_the_same_split_and_another_seed_another(tmp_path):
    one, same, other = load_digits(tmp_path, seed=3), load_digits(tmp_path, seed=3), load_digits(tmp_path, seed=4)
    assert np.array_equal(one.x_test, same.x_test)
    assert not np.array_equal(one.y_test, other.y_test)
    counts = np.bincount(one.y_test)
    assert counts.min() >= 33 and counts.max() <= 38  # every digit is drawn in proportion


def test_no_image_is_in_both_halves(tmp_path):
    digits = load_digits(tmp_path)
    train = {image.tobytes() for image in digits.x_train}
    # the set itself holds a few pairs of equal images; a leak of the split would show hundreds
    assert sum(image.tobytes() in train for image in digits.x_test) <= 2


def test_mnist_is_read_where_it_is(folder, capsys):
    digits = load_digits(folder)
    assert_well_formed(digits, 6, 3)
    raw = (folder / "MNIST" / "raw" / MNIST_FILES["train"][0]).read_bytes()[16 : 16 + 784]
    assert np.allclose(digits.x_train[0].ravel() * 255, np.frombuffer(raw, np.uint8))
    assert capsys.readouterr().out == "Data: MNIST, 6 training and 3 test images of 28 x 28.\n"


def test_the_folder_comes_from_the_environment(folder, monkeypatch):
    monkeypatch.setenv("MNIST_DIR", str(folder))
    assert load_digits().source == "MNIST"
    monkeypatch.setenv("MNIST_DIR", "none")
    assert "no MNIST asked for" in load_digits().source


@needs_mnist
def test_the_shared_mnist_images_are_read():
    digits = load_digits(SHARED)
    assert_well_formed(digits, 8500, 1500)
    assert digits.source == "MNIST"


def _cut(path):
    path.write_bytes(path.read_bytes()[:-1])


def _overlong(path):
    path.write_bytes(path.read_bytes() + b"\0")


DAMAGE = {
    "cut short": (_cut, "bytes instead of"),
    "too long": (_overlong, "bytes instead of"),
    "an error page": (lambda path: path.write_text("<html>not found</html>"), "not an MNIST file"),
    "empty": (lambda path: path.write_bytes(b""), "not an MNIST file (it begins with nothing)"),
    "header only half there": (lambda path: path.write_bytes(path.read_bytes()[:6]), "cut off after 6 bytes"),
    "missing": (lambda path: path.unlink(), "missing beside the other MNIST files"),
}


@pytest.mark.parametrize("name", [name for names in MNIST_FILES.values() for name in names])
@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_named_with_its_cure(folder, damage, name):
    # given MNIST with one file damaged, when it is loaded, then one line names file, damage and cure
    spoil, message = DAMAGE[damage]
    path = folder / "MNIST" / "raw" / name
    spoil(path)
    with pytest.raises(ValueError) as error:
        load_digits(folder)
    said = str(error.value)
    assert str(path) in said and message in said and "python -m course_utils.data" in said
    assert "\n" not in said


def test_images_and_labels_that_do_not_fit_are_refused(folder):
    write_idx(folder / "MNIST" / "raw" / MNIST_FILES["test"][1], np.zeros(4))
    with pytest.raises(ValueError, match=r"holds 3 images but .* 4 labels"):
        load_digits(folder)


def test_without_a_network_a_download_falls_back_and_says_so(tmp_path, monkeypatch, capsys):
    # given a server that refuses the connection
    monkeypatch.setattr(data, "MNIST_HOST", "127.0.0.1")
    # when MNIST is asked for, then the built-in digits come at once
    digits = load_digits(tmp_path, download=True)
    assert "no network" in digits.source
    assert "no network" in capsys.readouterr().out
    assert not (tmp_path / "MNIST").exists()


def test_a_name_look_up_that_hangs_is_not_waited_for(monkeypatch):
    release = []
    monkeypatch.setattr("socket.create_connection", lambda *_, **__: _wait_until(release))
    assert not reachable("example.invalid", seconds=0.05)
    assert release == []  # it came back although the look-up has not
    release.append(True)


def _wait_until(flag):
    while not flag:
        time.sleep(0.01)
    raise OSError


def test_a_download_that_breaks_off_is_reported(tmp_path, monkeypatch):
    from course_utils.vision import torchvision

    def broken(*_, **__):
        raise RuntimeError("Error downloading train-images-idx3-ubyte.gz")

    monkeypatch.setattr(data, "reachable", lambda *_, **__: True)
    monkeypatch.setattr(torchvision.datasets, "MNIST", broken)
    assert "the download failed: Error downloading" in load_digits(tmp_path, download=True).source


def test_a_whole_file_is_counted(folder):
    assert require_whole(folder / "MNIST" / "raw" / MNIST_FILES["train"][0]) == 6


def test_the_module_as_a_command_says_what_is_wrong_in_one_line(folder):
    _cut(folder / "MNIST" / "raw" / MNIST_FILES["train"][0])
    run = subprocess.run(
        [sys.executable, "-m", "course_utils.data"],
        env={**os.environ, "MNIST_DIR": str(folder)},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 2
    assert run.stderr.count("\n") == 1 and "bytes instead of" in run.stderr


def test_the_data_set_of_persons_is_found_here_too():
    from course_utils.data import Market1501
    from course_utils.market1501 import Market1501 as original

    assert Market1501 is original
    with pytest.raises(AttributeError, match="no attribute 'Market1502'"):
        data.Market1502  # noqa: B018


def test_the_digits_do_not_load_torch():
    program = "import sys, course_utils, course_utils.data; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0
