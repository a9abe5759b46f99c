"""dnt-LW-ESI: reads electricity and gas meters (LED, SML, pulse of gas meters).

fPort 10: reason of sending, supply, kind of frame (01 measured, the others configuration and
information). Measured: error; kind of power (1 W, 2 m³/h), its channel, the power / 100;
once or more: kind of counter (10 tenths of Wh, 20 tenths of litres), its channel
(2 and 3 import by tariff, 4 export), the counter. Least significant byte first.
Source: TheThingsNetwork/lorawan-devices vendor/dnt.
"""

from collections.abc import Iterable, Iterator, Mapping
import struct
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Setting, Uplink
from ._checks import checked

_PORT: Final = 10
_HEAD: Final = 3
_MEASURED: Final = 0x01
_SILENT: Final = frozenset({0xF8, 0xFA, 0xFC, 0xFF})
"""Kinds of frames on configuration and firmware."""
_POWER: Final = struct.Struct("<BBB3s")
_COUNTER: Final = struct.Struct("<BB5s")
_POWERS: Final[Mapping[int, Quantity]] = {1: Quantity.POWER, 2: Quantity.FLOW}
_ENERGY, _VOLUME = 0x10, 0x20
_PER_UNIT: Final = 10_000
_CHANNELS: Final[Mapping[int, tuple[Quantity, int]]] = {
    2: (Quantity.ENERGY, 1),
    3: (Quantity.ENERGY, 2),
    4: (Quantity.ENERGY_EXPORT, 0),
}
_POWERS_MISSING: Final = range(-0x80_0000, -0x80_0000 + 3)
_COUNTERS_MISSING: Final = 0xFF_FFFF_FFF0
"""From here on: unknown or overflowed."""


def _decode(uplink: Uplink) -> Iterable[Reading]:
    payload = uplink.payload
    if uplink.f_port != _PORT:
        msg = f"fPort {uplink.f_port} is not {_PORT}"
        raise DecodeError(msg)
    if len(payload) <= _HEAD:
        msg = f"{len(payload)} bytes are too few"
        raise DecodeError(msg)
    if payload[2] not in _SILENT | {_MEASURED}:
        msg = f"frame {payload[2]:02X} is not known"
        raise DecodeError(msg)
    hundredths = 100 * (1 + (payload[1] >> 6)) + 2 * (payload[1] & 0x3F)
    supply = Reading(Quantity.BATTERY_VOLTAGE, hundredths / 100)
    measured = _measured(payload[_HEAD:]) if payload[2] == _MEASURED else ()
    return checked(uplink, (*measured, supply))


def _measured(data: bytes) -> Iterator[Reading]:
    counters = data[_POWER.size :]
    if len(data) < _POWER.size or len(counters) % _COUNTER.size:
        msg = f"{_HEAD + len(data)} bytes do not hold power and whole counters"
        raise DecodeError(msg)
    error, kind, _, power = _POWER.unpack_from(data)
    yield Reading(Quantity.FAULT, error != 0)
    if error:
        # No sensor, or none that answers: the numbers mean nothing.
        return
    if kind not in _POWERS:
        msg = f"kind of power {kind} is not known"
        raise DecodeError(msg)
    value = int.from_bytes(power, "little", signed=True)
    if value not in _POWERS_MISSING:
        yield Reading(_POWERS[kind], value / 100)
    is_only = len(counters) == _COUNTER.size
    for kind, channel, counter in _COUNTER.iter_unpack(counters):
        yield from _counted(kind, channel, int.from_bytes(counter, "little"), is_only=is_only)


def _counted(kind: int, channel: int, counter: int, *, is_only: bool) -> Iterator[Reading]:
    if kind == _VOLUME:
        quantity, tariff = Quantity.VOLUME, 0
    elif kind == _ENERGY and channel in _CHANNELS:
        quantity, tariff = _CHANNELS[channel]
    else:
        msg = f"counter {kind:02X} of channel {channel} is not known"
        raise DecodeError(msg)
    if counter < _COUNTERS_MISSING:
        yield Reading(quantity, counter / _PER_UNIT, 0 if is_only else tariff)


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="dnt_lw_esi",
        manufacturer="dnt",
        model="dnt-LW-ESI",
        medium=Medium.ELECTRICITY,
        quantities=frozenset(
            {
                Quantity.ENERGY,
                Quantity.ENERGY_EXPORT,
                Quantity.VOLUME,
                *_POWERS.values(),
                Quantity.BATTERY_VOLTAGE,
                Quantity.FAULT,
            }
        ),
        decode=_decode,
        catalogue=("dnt/dnt-lw-esi",),
        settings=(Setting.MEDIUM,),
    ),
)
