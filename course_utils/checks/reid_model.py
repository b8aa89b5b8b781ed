"""Check of lesson 12, first part: the network with three outputs.

The reference writes the two layers out on the features of the same backbone, in float64.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from course_utils.checks.beside import describe
from course_utils.checks.forbid import forbid
from course_utils.checks.report import call, fail, passed, require_close
from course_utils.resnet import narrow_resnet18

WIDTH, FEATURES = 2, 16  # a ResNet-18 with 2 channels in its first stage ends in 16 features
READY_MADE = {"ReIDNetwork"}
OUTPUTS = ("the concatenation", "the logits", "the embedding")


def check_reid_net(
    ReIDNet: Callable, cases: tuple = ((5, 8, False), (7, 4, True)), size: tuple = (32, 16), seed: int = 0
) -> None:
    """Lesson 12, exercise 1. `cases` holds (embedding_size, classes, with_neck), `size` is (height, width)."""
    for number, (embedding_size, classes, with_neck) in enumerate(cases):
        given = f"ReIDNet(backbone, {embedding_size}, {classes}, {'nn.BatchNorm1d' if with_neck else 'neck=None'})"
        given += f" on a backbone of {FEATURES} features, known weights, evaluation mode"
        forbid(ReIDNet, READY_MADE, given)
        x = np.random.default_rng([seed, number]).normal(size=(3, 3, *size))
        arguments = embedding_size, classes, with_neck, seed + number, x
        told = call(ReIDNet, *arguments, given=given, expected="a network with three outputs", probe=look_inside)
        expected = _parts(*arguments)
        _require_layers(told, embedding_size, classes, with_neck, given)
        _require_outputs(told["outputs"], expected, given)
        count = FEATURES * embedding_size + embedding_size + classes * embedding_size + classes
        count += _backbone(seed)[1] + 2 * embedding_size * with_neck
        if told["count"] != count:
            hint = "too few: keep every layer as an attribute, not in a list; "
            hint += "too many: the old last layer is still in, or a neck that nobody asked for"
            fail(given, f"{count} trained numbers", str(told["count"]), hint)
        hint = "a loss on the outputs does not reach the input as it should: no detach and no no_grad in forward"
        require_close(told["slopes"], expected["slopes"], f"{given}: the gradient", hint, rtol=1e-4, atol=1e-7)
    passed("ReIDNet")


def look_inside(
    answer: Callable, embedding_size: int, classes: int, with_neck: bool, seed: int, x: np.ndarray
) -> dict[str, Any]:
    """A probe: build the answer on a small ResNet-18, fill its linear layers, and run it forward and backward."""
    with torch.random.fork_rng(devices=[]):  # the caller's random numbers stay as they are
        neck = _neck(embedding_size, seed) if with_neck else None
        network = answer(_backbone(seed)[0], embedding_size, classes, neck)
    if not isinstance(network, nn.Module):
        return {"instead": describe(network)}
    network.double().eval()
    linear = [module for module in network.modules() if isinstance(module, nn.Linear)]
    with torch.no_grad():
        for layer in linear:
            layer.weight.copy_(torch.tensor(_weights(seed, *layer.weight.shape)))
            if layer.bias is not None:
                layer.bias.copy_(torch.tensor(_weights(seed, len(layer.bias))))
    leaf = torch.tensor(x, requires_grad=True)
    outputs = network(leaf)
    parts = list(outputs) if isinstance(outputs, (tuple, list)) else [outputs]
    return {
        "linear": [(layer.in_features, layer.out_features, layer.bias is not None) for layer in linear],
        "count": sum(parameter.numel() for parameter in network.parameters()),
        "outputs": [_plain(part) for part in parts],
        "slopes": _slopes(leaf, parts),
    }


def _plain(part: Any) -> Any:
    return part.detach().numpy() if isinstance(part, torch.Tensor) else describe(part)


def _slopes(leaf: torch.Tensor, parts: list) -> np.ndarray:
    """The gradient by the input of the sum of all outputs, each number times its place; zeros where none arrives."""
    parts = [part for part in parts if isinstance(part, torch.Tensor) and part.requires_grad]
    if parts:
        sum((part * torch.arange(1.0, part.numel() + 1).reshape(part.shape)).sum() for part in parts).backward()
    return np.zeros(tuple(leaf.shape)) if leaf.grad is None else leaf.grad.numpy()


def _backbone(seed: int) -> tuple[nn.Module, int]:
    """A fresh small ResNet-18 in float64, and how many trained numbers it has without its last layer."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        backbone = narrow_resnet18(WIDTH).double()
    last = sum(parameter.numel() for parameter in backbone.fc.parameters())
    return backbone, sum(parameter.numel() for parameter in backbone.parameters()) - last


def _neck(size: int, seed: int) -> nn.BatchNorm1d:
    """A batch normalisation in the middle of its life: no statistic and no weight is 0 or 1."""
    neck = nn.BatchNorm1d(size).double()
    rng = np.random.default_rng([seed, 99])
    for tensor in (neck.weight.data, neck.bias.data, neck.running_mean, neck.running_var):
        tensor.copy_(torch.tensor(rng.uniform(0.5, 2, size=size)))
    return neck


