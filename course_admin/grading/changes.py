"""Which names a statement changes the object of, without binding them anew."""

import ast
import builtins


def changed_in_place(node: ast.stmt) -> set[str]:
    """Names whose object a statement may change without binding it anew: x.append(1), shuffle(x), x[0] = 1, x += 1."""
    changed = set()
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)):
        return changed
    for part in ast.walk(node):
        if isinstance(part, (ast.Attribute, ast.Subscript)) and _is_changed(part):
            changed |= {_root(part)}
        elif isinstance(part, ast.Expr) and isinstance(part.value, ast.Call):
            call = part.value
            changed |= {_root(call.func)} if isinstance(call.func, ast.Attribute) else set()
            if not (isinstance(call.func, ast.Name) and call.func.id in vars(builtins)):
                changed |= {_root(argument) for argument in call.args}
    return changed - {""}


def changed_by_calls(node: ast.stmt) -> set[str]:
    """Names outside a function or class that its code binds by `global`, or whose object it changes."""
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return set()
    parts = list(ast.walk(node))
    outside = {name for part in parts if isinstance(part, ast.Global) for name in part.names}
    own = {part.arg for part in parts if isinstance(part, ast.arg)}
    own |= {part.id for part in parts if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load)} - outside
    changed = {_root(part) for part in parts if isinstance(part, (ast.Attribute, ast.Subscript)) and _is_changed(part)}
    calls = [part.value.func for part in parts if isinstance(part, ast.Expr) and isinstance(part.value, ast.Call)]
    changed |= {_root(function) for function in calls if isinstance(function, ast.Attribute)}
    return outside | (changed - own - {""})


def _is_changed(part: ast.Attribute | ast.Subscript) -> bool:
    return isinstance(part.ctx, (ast.Store, ast.Del))


def _root(node: ast.AST) -> str:
    """`a` in a, a.b, a[0].c; "" in what does not begin with a name."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Starred)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
