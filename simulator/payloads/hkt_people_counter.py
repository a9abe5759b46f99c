"""HKT people counter: "hkt" and two bytes, then elements, most significant byte first."""

import struct

F_PORT = 1
_HEAD = b"hkt\x00\x07"


def encode(*, total: tuple[int, int], period: tuple[int, int], battery: int | None = None) -> bytes:
    """Encode passages since the last message and ever, and perhaps percent."""
    supply = b"" if battery is None else bytes((3, battery))
    return _HEAD + supply + struct.pack(">BHHII", 7, *period, *total)
