"""Terabee People Counting L-XL."""

import struct

F_PORT = 1


def encode(*, total: tuple[int, int], flags: int = 0) -> bytes:
    """Encode passages ever, and what is wrong."""
    return struct.pack(">IIB", *total, flags)
