"""run_job: a student's notebook in its kernel, the tests in processes of ours, and what each is worth."""

import textwrap
from dataclasses import replace

import joblib
import pytest
import torch

from course_admin.grading.job import run_job
from course_admin.grading.records import Limits, Options
from course_utils.reid_checkpoint import RECIPES
from course_utils.reid_model import ReIDNetwork
from plain_kernel import QUICK, assignment, grade, messages, passed, submission
from sandbox_support import levels


def one(answer: str | None, test: str, own: str = "def f(x):\n    return x * 2", given: str = "import numpy as np"):
    """The result of a notebook with one given cell, one answer and one test."""
    return grade(assignment(("given", given), ("answer", own), ("test", textwrap.dedent(test))), answer)


NOTHING = "for name in list(globals()):\n    if name[0] != '_' and name != 'np':\n        del globals()[name]"
GENERIC = {
    "plain assert": ("def f(x): return x * 2", "assert f(2) == 4"),
    "numpy": ("def f(x): return x * 2", "np.testing.assert_allclose(f(np.arange(3)), [0, 2, 4])"),
    "isinstance": ("def f(x): return x * 2", "assert isinstance(f(3), int) and isinstance(f(1.5), float)"),
    "raises": (
        "def f(x):\n    if x < 0:\n        raise ValueError('negative')\n    return x",
        """
        import pytest
        with pytest.raises(ValueError, match="negative"):
            f(-1)
        try:
            f(-1)
            assert False, "no error"
        except ValueError:
            pass
        """,
    ),
    "own exception": (
        "class Empty(ValueError):\n    pass\ndef f(x):\n    raise Empty('nothing')",
        """
        import pytest
        with pytest.raises(Empty):
            f(1)
        with pytest.raises(ValueError):
            f(1)
        assert issubclass(Empty, ValueError)
        """,
    ),
    "variable": ("x = 5\nnames = ['a', 'b']\ny = x + 1", "assert x == 5 and y == 6\nassert names == ['a', 'b']"),
    "class": (
        "class Account:\n    def __init__(self, balance):\n        self.balance = balance\n"
        "    def deposit(self, amount):\n        self.balance += amount\n"
        "    def __repr__(self):\n        return f'Account({self.balance})'",
        """
        account = Account(10)
        account.deposit(5)
        assert account.balance == 15
        assert isinstance(account, Account) and hasattr(account, "deposit")
        assert repr(account) == str(account) == "Account(15)" and type(account).__name__ == "Account"
        """,
    ),
    "operators": (
        "class V:\n    def __init__(self, x):\n        self.x = x\n    def __add__(self, other):\n"
        "        return V(self.x + other.x)\n    def __mul__(self, k):\n        return V(self.x * k)\n"
        "    def __eq__(self, other):\n        return self.x == other.x\n    def __len__(self):\n        return 3",
        "assert V(1) + V(2) == V(3)\nassert (V(2) * 3).x == 6\nassert len(V(1)) == 3\nassert V(1) != V(2)",
    ),
    "inheritance": (
        "class Animal:\n    pass\nclass Dog(Animal):\n    def speak(self):\n        return 'woof'",
        "assert issubclass(Dog, Animal)\nassert isinstance(Dog(), Animal) and Dog().speak() == 'woof'",
    ),
    "generator": (
        "def f(n):\n    for i in range(n):\n        yield i * i",
        "assert list(f(4)) == [0, 1, 4, 9]\nnumbers = f(3)\nassert next(numbers) == 0\nassert iter(numbers) is numbers",
    ),
    "callback": (
        "def f(g, a, b):\n    n = 200\n    return sum(g(a + (i + .5) * (b - a) / n) for i in range(n)) * (b - a) / n",
        "assert abs(f(lambda x: x**2, 0, 1) - 1/3) < 1e-4\n"
        "def cube(x):\n    return x**3\nassert abs(f(cube, 0, 1) - 1/4) < 1e-4",
    ),
    "decorator": (
        "def twice(g):\n    def inner(*a):\n        return 2 * g(*a)\n    return inner",
        "@twice\ndef add(a, b):\n    return a + b\nassert add(1, 2) == 6",
    ),
    "helper and loops": (
        "def f(x): return x * 2",
        """
        def check(n):
            for i in range(n):
                assert f(i) == 2 * i, f"wrong at {i}"
        check(5)
        for x, y in [(1, 2), (2, 4)]:
            assert f(x) == y
        assert all(f(x) == 2 * x for x in range(3)) and [f(x) for x in (1, 2)] == [2, 4]
        """,
    ),
    "printing": (
        "def f(name):\n    print('Hello,', name)",
        """
        import contextlib, io
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            f("Ada")
        assert out.getvalue() == "Hello, Ada\\n"
        print("fine")
        """,
    ),
    "input": (
        "def f():\n    return int(input('Age? ')) + 1",
        "from unittest.mock import patch\nwith patch('builtins.input', return_value='41'):\n    assert f() == 42",
    ),
    "in place": ("def f(numbers):\n    numbers.sort()", "numbers = [3, 1, 2]\nf(numbers)\nassert numbers == [1, 2, 3]"),
    "pop": (
        "def f(stack):\n    return stack.pop()",
        "stack = [1, 2, 3]\nassert f(stack) == 3\nassert stack == [1, 2]",
    ),
    "global state": (
        "log = []\ndef f(x):\n    log.append(x)\n    return len(log)",
        "before = len(log)\nassert f('a') == before + 1\nassert log[-1] == 'a'",
    ),
    "unittest": (
        "def f(x): return x * 2",
        """
        import unittest
        class Test(unittest.TestCase):
            four = f(2)
            def test_double(self):
                self.assertEqual(f(2), 4)
        result = unittest.main(argv=[""], exit=False).result
        assert result.testsRun == 1 and result.wasSuccessful()
        """,
    ),
    "source": (
        "def f(n):\n    return 1 if n < 2 else n * f(n - 1)",
        """
        import inspect
        assert 'for' not in inspect.getsource(f) and f(5) == 120 and f.__name__ == 'f'
        assert list(inspect.signature(f).parameters) == ['n'] and inspect.isfunction(f)
        """,
    ),
    "seed": (
        "import random\ndef f():\n    return random.randint(1, 6)",
        "import random\nrandom.seed(4)\nfirst = [f() for _ in range(9)]\n"
        "random.seed(4)\nassert first == [f() for _ in range(9)]",
    ),
    "iterators": (
        "def f(items):\n    for item in items:\n        if item > 2:\n            return item",
        "import itertools\nassert f(itertools.count()) == 3 and f(iter([5])) == 5 and f({7: 0}.keys()) == 7",
    ),
    "file objects": (
        "def f(source, target):\n    target.write(source.read().upper())",
        "import io\nout = io.StringIO()\nf(io.StringIO('abc'), out)\nassert out.getvalue() == 'ABC'",
    ),
    "async": (
        "import asyncio\nasync def f(x):\n    await asyncio.sleep(0)\n    return 2 * x",
        "assert await f(2) == 4",
    ),
    "mock": (
        "def f(notify):\n    notify('done', code=3)",
        "from unittest.mock import Mock\nnotify = Mock()\nf(notify)\nnotify.assert_called_once_with('done', code=3)",
    ),
    "files": (
        "def f(name, text):\n    with open(name, 'w') as file:\n        file.write(text)\nf('first.txt', '1')",
        """
        import os
        from pathlib import Path
        f("note.txt", "hello")
        assert open("note.txt").read() == "hello" and Path("first.txt").read_text() == "1"
        f("note.txt", "again")
        assert open("note.txt").read() == "again" and os.path.exists("note.txt")
        """,
    ),
    "magic": ("def f(x): return x * 2", "%matplotlib inline\nassert f(2) == 4"),
    "cell magic": ("def f(x): return x * 2", "%%time\nassert f(2) == 4"),
    "sets, named tuples, dates": (
        "from collections import namedtuple\nimport datetime\nP = namedtuple('P', 'x y')\n"
        "def f(x):\n    return P(x, {1, 2}), datetime.date(2026, 1, x)",
        "p, day = f(3)\nassert p == (3, {1, 2}) and p.x == 3\nassert day.isoformat() == '2026-01-03'",
    ),
}