def _weights(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng([seed, *shape]).normal(size=shape)


def _parts(embedding_size: int, classes: int, with_neck: bool, seed: int, x: np.ndarray) -> dict[str, np.ndarray]:
    """What the network should give, the gradient, and what a few mistakes would give, by name."""
    backbone = _backbone(seed)[0].eval()
    backbone.fc = nn.Sequential()  # empty: passes on the features
    neck = _neck(embedding_size, seed).eval() if with_neck else nn.Identity()
    first, second = ((_weights(seed, *pair), _weights(seed, pair[0])) for pair in _shapes(embedding_size, classes))
    leaf = torch.tensor(x, requires_grad=True)
    embedding = backbone(leaf) @ torch.tensor(first[0]).T + torch.tensor(first[1])
    logits = neck(embedding) @ torch.tensor(second[0]).T + torch.tensor(second[1])
    parts = [torch.cat([embedding, logits], dim=1), logits, embedding]
    found = {"slopes": _slopes(leaf, parts)}
    found |= dict(zip(OUTPUTS, (part.detach().numpy() for part in parts), strict=True))
    with torch.no_grad():
        found["after the neck"] = neck(embedding).numpy()
        found["without the neck"] = (embedding @ torch.tensor(second[0]).T + torch.tensor(second[1])).numpy()
        in_training = neck.train()(embedding) @ torch.tensor(second[0]).T + torch.tensor(second[1])
        found["neck in training"] = in_training.numpy()
    return found


def _shapes(embedding_size: int, classes: int) -> tuple[tuple[int, int], tuple[int, int]]:
    return (embedding_size, FEATURES), (classes, embedding_size)


def _require_layers(told: Any, embedding_size: int, classes: int, with_neck: bool, given: str) -> None:
    """Two linear layers with biases, from features to embedding and from embedding to logits, and nothing else."""
    if not isinstance(told, dict) or "instead" in told:
        got = str(told["instead"]) if isinstance(told, dict) else describe(told)
        fail(given, "a network, an nn.Module", got, "write class ReIDNet(nn.Module), and call super().__init__()")
    expected = [(FEATURES, embedding_size, True), (embedding_size, classes, True)]
    found = sorted(map(tuple, told["linear"]))
    if found != sorted(expected):
        hint = "one layer from the features to the embedding, one from the embedding to the logits, both with a bias"
        if len(found) < 2:
            hint = "keep each layer as an attribute: self.name = nn.Linear(...); a plain list hides it from PyTorch"
        elif (FEATURES, classes, True) in found:
            hint = "the logits come from the embedding, not from the backbone's features"
        elif any(pair[1] == 1000 or pair[0] == 1000 for pair in found):
            hint = "the backbone's own last layer, to 1,000 classes, is still there: put nn.Identity() in its place"
        fail(given, _in_words(expected), _in_words(found), hint)


def _in_words(layers: list[tuple]) -> str:
    texts = [f"{a} -> {b}{'' if bias else ' without bias'}" for a, b, bias in layers]
    return "linear layers " + (", ".join(texts) or "(none found)")


def _require_outputs(outputs: list, expected: dict[str, np.ndarray], given: str) -> None:
    if len(outputs) != 3:
        fail(given, "three outputs", f"{len(outputs)}", "return concatenation, logits, embedding")
    _, logits, embedding = (expected[name] for name in OUTPUTS)
    turned = np.concatenate([logits, embedding], axis=1)
    shapes = [np.shape(output) for output in outputs]
    wanted = [expected[name].shape for name in OUTPUTS]
    if shapes != wanted and sorted(shapes) == sorted(wanted):
        hint = "the practical's order is: concatenation, logits, embedding"
        fail(given, f"outputs of the shapes {wanted}", str(shapes), hint)
    exp = np.exp(logits - logits.max(axis=1, keepdims=True))
    softmax = exp / exp.sum(axis=1, keepdims=True)
    unit = embedding / np.linalg.norm(embedding, axis=1, keepdims=True)
    mistakes = {
        "the concatenation": [(turned, "embedding first, then logits")],
        "the logits": [
            (softmax, "no softmax: the identity loss applies it, so return the logits"),
            (expected["without the neck"], "the neck stands between embedding and classifier: use it if it is given"),
            (expected["neck in training"], "eval() does not reach the neck: keep it as an attribute, self.neck = neck"),
        ],
        "the embedding": [
            (expected["after the neck"], "return the embedding from before the neck: the triplet loss wants that one"),
            (unit, "do not normalise here: a search does that later"),
            (np.maximum(embedding, 0), "no ReLU behind the embedding: its numbers may be negative"),
        ],
    }
    hints = {"the logits": "logits = classifier(neck(embedding))", "the embedding": "embedding = layer(features)"}
    for name in reversed(OUTPUTS):  # a wrong embedding makes the others wrong too
        got, hint = outputs[OUTPUTS.index(name)], hints.get(name, "torch.cat([embedding, logits], dim=1)")
        shape_hint = "one row for each image; concatenation, logits, embedding, in this order"
        require_close(got, expected[name], f"{given}: {name}", hint, mistakes[name], shape_hint, rtol=1e-5, atol=1e-7)
