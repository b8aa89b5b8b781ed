"""What a test may do with a student's classes and objects, and an answer with objects of the test's own.

All cases of a table stand in one notebook, each an exercise: (instructor's cell, test), and works with what they get.
Every test is run as in a class: the student's cells in a kernel, the test in a process of its own.
"""

import pytest

from plain_kernel import assignment, grade, messages, passed

GIVEN = "import numpy as np\nimport dataclasses\nfrom dataclasses import dataclass\nfrom enum import Enum\nfactor = 2"
RIGHT = {  # name: (the instructor's answer, the test): all of them pass
    "a global that a function of the test binds": (
        "def scaled(x):\n    return x * factor",
        "def choose(value):\n    global factor\n    factor = value\n"
        "choose(5)\nassert scaled(2) == 10\nchoose(7)\nassert scaled(2) == 14",
    ),
    "a counter of the test": (
        "def run(step, n):\n    for i in range(n):\n        step(i)",
        "count = 0\ndef step(i):\n    global count\n    count += i\nrun(step, 5)\nassert count == 10",
    ),
    "vectorised": (
        "def sign(x):\n    return 1 if x > 0 else -1",
        "assert np.vectorize(sign)(np.array([-2, 3])).tolist() == [-1, 1]\n"
        "assert np.frompyfunc(sign, 1, 1)(np.array([5.0]))[0] == 1",
    ),
    "functions and classes are no data": (
        "def seven():\n    return 7\nclass Box1:\n    pass",
        "assert seven != 7 and not seven == 7 and seven == seven and Box1 != Box1() and Box1 is not None\n"
        "assert Box1 == Box1 and Box1 != int and seven not in [1, 'a']",
    ),
    "hashed": (
        "class Coin:\n    def __init__(self, value):\n        self.value = value\n"
        "    def __eq__(self, other):\n        return self.value == other.value\n"
        "    def __hash__(self):\n        return hash(self.value)\n"
        "def coins(*values):\n    return {Coin(value) for value in values}",
        "assert len({Coin(1), Coin(1), Coin(2)}) == 2 and hash(Coin(3)) == hash(Coin(3))\n"
        "price = {Coin(1): 'one', Coin(2): 'two'}\nassert price[Coin(2)] == 'two' and Coin(3) not in price\n"
        "assert coins(1, 1, 2) == {Coin(1), Coin(2)} and coins(1) != {Coin(2)}",
    ),
    "hashed by identity": (
        "class Node:\n    pass",
        "first, second = Node(), Node()\nseen = {first}\nassert first in seen and second not in seen",
    ),
    "the class of an object": (
        "class Dog:\n    pass\nclass Cat:\n    pass",
        "dog = Dog()\nassert dog.__class__ is Dog and dog.__class__ is not Cat and dog.__class__.__name__ == 'Dog'\n"
        "assert (3).__class__ is int and isinstance(Cat(), Cat().__class__)\n"
        "class Mine:\n    def name(self):\n        return self.__class__.__name__\nassert Mine().name() == 'Mine'",
    ),
    "an enumeration": (
        "class Color(Enum):\n    RED = 1\n    BLUE = 2\n"
        "def mixed(a, b):\n    return Color.RED if a is b else Color.BLUE",
        "assert len(Color) == 2 and [one.name for one in Color] == ['RED', 'BLUE']\n"
        "assert [one.value for one in reversed(Color)] == [2, 1] and list(Color)[0] is Color.RED\n"
        "assert Color(2) is Color.BLUE and Color['RED'] is Color.RED and Color.RED in Color\n"
        "assert mixed(Color.RED, Color.RED) is Color.RED and issubclass(Color, Enum) and isinstance(Color.RED, Color)\n"
        "assert {Color.RED: 'r'}[Color(1)] == 'r' and len({Color.RED, Color.BLUE, Color(1)}) == 2",
    ),
    "enumerations of numbers and texts": (
        "from enum import IntEnum\nclass Level(IntEnum):\n    LOW = 1\n    HIGH = 3\n"
        "class Unit(str, Enum):\n    METRE = 'm'\ndef level(x):\n    return Level.HIGH if x > 5 else Level.LOW",
        "assert level(9) == 3 and level(1) != 3 and level(1) < 2 <= Level.HIGH\n"
        "assert Level.LOW + 1 == 2 == 3 - Level.LOW and level(9) is Level.HIGH\n"
        "assert int(Level.HIGH) == 3 and 'abcd'[Level.HIGH] == 'd' and Unit.METRE == 'm'\n"
        "assert {1: 'low'}[level(2)] == 'low' and level(9) in (2, 3) and sorted(Level, reverse=True)[0] == 3",
    ),
    "a named tuple with methods": (
        "from typing import NamedTuple\nclass Vector(NamedTuple):\n    x: float\n    y: float = 0.0\n"
        "    def norm(self):\n        return (self.x**2 + self.y**2) ** 0.5\n"
        "    @property\n    def flipped(self):\n        return Vector(self.y, self.x)\n"
        "    def __add__(self, other):\n        return Vector(self.x + other.x, self.y + other.y)\n"
        "    def __str__(self):\n        return f'<{self.x}, {self.y}>'\n"
        "def longest(vectors):\n    return max(vectors, key=lambda one: one.norm())",
        "v = Vector(3, 4)\nassert v == (3, 4) and v.x == 3 and v.norm() == 5 and v.flipped == Vector(4, 3)\n"
        "assert v + Vector(1) == Vector(4, 4) and str(v) == '<3, 4>' and v.flipped.norm() == 5\n"
        "assert type(v) is Vector and isinstance(v, Vector) and not hasattr(v, 'z') and Vector(2).y == 0\n"
        "assert longest([Vector(1), v, Vector(2)]) == v",
    ),
    "a data class": (
        "@dataclass\nclass Point:\n    x: int\n    y: int = 0\n    def moved(self, by):\n"
        "        return dataclasses.replace(self, x=self.x + by)\n"
        "@dataclass(frozen=True, order=True)\nclass Version:\n    number: int",
        "p = Point(1)\nassert p.moved(2) == Point(3) and p == Point(1, 0) and p.moved(2).x == 3\n"
        "assert dataclasses.asdict(p) == {'x': 1, 'y': 0} and dataclasses.astuple(p) == (1, 0)\n"
        "assert [one.name for one in dataclasses.fields(Point)] == ['x', 'y'] and dataclasses.is_dataclass(p)\n"
        "assert dataclasses.replace(p, y=5).y == 5 and 'x=1' in repr(p)\n"
        "assert Version(1) < Version(2) and len({Version(1), Version(1)}) == 1\n"
        "import pytest\nwith pytest.raises(dataclasses.FrozenInstanceError):\n    Version(1).number = 2",
    ),
    "an object of the test": (
        "def drive(robot, steps):\n    for step in range(steps):\n        robot.forward(step)\n"
        "    robot.label = f'{robot.name} at {robot.place}'\n    return robot",
        "class Robot:\n    def __init__(self):\n        self.name, self.place = 'R2', 0\n"
        "    def forward(self, far):\n        self.place += far\n"
        "robot = Robot()\nassert drive(robot, 4) is robot\nassert robot.place == 6 and robot.label == 'R2 at 6'",
    ),
    "its operators": (
        "def listed(shelf):\n    with shelf as open_shelf:\n        return len(open_shelf), [one for one in shelf], "
        "shelf[0], 'b' in shelf, shelf(2), str(shelf), bool(shelf)",
        "class Shelf:\n    opened = 0\n    def __len__(self):\n        return 2\n    def __iter__(self):\n"
        "        yield from 'ab'\n    def __getitem__(self, place):\n        return 'ab'[place]\n"
        "    def __contains__(self, one):\n        return one in 'ab'\n    def __call__(self, times):\n"
        "        return 'ab' * times\n    def __enter__(self):\n        self.opened += 1\n        return self\n"
        "    def __exit__(self, *error):\n        self.opened -= 1\n    def __str__(self):\n        return 'shelf'\n"
        "shelf = Shelf()\nassert listed(shelf) == (2, ['a', 'b'], 'a', True, 'abab', 'shelf', True)\n"
        "assert shelf.opened == 0 and type(shelf).opened == 0",
    ),
    "its iterator": (
        "def total(numbers):\n    return sum(numbers)",
        "class Down:\n    def __init__(self, n):\n        self.n = n\n    def __iter__(self):\n        return self\n"
        "    def __next__(self):\n        if not self.n:\n            raise StopIteration\n        self.n -= 1\n"
        "        return self.n\nassert total(Down(4)) == 6",
    ),
    "a class of the test, and its errors": (
        "def tried(kind):\n    made = kind(3)\n    try:\n        return made.half()\n    except ValueError as error:\n"
        "        return str(error), hasattr(made, 'half'), hasattr(made, 'third')",
        "class Odd:\n    def __init__(self, n):\n        self.n = n\n    def half(self):\n"
        "        raise ValueError(f'{self.n} is odd')\nassert tried(Odd) == ('3 is odd', True, False)",
    ),
    "a mock": (
        "def save(database, rows):\n    for row in rows:\n        database.insert(row, table='marks')\n"
        "    return database.commit()",
        "from unittest.mock import MagicMock, Mock, call\ndatabase = Mock()\ndatabase.commit.return_value = 2\n"
        "assert save(database, ['a', 'b']) == 2\ndatabase.commit.assert_called_once_with()\n"
        "assert database.insert.call_args_list == [call('a', table='marks'), call('b', table='marks')]\n"
        "again = MagicMock()\nsave(again, [])\nagain.insert.assert_not_called()",
    ),
    "a class that an earlier test defines": (
        "def named(thing):\n    return thing.name.upper()",
        "assert named(Robot()) == 'R2'",
    ),
}
WRONG = {  # name of the case: works that must fail there
    "a global that a function of the test binds": ["def scaled(x):\n    return x * 2"],
    "a counter of the test": ["def run(step, n):\n    step(10 * n)"],
    "vectorised": ["def sign(x):\n    return 1"],
    "hashed": [
        "class Coin:\n    def __init__(self, value):\n        self.value = value\n"
        "def coins(*values):\n    return {Coin(value) for value in values}",
        "class Coin:\n    def __init__(self, value):\n        self.value = value\n"
        "    def __eq__(self, other):\n        return True\n    def __hash__(self):\n        return 1\n"
        "def coins(*values):\n    return {Coin(value) for value in values}",
    ],
    "the class of an object": ["class Dog:\n    pass\nCat = Dog"],
    "an enumeration": [
        "class Color(Enum):\n    RED = 1\n    BLUE = 2\n    GREEN = 3\ndef mixed(a, b):\n    return Color.RED",
        "class Color:\n    RED = 1\n    BLUE = 2\ndef mixed(a, b):\n    return 1",
    ],
    "enumerations of numbers and texts": [
        "from enum import Enum, IntEnum\nclass Level(IntEnum):\n    LOW = 1\n    HIGH = 3\n"
        "    def __eq__(self, other):\n        return True\n    __hash__ = int.__hash__\n"
        "class Unit(str, Enum):\n    METRE = 'm'\ndef level(x):\n    return Level.LOW",
        "from enum import Enum, IntEnum\nclass Level(Enum):\n    LOW = 1\n    HIGH = 3\n"
        "    def __eq__(self, other):\n        return True\n    __hash__ = Enum.__hash__\n"
        "class Unit(str, Enum):\n    METRE = 'm'\ndef level(x):\n    return Level.HIGH",
    ],
    "a named tuple with methods": [
        "from typing import NamedTuple\nclass Vector(NamedTuple):\n    x: float\n    y: float = 0.0\n"
        "    def norm(self):\n        return 7\n    def __eq__(self, other):\n        return True",
    ],
    "an object of the test": [
        "def drive(robot, steps):\n    robot.label = 'R2 at 6'\n    return robot",
        "def drive(robot, steps):\n    robot.forward(6)\n    robot.forward = 3\n"
        "    robot.label = 'R2 at 6'\n    return robot",
        "def drive(robot, steps):\n    robot.__class__.__eq__ = lambda *two: True\n    return robot",
        "def drive(robot, steps):\n    robot.forward.__globals__['x'] = 1\n    return robot",
    ],
    "a mock": [
        "def save(database, rows):\n    database.insert.call_args_list = database.insert.return_value\n    return 2",
        "def save(database, rows):\n    database.commit.assert_called_once_with = 1\n    return 2",
        "def save(database, rows):\n    database.insert('x')\n    database.insert.reset_mock()\n    return 2",
    ],
}


