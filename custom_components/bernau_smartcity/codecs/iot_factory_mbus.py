"""IoT Factory M-Bus gateway: single records of many wired meters.

fPort 10: power; protocol; perhaps serial number and size; then frames, each
with type, time, meter, its kind, its status and one record. Least significant
byte first. Source: TheThingsNetwork/lorawan-devices
(vendor/iot-factory/m-bus-gateway-codec.yaml).
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final, NamedTuple

from ..model import Codec, DecodeError, Medium, Meter, Quantity, Reading, Told, Uplink
from ._checks import checked
from ._cursor import Cursor
from ._mbus import QUANTITIES, Record, readings, record_at
from ._times import unix
from ._wmbus import Address

_PORT: Final = 10
_ON_MAINS: Final = 0x01
_SERIAL, _SIZE = 0x01, 0x10
_TYPE: Final = 0x0FFF
_DEVICE, _METER = 0x000, 0x016
_DEVICE_SIZE: Final = 7
"""Time, model and version."""
_BUSY: Final = 0x01
_APPLICATION: Final = 0x03
"""Bits of a meter's status, which count up to "alarm"; the first is no fault."""


class _Key(NamedTuple):
    """What the records of one readout have in common."""

    number: str
    at: datetime
    medium: Medium
    is_fault: bool


def _decode(uplink: Uplink) -> Iterable[Told]:
    return checked(uplink, _told(uplink))


def _told(uplink: Uplink) -> Iterator[Told]:
    if uplink.f_port != _PORT:
        msg = f"fPort {uplink.f_port} is not the gateway's {_PORT}"
        raise DecodeError(msg)
    frame = Cursor(uplink.payload)
    power, protocol = frame.number(1), frame.number(1)
    if not power & _ON_MAINS:
        yield Reading(Quantity.BATTERY, power >> 1)
    frame.take(4 * bool(protocol & _SERIAL) + 2 * bool(protocol & _SIZE))
    readouts = _readouts(frame)
    media: dict[str, Medium] = {}
    for key in readouts:
        if media.get(key.number, Medium.UNKNOWN) is Medium.UNKNOWN:
            media[key.number] = key.medium
    yield from (Meter(number, medium) for number, medium in media.items())
    for key, records in readouts.items():
        told = readings(records, media[key.number], {0: key.at}, key.number, key.at)
        yield from (reading for reading in told if reading.quantity is not Quantity.CLOCK)
        yield Reading(Quantity.FAULT, key.is_fault, 0, key.at, key.number)


def _readouts(frame: Cursor) -> dict[_Key, list[Record]]:
    """Give the records of each readout; zeros at the end are no frame."""
    found: dict[_Key, list[Record]] = {}
    while any(frame.left):
        kind = frame.number(2) & _TYPE
        if kind == _METER:
            key, records = _record(frame)
            found.setdefault(key, []).extend(records)
        elif kind == _DEVICE:
            frame.take(_DEVICE_SIZE)
        else:
            msg = f"frame of type 0x{kind:03X} is not known"
            raise DecodeError(msg)
    return found


def _record(frame: Cursor) -> tuple[_Key, list[Record]]:
    at, _, number = unix(frame.number(4)), frame.take(1), frame.take(4)
    address = Address(bytes(2) + number + bytes(1) + frame.take(1))
    fault = frame.number(1) & _APPLICATION > _BUSY
    records: list[Record] = []
    frame.take(record_at(frame.left, 0, records))
    return _Key(address.number, at, address.medium, fault), records


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="iot_factory_mbus",
        manufacturer="IoT Factory",
        model="M-Bus gateway",
        medium=Medium.UNKNOWN,
        quantities=frozenset({*QUANTITIES.values(), Quantity.BATTERY, Quantity.FAULT}),
        decode=_decode,
        bridge=True,
        names=("IoT Factory M-Bus",),
        catalogue=("iot-factory/m-bus-gateway",),
    ),
)
