"""The head of a record: what its value means, and how its data is read.

Meters send the same few heads for years, so that each is worked out once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from enum import IntEnum
from fractions import Fraction
from functools import lru_cache
from typing import Final

from ...model import DecodeError, Quantity
from .data import FIELDS, TIMES, Number, bcd, bcd_negative, digits_of, real, text_of
from .quantities import QUANTITIES
from .vif import (
    EXTENSION_FB,
    EXTENSION_FD,
    EXTENSION_FD_FD,
    PHASES,
    PRIMARY,
    PROFILE,
    SCALES,
    Scale,
    What,
)

type Value = float | datetime | time | str | bytes | None

MORE: Final = 0x80
"""Flag: another byte of the same header follows."""
TEXT_UNIT: Final = 0x7C
VARIABLE: Final = 0x0D

_CHAIN: Final = 10
"""Most extension bytes that the standard allows for each header."""
_MANUFACTURER_VIF: Final = 0x7F
_FB, _FD = 0xFB, 0xFD
_EXTENSIONS: Final[Mapping[int, Mapping[int, Scale]]] = {_FB: EXTENSION_FB, _FD: EXTENSION_FD}
_UNKNOWN: Final[Scale] = (What.UNKNOWN, Fraction(1))
_MOMENTS: Final = frozenset({What.TIME, What.BATTERY_CHANGED})
_NUMBERS: Final = frozenset({What.FABRICATION, What.IDENTIFICATION})
_DECIMAL: Final = frozenset({0x9, 0xA, 0xB, 0xC, 0xE})
_ADDRESS: Final = 0x7
_NUMBER_IN_ADDRESS: Final = 4
"""The address of a meter begins with its number, in decimal digits."""
_DATE: Final = 2
"""Bytes of a date without a time."""
_TARIFFS: Final = 10
"""A channel is ten times the sub-unit (pulse input) plus the tariff, or the phase."""
_HEADS: Final = 1024
"""Heads that are kept; a town's meters send some hundred."""


class Function(IntEnum):
    """In which way the value is one of the measured quantity."""

    INSTANTANEOUS = 0
    MAXIMUM = 1
    MINIMUM = 2
    ERROR = 3
    """Value while the meter was in error: never a reading."""


@dataclass(frozen=True, slots=True)
class Head:
    """All that the bytes before the data tell of it."""

    block: bytes
    """These bytes, without the text of a unit in plain text."""
    what: What
    function: Function
    storage: int
    """0 is now; others belong to the time with the same storage number."""
    tariff: int
    subunit: int
    qualifiers: tuple[int, ...]
    """VIFE that change the meaning of the value; an unknown one makes it unusable."""
    phase: int
    """Of an electrical quantity: 1 to 3, 0 where no qualifier tells it."""
    quantity: Quantity | None
    """What a reading of it is; None: it is none, but perhaps something else."""
    channel: int
    dates: bool
    """It tells the time of the values with its storage number."""
    is_profile: bool
    """The data are past values, and no qualifier says so any more."""
    factor: Fraction
    """From the number as sent to the unit of `what`."""
    field: int
    """Kind of the data, as the DIF tells it."""
    size: int
    """Bytes of data; not yet known where the data field is `VARIABLE`."""
    number: Callable[[bytes], Number]
    read: Callable[[bytes], Value]


@lru_cache(_HEADS)
def head_of(block: bytes) -> Head:
    """Read all bytes before the data, without the text of a unit in plain text."""
    dif = block[0]
    difes = _chain(block, 1, dif)
    storage, tariff, subunit = dif >> 6 & 1, 0, 0
    for place, dife in enumerate(difes):
        storage |= (dife & 0x0F) << (1 + 4 * place)
        tariff |= (dife >> 4 & 3) << 2 * place
        subunit |= (dife >> 6 & 1) << place
    what, factor, told = _information(block[1 + len(difes) :])
    is_profile = PROFILE in told and what is not What.MANUFACTURER
    qualifiers = tuple(code for code in told if code != PROFILE) if is_profile else told
    phase = PHASES.get(qualifiers, 0)
    if phase:
        qualifiers = ()
    field, function = dif & 0x0F, Function(dif >> 4 & 3)
    # That of variable length is told apart by `variable`, from the byte before its data.
    size, number = FIELDS.get(field, (0, real))
    is_reading = function is Function.INSTANTANEOUS and tariff < _TARIFFS
    # A mere date is none at which a meter reads itself just now.
    is_moment = what is What.TIME and (storage > 0 or size > _DATE)
    return Head(
        block,
        what,
        function,
        storage,
        tariff,
        subunit,
        qualifiers,
        phase,
        QUANTITIES.get((what, qualifiers)) if is_reading else None,
        phase or _TARIFFS * subunit + tariff,
        is_moment and is_reading and not (tariff or subunit or qualifiers),
        is_profile,
        factor,
        field,
        size,
        number,
        _reader(what, field, number, factor),
    )


