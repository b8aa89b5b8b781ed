"""Kernels forked from one template: fast, and as far from each other as kernels of their own."""

import contextlib
import os
import signal
import socket
import threading

import pytest

from course_admin.grading.sandbox import bubblewrap
from course_admin.grading.sandbox.provisioner import ZYGOTE
from course_admin.grading.sandbox.template import KernelTemplate
from sandbox_support import gone, kernel, levels, marked, marker, text


@pytest.fixture(scope="module", params=levels())
def template(request):
    with KernelTemplate(("numpy", "json.tool"), sandbox=request.param) as running:
        assert running.address, running.why
        yield running


@pytest.fixture
def two(template):
    with contextlib.ExitStack() as stack:
        files = {"mine.txt": b"of the first"}
        first = stack.enter_context(kernel(template.level, template=template.address, files=files))
        yield first, stack.enter_context(kernel(template.level, template=template.address))


def test_what_is_preloaded_is_there_before_the_first_cell(two):
    assert (
        text(two[0].run("import sys\nprint('numpy' in sys.modules, 'json.tool' in sys.modules)", 60)) == "True True\n"
    )


def test_what_one_kernel_changes_in_a_module_no_other_sees(template, two):
    two[0].run("import numpy, builtins, os\nnumpy.sum = builtins.mark = 1\nos.environ['MARK'] = '1'", 60)
    look = "import numpy, builtins, os\nprint(numpy.sum([1, 2]), hasattr(builtins, 'mark'), 'MARK' in os.environ)"
    with kernel(template.level, template=template.address) as later:
        for other in (two[1], later):
            assert text(other.run(look, 60)) == "3 False False\n"


def test_a_kernel_sees_no_file_process_or_socket_of_another(two):
    first, second = two
    first.run("open('/dev/shm/mark', 'w').write('1')", 60)
    first.run(f"import subprocess\nsubprocess.Popen(['/bin/sh', '-c', 'sleep 600; : {marker()}'])", 60)
    look = """
import glob, os
def names(place):
    try: return os.listdir(place)
    except OSError: return []
seen = [b'marked-' in open(path, 'rb').read() for path in glob.glob('/proc/[0-9]*/cmdline')]
print(names('.'), names('/dev/shm') if names('/run/kernel') else [], names('/run/kernels'), any(seen))
"""
    assert text(second.run(look, 60)) == "[] [] [] False\n"
    for folder in (first.provisioner.folder, first.provisioner.folder / "w" / "work", first.provisioner.folder / "s"):
        assert "Error" in second.run(f"import os\nos.listdir({str(folder)!r})", 60).trouble


def test_a_kernel_cannot_harm_another_or_the_template(template, two):
    first, second = two
    if template.level == "bubblewrap":  # every process that it can name is its own
        first.run(
            "import os\nfor n in range(2, 400):\n    if n != os.getpid():\n        try: os.kill(n, 9)\n"
            "        except OSError: pass",
            60,
        )
    first.run("import os, signal\nsignal.signal(15, signal.SIG_IGN)\nos.kill(-1, 15)", 60)
    first.run("import os\nos.kill(os.getppid(), 9)", 60)
    assert text(second.run("1 + 1", 60)) == "2"
    first.restart()
    assert first.provisioner.template and text(first.run("1 + 1", 60)) == "2"


def test_no_open_file_of_the_template_is_left(two):
    look = """
import os
kinds = []
for number in os.listdir('/proc/self/fd'):
    try: kinds.append(os.readlink(f'/proc/self/fd/{number}'))
    except OSError: pass
import socket
peers = []
for number in range(3, 300):
    try: s = socket.socket(fileno=os.dup(number))
    except OSError: continue
    try: peers.append(s.getpeername())
    except OSError: pass
print([kind for kind in kinds if kind.startswith('/tmp/c')], [peer for peer in peers if 'zygote' in str(peer)])
"""
    assert text(two[0].run(look, 60)) == "[] []\n"


def test_when_the_template_goes_its_kernels_go_too_and_the_next_is_a_process_of_its_own():
    mark = marker()
    with KernelTemplate() as template, kernel(template=template.address) as student:
        student.run(f"import subprocess\nsubprocess.Popen(['/bin/sh', '-c', 'sleep 600; : {mark}'])", 60)
        assert marked(mark)
        template.process.send_signal(signal.SIGKILL)
        template.process.wait()
        assert gone(mark)
        assert student.run("1", 60).died
        student.restart()
        assert not student.provisioner.template
        assert text(student.run("1 + 1", 60)) == "2"


@pytest.mark.parametrize("hears", [0, 65536], ids=["at once", "when it has heard the order"])
def test_a_template_that_goes_while_it_is_asked_is_done_without(tmp_path, hears):
    # given what is left of a template: it takes one more connection, and ends it
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(f"{tmp_path}/{ZYGOTE}")
        listening.listen()

        def end():
            connection, _ = listening.accept()
            if hears:
                connection.recv(hears)
            connection.close()

        threading.Thread(target=end, daemon=True).start()
        # then the kernel is a process of its own
        with kernel(template=str(tmp_path)) as student:
            assert not student.provisioner.template
            assert text(student.run("1 + 1", 60)) == "2"


def test_kernels_with_the_same_preload_share_one_template_that_outlives_the_thread_that_started_it():
    templates = []

    def use():
        with kernel(preload=("json.tool",)) as student:
            templates.append(student.template)
            assert text(student.run("import sys\n'json.tool' in sys.modules", 60)) == "True"

    for _ in range(2):
        thread = threading.Thread(target=use)
        thread.start()
        thread.join()
    assert templates[0] and len(templates) == 2 and len(set(templates)) == 1


def test_an_address_that_leads_nowhere_is_a_process_of_its_own(tmp_path):
    with kernel(template=str(tmp_path / "nothing")) as student:
        assert text(student.run("1 + 1", 60)) == "2"


def test_a_machine_that_allows_no_namespaces_inside_gets_no_template(monkeypatch):
    if "bubblewrap" not in levels():
        pytest.fail("this test is about bubblewrap, which cannot be used on this machine")
    built, forbid = bubblewrap.command, [] if os.geteuid() == 0 else ["--disable-userns"]
    monkeypatch.setattr(bubblewrap, "command", lambda *words: [*(made := built(*words))[:1], *forbid, *made[1:]])
    monkeypatch.setattr(bubblewrap, "CAPABILITIES", ("CAP_SETUID", "CAP_SETGID"))
    with KernelTemplate(sandbox="bubblewrap") as template:
        assert not template.address and "unshare" in template.why
    with kernel("bubblewrap", template=template.address) as student:
        assert text(student.run("1 + 1", 60)) == "2"
