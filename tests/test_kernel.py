"""StudentKernel: runs cells, answers with data, and comes back whatever the kernel does."""

import time

import pytest

from course_admin.grading.kernel import StudentKernel
from course_admin.grading.messages import KernelTrouble, Outputs, one_line, parse
from sandbox_support import SMALL, kernel, text


@pytest.fixture(scope="module")
def student():
    files = {"helper.py": b"half = 0.5\n", "data/points.txt": b"1 2 3", "random.py": b"raise RuntimeError('shadow')"}
    with kernel(files=files) as running:
        yield running


@pytest.fixture
def alive(student):
    """The shared kernel, started again where a test before has ended it."""
    if student.why_dead:
        student.restart()
    return student


def test_a_cell_gives_its_outputs_and_no_trouble(alive):
    run = alive.run("print('hello')\n6 * 7", 60)
    assert (run.trouble, run.died) == ("", False)
    assert [output["output_type"] for output in run.outputs] == ["stream", "execute_result"]
    assert text(run) == "hello\n42"


def test_an_error_is_one_line_of_trouble(alive):
    run = alive.run("raise ValueError('two\\nlines')", 60)
    assert run.trouble == "ValueError: two lines" and not run.died


def test_the_submitted_files_are_there_and_never_hide_the_real_modules(alive):
    run = alive.run(
        "import helper, random\nprint(helper.half, open('data/points.txt').read(), random.random() < 1)", 60
    )
    assert text(run) == "0.5 1 2 3 True\n"


def test_the_course_package_is_there_and_the_instructors_is_not(alive):
    assert text(alive.run("import course_utils.checks.elsewhere as e; e.__name__", 60)) == (
        "'course_utils.checks.elsewhere'"
    )
    assert "No module named 'course_admin'" in alive.run("import course_admin", 60).trouble


def test_ask_goes_to_the_agent_and_survives_what_the_notebook_does_to_its_names(alive):
    assert alive.ask(b"abc\0", 60) == b"\0cba"
    alive.run("%reset -f", 60)
    alive.run("for name in list(globals()):\n    if not name.startswith('__'):\n        del globals()[name]", 60)
    assert alive.ask(b"abc", 60) == b"cba"


def test_an_answer_that_is_too_large_is_refused(alive):
    with pytest.raises(KernelTrouble, match="larger than 2 MiB"):
        alive.ask(b"x" * (3 * 1024**2), 60)


def test_a_forged_agent_gives_trouble_or_data_and_nothing_else(student):
    forged = ["None", "1", "'no base64!'", "1/0", "b'bytes'", "'x' * 10", "[]", "'é'"]
    for value in forged:
        student.restart()
        student.run(f"import sys\nsys.modules['_course_agent'].ask = lambda text: {value}", 60)
        with pytest.raises(KernelTrouble):
            student.ask(b"", 60)
    student.restart()


def test_an_endless_cell_is_interrupted_and_the_kernel_lives_on(alive):
    alive.run("kept = 5", 60)
    run = alive.run("while True: pass", 1)
    assert "longer than 1 seconds" in run.trouble and not run.died
    assert text(alive.run("kept", 60)) == "5"


def test_a_cell_that_ignores_interrupts_is_killed_and_restart_gives_a_fresh_process(alive):
    run = alive.run("import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass", 1)
    assert run.died and "did not obey" in run.trouble
    assert alive.run("1", 60).died
    with pytest.raises(KernelTrouble, match="not running"):
        alive.ask(b"", 60)
    alive.restart()
    assert "NameError" in alive.run("kept", 60).trouble
    assert alive.ask(b"ab", 60) == b"ba"


@pytest.mark.parametrize("end", ["import os; os._exit(0)", "import os; os.kill(os.getpid(), 9)", "exit()"])
def test_a_kernel_that_ends_itself_is_told_at_once(alive, end):
    began = time.monotonic()
    run = alive.run(end, 300)
    assert run.died and run.trouble
    assert alive.run("1", 300).died
    assert time.monotonic() - began < 200


def test_a_cell_that_takes_the_output_away_does_not_stop_the_next(alive):
    alive.run("import sys\nsys.stdout = sys.stderr = None", 60)
    assert text(alive.run("print('back')", 60)) == "back\n"
    assert alive.ask(b"ab", 60) == b"ba"


