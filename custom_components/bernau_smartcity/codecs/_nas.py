"""NAS modules from firmware 1.0 on: two generations, told apart by their first byte.

01: litres. fPort 24 status, 25 usage. 04: unit and medium in the frame (firmware
1.3 and 2.3). fPort 25 usage with or without status. Both: fPort 99 system.
Least significant byte first. Sources: nasys/nas-codecs (maker),
raunoa/nascv (maker), ZennerIoT/element-parsers lib/nas_cm3061.ex.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from struct import Struct
from typing import Final

from ..model import DecodeError, Quantity, Reading, Uplink
from ._frames import flags, unpack_begin

_STATUS_1: Final = Struct("<xxBBBbxxxI")
"""Type, reason; alerts, battery, voltage, temperature; extremes, downlink; litres."""
_STATUS_1_LONGEST: Final = _STATUS_1.size + 8
"""Previous counter, time of metering and calibration may follow."""
_ALERTS_1: Final[Mapping[Quantity, int]] = {
    Quantity.BACKFLOW: 0x01,
    Quantity.BURST: 0x02,
    Quantity.LEAK: 0x04,
    Quantity.TAMPER: 0x08,
    Quantity.BATTERY_LOW: 0x20,
}
_FIXED_TIME, _PREVIOUS, _DEBUG = 0x01, 0x02, 0x10
"""What a usage message has besides the counter: 1 byte before it, 4 or 8 and 3 behind."""

_USAGE_2: Final = Struct("<BBBBI")
"""Alerts, state of the meter, what it counts, age of the value, counter."""
_STATUS_2: Final = Struct("<xBbxxxI")
"""Months left, voltage, temperature, extremes, radio, number of the meter."""
_ALERTS_2: Final[Mapping[Quantity, int]] = {
    Quantity.BACKFLOW: 0x01,
    Quantity.BURST: 0x02,
    Quantity.LEAK: 0x04,
    Quantity.TAMPER: 0x08,
    Quantity.BATTERY_LOW: 0x20,
    Quantity.STANDSTILL: 0x40,
}
_UNITS: Final = (1.0, 0.003785411784, 0.028316846592)
"""m³ in one m³, US gallon and cubic foot."""
_EXPONENTS: Final = range(3, 8)
"""Of ten, plus six; as in the codes of M-Bus."""
_AGES: Final = (
    (60, timedelta(minutes=1)),
    (96, timedelta(minutes=15)),
    (44, timedelta(days=1)),
    (53, timedelta(weeks=1)),
)
"""Age of the value: so many steps of this length, then the next row from zero."""
_NO_NUMBER: Final = 0xFFFF_FFFF

_LENGTHS_2: Final = frozenset({10, 12, 20, 22})
"""Without and with a status, each without and with a date."""
_WITHOUT_VALUES: Final = frozenset({b"\x00", b"\x01", b"\x13"})
"""Start, shutdown, a command that was refused."""
_NO_LEVEL: Final = 0xFF
_MISSING: Final = 0xFFFF_FFFF

QUANTITIES: Final = frozenset(
    {
        Quantity.VOLUME,
        Quantity.TEMPERATURE,
        Quantity.BATTERY,
        Quantity.BATTERY_VOLTAGE,
        Quantity.FAULT,
        *_ALERTS_1,
        *_ALERTS_2,
    }
)
"""What frames of both generations may tell."""


def battery(level: int) -> Iterator[Reading]:
    """Give the battery's charge, unless the module does not know it."""
    if level != _NO_LEVEL:
        yield Reading(Quantity.BATTERY, round(level / 2.54, 1))


def voltage(level: int, base: float = 2.662) -> Reading:
    """Give the battery's voltage; the base depends on its kind."""
    return Reading(Quantity.BATTERY_VOLTAGE, round(base + level * 0.004, 3))


def litres(counter: int) -> Iterator[Reading]:
    """Give the register, unless it has never been read."""
    if counter != _MISSING:
        yield Reading(Quantity.VOLUME, counter / 1000)


