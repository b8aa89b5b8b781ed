"""Each promise of the sandbox is attacked from inside, on every level that this machine can build."""

import os
import signal
import socket
import subprocess
import sys
import tomllib
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
import torch
from nbclient import NotebookClient

from course_admin.grading.records import Limits
from course_admin.grading.sandbox import bubblewrap, choose, landlock, nvidia
from course_admin.grading.sandbox.template import KernelTemplate
from sandbox_support import SMALL, gone, kernel, levels, marked, marker, text

ROOT = Path(__file__).parent.parent
SECRET = "SECRET_OF_THE_TEACHER"


WAYS = [(level, how) for level in levels() for how in ("fresh", "forked") if (level, how) != ("landlock", "fresh")]


@pytest.fixture(scope="module", params=WAYS, ids=lambda way: " ".join(way))
def student(request):
    """A kernel on each level: as a process of its own, and forked from a template."""
    level, how = request.param
    os.environ["COURSE_TEST_SECRET"] = SECRET
    with ExitStack() as stack:
        template = stack.enter_context(KernelTemplate(sandbox=level)).address if how == "forked" else ""
        assert bool(template) == (how == "forked")
        yield stack.enter_context(kernel(level, template=template))
    del os.environ["COURSE_TEST_SECRET"]


@pytest.fixture
def alive(student):
    if student.why_dead:
        student.restart()
    return student


def attempt(student, source: str) -> str:
    """What an attack ended in: its error, or what it printed."""
    run = student.run(source, 120)
    return run.trouble or text(run)


def test_a_wall_is_there():
    assert levels(), "this machine can build no sandbox at all"


def test_the_network_is_closed(alive):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        reach = "import socket\nsocket.create_connection(('{}', {}), 3)\nprint('connected')"
        assert "Errno" in attempt(alive, reach.format("127.0.0.1", port))
    assert "Errno" in attempt(alive, reach.format("192.0.2.1", 80))
    send = "import socket\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))"
    assert "Error" in attempt(alive, send)


def test_sockets_of_other_programs_cannot_be_reached(alive, tmp_path):
    path = f"/tmp/{marker()[:20]}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        os.chmod(path, 0o777)
        reached = attempt(alive, f"import socket\nsocket.socket(socket.AF_UNIX).connect({path!r})\nprint('connected')")
    os.unlink(path)
    assert "Error" in reached


def test_files_of_the_teacher_cannot_be_read(alive, tmp_path):
    tmp_path.chmod(0o755)
    secret = tmp_path / "gradebook.db"
    secret.write_text(SECRET)
    secret.chmod(0o644)
    course = [ROOT / "solutions", ROOT / "course_admin", ROOT / "tests", ROOT / "lessons", ROOT / "pyproject.toml"]
    for path in [secret, Path("/etc/shadow"), Path("/etc/hostname"), Path("/root/.bashrc"), *course]:
        read = f"from pathlib import Path\np = Path({str(path)!r})\np.read_bytes() if p.is_file() else [*p.iterdir()]"
        found = attempt(alive, read)
        assert "Error" in found or found == "[]", (path, found)


def test_nothing_of_the_teachers_environment_is_visible(alive):
    look = f"""
import os, glob
seen = [dict(os.environ)]
for path in glob.glob('/proc/[0-9]*/environ'):
    try: seen.append(open(path, 'rb').read())
    except OSError: pass
print('{SECRET[:6]}' + '{SECRET[6:]}' in str(seen), len(seen))
"""
    assert attempt(alive, look).startswith("False")


def test_the_system_and_the_packages_cannot_be_written(alive):
    write = """
import numpy, sys, os
failed = 0
places = [numpy.__file__, '/usr/x', '/x', '/etc/x', '/dev/x', sys.prefix + '/x', '/run/x', '/proc/sys/kernel/hostname',
          '/sys/devices/system/cpu/x']
for place in places:
    try: open(place, 'a').write('x')
    except OSError: failed += 1
print(failed == len(places), os.access('/', os.W_OK))
"""
    assert attempt(alive, write) == "True False\n"


def test_the_course_package_cannot_be_written(alive):
    assert "Error" in attempt(alive, "import course_utils\nopen(course_utils.__file__, 'a')")


