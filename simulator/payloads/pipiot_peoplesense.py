"""PiPIoT PeopleSense, message of kind 1: passages since the last message, and warmth."""

from collections.abc import Sequence
import struct

F_PORT = 1
_KIND = 0x10
PARTS = 5
"""Parts of the time for which the passages are told as well."""
_MOST = 1023
_FLAGS = 64


def encode(*, centivolts: int, parts: Sequence[int], celsius: int, flags: int = 0) -> bytes:
    """Encode battery, passages in each part of the time and in all, flags, and degrees."""
    bits = 0
    for part in parts:
        bits = bits * (_MOST + 1) + min(part, _MOST)
    tail = (bits * _FLAGS + flags).to_bytes(7)
    return struct.pack(">BBH7sb", _KIND, centivolts // 5, sum(parts), tail, celsius)
