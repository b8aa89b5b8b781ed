"""The checks of lesson 13 name the mistake that was made; a script is run and judged by its numbers."""

import json
import re
import runpy
from pathlib import Path

import numpy as np
import pytest
import torch

from course_admin.build import load_stored, notebook_path
from course_utils.checks import reid_loop, reid_scores, reid_script, reid_search
from course_utils.checks.forbid import names_in_script
from course_utils.checks.reid_script import READY_MADE
from course_utils.checks.report import CheckFailed
from course_utils.device import Settings
from course_utils.reid_batches import Batches
from course_utils.reid_checkpoint import Recipe
from course_utils.reid_training import ReIDLoss, begin
from course_utils.reid_training import train as library_train
from support import ROOT

ANSWERS = runpy.run_path(str(Path(__file__).parent / "answers" / "13_reid_training_and_evaluation.py"))
CHECKS = {
    name.removeprefix("check_"): function
    for module in (reid_loop, reid_scores, reid_script, reid_search)
    for name, function in vars(module).items()
    if name.startswith("check_")
}

HINTS = [
    ("squared_distances", "not clipped", "np.maximum(..., 0)"),
    ("squared_distances", "root", "leave the root out"),
    ("squared_distances", "wrong sign", "wrong sign"),
    ("squared_distances", "gallery squares forgotten", "squares of the gallery are missing"),
    ("squared_distances", "three axes", "no array of shape (n, m, d)"),
    ("squared_distances", "calls scipy", "write it yourself"),
    ("squared_distances", "scipy's matrix", "write it yourself"),
    ("true_matches", "junk kept", "junk (person -1) is still"),
    ("true_matches", "distractors dropped", "distractors (person 0) stay"),
    ("true_matches", "same camera kept", "on the query's camera is still"),
    ("true_matches", "whole camera dropped", "only its own person leaves"),
    ("true_matches", "whole person dropped", "the whole person has left"),
    ("true_matches", "farthest first", "nearest image comes first"),
    ("true_matches", "not sorted", "sort by distance"),
    ("true_matches", "ties turned round", "stable"),
    ("true_matches", "mask not sorted", "sort both"),
    ("average_precisions", "divides by all images", "number of matches, not of images"),
    ("average_precisions", "starts at zero", "counts as 1"),
    ("average_precisions", "precision of the match before", "just before the match"),
    ("average_precisions", "precision of every place", "only the places of matches"),
    ("average_precisions", "swapped", "step comes first"),
    ("average_precisions", "step twice", "step rule again"),
    ("evaluate", "divided by all queries", "not by all"),
    ("evaluate", "curve does not add up", "cumsum"),
    ("evaluate", "junk kept", "junk (person -1) counts"),
    ("evaluate", "distractors dropped", "distractors (person 0) are dropped"),
    ("evaluate", "same camera kept", "own camera is not left out"),
    ("evaluate", "rules swapped", "swapped"),
    ("evaluate", "per cent", "not per cent"),
    ("evaluate", "curve as short as the list", "the curve then stays"),
    ("train", "gradients add up", "zero_grad"),
    ("train", "rate ignored", "brings its learning rate"),
    ("train", "rate for the first group only", "more than one group"),
    ("train", "training mode once", "start of every epoch"),
    ("train", "identity loss alone", "the total comes first"),
    ("train", "all three losses", "holds the two others"),
    ("train", "tensors kept", ".item()"),
    ("train", "sums", "not the sum"),
    ("train", "saves from zero", "so 1 after the first"),
    ("write_script", "calls search", "write the steps yourself"),
    ("write_script", "another file name", "Path(path)"),
    ("write_script", "no count", "write_text"),
    ("write_script", "classes hard-coded", "classes and the recipe that the checkpoint holds"),
    ("write_script", "the network of lesson 12", "reid_model.ReIDNetwork"),
    ("write_script", "similarity as distance", "small distances stand first"),
    ("write_script", "per cent", "not per cent"),
    ("write_script", "rules swapped", "swapped"),
]


@pytest.mark.parametrize(("exercise", "mistake", "hint"), HINTS, ids=[f"{h[0]}: {h[1]}" for h in HINTS])
def test_the_hint_names_the_mistake(exercise, mistake, hint):
    with pytest.raises(CheckFailed) as failure:
        CHECKS[exercise](ANSWERS["WRONG"][exercise][mistake])
    assert hint in failure.value.hint


@pytest.mark.parametrize(
    ("told", "hint"),
    [
        ({"code": 1, "out": "", "error": "NameError: name 'np' is not defined"}, "begins with nothing"),
        ({"code": 1, "out": "", "error": "FileNotFoundError: no folder market/query"}, "sys.argv[2]"),
        ({"code": 0, "out": "rank1 0.5\n", "error": ""}, "json.dumps"),
        ({"code": 0, "out": '{"rank1": 0.5}\n', "error": ""}, "json.dumps"),
        ({"code": 0, "out": '{"rank1": "1", "step": null, "trapezoid": NaN}\n', "error": ""}, "one"),
        ({"code": 0, "out": '{"rank1": 2, "step": 2, "trapezoid": 2}\n', "error": ""}, "saved weights"),
        ("forged", "write the script out"),
        ({}, "write the script out"),
    ],
)
def test_whatever_a_script_did_is_told_in_four_parts(monkeypatch, told, hint):
    monkeypatch.setattr(reid_script, "run_once", lambda *situation: told)
    with pytest.raises(CheckFailed) as failure:
        CHECKS["write_script"](ANSWERS["RIGHT"]["write_script"]["by hand"])
    assert hint in failure.value.hint or "number" in failure.value.hint


