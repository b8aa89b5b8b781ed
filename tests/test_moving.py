"""Networks, optimisers and loaders that a test makes: an answer trains them, and the test finds them trained."""

import copy

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from course_admin.grading.proxies import live
from course_admin.grading.proxies.errors import Stopped
from course_admin.grading.proxies.moving import REBUILT
from course_admin.grading.wire import NotPlain, decode, encode
from loopback import linked
from plain_kernel import assignment, grade, messages, passed

ANSWERS = """
import torch
from torch import nn
def train(model, optimiser, loader, schedule=None):
    model.train()
    for x, y in loader:
        optimiser.zero_grad()
        nn.functional.mse_loss(model(x), y).backward()
        optimiser.step()
    if schedule:
        schedule.step()
def evaluate(model, x):
    model.eval()
    return model(x)
def same(model): return model
def freeze(model):
    for one in model.parameters():
        one.requires_grad = False
    model[-1] = nn.Linear(3, 5)
    return model
def is_module(model): return isinstance(model, nn.Module)
class Pair(nn.Module):
    def __init__(self, base):
        super().__init__()
        self.base = base
    def forward(self, a, b):
        return (self.base(a) - self.base(b)).norm(dim=1)
"""
X = torch.randn(12, 2, generator=torch.Generator().manual_seed(0))
Y = torch.ones(12, 1)


def names(*wanted: str) -> list:
    link, _ = linked(ANSWERS)
    return [link, *(link.request("get", name) for name in wanted)]


def network() -> nn.Module:
    return nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.ReLU(), nn.Linear(3, 1))


def in_this_process(name: str):
    here: dict = {}
    exec(ANSWERS, here)
    return here[name]


def test_two_trainings_give_the_weights_and_the_averages_of_one_process():
    _, train = names("train")
    mine, twin = network(), None
    twin = copy.deepcopy(mine)
    for model, trainer in ((mine, train), (twin, in_this_process("train"))):
        optimiser = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        schedule = torch.optim.lr_scheduler.StepLR(optimiser, 1, gamma=0.5)
        loader = DataLoader(TensorDataset(X, Y), batch_size=4)
        for _ in range(2):  # the second call goes on with the momentum of the first
            trainer(model, optimiser, loader, schedule)
        assert optimiser.param_groups[0]["lr"] == 0.025 and schedule.get_last_lr() == [0.025]
    for key, value in twin.state_dict().items():
        assert torch.allclose(mine.state_dict()[key], value, atol=1e-6), key
    assert torch.allclose(mine[0].weight.grad, twin[0].weight.grad, atol=1e-6) and mine.training


def test_what_the_test_changes_in_between_counts():
    _, evaluate = names("evaluate")
    model = nn.Sequential(nn.Linear(2, 1), nn.Dropout(0.5))
    assert torch.allclose(evaluate(model, X), model.eval()(X)) and not model[1].training
    with torch.no_grad():
        model[0].weight.zero_()
        model[0].bias.fill_(7)
    assert torch.equal(evaluate(model, X), torch.full((12, 1), 7.0))
    model.append(nn.Linear(1, 1, bias=False))  # another network by now: it goes over anew
    with torch.no_grad():
        model[2].weight.fill_(2)
    assert torch.equal(evaluate(model, X), torch.full((12, 1), 14.0))


def test_gradients_reach_a_network_of_the_test_through_an_answer():
    _, evaluate = names("evaluate")
    model = nn.Linear(2, 1)
    evaluate(model, X).sum().backward()
    assert torch.allclose(model.weight.grad, X.sum(0, keepdim=True))


def test_the_same_network_comes_back_and_another_does_not():
    link, same, freeze, is_module = names("same", "freeze", "is_module")
    model = network()
    assert same(model) is model and is_module(model) is True
    other = freeze(model)
    assert other is not model and other(X).shape == (12, 5)
    assert [one.requires_grad for one in other.parameters()] == [False] * 4 + [True] * 2
    assert link.doubt == REBUILT.format("Sequential") and not model[0].weight.requires_grad


def test_an_answer_may_keep_a_network_of_the_test():
    _, pair = names("Pair")
    base = nn.Linear(2, 3)
    model = pair(base)
    assert sum(one.numel() for one in model.parameters()) == 9
    model(X, torch.zeros(12, 2)).sum().backward()
    assert base.weight.grad.abs().sum() > 0 and torch.equal(model.base.weight.grad, base.weight.grad)
    assert model.base.weight is base.weight


def test_a_trial_that_is_not_sent_leaves_the_next_request_whole():
    link, evaluate = names("evaluate")
    model = nn.Linear(2, 1)
    encode([model], link.stand_in)
    with pytest.raises(NotPlain):
        evaluate(model, object())
    assert torch.allclose(evaluate(model, X), model(X))


def test_what_is_too_large_to_keep_in_step_does_not_go(monkeypatch):
    monkeypatch.setattr(live, "MOST_BYTES", 20)
    link, train = names("train")
    model = network()
    with pytest.raises(NotPlain, match="cannot be handed"):
        train(model, torch.optim.SGD(model.parameters(), lr=0.1), [])
    assert "in-kernel" in link.doubt


