"""Maddalena ArrowWAN 2 (module) and Electo: water meters with hourly values.

fPort 1 and 2: the volume at 11 or 23 o'clock and what the hours before it added, 9
alarm, 8 identity. Least significant byte first, seconds since 2000 by the meter's
clock. Left out: the volume at the end of a day that is not told, and the weekly
values of fPort 5, whose layout is not public.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from struct import Struct
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Uplink
from ._checks import checked
from ._frames import flags, unknown_port, unpack
from ._times import METER_TIME

_HOURLY: Final = Struct("<IHB4xi11h")
_ALARM: Final = Struct("<IHBi")
"""Time, errors, unit, volume[, differences]."""
_LAST_HOUR: Final[Mapping[int, int]] = {1: 11, 2: 23}
"""Hour of the newest value, by fPort."""
_ALARM_PORT: Final = 9
_IDENTITY_PORT: Final = 8
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=METER_TIME)
_UNITS: Final = range(0x10, 0x18)
"""Volumes in the codes of M-Bus: powers of ten of a millilitre."""
_MISSING: Final = -0x8000

_ERRORS: Final[Mapping[Quantity, int]] = {
    Quantity.TAMPER: 0x1003,
    Quantity.LEAK: 0x0004,
    Quantity.EXCESS_FLOW: 0x0008,
    Quantity.BACKFLOW: 0x0010,
    Quantity.STANDSTILL: 0x0020,
    Quantity.BATTERY_LOW: 0x0C00,
    Quantity.FAULT: 0x6040,
}


def _decode(uplink: Uplink) -> Iterable[Reading]:
    if uplink.f_port in _LAST_HOUR:
        return checked(uplink, _hourly(uplink))
    if uplink.f_port == _ALARM_PORT:
        return checked(uplink, _alarm(uplink))
    if uplink.f_port == _IDENTITY_PORT:
        return ()
    raise unknown_port(uplink.f_port)


def _hourly(uplink: Uplink) -> Iterator[Reading]:
    seconds, errors, unit, volume, *deltas = unpack(_HOURLY, uplink.payload, "a message")
    now = _EPOCH + timedelta(seconds=seconds)
    factor = _factor(unit)
    yield from _state(now, errors)
    at = now.replace(hour=_LAST_HOUR[uplink.f_port], minute=0, second=0)
    if at > now:
        at -= timedelta(days=1)
    yield Reading(Quantity.VOLUME, volume * factor, at=at)
    for delta in deltas:
        if delta == _MISSING:
            return
        volume -= delta
        at -= timedelta(hours=1)
        yield Reading(Quantity.VOLUME, volume * factor, at=at)


def _alarm(uplink: Uplink) -> Iterator[Reading]:
    seconds, errors, unit, volume = unpack(_ALARM, uplink.payload, "an alarm")
    now = _EPOCH + timedelta(seconds=seconds)
    yield from _state(now, errors)
    yield Reading(Quantity.VOLUME, volume * _factor(unit), at=now)


def _state(now: datetime, errors: int) -> Iterator[Reading]:
    yield Reading(Quantity.CLOCK, now.astimezone(UTC).timestamp(), at=now)
    yield from flags(errors, _ERRORS, now)


def _factor(unit: int) -> float:
    if unit not in _UNITS:
        msg = f"unit {unit:02X} is not known"
        raise DecodeError(msg)
    return 10.0 ** (unit - 0x16)


CODECS: Final[tuple[Codec, ...]] = tuple(
    Codec(
        key=f"maddalena_{key}",
        manufacturer="Maddalena",
        model=model,
        medium=Medium.WATER,
        quantities=frozenset({Quantity.VOLUME, Quantity.CLOCK, *_ERRORS}),
        decode=_decode,
    )
    for key, model in (("arrowwan_2", "ArrowWAN 2"), ("electo", "Electo"))
)
