"""Holley DTZ541: electricity meter with LoRaWAN.

Any fPort, most significant byte first.
4 bytes: version (two bits), qualifier (five), state (one: 1 is good), import in kWh
51 bytes: kind; import and export, each as sum and by tariff, in tenths of Wh (5 bytes each);
power as sum and by phase in W (3 bytes each); state; seconds that the meter ran
Source: ZennerIoT/element-parsers lib/holley_e-meter.ex.
"""

from collections.abc import Iterable, Iterator
from itertools import batched
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Uplink
from ._checks import checked

_SHORT: Final = 4
_LONG, _LONG_KIND = 51, 0x11
_QUALIFIERS: Final = frozenset({0, 1})
"""Those of the import."""
_REGISTER, _POWER = 5, 3
_REGISTERS_END, _POWERS_END = 31, 43
_TENTHS_OF_WH: Final = 10_000
_QUANTITIES: Final = (Quantity.ENERGY, Quantity.ENERGY_EXPORT)


def _decode(uplink: Uplink) -> Iterable[Reading]:
    payload = uplink.payload
    if len(payload) == _SHORT:
        return checked(uplink, _short(payload))
    if len(payload) == _LONG and payload[0] == _LONG_KIND:
        return checked(uplink, _long(payload))
    msg = f"{len(payload)} bytes are neither a short nor a long message"
    raise DecodeError(msg)


def _short(payload: bytes) -> Iterator[Reading]:
    version, qualifier = payload[0] >> 6, payload[0] >> 1 & 0x1F
    if version or qualifier not in _QUALIFIERS:
        msg = f"qualifier {qualifier} of version {version} is not known"
        raise DecodeError(msg)
    is_good = bool(payload[0] & 1)
    if is_good:
        yield Reading(Quantity.ENERGY, int.from_bytes(payload[1:]))
    yield Reading(Quantity.FAULT, not is_good)


def _long(payload: bytes) -> Iterator[Reading]:
    registers = batched(payload[1:_REGISTERS_END], _REGISTER, strict=True)
    for place, register in enumerate(registers):
        direction, tariff = divmod(place, 3)
        value = int.from_bytes(register) / _TENTHS_OF_WH
        yield Reading(_QUANTITIES[direction], value, tariff)
    powers = batched(payload[_REGISTERS_END:_POWERS_END], _POWER, strict=True)
    for phase, power in enumerate(powers):
        yield Reading(Quantity.POWER, int.from_bytes(power, signed=True), phase)


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="holley_dtz541",
        manufacturer="Holley",
        model="DTZ541",
        medium=Medium.ELECTRICITY,
        quantities=frozenset({*_QUANTITIES, Quantity.POWER, Quantity.FAULT}),
        decode=_decode,
        names=("DTZ541 LoRaWAN", "Holley e-meter", "Holley DTZ541-LoRaWAN"),
    ),
)
