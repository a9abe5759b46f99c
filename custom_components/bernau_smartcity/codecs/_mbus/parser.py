"""From bytes to records: one walk over heads and data."""

from functools import partial
from typing import Final, NamedTuple

from ...model import DecodeError
from .head import MORE, TEXT_UNIT, VARIABLE, Head, Value, head_of, length, variable

_SPECIAL: Final = 0x0F
_FILLER: Final = 0x2F
_READ_ALL: Final = 0x7F
_PLAIN: Final = MORE - 1
"""A byte of a header without its flag."""
_MANUFACTURER_DATA: Final = frozenset({0x0F, 0x1F})


class Record(NamedTuple):
    """One data record."""

    head: Head
    value: Value
    """Numbers are in the unit of `head.what`; None: not available."""
    raw: bytes


def parse(data: bytes) -> list[Record]:
    """Give all records; the manufacturer's own data at the end is left out."""
    records: list[Record] = []
    position = 0
    while position < len(data):
        dif = data[position]
        if dif & 0x0F != _SPECIAL:
            position = record_at(data, position, records)
        elif dif in _MANUFACTURER_DATA:
            break
        elif dif in {_FILLER, _READ_ALL}:
            position += 1
        else:
            msg = f"M-Bus has no data field 0x{dif:02X}"
            raise DecodeError(msg)
    return records


def record_at(data: bytes, begin: int, records: list[Record]) -> int:
    """Read the record that begins here; give where the next one does."""
    try:
        vif = begin + 1 if data[begin] < MORE else _end(data, begin)
        code = data[vif]
        if code & _PLAIN == TEXT_UNIT:
            block, position = _without_text(data, begin, vif)
        else:
            position = vif + 1 if code < MORE else _end(data, vif)
            block = data[begin:position]
        head = head_of(block)
        if head.field != VARIABLE:
            read, size = head.read, head.size
        else:
            coding = data[position]
            read, size = partial(variable, head, coding), length(coding)
            position += 1
    except IndexError:
        raise _cut_off(begin) from None
    end = position + size
    raw = data[position:end]
    if len(raw) < size:
        raise _cut_off(begin)
    records.append(Record(head, read(raw), raw))
    return end


def _end(data: bytes, position: int) -> int:
    """Give where a header byte and its extensions end."""
    while data[position] & MORE:
        position += 1
    return position + 1


def _without_text(data: bytes, begin: int, vif: int) -> tuple[bytes, int]:
    """Give a head without the text of its unit, which stands between VIF and VIFE, and its end."""
    text = vif + 1
    rest = text + 1 + data[text]
    end = _end(data, rest) if data[vif] & MORE else rest
    return data[begin:text] + data[rest:end], end


def _cut_off(begin: int) -> DecodeError:
    return DecodeError(f"M-Bus record at byte {begin} is cut off")
