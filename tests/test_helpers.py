"""Plots, figures, timing, training and the import: the plumbing under the lessons."""

import base64
import html
import subprocess
import sys

import numpy as np
import pytest
import torch

from course_utils import figures, plots
from course_utils.device import Settings
from course_utils.timing import seconds
from course_utils.training import batches, evaluate, fit, train_epoch

CPU = Settings("cpu", "quick", "off", False, 1, "CPU")


MODULES = ["course_utils", *(f"course_utils.{name}" for name in ("data", "plots", "checks.mlp", "device", "figures"))]


@pytest.mark.parametrize("module", MODULES)
def test_importing_loads_no_framework(module):
    code = f"import sys, {module}; print(sorted(set(sys.modules) & {{'torch', 'tensorflow', 'keras', 'sklearn'}}))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


@pytest.fixture
def shown(monkeypatch):
    """What the drawing helpers hand to the notebook: (data, metadata)."""
    pictures = []

    def display(data, metadata, raw):
        pictures.append((data, metadata))

    monkeypatch.setattr(plots, "display", display)
    plots.plt.close("all")  # whatever an earlier test has left open
    return pictures


ALT = 'A picture for the test of plots, 3 < 4 and "so on"'
DRAWINGS = {
    "images": lambda alt: plots.show_images([np.eye(3), np.zeros((2, 5))], titles=["a", "b"], alt=alt, numbers=True),
    "lines": lambda alt: plots.show_lines([1, 2], {"a": [1, 2]}, "x", "y", alt, baseline=("b", 1), log="xy"),
    "bars": lambda alt: plots.show_bars("abc", [1, 2, 3], "x", "y", alt, baseline=("mean", 2)),
    "table": lambda alt: plots.show_table(np.eye(3), "x", "y", alt),
}


@pytest.mark.parametrize("kind", DRAWINGS)
def test_a_figure_carries_its_words_and_is_closed(kind, shown):
    DRAWINGS[kind](ALT)
    ((data, metadata),) = shown
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert metadata["image/png"]["alt"] == data["text/plain"] == ALT
    assert data["text/html"] == f'<img src="data:image/png;base64,{data["image/png"]}" alt="{html.escape(ALT)}">'
    assert plots.plt.get_fignums() == []


@pytest.mark.parametrize("kind", DRAWINGS)
def test_a_figure_without_words_is_refused(kind, shown):
    with pytest.raises(ValueError, match="say in a sentence what the figure shows"):
        DRAWINGS[kind]("a plot")
    assert shown == [] and plots.plt.get_fignums() == []


@pytest.mark.parametrize("curves", [4, 5])
def test_many_names_stand_above_the_curves_and_never_on_them(curves, shown, monkeypatch):
    boxes = []

    def measure(figure, alt):
        figure.canvas.draw()
        (axis,) = figure.axes
        boxes.append((axis.get_legend().get_window_extent(), axis.get_window_extent()))
        plots.plt.close(figure)

    monkeypatch.setattr(plots, "show", measure)
    plots.show_lines([1, 2], {str(number): [0, number] for number in range(curves)}, "x", "y", ALT)
    ((legend, axis),) = boxes
    assert (legend.y0 >= axis.y1) == (curves > 4)


def test_images_that_do_not_fit_their_titles_are_refused():
    with pytest.raises(ValueError, match="3 titles for 1 images"):
        plots.show_images([np.eye(2)], titles="abc", alt=ALT)
    with pytest.raises(ValueError, match="images is empty"):
        plots.show_images([], alt=ALT)


def test_the_ring_is_the_circle_of_the_scene():
    for radius in (8, 16, 25):
        scene, centres = figures.draw_scene(radius)
        row, column = centres["circle"]
        cut = scene[row - radius : row + radius + 1, column - radius : column + radius + 1]
        assert np.array_equal(cut, 255 * figures.draw_ring(radius))


def test_figures_that_would_touch_are_refused():
    for radius in (3, 35):
        with pytest.raises(ValueError, match=f"radius={radius}: the figures fit"):
            figures.draw_scene(radius)


