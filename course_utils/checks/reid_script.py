"""Check of lesson 13, fourth part: evaluation_tp.py, written by the student and run as a script.

It meets a checkpoint of random weights and a small stand-in, both made from a seed beside the answer. What it should
print follows from course_utils.reid_search and course_utils.evaluation, on this side.
"""

import functools
import json
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from course_utils.checks.beside import describe
from course_utils.checks.elsewhere import ask
from course_utils.checks.forbid import names_in_script
from course_utils.checks.report import call, fail, passed, require_number
from course_utils.device import Settings
from course_utils.evaluation import evaluate_rank
from course_utils.market1501 import Market1501
from course_utils.reid_checkpoint import Recipe, save_checkpoint
from course_utils.reid_images import normalise, read_images
from course_utils.reid_model import ReIDNetwork
from course_utils.reid_search import embed
from course_utils.scripts import run_script as run
from course_utils.standin import write_standin

QUIET = {"COURSE_DEVICE": "cpu", "COURSE_PROFILE": "quick", "COURSE_THREADS": "1"}
CPU = Settings("cpu", "quick", "off", False, 1, "CPU")
KEYS = ("rank1", "step", "trapezoid")
READY_MADE = {"course_utils.reid", "course_utils.reid_search.search"}  # each does the whole exercise
CURES = {
    "size mismatch": "build the network with the classes and the recipe that the checkpoint holds",
    "Missing key": "the saved weights are those of course_utils.reid_model.ReIDNetwork, by the checkpoint's recipe",
    "Unexpected key": "the saved weights are those of course_utils.reid_model.ReIDNetwork, by the checkpoint's recipe",
    "not JSON serializable": "JSON knows plain numbers only: float(...) makes one of NumPy's or torch's",
    "NameError": "a script begins with nothing: import or define there what it uses",
    "No such file": "the checkpoint and the data come from the command line: sys.argv[1] and sys.argv[2]",
    "no checkpoint": "the checkpoint comes from the command line: sys.argv[1]",
    "no folder": "the data come from the command line: sys.argv[2]",
}
SITUATION = ("resnet18", (32, 16), 8, True, 5, 4)  # backbone, size, embedding size, BNNeck, classes, people


