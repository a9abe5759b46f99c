"""Compact telegrams: data without heads, which a full telegram told before.

A telegram names its format by the checksum of all heads, and the full telegram
that it stands for by another checksum.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from ...model import DecodeError, Missing, Remember
from .._mbus import VARIABLE, Record, head_of, length, parse
from .checksums import crc
from .layers import COMPACT, Content
from .security import Keys

_HEADER: Final = 4
"""Two checksums: of the heads and of the full telegram."""
_NAME: Final = "format_"


def whole(content: Content, keys: Keys) -> Sequence[Record]:
    """Give the records of a telegram, compact or not."""
    if content.kind != COMPACT:
        return parse(content.records)
    if len(content.records) < _HEADER:
        msg = "compact telegram is cut off"
        raise DecodeError(msg)
    signature = int.from_bytes(content.records[:2], "little")
    heads = keys.uplink.memory.get(f"{_NAME}{signature:04x}") or _KNOWN.get(signature)
    if heads is None:
        raise keys.waits(Missing.HEADER, content.address.number if content.address else "")
    full = _filled(heads, content.records[_HEADER:])
    if crc(full) != int.from_bytes(content.records[2:_HEADER], "little"):
        msg = "compact telegram is not of the format that it names"
        raise DecodeError(msg)
    return parse(full)


def remember_format(records: Sequence[Record]) -> Remember:
    """Keep the heads of a full telegram for the compact ones that follow."""
    heads = [record.head.block for record in records]
    signature = crc(b"".join(heads))
    return Remember(f"{_NAME}{signature:04x}", " ".join(head.hex() for head in heads))


def _filled(heads: str, data: bytes) -> bytes:
    """Put each head before its data."""
    full, position = b"", 0
    for block in _blocks(heads):
        head = head_of(block)
        size = head.size
        if head.field == VARIABLE:
            size = 1 + length(data[position]) if position < len(data) else 1
        full += block + data[position : position + size]
        position += size
    if position != len(data):
        msg = f"compact telegram has {len(data)} bytes of data instead of {position}"
        raise DecodeError(msg)
    return full


def _blocks(heads: str) -> list[bytes]:
    return [bytes.fromhex(head) for head in heads.split()]


_KNOWN: Final[Mapping[int, str]] = {
    crc(b"".join(_blocks(heads))): heads
    for heads in (
        "02ff20 0413 4413 615b 6167",
        "02ff20 0413 92013b a1015b 8101e7ff0f",
        "0306 4306 0314 426c 022d 01ff21",
        "030e 430e 0313 426c 022d 01ff21",
        "0406 04ff07 04ff08 0414 043b 0259 025d 04ff22 026c 4406 4414 426c",
    )
}
"""Formats of Kamstrup's MULTICAL 21, 302, 402, 403 and 603, by their checksum."""
