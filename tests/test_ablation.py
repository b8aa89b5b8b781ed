"""What lesson 12 measures: the pull of a loss, and rank-1 of each output."""

import re

import numpy as np
import pytest
import torch
from torch import nn

from course_admin.build import load_stored, notebook_path
from course_utils.ablation import pull, rank1, rank1_of_outputs, rank1_of_pixels
from course_utils.device import Settings
from course_utils.reid_search import Side
from support import ROOT

CPU = Settings("cpu", "quick", "off", False, 1, "CPU")


def side(person_ids, camera, seed=0):
    """One flat colour for each person, a little noise: images of 8 x 4 pixels."""
    person_ids = np.array(person_ids)
    colours = np.random.default_rng(7).integers(20, 235, (10, 3, 1, 1))[person_ids]
    noisy = colours + np.random.default_rng(seed).normal(0, 2, (len(person_ids), 3, 8, 4))
    return Side(torch.from_numpy(noisy.clip(0, 255).astype(np.uint8)), person_ids, np.full(len(person_ids), camera))


class Colours(nn.Module):
    """Three outputs: nothing useful, the mean colour, the mean colour twice."""

    def forward(self, x):
        colours = x.mean(dim=(2, 3))
        return torch.ones(len(x), 2), colours, colours


def test_the_pull_is_the_length_of_the_gradient_and_the_graph_is_kept():
    embedding = torch.tensor([[3.0, 4.0]], requires_grad=True)
    loss = (embedding * torch.tensor([[6.0, 8.0]])).sum()
    assert pull(loss, embedding) == pytest.approx(10)
    loss.backward()
    assert embedding.grad.tolist() == [[6.0, 8.0]]


def test_a_loss_that_does_not_reach_the_embedding_pulls_with_nothing():
    embedding, other = torch.zeros(2, 2, requires_grad=True), torch.ones(2, requires_grad=True)
    assert pull(other.sum(), embedding) == 0
    assert pull(torch.tensor(3.0), embedding) == 0


def test_rank1_counts_the_nearest_row_of_another_camera():
    query, gallery = side([1, 2], camera=1), side([1, 2, 3], camera=2)
    rows = torch.tensor([[0.0], [5.0]]), torch.tensor([[0.1], [9.0], [5.2]])
    assert rank1(*rows, query, gallery) == 0.5


def test_each_output_is_scored_by_itself():
    query, gallery = side([1, 2, 3, 4], camera=1), side([4, 3, 2, 1, 5], camera=2, seed=1)
    scores = rank1_of_outputs(Colours().train(), query, gallery, (8, 4), CPU, batch_size=3)
    # equal rows are kept in the order of the gallery, which begins with person 4
    assert scores.tolist() == [0.25, 1.0, 1.0]
    assert rank1_of_pixels(query, gallery, (8, 4)) == 1.0


def test_what_lesson_12_says_of_its_recipes_is_what_its_cell_printed():
    """Section 12.7 reads the table of seven recipes; here it is read again, from the stored notebook."""
    notebook = load_stored(notebook_path(ROOT, "solutions", "12_reid_network_and_loss"))
    printed = "".join(out.get("text", "") for cell in notebook.cells for out in cell.get("outputs", []))
    found = re.findall(r"^(\S.*?) +([\d.]+)  \(([\d.]+) to ([\d.]+)\)$", printed, re.MULTILINE)
    mean, low, high = ({row[0]: float(row[i]) for row in found} for i in (1, 2, 3))
    assert low["sum"] > high["triplet"] and high["sum"] < low["identity"]
    assert low["sum, w = 1/4"] > high["sum"] and low["sum, w = 1/4"] < high["identity"]
    others = ("identity", "triplet", "sum", "sum, w = 1/4")
    assert all(mean["sum + neck"] > mean[one] for one in others)
    assert [one for one in others if high[one] >= low["sum + neck"]] == ["sum, w = 1/4"]
    assert low["... + smoothing"] < mean["sum + neck"] < high["... + smoothing"]
    assert high["... + erasing"] < low["... + smoothing"]
