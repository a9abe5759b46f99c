"""Milesight VS121 camera: people in its view and regions, since the last report, between edges."""

from collections.abc import Sequence
import struct

F_PORT = 85


def encode(
    *,
    people: int,
    regions: Sequence[int],
    period: tuple[int, int],
    most: int,
    flows: Sequence[Sequence[int]],
) -> bytes:
    """Encode people, those in each region, passages, the most at once, and edge by edge."""
    taken = sum(bool(inside) << place for place, inside in enumerate(regions))
    return b"".join(
        (
            struct.pack(">2sBBH", b"\x04\xc9", people, len(regions), taken),
            struct.pack("<2sHH", b"\x05\xcc", *period),
            struct.pack("<2sB", b"\x06\xcd", most),
            *(struct.pack("<BB4H", 9 + edge, 0xDA, *row) for edge, row in enumerate(flows)),
        )
    )
