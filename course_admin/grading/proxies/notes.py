"""What a proxy notes for itself, apart from the attributes of its object, which are the student's."""

from typing import Any

from course_utils.checks.elsewhere import Elsewhere


def own_notes(proxy: Elsewhere) -> dict[str, Any]:
    return object.__getattribute__(proxy, "__dict__")


def link_of(proxy: Elsewhere) -> Any:
    """The Link over which the object is reached."""
    return own_notes(proxy)["link"]


def number_of(proxy: Elsewhere) -> int:
    return own_notes(proxy)["number"]


def ask_for(proxy: Elsewhere) -> Elsewhere:
    """Note that the assignment asks for this class: its objects answer the instructor's operators."""
    own_notes(proxy)["asked_for"] = True
    return proxy


def origin(proxy: Elsewhere, name: str | None = None) -> str:
    """The notebook's name for what the proxy stands for, noted where it is given; "" where there is none."""
    if name is not None:
        own_notes(proxy)["origin"] = name
    return own_notes(proxy).get("origin", "")
