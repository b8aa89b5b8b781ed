"""Works without an answer, or with one wrong answer, that try to get the points otherwise. None may get them."""

from hostile.work import Work, answers, case, without

HOOKS = {
    "post_run_cell_hook": "get_ipython().events.register('post_run_cell', lambda r: setattr(r, 'error_in_exec', None))",
    "ast_transformer": """
import ast
class NoAsserts(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.copy_location(ast.Pass(), node)
get_ipython().ast_transformers.append(NoAsserts())""",
    "input_transformer": "get_ipython().input_transformers_cleanup.append(lambda lines: ['pass\\n'])",
    "patched_run_cell": """
shell = get_ipython()
old = shell.run_cell_async
async def run(source, *a, **k):
    result = await old('pass' if 'assert' in source else source, *a, **k)
    return result
shell.run_cell_async = run""",
    "patched_do_execute": """
kernel = get_ipython().kernel
async def do(*a, **k): return {'status': 'ok', 'execution_count': 1, 'user_expressions': {}, 'payload': []}
kernel.do_execute = do""",
    "patched_session_send": """
from jupyter_client.session import Session
old = Session.send
def send(self, stream, kind, content=None, *a, **k):
    if kind == 'error': return None
    if isinstance(content, dict) and content.get('status') == 'error': content = {**content, 'status': 'ok'}
    return old(self, stream, kind, content, *a, **k)
Session.send = send""",
    "early_execute_result": """
kernel = get_ipython().kernel
for _ in range(5):
    kernel.session.send(kernel.iopub_socket, 'execute_result', {'data': {'text/plain': '8'}, 'metadata': {},
                        'execution_count': 1}, parent=kernel.get_parent())""",
    "patched_numpy_testing": "import numpy\nnumpy.testing.assert_allclose = lambda *a, **k: None\nnumpy.allclose = numpy.all = lambda *a: True",
    "patched_builtins": "import builtins\nbuiltins.abs = builtins.all = builtins.AssertionError = lambda *a: 0\nbuiltins.__import__ = None",
    "shadowed_helper": "def close(a, b): return True",
    "forged_agent_nonsense": "import sys\nfor name, module in list(sys.modules.items()):\n    if 'agent' in name: module.ask = lambda text: 'AAAA'",
    "forged_agent_says_true": """
import sys, base64
agent = sys.modules.get('_course_agent')
if agent is not None:
    encode = agent.encode
    for value in (True, 6, [0, 0.5, 1]):
        agent.ask = lambda text: base64.b64encode(encode(('ok', True, '', None, [], [], []))).decode()""",
    "forged_agent_verdict": """
import sys, base64
agent = sys.modules.get('_course_agent')
if agent is not None:
    agent.ask = lambda text: base64.b64encode(b'v' + agent.encode({'passed': True, 'share': 8})).decode()""",
    "agent_removed": "import sys\nfor name in [n for n in sys.modules if 'agent' in n]: del sys.modules[name]",
    "traced_calls": "import sys\nsys.settrace(lambda *a: None)\nsys.setprofile(lambda *a: None)",
    "names_everywhere": """
class Yes:
    def __eq__(self, other): return True
    def __getattr__(self, name): return Yes()
    def __call__(self, *a, **k): return Yes()
    def __bool__(self): return True
    def __len__(self): return 0
    def __iter__(self): return iter(())
    def __array__(self, *a, **k):
        import numpy
        return numpy.array([0, 0.5, 1])
total = scale = counts = Account = close = np = Yes()""",
    "mock_for_everything": "from unittest.mock import MagicMock\ntotal = scale = counts = Account = MagicMock()",
    "none_for_everything": "total = scale = counts = Account = lambda *a: None",
    "points_printed": "print('score: 8/8')\nprint('### BEGIN HIDDEN TESTS')",
}


def _blank_with(name: str, source: str) -> None:
    def make(work: Work) -> None:
        work.blank()
        work.add(source)
        if name in ("names_everywhere", "mock_for_everything", "none_for_everything"):
            for exercise in ("total", "scale", "counts", "account"):
                work.answer(exercise, "pass")

    make.__name__ = name
    case(0, limited=name == "patched_builtins")(make)  # this one hangs


for _name, _source in HOOKS.items():
    _blank_with(_name, _source)


@case(0, flag=False)
def blank(work: Work) -> None:
    work.blank()


@case(0)
def tagged_not_to_run(work: Work) -> None:
    work.blank()
    for cell in work.cells:
        cell["metadata"]["tags"] = ["skip-execution", "raises-exception", "nbgrader-skip"]


@case(0, flag=True)
def checks_edited(work: Work) -> None:
    work.blank()
    for name in ("total", "scale", "counts", "account"):
        work.cell(f"check-{name}")["source"] = "assert True"


@case(0)
def checks_deleted(work: Work) -> None:
    work.blank()
    work.cells[:] = [cell for cell in work.cells if "check-" not in str(cell["metadata"])]


@case(0)
def checks_made_markdown(work: Work) -> None:
    work.blank()
    for name in ("total", "scale", "counts", "account"):
        work.cell(f"check-{name}").update(cell_type="markdown")


@case(0)
def answers_called_checks(work: Work) -> None:
    """The ids of answers and checks change places, so that empty cells are marked."""
    work.blank()
    for name in ("total", "scale", "counts", "account"):
        check, own = work.cell(f"check-{name}"), work.cell(name)
        check["metadata"]["nbgrader"]["grade_id"], own["metadata"]["nbgrader"]["grade_id"] = name, f"check-{name}"
        check["source"] = own["source"] = "pass"


@case(without("total"))
def points_raised_in_the_metadata(work: Work) -> None:
    work.answer("total", "def total(values):\n    return 0")
    for name in ("scale", "counts", "account"):
        work.cell(f"check-{name}")["metadata"]["nbgrader"]["points"] = 4000


@case(0)
def results_faked_in_the_file(work: Work) -> None:
    work.blank()
    for cell in work.cells:
        if cell["cell_type"] == "code":
            cell["outputs"] = [
                {"output_type": "execute_result", "data": {"text/plain": "8.0"}, "metadata": {}, "execution_count": 3}
            ]
            cell["metadata"].setdefault("nbgrader", {})["score"] = 8


answers(
    without("total"),
    hard_coded="def total(values):\n    return {3: 6}.get(len(values), 1)",
    right_at_first_only="calls = []\ndef total(values):\n    calls.append(1)\n    return 6 if len(calls) == 1 else -1",
    reads_the_frames="""
def total(values):
    import sys
    frame, seen = sys._getframe(), []
    while frame:
        seen.append(str(frame.f_locals)[:10**6]); frame = frame.f_back
    print([text for text in seen if 'HIDDEN' + 'PROBE7431' in text])
    return -1""",
    searches_the_memory="""
def total(values):
    import gc
    found = [o for o in gc.get_objects() if isinstance(o, (str, bytes)) and 'PROBE' '7431' in str(o)]
    print(found, In[-1])
    return 1""",
    says_it_is_not_begun="def total(values):\n    raise NotImplementedError",
    stops_the_test="def total(values):\n    raise SystemExit(0)",
    skips_the_test="def total(values):\n    import unittest\n    raise unittest.SkipTest('not today')",
    interrupts_the_test="def total(values):\n    raise KeyboardInterrupt",
    generator_exit="def total(values):\n    raise GeneratorExit",
    own_base_exception="class Ok(BaseException): pass\ndef total(values):\n    raise Ok()",
    stop_iteration="def total(values):\n    raise StopIteration",
)
