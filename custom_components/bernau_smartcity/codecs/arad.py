"""Arad Sonata and Octave water meters (also sold by Pipersberg).

fPort 1, first byte: kind of message; most significant byte first. 9D regular, 9B
alarm, 06 log, 80 log with hours. A volume has its own power of ten; its unit is that
of the meter, litres in Europe. The weekly values of message 80 are left out: in
what they count is not documented. Source: actility/device-catalog vendors/arad.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from struct import Struct
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Setting, Unit, Uplink
from ._checks import checked
from ._frames import flags, unknown_port, unpack, unpack_begin
from ._settings import cubic_metres
from ._times import unix

_F_PORT: Final = 1
_REGULAR: Final = Struct(">xxHxxIB")
"""Alarms; volume and its exponent."""
_LOG: Final = Struct(">xxxxIBHHHHB")
"""Volume, exponent; minutes since, between; alarms, battery, exponent of differences."""
_HOURS: Final = Struct(">xxxxxIIBHH6H20x")
"""Time, volume, exponent, alarms, battery, six differences; five weekly values."""

_MARKS: Final = range(0x8000, 0x8004)
"""Instead of a difference: empty, overflow, not read, unclear digit."""
_ALARMS: Final[Mapping[Quantity, int]] = {
    Quantity.DRY: 0x1000,
    Quantity.BURST: 0x0800,
    Quantity.EXCESS_FLOW: 0x0400,
    Quantity.FROST: 0x0100,
    Quantity.FAULT: 0x4080,
    Quantity.BATTERY_LOW: 0x2020,
    Quantity.LEAK: 0x0008,
    Quantity.BACKFLOW: 0x0004,
    Quantity.TAMPER: 0x0203,
}


def _unit(uplink: Uplink, exponent: int) -> float:
    """Give the m³ in one step of a volume."""
    return 10.0 ** ((exponent & 0x0F) - 7) * cubic_metres(uplink, Unit.LITRE)


def _regular(uplink: Uplink) -> Iterator[Reading]:
    alarms, volume, exponent = unpack(_REGULAR, uplink.payload, "a regular message")
    yield from flags(alarms, _ALARMS)
    yield _volume(volume * _unit(uplink, exponent))


def _log(uplink: Uplink) -> Iterator[Reading]:
    frame = uplink.payload
    fields = unpack_begin(_LOG, frame, "a log")
    volume, exponent, since, between, alarms, battery, power = fields
    rest = frame[_LOG.size :]
    if len(rest) % 2:
        msg = f"a log does not have {len(frame)} bytes"
        raise DecodeError(msg)
    deltas = Struct(f">{len(rest) // 2}H").unpack(rest)
    at = uplink.received_at - timedelta(minutes=since)
    yield from _state(alarms, battery)
    now = volume * _unit(uplink, exponent)
    yield _volume(now, at if since else None)
    step = timedelta(minutes=between)
    if step:
        yield from _history(now, deltas, _unit(uplink, power), at - step, step)


def _hours(uplink: Uplink) -> Iterator[Reading]:
    fields = unpack(_HOURS, uplink.payload, "a log with hours")
    seconds, volume, exponent, alarms, battery, *deltas = fields
    now = unix(seconds)
    yield Reading(Quantity.CLOCK, seconds, at=now)
    yield from _state(alarms, battery)
    unit = _unit(uplink, exponent)
    yield _volume(volume * unit, now)
    hour = now.replace(minute=0, second=0)
    yield from _history(volume * unit, deltas, unit, hour, timedelta(hours=1))


def _state(alarms: int, battery: int) -> Iterator[Reading]:
    yield from flags(alarms, _ALARMS)
    yield Reading(Quantity.BATTERY_VOLTAGE, battery / 1000)


def _history(
    volume: float, deltas: Sequence[int], unit: float, at: datetime, step: timedelta
) -> Iterator[Reading]:
    """Go back in time as far as the differences are known."""
    for delta in deltas:
        if delta in _MARKS:
            return
        volume -= delta * unit
        yield _volume(volume, at)
        at -= step


def _volume(value: float, at: datetime | None = None) -> Reading:
    # The differences make up noise beyond what any of these meters shows.
    return Reading(Quantity.VOLUME, round(value, 7), at=at)


_MESSAGES: Final[Mapping[int, Callable[[Uplink], Iterator[Reading]]]] = {
    0x06: _log,
    0x80: _hours,
    0x9B: _regular,
    0x9D: _regular,
}


def _decode(uplink: Uplink) -> Iterable[Reading]:
    if uplink.f_port != _F_PORT:
        raise unknown_port(uplink.f_port)
    kind = int.from_bytes(uplink.payload[:1])
    if kind not in _MESSAGES:
        msg = f"message {kind:02X} is not known"
        raise DecodeError(msg)
    return checked(uplink, _MESSAGES[kind](uplink))


CODECS: Final[tuple[Codec, ...]] = tuple(
    Codec(
        key=f"arad_{model.lower()}",
        manufacturer="Arad",
        model=model,
        medium=Medium.WATER,
        quantities=frozenset({Quantity.VOLUME, Quantity.BATTERY_VOLTAGE, Quantity.CLOCK, *_ALARMS}),
        decode=_decode,
        names=names,
        settings=(Setting.UNIT,),
    )
    for model, names in (
        ("Sonata", ("Pipersberg Sonata", "Sonata/Octave", "Arad Sonata/Octave")),
        ("Octave", ("Pipersberg Octave", "Octave XTR")),
    )
)