def test_the_line_is_trained_as_autograd_trains_it():
    rng = np.random.default_rng(0)
    start = rng.normal(size=3), rng.normal(size=())
    epochs = [[(rng.normal(size=(4, 3)), rng.normal(size=4), 0.1) for _ in range(2)] for _ in range(2)]
    weight, bias = (torch.tensor(value, requires_grad=True) for value in start)
    for x, y, rate in (step for epoch in epochs for step in epoch):
        z = torch.tensor(x) @ weight + bias
        loss = (z - torch.tensor(y)).square().mean() + reid_loop.TRIPLET_SHARE * z.square().mean()
        slopes = torch.autograd.grad(loss, (weight, bias))
        weight, bias = (
            (one - rate * slope).detach().requires_grad_() for one, slope in zip((weight, bias), slopes, strict=True)
        )
    after, _ = reid_loop._by_hand(*start, epochs)
    np.testing.assert_allclose(after[-1][0], weight.detach(), atol=1e-12)
    np.testing.assert_allclose(after[-1][1], bias.detach(), atol=1e-12)


def test_a_right_loop_of_the_lesson_ends_where_the_command_ends(tmp_path):
    """Given one seed, then a student's loop over `Batches` and the course's training give equal weights."""
    chosen = Settings("cpu", "quick", "off", False, 1, "CPU")
    recipe = Recipe("resnet18", (32, 16), 2, p=3, k=2, embedding_size=8)
    images = torch.randint(0, 256, (12, 3, 32, 16), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(12) % 4
    by_command = library_train(images, labels, recipe, 5, chosen, tmp_path / "a.pt", progress=False)
    network, optimiser, _ = begin(4, recipe, 5, chosen)
    loss_of = ReIDLoss(recipe.margin, recipe.triplet_weight, recipe.label_smoothing)
    epochs = [Batches(n, images, labels, recipe, 5, chosen) for n in range(recipe.epochs)]
    ANSWERS["RIGHT"]["train"]["running mean"](network, loss_of, optimiser, epochs, lambda n: None)
    for one, other in zip(network.parameters(), by_command.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)


def test_the_stored_notebook_meets_what_the_course_promises():
    """Quick profile, drawn figures: rank-1 of at least 0.85, mAP of at least 0.70, as evaluation_tp.py prints them."""
    notebook = load_stored(notebook_path(ROOT, "solutions", "13_reid_training_and_evaluation"))
    texts = [out.get("text", "") for cell in notebook.cells for out in cell.get("outputs", [])]
    printed = [line for text in texts for line in text.splitlines() if line.startswith("{'rank1'")]
    found = json.loads(printed[-1].replace("'", '"'))
    assert found["rank1"] >= 0.85 and found["step"] >= 0.70
    assert found["step"] >= found["trapezoid"]


def test_the_table_of_published_results_holds_what_the_cells_above_it_printed():
    """A number in the text comes from a cell: the row of our own results, rank-1 / mAP, plain and re-ranked."""
    notebook = load_stored(notebook_path(ROOT, "solutions", "13_reid_training_and_evaluation"))
    texts = "".join(out.get("text", "") for cell in notebook.cells for out in cell.get("outputs", []))
    row = next(line for cell in notebook.cells for line in cell.source.splitlines() if line.startswith("| ours"))
    for name in ("network", "re-ranked"):
        rank1, mean_ap = re.search(rf"^{name} +rank-1 ([\d.]+) .* mAP ([\d.]+) ", texts, re.MULTILINE).groups()
        assert f"| {100 * float(rank1):.1f} / {100 * float(mean_ap):.1f} |" in row


@pytest.mark.parametrize(
    ("script", "ready_made"),
    [
        ("from course_utils import reid_search\nreid_search.search(1)", True),
        ("import course_utils.reid_search as s\ns.search(1)", True),
        ("from course_utils.reid_search import (embed,\n    search)", True),
        ("from course_utils import data, reid", True),
        ("from course_utils.reid import main", True),
        ("import subprocess\nsubprocess.run(['python', '-m', 'course_utils.reid', 'evaluate'])", True),
        ("import os\nos.system('python -m course_utils.reid evaluate')", True),
        ('"""As python -m course_utils.reid evaluate does."""\nfrom course_utils.reid_search import embed', False),
        ("import re\nre.search('a', 'b')", False),
        ("def search(x): return x\nsearch(1)", False),
        ("a script that is no Python", False),
    ],
)
def test_a_script_that_leaves_the_work_to_the_course_is_told_however_it_imports(script, ready_made):
    assert bool(names_in_script(script) & READY_MADE) == ready_made
