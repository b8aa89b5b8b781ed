"""Answers that give back something built to look right, or to break whoever looks at it."""

from hostile.work import answers, without

YES = """
class Yes{base}:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __lt__(self, other): return True
    __le__ = __gt__ = __ge__ = __lt__
    def __bool__(self): return True
    def __hash__(self): return 1
    def __sub__(self, other): return Yes()
    __rsub__ = __abs__ = __add__ = __radd__ = lambda self, *a: Yes()
"""


def yes(base: str = "") -> str:
    return YES.format(base=f"({base})" if base else "")


answers(
    without("total"),
    equal_to_all=f"def total(values):\n    return Yes()\n{yes()}",
    int_equal_to_all=f"def total(values):\n    return Yes(5)\n{yes('int')}",
    float_equal_to_all=f"def total(values):\n    return Yes(5.0)\n{yes('float')}",
    string_equal_to_all=f"def total(values):\n    return Yes('5')\n{yes('str')}",
    list_of_equals=f"def total(values):\n    return [Yes()]\n{yes()}",
    type_pretends_to_be_int=f"def total(values):\n    return Yes()\n{yes()}\n    __class__ = int",
    nan_result="def total(values):\n    return float('nan')",
    pickled_command="""
def total(values):
    class Evil:
        def __reduce__(self):
            import os
            return os.system, ('touch /tmp/hostile-pickle-ran',)
    return Evil()""",
    huge_text="def total(values):\n    return 'x' * 10**8",
    huge_number="def total(values):\n    return 10 ** 2_000_000",
    huge_list="def total(values):\n    return list(range(5_000_000))",
    nested_deep="def total(values):\n    result = []\n    for _ in range(100_000):\n        result = [result]\n    return result",
    holds_itself="def total(values):\n    result = []\n    result.append(result)\n    return result",
    half_characters="def total(values):\n    return '\\ud800\\udfff\\x00'",
    endless_iterator="def total(values):\n    import itertools\n    return itertools.count()",
    hostile_repr="""
def total(values):
    class Bad:
        def __repr__(self): raise SystemExit
        __str__ = __len__ = __iter__ = __format__ = __reduce__ = __dir__ = __repr__
        def __getattribute__(self, name): raise KeyboardInterrupt
    return Bad()""",
    hostile_exception="""
def total(values):
    class Bad(Exception):
        def __str__(self): raise SystemExit
        __repr__ = __str__
        args = property(__str__)
    raise Bad()""",
    exception_with_a_huge_message="def total(values):\n    raise ValueError('x' * 10**8)",
    a_coroutine="async def total(values):\n    return sum(values)",
    a_file="def total(values):\n    return open('/proc/self/status')",
    a_module="def total(values):\n    import os\n    return os",
    a_lock="def total(values):\n    import threading\n    return threading.Lock()",
    the_answer_of_an_import_hook="""
def total(values):
    import sys
    class Finder:
        def find_spec(self, *a): raise SystemExit
    sys.meta_path.insert(0, Finder())
    return 1""",
)
answers(
    without("scale"),
    array_equal_to_all="""
class Yes(np.ndarray):
    def __array_function__(self, *a, **k): return True
    def __array_ufunc__(self, *a, **k): return True
    def __eq__(self, other): return True
def scale(x):
    return np.zeros(x.shape).view(Yes)""",
    array_of_equals=f"def scale(x):\n    result = np.empty(x.shape, object)\n    result[...] = Yes()\n    return result\n{yes()}",
    array_interface="""
class Fake:
    __array_priority__ = 1e9
    __array_interface__ = {'shape': (3,), 'typestr': '<f8', 'data': (8, False), 'version': 3}
    def __eq__(self, other): return True
def scale(x):
    return Fake()""",
    masked_everywhere="def scale(x):\n    return np.ma.masked_all(x.shape)",
    all_nan="def scale(x):\n    return np.full(x.shape, np.nan)",
    empty_array="def scale(x):\n    return np.empty((0,))",
    memory_map="def scale(x):\n    return np.memmap('scratch.bin', dtype=float, mode='w+', shape=x.shape)",
    changes_its_argument="def scale(x):\n    x[...] = 0\n    return x",
    fake_numpy="class np:\n    def __getattr__(self, name): return lambda *a, **k: True\nnp = np()\ndef scale(x):\n    return np.asarray(x)",
)
answers(
    without("counts"),
    dict_equal_to_all=f"def counts(words):\n    return Yes()\n{yes('dict')}",
    dict_with_every_key="class D(dict):\n    def __missing__(self, key): return 4\n    def __eq__(self, other): return True\ndef counts(words):\n    return D()",
)
answers(
    without("account"),
    balance_equal_to_all=f"class Account:\n    def __init__(self, *a): self.balance = Yes()\n    def deposit(self, amount): pass\n{yes()}",
    has_every_attribute="class Account:\n    def __init__(self, *a): pass\n    def __getattr__(self, name): return lambda *a: True",
    metaclass_tricks="""
class Meta(type):
    def __call__(cls, *a): return True
    def __eq__(cls, other): return True
class Account(metaclass=Meta):
    balance = 15""",
    shares_the_balance="class Account:\n    balance = [0]\n    def __init__(self, b=0): Account.balance = b\n    def deposit(self, a): Account.balance += a",
)
