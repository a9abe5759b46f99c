"""KLAX optical head, application message of version 0: two registers, four values each."""

from collections.abc import Sequence
import struct

F_PORT = 3
_CONFIGURED = 0x40
_ACTIVE, _VALID = 1, 8
_WH = 1


def encode(
    *,
    battery: int,
    index: int,
    server_id: bytes,
    registers: Sequence[Sequence[int]],
) -> bytes:
    """Encode up to four registers of four values in Wh: now and one to three intervals ago."""
    head = bytes((0, _CONFIGURED | round(battery / 10), index % 256, 0x11, 3)) + server_id
    pairs = (_pair(registers, first) for first in (0, 2))
    return head + b"".join(pairs)


def _pair(registers: Sequence[Sequence[int]], first: int) -> bytes:
    """Encode two registers side by side; one that is not read is active but not valid."""
    mask = units = 0
    values: list[int] = []
    for place in (0, 1):
        known = first + place < len(registers)
        nibble = _ACTIVE | (first + place) << 1 | (_VALID if known else 0)
        mask |= nibble << 4 * place
        units |= (_WH if known else 0) << 4 * place
        values += registers[first + place] if known else (0, 0, 0, 0)
    return struct.pack(">BBB8i", 1, mask, units, *values)


def server_id(maker: str, number: int) -> bytes:
    """Give the ten-byte identity of an electricity meter (DIN 43863-5)."""
    return b"\x09\x01" + maker.encode() + b"\x00" + number.to_bytes(4)
