"""JSON from outside: whatever it holds, what comes of it can be kept.

Halves of characters, which JSON can hold but no store can write, are replaced.
"""

from collections.abc import Iterator
import json
import re
from typing import Any, Final

_BETWEEN: Final = re.compile(r"[\s,]*")
_HALF: Final = re.compile(r"\\ud", re.IGNORECASE)
_READ: Final = json.JSONDecoder().raw_decode


def parsed(text: bytes) -> Any:
    """Read JSON in UTF-8; raises `ValueError`."""
    content = text.decode().strip()
    found, end = _value(content, 0)
    if end < len(content):
        msg = "more than one value"
        raise ValueError(msg)
    return found


def objects(text: bytes) -> Iterator[dict[str, Any]]:
    """Read the objects of a list, or of lines, one after the other; raises `ValueError`."""
    content = text.decode().strip()
    if content.startswith("["):
        if not content.endswith("]"):
            msg = "cut off"
            raise ValueError(msg)
        content = content[1:-1]
    at = 0
    while (at := _BETWEEN.match(content, at).end()) < len(content):  # type: ignore[union-attr]  # it always fits
        found, at = _value(content, at)
        if not isinstance(found, dict):
            msg = "no object"
            raise ValueError(msg)  # noqa: TRY004  # whatever is wrong with it, it cannot be read
        yield found


def _value(content: str, at: int) -> tuple[Any, int]:
    """Read the value that begins at a place, and give where it ends."""
    try:
        found, end = _READ(content, at)
        if _HALF.search(content, at, end):
            found = json.loads(json.dumps(found, ensure_ascii=False).encode(errors="replace"))
    except RecursionError:
        msg = "nested too deeply"
        raise ValueError(msg) from None
    return found, end
