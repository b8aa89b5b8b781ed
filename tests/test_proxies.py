"""Proxies: a test asks the student's functions and objects for plain data, and nothing else can pass for it."""

import contextlib
import copy
import io

import numpy as np
import pytest

from course_admin.grading.proxies.errors import Stopped
from course_admin.grading.proxies.proxy import Proxy
from course_admin.grading.wire import encode
from loopback import linked


def get(source: str, name: str):
    link, _ = linked(source)
    return link.request("get", name)


def call(source: str, *arguments, **named):
    """The result of the function f that `source` defines."""
    return get(source, "f")(*arguments, **named)


def test_a_call_gives_plain_data_of_the_right_kinds():
    assert call("def f(a, b=1): return [a, {'b': b}]", (1, None), b=2.5) == [(1, None), {"b": 2.5}]
    got = call("import numpy\ndef f(x): return x * numpy.float32(2)", np.arange(3, dtype=np.float32))
    assert type(got) is np.ndarray and got.dtype == np.float32 and got.tolist() == [0, 2, 4]


def test_a_variable_is_data_and_a_missing_one_a_name_error():
    assert get("x = [1, 2]", "x") == [1, 2]
    with pytest.raises(NameError, match="'y' is not defined"):
        get("x = 1", "y")


ALWAYS_EQUAL = """
class Yes:
    def __eq__(self, other): return True
    def __sub__(self, other): return 0
    __rsub__ = __add__ = __abs__ = __lt__ = __gt__ = __sub__
    def __bool__(self): return True
    def __float__(self): return 4.0
    def __len__(self): return 3
    def __array__(self, *a, **k):
        import numpy
        return numpy.array(4.0)
    __array_priority__ = 1e9
    def __array_ufunc__(self, *a, **k): return True
    def __array_function__(self, *a, **k): return True
def f(x): return Yes()
"""


@pytest.mark.parametrize(
    "compare",
    [
        lambda got: got == 4,
        lambda got: got != 5,
        lambda got: abs(got - 4) < 1e-6,
        lambda got: 4 - got,
        lambda got: got < 5,
        lambda got: got > 3,
        lambda got: bool(got),
        lambda got: float(got),
        lambda got: len(got),
        lambda got: np.allclose(got, 4),
        lambda got: np.testing.assert_allclose(got, 4),
        lambda got: np.asarray(got),
        lambda got: np.sin(got),
        lambda got: np.float64(4) == got,
        lambda got: np.arange(3) + got,
        lambda got: [got] == [4],
        lambda got: got in [4],
    ],
)
def test_an_object_that_says_yes_to_everything_is_refused(compare):
    got = call(ALWAYS_EQUAL, 2)
    with pytest.raises(TypeError, match=r"expected plain data|ufunc|operand"):
        compare(got)
    assert not np.array_equal(got, np.array(4.0))  # it takes any error for "not equal"


YES_AND_HASHED = ALWAYS_EQUAL.replace("def __bool__", "def __hash__(self): return hash(4)\n    def __bool__")


@pytest.mark.parametrize(
    "look",
    [lambda got: got in {4}, lambda got: {4: 1}[got], lambda got: len({4, got}), lambda got: {got} == {4}],
)
def test_an_object_that_lies_where_the_expected_lies_in_a_set_is_refused_all_the_same(look):
    got = call(YES_AND_HASHED, 2)
    assert hash(got) == hash(4)
    with pytest.raises(TypeError, match="expected plain data"):
        look(got)


def test_functions_and_classes_equal_nothing_of_ours_whatever_their_class_says():
    source = """
class Yes(type):
    def __eq__(self, other): return True
    __hash__ = type.__hash__
    def __len__(self): return 3
class Four(metaclass=Yes): pass
def f(x): return Four if x else f
"""
    for got in (call(source, 1), call(source, 0)):
        assert (got == 4) is False and (got != 4) is True
        assert got not in [4, None] and not np.array_equal(got, np.array(4)) and got == got
    with pytest.raises(TypeError, match="expected plain data"):
        print(call(source, 1) < 5)


