"""Sensative Strips Presence: number of the newest stored value, then elements."""

import struct

F_PORT = 1


NOTHING_STORED = b"\xff\xff"


def battery(percent: int) -> bytes:
    """Encode percent."""
    return struct.pack(">BB", 1, percent)


def presence(*, temperature: int, movements: int, taken: bool) -> bytes:
    """Encode 0.1 °C, movements ever (of two bytes), and whether somebody is there."""
    return struct.pack(">BhBHBB", 2, temperature, 0x11, movements % 65536, 0x12, taken)