def test_tests_of_any_nbgrader_assignment_work_and_can_fail():
    """One notebook with all of them: the instructor's own answers pass, and nothing at all does not."""
    cells = [("given", "import numpy as np")]
    for own, test in GENERIC.values():
        cells += [("answer", own), ("test", textwrap.dedent(test))]
    asked = assignment(*cells)
    right = grade(asked, *[None] * len(GENERIC))
    assert dict(zip(GENERIC, messages(right), strict=True)) == dict.fromkeys(GENERIC, "")
    assert passed(right) == [True] * len(GENERIC)
    blank = grade(asked, *[NOTHING] * len(GENERIC))
    assert dict(zip(GENERIC, passed(blank), strict=True)) == dict.fromkeys(GENERIC, False)


def test_the_message_of_a_plain_assert_says_what_was_compared():
    assert messages(one("def f(x): return 5", "assert f(2) == 4")) == ["assert f(2) == 4\nleft: 5\nright: 4"]
    assert messages(one("def f(x): return 5", "assert f(2) == 4, 'twice two'")) == [
        "twice two\nassert f(2) == 4\nleft: 5\nright: 4"
    ]
    (message,) = messages(one("def f(x): return x['a']", "assert f([1]) == 4"))
    assert message.startswith("TypeError: list indices") and "(at: def f(x): return x['a'])" in message
    (message,) = messages(one("def f(x) return 5", "assert f(2) == 4"))
    assert message.startswith("f is not defined: the cell that should define it stopped with SyntaxError")
    assert messages(one("def f(x): raise NotImplementedError", "f(1)"))[0].startswith("not begun")


