"""Yosensi YO People Counter: header, then measurements with address and value."""

import struct

F_PORT = 1
_COUNT, _SUM = b"\x60\x00\x11", b"\x60\x00\x13"
"""Passages in two and in four bytes: type, seconds, lengths of address and value."""
_DIFFERENCE = b"\x04"


def encode(*, number: int, age: int, period: tuple[int, int], total: tuple[int, int]) -> bytes:
    """Encode passages since the last message and ever, and their difference."""
    counts = (struct.pack(">3sBH", _COUNT, place, count) for place, count in enumerate(period))
    sums = (struct.pack(">3sBI", _SUM, place, count) for place, count in enumerate(total, 2))
    difference = struct.pack(">3s1si", _SUM, _DIFFERENCE, total[0] - total[1])
    head = struct.pack(">BBH", 2, number % 256, age)
    return b"".join((head, *counts, *sums, difference))
