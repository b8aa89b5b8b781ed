"""Submissions that are oddly named or oddly packed, that link elsewhere, or that hold no notebook at all."""

import io
import json
import os
import zipfile

from hostile.assignment import NAME
from hostile.work import Work, case

FILE = f"{NAME}.ipynb"


def zipped(members: dict[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _named(name: str, stored: str) -> None:
    def make(work: Work) -> bool:
        work.save(stored)
        return True

    make.__name__ = name
    case(8)(make)


_named("copy_in_its_name", f"{NAME} (1).ipynb")
_named("another_name", "Homework-final-v2.ipynb")
_named("capital_letters", f"{NAME.upper()}.IPYNB")
_named("in_a_folder", f"my work/{FILE}")
_named("accents_in_its_name", f"{NAME}-élève-ß.ipynb")


@case(8)
def helper_module_beside(work: Work) -> None:
    work.file("my_helper.py", "def add(values):\n    return sum(values)\n")
    work.file("tools/__init__.py", "")
    work.file("tools/more.py", "from my_helper import add\n")
    work.answer("total", "import my_helper\nfrom tools.more import add\ndef total(values):\n    return add(values)")


@case(8)
def data_file_beside(work: Work) -> None:
    work.file("data/start.txt", "0")
    work.answer("total", "def total(values):\n    return int(open('data/start.txt').read()) + sum(values)")


@case(8)
def checkpoints_beside(work: Work) -> None:
    work.file(f".ipynb_checkpoints/{NAME}-checkpoint.ipynb", "{}")
    work.file("__pycache__/x.pyc", b"\0")


@case(8)
def modules_that_hide_the_real_ones(work: Work) -> None:
    for name in ("numpy", "random", "json", "IPython", "ipykernel", "nbgrader", "zmq"):
        work.file(f"{name}.py", "raise SystemExit('shadow')")


def _blank_with_file(name: str, path: str) -> None:
    def make(work: Work) -> None:
        work.blank()
        work.file(path, "import builtins\nbuiltins.total = sum\nraise SystemExit\n")

    make.__name__ = name
    case(0)(make)


_blank_with_file("start_up_file_beside", ".ipython/profile_default/startup/00.py")
_blank_with_file("site_customize_beside", "sitecustomize.py")
_blank_with_file("user_customize_beside", "usercustomize.py")
_blank_with_file("ipython_config_beside", "ipython_config.py")
_blank_with_file("numpy_beside_a_blank_work", "numpy/__init__.py")
_blank_with_file("nbgrader_config_beside", "nbgrader_config.py")


@case(8, flag=True)
def link_to_the_gradebook_beside(work: Work) -> None:
    os.symlink(work.course / "gradebook.db", work.place / "data.db")
    os.symlink("/etc/passwd", work.place / "passwd.txt")
    work.add("print('linked', open('data.db', 'rb').read()[:6])")


@case(0, refused=True)
def linked_notebook(work: Work) -> bool:
    os.symlink(work.course / "source" / NAME / FILE, work.place / FILE)
    return True


@case(8)
def pipe_beside(work: Work) -> None:
    os.mkfifo(work.place / "pipe")


@case(8)
def zipped_notebook(work: Work) -> bool:
    work.file("work.zip", zipped({FILE: work.text()}))
    return True


@case(8)
def zip_in_a_zip(work: Work) -> bool:
    work.file("all.zip", zipped({"inner.zip": zipped({f"deep/{FILE}": work.text()})}))
    return True


@case(8, flag=True)
def zip_that_climbs_out(work: Work) -> bool:
    evil = {f"../../aa-honest/{NAME}/{FILE}": "{}", "/tmp/hostile-zip": "x", "..\\..\\x": "x"}
    work.file("work.zip", zipped({FILE: work.text(), **evil}))
    return True


@case(8)
def zip_with_a_bomb(work: Work) -> bool:
    work.file("work.zip", zipped({FILE: work.text(), "bomb.bin": bytes(60_000_000)}))
    return True


@case(0, refused=True)
def zip_that_is_broken(work: Work) -> bool:
    work.file("work.zip", zipped({FILE: work.text()})[:300])
    return True


def _refused(name: str, content: bytes, stored: str = FILE) -> None:
    def make(work: Work) -> bool:
        work.file(stored, content)
        return True

    make.__name__ = name
    case(0, refused=True)(make)


_refused("not_json", b"def total(values): return sum(values)")
_refused("empty_file", b"")
_refused("json_but_no_notebook", b"[1, 2, 3]")
_refused("cells_that_are_none", b'{"cells": 5, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
_refused("nested_too_deep", b"[" * 200_000)
_refused("a_pdf_only", b"%PDF-1.4", "answers.pdf")
_refused("random_bytes", bytes(range(256)) * 50)
_refused("marks_of_a_merge", b'{"cells": [\n<<<<<<< HEAD\n1\n=======\n2\n>>>>>>> b\n]}')


@case(0, refused=True)
def cut_in_the_middle(work: Work) -> bool:
    work.file(FILE, work.text()[: len(work.text()) // 2])
    return True


@case(0, refused=True)
def another_assignment(work: Work) -> bool:
    cells = [{"cell_type": "code", "metadata": {}, "source": "print('hello')", "outputs": [], "execution_count": None}]
    work.file("lecture-notes.ipynb", json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}))
    return True


@case(0, refused=True)
def an_empty_folder(work: Work) -> bool:
    return True


@case(8)
def cells_of_every_wrong_shape(work: Work) -> None:
    work.cells += [5, None, [], {}, {"cell_type": "code"}, {"source": 7}, {"cell_type": 3, "source": ["a", 1]}]


@case(8)
def two_thousand_cells_less_a_few(work: Work) -> None:
    work.cells += [{"cell_type": "markdown", "metadata": {}, "source": f"note {n}"} for n in range(1500)]
