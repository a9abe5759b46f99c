"""GWF Sonico Nano: ultrasonic water meter with a radio of its own.

fPort 100 M-Bus records, 101 a short message, 102 that of the key date, 104 one with
differences, which are left out: their moments are not told. Least significant bit
first. Source: TheThingsNetwork/lorawan-devices vendor/gwf/sonico-nano.js.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from struct import Struct
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Uplink
from ._checks import checked
from ._frames import CUBIC_METRES, flags, unknown_port, unpack
from ._mbus import Record, What, meter_number, parse, readings
from ._mbus.data import date_g

type _Alarms = Mapping[Quantity, int]

_RECORDS: Final = 0x78
"""Control information: records without a head follow."""
_SHORT: Final = 11
_KEY_DATE: Final = 2
_LONG: Final = Struct("<BII5sIh31x")
"""Unit, volume, reverse volume, age and alarms and battery, number, temperature of the water."""
_AROUND: Final = Struct("<h")
_AROUND_AT: Final = 20
_CONTROL_AT: Final = 28
_NARROW: Final = 0x80
"""The differences have one byte, the first of them stands where the temperature around is."""
_NO_TEMPERATURE: Final = frozenset({-0x8000, 0x7FFF, -1})
_NO_DEGREES: Final = 0x7F

_DIGITS: Final = 999_999_999
_GALLON: Final = 0.003785411784
_UNITS: Final = (1, 1, _GALLON, _GALLON)
"""m³ in a unit, by the two bits for unit and medium."""
_CUBIC_METRES: Final = {0x12: 1e-4, **CUBIC_METRES}

_SHORT_ALARMS: Final[_Alarms] = {
    Quantity.FAULT: 0x1801,
    Quantity.TAMPER: 0x0002,
    Quantity.LEAK: 0x0004,
    Quantity.BURST: 0x0008,
    Quantity.AIR: 0x0010,
    Quantity.DRY: 0x0020,
    Quantity.BACKFLOW: 0x0040,
    Quantity.STANDSTILL: 0x0080,
    Quantity.BATTERY_LOW: 0x0100,
}
_NOT_READ: Final = 0x0800
"""The radio could not read the meter."""
_ALARMS: Final[_Alarms] = {
    Quantity.AIR: 0x10,
    Quantity.DRY: 0x20,
    Quantity.BACKFLOW: 0x40,
    Quantity.STANDSTILL: 0x80,
    Quantity.FAULT: 0x1E_1000,
    Quantity.BATTERY_LOW: 0x80_0000,
}
_RECORD_ALARMS: Final[_Alarms] = {
    Quantity.TAMPER: 0x01,
    Quantity.LEAK: 0x02,
    Quantity.BURST: 0x04,
    **_ALARMS,
}
_LONG_ALARMS: Final[_Alarms] = {
    Quantity.TAMPER: 0x02,
    Quantity.LEAK: 0x04,
    Quantity.BURST: 0x08,
    **_ALARMS,
}
_VALUES: Final = frozenset(
    {
        Quantity.VOLUME,
        Quantity.VOLUME_REVERSE,
        Quantity.FLOW,
        Quantity.FLOW_TEMPERATURE,
        Quantity.TEMPERATURE,
    }
)


def _decode(uplink: Uplink) -> Iterable[Reading]:
    read = _READERS.get(uplink.f_port)
    if read is None:
        raise unknown_port(uplink.f_port)
    return checked(uplink, read(uplink.payload))


def _records(frame: bytes) -> Iterator[Reading]:
    if frame[:1] != bytes((_RECORDS,)):
        msg = "no M-Bus records"
        raise DecodeError(msg)
    records = parse(frame[1:])
    yield from (each for each in readings(records, Medium.WATER) if each.quantity in _VALUES)
    yield from _errors(records)


def _errors(records: Sequence[Record]) -> Iterator[Reading]:
    for record in records:
        if record.head.what is What.ERROR_FLAGS and record.head.storage == 0:
            errors = int.from_bytes(record.raw, "little")
            yield from flags(errors, _RECORD_ALARMS, meter=meter_number(records))


def _short(frame: bytes) -> Iterator[Reading]:
    _check_length(frame, _SHORT)
    return _bits(frame, None)


def _key_date(frame: bytes) -> Iterator[Reading]:
    _check_length(frame, _SHORT + _KEY_DATE)
    at = date_g(frame[_SHORT:])
    return (each for each in _bits(frame[:_SHORT], at) if at or each.quantity in _SHORT_ALARMS)


def _check_length(frame: bytes, length: int) -> None:
    if len(frame) != length:
        msg = f"a message of this fPort has {length} bytes, not {len(frame)}"
        raise DecodeError(msg)


def _bits(frame: bytes, at: datetime | None) -> Iterator[Reading]:
    bits = int.from_bytes(frame, "little")
    volume, unit, exponent = bits & 0x3FFF_FFFF, bits >> 35 & 3, bits >> 38 & 7
    digits = f"{bits >> 41 & 0x7FF_FFFF:08d}"
    # Each byte of the number is sent in the place of its opposite.
    meter = digits[6:8] + digits[4:6] + digits[2:4] + digits[:2]
    degrees, alarms = bits >> 68 & 0x7F, bits >> 75
    yield from flags(alarms, _SHORT_ALARMS, meter=meter)
    if alarms & _NOT_READ:
        return
    if volume <= _DIGITS:
        value = volume * 10**exponent / 1000 * _UNITS[unit]
        yield Reading(Quantity.VOLUME, value, at=at, meter=meter)
    if degrees != _NO_DEGREES and at is None:
        yield Reading(Quantity.FLOW_TEMPERATURE, degrees, meter=meter)


def _long(frame: bytes) -> Iterator[Reading]:
    unit, volume, reverse, state, number, water = unpack(_LONG, frame, "a long message")
    if unit not in _CUBIC_METRES:
        msg = f"unit {unit:02X} is not known"
        raise DecodeError(msg)
    factor, meter = _CUBIC_METRES[unit], f"{number:08X}"
    yield from flags(int.from_bytes(state[1:4], "little"), _LONG_ALARMS, meter=meter)
    yield Reading(Quantity.VOLUME, round(volume * factor, 4), meter=meter)
    yield Reading(Quantity.VOLUME_REVERSE, round(reverse * factor, 4), meter=meter)
    if water not in _NO_TEMPERATURE:
        yield Reading(Quantity.FLOW_TEMPERATURE, water / 100, meter=meter)
    (around,) = _AROUND.unpack_from(frame, _AROUND_AT)
    if not frame[_CONTROL_AT] & _NARROW and around not in _NO_TEMPERATURE:
        yield Reading(Quantity.TEMPERATURE, around / 100, meter=meter)


_READERS: Final[Mapping[int, Callable[[bytes], Iterator[Reading]]]] = {
    100: _records,
    101: _short,
    102: _key_date,
    104: _long,
}

CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="gwf_sonico_nano",
        manufacturer="GWF",
        model="Sonico Nano",
        medium=Medium.WATER,
        quantities=frozenset({*_VALUES, *_SHORT_ALARMS}),
        decode=_decode,
        names=("GWF Sonico Nano",),
        catalogue=("gwf/sonico-nano",),
    ),
)
