"""Libelium Smart Parking, version 3: state, number, then temperature and radar values."""

import struct

F_PORT = 1
INFO, ALIVE = 0, 1
"""Kinds of messages."""
_TAKEN = 0x80


def encode(*, taken: bool, kind: int, number: int, celsius: int, field: bytes = bytes(7)) -> bytes:
    """Encode a message of a healthy sensor, with what it measures of the magnetic field."""
    state = (_TAKEN if taken else 0) | kind
    return struct.pack(">BBBb", state, number % 256, 0, celsius) + field
