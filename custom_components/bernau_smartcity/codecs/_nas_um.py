"""Inputs of NAS UM30xx: pulses, analog inputs, a wired M-Bus meter, a sensor."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from ..model import DecodeError, Medium, Quantity, Reading, Uplink
from ._cursor import Cursor
from ._mbus import QUANTITIES, parse
from ._wmbus import HEALTH, Address, measured

OF_METER: Final = HEALTH | {*QUANTITIES.values(), Quantity.CLOCK}
"""What a meter on the M-Bus may tell."""

_COUNTED: Final[Mapping[int, tuple[Quantity, int]]] = {
    0x1: (Quantity.PULSES, 1),
    0x2: (Quantity.VOLUME, 1000),
    0x3: (Quantity.ENERGY, 1000),
    0x4: (Quantity.VOLUME, 1000),
    0x5: (Quantity.ENERGY, 1000),
    0xF: (Quantity.PULSES, 1),
}
"""What a pulse input counts, and how many make one: pulses, litres, watt-hours."""
_UNUSED: Final = 0x0
_NUMBER: Final = 4

_CONNECTED: Final = frozenset({0, 1})
"""States of the bus that are no fault: connected, nothing requested."""

_INSTANT, _AVERAGE, _MILLIAMPERE = 0x40, 0x80, 0x01
_PRESSURE_SENSOR: Final = 1
_SENSED: Final[Mapping[int, tuple[Quantity, int]]] = {
    0x01: (Quantity.PRESSURE, 0),
    0x02: (Quantity.PRESSURE, -1),
    0x04: (Quantity.TEMPERATURE, 1),
    0x08: (Quantity.TEMPERATURE, -1),
}
"""Values of the sensor by their bit, with their channel; averages (-1) are left out."""


def pulses(frame: Cursor, kind: int, channel: int, factor: int, *, numbered: bool) -> list[Reading]:
    """Read a pulse input; the number of the meter at it may follow."""
    if kind != _UNUSED and kind not in _COUNTED:
        msg = f"pulse input counts something unknown, 0x{kind:X}"
        raise DecodeError(msg)
    count = frame.number(4) * factor
    meter = number(frame.take(_NUMBER)) if numbered else ""
    if kind == _UNUSED:
        return []
    quantity, per_one = _COUNTED[kind]
    return [Reading(quantity, count / per_one, channel, None, meter)]


def number(raw: bytes) -> str:
    """Give a meter's number, nothing if the device does not know it."""
    return "" if raw == b"\xff" * _NUMBER else raw[::-1].hex()


def analog(frame: Cursor, channel: int) -> list[Reading]:
    """Read an analog input: the value now, or else the average."""
    general = frame.number(1)
    sent = [frame.real() for bit in (_INSTANT, _AVERAGE) if general & bit]
    if not sent:
        return []
    if general & _MILLIAMPERE:
        return [Reading(Quantity.CURRENT, sent[0] / 1000, channel)]
    return [Reading(Quantity.VOLTAGE, sent[0], channel)]


def sensor(frame: Cursor, at: datetime | None) -> Iterator[Reading]:
    """Read a sensor for pressure and temperature."""
    kind, sent = frame.number(1) & 0x3F, frame.number(1)
    if kind not in {0, _PRESSURE_SENSOR}:
        msg = f"sensor {kind} is not known"
        raise DecodeError(msg)
    values = {bit: frame.real() for bit in (1 << place for place in range(8)) if sent & bit}
    for bit, (quantity, channel) in _SENSED.items():
        if kind and bit in values and channel >= 0:
            yield Reading(quantity, values[bit], channel, at)


def meter(
    uplink: Uplink,
    records: bytes,
    bus: int,
    state: tuple[int, Address] | None = None,
    at: datetime | None = None,
) -> Iterator[Reading]:
    """Read a meter on the M-Bus; what is wrong with the bus is a fault too."""
    status, address = state or (None, None)
    medium = address.medium if address else Medium.UNKNOWN
    plate = number(address.raw[2:6]) if address else ""
    is_fault = bus not in _CONNECTED
    for reading in measured(parse(records), status, uplink, medium, plate):
        if reading.quantity is Quantity.FAULT:
            is_fault |= bool(reading.value)
        else:
            yield reading._replace(at=reading.at or at)
    yield Reading(Quantity.FAULT, is_fault, 0, None, plate)