HIDDEN = "assert f(2) == 4\n### BEGIN HIDDEN TESTS\nassert f(98765) == 197530, 'secret'\n### END HIDDEN TESTS\n"


def test_a_hidden_test_says_nothing_but_its_hint():
    result = one("def f(x): return 4", HIDDEN)
    (mark,) = result.notebooks[0].marks
    assert not mark.passed and mark.hidden and not mark.message and not mark.hint and mark.points == 0
    assert "98765" not in repr(result) and "secret" not in repr(result)
    (mark,) = one("def f(x): return 5", HIDDEN).notebooks[0].marks
    assert not mark.hidden and "f(2) == 4" in mark.message


def test_partial_credit_as_nbgrader_has_it():
    asked = assignment(("answer", "def f(x):\n    return x"), ("test", "score = 0.5 if f(1) == 1 else 0.25\nscore"))
    assert [mark.points for mark in grade(asked, None).notebooks[0].marks] == [0.5]
    asked = assignment(("answer", "def f(x):\n    return x"), ("test", "assert f(1) == 1\nf(0.1)"))
    assert [mark.points for mark in grade(asked, None).notebooks[0].marks] == [1]


CHEATS = {
    "an object equal to all": """
        class Yes:
            def __eq__(self, other): return True
            def __bool__(self): return True
        def f(x): return Yes()""",
    "an int that lies": """
        class Lie(int):
            def __eq__(self, other): return True
            __hash__ = int.__hash__
        def f(x): return Lie(1)""",
    "patched numpy": """
        import numpy as np
        np.testing.assert_allclose = lambda *a, **k: None
        np.linspace = lambda *a: np.array([])
        def f(x): return np.zeros(3) if isinstance(x, np.ndarray) else 0""",
    "patched builtins": """
        import builtins
        builtins.abs = lambda x: 0
        builtins.AssertionError = None
        def f(x): return 0""",
    "the test's names": """
        np = double = None
        x = [0, 0, 0]
        expected = []
        def f(x): return 0""",
    "in place": """
        def f(x):
            try: x[:] = 0
            except TypeError: pass
            return x""",
    "system exit": "def f(x): raise SystemExit(0)",
    "os._exit": "import os\ndef f(x): os._exit(0)",
    "forged agent": "import sys\nsys.modules['_course_agent'].ask = lambda request: 'TlRG'\ndef f(x): return 0",
    "agent says no error": """
        import sys, base64
        agent = sys.modules['_course_agent']
        agent.ask = lambda r: base64.b64encode(agent.encode(('ok', None, '', None, [], [], []))).decode()
        def f(x): return 0""",
    "hooks": """
        ip = get_ipython()
        ip.events.register('pre_run_cell', lambda *a: None)
        ip.input_transformers_cleanup.append(lambda lines: ['pass'])
        def f(x): return 0""",
    "stop iteration": "def f(x): raise StopIteration",
    "endless generator": """
        def f(x):
            while True: yield 1""",
    "skip": "import unittest\ndef f(x): raise unittest.SkipTest('no')",
    "unprintable error": """
        class E(Exception):
            def __str__(self): raise E
            __repr__ = __str__
        def f(x): raise E""",
    "not implemented": "def f(x): raise NotImplementedError",
    "print bomb": """
        def f(x):
            for i in range(20000): print('x' * 1000)
            return 0""",
    "numpy subclass": """
        import numpy
        class A(numpy.ndarray):
            def __eq__(self, other): return True
        def f(x): return numpy.zeros(3).view(A)""",
    "nan": "def f(x): return float('nan')",
    "a thousand levels": """
        def f(x):
            y = []
            for i in range(5000): y = [y]
            return y""",
    "a huge number": "def f(x): return 1 << 10_000_000",
}