@pytest.fixture(scope="module")
def asked():
    cells = [cell for own, test in RIGHT.values() for cell in (("answer", own), ("test", test))]
    return assignment(("given", GIVEN), *cells)


def test_right_work_passes(asked):
    result = grade(asked)
    assert dict(zip(RIGHT, messages(result), strict=True)) == dict.fromkeys(RIGHT, "")
    assert passed(result) == [True] * len(RIGHT)
    assert not result.review, result.reasons


@pytest.mark.parametrize("turn", range(max(map(len, WRONG.values()))))
def test_wrong_work_fails(asked, turn):
    works = [WRONG[name][turn] if turn < len(WRONG.get(name, [])) else None for name in RIGHT]
    result = grade(asked, *works)
    expected = {name: work is None for name, work in zip(RIGHT, works, strict=True)}
    assert dict(zip(RIGHT, passed(result), strict=True)) == expected


DOUBTS = {  # what cannot be done behind the wall: (the answer, the test, the reason to look)
    "a class derived from the student's": (
        "class Dog:\n    pass",
        "class Puppy(Dog):\n    pass\nassert isinstance(Puppy(), Dog)",
        "a test cannot derive a class from an answer's: let it hold an object",
    ),
    "a copy of the test's object": (
        "import copy\ndef twin(one):\n    return copy.deepcopy(one)",
        "class One:\n    pass\none = One()\nassert twin(one) is not one",
        "an answer wanted a copy of an object of the test: define its class in a given cell",
    ),
    "a name with an underscore": (
        "def secret(one):\n    return one._x",
        "class One:\n    _x = 3\nassert secret(One()) == 3",
        "an answer wanted _x of an object of the test",
    ),
}


