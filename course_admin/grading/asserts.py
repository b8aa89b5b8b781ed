"""A plain `assert` that fails says what it compared, as pytest does: the statement and the values on both sides."""

import ast
import builtins
import reprlib
from typing import Any, NoReturn

from course_admin.grading.proxies.classes import class_of, type_of

_FAILED, _LEFT, _RIGHT = "@failed", "@left", "@right"  # no program can use these names
_TYPE, _CLASS = "@type", "@class"
_short = reprlib.Repr()
_short.maxlist = _short.maxtuple = 12
_short.maxstring = _short.maxother = 160


class _Telling(ast.NodeTransformer):
    def __init__(self, source: str):
        self.source = source

    def visit_Call(self, node: ast.Call) -> ast.Call:
        """type(x) of a student's object is the student's class, which is known elsewhere."""
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id == "type" and len(node.args) == 1 and not node.keywords:
            node.func = ast.copy_location(ast.Name(_TYPE, ast.Load()), node.func)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        """So is x.__class__."""
        self.generic_visit(node)
        if node.attr != "__class__" or not isinstance(node.ctx, ast.Load):
            return node
        asked = ast.Call(ast.Name(_CLASS, ast.Load()), [node.value], [])
        return ast.fix_missing_locations(ast.copy_location(asked, node))

    def visit_Assert(self, node: ast.Assert) -> list[ast.stmt]:
        told = "assert " + (ast.get_source_segment(self.source, node.test) or "...")
        arguments = [ast.Constant(told), node.msg or ast.Constant(None)]
        before: list[ast.stmt] = []
        test = self.visit(node.test)
        if isinstance(test, ast.Compare) and len(test.ops) == 1:
            for name, side in ((_LEFT, test.left), (_RIGHT, test.comparators[0])):
                before.append(ast.Assign([ast.Name(name, ast.Store())], side))
                arguments.append(ast.Name(name, ast.Load()))
            test = ast.Compare(ast.Name(_LEFT, ast.Load()), test.ops, [ast.Name(_RIGHT, ast.Load())])
        call = ast.Expr(ast.Call(ast.Name(_FAILED, ast.Load()), arguments, []))
        check = ast.If(ast.UnaryOp(ast.Not(), test), [call], [])
        return [ast.fix_missing_locations(ast.copy_location(made, node)) for made in (*before, check)]


def telling(tree: ast.Module, source: str) -> tuple[ast.Module, dict[str, Any]]:
    """The program with asserts that tell, and the names that it needs."""
    return _Telling(source).visit(tree), {_FAILED: _failed, _TYPE: type_of, _CLASS: class_of}


def _failed(told: str, message: Any, *sides: Any) -> NoReturn:
    lines = [str(message)] if message is not None else []
    lines.append(" ".join(told.split())[:300])
    for name, side in zip(("left", "right"), sides, strict=False):
        lines.append(f"{name}: {shown(side)}")
    raise builtins.AssertionError("\n".join(lines))


def shown(value: Any) -> str:
    """`repr` that is short and cannot fail."""
    try:
        text = _short.repr(value)
    except Exception as error:
        text = f"a {type(value).__name__} that cannot be shown ({type(error).__name__})"
    return text if len(text) <= 400 else text[:397] + "..."