class Robot:
    """As a test defines one."""

    def __init__(self):
        self.place, self._code = 0, 42

    def go(self, far):
        self.place += far


Robot.__module__ = "__main__"


@pytest.mark.parametrize(
    "body",
    [
        "robot._code",
        "robot.go.__globals__",
        "robot.go.__self__",
        "robot._ask('get', '_code')",
        "robot._ask('get', '__class__')",
        "robot._ask('op', 'class')",
        "robot._ask('op', 'getattribute', 'place')",
        "robot._ask('set', 'go', 1)",
        "robot._ask('set', '__class__', int)",
        "robot._ask(['get'], ['place'])",
        "setattr(robot, 'go', 1)",
        "len(robot)",
        "robot()",
        "__import__('pickle').dumps(robot)",
    ],
)
def test_of_an_object_of_the_test_an_answer_sees_no_more_than_its_public_attributes(body):
    link, names = linked(f"def f(robot):\n  robot.go(2)\n  got.append({body})\ngot = []")
    f, robot = link.request("get", "f"), Robot()
    with pytest.raises((AttributeError, TypeError)):
        f(robot)
    assert robot.place == 2 and not names["got"] and type(robot) is Robot and callable(robot.go)


def test_an_object_of_the_test_is_gone_with_the_test():
    link, names = linked("def f(robot): kept.append(robot)\nkept = []")
    link.request("get", "f")(Robot())
    link.send(encode(([], "reset")))
    with pytest.raises(RuntimeError, match="the test is over"):
        print(names["kept"][0].place)


def test_subclasses_of_plain_kinds_arrive_as_the_plain_kind():
    source = """
import numpy
class Liar(numpy.ndarray):
    def __eq__(self, other): return numpy.ones(3, bool)
class Int(int):
    def __eq__(self, other): return True
    __hash__ = int.__hash__
    def __int__(self): return 4
def f(kind): return numpy.zeros(3).view(Liar) if kind == "array" else Int(9)
"""
    assert type(call(source, "array")) is np.ndarray
    assert call(source, "int") == 9 and type(call(source, "int")) is int


def test_errors_come_back_by_type_message_and_line():
    with pytest.raises(ZeroDivisionError, match="division by zero"):
        call("def f(x): return 1 / x", 0)
    with pytest.raises(KeyError) as caught:
        call("def f(x): return {}[x]", "a")
    assert caught.value.args == ("a",)
    with pytest.raises(NotImplementedError):
        call("def f(): raise NotImplementedError")
    with pytest.raises(np.linalg.LinAlgError):
        call("import numpy\ndef f(): numpy.linalg.inv(numpy.zeros((2, 2)))")


def test_an_error_of_an_odd_kind_is_an_error():
    with pytest.raises(ValueError):
        call("class Odd(ValueError):\n  def __str__(self): raise OSError\ndef f(): raise Odd")
    with pytest.raises(RuntimeError, match="SystemExit"):
        call("def f(): raise SystemExit(0)")
    with pytest.raises(UnicodeError):
        call("def f(): b'\\xff'.decode()")
    with pytest.raises(ValueError):
        call("def f():\n  class Local(ValueError): pass\n  raise Local")


def test_no_error_of_an_answer_ends_a_loop_of_the_test():
    """map() takes a StopIteration of its function for the end: the rest of the cases would go untested."""
    link, _ = linked("def f(x): raise StopIteration")
    f = link.request("get", "f")
    with pytest.raises(RuntimeError, match="StopIteration"):
        all(map(lambda x: f(x) == 1, [1, 2]))


def test_arguments_are_copies_unless_the_answer_returns_nothing():
    numbers, array = [3, 1, 2], np.array([1.0, 2])
    call("def f(x): x.sort()", numbers)
    call("def f(x): x *= 2", array)
    assert numbers == [1, 2, 3] and array.tolist() == [2, 4]
    assert call("def f(x): x[:] = 0; return x * 1", array).tolist() == [0, 0] and array.tolist() == [2, 4]


def test_an_instructor_whose_own_function_changes_its_argument_gets_it_changed():
    link, _ = linked("def f(x): return x.pop()")
    numbers = [1, 2]
    link.changes_arguments = lambda name, arguments, named: True
    assert link.request("get", "f")(numbers) == 2 and numbers == [1]