def _chain(block: bytes, start: int, before: int) -> bytes:
    """Give the extension bytes that follow a header byte."""
    end = start
    while before & MORE:
        before = block[end]
        end += 1
    if end - start > _CHAIN:
        msg = "M-Bus header does not end"
        raise DecodeError(msg)
    return block[start:end]


def _information(block: bytes) -> tuple[What, Fraction, tuple[int, ...]]:
    """Read VIF and VIFE: what is measured, its factor, and what else changes the meaning."""
    vif, vifes = block[0], _chain(block, 1, block[0])
    if vif & 0x7F == _MANUFACTURER_VIF:
        return What.MANUFACTURER, Fraction(1), tuple(code & 0x7F for code in vifes)
    if vif & 0x7F == TEXT_UNIT:
        return What.TEXT_UNIT, *_qualify(vifes)
    table = _EXTENSIONS.get(vif, PRIMARY)
    if vif in _EXTENSIONS:
        vif, vifes = vifes[0], vifes[1:]
        if table is EXTENSION_FD and vif == _FD:
            table, vif, vifes = EXTENSION_FD_FD, vifes[0], vifes[1:]
    what, unit = table.get(vif & 0x7F, _UNKNOWN)
    scale, qualifiers = _qualify(vifes)
    return what, unit * scale, qualifiers


def _qualify(codes: bytes) -> tuple[Fraction, tuple[int, ...]]:
    """Part VIFE into those that only scale and those that change the meaning."""
    scale = Fraction(1)
    qualifiers: list[int] = []
    for code in codes:
        plain = code & 0x7F
        # Behind FC and FF the codes have other meanings, so that none of them is a scale.
        if plain in SCALES and not {TEXT_UNIT, _MANUFACTURER_VIF} & {*qualifiers}:
            scale *= SCALES[plain]
        else:
            qualifiers.append(plain)
    return scale, tuple(qualifiers)


def _reader(
    what: What, field: int, number: Callable[[bytes], Number], factor: Fraction
) -> Callable[[bytes], Value]:
    """Give what reads the data of a fixed length."""
    if what in _MOMENTS:
        return TIMES.get(FIELDS.get(field, (0, real))[0], _nothing)
    if what in _NUMBERS:
        return _plate(field, number)
    times, over = factor.as_integer_ratio()
    # One division of whole numbers: of all floating point values that nearest to the true one.
    return lambda data: None if (sent := number(data)) is None else sent * times / over


def _nothing(data: bytes) -> None:
    """Read a time of a length that no time has."""
    del data


def _plate(field: int, number: Callable[[bytes], Number]) -> Callable[[bytes], str | None]:
    """Give what reads the number of a meter as it stands on its plate, leading zeros included."""
    if field == _ADDRESS:
        return lambda data: digits_of(data[:_NUMBER_IN_ADDRESS]) or None
    if field in _DECIMAL:
        return lambda data: digits_of(data) or None
    return lambda data: f"{sent:.0f}" if (sent := number(data) or 0) > 0 else None


_CODINGS: Final[tuple[tuple[range, Callable[[bytes], float | str | bytes | None]], ...]] = (
    (range(0xC0), text_of),
    (range(0xC0, 0xCA), bcd),
    (range(0xD0, 0xDA), bcd_negative),
    (range(0xE0, 0xF0), bytes),
    (range(0xF0, 0xFB), real),
)
"""Codings of data of variable length (LVAR): text, BCD, negative BCD, binary, floating point."""


def length(coding: int) -> int:
    """Give the length of data of variable length from the byte before it."""
    for codes, _ in _CODINGS:
        if coding in codes:
            return coding - codes.start
    msg = f"M-Bus has no coding 0x{coding:02X} of variable length"
    raise DecodeError(msg)


def variable(head: Head, coding: int, data: bytes) -> Value:
    """Read data of variable length."""
    if head.is_profile:
        return data
    if head.what in _MOMENTS:
        return None
    value = next(read(data) for codes, read in _CODINGS if coding in codes)
    if isinstance(value, (int, float)):
        return value * head.factor.numerator / head.factor.denominator
    return value
