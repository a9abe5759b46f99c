"""YOBIIQ iQ DSMR: reads electricity meters of the Netherlands and Belgium (P1).

fPort 1 to 10, most significant byte first: channel, type and value of each field; 50 tells the
device, 11 its state. A message of one byte answers a command. Source:
TheThingsNetwork/lorawan-devices vendor/yobiiq.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Setting, Uplink
from ._checks import checked
from ._values import Value

_MEASURED: Final = range(1, 11)
_STATE, _INFORMATION = 11, 50
_HEAD: Final = 2
_FAILURES, _FAILURE = 0x18, 8
"""A list of power failures: how many (four bytes), then time and duration of each."""

_TO, _FROM = 1, -1
_FIELDS: Final[Mapping[int, Value]] = {
    0xFE: Value(4),  # time of the device
    0x00: Value(2),  # version of P1
    0x02: Value(4),  # time of the meter
    0x06: Value(4, Quantity.ENERGY, 1, 1000),
    0x08: Value(4, Quantity.ENERGY, 2, 1000),
    0x0A: Value(4, Quantity.ENERGY_EXPORT, 1, 1000),
    0x0C: Value(4, Quantity.ENERGY_EXPORT, 2, 1000),
    0x0E: Value(2),  # tariff
    0x10: Value(4, Quantity.POWER, 0, _TO, signed=True),
    0x12: Value(4, Quantity.POWER, 0, _FROM, signed=True),
    # Counts of failures, sags and swells.
    **dict.fromkeys((0x14, 0x1A, 0x1C, 0x1E, 0x1F, 0x20, 0x21), Value(4)),
    **{0x21 + phase: Value(4, Quantity.VOLTAGE, phase, 10, signed=True) for phase in (1, 2, 3)},
    **{0x24 + 2 * phase: Value(4, Quantity.CURRENT, phase, signed=True) for phase in (1, 2, 3)},
    **{0x2A + 2 * phase: Value(4, Quantity.POWER, phase, _TO, signed=True) for phase in (1, 2, 3)},
    **{0x31 + phase: Value(4, Quantity.POWER, phase, _FROM, signed=True) for phase in (1, 2, 3)},
    # Meters behind the meter: kind; time and value in a unit that is not told.
    **dict.fromkeys((0x46, 0x56, 0x66, 0x76), Value(2)),
    **dict.fromkeys((0x50, 0x60, 0x70, 0x80), Value(8)),
    0x71: Value(2),  # inside of the device
    0x72: Value(1),
    0x81: Value(2, Quantity.TEMPERATURE, 0, 100, signed=True),
    0x82: Value(1, Quantity.HUMIDITY),
    0xD1: Value(4, Quantity.PULSES, 1),
    0xD2: Value(4, Quantity.PULSES, 2),
}

_POWER_EVENT, _BATTERY, _BATTERY_VOLTAGE = 0x06, 0x07, 0x08
_INFORMATION_SIZES: Final[Mapping[int, int]] = {
    **dict.fromkeys((_POWER_EVENT, _BATTERY, _BATTERY_VOLTAGE, 0x11), 1),
    0x04: 2,
    0x05: 2,
    0x03: 4,
}
_TEXTS: Final = frozenset({0x01, 0x02})
"""Maker and model, up to the next field."""
_CHANNEL: Final = b"\xff"


def _decode(uplink: Uplink) -> Iterable[Reading]:
    payload, port = uplink.payload, uplink.f_port
    if port not in {*_MEASURED, _STATE, _INFORMATION}:
        msg = f"fPort {port} is none of an iQ DSMR"
        raise DecodeError(msg)
    if not payload:
        msg = "payload is empty"
        raise DecodeError(msg)
    if port == _STATE or payload in {b"\x00", b"\x01"}:
        return ()
    return checked(uplink, _measured(payload) if port in _MEASURED else _information(payload))


def _measured(payload: bytes) -> Iterator[Reading]:
    powers: dict[int, float] = {}
    for kind, data in _fields(payload):
        for reading in _FIELDS[kind].read(data):
            if reading.quantity is Quantity.POWER:
                powers[reading.channel] = powers.get(reading.channel, 0) + reading.value
            else:
                yield reading
    for phase, watts in powers.items():
        yield Reading(Quantity.POWER, watts, phase)


def _fields(rest: bytes) -> Iterator[tuple[int, bytes]]:
    while rest:
        kind = int.from_bytes(rest[1:2])
        if kind == _FAILURES:
            end = _HEAD + 4 + _FAILURE * int.from_bytes(rest[_HEAD : _HEAD + 4])
        elif kind in _FIELDS:
            end = _HEAD + _FIELDS[kind].size
        else:
            msg = f"field {kind:02X} is not known"
            raise DecodeError(msg)
        if len(rest) < end:
            msg = f"field {kind:02X} is cut off"
            raise DecodeError(msg)
        if kind != _FAILURES:
            yield kind, rest[_HEAD:end]
        rest = rest[end:]


def _information(payload: bytes) -> Iterator[Reading]:
    known: dict[int, int] = {}
    rest = payload
    while rest:
        kind = int.from_bytes(rest[1:2])
        if kind in _TEXTS:
            end = len(rest) if (found := rest.find(_CHANNEL, _HEAD)) < 0 else found
        elif kind in _INFORMATION_SIZES and rest.startswith(_CHANNEL):
            end = _HEAD + _INFORMATION_SIZES[kind]
        else:
            msg = f"information {kind:02X} is not known"
            raise DecodeError(msg)
        if len(rest) < end:
            msg = f"information {kind:02X} is cut off"
            raise DecodeError(msg)
        known[kind] = int.from_bytes(rest[_HEAD:end])
        rest = rest[end:]
    # Without a battery both of its values are 0.
    if known.get(_BATTERY_VOLTAGE):
        yield Reading(Quantity.BATTERY_VOLTAGE, known[_BATTERY_VOLTAGE] / 10)
        if _BATTERY in known:
            yield Reading(Quantity.BATTERY, known[_BATTERY])
    if _POWER_EVENT in known:
        yield Reading(Quantity.POWER_LOST, known[_POWER_EVENT] == 0)


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="yobiiq_iq_dsmr",
        manufacturer="YOBIIQ",
        model="iQ DSMR",
        medium=Medium.ELECTRICITY,
        quantities=frozenset(
            {
                *(value.quantity for value in _FIELDS.values() if value.quantity),
                *(Quantity.BATTERY, Quantity.BATTERY_VOLTAGE, Quantity.POWER_LOST),
            }
        ),
        decode=_decode,
        names=("P1002005", "iQ DSMR (P1)", "YOBIIQ DSMR"),
        catalogue=("yobiiq/iq-dsmr-lrw",),
        modulus={
            Quantity.ENERGY: 2**32 / 1000,
            Quantity.ENERGY_EXPORT: 2**32 / 1000,
            Quantity.PULSES: 2**32,
        },
        settings=(Setting.PULSE_WEIGHT,),
    ),
)
