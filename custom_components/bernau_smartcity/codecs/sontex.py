"""Sontex: heat and water meters and heat cost allocators with LoRaWAN.

Payload: bare M-Bus records, of some models behind a byte 78. The fPort tells
only how long it is. Sources: Sontex "M-Bus Frames 7x9 LoRaWAN", by
ZennerIoT/element-parsers lib/sontext_7x9_heat.ex; actility/device-catalog
(vendors/sontex).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Uplink
from ._checks import checked
from ._mbus import Record, What, clock, error_flags, meter_number, parse, readings

_WITHOUT_HEADER: Final = b"\x78"
_OWN_ERRORS: Final = (0x2C,)
"""Manufacturer's record with error flags."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Series:
    """What differs between the series."""

    medium: Medium
    quantities: frozenset[Quantity]
    flags: Mapping[Quantity, int]
    """Bits of the error flags. Those of the bus and of the last weeks mean nothing now."""
    standard: bool = False
    """The flags are those of the standard, not the manufacturer's own."""
    cooling_tariff: int = 0
    """Tariff that counts the energy of cooling; 0: none."""


_VALUES: Final = frozenset(
    {
        Quantity.ENERGY,
        Quantity.VOLUME,
        Quantity.POWER,
        Quantity.FLOW,
        Quantity.FLOW_TEMPERATURE,
        Quantity.RETURN_TEMPERATURE,
        Quantity.CLOCK,
    }
)
_7X9: Final = _Series(
    medium=Medium.HEAT,
    quantities=_VALUES | {Quantity.ENERGY_COOLING},
    flags={Quantity.FAULT: 0x807F, Quantity.EXCESS_FLOW: 0x0080},
    cooling_tariff=1,
)
_SC5: Final = _Series(
    medium=Medium.HEAT,
    quantities=_VALUES,
    flags={
        Quantity.FAULT: 0x00_F1FF,
        Quantity.EXCESS_FLOW: 0x00_0200,
        Quantity.TAMPER: 0x00_0400,
        Quantity.POWER_LOST: 0x00_0800,
    },
)
_878: Final = _Series(
    medium=Medium.HEAT,
    quantities=frozenset(
        {Quantity.HEAT_COST, Quantity.FLOW_TEMPERATURE, Quantity.TEMPERATURE, Quantity.CLOCK}
    ),
    flags={Quantity.TAMPER: 0x0021, Quantity.FAULT: 0x805E},
)
_WATER: Final = _Series(
    medium=Medium.WATER,
    quantities=frozenset({Quantity.VOLUME, Quantity.CLOCK}),
    flags={
        Quantity.TAMPER: 0x0080,
        Quantity.BURST: 0x0100,
        Quantity.LEAK: 0x0200,
        Quantity.EXCESS_FLOW: 0x0400,
        Quantity.BACKFLOW: 0x0800,
        Quantity.STANDSTILL: 0x1000,
    },
    standard=True,
)


def _decode(series: _Series, uplink: Uplink) -> Iterable[Reading]:
    records = parse(uplink.payload.removeprefix(_WITHOUT_HEADER))
    if not records:
        msg = "message has no records"
        raise DecodeError(msg)
    return checked(uplink, _told(series, records))


def _told(series: _Series, records: Sequence[Record]) -> Iterator[Reading]:
    for reading in readings(records, series.medium):
        given = _cooled(series, reading)
        if given.quantity in series.quantities:
            yield given
    bits = error_flags(records) if series.standard else _own_errors(records)
    if bits is not None:
        at, meter = clock(records), meter_number(records)
        for quantity, mask in series.flags.items():
            yield Reading(quantity, bool(bits & mask), 0, at, meter)


def _cooled(series: _Series, reading: Reading) -> Reading:
    """Give the energy of the tariff that counts cooling as that."""
    if reading.quantity is Quantity.ENERGY and 0 < reading.channel == series.cooling_tariff:
        return reading._replace(quantity=Quantity.ENERGY_COOLING, channel=0)
    return reading


def _own_errors(records: Iterable[Record]) -> int | None:
    for record in records:
        if record.head.what is What.MANUFACTURER and record.head.qualifiers == _OWN_ERRORS:
            return int.from_bytes(record.raw, "little")
    return None


def _codec(
    key: str, model: str, series: _Series, names: tuple[str, ...], catalogue: str = ""
) -> Codec:
    return Codec(
        key=f"sontex_{key}",
        manufacturer="Sontex",
        model=model,
        medium=series.medium,
        quantities=series.quantities | series.flags.keys(),
        decode=partial(_decode, series),
        names=(*names, *(f"Sontex {name}" for name in names)),
        catalogue=(catalogue,) if catalogue else (),
    )


CODECS: Final[tuple[Codec, ...]] = (
    _codec("supercal_739", "Supercal 739", _7X9, ("739",)),
    _codec("superstatic_749", "Superstatic 749", _7X9, ("749",)),
    _codec("superstatic_789", "Superstatic 789", _7X9, ("789",)),
    _codec("supercal_5", "Supercal 5", _SC5, ("SC5",)),
    _codec("878", "878", _878, ("Sontex 878 HCA",)),
    _codec("sq1", "Superstatic SQ1", _WATER, ("SQ1",)),
    _codec("w1", "W1", _WATER, ("W1-L", "Sontex W1 L")),
    _codec("w2", "W2", _WATER, ("W2-L", "Sontex W2 L")),
)
