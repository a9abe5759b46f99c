"""ESP32-Paxcounter, packed encoding: radio devices in range."""

import struct

F_PORT = 1


def encode(*, wifi: int, bluetooth: int) -> bytes:
    """Encode the devices of both radios."""
    return struct.pack("<HH", wifi, bluetooth)
