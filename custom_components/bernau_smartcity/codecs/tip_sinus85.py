"""TIP SINUS 85: meter for three phases.

Any fPort, most significant byte first. Frame control, length, the numbers of the
registers, serial number, the registers. No source tells their unit; only those of
energy are read, once a person has told theirs. Source: TheThingsNetwork/lorawan-devices
vendor/tip/sinus85.js.
"""

from collections.abc import Iterable, Iterator, Mapping
from struct import Struct
from typing import Final

from ..model import (
    Codec,
    DecodeError,
    Medium,
    Missing,
    Quantity,
    Reading,
    Setting,
    Unit,
    Uplink,
    WaitingError,
)
from ._checks import checked
from ._frames import unpack_begin

_HEAD: Final = Struct(">xB")
_NUMBER: Final = Struct(">I3x")
_REGISTER: Final = Struct(">I")
_SURPLUS: Final = 2
"""What the length counts besides the numbers of the registers."""
_MISSING: Final = 0xFFFF_FFFF

_ENERGIES: Final[Mapping[int, tuple[Quantity, int]]] = {
    1: (Quantity.ENERGY, 1),
    2: (Quantity.ENERGY_EXPORT, 1),
    5: (Quantity.ENERGY, 2),
    6: (Quantity.ENERGY_EXPORT, 2),
}
"""Those of 1.8.1, 2.8.1, 1.8.2, 2.8.2; each quantity with its tariff."""
_KNOWN: Final = range(1, 40)

_KILOWATT_HOURS: Final[Mapping[str, float]] = {
    Unit.WATT_HOUR: 1e-3,
    Unit.KILOWATT_HOUR: 1,
    Unit.MEGAWATT_HOUR: 1e3,
}


def _decode(uplink: Uplink) -> Iterable[Reading]:
    frame = uplink.payload
    (length,) = unpack_begin(_HEAD, frame, "a message")
    count = length - _SURPLUS
    indices, values = frame[_HEAD.size : length], frame[length + _NUMBER.size :]
    if count < 1 or len(values) != count * _REGISTER.size:
        msg = f"{len(frame)} bytes do not hold {count} registers"
        raise DecodeError(msg)
    if unknown := set(indices).difference(_KNOWN):
        msg = f"register {min(unknown)} is not known"
        raise DecodeError(msg)
    unit = _KILOWATT_HOURS.get(uplink.settings.get(Setting.UNIT, ""))
    if unit is None:
        raise WaitingError(Missing.UNIT)
    (number,) = _NUMBER.unpack_from(frame, length)
    return checked(uplink, _energies(indices, values, unit, f"{number:08X}"))


def _energies(indices: bytes, values: bytes, unit: float, meter: str) -> Iterator[Reading]:
    for index, (value,) in zip(indices, _REGISTER.iter_unpack(values), strict=True):
        if index in _ENERGIES and value != _MISSING:
            quantity, tariff = _ENERGIES[index]
            yield Reading(quantity, value * unit, tariff, meter=meter)


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="tip_sinus85",
        manufacturer="TIP",
        model="SINUS 85",
        medium=Medium.ELECTRICITY,
        quantities=frozenset({Quantity.ENERGY, Quantity.ENERGY_EXPORT}),
        decode=_decode,
        names=("TIP Sinus 85",),
        catalogue=("tip/sinus85",),
        settings=(Setting.UNIT,),
    ),
)