def test_no_cheap_trick_passes():
    """All tricks against one notebook of three tests: none of them may pass one, and the last answer is right."""
    given = "import numpy as np\nx = np.linspace(0, 1, 3)\nexpected = [0, 1, 2]"
    tests = [
        ("test", "assert f(3) == 6"),
        ("test", "got = f(x)\nnp.testing.assert_allclose(got, 2 * x)"),
        ("test", "assert abs(f(3) - 6) < 1e-9 and all(map(lambda k: f(k) == 2 * k, expected))"),
    ]
    asked = assignment(("given", given), ("answer", "def f(x):\n    return x * 2"), *tests)
    assert passed(grade(asked, None)) == [True] * 3
    for name, answer in CHEATS.items():
        result = grade(asked, textwrap.dedent(answer))
        assert passed(result) == [False] * 3, name


def test_a_kernel_that_dies_costs_its_own_exercise_only():
    tests = [("answer", "def f(x):\n    return 1"), ("test", "assert f(1) == 1")]
    more = [("answer", "def g(x):\n    return 2"), ("test", "assert g(1) == 2"), ("test", "assert f(1) == 1")]
    asked = assignment(*tests, *more)
    assert passed(grade(asked, "import os\ndef f(x): os._exit(1)", None)) == [False, True, False]
    result = grade(asked, None, "def g(x): return 2\nimport os\nos._exit(1)")
    assert passed(result) == [True, False, True] and result.review and "ended the kernel" in result.reasons[0]


def test_what_never_ends_is_stopped_and_costs_its_own_exercise_only():
    tests = [("answer", "def f(x):\n    return 1"), ("test", "assert f(1) == 1")]
    more = [("answer", "def g(x):\n    return 2"), ("test", "assert g(1) == 2")]
    asked = assignment(*tests, *more)
    short = Limits(cell_seconds=20, test_seconds=4, total_seconds=200)
    result = grade(asked, "def f(x):\n  while True: pass", None, limits=short)
    assert passed(result) == [False, True] and "longer than" in messages(result)[0]
    result = grade(asked, "def f(x): return list(range(10)) * 10**5", None, limits=short)
    assert passed(result) == [False, True]
    asked = assignment(("answer", "def f():\n    return [1]"), ("test", "n = f()[0]\nwhile n != 1: pass"), *more)
    result = grade(asked, "def f(): return [2]", None, limits=short)
    assert passed(result) == [False, True] and "longer than" in messages(result)[0]


def test_what_a_test_leaves_behind_does_not_reach_the_next():
    tests = ["import math\nmath.pi = 3\nassert f(1) == 2", "import math\nassert math.pi > 3"]
    asked = assignment(("answer", "def f(x):\n    return x * 2"), *(("test", test) for test in tests))
    assert passed(grade(asked, None)) == [True, True]


