"""Pictures that are pasted into text cells: kept as they came, and none may be missing.

nbgrader's pages cannot be made, for nobody in the class, where a text shows a picture that its cell does not hold.
"""

import re
from typing import Any
from urllib.parse import quote, unquote

LARGEST = 20_000_000  # characters of a cell's pictures
TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml")
BLANK = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="  # one clear pixel
)
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")
_SHOWN = re.compile(r"attachment:([^\s)\"'>]+)")

Pictures = tuple[tuple[str, str, str], ...]  # name, type, base64


def pictures(told: Any) -> Pictures:
    """The pictures among what a notebook calls a cell's attachments; nonsense is left out."""
    found, size = [], 0
    for name, bundle in told.items() if isinstance(told, dict) else ():
        for kind in TYPES if isinstance(bundle, dict) else ():
            data = bundle.get(kind)
            data = "".join(data) if isinstance(data, list) and all(isinstance(part, str) for part in data) else data
            if isinstance(name, str) and isinstance(data, str) and _BASE64.fullmatch(data):
                size += len(data)
                if size <= LARGEST:
                    found.append((name.encode("utf-8", "replace").decode(), kind, data))
    return tuple(found)


def attachments(source: str, held: Pictures) -> dict[str, dict[str, str]]:
    """The attachments of a cell with this text: what it holds, and a blank picture for what it shows and lacks."""
    found: dict[str, dict[str, str]] = {}
    for name, kind, data in held:
        found.setdefault(name, {})[kind] = data
    for name in _SHOWN.findall(source):
        picture = found.get(name) or found.get(unquote(name)) or {"image/png": BLANK}
        found |= {name: picture, quote(unquote(name)): picture}  # the page's maker looks for either
    return found
