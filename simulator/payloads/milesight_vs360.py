"""Milesight VS360 people counter: two parts with a beam between them."""

import struct

F_PORT = 85


def encode(
    *, battery: int, node_battery: int, total: tuple[int, int], period: tuple[int, int]
) -> bytes:
    """Encode percent of both parts, passages ever (of two bytes) and since the last report."""
    return b"".join(
        (
            struct.pack("<2sB2sB", b"\x01\x75", battery, b"\x02\x75", node_battery),
            struct.pack("<2sHH", b"\x04\xcc", *(count % 65536 for count in total)),
            struct.pack("<2sHH", b"\x05\xcc", *period),
        )
    )
