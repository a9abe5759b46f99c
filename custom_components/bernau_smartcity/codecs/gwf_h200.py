"""GWF RCM-H200: radio module for encoder registers, in eleven bytes.

Any fPort, least significant byte first. 27 bits of volume and 5 of battery; unit,
medium and factor; 27 bits of meter number and alarms; age of the value. Source:
TheThingsNetwork/lorawan-devices vendor/gwf/rcm-h200.js.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from struct import Struct
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Setting, Uplink
from ._checks import checked
from ._frames import flags, unpack

_FRAME: Final = Struct("<IBIBB")
_NUMBER: Final = (1 << 27) - 1
_MISSING: Final = _NUMBER
_FULL: Final = 31
"""Half-years that a battery lasts at most."""

_UNITS: Final = (1, 1, 1, 0.003785411784, 0.003785411784, 0.028316846592, 0.028316846592)
"""m³ in a unit, by the lower four bits of the fifth byte: m³, US gallons, cubic feet."""
_EXPONENTS: Final = range(5)
"""The upper four bits: powers of ten, from -3 on."""
_ALARMS: Final[Mapping[Quantity, int]] = {
    Quantity.FAULT: 0x07,
    Quantity.BURST: 0x08,
    Quantity.BATTERY_LOW: 0x10,
    Quantity.BACKFLOW: 0x20,
    Quantity.LEAK: 0x40,
    Quantity.STANDSTILL: 0x80,
}
"""Bits 27 to 31 of the number and those of the byte behind; fault: the register was not read."""

_HOURS, _DAYS, _WEEKS, _YEARS = 60, 152, 200, 245
"""Where the age of the value goes on in quarters of an hour, days, weeks, longer."""


def age(code: int) -> timedelta | None:
    """Give the age of the value; None: more than a year."""
    if code < _HOURS:
        return timedelta(minutes=code)
    if code < _DAYS:
        return timedelta(hours=1, minutes=15 * (code - _HOURS))
    if code < _WEEKS:
        return timedelta(days=code - _DAYS + 1)
    return timedelta(weeks=code - _WEEKS + 7) if code < _YEARS else None


def _decode(uplink: Uplink) -> Iterable[Reading]:
    return checked(uplink, _frame(uplink))


def _frame(uplink: Uplink) -> Iterator[Reading]:
    value, kind, number, more, old = unpack(_FRAME, uplink.payload, "a message")
    exponent, unit = kind >> 4, kind & 0x0F
    if exponent not in _EXPONENTS or unit >= len(_UNITS):
        msg = f"unit {kind:02X} is not known"
        raise DecodeError(msg)
    # Three alarms follow in the next byte upon the five of this one.
    alarms = number >> 27 | (more & 7) << 5
    meter = f"{number & _NUMBER:08d}"
    yield from flags(alarms, _ALARMS, meter=meter)
    yield Reading(Quantity.BATTERY, (value >> 27) * 100 // _FULL, meter=meter)
    since = age(old)
    if alarms & _ALARMS[Quantity.FAULT] or value & _NUMBER == _MISSING or since is None:
        return
    volume = (value & _NUMBER) * 10**exponent / 1000 * _UNITS[unit]
    at: datetime | None = uplink.received_at - since if since else None
    yield Reading(Quantity.VOLUME, volume, at=at, meter=meter)


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="gwf_h200",
        manufacturer="GWF",
        model="RCM-H200",
        medium=Medium.WATER,
        quantities=frozenset({Quantity.VOLUME, Quantity.BATTERY, *_ALARMS}),
        decode=_decode,
        catalogue=("gwf/rcm-h200",),
        settings=(Setting.MEDIUM,),
    ),
)
