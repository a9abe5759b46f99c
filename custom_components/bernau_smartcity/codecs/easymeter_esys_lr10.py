"""EasyMeter ESYS-LR10: LoRaWAN adapter for the meters Q3A and others.

fPort 2: number of the meter as in SML (10 bytes), then the registers x.8.0, x.8.1 and x.8.2 of
import and those of export, in kWh, least significant byte first. A meter has either the first
or the other two, or none; each that is missing is the one byte FF. As a register may
contain FF too, the length decides which are there. Source: ZennerIoT/element-parsers
lib/easymeter_esys_lr10.ex.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Uplink
from . import _obis
from ._checks import checked

_NUMBER: Final = 10
_MISSING: Final = b"\xff"
_WIDTH: Final = 4
_SETS: Final = ((False, False, False), (True, False, False), (False, True, True))
"""Which of sum and tariffs a meter has."""
_SHOWN: Final = 100_000_000
"""Meters show less; it decides where the length does not."""
_QUANTITIES: Final = (Quantity.ENERGY, Quantity.ENERGY_EXPORT)

type _Registers = Sequence[int | None]


def _decode(uplink: Uplink) -> Iterable[Reading]:
    payload = uplink.payload
    if len(payload) < _NUMBER or not payload.startswith(b"\x09\x01"):
        msg = "does not begin with the number of an electricity meter"
        raise DecodeError(msg)
    meter = _obis.meter_number(payload[:_NUMBER])
    return checked(uplink, _readings(_registers(payload[_NUMBER:]), meter))


def _registers(data: bytes) -> _Registers:
    """Give import and export of all tariffs, None for those the meter does not have."""
    fitting = [
        registers
        for imported, exported in product(_SETS, repeat=2)
        if (registers := _read(data, (*imported, *exported))) is not None
    ]
    if len(fitting) > 1:
        fitting = [found for found in fitting if max(n for n in found if n is not None) < _SHOWN]
    if len(fitting) != 1:
        msg = f"{len(data)} bytes cannot be told to be certain registers"
        raise DecodeError(msg)
    return fitting[0]


def _read(data: bytes, present: Iterable[bool]) -> _Registers | None:
    """Read the registers as if just these were there; None if that cannot be."""
    registers: list[int | None] = []
    rest = data
    for is_present in present:
        width = _WIDTH if is_present else len(_MISSING)
        field, rest = rest[:width], rest[width:]
        if len(field) < width or (not is_present and field != _MISSING):
            return None
        registers.append(int.from_bytes(field, "little") if is_present else None)
    return None if rest else registers


def _readings(registers: _Registers, meter: str) -> Iterator[Reading]:
    for place, kilowatt_hours in enumerate(registers):
        direction, tariff = divmod(place, 3)
        if kilowatt_hours is not None:
            yield Reading(_QUANTITIES[direction], kilowatt_hours, tariff, None, meter)


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="easymeter_esys_lr10",
        manufacturer="EasyMeter",
        model="ESYS-LR10",
        medium=Medium.ELECTRICITY,
        quantities=frozenset(_QUANTITIES),
        decode=_decode,
        names=("ESYS LR10", "EasyMeter ESYS LR10", "ESYS-LR10 adapter"),
    ),
)
