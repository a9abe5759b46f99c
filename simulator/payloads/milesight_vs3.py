"""Milesight VS370 presence sensor."""

import struct

F_PORT = 85


def encode(*, taken: bool, bright: bool, battery: int) -> bytes:
    """Encode percent, whether somebody is there, and whether there is light."""
    return struct.pack("<2sB2sB2sB", b"\x01\x75", battery, b"\x03\x00", taken, b"\x04\x00", bright)