def test_what_the_answer_prints_is_printed_here():
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        call("def f():\n print('hello')\n print('world')")
    assert printed.getvalue() == "hello\nworld\n"


def test_a_print_bomb_is_cut():
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        assert call("def f():\n  for i in range(1000): print('x' * 10000)\n  return 1") == 1
    assert len(printed.getvalue()) < 300_000


ACCOUNT = """
class Account:
    '''An account.'''
    def __init__(self, balance=0): self.balance = balance
    def deposit(self, amount):
        if amount < 0: raise ValueError("negative")
        self.balance += amount
    def __eq__(self, other): return self.balance == (other.balance if isinstance(other, Account) else other)
    def __add__(self, other): return Account(self.balance + getattr(other, "balance", other))
    def __len__(self): return 7
class Child(Account): pass
"""


def test_objects_of_a_class_work_by_attributes_and_methods():
    Account = get(ACCOUNT, "Account")
    account = Account(10)
    account.deposit(5)
    assert (
        account.balance == 15
        and account.__doc__ == "An account."
        and account.__class__.__name__ == type(account).__name__ == "Account"
    )
    account.balance = 3
    assert account.balance == 3 and vars(account) == {"balance": 3}
    with pytest.raises(ValueError, match="negative"):
        account.deposit(-1)
    assert isinstance(account, Account) and not isinstance(3, Account) and not isinstance(account, int)
    assert hasattr(account, "deposit") and not hasattr(account, "withdraw")


def test_two_objects_of_the_student_may_be_compared_and_added():
    Account = get(ACCOUNT, "Account")
    assert Account(3) == Account(3) and (Account(1) + Account(2)).balance == 3


def test_operators_with_our_data_work_for_classes_that_define_them_in_the_instructors_solution():
    link, _ = linked(ACCOUNT)
    Account = link.request("get", "Account")
    with pytest.raises(TypeError, match="expected plain data"):
        assert Account(3) == 3
    link.operators = frozenset(["eq", "add", "len"])
    object.__getattribute__(Account, "__dict__")["asked_for"] = True
    assert Account(3) == 3 and (Account(1) + 2).balance == 3 and len(Account()) == 7
    with pytest.raises(TypeError, match="expected plain data"):
        Account(3) - 3


def test_subclass_checks_and_given_classes():
    link, _ = linked(ACCOUNT)
    Account, Child = link.request("get", "Account"), link.request("get", "Child")
    assert issubclass(Child, Account) and not issubclass(Account, Child) and isinstance(Child(), Account)


def test_isinstance_knows_a_librarys_classes_and_no_plain_ones():
    torch = pytest.importorskip("torch")
    net = get("import torch\nclass Net(torch.nn.Module):\n  pass\nnet = Net()", "net")
    assert isinstance(net, torch.nn.Module) and not isinstance(net, torch.Tensor)
    fakes = "def fake(module, name):\n  return type(name, (), {'__module__': module})()\n"
    for module, name, kind in [
        ("builtins", "int", int),
        ("numpy", "ndarray", np.ndarray),
        ("torch", "Tensor", torch.Tensor),
    ]:
        assert not isinstance(get(f"{fakes}x = fake('{module}', '{name}')", "x"), kind)


def test_generators_are_read_lazily_and_an_endless_one_does_not_hang():
    link, _ = linked("def f():\n  i = 0\n  while True:\n    i += 1\n    yield i")
    f = link.request("get", "f")
    numbers = f()
    assert [next(numbers) for _ in range(10)] == list(range(1, 11))
    assert next(x for x in numbers if x > 500) == 501 and next(numbers) == 502
    link, _ = linked("def f(): yield from range(300)")
    numbers = link.request("get", "f")()
    assert list(numbers) == list(range(300)) and next(numbers, None) is None


