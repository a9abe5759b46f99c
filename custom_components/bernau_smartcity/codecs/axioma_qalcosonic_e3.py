"""Axioma Qalcosonic E3 and E4, Danfoss SonoMeter 40: ultrasonic heat meters.

fPort 100 measurement: its length tells the layout; 101 configuration. Least
significant byte first, Unix times of the meter's clock. Energy is in the unit
that the meter is set to, kWh if no one tells; volumes are litres, flows l/h.
Of the power the published descriptions contradict each other; it is left out.
Sources: adamh-utopi/Payload-decoders, tago-io/decoders (axioma).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Setting, Unit, Uplink
from ._checks import checked
from ._cursor import Cursor
from ._times import is_plausible, unix

type _Values = Iterator[Reading]

_ENERGY: Final[Mapping[str, float]] = {
    Unit.WATT_HOUR: 1e-3,
    Unit.KILOWATT_HOUR: 1,
    Unit.MEGAWATT_HOUR: 1000,
}
_BATTERY_LOW, _FAULT = 0x04, 0x18
"""Bits of the status; a fault is permanent or temporary."""
_MISSING: Final = 0xFFFF_FFFF
_FLOW_MISSING: Final = 0xFF_FFFF
_TEMPERATURES_MISSING: Final = frozenset({-0x8000, 0x7FFF})
_LONGEST_PERIOD: Final = 31 * 86400

_HEAT: Final = (Quantity.ENERGY, Quantity.VOLUME)
_BOTH: Final = (Quantity.ENERGY, Quantity.ENERGY_COOLING, Quantity.VOLUME)


def _decode(uplink: Uplink) -> Iterable[Reading]:
    match uplink.f_port:
        case 100:
            return checked(uplink, _measurement(uplink))
        case 101:
            return ()
    msg = f"fPort {uplink.f_port} is neither 100 nor 101"
    raise DecodeError(msg)


def _measurement(uplink: Uplink) -> _Values:
    layout = _LAYOUTS.get(len(uplink.payload))
    if layout is None:
        msg = f"no measurement has {len(uplink.payload)} bytes"
        raise DecodeError(msg)
    frame = Cursor(uplink.payload)
    now = unix(frame.number(4))
    if not is_plausible(now, uplink.received_at):
        msg = f"time {now:%Y-%m-%d} is not plausible; the payload may be encrypted by the meter"
        raise DecodeError(msg)
    yield Reading(Quantity.CLOCK, now.timestamp(), at=now)
    factor = _ENERGY.get(uplink.settings.get(Setting.UNIT, ""), 1)
    yield from layout(frame, now, factor)


def _stored(
    quantities: tuple[Quantity, ...], count: int, frame: Cursor, now: datetime, factor: float
) -> _Values:
    """Read registers at the last ends of a period, newest first."""
    yield from _state(frame, now)
    values = [[*_registers(quantities, frame, now, factor)] for _ in range(count)]
    period = frame.number(4)
    if not 0 < period <= _LONGEST_PERIOD:
        msg = f"period of {period} s between the values"
        raise DecodeError(msg)
    last = now - timedelta(seconds=now.timestamp() % period)
    for place, told in enumerate(values):
        at = last - place * timedelta(seconds=period)
        yield from (Reading(each.quantity, each.value, at=at) for each in told)


def _present(
    quantities: tuple[Quantity, ...], frame: Cursor, now: datetime, factor: float
) -> _Values:
    """Read registers and values of now."""
    yield from _state(frame, now)
    yield from _registers(quantities, frame, now, factor)
    yield from _flow(frame, now)
    seconds = frame.number(4)
    if seconds != _MISSING:
        yield Reading(Quantity.OPERATING_TIME, seconds / 3600, at=now)


def _timed(
    quantities: tuple[Quantity, ...], count: int, frame: Cursor, now: datetime, factor: float
) -> _Values:
    """Read registers and values, each with its time."""
    for _ in range(count):
        at = unix(frame.number(4))
        if at > now:
            msg = f"values of {at:%Y-%m-%d} at {now:%Y-%m-%d}"
            raise DecodeError(msg)
        yield from _registers(quantities, frame, at, factor)
        yield from _flow(frame, at)


def _state(frame: Cursor, now: datetime) -> _Values:
    status = frame.number(1)
    yield Reading(Quantity.FAULT, bool(status & _FAULT), at=now)
    yield Reading(Quantity.BATTERY_LOW, bool(status & _BATTERY_LOW), at=now)


def _registers(
    quantities: tuple[Quantity, ...], frame: Cursor, at: datetime, factor: float
) -> _Values:
    for quantity in quantities:
        count = frame.number(4)
        if count != _MISSING:
            value = count / 1000 if quantity is Quantity.VOLUME else count * factor
            yield Reading(quantity, value, at=at)


def _flow(frame: Cursor, at: datetime) -> _Values:
    """Read the values behind the power."""
    frame.take(3)
    litres = frame.number(3)
    if litres != _FLOW_MISSING:
        yield Reading(Quantity.FLOW, litres / 1000, at=at)
    for quantity in (Quantity.FLOW_TEMPERATURE, Quantity.RETURN_TEMPERATURE):
        hundredths = frame.number(2, signed=True)
        if hundredths not in _TEMPERATURES_MISSING:
            yield Reading(quantity, hundredths / 100, at=at)


_LAYOUTS: Final[Mapping[int, Callable[[Cursor, datetime, float], _Values]]] = {
    30: partial(_timed, _BOTH, 1),
    31: partial(_present, _HEAT),
    35: partial(_present, _BOTH),
    41: partial(_stored, _HEAT, 4),
    45: partial(_stored, _BOTH, 3),
    48: partial(_timed, _HEAT, 2),
}
"""By the length of the message."""

_GIVEN: Final = frozenset(
    {
        Quantity.ENERGY,
        Quantity.ENERGY_COOLING,
        Quantity.VOLUME,
        Quantity.FLOW,
        Quantity.FLOW_TEMPERATURE,
        Quantity.RETURN_TEMPERATURE,
        Quantity.OPERATING_TIME,
        Quantity.FAULT,
        Quantity.BATTERY_LOW,
        Quantity.CLOCK,
    }
)

CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="axioma_qalcosonic_e3",
        manufacturer="Axioma",
        model="Qalcosonic E3",
        medium=Medium.HEAT,
        quantities=_GIVEN,
        decode=_decode,
        names=(
            *("Qalcosonic E4", "Axioma Qalcosonic E4", "Axioma E3", "Axioma E4"),
            *("SonoMeter 40", "Danfoss SonoMeter 40"),
        ),
        settings=(Setting.UNIT,),
    ),
)
