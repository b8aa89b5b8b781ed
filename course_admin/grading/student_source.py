"""What the source text of a student's notebook says about a function: its own text, and the names that it uses.

The text cannot lie, whatever the student's process says. An obfuscated name can hide from it (getattr of a text that
is put together); that is for a person to see.
"""

import ast

from course_admin.grading.definitions import bound_names, parse_cell


class StudentSource:
    """Reads the student's cells in the order in which they were run: pairs of (source, whether it ran to its end)."""

    def __init__(self, cells: list[tuple[str, bool]]):
        self.statements: dict[str, list[tuple[ast.stmt, str, bool]]] = {}  # name -> the statements that bind it
        for source, whole in cells:
            try:
                body = parse_cell(source).body
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                continue
            for node in body:
                for name in set(bound_names(node)):
                    self.statements.setdefault(name, []).append((node, source, whole))

    def text(self, name: str) -> str:
        """The last definition of `name` as it was written; "" where there is none."""
        for node, source, _ in reversed(self.statements.get(name, [])):
            return ast.get_source_segment(source, node) or ""
        return ""

    def globals_read(self) -> set[str]:
        """The names that functions and classes of the notebook read from outside."""
        nodes = {id(node): node for bindings in self.statements.values() for node, _, _ in bindings}
        code = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
        inner = [part for node in nodes.values() for part in ast.walk(node) if isinstance(part, code)]
        return {name for part in inner for name in _names_outside(part)}

    def names_used(self, name: str) -> set[str]:
        """Names, attributes, keywords and texts in the definition of `name` and in the notebook's functions it uses.

        An alias counts as what it stands for. Where a cell stopped before its end, nobody knows which definition
        holds, so that all count.
        """
        used: set[str] = set()
        waiting, met = [name], set()
        while waiting:
            current = waiting.pop()
            if current in met:
                continue
            met.add(current)
            bindings = self.statements.get(current, [])
            for node, _, _ in bindings if not all(whole for _, _, whole in bindings) else bindings[-1:]:
                if current == name or _is_code(node):
                    node = _only(node, current)
                    used |= _names_in(node, current)
                    waiting += _names_outside(node)
        return used


def _only(node: ast.stmt, name: str) -> ast.stmt:
    """Of an import the part that binds `name`: whoever imports a name with others does not use the others by that."""
    if isinstance(node, ast.Import):
        return ast.Import([one for one in node.names if (one.asname or one.name.partition(".")[0]) == name])
    if isinstance(node, ast.ImportFrom):
        return ast.ImportFrom(node.module, [one for one in node.names if (one.asname or one.name) == name], node.level)
    return node


def _is_code(node: ast.stmt) -> bool:
    """Whether a statement defines code or gives some another name; a computed value is none."""
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        return isinstance(node.value, (ast.Name, ast.Attribute, ast.Lambda))
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom))


def _names_outside(node: ast.AST) -> set[str]:
    """The names that a statement reads and does not bind inside itself."""
    own = {part.arg for part in ast.walk(node) if isinstance(part, ast.arg)}
    names = [part for part in ast.walk(node) if isinstance(part, ast.Name)]
    own |= {part.id for part in names if not isinstance(part.ctx, ast.Load)}
    return {part.id for part in names} - own


def _names_in(node: ast.AST, imported: str) -> set[str]:
    """The names in a statement; of an import those alone that stand behind the name `imported`."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        aliases = [alias for alias in node.names if (alias.asname or alias.name.partition(".")[0]) == imported]
        home = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        return {part for text in [alias.name for alias in aliases] + home for part in text.split(".")}
    names = _names_outside(node)
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute):
            names.add(part.attr)
        elif isinstance(part, ast.Constant) and isinstance(part.value, str) and len(part.value) < 200:
            names.add(part.value)
        elif isinstance(part, ast.alias):
            names |= set(part.name.split("."))
        elif isinstance(part, ast.ImportFrom) and part.module:
            names |= set(part.module.split("."))
    return names