def test_earlier_tests_lend_their_imports_functions_and_values():
    tests = [
        "from math import sqrt\ndef near(a, b): return abs(a - b) < 1e-9\nfour = f(2)",
        "assert near(sqrt(four), 2)",
    ]
    asked = assignment(("answer", "def f(x):\n    return x * 2"), *(("test", test) for test in tests))
    assert passed(grade(asked, None)) == [True, True]


def test_what_a_test_imports_or_defines_is_there_for_the_cells_after_it():
    """Students see the visible part, and a notebook runs its tests as it runs all cells."""
    test = "import math\nhalf = 0.5\nassert f(1) == 2\n### BEGIN HIDDEN TESTS\nsecret = 1\n### END HIDDEN TESTS"
    asked = assignment(
        ("answer", "def f(x):\n    return x * 2"),
        ("test", test),
        ("answer", "area = math.floor(4.5) * half\nleaked = 'secret' in dir()"),
        ("test", "assert area == 2 and not leaked"),
    )
    assert passed(grade(asked, None, None)) == [True, True]


def test_an_answer_that_prints_what_a_hidden_test_gives_it_is_not_heard():
    result = one("def f(x):\n    print('got', x)\n    return x * 2", HIDDEN)
    assert passed(result) == [True] and "got 2" in repr(result) and "98765" not in repr(result)


def test_a_test_with_the_tag_in_kernel_runs_there_and_is_looked_at():
    asked = assignment(("answer", "def f(x):\n    return x * 2"), ("test", "assert 'f' in globals() and f(1) == 2"))
    (notebook,) = asked.notebooks
    tagged = [replace(cell, tags=("in-kernel",)) if cell.kind == "test" else cell for cell in notebook.cells]
    asked = replace(asked, notebooks=(replace(notebook, cells=tuple(tagged)),))
    right, wrong = grade(asked, None), grade(asked, "def f(x): return 1")
    assert passed(right) == [True] and passed(wrong) == [False]
    assert right.review and "own process" in right.reasons[0]


def test_a_forged_answer_is_looked_at():
    result = one(
        "import sys\nsys.modules['_course_agent'].ask = lambda request: 'TlRG'\ndef f(x): return 4", "assert f(2) == 4"
    )
    assert passed(result) == [False] and result.review and any("no answer" in reason for reason in result.reasons)


def test_no_file_of_a_student_is_imported_or_unpickled_by_a_test():
    pickled = (
        "import os, pickle\nclass Bomb:\n  def __reduce__(self): return os.mkdir, ('boom',)\n"
        "pickle.dump(Bomb(), open('data.txt', 'wb'), 0)\nopen('helper_of_mine.py', 'w').write('x = 1')\ndef f(): pass"
    )
    tests = ["import pickle\npickle.load(open('data.txt', 'rb'))", "import helper_of_mine"]
    asked = assignment(("answer", "def f(): pass"), *(("test", test) for test in tests))
    result = grade(asked, pickled)
    assert passed(result) == [False, False] and "cannot read a pickle" in messages(result)[0]
    assert "ModuleNotFoundError" in messages(result)[1]


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_works_are_graded_side_by_side(backend):
    asked = assignment(("answer", "def f(x):\n    return x * 2"), ("test", "assert f(1) == 2"))
    works = [submission(asked, "def f(x): return 2"), submission(asked, "def f(x): return 3")] * 2
    with joblib.parallel_config(backend=backend, n_jobs=2):
        results = joblib.Parallel()(joblib.delayed(run_job)(asked, work, QUICK, Options("none")) for work in works)
    assert [passed(result) for result in results] == [[True], [False]] * 2


def test_given_helpers_are_the_instructors_and_may_call_the_answer():
    given = "def check(f, n):\n    for i in range(n):\n        assert f(i) == 2 * i\n"
    given += "class Point:\n    def __init__(self, x):\n        self.x = x"
    test = "check(f, 5)\np = move(Point(3))\nassert isinstance(p, Point) and p.x == 4"
    asked = assignment(
        ("given", given),
        ("answer", "def f(x):\n    return x * 2\ndef move(p):\n    return Point(p.x + 1)"),
        ("test", test),
    )
    assert passed(grade(asked, None)) == [True]
    assert passed(grade(asked, "def check(*a): pass\ndef f(x): return 0\ndef move(p): return Point(p.x + 1)")) == [
        False
    ]


