"""MerryIoT MS10 motion sensor."""

import struct

F_PORT = 122


def encode(  # noqa: PLR0913 - one argument for each value of the message
    *, state: int, decivolts: int, celsius: int, humidity: int, minutes: int, movements: int
) -> bytes:
    """Encode state bits (1 moved, 4 tampered), battery, climate, minutes, movements ever."""
    battery = decivolts - 21
    head = struct.pack("<BBbBH", state, battery, celsius, humidity, min(minutes, 0xFFFF))
    return head + (movements % 2**24).to_bytes(3, "little")
