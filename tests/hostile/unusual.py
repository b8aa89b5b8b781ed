"""Works that are right, though written as nobody expected. All points, and nobody has to look."""

from hostile.work import Work, answers, case

answers(
    8,
    False,
    warns="import warnings\ndef total(values):\n    warnings.warn('slow')\n    return sum(values)",
    prints_to_stderr="import sys\ndef total(values):\n    print('working', file=sys.stderr)\n    return sum(values)",
    logs="import logging\ndef total(values):\n    logging.warning('total of %s', values)\n    return sum(values)",
    draws_a_progress_bar="from tqdm import tqdm\ndef total(values):\n    return sum(value for value in tqdm(values))",
    prints_much="def total(values):\n    print('x' * 300_000)\n    return sum(values)",
    draws_a_plot="import matplotlib.pyplot as plt\ndef total(values):\n    plt.figure(); plt.plot(list(values)); plt.show()\n    return sum(values)",
    uses_threads="from concurrent.futures import ThreadPoolExecutor\ndef total(values):\n    with ThreadPoolExecutor(2) as pool:\n        return sum(pool.map(lambda value: value, values))",
    uses_processes="import subprocess, sys\ndef total(values):\n    text = '+'.join(map(str, values)) or '0'\n    return float(subprocess.run([sys.executable, '-c', f'print({text})'], capture_output=True, text=True).stdout)",
    recursion="def total(values, start=0):\n    values = list(values)\n    return values[start] + total(values, start + 1) if start < len(values) else 0",
    global_state="seen = []\ndef total(values):\n    global seen\n    seen = list(values)\n    return sum(seen)",
    lambda_="total = lambda values: sum(values)",
    partial="import functools, operator\ntotal = functools.partial(functools.reduce, lambda a, b: a + b)\nadd = total\ndef total(values): return add(values, 0)",
    callable_object="class Total:\n    def __call__(self, values): return sum(values)\ntotal = Total()",
    bound_method="class Sums:\n    def total(self, values): return sum(values)\ntotal = Sums().total",
    decorated="import functools\ndef shout(f):\n    @functools.wraps(f)\n    def inner(*a, **k):\n        return f(*a, **k)\n    return inner\n@shout\ndef total(values): return sum(values)",
    cached="import functools\n@functools.lru_cache\ndef inner(values): return sum(values)\ndef total(values): return inner(tuple(values))",
    async_inside="import asyncio\nasync def add(values): return sum(values)\ndef total(values):\n    import threading\n    out = []\n    t = threading.Thread(target=lambda: out.append(asyncio.run(add(values))))\n    t.start(); t.join()\n    return out[0]",
    numpy_number="def total(values):\n    return np.float64(np.sum(list(values)))",
    zero_dimensional="def total(values):\n    return np.array(sum(values))",
    decimal_number="from decimal import Decimal\ndef total(values):\n    return sum((Decimal(str(v)) for v in values), Decimal(0))",
    fraction="from fractions import Fraction\ndef total(values):\n    return sum((Fraction(v) for v in values), Fraction(0))",
    overwrites_builtins="list_ = list\nsum = lambda values: __import__('functools').reduce(lambda a, b: a + b, values, 0)\ndef total(values): return sum(values)",
    calls_its_variables_badly="list = [1]\nstr = 'x'\nprint = None\ndef total(values):\n    result = 0\n    for v in values: result += v\n    return result",
    unicode_names="def somme_réelle(valeurs): return sum(valeurs)\ndef total(values): return somme_réelle(values)",
    writes_its_own_file="import json\ndef total(values):\n    json.dump(list(values), open('work.json', 'w'))\n    return sum(json.load(open('work.json')))",
    a_shorter_signature="def total(*values):\n    (values,) = values\n    return sum(values)",
    seeds_the_random_numbers="import random\ndef total(values):\n    random.seed(1); np.random.seed(2)\n    return sum(values)",
    a_try_block="def total(values):\n    try:\n        return sum(values)\n    finally:\n        pass",
)
answers(
    8,
    False,
    list_for_an_array="def scale(x):\n    return ((x - x.min()) / np.ptp(x)).tolist()",
    single_precision_within_doubles="def scale(x):\n    y = (x - x.min()) / np.ptp(x)\n    return np.asfortranarray(y)",
    a_view="def scale(x):\n    y = np.stack([x, x])\n    return ((y - y.min()) / np.ptp(y))[::2][0]",
    masked_but_whole="def scale(x):\n    y = (x - x.min()) / np.ptp(x)\n    return np.array(np.ma.array(y))",
    helper_in_the_answer="def low(x): return x.min()\ndef scale(x):\n    return (x - low(x)) / (x.max() - low(x))",
    a_loop="def scale(x):\n    out = np.zeros_like(x)\n    for i in np.ndindex(*x.shape):\n        out[i] = (x[i] - x.min()) / (x.max() - x.min())\n    return out",
    scikit="def scale(x):\n    from sklearn.preprocessing import minmax_scale\n    return minmax_scale(x.reshape(-1)).reshape(x.shape)",
)
answers(
    8,
    False,
    counter="from collections import Counter\ndef counts(words): return Counter(words)",
    default_dict="from collections import defaultdict\ndef counts(words):\n    found = defaultdict(int)\n    for word in words: found[word] += 1\n    return found",
    ordered_dict="from collections import OrderedDict\ndef counts(words):\n    return OrderedDict((w, words.count(w)) for w in words)",
    numpy_counts="def counts(words):\n    names, n = np.unique(words, return_counts=True)\n    return dict(zip(names, n))",
)
answers(
    8,
    False,
    property_="class Account:\n    def __init__(self, start=0): self._b = start\n    @property\n    def balance(self): return self._b\n    def deposit(self, amount): self._b += amount",
    data_class="from dataclasses import dataclass\n@dataclass\nclass Account:\n    balance: float = 0\n    def deposit(self, amount): self.balance += amount",
    slots="class Account:\n    __slots__ = ('balance',)\n    def __init__(self, balance=0): self.balance = balance\n    def deposit(self, amount): self.balance = self.balance + amount",
    inherits="class Base:\n    def __init__(self, balance=0): self.balance = balance\nclass Account(Base):\n    def deposit(self, amount): self.balance += amount",
    a_factory="def Account(balance=0):\n    import types\n    a = types.SimpleNamespace(balance=balance)\n    a.deposit = lambda amount: setattr(a, 'balance', a.balance + amount)\n    return a",
)
CELLS = {
    "magics": "%matplotlib inline\n%time x = 1\n%load_ext autoreload\n%autoreload 2",
    "shell_command": "!echo hello\nfiles = !ls",
    "top_level_await": "import asyncio\nawait asyncio.sleep(0)",
    "help_marks": "np.mean?",
    "an_error_in_a_trial_cell": "1 / 0",
    "a_syntax_error_in_a_trial_cell": "this is not Python",
    "a_long_table": "for n in range(3000): print(n, n * n)",
    "a_picture": "import matplotlib.pyplot as plt\nplt.imshow(np.random.default_rng(0).random((200, 200)))\nplt.title('noise');",
    "display_of_things": "from IPython.display import HTML, Markdown, display\ndisplay(HTML('<b>x</b>'), Markdown('*y*'), {'a': [1]})",
    "clears_its_output": "from IPython.display import clear_output\nfor i in range(5):\n    print(i); clear_output(wait=True)",
    "turns_warnings_off": "import warnings\nwarnings.filterwarnings('ignore')\nnp.seterr(all='ignore')\nnp.set_printoptions(precision=2)",
    "makes_warnings_errors": "import warnings\nwarnings.filterwarnings('error')",
    "changes_the_recursion_limit": "import sys\nsys.setrecursionlimit(5000)",
    "changes_the_folder": "import os\nos.makedirs('sub', exist_ok=True)\nos.chdir('sub')",
    "runs_tests_of_its_own": "assert total([1]) == 1\nassert counts(['a']) == {'a': 1}",
    "star_import": "from math import *\nfrom numpy import linalg",
}


def _trial(name: str, source: str) -> None:
    def make(work: Work) -> None:
        work.add(source, after="check-counts")

    make.__name__ = name
    case(8, False)(make)


for _name, _source in CELLS.items():
    _trial(_name, _source)


@case(8, False)
def cell_magic_over_an_answer(work: Work) -> None:
    work.answer("total", "%%time\n" + work.cell("total")["source"])


@case(8, False)
def guard_of_a_script(work: Work) -> None:
    source = "if __name__ == '__main__':\n    def total(values):\n        return sum(values)"
    work.answer("total", source)


@case(8, False)
def helpers_in_a_cell_above(work: Work) -> None:
    work.add("def add(a, b):\n    return a + b")
    work.answer(
        "total",
        "def total(values):\n    result = 0\n    for value in values:\n        result = add(result, value)\n    return result",
    )
