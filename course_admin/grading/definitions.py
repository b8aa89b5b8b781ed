"""Who defines the names that a test uses: read from the instructor's notebook, without running it.

A name is the student's where an answer cell binds it, and ours where a given cell or an earlier test does so in a way
that can be repeated here: an import, a function, a class, a literal, or a value made from such names alone.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from IPython.core.inputtransformer2 import TransformerManager

from course_admin.grading.changes import changed_by_calls, changed_in_place
from course_admin.grading.specials import BUILTIN_TYPES

CONTAINERS = (list, dict, set, tuple, frozenset)


@dataclass(frozen=True)
class Definition:
    """Where a name gets its value.

    whose: "student" or "ours". kind: "import", "definition" (function, class), "literal", "value", or "changed" for a
    value that a later statement changes in place. node: the statement. known: whether the value can be had here from
    `node`; else it is asked of the student's kernel. cell: its kind.
    """

    name: str
    whose: str
    kind: str
    node: ast.stmt
    known: bool
    cell: str = ""


def parse_cell(source: str) -> ast.Module:
    """The statements of a cell; magics and shell commands become calls of get_ipython(). Raises SyntaxError."""
    try:
        return ast.parse(source)
    except SyntaxError:
        return ast.parse(TransformerManager().transform_cell(source))


def definitions(cells: list[tuple[str, str]]) -> tuple[dict[str, Definition], list[str]]:
    """The last definition of each name in `cells`, pairs of (kind, instructor's source), and modules imported with *.

    Kind: as in SpecCell, or "edited": a given cell that the student was free to change, and has changed.
    """
    found: dict[str, Definition] = {}
    starred: list[str] = []
    for kind, source in cells:
        try:
            body = parse_cell(source).body
        except SyntaxError:
            continue
        for node in body:
            if isinstance(node, ast.ImportFrom) and node.names[0].name == "*" and node.module:
                starred.append(node.module)
            changed = (
                {}
                if kind == "test"
                else dict.fromkeys(changed_in_place(node), "ours" if kind == "given" else "student")
            )
            changed |= dict.fromkeys(changed_by_calls(node) if kind in ("answer", "manual") else (), "student")
            for name in changed.keys() & found.keys():
                if found[name].kind in ("literal", "value", "changed"):
                    whose = changed[name] if found[name].whose == "ours" else "student"
                    found[name] = Definition(name, whose, "changed", node, known=False)
            for name in bound_names(node):
                found[name] = _definition(name, kind, node)
    return found, starred


def _definition(name: str, cell: str, node: ast.stmt) -> Definition:
    kind = _kind(node)
    if cell in ("answer", "manual"):
        return Definition(name, "student", kind, node, known=False)
    if cell == "edited" and (kind in ("literal", "value") or (kind == "definition" and _is_stub(node))):
        return Definition(name, "student", kind, node, known=False)
    return Definition(name, "ours", kind, node, known=kind != "value" or cell == "test", cell=cell)


def _kind(node: ast.stmt) -> str:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return "definition"
    inner = [part for part in ast.walk(node) if isinstance(part, ast.stmt) and part is not node]
    imports = (ast.Import, ast.ImportFrom)
    if isinstance(node, imports) or (
        isinstance(node, (ast.Try, ast.If)) and any(isinstance(p, imports) for p in inner)
    ):
        return "import"
    if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
        try:
            ast.literal_eval(node.value)
            return "literal"
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            pass
    return "value"


def _is_stub(node: ast.stmt) -> bool:
    """Whether a function has no body yet but a docstring, `pass`, `...` or `raise NotImplementedError`."""
    if isinstance(node, ast.ClassDef):
        return all(_is_stub(part) or isinstance(part, (ast.Pass, ast.Expr)) for part in node.body)
    empty = (ast.Pass, ast.Raise)
    return all(
        isinstance(part, empty)
        or (isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant))
        or (isinstance(part, ast.Return) and (part.value is None or ast.unparse(part.value) == "None"))
        for part in getattr(node, "body", [node])
    )


def bound_names(node: ast.AST) -> Iterator[str]:
    """The names that a statement at the top of a cell binds."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
        return
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        for alias in node.names:
            if alias.name != "*":
                yield alias.asname or alias.name.partition(".")[0]
        return
    if isinstance(node, (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
        return
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    elif isinstance(node, ast.ExceptHandler) and node.name:
        yield node.name
    for child in ast.iter_child_nodes(node):
        yield from bound_names(child)


def values_in(source: str) -> set[str]:
    """The names of a given cell whose values have to be worked out, or are changed in place."""
    try:
        body = parse_cell(source).body
    except SyntaxError:
        return set()
    bound = {name for node in body if _kind(node) == "value" for name in bound_names(node)}
    return bound.union(*map(changed_in_place, body))


def free_names(node: ast.AST) -> set[str]:
    """Every name that a statement reads, in functions inside it too."""
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)}


def operators(node: ast.ClassDef) -> set[str]:
    """The operators that a class defines by itself: "eq", "add", "radd", "len" ..."""
    own = [part.name for part in node.body if isinstance(part, ast.FunctionDef)]
    own += [name for part in node.body if isinstance(part, ast.Assign) for name in bound_names(part)]
    names = {name.strip("_") for name in own if name[:2] == "__"}
    parts = [part for one in node.decorator_list for part in ast.walk(one)]
    decorators = {part.id if isinstance(part, ast.Name) else getattr(part, "attr", "") for part in parts}
    if "dataclass" in decorators:
        names |= {"eq", "repr", "hash"}
    if "total_ordering" in decorators or any(
        isinstance(one, ast.Call) and any(word.arg == "order" for word in one.keywords) for one in node.decorator_list
    ):
        names |= {"lt", "le", "gt", "ge"}
    for base in node.bases:  # what a class takes over from a list, it has as well
        kind = BUILTIN_TYPES.get(base.id) if isinstance(base, ast.Name) else None
        names |= {name.strip("_") for name in dir(kind) if name[:2] == "__"} | {"bool"} if kind in CONTAINERS else set()
    return names | ({"ne"} if "eq" in names else set())


def names_read(source: str) -> set[str]:
    """Every name that a cell reads; none where it cannot be parsed."""
    try:
        return free_names(parse_cell(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
