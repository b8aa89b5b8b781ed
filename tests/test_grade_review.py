"""What a reviewer of the grader tried: right work that lost marks, and wrong work that kept them. One test a finding.

All cases of a table stand in one notebook, each an exercise: (instructor's cell, test), and works with what they get.
"""

import pytest

from plain_kernel import assignment, grade, messages, passed

GIVEN = """
import numpy as np
from collections import namedtuple
from dataclasses import dataclass
from enum import Enum
class Color(Enum):
    RED = 1
    BLUE = 2
class Empty(Exception):
    pass
class Short(ValueError):
    def __init__(self, missing, of):
        super().__init__(f"{missing} missing of {of}")
        self.missing = missing
Pair = namedtuple("Pair", "x y")
@dataclass(frozen=True, slots=True)
class Point:
    x: int
"""
RIGHT = {  # name: (the instructor's answer, the test): all of them pass
    "attributes of any name": (
        "class Dog:\n    def __init__(self, name, kind, number):\n"
        "        self.name, self.kind, self.number = name, kind, number\n        self.link = self.classes = 7",
        "dog = Dog('Rex', 'poodle', 3)\nassert (dog.name, dog.kind, dog.number) == ('Rex', 'poodle', 3)\n"
        "dog.name = 'Ada'\nassert dog.name == 'Ada' and dog.link == dog.classes == 7",
    ),
    "argument unchanged": (
        "def f1(a):\n    return sorted(a)",
        "a = [3, 1]\nassert f1(a) == [1, 3]\nassert a == [3, 1]",
    ),
    "new object": ("def f2(a):\n    return list(a)", "a = [3, 1]\nassert f2(a) is not a"),
    "same object": ("def f3(a):\n    a.append(1)\n    return a", "a = [3]\nassert f3(a) is a and a == [3, 1]"),
    "deep copy": (
        "import copy\ndef f4(a):\n    return copy.deepcopy(a)",
        "a = [[1], {'b': [2]}]\nb = f4(a)\nb[0][0] = 9\nb[1]['b'][0] = 9\nassert a == [[1], {'b': [2]}]",
    ),
    "copied array": ("def f5(a):\n    return a[1:].copy()", "a = np.zeros(3)\nf5(a)[0] = 1\nassert a[1] == 0"),
    "view": (
        "def f6(a):\n    return a[::-2]",
        "a = np.arange(6)\nassert np.shares_memory(a, f6(a))\nf6(a)[0] = 9\nassert a[5] == 9",
    ),
    "names": (
        "y = 3\ndef f7():\n    return y",
        "assert 'f7' in globals() and 'y' in locals() and 'f7' in dir() and globals().get('y') == 3\n"
        "assert 'nothing' not in globals()",
    ),
    "given enumeration": (
        "def f8(c):\n    return Color.RED if c is Color.BLUE else c",
        "assert f8(Color.BLUE) is Color.RED",
    ),
    "given exceptions": (
        "def f9(n):\n    if n == 0:\n        raise Empty('none')\n    raise Short(n, 5)",
        "import pytest\nwith pytest.raises(Empty, match='none'):\n    f9(0)\n"
        "try:\n    f9(2)\nexcept Short as error:\n    assert str(error) == '2 missing of 5' and error.missing == 2\n"
        "else:\n    assert False",
    ),
    "named tuples": (
        "class Own(__import__('typing').NamedTuple):\n    x: int\ndef f10():\n    return Pair(1, 2), Own(3)",
        "pair, own = f10()\nassert isinstance(pair, Pair) and isinstance(own, Own) and not isinstance(pair, Own)\n"
        "assert pair == Pair(1, 2) and own.x == 3",
    ),
    "slots": ("def f11(p):\n    return Point(p.x + 1)", "assert f11(Point(1)) == Point(2)"),
    "a kind of list": (
        "class Stack(list):\n    pass",
        "s = Stack()\ns.append(1)\nassert len(s) == 1 and 1 in s and s == [1] and s",
    ),
    "the class of an object": (
        "class Box:\n    pass\nclass Lid:\n    pass\ndef f14(x):\n    return x",
        "box = Box()\nassert type(box) is Box and type(box) == Box and type(box) is not Lid and type(box) != Lid\n"
        "assert type(box).__name__ == 'Box' and type(f14(1)) is int and type(f14) is type(lambda: 0)\n"
        "assert isinstance(int, type)",
    ),
    "a global of the answer": (
        "factor = 3\ndef f16(x):\n    return x * factor",
        "assert f16(2) == 6\nfactor = 10\nassert f16(2) == 20\nfor factor in (1, 2):\n    assert f16(4) == 4 * factor",
    ),
    "threads": (
        "import time\ndef f15(x):\n    time.sleep(0.002)\n    return x",
        "from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(4) as pool:\n"
        "    assert list(pool.map(f15, range(40))) == list(range(40))",
    ),
    "warnings": (
        "import warnings\ndef f13(x):\n    warnings.warn('old', DeprecationWarning)\n    return x",
        "import pytest, warnings\nwith pytest.warns(DeprecationWarning, match='old'):\n    assert f13(1) == 1\n"
        "with warnings.catch_warnings(record=True) as seen:\n    warnings.simplefilter('always')\n    f13(2)\n"
        "assert len(seen) == 1\nf13(3)",
    ),
    "an error of a library": (
        "import json\ndef f12(t):\n    return json.loads(t)",
        "import json, pytest\nwith pytest.raises(json.JSONDecodeError):\n    f12('{')",
    ),
}
WRONG = {  # name of the case: works that must fail there
    "argument unchanged": ["def f1(a):\n    a.sort()\n    return a", "def f1(a):\n    a.sort()\n    return list(a)"],
    "new object": ["def f2(a):\n    return a"],
    "same object": ["def f3(a):\n    return a + [1]"],
    "deep copy": ["def f4(a):\n    return list(a)", "def f4(a):\n    return a"],
    "copied array": ["def f5(a):\n    return a[1:]"],
    "given enumeration": ["def f8(c):\n    return c"],
    "given exceptions": ["def f9(n):\n    raise ValueError('none')"],
}


