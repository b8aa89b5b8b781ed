"""The stand-in: Market-1501's files in small, hard enough to teach, the same for the same seed."""

import os
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from course_utils import standin
from course_utils.evaluation import evaluate_rank
from course_utils.market1501 import Market1501
from course_utils.standin import main, write_standin
from course_utils.standin_plan import GALLERY, QUERY, TRAIN, plan

FOLDERS = (TRAIN, QUERY, GALLERY)


def contents(root):
    return {path.relative_to(root): path.read_bytes() for path in sorted(root.rglob("*.jpg"))}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return write_standin(tmp_path_factory.mktemp("small") / "market", 4, 4, seed=1, progress=False)


@pytest.fixture(scope="module")
def test_half(tmp_path_factory):
    """Few people to train on and the 60 to search for that the numbers of hardness speak of."""
    root = write_standin(tmp_path_factory.mktemp("hard") / "market", 2, 60, seed=0, progress=False)
    query, gallery = (Market1501(root, split, transform=np.asarray) for split in ("query", "gallery"))
    images = [np.stack([split[i][0] for i in range(len(split))]) for split in (query, gallery)]
    return images, (query.person_ids, gallery.person_ids, query.camera_ids, gallery.camera_ids)


def rank1(features, labels):
    query, gallery = (np.asarray(part, dtype=np.float32).reshape(len(part), -1) / 256 for part in features)
    squared = (query**2).sum(axis=1)[:, None] + (gallery**2).sum(axis=1) - 2 * query @ gallery.T
    return evaluate_rank(squared, *labels).rank1


def chance(labels, repeats=5):
    rng = np.random.default_rng(0)
    shape = len(labels[0]), len(labels[1])
    return np.mean([evaluate_rank(rng.random(shape), *labels).rank1 for _ in range(repeats)])


# What is in the folders


def test_images_are_market1501s_size_and_format(small):
    for folder in FOLDERS:
        for path in (small / folder).iterdir():
            with Image.open(path) as image:
                assert (image.size, image.mode, image.format) == ((64, 128), "RGB", "JPEG")


def test_nothing_is_skipped_or_misread(small):
    for split, folder in (("train", TRAIN), ("query", QUERY), ("gallery", GALLERY)):
        data = Market1501(small, split)
        assert data.skipped == []
        assert len(data) + data.junk_dropped == len(os.listdir(small / folder))
        assert set(data.camera_ids.tolist()) <= set(range(1, 7))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_plan_keeps_the_protocol(seed):
    shots = plan(60, 60, seed)
    assert len({(shot.folder, shot.name) for shot in shots}) == len(shots)
    train, query, gallery = ([s for s in shots if s.folder == folder] for folder in FOLDERS)
    train_ids, query_ids = {s.person_id for s in train}, {s.person_id for s in query}
    assert (len(train_ids), len(query_ids)) == (60, 60)
    assert not train_ids & query_ids
    assert {s.person_id for s in gallery} == query_ids | {-1, 0}
    assert max(Counter((s.person_id, s.camera) for s in query).values()) == 1
    seen = {(s.person_id, s.camera) for s in gallery}
    for shot in query:  # each has a true match in another camera, and same-camera images to ignore
        assert (shot.person_id, shot.camera) in seen
        assert any(person == shot.person_id and camera != shot.camera for person, camera in seen)
    assert not {s.name for s in query} & {s.name for s in gallery}


def test_the_plan_has_market1501s_proportions():
    shots = plan(200, 200, 0)
    kinds = Counter(np.sign(s.person_id) for s in shots if s.folder == GALLERY)
    assert kinds[-1] / kinds[1] == pytest.approx(3819 / 13115, abs=0.01)
    assert kinds[0] / kinds[1] == pytest.approx(2798 / 13115, abs=0.01)
    images = Counter(s.person_id for s in shots if s.folder == TRAIN)
    assert 15 < np.mean(list(images.values())) < 20
    few = sorted(n for n in images.values() if n < 4)
    assert few == [2] * 10 + [3] * 10
    assert any(s.name.endswith(".jpg.jpg") for s in shots if s.folder == QUERY)


def test_same_seed_same_bytes_and_another_seed_other_people(small, tmp_path):
    again = write_standin(tmp_path / "again", 4, 4, seed=1, progress=False)
    assert contents(again) == contents(small)
    assert plan(4, 4, seed=1) != plan(4, 4, seed=2)


