"""Milesight VS373 radar: whether somebody is in a room, and in which of its regions."""

from collections.abc import Sequence
import struct

F_PORT = 85
OCCUPIED, VACANT = 0, 1


def encode(*, taken: bool, seconds: int, today: int, regions: Sequence[bool]) -> bytes:
    """Encode state, for how many seconds the room is in use now and was today, and regions."""
    state = OCCUPIED if taken else VACANT
    room = struct.pack("<2sBBHH", b"\x03\xf8", state, 0, min(seconds, 0xFFFF), min(today, 0xFFFF))
    return room + b"\x04\xf9" + bytes(OCCUPIED if inside else VACANT for inside in regions)