def test_processes_outside_cannot_be_signalled_or_traced(alive):
    victim = subprocess.Popen(["sleep", "600"])
    try:
        for number in (victim.pid, os.getpid()):
            alive.run(f"import os\nos.kill({number}, 9)", 60)
        assert victim.poll() is None
        assert "Error" in attempt(alive, f"open('/proc/{os.getpid()}/mem', 'rb').read(1)")
    finally:
        victim.kill()
        victim.wait()


def test_killing_the_parent_ends_the_students_own_kernel_at_most(alive):
    alive.run("import os, time\nos.kill(os.getppid(), 9)\ntime.sleep(1)", 60)
    alive.run("import os, signal, time\nsignal.signal(15, signal.SIG_IGN)\nos.kill(-1, 15)\ntime.sleep(0.5)", 60)
    assert os.getpid()  # the grader, which is this process, is still here
    alive.restart()
    assert text(alive.run("1 + 1", 60)) == "2"


def test_dangerous_system_calls_are_refused(alive):
    calls = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
NEWUSER, NEWNS = 0x10000000, 0x20000
results = [libc.unshare(NEWUSER), libc.unshare(NEWNS), libc.mount(b'none', b'/scratch', b'tmpfs', 0, None),
           libc.ptrace(16, 1, None, None), libc.chroot(b'/'), libc.syscall(250, 0, -5, 0), libc.syscall(425, 8, None),
           libc.syscall(56, NEWUSER | 17, None, None, None, None)]
print(results)
"""
    assert attempt(alive, calls) == f"{[-1] * 8}\n"


def test_no_right_of_root_is_left(alive):
    look = """
import os
status = dict(line.split(':', 1) for line in open('/proc/self/status'))
print(os.getuid() != 0, status['CapEff'].strip(), status['NoNewPrivs'].strip())
"""
    mine, capabilities, no_new = attempt(alive, look).split()
    assert (mine, no_new) == ("True", "1")
    allowed = {0, 1 << 2} if alive.sandbox == "landlock" else {0}  # Landlock as root: may read what its rules allow
    assert int(capabilities, 16) in allowed


def test_setuid_programs_give_nothing(alive):
    become = "import subprocess\nprint(subprocess.run(['su', '-c', 'id'], capture_output=True, input=b''))"
    assert "uid=0" not in attempt(alive, become)


def test_memory_is_limited(alive):
    assert "MemoryError" in attempt(alive, "blocks = [bytearray(2 ** 28) for _ in range(8)]")
    alive.run("blocks = None", 60)


def test_memory_shared_between_processes_is_limited(alive):
    bomb = """
import mmap, time
memory = mmap.mmap(-1, 3 * 2 ** 30)
for page in range(0, len(memory), 4096): memory[page] = 1
time.sleep(600)
"""
    run = alive.run(bomb, 300)
    assert run.died and "GiB of memory" in run.trouble


def test_processes_are_limited(alive):
    bomb = """
import os, time, warnings
warnings.simplefilter("ignore")  # from 3.12 on Python warns of forks beside threads
children = []
try:
    for _ in range(400):
        child = os.fork()
        if child == 0:
            time.sleep(600); os._exit(0)
        children.append(child)
except OSError as error:
    print(type(error).__name__, len(children) < 60)
for child in children:
    os.kill(child, 9); os.waitpid(child, 0)
"""
    assert attempt(alive, bomb) == "BlockingIOError True\n"


def test_a_thread_can_be_named(alive):
    # CUDA does this at its start, in this way, and gives up where it cannot
    assert (
        attempt(
            alive,
            """
import threading
path = f"/proc/self/task/{threading.get_native_id()}/comm"
with open(path, "w") as file:
    file.write("named")
print(open(path).read(), end="")
""",
        )
        == "named\n"
    )


def test_files_and_the_folder_are_limited(alive):
    assert "OSError" in attempt(alive, "open('big', 'wb').write(bytes(8 * 2 ** 20))")
    fill = (
        "import time\nfor n in range(30):\n    with open(f'f{n}', 'wb') as f: f.write(bytes(2 ** 20))\ntime.sleep(20)"
    )
    run = alive.run(fill, 120)
    assert "OSError" in run.trouble or "filled its scratch folder" in run.trouble
    alive.restart()


def test_the_folder_of_the_sockets_holds_sockets_only(alive):
    place = "/run/kernel" if alive.sandbox == "bubblewrap" else f"{alive.provisioner.folder}/s"
    for attack in ("open('{}/x', 'w')", "import os; os.mkdir('{}/x')", "import os; os.symlink('/', '{}/x')"):
        assert "Error" in attempt(alive, attack.format(place))


def test_cpu_seconds_are_limited():
    with kernel(limits=replace(SMALL, cpu_seconds=4)) as busy:
        assert busy.run("while True: pass", 300).died


@pytest.mark.parametrize("how", ["subprocess", "double fork"])
def test_nothing_runs_on_after_the_end(alive, how):
    mark = marker()
    shell = ["/bin/sh", "-c", f"sleep 600; : {mark}"]
    starts = {
        "subprocess": f"import subprocess\nfor _ in range(5): subprocess.Popen({shell}, start_new_session=True)",
        "double fork": f"""
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0: os.execv('/bin/sh', {shell})
    os._exit(0)
