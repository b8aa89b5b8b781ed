"""What a test reads besides answers: values of given cells, files, texts, pickles. Students do not decide on them."""

from pathlib import Path

from course_admin.grading.changes import changed_by_calls, changed_in_place
from course_admin.grading.definitions import definitions, parse_cell
from plain_kernel import assignment, grade, messages, passed

GIVEN = """import numpy as np
rng = np.random.default_rng(0)
sample = rng.normal(3, 1, size=50)
noise = np.random.rand(4)
table, total = {}, 0
for k in range(5):
    table[k] = k * k
    total += k
log, hits, x = [], 0, 1
y = x + 3
x = 7"""
OWN = """def centre(a):
    return a - a.mean()
def note(x):
    log.append(x)
def bump():
    global hits
    hits += 1"""
CENTRE = "assert np.allclose(centre(sample), sample - sample.mean()) and sample.shape == (50,)\nassert noise.size == 4"
TABLE = "assert table[4] == 16 and total == 10 and (x, y) == (7, 4)"
STATE = "before = hits\nbump()\nnote('a')\nassert hits == before + 1 and log[-1:] == ['a']"


def given(*answers: str, files: dict[str, bytes] | None = None, asked=None):
    asked = asked or assignment(("given", GIVEN), ("answer", OWN), *(("test", one) for one in (CENTRE, TABLE, STATE)))
    return grade(asked, *answers)


def test_values_that_given_cells_work_out_are_there_in_tests():
    result = given(OWN)
    assert passed(result) == [True] * 3, messages(result)


def test_a_student_who_binds_given_values_anew_does_not_change_what_tests_read():
    cheat = "sample = noise = np.zeros(50)\ntable, total, y = {4: 16}, 0, 0\nglobals()['tot' + 'al'] = 9\n" + OWN
    wrong = cheat.replace("a - a.mean()", "a * 0")
    result = given(wrong)
    assert passed(result) == [False, True, True], messages(result)


def test_a_file_that_a_given_cell_reads_is_there_in_tests():
    asked = assignment(
        ("given", "with open('numbers.csv') as file:\n    text = file.read()"),
        ("answer", "def commas(text):\n    return text.count(',')"),
        ("test", "assert commas(text) == 2"),
        files={"numbers.csv": b"1,2,3"},
    )
    result = given(None, asked=asked)
    assert passed(result) == [True], messages(result)


def test_a_released_file_stays_what_it_was_and_the_attempt_is_told():
    own = "def table():\n    return [1, 2]"
    check = "assert table() == [int(part) for part in open('expected.csv').read().split(',')]"
    asked = assignment(("answer", own), ("test", check), files={"expected.csv": b"1,2"})
    cheats = (
        "open('expected.csv', 'w').write('7')\ndef table():\n    return [7]",
        "def table():\n    open('expected.csv', 'w').write('7')\n    return [7]",
    )
    for cheat in cheats:
        result = given(cheat, asked=asked)
        assert passed(result) == [False] and "expected.csv" in result.reasons[0]
    assert passed(given(own, asked=asked)) == [True]


def test_files_that_a_test_writes_or_removes_are_so_for_the_answer():
    own = "def lines(path):\n    return open(path).read().split()"
    check = """import os, tempfile
with open('own.txt', 'w') as file:
    file.write('a b')
assert lines('own.txt') == ['a', 'b']
os.remove('own.txt')
try:
    lines('own.txt')
    raise AssertionError('no error')
except FileNotFoundError:
    pass
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, 'deep.txt')
    with open(path, 'w') as file:
        file.write('c')
    assert lines(path) == ['c']
"""
    saves = "def save(path):\n    open(path, 'w').write('x')"
    saved = "import pathlib, tempfile\nwith tempfile.TemporaryDirectory() as d:\n    path = pathlib.Path(d) / 'f'\n"
    asked = assignment(
        ("answer", own),
        ("test", check),
        ("answer", saves),
        ("test", saved + "    save(path)\n    assert path.read_text() == 'x'"),
    )
    result = given(None, None, asked=asked)
    assert passed(result) == [True, True], messages(result)


def test_a_text_or_a_pickle_of_an_answer_is_run_on_the_students_side_only(tmp_path: Path):
    mark = tmp_path / "mark"
    own = "def text(n):\n    return f'{n} + 1'\ndef packed(x):\n    import pickle\n    return pickle.dumps(x)"
    checks = (
        "assert eval(text(3)) == 4\nspace = {}\nexec('x = ' + text(5), space)\nassert space['x'] == 6\n"
        "assert eval(compile(text(1), '', 'eval')) == 2",
        "for one in ['text(1)', 'text(2)']:\n    assert eval(one).endswith('+ 1')",
        "import pickle\nassert pickle.loads(packed([1, {'a': (2,)}])) == [1, {'a': (2,)}]",
    )
    asked = assignment(("answer", own), *(("test", check) for check in checks))
    assert passed(given(own, asked=asked)) == [True] * 3
    here = "'_course_agent' not in __import__('sys').modules"  # true in every process but the student's
    code = f"open({str(mark)!r}, 'w').write('ran') if {here} else 9"
    evil = (
        f"import os\nclass P:\n    def __reduce__(self): return eval, ({code!r},)\n"
        f"def text(n):\n    return 4 if n < 3 else {code!r}\n"
        "def packed(x):\n    import pickle\n    return pickle.dumps(P())"
    )
    result = given(evil, asked=asked)
    assert passed(result) == [False] * 3 and not mark.exists(), messages(result)