# How hard it is


def test_raw_pixels_find_some_people_but_not_most(test_half):
    assert 0.15 <= rank1(*test_half) <= 0.45


@pytest.mark.parametrize("cast_removed", [False, True])
def test_colour_histograms_do_not_solve_it(test_half, cast_removed, bins=4):
    def histogram(images):
        images = images[:, ::2, ::2].astype(np.float32)
        if cast_removed:  # give each image the same mean and spread of every colour
            images = (images - images.mean((1, 2), keepdims=True)) / images.std((1, 2), keepdims=True)
            images = np.clip(128 + 50 * images, 0, 255)
        levels = (images * bins / 256).astype(int)
        cells = levels @ np.array([bins * bins, bins, 1])
        return np.sqrt([np.bincount(cell.ravel(), minlength=bins**3) for cell in cells])

    images, labels = test_half
    assert rank1([histogram(part) for part in images], labels) < 0.60


def test_camera_and_background_alone_are_at_chance(test_half):
    images, labels = test_half
    by_chance = chance(labels)
    cameras = [np.eye(7)[labels[2]], np.eye(7)[labels[3]]]
    jitter = np.random.default_rng(0)
    cameras = [part + 1e-3 * jitter.random(part.shape) for part in cameras]
    assert rank1(cameras, labels) <= by_chance + 0.03
    edges = [np.concatenate([part[:, :, :5], part[:, :, -5:]], axis=2) for part in images]
    assert rank1(edges, labels) <= by_chance + 0.03


def test_cameras_have_their_own_light_and_sharpness(test_half):
    (_, gallery), (_, _, _, cameras) = test_half
    colours = np.stack([gallery[cameras == c].mean((0, 1, 2)) for c in range(1, 7)])
    apart = np.abs(colours[:, None] - colours[None]).max(axis=2) + 1000 * np.eye(6)
    assert apart.min() > 2
    grey = gallery.astype(np.float32).mean(axis=3)
    edges = [np.abs(np.diff(grey[cameras == c], n=2, axis=2)).mean() for c in range(1, 7)]
    assert min(edges[:5]) > edges[5]


# The command


def test_command_writes_and_reports(tmp_path, capsys):
    out = tmp_path / "new" / "market"
    assert main([str(out), "--train-ids", "2", "--test-ids", "2", "--seed", "3"]) == 0
    assert f"{out}: bounding_box_train " in capsys.readouterr().out
    assert sorted(path.name for path in out.iterdir()) == sorted(FOLDERS)
    assert [path.name for path in out.parent.iterdir()] == ["market"]


def test_an_empty_folder_may_be_named(tmp_path):
    assert write_standin(tmp_path, 2, 2, progress=False) == tmp_path


def test_a_folder_with_something_in_it_is_refused_with_one_line(tmp_path):
    (tmp_path / "mine.txt").write_text("keep me")
    command = [sys.executable, "-m", "course_utils.standin", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [f"standin: {tmp_path} is not empty; name a new folder, or empty this one first"]
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--train-ids", "1"], "train_ids is 1"),
        (["--test-ids", "0"], "test_ids is 0"),
        (["--seed", "-1"], "seed is -1"),
        (["--train-ids", "9000", "--test-ids", "1000"], "room for 9999"),
    ],
)
def test_bad_numbers_are_refused(tmp_path, capsys, arguments, message):
    assert main([str(tmp_path / "out"), *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error and len(error.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_way_is_refused(tmp_path, capsys):
    (tmp_path / "out").write_text("x")
    assert main([str(tmp_path / "out")]) == 2
    assert "is a file" in capsys.readouterr().err


@pytest.mark.parametrize(("accident", "code"), [(KeyboardInterrupt, 130), (OSError("disk full"), 2)])
def test_an_interrupted_run_leaves_nothing(tmp_path, capsys, monkeypatch, accident, code):
    taken = []

    def take(*arguments):
        taken.append(arguments)
        if len(taken) == 5:
            raise accident
        return Image.new("RGB", (64, 128))

    monkeypatch.setattr(standin, "take", take)
    assert main([str(tmp_path / "out"), "--train-ids", "2", "--test-ids", "2"]) == code
    assert list(tmp_path.iterdir()) == []
    assert capsys.readouterr().err.splitlines()[-1].startswith("standin: ")
