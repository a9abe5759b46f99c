"""ELV-LW-ESI: reads electricity and gas meters (LED, SML, pulse of gas meters).

fPort 10. Header: its length, reason of sending, supply in mV (most significant byte first). Then
01: import (1) or export (2); unit and overflow; counter / 10000; unit and sign; power / 100
02: calibration of the sensor
Both numbers are least significant byte first. Source: TheThingsNetwork/lorawan-devices
vendor/elv.
"""

from collections.abc import Iterable, Iterator, Mapping
import struct
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Setting, Uplink
from ._checks import checked

_PORT: Final = 10
_HEAD: Final = struct.Struct(">BBH")
_COUNTER: Final = struct.Struct("<BB5sBI")
_RECORDS: Final[Mapping[int, int]] = {1: _COUNTER.size, 2: 6}
"""Bytes of a record behind its type."""
_METER: Final = 1

_DIRECTIONS: Final[Mapping[int, Quantity]] = {1: Quantity.ENERGY, 2: Quantity.ENERGY_EXPORT}
_CUBIC_METRES: Final = 2
_PER_UNIT: Final[Mapping[int, int]] = {0: 10_000_000, 1: 10_000, _CUBIC_METRES: 10_000}
"""How much of the counter is a kWh or m³, by its unit: Wh, kWh, m³."""
_POWERS: Final[Mapping[int, tuple[Quantity, int]]] = {
    0: (Quantity.POWER, 1),
    1: (Quantity.POWER, 1000),
    _CUBIC_METRES: (Quantity.FLOW, 1),
}
_NEGATIVE: Final = 0x04


def _decode(uplink: Uplink) -> Iterable[Reading]:
    payload = uplink.payload
    if uplink.f_port != _PORT:
        msg = f"fPort {uplink.f_port} is not {_PORT}"
        raise DecodeError(msg)
    if len(payload) < _HEAD.size or len(payload) <= payload[0] or payload[0] < _HEAD.size - 1:
        msg = f"{len(payload)} bytes are too few"
        raise DecodeError(msg)
    _, _, millivolts = _HEAD.unpack_from(payload)
    supply = Reading(Quantity.BATTERY_VOLTAGE, millivolts / 1000)
    return checked(uplink, (*_meters(payload[1 + payload[0] :]), supply))


def _meters(rest: bytes) -> Iterator[Reading]:
    """Read all counters; of their powers, which are the same one, that which is not zero."""
    power: Reading | None = None
    while rest:
        kind, length = rest[0], _RECORDS.get(rest[0])
        data, rest = rest[1 : 1 + (length or 0)], rest[1 + (length or 0) :]
        if length is None or len(data) < length:
            msg = f"record {kind:02X} is not known or cut off"
            raise DecodeError(msg)
        if kind == _METER:
            counter, present = _meter(data)
            yield counter
            power = present if power is None or present.value else power
    if power:
        yield power


def _meter(data: bytes) -> tuple[Reading, Reading]:
    """Give counter and power."""
    direction, unit, counter, power_unit, power = _COUNTER.unpack(data)
    if (
        direction & 0x3F not in _DIRECTIONS
        or unit & 3 not in _PER_UNIT
        or power_unit & 3 not in _POWERS
    ):
        msg = f"direction {direction:02X} or unit {unit:02X}, {power_unit:02X} is not known"
        raise DecodeError(msg)
    quantity = _DIRECTIONS[direction & 0x3F]
    if unit & 3 == _CUBIC_METRES:
        quantity = Quantity.VOLUME
    value = int.from_bytes(counter, "little") / _PER_UNIT[unit & 3]
    present, factor = _POWERS[power_unit & 3]
    sign = -1 if power_unit & _NEGATIVE else 1
    return Reading(quantity, value), Reading(present, sign * power * factor / 100)


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="elv_lw_esi",
        manufacturer="ELV",
        model="ELV-LW-ESI",
        medium=Medium.ELECTRICITY,
        quantities=frozenset(
            {
                *_DIRECTIONS.values(),
                Quantity.VOLUME,
                *(quantity for quantity, _ in _POWERS.values()),
                Quantity.BATTERY_VOLTAGE,
            }
        ),
        decode=_decode,
        names=("LW-ESI",),
        catalogue=("elv/elv-lw-esi",),
        settings=(Setting.MEDIUM,),
    ),
)