def status(frame: bytes) -> Iterator[Reading]:
    """Read a status message of the first generation."""
    alerts, percent, level, temperature, counter = unpack_begin(_STATUS_1, frame, "a status")
    if frame[0] != 1 or len(frame) > _STATUS_1_LONGEST:
        msg = f"status of kind {frame[0]:02X} with {len(frame)} bytes is not known"
        raise DecodeError(msg)
    yield from flags(alerts, _ALERTS_1)
    yield from battery(percent)
    yield voltage(level)
    yield Reading(Quantity.TEMPERATURE, temperature)
    yield from litres(counter)


def usage(uplink: Uplink) -> Iterator[Reading]:
    """Read a usage message of either generation."""
    frame = uplink.payload
    match frame[:1]:
        case b"\x01":
            yield from _usage_1(frame)
        case b"\x04":
            yield from _usage_2(frame, uplink.received_at)
        case first:
            msg = f"usage of kind {first.hex().upper() or 'none'} is not known"
            raise DecodeError(msg)


def _usage_1(frame: bytes) -> Iterator[Reading]:
    general = int.from_bytes(frame[1:2])
    begin = 2 + bool(general & _FIXED_TIME)
    rest = len(frame) - begin - 4 - 3 * bool(general & _DEBUG)
    if rest not in ((4, 8) if general & _PREVIOUS else (0,)):
        msg = f"a usage message of this content does not have {len(frame)} bytes"
        raise DecodeError(msg)
    yield from litres(int.from_bytes(frame[begin : begin + 4], "little"))


def _usage_2(frame: bytes, received_at: datetime) -> Iterator[Reading]:
    alerts, state, kind, age, counter = unpack_begin(_USAGE_2, frame[1:], "a usage message")
    private, unit = kind >> 7, kind >> 5 & 3
    if kind & 7 not in _EXPONENTS or unit >= len(_UNITS):
        msg = f"unit {kind:02X} is not known"
        raise DecodeError(msg)
    # In privacy mode two bytes of date come before what else was sent.
    rest = frame[1 + _USAGE_2.size + 2 * private :]
    told, meter = _status_2(rest[1:]) if rest[:1] and rest[0] & 2 else ((), "")
    if len(rest) != (1 + _STATUS_2.size if told else 1):
        msg = f"a usage message of this content does not have {len(frame)} bytes"
        raise DecodeError(msg)
    at = _measured(age, received_at)
    yield from flags(alerts, _ALERTS_2)
    yield Reading(Quantity.FAULT, state != 0)
    yield from told
    if state == 0:
        volume = counter * 10 ** (kind & 7) / 10**6 * _UNITS[unit]
        yield Reading(Quantity.VOLUME, volume, at=at, meter=meter)


def _status_2(rest: bytes) -> tuple[tuple[Reading, ...], str]:
    level, temperature, number = unpack_begin(_STATUS_2, rest, "a status")
    battery = Reading(Quantity.BATTERY_VOLTAGE, round(1.5 + level / 100, 2))
    meter = "" if number == _NO_NUMBER else f"{number:08X}"
    return (battery, Reading(Quantity.TEMPERATURE, temperature)), meter


def _measured(age: int, received_at: datetime) -> datetime | None:
    """Give when the value was read from the meter; None: now, or nobody knows."""
    for steps, step in _AGES:
        if age < steps:
            return received_at - age * step if age else None
        age -= steps
    return None


def system(uplink: Uplink, read: Callable[[bytes], Iterator[Reading]]) -> Iterator[Reading]:
    """Read a message of fPort 99: a shutdown brings a last status, which `read` understands."""
    frame = uplink.payload
    kind, last = frame[:1], frame[2:]
    if kind == b"\x01" and last:
        yield from _usage_2(last, uplink.received_at) if is_second(last) else read(last)
    elif kind not in _WITHOUT_VALUES:
        msg = f"system message {kind.hex().upper()} is not known"
        raise DecodeError(msg)


def is_second(frame: bytes) -> bool:
    """Tell a usage message of the second generation from a status of an older one."""
    return frame[:1] == b"\x04" and len(frame) in _LENGTHS_2
