"""The person search end to end: network, loss, training that survives a kill, evaluation, two processes."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from course_utils import reid
from course_utils.device import Settings
from course_utils.losses import TripletLoss
from course_utils.reid_batches import Workers, learning_rate
from course_utils.reid_checkpoint import RECIPES, Recipe, fill, load_checkpoint
from course_utils.reid_model import ReIDNetwork, load_pretrained
from course_utils.reid_search import Side, embed, search
from course_utils.reid_training import ReIDLoss, train
from course_utils.standin import write_standin

CPU = Settings("cpu", "quick", "off", False, 1, "CPU")
TINY = Recipe(backbone="resnet18", size=(32, 16), epochs=2, p=3, k=2, embedding_size=8)


def people(n_people=4, images=4, seed=0):
    """One colour for each person, with noise: (n, 3, 32, 16) uint8 and labels."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(n_people), images)
    colours = np.random.default_rng(7).integers(20, 235, (n_people, 3, 1, 1))[labels]
    noisy = colours + rng.normal(0, 12, (len(labels), 3, 32, 16))
    return torch.from_numpy(np.clip(noisy, 0, 255).astype(np.uint8)), labels


def run(checkpoint, recipe=TINY, seed=5, log=None):
    return train(*people(), recipe, seed, CPU, checkpoint, log, progress=False)