def test_functions_of_the_test_are_called_from_inside_the_answer():
    integrate = "def f(g, a, b, n=100): return sum(g(a + (i + .5) * (b - a) / n) for i in range(n)) * (b - a) / n"
    assert abs(call(integrate, lambda x: x**2, 0, 1) - 1 / 3) < 1e-3
    calls = []
    assert call("def f(g): return [g(1), g(2)]", lambda x: calls.append(x) or x) == [1, 2] and calls == [1, 2]
    with pytest.raises(ValueError, match="too big"):
        call("def f(g): return g(1)", lambda x: (_ for _ in ()).throw(ValueError("too big")))
    assert (
        call("def f(g, x): return g(x)", np.sin, 0.5) == np.sin(0.5) and call("def f(t, x): return t(x)", int, "3") == 3
    )


def test_a_function_of_the_test_may_call_the_answer_again_and_be_kept_in_a_closure():
    link, _ = linked("def twice(g): return lambda x: g(g(x))\ndef add(x): return x + 1")
    twice, add = link.request("get", "twice"), link.request("get", "add")
    assert twice(lambda x: add(x) * 2)(1) == 10 and twice(add)(1) == 3


def test_a_function_of_the_test_is_not_called_for_ever(monkeypatch):
    monkeypatch.setattr("course_admin.grading.proxies.link.MOST_CALLBACKS", 50)
    calls = []
    with pytest.raises(Stopped, match="too often"):
        call("def f(g):\n  while True: g(1)", calls.append)


def test_a_function_that_stands_alone_goes_along(monkeypatch):
    monkeypatch.setattr("course_admin.grading.proxies.link.MOST_CALLBACKS", 0)
    assert call("def f(g, n): return sum(g(i) for i in range(n))", lambda x, y=2: abs(x) * y, 10_000) == 99_990_000


def test_a_generator_of_random_numbers_travels_there_and_back():
    there, here = np.random.default_rng(3), np.random.default_rng(3)
    assert call("def f(random): return random.random(3)", there).tolist() == here.random(3).tolist()


def test_containers_may_hold_objects():
    model, history = call("class M: x = 3\ndef f(): return M(), [1, 2]")
    assert isinstance(model, Proxy) and model.x == 3 and history == [1, 2]
    assert copy.deepcopy([model])[0] is model


def test_a_circular_list_is_an_object():
    got = call("def f():\n  x = [1]\n  x.append(x)\n  return x")
    assert isinstance(got, Proxy) and got[0] == 1


def test_probes_run_beside_the_answer_and_names_are_told():
    link, _ = linked("import numpy as np\ndef f(x): return helper(x)\ndef helper(x): return np.convolve(x, x)")
    f = link.request("get", "f")
    assert f.run_probe("course_utils.checks.elsewhere:call_it", ([1.0, 2],), {}).tolist() == [1, 4, 4]
    assert "convolve" in f.names_used()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\x00" * 50,
        encode(None),
        encode(("ok",)),
        encode(("ok", 1, 2, None)),
        encode(("ok", 1, "", (1, 2))),
        encode(("error", [1], (), "", "", "")),
        encode(("error", ["x"], (), "", "")),
        encode(("ask", 1, 77, (), {}, "")),
        encode(("ok", object(), "", None, [], [], []), lambda value: ("ours", 77)),
        encode(("pass", 1)),
        encode([("ok", 1, "", None)]),
        encode(("ok", object(), "", None), lambda value: ("handle", "1", "object", "x")),
    ],
)
def test_a_forged_answer_stops_the_test(answer):
    link, _ = linked("")
    link.send = lambda request: answer
    with pytest.raises(Stopped):
        link.request("get", "x")


def test_a_forged_error_is_never_one_that_ends_the_judge():
    link, _ = linked("")
    import unittest

    assert unittest.case._ShouldStop  # it, and SkipTest, would end a test of unittest as if all were well
    for name in (
        "unittest.case.SkipTest",
        "unittest.case._ShouldStop",
        "builtins.SystemExit",
        "builtins.KeyboardInterrupt",
        "course_admin.grading.proxies.errors.Stopped",
        "os.system",
    ):
        link.send = lambda request, name=name: encode(("error", [name], (), "m", "", "", {}))
        with pytest.raises(RuntimeError):
            link.request("get", "x")
