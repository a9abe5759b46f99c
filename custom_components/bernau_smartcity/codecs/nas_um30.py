"""NAS UM30xx: two pulse inputs, and analog inputs, a wired M-Bus meter or a sensor.

fPort 24 status, 25 usage, 99 system. Firmware 0: the first byte tells what
stands in the frame. Firmware 4: the first byte is the kind of the frame.
Sources: ZennerIoT/element-parsers lib/nas_um30x3.ex, nasys/nas-codecs (maker),
raunoa/nascv (maker).
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Setting, Uplink
from . import _nas_um as inputs
from ._checks import checked
from ._cursor import Cursor
from ._nas import voltage
from ._wmbus import Address

_STATUS_PORT, _USAGE_PORT, _SYSTEM_PORT = 24, 25, 99
_WITHOUT_VALUES: Final = frozenset({49, 50, 53, 60, 61})
"""fPorts of configuration and commands."""
_SYSTEM: Final = frozenset({b"\x00", b"\x10", b"\x13"})
"""Boot, error, command refused."""
_SHUTDOWN: Final = b"\x01"
"""The reason follows, and a last status."""

_PULSES_1, _PULSES_2, _ANALOG_1, _ANALOG_2, _SENSOR, _MBUS = (1 << bit for bit in range(6))
"""What a frame of firmware 0 tells of, by the bits of its first byte."""
_ALERTED: Final = 0x80
_NUMBERED_0: Final = 0x08

_USAGE_4, _STATUS_4 = 0x02, 0x82
_PULSES_2_ONLY: Final = frozenset({(6, 0), (10, _NUMBERED_0)})
"""Length of a usage of firmware 0 that begins like one of firmware 4, and its bit for numbers."""
_LOW_BATTERY: Final = 0x40
_NUMBERED_4, _STATE, _MAKER = 0x02, 0x20, 0x40
_MBUS_4, _SENSOR_4 = 0x8, 0x4
_AGES: Final = (
    (60, timedelta(minutes=1)),
    (96, timedelta(minutes=15)),
    (44, timedelta(days=1)),
    (53, timedelta(weeks=1)),
)
"""Age of what was read: so many steps of this length, then the next row from zero."""


def _decode(uplink: Uplink) -> Iterable[Reading]:
    return checked(uplink, _told(uplink))


def _told(uplink: Uplink) -> Iterable[Reading]:
    port, data = uplink.f_port, uplink.payload
    if port in {_STATUS_PORT, _USAGE_PORT}:
        return _message(uplink, data, is_status=port == _STATUS_PORT)
    if port == _SYSTEM_PORT and data[:1] == _SHUTDOWN:
        last = data[2:]
        return _message(uplink, last, is_status=True) if last else ()
    if port in _WITHOUT_VALUES or (port == _SYSTEM_PORT and data[:1] in _SYSTEM):
        return ()
    msg = f"message {data[:1].hex()} on fPort {port} is not known"
    raise DecodeError(msg)


def _message(uplink: Uplink, data: bytes, *, is_status: bool) -> list[Reading]:
    kind, second = data[:1].hex(), sum(data[1:2])
    is_second_only = second >> 4 and (len(data), second & _NUMBERED_0) in _PULSES_2_ONLY
    if data[:1] == bytes((_STATUS_4 if is_status else _USAGE_4,)) and not is_second_only:
        return [*_firmware_4(uplink, Cursor(data), is_status=is_status)]
    if not data or data[0] == _STATUS_4:
        msg = f"message {kind} on fPort {uplink.f_port} is not known"
        raise DecodeError(msg)
    if not is_status:
        return _inputs(uplink, Cursor(data[1:]), data[0])
    try:
        return _status_7(uplink, Cursor(data))
    except DecodeError:
        return _status_8(uplink, Cursor(data))


def _status_7(uplink: Uplink, frame: Cursor) -> list[Reading]:
    """Read a status of firmware 0.7."""
    sent = frame.number(1)
    told = [*_voltage(frame.number(1)), _temperature(frame)]
    frame.take(1)
    return told + _inputs(uplink, frame, sent)


def _status_8(uplink: Uplink, frame: Cursor) -> list[Reading]:
    """Read a status of firmware 0.8, which is longer by charge and extreme temperatures."""
    sent = frame.number(1)
    frame.take(bool(sent & _ALERTED))
    level = frame.number(1)
    charge = [Reading(Quantity.BATTERY, round(level / 2.54, 1))] if level <= _FULL else []
    told = [*charge, *_voltage(frame.number(1)), _temperature(frame)]
    frame.take(2)
    return told + _inputs(uplink, frame, sent)


_FULL: Final = 254
"""A level of the battery; what is above is not known."""


def _voltage(level: int) -> Iterator[Reading]:
    if level <= _FULL:
        yield voltage(level)


def _temperature(frame: Cursor) -> Reading:
    return Reading(Quantity.TEMPERATURE, frame.number(1, signed=True))


def _inputs(uplink: Uplink, frame: Cursor, sent: int) -> list[Reading]:
    """Read what follows in a frame of firmware 0."""
    told: list[Reading] = []
    for channel, bit in ((1, _PULSES_1), (2, _PULSES_2)):
        if sent & bit:
            head = frame.number(1)
            numbered = bool(head & _NUMBERED_0)
            told += inputs.pulses(frame, head >> 4, channel, 1, numbered=numbered)
    for channel, bit in ((1, _ANALOG_1), (2, _ANALOG_2)):
        if sent & bit:
            told += inputs.analog(frame, channel)
    if sent & _SENSOR:
        msg = "the sensor of an early firmware is not known"
        raise DecodeError(msg)
    if sent & _MBUS:
        bus, records = frame.number(1) & 0xF, frame.rest()
        # Of some versions a second byte for the bus stands before the records.
        told += inputs.meter(uplink, records.removeprefix(b"\x00"), bus)
    frame.end()
    return told


def _firmware_4(uplink: Uplink, frame: Cursor, *, is_status: bool) -> Iterator[Reading]:
    frame.take(1)
    is_low = bool(frame.number(1) & _LOW_BATTERY)
    if is_status:
        frame.take(1)
        yield Reading(Quantity.BATTERY_VOLTAGE, round(1.5 + frame.number(1) / 100, 2))
        yield _temperature(frame)
        frame.take(3)
    at, sent = _read_at(frame.number(1), uplink.received_at), frame.number(1)
    for channel, bit in ((1, _PULSES_1), (2, _PULSES_2)):
        if sent & bit:
            head = frame.number(1)
            # Trigger inputs count too, only not what a meter does.
            kind, factor = head >> 4 or 1, 10 ** (head >> 2 & 3)
            numbered = bool(head & _NUMBERED_4)
            yield from inputs.pulses(frame, kind, channel, factor, numbered=numbered)
    main = sent >> 2 & 0xF
    if main == _MBUS_4:
        for reading in _meter_4(uplink, frame, at):
            if reading.quantity is Quantity.BATTERY_LOW:
                is_low |= bool(reading.value)
            else:
                yield reading
    elif main == _SENSOR_4:
        yield from inputs.sensor(frame, at)
    frame.end()
    yield Reading(Quantity.BATTERY_LOW, is_low)


def _meter_4(uplink: Uplink, frame: Cursor, at: datetime | None) -> Iterator[Reading]:
    general, state = frame.number(1), None
    if general & _STATE:
        status, number = frame.number(1), frame.take(4)
        maker, kind = bytes(2), bytes(2)
        if general & _MAKER:
            maker, kind = frame.take(2), frame.take(2)
        state = status, Address(maker + number + kind)
    yield from inputs.meter(uplink, frame.rest(), general & 0xF, state, at)


def _read_at(age: int, received_at: datetime) -> datetime | None:
    """Give when the device read the meter; None: now, or nobody knows."""
    for steps, step in _AGES:
        if age < steps:
            return received_at - age * step if age else None
        age -= steps
    return None


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="nas_um30",
        manufacturer="NAS",
        model="UM30xx",
        medium=Medium.UNKNOWN,
        quantities=inputs.OF_METER
        | {Quantity.PULSES, Quantity.BATTERY, Quantity.BATTERY_VOLTAGE, Quantity.TEMPERATURE},
        decode=_decode,
        names=(
            *("UM3023", "UM3033", "UM3070", "UM3081", "UM3090", "UM3100", "UM3110"),
            *("NAS UM3023", "NAS UM3033"),
        ),
        settings=(Setting.MEDIUM, Setting.PULSE_WEIGHT),
    ),
)