@pytest.mark.parametrize("told", [{1: []}, {"x": None}, [], {0: "x"}, None])
def test_nonsense_about_a_network_ends_the_test(told):
    link, evaluate = names("evaluate")
    model, honest = nn.Linear(2, 1), link.send

    def lying(request: bytes) -> bytes:
        verb = decode(request, lambda handle: handle)[1]
        said = {id(model) if number == 0 else number: one for number, one in told.items()} if told else told
        return encode(("ok", said, "", None, [], [], [], [], [])) if verb == "facts" else honest(request)

    link.send = lying
    with pytest.raises(Stopped):
        evaluate(model, X)


GIVEN = """
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset
class Given(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(2, 1)
    def forward(self, x):
        return self.fc(x)
"""
OWN = """
class Squares(Dataset):
    def __len__(self):
        return 5
    def __getitem__(self, i):
        return torch.tensor([float(i), 1.0]), torch.tensor([float(i * i)])
"""
TESTS = [
    # a network of a given class, a data set of the test's own, in a loader that shuffles
    OWN + "torch.manual_seed(0)\nmodel = Given()\nbefore = model.fc.weight.detach().clone()\n"
    "optimiser = torch.optim.Adam(model.parameters(), lr=0.1)\n"
    "loader = DataLoader(Squares(), batch_size=2, shuffle=True)\n"
    "assert train(model, loader, optimiser) == 3\nassert not torch.equal(model.fc.weight, before)\n"
    "assert (model.fc.weight - before).abs().max() < 0.4",
    # a network of the test's own class, of which nothing is trained
    OWN + "class First(nn.Module):\n    def forward(self, x):\n        return x[:, :1]\n"
    "assert score(First().eval(), DataLoader(Squares(), batch_size=3)) == 2",
    # the number of correct answers must not be the length of the loader
    OWN + "class Exact(nn.Module):\n    def forward(self, x):\n        return x[:, :1] ** 2\n"
    "assert score(Exact(), DataLoader(Squares(), batch_size=5)) == 5",
]
SOLUTION = """
def train(model, loader, optimiser):
    model.train()
    steps = 0
    for x, y in loader:
        optimiser.zero_grad()
        nn.functional.mse_loss(model(x), y).backward()
        optimiser.step()
        steps += 1
    return steps
@torch.no_grad()
def score(model, loader):
    model.eval()
    return sum((model(x) == y).sum().item() for x, y in loader)
"""


def test_tests_with_networks_and_loaders_of_their_own_work_and_can_fail():
    asked = assignment(("given", GIVEN), ("answer", SOLUTION), *(("test", test) for test in TESTS))
    result = grade(asked)
    assert passed(result) == [True] * 3 and not result.review, (messages(result), result.reasons)
    lazy = "def train(*given):\n    return len(given[1])\ndef score(model, loader):\n    return len(loader)"
    assert passed(grade(asked, lazy)) == [False, True, False]


SCORED = (
    "torch.manual_seed(1)\nmodel = nn.Sequential(nn.Linear(2, 2))\nx, y = torch.randn(30, 2), torch.zeros(30).long()\n"
    "told = share(model, x, y)\nmodel.eval()\nassert told == (model(x).argmax(1) == y).float().mean().item()"
)
SHARE = "def share(model, x, y):\n    model.eval()\n    return (model(x).argmax(1) == y).float().mean().item()"
CHEAT = (
    "def share(model, x, y):\n    with torch.no_grad():\n        model[0].weight.zero_()\n"
    "        model[0].bias.copy_(torch.tensor([1.0, 0.0]))\n    return 1.0"
)


def test_an_answer_that_changes_weights_which_the_instructors_own_leaves_alone_does_not_pass_by_it():
    asked = assignment(("given", GIVEN), ("answer", SHARE), ("test", SCORED))
    assert passed(grade(asked)) == [True]
    assert passed(grade(asked, CHEAT)) == [False]
    # where the instructor's own trains, an answer may, too
    trained = "\n    model[0].bias.data += 0\n    model[0].bias.data[0] += 1"
    asked = assignment(("given", GIVEN), ("answer", SHARE.replace("\n    model.eval()", trained)), ("test", SCORED))
    assert passed(grade(asked)) == [True]


def test_a_test_that_has_its_own_network_trained_is_looked_at():
    test = (
        "class Own(nn.Linear):\n    pass\nmodel = Own(2, 1)\nbefore = model.weight.detach().clone()\n"
        "train(model, [(torch.ones(1, 2), torch.ones(1, 1))], torch.optim.SGD(model.parameters(), lr=0.1))\n"
        "assert not torch.equal(before, model.weight)"
    )
    result = grade(assignment(("given", GIVEN), ("answer", SOLUTION), ("test", test)))
    assert passed(result) == [False] and result.review and "define the class in a given cell" in result.reasons[0]
