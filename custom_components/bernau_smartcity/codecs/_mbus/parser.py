"""From bytes to records: one walk over DIF, VIF and data."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from enum import IntEnum
from fractions import Fraction
from typing import Final

from ...model import DecodeError
from .data import FIELDS, TIMES, bcd, digits_of, real, text_of
from .vif import EXTENSION_FB, EXTENSION_FD, PRIMARY, PROFILE, SCALES, Scale, What

type Value = Fraction | datetime | time | str | bytes | None

_MORE: Final = 0x80
"""Another byte of the same header follows."""
_CHAIN: Final = 10
"""Most extension bytes that the standard allows for each header."""
_VARIABLE: Final = 0x0D
_SPECIAL: Final = 0x0F
_FILLER: Final = 0x2F
_READ_ALL: Final = 0x7F
_MANUFACTURER_DATA: Final = frozenset({0x0F, 0x1F})
_TEXT_UNIT: Final = 0x7C
_MANUFACTURER_VIF: Final = 0x7F
_EXTENSIONS: Final[Mapping[int, Mapping[int, Scale]]] = {0xFB: EXTENSION_FB, 0xFD: EXTENSION_FD}
_UNKNOWN: Final[Scale] = (What.UNKNOWN, Fraction(1))
_NUMBERS: Final = frozenset({What.FABRICATION, What.IDENTIFICATION})
_DECIMAL: Final = frozenset({0x9, 0xA, 0xB, 0xC, 0xE})
_ADDRESS: Final = 0x7
_NUMBER_IN_ADDRESS: Final = 4
"""The address of a meter begins with its number, in decimal digits."""


class Function(IntEnum):
    """In which way the value is one of the measured quantity."""

    INSTANTANEOUS = 0
    MAXIMUM = 1
    MINIMUM = 2
    ERROR = 3
    """Value while the meter was in error: never a reading."""


@dataclass(frozen=True, slots=True)
class Record:
    """One data record."""

    what: What
    value: Value
    """Numbers are in the unit of `what`; None: not available."""
    function: Function = Function.INSTANTANEOUS
    storage: int = 0
    """0 is now; others belong to the time with the same storage number."""
    tariff: int = 0
    subunit: int = 0
    qualifiers: tuple[int, ...] = ()
    """VIFE that change the meaning of the value; an unknown one makes it unusable."""
    factor: Fraction = Fraction(1)
    """From the number as sent to the unit of `what`."""
    raw: bytes = b""


@dataclass(slots=True)
class _Cursor:
    """Bytes that are taken from the front."""

    data: bytes
    position: int = 0

    def __bool__(self) -> bool:
        return self.position < len(self.data)

    def take(self, count: int) -> bytes:
        taken = self.data[self.position : self.position + count]
        if len(taken) < count:
            msg = f"M-Bus record at byte {self.position} is cut off"
            raise DecodeError(msg)
        self.position += count
        return taken

    def byte(self) -> int:
        return self.take(1)[0]

    def chain(self, head: int) -> Iterator[int]:
        """Give the extension bytes that follow a header byte."""
        for _ in range(_CHAIN):
            if not head & _MORE:
                return
            head = self.byte()
            yield head
        if head & _MORE:
            msg = f"M-Bus header at byte {self.position} does not end"
            raise DecodeError(msg)


def parse(data: bytes) -> tuple[Record, ...]:
    """Give all records; the manufacturer's own data at the end is left out."""
    return tuple(_records(_Cursor(data)))


def _records(cursor: _Cursor) -> Iterator[Record]:
    while cursor:
        dif = cursor.byte()
        if dif in _MANUFACTURER_DATA:
            return
        if dif in {_FILLER, _READ_ALL}:
            continue
        if dif & 0x0F == _SPECIAL:
            msg = f"M-Bus has no data field 0x{dif:02X}"
            raise DecodeError(msg)
        yield _record(cursor, dif)


