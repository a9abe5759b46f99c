"""MClimate 16A Switch & Power Meter.

Any fPort, most significant byte first: 01, temperature inside (bit 7: below zero), energy in Wh,
power in W, voltage in V, current in mA, relay. Answers to commands may be in front of it.
Source: actility/device-catalog vendors/mclimate.
"""

from collections.abc import Iterable, Iterator, Mapping
import struct
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Uplink
from ._checks import checked

_MEASURED: Final = struct.Struct(">BBIHBHB")
_KIND: Final = 1
_BELOW_ZERO: Final = 0x80
_ANSWERS: Final[Mapping[int, int]] = {
    **dict.fromkeys((0x12, 0x19, 0x1B, 0x23, 0x54, 0x5A, 0x5C, 0x5D, 0x5F), 1),
    **dict.fromkeys((0x72, 0x73, 0xA4, 0xB1), 1),
    **dict.fromkeys((0x04, 0x1D, 0x1F, 0x25, 0x60, 0x70, 0x71), 2),
    **dict.fromkeys((0x21, 0x56, 0x58, 0x61, 0x62, 0x63), 3),
    0xA0: 4,
}
"""Bytes behind the command that is answered."""


def _decode(uplink: Uplink) -> Iterable[Reading]:
    front, measured = uplink.payload[: -_MEASURED.size], uplink.payload[-_MEASURED.size :]
    if len(measured) < _MEASURED.size or measured[0] != _KIND:
        msg = f"{len(uplink.payload)} bytes without measurements at their end"
        raise DecodeError(msg)
    while front:
        end = 1 + _ANSWERS.get(front[0], len(front))
        if len(front) < end:
            msg = f"answer {front[0]:02X} is not known or cut off"
            raise DecodeError(msg)
        front = front[end:]
    return checked(uplink, _readings(measured))


def _readings(measured: bytes) -> Iterator[Reading]:
    _, degrees, watt_hours, watts, volts, milliamperes, _ = _MEASURED.unpack(measured)
    magnitude = degrees & ~_BELOW_ZERO
    yield Reading(Quantity.TEMPERATURE, -magnitude if degrees & _BELOW_ZERO else magnitude)
    yield Reading(Quantity.ENERGY, watt_hours / 1000)
    yield Reading(Quantity.POWER, watts)
    yield Reading(Quantity.VOLTAGE, volts)
    yield Reading(Quantity.CURRENT, milliamperes / 1000)


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="mclimate_16a_switch",
        manufacturer="MClimate",
        model="16A Switch & Power Meter",
        medium=Medium.ELECTRICITY,
        quantities=frozenset(
            {
                Quantity.TEMPERATURE,
                Quantity.ENERGY,
                Quantity.POWER,
                Quantity.VOLTAGE,
                Quantity.CURRENT,
            }
        ),
        decode=_decode,
        names=("16A Switch and Power Meter", "16A switch"),
        catalogue=("mclimate/16a-switch-power-meter", "mclimate/16a-switch"),
        modulus={Quantity.ENERGY: 2**32 / 1000},
    ),
)