time.sleep(1)
""",
    }
    alive.run(starts[how], 60)
    assert marked(mark)
    alive.restart()
    assert gone(mark)


@pytest.mark.parametrize("how", ["fresh", "forked"])
@pytest.mark.parametrize("level", levels())
def test_nothing_runs_on_when_the_grader_is_killed(level, how, tmp_path):
    mark = marker()
    program = f"""
import sys, time
sys.path.insert(0, {str(ROOT / "tests")!r})
from sandbox_support import kernel
from course_admin.grading.sandbox.template import KernelTemplate
template = KernelTemplate(sandbox={level!r})
address = template.__enter__().address if {how!r} == "forked" else ""
with kernel({level!r}, template=address) as student:
    shell = ["/bin/sh", "-c", "sleep 600; : {mark}"]
    student.run(f"import subprocess\\nsubprocess.Popen({{shell}}, start_new_session=True)", 60)
    print("started", flush=True)
    time.sleep(600)
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    grader = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, env=environment, cwd=ROOT)
    try:
        assert grader.stdout.readline() == b"started\n"
        assert len(marked(mark)) >= 1
    finally:
        grader.send_signal(signal.SIGKILL)
        grader.wait()
        grader.stdout.close()
    assert gone(mark)


@pytest.mark.gpu
@pytest.mark.parametrize("how", ["fresh", "forked"])
@pytest.mark.parametrize("level", levels())
def test_a_gpu_is_there_when_it_is_asked_for(level, how):
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    train = """
import torch
if torch.cuda.is_available():
    layer = torch.nn.Conv2d(1, 1, 3).cuda()
    layer(torch.ones(2, 1, 3, 3).pin_memory().cuda()).sum().backward()
    print(layer.weight.grad.sum().item())
else:
    print("none")
"""
    for cuda, said in ((True, "18.0\n"), (False, "none\n")):
        with ExitStack() as stack:
            template = KernelTemplate(("torch",), level, cuda)
            address = stack.enter_context(template).address if how == "forked" else ""
            student = stack.enter_context(kernel(level, Limits(), cuda=cuda, template=address))
            assert text(student.run(train, 300)) == said


@pytest.mark.parametrize("level", levels())
def test_torch_and_tensorflow_work_inside(level):
    train = """
import torch
layer = torch.nn.Linear(3, 1)
optimiser = torch.optim.SGD(layer.parameters(), lr=0.1)
for _ in range(3):
    optimiser.zero_grad(); loss = layer(torch.ones(4, 3)).pow(2).mean(); loss.backward(); optimiser.step()
print(loss.item() >= 0)
"""
    grow = """
import tensorflow as tf
v = tf.Variable(3.0)
with tf.GradientTape() as tape: y = v * v
print(float(tape.gradient(y, v)))
"""
    with kernel(level, Limits()) as student:
        assert text(student.run(train, 300)) == "True\n"
        assert "6.0" in text(student.run(grow, 300))


def test_with_cuda_the_kernel_sees_the_devices_that_there_are():
    words = bubblewrap.cuda_words()
    devices = sorted(str(path) for path in Path("/dev").glob("nvidia*"))
    bound = [words[at + 1] for at, word in enumerate(words) if word == "--dev-bind"]
    assert [path for path in bound if path != "/dev/dri"] == devices
    with kernel(cuda=True) as student:
        seen = text(student.run("import glob\nprint(*sorted(glob.glob('/dev/nvidia*')))", 60)).split()
    assert seen == devices


