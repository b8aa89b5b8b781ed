"""Market1501: what it reads from names, what it leaves out and counts, and how it answers to broken folders."""

import shutil

import numpy as np
import pytest
from PIL import Image

from course_utils.market1501 import Market1501
from course_utils.standin import write_standin


@pytest.fixture(scope="module")
def standin(tmp_path_factory):
    return write_standin(tmp_path_factory.mktemp("data") / "market", 3, 3, seed=4, progress=False)


def folder_with(root, names, split="bounding_box_test"):
    (root / split).mkdir(parents=True)
    for name in names:
        Image.new("RGB", (64, 128), (200, 30, 30)).save(root / split / name, format="JPEG")
    return root


@pytest.mark.parametrize(
    ("path", "person", "camera"),
    [
        ("0002_c1s1_000451_03.jpg", 2, 1),
        ("-1_c3s2_109568_04.jpg", -1, 3),
        ("0000_c6s4_002977_10.jpg", 0, 6),
        ("1488_c1s6_023021_00.jpg.jpg", 1488, 1),
        ("/data/12_c3/0007_c5/0042_c2s3_000001_01.jpg", 42, 2),
        (r"C:\data\12_c3s1\0042_c2s3_000001_01.jpg", 42, 2),
        ("0042_c12s3_000001_01.JPG", 42, 12),
    ],
)
def test_person_and_camera_come_from_the_file_name_alone(path, person, camera):
    assert Market1501.get_id(path) == person
    assert Market1501.get_camera(path) == camera


@pytest.mark.parametrize(
    "name", ["cat.jpg", "._0002_c1s1_000451_03.jpg", "0002_c1s1_000451_03.jpg.jpg.jpg", "2_c1s1_000451_03.jpg"]
)
def test_a_name_that_cannot_be_read_is_an_error_and_not_lost(tmp_path, name):
    root = folder_with(tmp_path, ["0001_c1s1_000001_01.jpg", name])
    with pytest.raises(ValueError, match=r"PPPP_cCsS_FFFFFF_BB\.jpg") as error:
        Market1501(root, "gallery")
    assert str(tmp_path) in str(error.value) and name in str(error.value)


def test_junk_is_left_out_and_counted_and_distractors_stay(tmp_path):
    names = ["0003_c1s1_000001_01.jpg", "-1_c1s1_000002_01.jpg", "0000_c2s1_000003_01.jpg", "0001_c2s1_000004_01.jpg"]
    root = folder_with(tmp_path, names)
    gallery = Market1501(root, "gallery")
    assert gallery.person_ids.tolist() == [0, 1, 3]
    assert gallery.unique_ids == [0, 1, 3] and gallery.labels.tolist() == [0, 1, 2]
    assert gallery.junk_dropped == 1 and "junk left out: 1" in repr(gallery)
    everything = Market1501(root, "gallery", keep_junk=True)
    assert len(everything) == 4 and everything.unique_ids == [-1, 0, 1, 3] and everything.junk_dropped == 0


def test_files_that_end_jpg_jpg_are_kept(tmp_path):
    names = ["1488_c1s6_023021_00.jpg.jpg", "1488_c2s6_023021_00.jpg"]
    assert len(Market1501(folder_with(tmp_path, names, "query"), "query")) == 2


def test_other_files_are_skipped_counted_and_reported(tmp_path):
    root = folder_with(tmp_path, ["0001_c1s1_000001_01.jpg"])
    (root / "bounding_box_test" / "Thumbs.db").write_bytes(b"x")
    (root / "bounding_box_test" / "more.jpg").mkdir()
    with pytest.warns(UserWarning, match=r"2 entries .*Thumbs\.db"):
        gallery = Market1501(root, "gallery")
    assert gallery.skipped == ["Thumbs.db", "more.jpg"]
    assert len(gallery) == 1


def test_items_and_attributes_agree(standin):
    train = Market1501(standin, "train")
    assert train.imgs == sorted(train.imgs)
    assert train.unique_ids == sorted(set(train.person_ids.tolist()))
    for i in (0, len(train) // 2, -1):
        image, label, person_id, camera_id = train[i]
        assert image.size == (64, 128) and image.mode == "RGB"
        assert (person_id, camera_id) == (train.get_id(train.imgs[i]), train.get_camera(train.imgs[i]))
        assert train.unique_ids[label] == person_id


def test_a_grey_file_becomes_three_colours(tmp_path):
    root = folder_with(tmp_path, ["0001_c1s1_000001_01.jpg"])
    Image.new("L", (64, 128), 90).save(root / "bounding_box_test" / "0001_c1s1_000001_01.jpg")
    image = Market1501(root, "gallery")[0][0]
    assert image.mode == "RGB" and image.getpixel((3, 5)) == (90, 90, 90)


def test_transform_is_applied(standin):
    query = Market1501(standin, split="query", transform=np.asarray)
    assert query[0][0].shape == (128, 64, 3)


def test_missing_folder_names_the_path_and_the_cure(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"bounding_box_train.*course_utils\.standin"):
        Market1501(tmp_path)


def test_a_root_one_level_too_high_is_pointed_out(standin):
    with pytest.raises(FileNotFoundError, match=f"give {standin} as root"):
        Market1501(standin.parent)


def test_empty_folder_and_unknown_split(tmp_path):
    with pytest.raises(ValueError, match="holds no image"):
        Market1501(folder_with(tmp_path, []), "gallery")
    with pytest.raises(ValueError, match="split is 'test'"):
        Market1501(tmp_path, "test")


@pytest.mark.parametrize("kept_bytes", [0, 10, 700])
def test_a_truncated_jpeg_names_its_path(tmp_path, standin, kept_bytes):
    root = shutil.copytree(standin, tmp_path / "copy")
    query = Market1501(root, "query")
    with open(query.imgs[0], "r+b") as file:
        file.truncate(kept_bytes)
    with pytest.raises(ValueError, match="not a whole JPEG") as error:
        query[0]
    assert query.imgs[0] in str(error.value)
    assert query[1][0].size == (64, 128)


def test_a_file_that_has_gone_names_its_path(tmp_path):
    gallery = Market1501(folder_with(tmp_path, ["0001_c1s1_000001_01.jpg"]), "gallery")
    shutil.rmtree(tmp_path / "bounding_box_test")
    with pytest.raises(FileNotFoundError, match="0001_c1s1_000001_01"):
        gallery[0]
