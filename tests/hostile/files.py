"""Notebooks that editors, converters and hands have changed. What a person would grade is graded in full."""

import json

from hostile.assignment import NAME
from hostile.work import Work, case, without

FILE = f"{NAME}.ipynb"


@case(8)
def byte_order_mark(work: Work) -> bool:
    work.file(FILE, b"\xef\xbb\xbf" + work.text().encode())
    return True


@case(8)
def latin_1(work: Work) -> bool:
    work.answer("total", "# crédits: élève\n" + work.cell("total")["source"])
    work.file(FILE, json.dumps(work.notebook, ensure_ascii=False).encode("latin-1"))
    return True


@case(8)
def utf_16(work: Work) -> bool:
    work.file(FILE, work.text().encode("utf-16"))
    return True


@case(8)
def windows_line_ends(work: Work) -> bool:
    for cell in work.cells:
        cell["source"] = cell["source"].replace("\n", "\r\n")
    work.file(FILE, json.dumps(work.notebook, indent=1).replace("\n", "\r\n"))
    return True


@case(8)
def format_3(work: Work) -> bool:
    import nbformat

    old = nbformat.convert(nbformat.from_dict(work.notebook), 3)
    work.file(FILE, json.dumps(old))
    return True


@case(8)
def lost_metadata(work: Work) -> None:
    for cell in work.cells:
        cell["metadata"] = {}


@case(8)
def lost_metadata_and_ids(work: Work) -> None:
    for cell in work.cells:
        cell["metadata"] = {}
        del cell["id"]
    work.notebook["nbformat_minor"] = 4


@case(8)
def same_id_everywhere(work: Work) -> None:
    for cell in work.cells:
        cell["id"] = "same"


@case(8)
def old_schema(work: Work) -> None:
    for cell in work.cells:
        if "nbgrader" in cell["metadata"]:
            cell["metadata"]["nbgrader"]["schema_version"] = 1


@case(8)
def schema_of_the_future(work: Work) -> None:
    for cell in work.cells:
        if "nbgrader" in cell["metadata"]:
            cell["metadata"]["nbgrader"]["schema_version"] = 99


@case(8)
def copied_answer(work: Work) -> None:
    work.cells.append(json.loads(json.dumps(work.cell("total"))))


@case(8)
def copied_check(work: Work) -> None:
    work.cells.append(json.loads(json.dumps(work.cell("check-total"))))


@case(8)
def another_order(work: Work) -> None:
    work.cells[:] = work.cells[:3] + work.cells[6:] + work.cells[3:6]


@case(8)
def checks_deleted_from_right_work(work: Work) -> None:
    work.cells[:] = [cell for cell in work.cells if "check-" not in str(cell["metadata"])]


@case(8)
def given_cells_deleted(work: Work) -> None:
    work.cells[:] = [cell for cell in work.cells if cell["id"] not in ("imports", "helper")]


@case(without("counts"))
def answer_deleted(work: Work) -> None:
    work.cells.remove(work.cell("counts"))


@case(8)
def answer_in_a_cell_of_its_own(work: Work) -> None:
    right = work.cell("total")["source"]
    work.answer("total", "# see below")
    work.add(right, after="total")


@case(8)
def answer_turned_into_text(work: Work) -> None:
    cell = work.cell("scale")
    cell["cell_type"] = "markdown"
    cell.pop("outputs", None), cell.pop("execution_count", None)


@case(8)
def another_kernel(work: Work) -> None:
    work.notebook["metadata"]["kernelspec"] = {"name": "tf-gpu", "display_name": "Deep", "language": "python"}


@case(8)
def kernel_of_another_language(work: Work) -> None:
    work.notebook["metadata"] = {"kernelspec": {"name": "ir", "display_name": "R", "language": "R"}}


@case(8)
def nothing_in_the_metadata(work: Work) -> None:
    work.notebook["metadata"] = {}


@case(8)
def huge_outputs(work: Work) -> None:
    output = {"output_type": "stream", "name": "stdout", "text": "x" * 5_000_000}
    work.cell("total")["outputs"] = [output]


@case(8)
def broken_outputs(work: Work) -> None:
    work.cell("total")["outputs"] = [{"output_type": "nonsense"}, 7, None]