@pytest.mark.parametrize("level", levels())
@pytest.mark.parametrize("cuda", [True, False])
def test_devices_and_what_their_driver_reads_are_within_reach_where_asked_for(level, cuda, monkeypatch, tmp_path):
    # given a machine whose GPU is /dev/ptmx, with a driver's library in a folder that only LD_LIBRARY_PATH names
    library = tmp_path / "driver" / "libcuda.so.1"
    library.parent.mkdir()
    library.write_text("a library")
    monkeypatch.setenv("LD_LIBRARY_PATH", f"/nowhere:{library.parent}")
    monkeypatch.setattr(nvidia, "devices", lambda: ["/dev/ptmx"] if level == "landlock" else [])
    program = f"""
import os
def reach(path, how):
    try:
        os.close(os.open(path, how))
        return True
    except OSError:
        return False
print(reach("/dev/ptmx", os.O_RDWR), reach("{library}", os.O_RDONLY), reach("/sys/devices/system/node", os.O_RDONLY),
      os.environ.get("LD_LIBRARY_PATH"))
"""
    # when a kernel tries to reach them, then it can with cuda=True, and not without
    with kernel(level, cuda=cuda) as student:
        device, driver, told, named = text(student.run(program, 60)).split()
    assert driver == told == str(cuda)
    assert device == str(cuda) or level == "bubblewrap"  # where /dev is another one, with a /dev/ptmx of its own
    assert named == (str(library.parent) if cuda else "None")


def test_stock_jupyter_uses_the_sandbox_through_a_kernelspec(tmp_path, monkeypatch):
    from importlib.metadata import EntryPoint

    from jupyter_client.provisioning.factory import KernelProvisionerFactory

    group = "jupyter_client.kernel_provisioners"
    named = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"][group]
    entry = EntryPoint("course-sandbox", named["course-sandbox"], group)
    monkeypatch.setitem(KernelProvisionerFactory.instance().provisioners, "course-sandbox", entry)
    folder = tmp_path / "kernels" / "boxed"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(
        '{"argv": ["python", "-m", "ipykernel_launcher", "-f", "{connection_file}"], "language": "python",'
        ' "display_name": "boxed", "metadata": {"kernel_provisioner": {"provisioner_name": "course-sandbox"}}}'
    )
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    (tmp_path / "data.txt").write_text("beside")
    cells = [nbformat.v4.new_code_cell(f"print(open('data.txt').read()); open({str(tmp_path / 'out')!r}, 'w')")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    client = NotebookClient(notebook, kernel_name="boxed", allow_errors=True, timeout=120)
    client.execute(cwd=str(tmp_path))
    outputs = notebook.cells[0].outputs
    assert outputs[0].text == "beside\n" and outputs[1].ename in ("FileNotFoundError", "PermissionError", "OSError")
    assert not (tmp_path / "out").exists()


def test_a_machine_without_a_wall_is_told_the_cure(monkeypatch):
    choose.level.cache_clear()
    monkeypatch.setattr(bubblewrap, "program", lambda: None)
    try:
        assert choose.level("auto") == "landlock" or not landlock.version()
        with pytest.raises(choose.NoSandbox, match=r"install bubblewrap.*--unsafe"):
            choose.level("bubblewrap")
        monkeypatch.setattr(landlock, "version", lambda: 0)
        choose.level.cache_clear()
        for asked in ("auto", "landlock"):
            with pytest.raises(choose.NoSandbox, match=r"install bubblewrap.*--unsafe"):
                choose.level(asked)
        monkeypatch.setattr(sys, "platform", "darwin")
        choose.level.cache_clear()
        with pytest.raises(choose.NoSandbox, match=r"darwin.*--unsafe"):
            choose.level("auto")
        assert choose.reported(choose.level("none")) == "none (--unsafe)"
        with pytest.raises(choose.NoSandbox, match="choose one of"):
            choose.level("docker")
    finally:
        choose.level.cache_clear()


@pytest.mark.parametrize(("python", "linked"), [("/opt/python/bin", True), ("/tmp/venv/bin", False)])
def test_tmp_is_the_scratch_folder_unless_python_itself_lies_there(python, linked, monkeypatch):
    # given a Python at one place or the other (the environment of CI is below /tmp)
    monkeypatch.setattr(bubblewrap, "interpreter_paths", lambda: [python])
    # when the command is made
    words = bubblewrap.command("/tmp/sockets", [], 10**6, capabilities=False, cuda=False)
    # then no link stands in the way of the folder that Python is bound to
    assert (["--symlink", "scratch/tmp", "/tmp"] in [words[i : i + 3] for i in range(len(words))]) == linked
    assert words[words.index(python) - 1] in ("--ro-bind-try", "--dir") and python in words