@pytest.fixture(scope="module")
def asked():
    cells = [cell for own, test in RIGHT.values() for cell in (("answer", own), ("test", test))]
    return assignment(("given", GIVEN), *cells)


def test_right_work_of_many_kinds_passes(asked):
    result = grade(asked)
    assert dict(zip(RIGHT, messages(result), strict=True)) == dict.fromkeys(RIGHT, "")
    assert passed(result) == [True] * len(RIGHT)


@pytest.mark.parametrize("number", range(2))
def test_wrong_work_of_these_kinds_fails(asked, number):
    wrong = {name: works[number] for name, works in WRONG.items() if len(works) > number}
    result = grade(asked, *[wrong.get(name) for name in RIGHT])
    assert [name for name, ok in zip(RIGHT, passed(result), strict=True) if not ok] == list(wrong)


def test_an_answer_that_spoils_what_its_test_compares_with_does_not_pass():
    asked = assignment(
        ("answer", "def f(x):\n    return [2 * v for v in x]"),
        ("test", "x = [1, 2]\nassert f(x) == [v * 2 for v in x]"),
    )
    assert passed(grade(asked, "def f(x):\n    x[:] = [0, 0]\n    return x")) == [False]
    assert passed(grade(asked, "def f(x):\n    x[:] = [0, 0]\n    return [2, 4]")) == [False]


def test_points_that_numpy_has_counted_are_partial_credit():
    test = "good = np.array([f(1) == 1, f(2) == 2])\ngood.all().astype(int)"
    asked = assignment(("given", "import numpy as np"), ("answer", "def f(x):\n    return x"), ("test", test))
    assert [
        mark.points for work in (None, "def f(x):\n    return 1") for mark in grade(asked, work).notebooks[0].marks
    ] == [1, 0]


NETWORK = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 2)
    def forward(self, x):
        return self.fc(x)
def make_model():
    return nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
def f(x):
    return (x ** 2).sum()
def step(net, loss_of, x, y):
    optimiser = torch.optim.SGD(net.parameters(), lr=0.1)
    before = loss_of(net(x), y)
    before.backward()
    optimiser.step()
    return before.item() - loss_of(net(x), y).item()
def split(x):
    return x * 3, x.detach()
"""
TORCH = [
    "model = make_model()\nassert model(torch.ones(5, 3)).shape == (5, 2) and len(model) == 3\n"
    "assert sum(p.numel() for p in model.parameters() if p.requires_grad) == 26",
    "x = torch.tensor([1.0, 2.0], requires_grad=True)\nf(x).backward()\n"
    "assert torch.equal(x.grad, torch.tensor([2.0, 4.0]))",
    "x = torch.ones(2, requires_grad=True)\none, two = split(2 * x)\none.sum().backward()\n"
    "assert x.grad.tolist() == [6, 6] and not two.requires_grad",
    "net = Net()\nloss = net(torch.ones(4, 3)).pow(2).mean()\nassert all(p.grad is None for p in net.parameters())\n"
    "loss.backward()\nassert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.parameters())\n"
    "net.zero_grad()\nassert net.fc.weight.grad is None",
    "net = Net()\nassert step(net, nn.MSELoss(), torch.ones(4, 3), torch.zeros(4, 2)) > 0",
    "with torch.no_grad():\n    assert not Net()(torch.ones(1, 3)).requires_grad\n"
    "assert Net()(torch.ones(1, 3)).requires_grad",
    "x = torch.tensor([0.3, 0.7], dtype=torch.float64, requires_grad=True)\nassert torch.autograd.gradcheck(f, (x,))",
]


def test_gradients_flow_through_an_answer():
    asked = assignment(
        ("given", "import torch\nfrom torch import nn"), ("answer", NETWORK), *(("test", test) for test in TORCH)
    )
    assert messages(grade(asked)) == [""] * len(TORCH)
    wrong = NETWORK.replace("(x ** 2).sum()", "(x.detach() ** 2).sum()").replace("self.fc(x)", "self.fc(x).detach()")
    assert passed(grade(asked, wrong)) == [True, False, True, False, False, False, False]
