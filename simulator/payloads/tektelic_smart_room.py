"""Tektelic Smart Room sensor: elements of channel, type and data."""

import struct

F_PORT = 10
_YES = 255


def climate(*, temperature: int, humidity: int, centivolts: int) -> bytes:
    """Encode 0.1 °C, half percent and 0.01 V."""
    return struct.pack(
        ">2sh2sB2sh", b"\x03\x67", temperature, b"\x04\x68", humidity, b"\x00\xff", centivolts
    )


def motion(*, moves: bool) -> bytes:
    """Encode whether something moves."""
    return struct.pack(">2sB", b"\x0a\x00", _YES if moves else 0)


def movements(count: int) -> bytes:
    """Encode how often something moved since the last message."""
    return struct.pack(">2sH", b"\x0d\x04", count)
