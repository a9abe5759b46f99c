"""Gossen Metrawatt ENERGYMID: electricity meter with LoRaWAN.

fPort 2: fields of type and value. 24: second, minute, hour, day, month, year (two bytes, least
significant first) of the meter's clock; 25 and 26: import and export in Wh as floating point
numbers of eight bytes, least significant first; 54: errors. Source: actility/device-catalog
vendors/gossenmw.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
import struct
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Uplink
from ._checks import checked
from ._times import METER_TIME

_PORT: Final = 2
_TIME, _ERRORS = 0x24, 0x54
_ENERGIES: Final[Mapping[int, Quantity]] = {
    0x25: Quantity.ENERGY,
    0x26: Quantity.ENERGY_EXPORT,
}
_SIZES: Final[Mapping[int, int]] = {_TIME: 7, _ERRORS: 1, **dict.fromkeys(_ENERGIES, 8)}
_CLOCK: Final = struct.Struct("<5BH")
_WATT_HOURS: Final = struct.Struct("<d")
_OVERLOAD, _FAULTS = 0x04, 0xE8
"""Current above the range; synchronisation, communication and offset of the meter itself."""


def _decode(uplink: Uplink) -> Iterable[Reading]:
    if uplink.f_port != _PORT:
        msg = f"fPort {uplink.f_port} is not {_PORT}"
        raise DecodeError(msg)
    if not uplink.payload:
        msg = "payload is empty"
        raise DecodeError(msg)
    fields = dict(_fields(uplink.payload))
    at = _clock(fields[_TIME]) if _TIME in fields else None
    return checked(uplink, _readings(fields, at))


def _fields(rest: bytes) -> Iterator[tuple[int, bytes]]:
    while rest:
        kind, size = rest[0], _SIZES.get(rest[0], 0)
        data, rest = rest[1 : 1 + size], rest[1 + size :]
        if not size or len(data) < size:
            msg = f"field {kind:02X} is not known or cut off"
            raise DecodeError(msg)
        yield kind, data


def _clock(data: bytes) -> datetime:
    second, minute, hour, day, month, year = _CLOCK.unpack(data)
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=METER_TIME)
    except ValueError as error:
        msg = f"there is no such time: {error}"
        raise DecodeError(msg) from error


def _readings(fields: Mapping[int, bytes], at: datetime | None) -> Iterator[Reading]:
    if at:
        yield Reading(Quantity.CLOCK, at.timestamp(), at=at)
    for kind, quantity in _ENERGIES.items():
        if kind in fields:
            (watt_hours,) = _WATT_HOURS.unpack(fields[kind])
            # To the thousandth of a watt hour; more is noise of the floating point.
            yield Reading(quantity, round(watt_hours / 1000, 6), 0, at)
    if _ERRORS in fields:
        (errors,) = fields[_ERRORS]
        yield Reading(Quantity.OVERLOAD, bool(errors & _OVERLOAD), 0, at)
        yield Reading(Quantity.FAULT, bool(errors & _FAULTS), 0, at)


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="gossen_energymid",
        manufacturer="Gossen Metrawatt",
        model="ENERGYMID",
        medium=Medium.ELECTRICITY,
        quantities=frozenset(
            {*_ENERGIES.values(), Quantity.CLOCK, Quantity.OVERLOAD, Quantity.FAULT}
        ),
        decode=_decode,
        names=("GMC-I ENERGYMID", "ENERGYMID LoRaWAN"),
    ),
)