def written(write_script, name: str) -> dict:
    """A probe: what an answer returns, and the text that it wrote."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        result = write_script(str(path))
        return {"result": result, "text": path.read_text(encoding="utf-8") if path.is_file() else None}


def run_script(answer, text: str, situation: tuple, seed: int) -> dict:
    """A probe: run `text` as evaluation_tp.py, beside the answer, on a checkpoint and images made from the seed."""
    return run_once(text, situation, seed)


@functools.lru_cache(maxsize=64)  # a script is run again by the proof and the tests, and starting torch takes seconds
def run_once(text: str, situation: tuple, seed: int) -> dict:
    """The exit code, the end of what was printed, and the error. The same script is not run twice."""
    with tempfile.TemporaryDirectory() as folder:
        checkpoint, data = _prepare(Path(folder), situation, seed)
        script = Path(folder) / "evaluation_tp.py"
        script.write_text(text, encoding="utf-8")
        try:
            done = run(script, checkpoint, data, seconds=300, **QUIET)
        except subprocess.TimeoutExpired:
            return {"code": -1, "out": "", "error": "it ran longer than 300 seconds"}
        return {"code": done.returncode, "out": done.stdout[-2000:], "error": _message(done.stderr)}


def _message(stderr: str) -> str:
    """The end of what a script complained of: of a traceback its error, which may take several lines."""
    lines = [line for line in stderr.splitlines() if line.strip()]
    starts = [number for number, line in enumerate(lines) if not line[0].isspace()]
    return " ".join(line.strip() for line in lines[starts[-1] :])[:300] if starts else ""


def _prepare(folder: Path, situation: tuple, seed: int) -> tuple[Path, Path]:
    """A checkpoint of random weights, and a stand-in, under names that nobody guesses."""
    backbone, size, embedding_size, bnneck, classes, people = situation
    data = write_standin(folder / f"images {seed}", 2, people, seed, progress=False)
    recipe = Recipe(backbone, size, 1, embedding_size=embedding_size, bnneck=bnneck)
    checkpoint = folder / f"network-{seed}.pt"
    network = _network(situation, seed)
    save_checkpoint(checkpoint, recipe, classes, seed, 1, network, torch.optim.SGD(network.parameters(), lr=1))
    return checkpoint, data


def _network(situation: tuple, seed: int) -> ReIDNetwork:
    backbone, _, embedding_size, bnneck, classes, _ = situation
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return ReIDNetwork(classes, backbone, embedding_size, bnneck).eval()


@functools.lru_cache(maxsize=8)
def _expected(situation: tuple, seed: int) -> dict[str, dict[str, float]]:
    """What the script should print under "", and under a hint what the mistake that it names would print."""
    network, size = _network(situation, seed), situation[1]
    with tempfile.TemporaryDirectory() as folder:
        data = _prepare(Path(folder), situation, seed)[1]
        sides = [Market1501(data, split) for split in ("query", "gallery")]
        images = [read_images(side, progress=False) for side in sides]
    ids = [side.person_ids for side in sides] + [side.camera_ids for side in sides]
    query, gallery = (embed(network, one, size, CPU, progress=False) for one in images)
    distances = 2 - 2 * query @ gallery.T
    with torch.no_grad():
        outputs = [network(normalise(one, size)) for one in images]
    logits = torch.cdist(outputs[0][1], outputs[1][1]).numpy()
    large = [embed(network, one, (128, 64), CPU, progress=False) for one in images]
    swapped = ids[1], ids[0], ids[3], ids[2]
    return {
        "": _scores(distances, *ids),
        "small distances stand first: d^2 = 2 - 2 q.g for unit vectors": _scores(-distances, *ids),
        "the logits name people of the training: compare the third output": _scores(logits, *ids),
        "give the images the size of the recipe": _scores(2 - 2 * large[0] @ large[1].T, *ids),
        "the query's own camera is not left out here": _scores(distances, *ids[:2], ids[2] + 10, ids[3]),
        "query and gallery are swapped": _scores(distances.T, *swapped),
        "shares between 0 and 1, not per cent": {key: 100 * value for key, value in _scores(distances, *ids).items()},
    }


def _scores(distances: np.ndarray, *labels: np.ndarray) -> dict[str, float]:
    results = {rule: evaluate_rank(distances, *labels, rule) for rule in ("step", "trapezoid")}
    return {"rank1": results["step"].rank1} | {rule: result.mean_ap for rule, result in results.items()}


def check_write_script(write_script: Callable, situations: tuple = (SITUATION,), seed: int = 0) -> None:
    """Lesson 13, exercise 6: answer(path) writes a script and returns how many characters it has."""
    name = "evaluation_tp.py"
    told = call(write_script, name, given="a path in an empty folder", expected="a script there", probe=written)
    text = told["text"]
    if not isinstance(text, str) or not text.strip():
        fail("a path in an empty folder", f"{name} there", "no file, or an empty one", "Path(path).write_text(...)")
    hint = "return what Path(path).write_text(...) returns"
    if told["result"] is None:
        fail("a path in an empty folder", f"{len(text)}, the number of characters", "None", hint)
    require_number(told["result"], len(text), "a path in an empty folder: how many characters", hint)
    ready = sorted(READY_MADE & names_in_script(text))
    if ready:
        hint = "the course's command does all of this: write the steps yourself, from embed and evaluate_rank"
        fail(f"the text of {name}", "your own steps", f"a use of {ready[0]}", hint)
    for number, situation in enumerate(situations):
        _check_run(write_script, text, situation, seed + number)
    passed("write_script")


def _check_run(answer, text: str, situation: tuple, seed: int) -> None:
    backbone, (height, width), embedding_size, bnneck, classes, people = situation
    given = (
        f"python evaluation_tp.py CHECKPOINT DATA, with a {backbone} of {classes} classes, images of "
        f"{height} x {width}, embeddings of {embedding_size}, bnneck={bnneck}, and a stand-in of {people} people"
    )
    told = ask(run_script, answer, text, situation, seed)
    code, out, error = (told.get(key) for key in ("code", "out", "error")) if type(told) is dict else (None, "", "")
    if code != 0:
        cure = next((cure for sign, cure in CURES.items() if sign in str(error)), "write the script out and run it")
        fail(given, "exit code 0", f"exit code {code}: {error}", cure)
    found = _last_line(out)
    if not isinstance(found, dict) or set(found) != set(KEYS):
        hint = "print(json.dumps({...})) with these three keys, as the last line"
        fail(given, f"a last line of JSON with {', '.join(KEYS)}", describe(str(out).strip()[-60:]), hint)
    table = _expected(situation, seed)
    close = {hint for hint, scores in table.items() if all(_near(found[key], scores[key]) for key in KEYS)}
    if "" in close:
        return
    default = "are the saved weights loaded? Compare every step with the cells above"
    if all(_near(found[key], value) for key, value in zip(KEYS, _swapped_rules(table[""]), strict=True)):
        default = "step and trapezoid are swapped"
    for key in KEYS:
        require_number(found[key], table[""][key], f"{given}: {key}", next(iter(close), default), rtol=0, atol=1e-3)


def _swapped_rules(scores: dict[str, float]) -> tuple[float, float, float]:
    return scores["rank1"], scores["trapezoid"], scores["step"]


def _near(got, expected: float) -> bool:
    return isinstance(got, (int, float)) and not isinstance(got, bool) and abs(got - expected) < 1e-3


def _last_line(out):
    lines = [line for line in str(out).splitlines() if line.strip()]
    try:
        return json.loads(lines[-1]) if lines else None
    except ValueError:
        return None
