"""Dragino SW3L and SW3L-LB: flow sensors that count pulses.

fPort 2 present, 3 stored values, 4 configuration, 5 device. Most significant byte
first, Unix times. A class tells how many pulses make a litre. Sources: Dragino
SW3L user manual, TheThingsNetwork/lorawan-devices vendor/dragino/sw3l.js.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from struct import Struct
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Uplink
from ._checks import checked
from ._frames import unknown_port, unpack
from ._times import EARLIEST, unix

_PRESENT: Final = Struct(">BIBxI")
"""Class and alarm; pulses, what they are, time."""
_STORED: Final = Struct(">BBxII")
"""Class and alarm; what the pulses are, pulses, time."""
_DEVICE: Final = Struct(">5xH")
_PER_LITRE: Final = (450, 390, 64)
"""Pulses by class: SW3L-004, -006 and -010."""
_ALARM: Final = 0x02
_TOTAL, _SINCE_LAST = 0, 1


def _decode(uplink: Uplink) -> Iterable[Reading]:
    match uplink.f_port:
        case 2:
            return checked(uplink, _present(uplink.payload))
        case 3:
            return checked(uplink, _stored(uplink.payload))
        case 4:
            return ()
        case 5:
            (voltage,) = unpack(_DEVICE, uplink.payload, "a message about the device")
            return checked(uplink, (Reading(Quantity.BATTERY_VOLTAGE, voltage / 1000),))
    raise unknown_port(uplink.f_port)


def _present(frame: bytes) -> Iterator[Reading]:
    state, pulses, kind, seconds = unpack(_PRESENT, frame, "a message")
    at = _time(seconds)
    if at is not None:
        yield Reading(Quantity.CLOCK, seconds, at=at)
    yield Reading(Quantity.LEAK, bool(state & _ALARM), at=at)
    yield _count(state, kind, pulses, at)


def _stored(frame: bytes) -> Iterator[Reading]:
    if not frame or len(frame) % _STORED.size:
        msg = f"stored values do not have {len(frame)} bytes"
        raise DecodeError(msg)
    for state, kind, pulses, seconds in _STORED.iter_unpack(frame):
        at = _time(seconds)
        if at is not None:
            yield _count(state, kind, pulses, at)


def _time(seconds: int) -> datetime | None:
    at = unix(seconds)
    return at if at >= EARLIEST else None


def _count(state: int, kind: int, pulses: int, at: datetime | None) -> Reading:
    sensor = state >> 2
    if sensor >= len(_PER_LITRE) or kind not in {_TOTAL, _SINCE_LAST}:
        msg = f"sensor of class {sensor} in mode {kind} is not known"
        raise DecodeError(msg)
    if kind == _SINCE_LAST:
        return Reading(Quantity.PULSES_PERIOD, pulses, at=at)
    return Reading(Quantity.VOLUME, pulses / _PER_LITRE[sensor] / 1000, at=at)


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="dragino_sw3l",
        manufacturer="Dragino",
        model="SW3L",
        medium=Medium.WATER,
        quantities=frozenset(
            {
                Quantity.VOLUME,
                Quantity.PULSES_PERIOD,
                Quantity.LEAK,
                Quantity.BATTERY_VOLTAGE,
                Quantity.CLOCK,
            }
        ),
        decode=_decode,
        names=("SW3L-LB", "Dragino SW3L-LB", "SW3L-004", "SW3L-006", "SW3L-010"),
        catalogue=("dragino/sw3l", "dragino/sw3l-lb"),
    ),
)