def test_what_cannot_be_done_is_told_with_the_cure_and_looked_at():
    cells = [cell for own, test, _ in DOUBTS.values() for cell in (("answer", own), ("test", test))]
    result = grade(assignment(*cells))
    assert passed(result) == [False] * len(DOUBTS) and result.review
    for (_, _, why), message, reason in zip(DOUBTS.values(), messages(result), result.reasons, strict=True):
        assert why in message and why in reason and "in-kernel" in reason


TRAINED = {
    "an optimiser": (
        "net = torch.nn.Linear(2, 1)",
        "x, y = torch.ones(4, 2), torch.zeros(4, 1)\nopt = torch.optim.SGD(net.parameters(), lr=0.1)\nlosses = []\n"
        "for step in range(5):\n    opt.zero_grad()\n    loss = torch.nn.functional.mse_loss(net(x), y)\n"
        "    loss.backward()\n    opt.step()\n    losses.append(loss.item())\nassert losses[-1] < losses[0]\n"
        "assert isinstance(opt, torch.optim.SGD)",
    ),
    "groups, a schedule and a clipped gradient": (
        "class Net(torch.nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.body, self.head = torch.nn.Linear(2, 3), torch.nn.Linear(3, 1)\n    def forward(self, x):\n"
        "        return self.head(torch.tanh(self.body(x)))",
        "model = Net()\nhead = {'params': model.head.parameters(), 'lr': 0.0}\n"
        "opt = torch.optim.Adam([{'params': model.body.parameters()}, head], lr=0.1)\n"
        "rates = torch.optim.lr_scheduler.StepLR(opt, 1, gamma=0.5)\n"
        "before = model.body.weight.detach().clone(), model.head.weight.detach().clone()\n"
        "model(torch.ones(4, 2)).sum().backward()\n"
        "assert torch.nn.utils.clip_grad_norm_(model.parameters(), 1e-3) > 0\n"
        "assert sum(float(p.grad.norm())**2 for p in model.parameters()) < 1.1e-6\n"
        "opt.step()\nrates.step()\nassert not torch.equal(model.body.weight, before[0])\n"
        "assert torch.equal(model.head.weight, before[1]) and rates.get_last_lr() == [0.05, 0.0]\n"
        "assert issubclass(Net, torch.nn.Module)",
    ),
    "a tensor of the test": (
        "def bowl(x):\n    return ((x - 3) ** 2).sum()",
        "x = torch.zeros(2, requires_grad=True)\nopt = torch.optim.SGD([x], lr=0.4)\nfor step in range(20):\n"
        "    opt.zero_grad()\n    bowl(x).backward()\n    opt.step()\nassert torch.allclose(x, torch.full((2,), 3.0))",
    ),
}
BY_LIST = (
    "opt = torch.optim.SGD(list(w.parameters()), lr=0.1)\nbefore = w.weight.detach().clone()\n"
    "w(torch.ones(1, NUMBER)).sum().backward()\nopt.step()\nassert not torch.equal(before, w.weight)"
)
TRAINED["a list of parameters"] = "w = torch.nn.Linear(2, 1)", BY_LIST.replace("NUMBER", "2")
COPIED = "w = torch.nn.Linear(1000, 1000)", BY_LIST.replace("NUMBER", "1000")  # too large to be in hand


def test_an_optimiser_of_a_test_trains_the_answer():
    cells = [cell for own, test in TRAINED.values() for cell in (("answer", own), ("test", test))]
    asked = assignment(("given", "import torch"), *cells, ("answer", COPIED[0]), ("test", COPIED[1]))
    right = grade(asked)
    assert dict(zip(TRAINED, messages(right), strict=False)) == dict.fromkeys(TRAINED, "")
    assert passed(right) == [True] * len(TRAINED) + [False]
    assert right.review and "hand model.parameters() itself to the optimiser" in right.reasons[0]
    frozen = "net = torch.nn.Linear(2, 1)\nfor p in net.parameters():\n    p.requires_grad_(False)"
    unlike = "class Net:\n    pass"
    assert passed(grade(asked, frozen, unlike, "def bowl(x):\n    return x.sum()"))[:3] == [False] * 3
