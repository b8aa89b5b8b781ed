"""A call of an answer: copies of the arguments go there, the result comes back joined to what it was made of."""

import builtins
import sys
from collections.abc import Callable
from typing import Any

from course_admin.grading.aliases import at, join, put
from course_admin.grading.gradients import Kept, connect, tensors
from course_admin.grading.proxies.errors import believed
from course_admin.grading.proxies.notes import own_notes
from course_admin.grading.wire import encode
from course_admin.grading.writeback import write_back
from course_utils.checks.elsewhere import Elsewhere

_INPUT, _OPEN, _PRINT, _STDIN = builtins.input, builtins.open, builtins.print, sys.stdin


def call(proxy: Elsewhere, arguments: tuple, named: dict[str, Any]) -> Any:
    """The result of calling what `proxy` stands for; raises what the student's code raised."""
    own = own_notes(proxy)
    link = own["link"]
    arguments, named = link.outgoing(arguments, named)
    link.trains = not link.moved.among(arguments, named) or not link.spares or _may_train(own, arguments, named)
    try:
        value, after, aliases, graphs, kept = link.exchange("call", proxy, arguments, named, _replaced())
    finally:
        link.trains = True
        link.after_call()
    may_keep = link.keeps_arguments(own.get("origin", ""), arguments, named) if kept else set()
    with believed():
        link.kept.note([(number, place) for number, place in kept if place in may_keep], arguments, named)
    if after is not None:
        _take_over(own, arguments, named, value, after)
    if aliases:
        value = join(value, (arguments, named), aliases, lambda part: encode(part, link.stand_in))
    for path, number in graphs[:100]:
        value = put(value, path, connect(Kept(link, number), at(value, path), tensors(arguments, named)))
    if own["asked_for"] and own["kind"] == "class" and isinstance(value, Elsewhere):
        own_notes(value)["asked_for"] = True
    return value


def _take_over(own: dict, arguments: tuple, named: dict, value: Any, after: Any) -> None:
    """Change our arguments as the call changed its copies, where that is what the call is for.

    It is where the answer returns nothing (`sort_in_place(numbers)`), or where the instructor's own function changes
    its arguments too. Else the change could spoil what the test compares with; `judge` then runs the test once more,
    with the changes, to see whether it minds them.
    """
    positions, keywords = after
    link = own["link"]
    if value is not None and link.spares and not link.changes_arguments(own.get("origin", ""), arguments, named):
        link.spared = True
        return
    for mine, theirs in zip(arguments, positions, strict=False):
        write_back(mine, theirs)
    for name in named.keys() & keywords.keys():
        write_back(named[name], keywords[name])


def _may_train(own: dict, arguments: tuple, named: dict) -> bool:
    """Whether the instructor's own function changes the networks that it is given; a method may."""
    name = own.get("origin", "")
    return not name or own["link"].may_train(name, arguments, named)


def _replaced() -> dict[str, Callable]:
    """What input(), open() and print() are in the test, where the test has put something in their place."""

    def printed(*values: Any, **how: Any) -> None:
        builtins.print(*values, **how)

    def opened(*where: Any, **how: Any) -> Any:
        return builtins.open(*where, **how)

    replaced: dict[str, Callable] = {}
    if builtins.input is not _INPUT or sys.stdin is not _STDIN:
        replaced["input"] = lambda *prompt: builtins.input(*prompt)
    if builtins.open is not _OPEN:
        replaced["open"] = opened
    if builtins.print is not _PRINT:
        replaced["print"] = printed
    return replaced