def test_what_a_test_puts_in_the_place_of_print_and_open_is_what_the_answer_finds():
    own = (
        "def first(path):\n    with open(path) as file:\n        print('read')\n        return file.readline().strip()"
    )
    check = """from unittest.mock import mock_open, patch
with patch('builtins.open', mock_open(read_data='one\\ntwo\\n')), patch('builtins.print') as told:
    assert first('nowhere.txt') == 'one'
told.assert_called_once_with('read')"""
    asked = assignment(("answer", own), ("test", check))
    assert passed(given(own, asked=asked)) == [True]
    assert passed(given("def first(path):\n    return 'one'", asked=asked)) == [False]


def test_a_with_block_may_swallow_what_the_instructors_does_but_no_failed_assertion():
    own = """class Calm:
    def __enter__(self):
        return self
    def __exit__(self, kind, *_):
        return kind is KeyError"""
    check = "with Calm():\n    raise KeyError('x')"
    strict = "with Calm() as calm:\n    assert calm is None"
    asked = assignment(("answer", own), ("test", check), ("test", strict))
    assert passed(given(own, asked=asked)) == [True, False]
    assert passed(given(own.replace("kind is KeyError", "True"), asked=asked)) == [True, False]
    assert passed(given(own.replace("kind is KeyError", "False"), asked=asked)) == [False, False]


def test_who_changes_what_is_read_from_the_instructors_notebook():
    def statement(source: str):
        return parse_cell(source).body[0]

    assert changed_in_place(statement("x.append(1)")) == {"x"}
    assert changed_by_calls(statement(OWN.split("def note")[0])) == set()
    assert changed_by_calls(
        statement("def f(a):\n    global n\n    n = 1\n    a.sort()\n    b = []\n    b.append(1)\n    c[0] = 1")
    ) == {
        "n",
        "c",
    }
    found, _ = definitions([("given", "a = []\nb = []\nb.append(1)\nc = 0"), ("answer", "def f():\n    a.append(1)")])
    assert [found[name].whose for name in "abc"] == ["student", "ours", "ours"]
    assert [found[name].kind for name in "abc"] == ["changed", "changed", "literal"]


def test_seeds_that_a_test_sets_are_the_answers_too():
    own = "def walk(n):\n    return np.cumsum(np.random.choice([-1, 1], size=n))"
    check = """np.random.seed(7)
a = walk(20)
np.random.seed(7)
assert np.array_equal(a, walk(20))
np.random.seed(7)
assert np.array_equal(a, np.cumsum(np.random.choice([-1, 1], size=20)))"""
    result = given(own, asked=assignment(("given", "import numpy as np"), ("answer", own), ("test", check)))
    assert passed(result) == [True], messages(result)


def test_containers_of_classes_that_nobody_asked_for_are_what_they_hold():
    own = "def groups(words):\n    return {len(word): [word] for word in words}\ndef values(n):\n    return np.zeros(n)"
    check = "h = groups(['a', 'bb'])\nassert h == {1: ['a'], 2: ['bb']} and h[2] == ['bb']"
    asked = assignment(
        ("given", "import numpy as np"),
        ("answer", own),
        ("test", check),
        ("test", "assert values(2).tolist() == [0, 0]"),
    )
    answers = (
        "class D(dict):\n    def __missing__(self, key):\n        self[key] = []\n        return self[key]\n",
        "from collections import UserDict as D\n",
        "D = lambda d: __import__('types').MappingProxyType(d)\n",
    )
    masked = "\ndef values(n):\n    return np.ma.array(np.zeros(n))"
    for answer in answers:
        result = given(f"{answer}def groups(words):\n    return D({{len(w): [w] for w in words}}){masked}", asked=asked)
        assert passed(result) == [True, True], messages(result)
    liar = """class D(dict):
    def __eq__(self, other):
        return True
    def __getitem__(self, key):
        return ['bb']
"""
    hidden = "\ndef values(n):\n    return np.ma.array(np.zeros(n), mask=True)"
    assert passed(given(f"{liar}def groups(words):\n    return D(){hidden}", asked=asked)) == [False, False]


def test_points_that_are_none_are_looked_at():
    """A test may end with its points; an answer could make a strange number of them."""
    own = "def f(x):\n    return 1.0"
    asked = assignment(("answer", own), ("test", "assert f(1) is not None\n2 * f(1) - 1"))
    for value, points, look in (("1.0", 1, False), ("0.75", 0.5, False), ("9.0", 1, True), ("float('nan')", 0, True)):
        result = given(f"def f(x):\n    return {value}", asked=asked)
        (mark,) = result.notebooks[0].marks
        assert (mark.points, result.review) == (points, look)


def test_what_cannot_be_done_here_is_looked_at():
    own = "def f(x):\n    return 1"
    checks = ("import threading\nassert f(threading.Lock()) == 1", "x = !echo 1\nassert f(1) == 1")
    asked = assignment(("answer", own), *(("test", check) for check in checks))
    result = given(own, asked=asked)
    assert passed(result) == [False, False] and result.review
    assert "in-kernel" in result.reasons[0] and "shell command" in result.reasons[1]
