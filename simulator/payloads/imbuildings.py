"""IMBuildings people counter, message of variant 6 with its header."""

import struct

F_PORT = 1
BATTERY_LOW = 0x20
"""Bit of the sensor's status."""


def encode(  # noqa: PLR0913 - one argument for each value of the message
    *,
    identity: str,
    centivolts: int,
    period: tuple[int, int],
    total: tuple[int, int],
    number: int,
    device: int = 0,
    sensor: int = 0,
) -> bytes:
    """Encode passages since the last message and ever, and the number of the message."""
    head = b"\x02\x06" + bytes.fromhex(identity)
    totals = (count % 65536 for count in total)
    return head + struct.pack(
        ">BHHHBHHB", device, centivolts, *period, sensor, *totals, number % 256
    )