def test_the_nearest_figure_is_the_one_whose_centre_is_nearest():
    for name, (row, column) in figures.CENTRES.items():
        assert figures.nearest_figure(row + 3, column - 2) == name


def test_timing_counts_its_calls():
    calls = []
    assert seconds(calls.append, 1, repeats=4) >= 0
    assert calls == [1, 1, 1, 1]
    with pytest.raises(ValueError, match="repeats=0"):
        seconds(calls.append, 1, repeats=0)


def test_batches_visit_every_example_once_in_an_order_from_the_seed():
    def order(seed):
        return [rows.tolist() for rows in batches(10, 4, torch.Generator().manual_seed(seed))]

    assert [len(rows) for rows in order(0)] == [4, 4, 2]
    assert sorted(number for rows in order(0) for number in rows) == list(range(10))
    assert order(1) == order(1) != order(2)
    with pytest.raises(ValueError, match="batch_size=0"):
        next(batches(3, 0, torch.Generator()))


@pytest.fixture
def blobs():
    """Two clouds of points that a line can part."""
    generator = torch.Generator().manual_seed(0)
    y = torch.arange(60) % 2
    return torch.randn(60, 3, generator=generator) + 4.0 * y[:, None], y


def linear(seed=0):
    torch.manual_seed(seed)
    return torch.nn.Linear(3, 2)


def test_training_learns_and_the_same_seed_learns_the_same(blobs):
    def run(seed):
        model = linear()
        optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
        return fit(model, optimiser, blobs, blobs, epochs=5, batch_size=8, seed=seed, chosen=CPU, progress=False)

    history = run(0)
    assert history.validation_accuracy[-1] > 0.95
    assert history.validation_loss[-1] < history.validation_loss[0]
    assert history.as_dict() == run(0).as_dict() != run(1).as_dict()


def test_a_full_batch_epoch_is_one_step_of_gradient_descent(blobs):
    x, y = blobs
    model, by_hand = linear(), linear()
    train_epoch(model, x, y, torch.optim.SGD(model.parameters(), lr=0.1), len(x), torch.Generator(), CPU)
    loss = torch.nn.functional.cross_entropy(by_hand(x), y)
    gradients = torch.autograd.grad(loss, list(by_hand.parameters()))
    for new, old, gradient in zip(model.parameters(), by_hand.parameters(), gradients, strict=True):
        assert torch.allclose(new, old - 0.1 * gradient, atol=1e-6)


def test_evaluation_means_over_examples_and_leaves_the_model_in_its_mode(blobs):
    x, y = blobs
    model = torch.nn.Sequential(torch.nn.Dropout(0.9), linear())
    model.train()
    loss, accuracy = evaluate(model, x, y, CPU, batch_size=7)
    assert model.training
    logits = model.eval()(x)
    assert loss == pytest.approx(torch.nn.functional.cross_entropy(logits, y).item(), rel=1e-5)
    assert accuracy == pytest.approx((logits.argmax(1) == y).float().mean().item())


def test_training_refuses_what_cannot_be_trained_on(blobs):
    x, y = blobs
    for named, message in (
        ({"epochs": 0}, "epochs=0: train for at least 1 epoch"),
        ({"train": (x, y[:5])}, "train: 60 inputs and 5 labels"),
        ({"validation": (x[:0], y[:0])}, "validation: 0 inputs and 0 labels"),
    ):
        model = linear()
        usual = {"train": blobs, "validation": blobs, "epochs": 1, "batch_size": 8, "seed": 0, "chosen": CPU}
        with pytest.raises(ValueError, match=message):
            fit(model, torch.optim.SGD(model.parameters(), lr=0.1), **(usual | named))


def test_after_each_epoch_the_caller_is_told(blobs):
    seen = []
    model = linear()
    fit(
        *(model, torch.optim.SGD(model.parameters(), lr=0.1), blobs, None),
        epochs=3,
        batch_size=20,
        seed=0,
        chosen=CPU,
        progress=False,
        after_epoch=lambda epoch, history: seen.append((epoch, len(history.train_loss), history.validation_loss)),
    )
    assert seen == [(1, 1, []), (2, 2, []), (3, 3, [])]
