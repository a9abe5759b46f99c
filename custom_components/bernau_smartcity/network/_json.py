"""JSON from outside: whatever it holds, what comes of it can be kept."""

import json
from typing import Any


def parsed(text: bytes) -> Any:
    """Read JSON in UTF-8; raises `ValueError`.

    Halves of characters, which JSON can hold but no store can write, are replaced.
    """
    try:
        found = json.loads(text.decode())
        if rb"\ud" in text.lower():
            found = json.loads(json.dumps(found, ensure_ascii=False).encode(errors="replace"))
    except RecursionError:
        msg = "nested too deeply"
        raise ValueError(msg) from None
    return found
