"""Right works whose cells attack what is around them. They keep their points, and nothing else may come of it."""

from hostile.work import Work, case, without

KILL_PARENT = "import os\ntry: os.kill(os.getppid(), 9)\nexcept OSError: pass\nimport time\ntime.sleep(0.5)"
OWN = {  # the work is right; the attack fails, and costs nothing
    "reads_the_environment": "import os\nprint(dict(os.environ))\nprint(open('/proc/1/environ', 'rb').read())",
    "searches_for_the_gradebook": """
import os, sqlite3
found = []
for folder, folders, files in os.walk('/'):
    folders[:] = [f for f in folders if f not in ('proc', 'sys', 'usr', 'lib', 'bin', 'site-packages')]
    found += [os.path.join(folder, f) for f in files if f.endswith('.db') or f.endswith('.ipynb')]
print('found', len(found))
for path in found:
    if path.endswith('.db'):
        db = sqlite3.connect(path); db.execute('update grade set auto_score = 4000'); db.commit()""",
    "climbs_out": """
import os
for depth in range(1, 12):
    for name in ('gradebook.db', 'autograded/x', 'submitted/aa-honest/ps1/ps1.ipynb', 'grading/ps1/aa-honest.json'):
        try:
            with open('../' * depth + name, 'r+') as file: file.write('damage')
            print('damaged', name)
        except OSError: pass
for place in ('/tmp/hostile-mark', '/var/tmp/hostile-mark', os.path.expanduser('~root/hostile-mark'), '/hostile-mark'):
    try: open(place, 'w').write('x')
    except OSError: pass""",
    "uses_the_network": """
import socket, urllib.request
for address in (('127.0.0.1', 22), ('1.1.1.1', 53), ('10.0.0.1', 80)):
    try:
        socket.create_connection(address, 1); print('connected', address)
    except OSError: pass""",
    "writes_start_up_files": """
import os
for base in (os.path.expanduser('~/.ipython'), '/root/.ipython', os.environ.get('IPYTHONDIR', '')):
    try:
        os.makedirs(base + '/profile_default/startup', exist_ok=True)
        open(base + '/profile_default/startup/00.py', 'w').write('total = lambda v: sum(v)')
    except OSError: pass
import site, sys
for folder in (*site.getsitepackages(), site.getusersitepackages(), *sys.path):
    try: open(folder + '/hostile.pth', 'w').write('import os')
    except OSError: pass""",
    "leaves_at_exit": "import atexit, os\natexit.register(lambda: open('/tmp/hostile-atexit', 'w'))\natexit.register(os._exit, 7)",
    "threads_that_stay": "import threading, time\nfor _ in range(5): threading.Thread(target=lambda: time.sleep(600)).start()",
    "thread_that_prints": """
import threading, time
def talk():
    for n in range(3000):
        print('noise', n); time.sleep(0.01)
threading.Thread(target=talk, daemon=True).start()""",
    "daemon_left_behind": """
import subprocess
subprocess.Popen(['/bin/sh', '-c', 'sleep 600; : hostile-daemon @COURSE@'], start_new_session=True)""",
    "script_in_the_output": "from IPython.display import HTML, Javascript\ndisplay(HTML('<script>alert(1)</script><img src=x onerror=alert(2)>'), Javascript('alert(3)'))",
    "ptrace_and_mounts": """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
print(libc.ptrace(16, 1, 0, 0), libc.mount(b'none', b'/usr', b'tmpfs', 0, None), libc.unshare(0x10000000))""",
    "asks_for_input": "name = input('name? ')",
    "signals_everybody": "import os, signal\nsignal.signal(15, signal.SIG_IGN)\ntry: os.kill(-1, 15)\nexcept OSError: pass",
    "takes_away_the_output": "import sys\nsys.stdout = sys.stderr = None",
    "garbage_on_every_socket": """
kernel = get_ipython().kernel
post = lambda *f: kernel.iopub_thread.schedule(lambda: kernel.iopub_thread.socket.send_multipart(list(f)))
for frames in ([b'x'], [b'<IDS|MSG>'], [b'a', b'<IDS|MSG>', b'', b'{', b'}', b'', b'\\xff'], [b''] * 9): post(*frames)""",
}


def _right_with(name: str, source: str) -> None:
    def make(work: Work) -> None:
        work.add(source.replace("@COURSE@", str(work.course)), after="total")

    make.__name__ = name
    case()(make)


for _name, _source in OWN.items():
    _right_with(_name, _source)


@case(without("total"), flag=True)
def kills_its_parent(work: Work) -> None:
    work.answer("total", f"{work.cell('total')['source']}\n{KILL_PARENT}\nos._exit(1)")


@case(flag=True)
def ends_the_kernel_in_a_cell_of_its_own(work: Work) -> None:
    work.add("import os\nos._exit(0)", after="scale")


@case(flag=True)
def crashes_the_interpreter(work: Work) -> None:
    work.add("import ctypes\nctypes.string_at(0)", after="counts")


@case(without("total"), flag=True)
def ends_the_kernel_when_called(work: Work) -> None:
    work.answer("total", "def total(values):\n    import os\n    os._exit(0)")


@case()
def exits_politely(work: Work) -> None:
    work.add("exit()", after="account")


@case(without("total"))
def deletes_its_answer(work: Work) -> None:
    work.add("del total", after="total")


@case()
def forgets_all_names_before_the_last_answer(work: Work) -> None:
    work.add("%reset -f", before="account")


@case()
def script_in_the_text(work: Work) -> None:
    work.add("<script>alert(4)</script> <a href='javascript:alert(5)'>here</a>", kind="markdown")