def _record(cursor: _Cursor, dif: int) -> Record:
    storage, tariff, subunit = dif >> 6 & 1, 0, 0
    for place, dife in enumerate(cursor.chain(dif)):
        storage |= (dife & 0x0F) << (1 + 4 * place)
        tariff |= (dife >> 4 & 3) << 2 * place
        subunit |= (dife >> 6 & 1) << place
    what, factor, qualifiers = _information(cursor)
    kind = dif & 0x0F
    coding = cursor.byte() if kind == _VARIABLE else 0
    raw = cursor.take(_length(coding) if kind == _VARIABLE else FIELDS[kind][0])
    value: Value
    if PROFILE in qualifiers and what is not What.MANUFACTURER:
        value = raw
    elif kind == _VARIABLE:
        value = _variable(coding, raw)
    else:
        value = FIELDS[kind][1](raw)
    return Record(
        what,
        _meaning(what, kind, raw, value, factor),
        Function(dif >> 4 & 3),
        storage,
        tariff,
        subunit,
        qualifiers,
        factor,
        raw,
    )


def _information(cursor: _Cursor) -> tuple[What, Fraction, tuple[int, ...]]:
    """Read VIF and VIFE: what is measured, its factor, and what else changes the meaning."""
    vif = cursor.byte()
    if vif & 0x7F == _TEXT_UNIT:
        cursor.take(cursor.byte())
        return What.TEXT_UNIT, *_qualify(cursor.chain(vif))
    if vif & 0x7F == _MANUFACTURER_VIF:
        return What.MANUFACTURER, Fraction(1), tuple(code & 0x7F for code in cursor.chain(vif))
    if table := _EXTENSIONS.get(vif):
        vif = cursor.byte()
        what, unit = table.get(vif & 0x7F, _UNKNOWN)
    else:
        what, unit = PRIMARY.get(vif & 0x7F, _UNKNOWN)
    scale, qualifiers = _qualify(cursor.chain(vif))
    return what, unit * scale, qualifiers


def _qualify(codes: Iterator[int]) -> tuple[Fraction, tuple[int, ...]]:
    """Part VIFE into those that only scale and those that change the meaning."""
    scale = Fraction(1)
    qualifiers: list[int] = []
    for code in codes:
        plain = code & 0x7F
        # Behind FF the codes are the manufacturer's, so that none of them is a scale.
        if plain in SCALES and _MANUFACTURER_VIF not in qualifiers:
            scale *= SCALES[plain]
        else:
            qualifiers.append(plain)
    return scale, tuple(qualifiers)


_CODINGS: Final[tuple[tuple[range, Callable[[bytes], Value]], ...]] = (
    (range(0xC0), text_of),
    (range(0xC0, 0xCA), bcd),
    (range(0xD0, 0xDA), lambda data: None if (number := bcd(data)) is None else -number),
    (range(0xE0, 0xF0), bytes),
    (range(0xF0, 0xFB), real),
)
"""Codings of data of variable length (LVAR): text, BCD, negative BCD, binary, floating point."""


def _length(coding: int) -> int:
    for codes, _ in _CODINGS:
        if coding in codes:
            return coding - codes.start
    msg = f"M-Bus has no coding 0x{coding:02X} of variable length"
    raise DecodeError(msg)


def _variable(coding: int, raw: bytes) -> Value:
    return next(read(raw) for codes, read in _CODINGS if coding in codes)


def _meaning(what: What, kind: int, raw: bytes, value: Value, factor: Fraction) -> Value:
    """Scale a number; read a time or the number of a meter from its bytes."""
    if what is What.TIME:
        read = TIMES.get(len(raw))
        return read(raw) if read and kind != _VARIABLE else None
    if what in _NUMBERS and kind != _VARIABLE:
        return _number(kind, raw, value)
    return value * factor if isinstance(value, Fraction) else value


def _number(kind: int, raw: bytes, value: Value) -> str | None:
    """Give the number of a meter as it stands on its plate, leading zeros included."""
    if kind == _ADDRESS:
        return digits_of(raw[:_NUMBER_IN_ADDRESS]) or None
    if kind in _DECIMAL:
        return digits_of(raw) or None
    return str(value) if isinstance(value, Fraction) and value > 0 else None