def test_released_files_lie_beside_the_tests_and_helper_modules_are_real():
    files = {"numbers.txt": b"1 2 3", "course_helper.py": b"def twice(x): return 2 * x"}
    given = "import course_helper\ntotal = sum(map(int, open('numbers.txt').read().split()))"
    asked = assignment(
        ("given", given),
        ("answer", "def f():\n    return total"),
        ("test", "assert f() == total == course_helper.twice(3)"),
        files=files,
    )
    assert passed(grade(asked, None)) == [True]
    cheat = "total = 7\ndef f(): return total\nimport course_helper\ncourse_helper.twice = lambda x: 7"
    assert passed(grade(asked, cheat)) == [False]


@pytest.mark.parametrize("profile", RECIPES)
def test_the_usual_limits_hold_the_checkpoints_of_lesson_13(profile):
    # given the network of a profile, and the optimiser's two averages for each of its weights
    recipe = RECIPES[profile]
    weights = ReIDNetwork(751, recipe.backbone, recipe.embedding_size, recipe.bnneck).parameters()
    checkpoint = 3 * sum(4 * weight.numel() for weight in weights)
    # then a file may be as large, and the folder holds an old one, a new one and the drawn people
    assert checkpoint < Limits().file_size
    assert 2 * checkpoint + 100 * 1024**2 < Limits().scratch


KEEPERS = """
from contextlib import contextmanager
@contextmanager
def tag(log, name):
    log.append("<" + name)
    yield name
    log.append(">" + name)
class Stack:
    def __init__(self, items, *, sizes=None):
        self.items, self.sizes = items, sizes
    def pop(self):
        self.sizes is not None and self.sizes.update(last=len(self.items))
        return self.items.pop()
def mean(x):
    return float(x.mean())
"""


def test_what_an_answer_keeps_of_its_arguments_stays_one_with_the_tests():
    asked = assignment(
        ("given", "import numpy as np"),
        ("answer", KEEPERS),
        (
            "test",
            "items, sizes = [1, 2, 3], {}\nstack = Stack(items, sizes=sizes)\n"
            "assert stack.pop() == 3 and items == [1, 2] and sizes == {'last': 3}\n"
            "items.append(9)\nassert stack.pop() == 9 and items == stack.items == [1, 2]",
        ),
        ("test", "log = []\nwith tag(log, 'b') as name:\n    log.append(name)\nassert log == ['<b', 'b', '>b']"),
        ("test", "x = np.arange(1., 5.)\nfirst, second = mean(x), mean(x)\nassert second == x.mean()"),
    )
    right = grade(asked)
    assert passed(right) == [True] * 3, messages(right)
    # one that keeps what it should not, and changes it later, has not changed what the test compares with
    hostile = KEEPERS.replace(
        "    return float(x.mean())",
        "    KEPT.append(x)\n    if len(KEPT) > 1:\n        KEPT[0][:] = 0\n    return 0.0\nKEPT = []",
    )
    copying = KEEPERS.replace("= items, sizes", "= list(items), dict(sizes or {})").replace(
        "log.append", "list(log).append"
    )
    assert passed(grade(asked, hostile)) == [True, True, False]
    assert passed(grade(asked, copying)) == [False, False, True]


def test_an_answer_keeps_no_other_arguments_than_the_instructors_own():
    own = "class Scaler:\n    def __init__(self, log, x):\n        self.log, self.mean = log, float(x.mean())\n"
    own += "    def get(self):\n        self.log.append('get')\n        return self.mean"
    greedy = own.replace("float(x.mean())", "0.0\n        self.x = x").replace(
        "self.log.append", "self.x[:] = 0\n        self.log.append"
    )
    test = "log, x = [], np.arange(1., 5.)\nscaler = Scaler(log, x)\nassert scaler.get() == x.mean() and log == ['get']"
    asked = assignment(("given", "import numpy as np"), ("answer", own), ("test", test))
    assert passed(grade(asked)) == [True]
    assert passed(grade(asked, greedy)) == [False]


