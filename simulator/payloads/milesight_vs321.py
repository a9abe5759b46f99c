"""Milesight VS321 camera for a room with desks."""

from collections.abc import Sequence
import struct

F_PORT = 85


def encode(  # noqa: PLR0913 - one argument for each element
    *,
    battery: int,
    temperature: int,
    humidity: int,
    people: int,
    desks: Sequence[bool],
    bright: bool,
) -> bytes:
    """Encode percent, 0.1 °C, half percent, people, which desks are taken, and light."""
    watched = (1 << len(desks)) - 1
    taken = sum(is_taken << place for place, is_taken in enumerate(desks))
    return b"".join(
        (
            struct.pack("<2sB", b"\x01\x75", battery),
            struct.pack("<2sh", b"\x03\x67", temperature),
            struct.pack("<2sB", b"\x04\x68", humidity),
            struct.pack("<2sH", b"\x05\xfd", people),
            struct.pack("<2sHH", b"\x06\xfe", watched, taken),
            struct.pack("<2sB", b"\x07\xff", bright),
        )
    )
