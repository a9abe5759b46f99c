"""Checksums of EN 13757, and telegrams that still have them."""

from typing import Final

from ...model import DecodeError

CRC: Final = 2
_FIRST_BLOCK, _BLOCK = 10, 16


def without_checksums(frame: bytes) -> bytes:
    """Check the length byte; take out the checksums of frame format A if they are still there."""
    size = frame[0] + 1 if frame else 0
    if size and len(frame) == size:
        return frame
    plain, position, block = b"", 0, _FIRST_BLOCK
    while position < len(frame) and len(plain) < size:
        part = frame[position : position + min(block, size - len(plain))]
        position += len(part) + CRC
        if crc(part) != int.from_bytes(frame[position - CRC : position], "big"):
            break
        plain, block = plain + part, _BLOCK
    if not size or len(plain) < size or position != len(frame):
        msg = f"{len(frame)} bytes are no wM-Bus telegram"
        raise DecodeError(msg)
    return plain


_POLYNOMIAL: Final = 0x3D65


def crc(data: bytes) -> int:
    """Give the checksum of EN 13757."""
    value = 0
    for byte in data:
        value ^= byte << 8
        for _ in range(8):
            value = value << 1 ^ (_POLYNOMIAL if value & 0x8000 else 0)
        value &= 0xFFFF
    return value ^ 0xFFFF