def test_the_instructors_own_never_works_on_a_students_object():
    # given an answer that leaves undone what the instructor's own does to an object of the student's
    own = "class Box:\n    n = 0\ndef fill(box, log):\n    log.append(1)\n    box.n += 1"
    asked = assignment(("answer", own), ("test", "box, log = Box(), []\nfill(box, log)\nassert box.n == 1"))
    assert passed(grade(asked)) == [True]
    assert messages(grade(asked, own.replace("box.n += 1", "return 0"))) == ["assert box.n == 1\nleft: 0\nright: 1"]


def test_a_random_generator_goes_on_where_the_answer_left_it():
    draw = (
        "def f(numpy_s, torch_s, device):\n    return numpy_s.random(), torch.rand(1, generator=torch_s, device=device)"
    )
    asked = assignment(
        ("given", "import numpy as np\nimport torch"),
        ("answer", draw),
        (
            "test",
            "both = np.random.default_rng(0), torch.Generator().manual_seed(0)\n"
            "first, second = f(*both, torch.device('cpu')), f(*both, 'cpu')\n"
            "again = np.random.default_rng(0), torch.Generator().manual_seed(0)\n"
            "assert first == (again[0].random(), torch.rand(1, generator=again[1]))\n"
            "assert second == (again[0].random(), torch.rand(1, generator=again[1]))",
        ),
    )
    assert passed(grade(asked)) == [True]
    assert passed(grade(asked, draw.replace("numpy_s.random()", "0.5"))) == [False]


ON_A_DEVICE = assignment(
    (
        "given",
        "import torch\nfrom torch import nn\ndevice = torch.device('cuda' if torch.cuda.is_available() else 'cpu')",
    ),
    (
        "answer",
        "def make():\n    return nn.Linear(2, 1).to(device)\n"
        "def step(model, x, y, optimiser):\n    optimiser.zero_grad()\n"
        "    loss = (model(x.to(device)) - y.to(device)).square().mean()\n"
        "    loss.backward()\n    optimiser.step()\n    return loss.item()",
    ),
    (
        "test",
        "model, expected = make(), nn.Linear(2, 1).to(device)\nmodel.load_state_dict(expected.state_dict())\n"
        "x = torch.randn(4, 2, generator=torch.Generator().manual_seed(0)).to(device)\n"
        "assert torch.allclose(model(x), expected(x)) and model(x).device.type == device.type\n"
        "model(x).sum().backward()\nassert torch.allclose(model.bias.grad, torch.tensor([4.0], device=device))",
    ),
    (
        "test",
        "model = make()\noptimiser = torch.optim.SGD(model.parameters(), lr=0.1)\n"
        "losses = [step(model, torch.ones(8, 2), torch.zeros(8, 1), optimiser) for _ in range(9)]\n"
        "assert losses[-1] < losses[0] or losses[0] == 0",
    ),
)
NOT_TRAINED = (
    "def make():\n    return nn.Linear(2, 1, bias=False).to(device)\n"
    "def step(model, x, y, optimiser):\n    return (model(x.to(device)) - y.to(device)).square().mean().item()"
)


@pytest.mark.parametrize(("answer", "deserved"), [(None, [True, True]), (NOT_TRAINED, [False, False])])
def test_networks_and_batches_are_moved_to_a_device(answer, deserved):
    result = grade(ON_A_DEVICE, answer)
    assert passed(result) == deserved, messages(result)


@pytest.mark.gpu
@pytest.mark.parametrize("cuda", [True, False])
@pytest.mark.parametrize("level", levels())
def test_the_same_is_marked_on_a_gpu_where_one_is_asked_for(level, cuda):
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    for answer, deserved in ((None, [True, True]), (NOT_TRAINED, [False, False])):
        result = run_job(ON_A_DEVICE, submission(ON_A_DEVICE, answer), QUICK, Options(level, cuda))
        assert passed(result) == deserved, (messages(result), result.reasons)
    shown = assignment(
        ("given", "import torch"),
        ("answer", "def f(n):\n    return torch.ones(n)"),
        ("test", "print(torch.cuda.is_available())"),
    )
    (notebook,) = run_job(shown, submission(shown), QUICK, Options(level, cuda)).notebooks
    assert [output["text"] for run in notebook.runs for output in run.outputs] == [f"{cuda}\n"]