def test_an_agent_that_hangs_or_dies_is_trouble(student):
    student.restart()
    student.run("import sys, time\nsys.modules['_course_agent'].ask = lambda text: time.sleep(600)", 60)
    with pytest.raises(KernelTrouble, match="longer than 1 seconds"):
        student.ask(b"", 1)
    student.run("import os\nsys.modules['_course_agent'].ask = lambda text: os._exit(1)", 60)
    with pytest.raises(KernelTrouble, match="died"):
        student.ask(b"", 60)


def test_what_is_printed_is_cut_while_it_arrives(alive):
    run = alive.run("for _ in range(200): print('x' * 10_000)", 60)
    assert sum(len(str(output)) for output in run.outputs) < 2 * SMALL.output
    assert "cut here" in text(run) and not run.trouble


def test_a_flood_of_output_stops_the_cell(alive):
    run = alive.run("while True: print('x' * 200_000, flush=True)", 120)
    assert "printed more than" in run.trouble
    assert sum(len(str(output)) for output in run.outputs) < 2 * SMALL.output
    alive.restart()
    run = alive.run("while True: print('x' * 1_000_000)", 120)  # larger than the kernel can hold
    assert run.trouble
    assert sum(len(str(output)) for output in run.outputs) < 2 * SMALL.output


def test_forged_messages_and_a_huge_one_neither_hang_nor_crash(student):
    student.restart()
    attack = """
import zmq
kernel = get_ipython().kernel
parent = kernel.get_parent()
def post(*frames):
    kernel.iopub_thread.schedule(lambda: kernel.iopub_thread.socket.send_multipart(list(frames)))
post(b"junk"); post(b"<IDS|MSG>"); post(b"", b"<IDS|MSG>", b"", b"[" * 100_000, b"1", b"null", b"{}")
for kind, content in [("stream", {"text": 7}), ("display_data", {"data": []}), ("error", {"traceback": 3}),
                      ("execute_result", {"data": {"text/plain": ["a"]}, "execution_count": -1}), ("stream", [])]:
    kernel.session.send(kernel.iopub_socket, kind, content, parent=parent)
post(b"x" * (40 * 1024 ** 2))
"""
    run = student.run(attack, 60)
    assert not run.died
    assert student.ask(b"12", 60) == b"21"


def test_names_that_lead_out_of_the_folder_are_refused_before_anything_starts():
    for name in ("../x", "/etc/x", "a/../../x", "", "a\0b"):
        with pytest.raises(ValueError, match="leads out"):
            StudentKernel({name: b""})


def test_a_kernel_that_cannot_start_is_trouble_with_its_reason():
    with pytest.raises(KernelTrouble, match=r"did not start.*SyntaxError"), StudentKernel(limits=SMALL, agent="def ("):
        pass


def test_outputs_are_valid_notebook_outputs_whatever_came():
    import nbformat

    outputs = Outputs(1000)
    outputs.take("stream", {"name": "stdout", "text": "a"})
    outputs.take("stream", {"name": ["stdout"], "text": "b"})
    outputs.take("display_data", {"data": {"text/html": "<b>", "image/png": 5}})
    outputs.take("error", {"ename": 4, "evalue": None, "traceback": [1, "x"]})
    outputs.take("execute_result", {"data": {"text/plain": "1"}, "execution_count": True})
    outputs.take("display_data", {"data": {"text/plain": "x" * 2000}})
    cell = nbformat.v4.new_code_cell("", outputs=[nbformat.from_dict(item) for item in outputs.items])
    nbformat.validate(nbformat.v4.new_notebook(cells=[cell]))
    assert outputs.items[0]["text"] == "ab"
    assert outputs.cut


def test_one_line_is_one_bounded_line():
    line = one_line("a\nb", "c" * 10_000)
    assert line.startswith("a b: ccc") and len(line) <= 500 and "\n" not in line


def test_parse_never_raises():
    from jupyter_client.session import Session

    session = Session(key=b"k")
    for frames in ([], [b""], [b"<IDS|MSG>"], [b"<IDS|MSG>", b"", b"{}", b"{}", b"{}", b"\xff"], [b"x"] * 9):
        assert parse(session, list(frames)) is None