def assert_same_weights(one, other):
    for (name, a), b in zip(one.state_dict().items(), other.state_dict().values(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-6, msg=name)


@pytest.fixture(scope="module")
def standin(tmp_path_factory):
    return write_standin(tmp_path_factory.mktemp("data") / "market", 3, 3, seed=4, progress=False)


# Network and loss


@pytest.mark.parametrize("bnneck", [True, False])
def test_outputs_come_in_the_practicals_order(bnneck):
    network = ReIDNetwork(classes=5, embedding_size=7, bnneck=bnneck).eval()
    concatenation, logits, embedding = network(torch.randn(2, 3, 64, 32))
    assert logits.shape == (2, 5) and embedding.shape == (2, 7)
    assert torch.equal(concatenation, torch.cat([embedding, logits], dim=1))


@pytest.mark.parametrize("change", [{"backbone": "vgg"}, {"classes": 1}, {"embedding_size": 0}])
def test_a_network_that_cannot_be_built_is_refused(change):
    with pytest.raises(ValueError, match=next(iter(change))):
        ReIDNetwork(**{"classes": 5, **change})


def test_pretrained_weights_are_used_when_on_disk_and_never_fetched(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    network = ReIDNetwork(classes=3)
    assert "starts from scratch" in load_pretrained(network, "resnet18")
    from torchvision import models

    saved = models.resnet18(weights=None)
    (tmp_path / "checkpoints").mkdir()
    name = models.ResNet18_Weights.DEFAULT.url.rsplit("/", 1)[-1]
    torch.save(saved.state_dict(), tmp_path / "checkpoints" / name)
    assert "starts from the ImageNet weights" in load_pretrained(network, "resnet18")
    assert torch.equal(network.backbone.conv1.weight, saved.conv1.weight)


def test_loss_is_the_weighted_sum_of_its_parts():
    torch.manual_seed(0)
    logits, embedding, labels = torch.randn(6, 3), torch.randn(6, 4), torch.tensor([0, 0, 1, 1, 2, 2])
    total, identity, triplet = ReIDLoss(0.3, 0.5, 0.1)((torch.empty(6, 0), logits, embedding), labels)
    assert total.item() == pytest.approx(identity.item() + 0.5 * triplet.item())
    smooth = torch.full((6, 3), 0.1 / 3)
    smooth[torch.arange(6), labels] += 0.9
    assert identity.item() == pytest.approx(-(smooth * logits.log_softmax(1)).sum(1).mean().item())
    assert triplet.item() == pytest.approx(TripletLoss(0.3)(embedding, labels).item())


def test_learning_rate_rises_then_falls_to_nothing():
    rates = [learning_rate(step, 100, 0.01) for step in range(100)]
    assert np.argmax(rates) in (19, 20) and max(rates) == pytest.approx(0.01)
    assert (np.diff(rates[:20]) > 0).all() and (np.diff(rates[20:]) < 0).all()
    assert 0 < rates[-1] < 1e-5


# Training


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    """A training that nobody stopped: its checkpoint and its network."""
    file = tmp_path_factory.mktemp("straight") / "a.pt"
    return file, run(file)


@pytest.mark.parametrize("killed_at", [1, 4])  # in the first and in the second epoch
def test_a_training_interrupted_at_any_step_ends_with_the_same_weights(tmp_path, straight, killed_at):
    def kill(name, value, step):
        if step == killed_at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "killed.pt", log=kill)
    assert_same_weights(run(tmp_path / "killed.pt"), straight[1])
    assert [path.name for path in tmp_path.iterdir()] == ["killed.pt"]


@pytest.mark.parametrize("moment", ["in the second epoch", "while the second checkpoint is written"])
def test_a_training_killed_without_warning_ends_with_the_same_weights(tmp_path, straight, moment):
    # given a process that dies by SIGKILL: no handler, no finally
    file = tmp_path / "killed.pt"
    done = subprocess.run([sys.executable, __file__, str(file), moment], env=os.environ | {"OMP_NUM_THREADS": "1"})
    assert done.returncode == -signal.SIGKILL
    assert load_checkpoint(file)["epoch"] == 1
    # when it goes on, then it ends where nobody was killed
    assert_same_weights(run(file), straight[1])


def train_and_die(file, moment):
    """What the process of the test above does; half a checkpoint is on disk when it dies in the second moment."""

    def die():
        os.kill(os.getpid(), signal.SIGKILL)

    def half(content, unfinished, whole=torch.save):
        whole(content, unfinished)
        if content["epoch"] == 2:
            os.truncate(unfinished, os.path.getsize(unfinished) // 2)
            die()

    if moment == "in the second epoch":
        run(Path(file), log=lambda name, value, step: die() if step == 4 else None)
    torch.save = half
    run(Path(file))


def test_a_finished_training_is_not_trained_again(straight):
    steps = []
    assert_same_weights(run(straight[0], log=lambda *step: steps.append(step)), straight[1])
    assert steps == []


@pytest.mark.parametrize(
    ("recipe", "seed", "message"),
    [
        (replace(TINY, backbone="resnet50"), 5, "backbone resnet18, you ask for resnet50"),
        (replace(TINY, embedding_size=9), 5, "embedding_size 8, you ask for 9"),
        (replace(TINY, margin=0.5), 5, "another recipe"),
        (TINY, 6, "seed 5"),
    ],
)
def test_a_checkpoint_of_something_else_is_refused(straight, recipe, seed, message):
    with pytest.raises(ValueError, match=message):
        run(straight[0], recipe, seed)


def test_a_checkpoint_of_other_people_is_refused(straight):
    with pytest.raises(ValueError, match="trained on 4 people, this data has 5"):
        train(*people(5), TINY, 5, CPU, straight[0], progress=False)


@pytest.mark.parametrize("content", [b"", b"not a checkpoint"])
def test_a_file_that_is_no_checkpoint_is_named(tmp_path, content):
    (tmp_path / "a.pt").write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.pt is no checkpoint"):
        load_checkpoint(tmp_path / "a.pt")


def test_two_workers_share_the_batches(tmp_path, monkeypatch):
    seen = {}
    monkeypatch.setattr(torch.nn.parallel, "DistributedDataParallel", lambda network: network)
    images, labels = people(images=6)
    for rank in (0, 1):
        steps = seen.setdefault(rank, [])
        team = Workers(rank, 2)
        one_epoch = replace(TINY, epochs=1)
        counting = images.clone()
        monkeypatch.setattr(
            "course_utils.reid_batches.augment",
            lambda x, *rest, steps=steps: steps.append(x.flatten(1).double().sum(1).tolist()) or x.float() / 255,
        )
        train(counting, labels, one_epoch, 5, CPU, tmp_path / f"{rank}.pt", team=team, progress=False)
    assert len(seen[0]) == len(seen[1]) > 0
    assert seen[0] != seen[1]
    assert (tmp_path / "0.pt").exists() and not (tmp_path / "1.pt").exists()


# Search


def test_embeddings_are_unit_vectors_and_blind_to_mirroring():
    network, (images, _) = ReIDNetwork(4, embedding_size=8), people()
    straight, mirrored = (embed(network, x, (32, 16), CPU, progress=False) for x in (images, images.flip(3)))
    np.testing.assert_allclose(np.linalg.norm(straight, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(straight, mirrored, atol=1e-5)


def test_a_trained_network_finds_people_by_their_colour(tmp_path):
    network = run(tmp_path / "a.pt", replace(TINY, epochs=6))
    images, labels = people(seed=1)
    cameras = np.tile([1, 2, 3, 4], 4)
    is_query = torch.from_numpy(cameras == 1)
    query, gallery = (Side(images[part], labels[part] + 1, cameras[part]) for part in (is_query, ~is_query))
    scores = search(network, query, gallery, (32, 16), CPU, progress=False)
    assert scores["plain"].rank1 >= 0.75
    assert scores["plain"].mean_ap >= scores["plain, trapezoid"].mean_ap


# Commands


def test_commands_train_go_on_and_evaluate(standin, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(reid.RECIPES, "quick", replace(TINY, epochs=1))
    file = tmp_path / "q.pt"
    train_it = ["train", "--data", str(standin), "--profile", "quick", "--checkpoint", str(file)]
    assert reid.main(train_it) == 0
    assert "holds the network after 1 epochs" in capsys.readouterr().out
    assert list((tmp_path / "q").glob("events*"))
    assert reid.main(train_it) == 0
    assert "goes on after epoch 1 of 1" in capsys.readouterr().out
    evaluate_it = ["evaluate", "--data", str(standin), "--profile", "quick", "--checkpoint", str(file)]
    assert reid.main(evaluate_it) == 0
    out = capsys.readouterr().out
    assert "(step)" in out and "(trapezoid)" in out and "re-ranked" in out
    evaluate_it[4] = "full"
    assert reid.main(evaluate_it) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("reid: ") and "backbone resnet18, you ask for resnet50" in error


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["evaluate", "--checkpoint", "nowhere.pt"], "no checkpoint nowhere.pt"),
        (["train", "--epochs", "0"], "--epochs is 0"),
        (["train", "--data", "/nowhere"], "no folder /nowhere/bounding_box_train"),
    ],
)
def test_bad_use_is_one_line_and_exit_code_2(standin, capsys, arguments, message):
    assert reid.main([arguments[0], "--data", str(standin), *arguments[1:]]) == 2
    error = capsys.readouterr().err
    assert message in error and len(error.splitlines()) == 1


def test_torchrun_trains_on_two_processes(standin, tmp_path):
    environment = os.environ | {"COURSE_DEVICE": "cpu", "COURSE_THREADS": "1", "OMP_NUM_THREADS": "1"}
    file = tmp_path / "two.pt"
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    command += ["-m", "course_utils.reid", "train", "--data", str(standin), "--profile", "quick"]
    command += ["--checkpoint", str(file), "--epochs", "1"]
    folder = Path(reid.__file__).parent.parent
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("holds the network after 1 epochs") == 1
    content = load_checkpoint(file)
    assert content["epoch"] == 1 and content["recipe"].backbone == RECIPES["quick"].backbone
    fill(ReIDNetwork(content["classes"]), content)


@pytest.mark.gpu
def test_a_training_on_a_gpu_uses_its_settings(tmp_path):
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    chosen = Settings("cuda", "full", "bfloat16", True, 1, "GPU")
    network = train(*people(), TINY, 5, chosen, tmp_path / "a.pt", progress=False)
    images, _ = people()
    assert np.isfinite(embed(network, images, (32, 16), chosen, progress=False)).all()


if __name__ == "__main__":
    torch.set_num_threads(1)
    train_and_die(*sys.argv[1:])
