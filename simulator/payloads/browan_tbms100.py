"""Browan TBMS100 motion sensor."""

import struct

F_PORT = 102


def encode(  # noqa: PLR0913 - one argument for each value of the message
    *, moved: bool, capacity: int, decivolts: int, celsius: int, minutes: int, movements: int
) -> bytes:
    """Encode state, battery (fifteenths, and 0.1 V), warmth, minutes of rest, movements ever."""
    battery = capacity << 4 | decivolts - 25
    head = struct.pack("<BBBH", moved, battery, celsius + 32, min(minutes, 0xFFFF))
    return head + (movements % 2**24).to_bytes(3, "little")
