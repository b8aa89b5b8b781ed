"""The forms that an answer of the agent may have (../agent/agent.py lists them); anything else stops the test."""

from typing import Any


def _ok_form(value: Any, printed: Any, after: Any, *told: Any) -> bool:
    well = after is None or [type(one) for one in after] == [tuple, dict]
    return well and type(printed) is str and [type(one) for one in told] == [list] * 5


def _error_form(names: Any, arguments: Any, *texts: Any) -> bool:
    *texts, attributes = texts
    texts_only = all(type(text) is str for text in texts) and len(texts) == 3 and type(attributes) is dict
    return type(arguments) is tuple and type(names) is list and all(type(name) is str for name in names) and texts_only


def _ask_form(task: Any, number: Any, arguments: Any, named: Any, printed: Any) -> bool:
    kinds = [type(one) for one in (task, number, arguments, named, printed)]
    return kinds == [int, int, tuple, dict, str] and all(type(name) is str for name in named)


FORMS = {"ok": _ok_form, "error": _error_form, "ask": _ask_form}
