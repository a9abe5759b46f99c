"""Kamstrup: flowIQ water meters, and MULTICAL heat meters with a LoRaWAN module.

Payload: OMS from the transport header on, plain or with security profile D;
past values are inverse compact profiles. Any fPort. Short headers do not tell
the meter, so that its address is kept from the long ones. Sources: Kamstrup
"LoRaWAN integration guide", TheThingsNetwork/lorawan-devices (vendor/kamstrup),
actility/device-catalog (vendors/kamstrup).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from ..model import Codec, Kind, Medium, Quantity, Reading, Setting, Told, Uplink
from ._checks import checked
from ._mbus import Function, Record, What, readings, times_of
from ._wmbus import Message, health, message

_NOISE: Final = (0x1B,), (0x1C,)
"""Manufacturer's records: noise in the pipe, now and of the last day."""
_NOISE_MISSING: Final = 0x0FFF
_SEEN: Final = frozenset({Function.INSTANTANEOUS, Function.MAXIMUM})
"""Flags are often all that were set since the last ones: their maximum."""

_INFOCODES: Final[Mapping[tuple[int, ...], Mapping[Quantity, int]]] = {
    (0x25,): {
        Quantity.DRY: 0x01,
        Quantity.BACKFLOW: 0x02,
        Quantity.LEAK: 0x04,
        Quantity.BURST: 0x08,
        Quantity.TAMPER: 0x10,
        Quantity.BATTERY_LOW: 0x20,
        Quantity.FROST: 0x40,
        Quantity.OVERHEATED: 0x80,
    },
    (0x22,): {
        Quantity.POWER_LOST: 0x0000_0001,
        Quantity.BATTERY_LOW: 0x0000_0002,
        Quantity.AIR: 0x0100_0100,
        Quantity.BACKFLOW: 0x0200_0200,
        Quantity.EXCESS_FLOW: 0x0800_0800,
        Quantity.LEAK: 0xC00C_3000,
        Quantity.BURST: 0x3000_0000,
        # Sensors, weak signals, lost communication with a flow sensor. The bits that
        # are left are alarms of other devices at the meter's inputs.
        Quantity.FAULT: 0x04F3_04F8,
    },
}
"""Bits of the flags by their manufacturer's record: water meters, MULTICAL."""

_VALUES: Final = frozenset(
    {
        Quantity.VOLUME,
        Quantity.VOLUME_REVERSE,
        Quantity.FLOW,
        Quantity.FAULT,
        Quantity.CLOCK,
    }
)
_WATER: Final = _VALUES | _INFOCODES[0x25,].keys() | {Quantity.NOISE_LEVEL, Quantity.TEMPERATURE}
_HEAT: Final = (
    _VALUES
    | _INFOCODES[0x22,].keys()
    | {
        Quantity.ENERGY,
        Quantity.ENERGY_COOLING,
        Quantity.POWER,
        Quantity.FLOW_TEMPERATURE,
        Quantity.RETURN_TEMPERATURE,
        Quantity.TEMPERATURE_DIFFERENCE,
        Quantity.OPERATING_TIME,
    }
)


def _decode(medium: Medium, given: frozenset[Quantity], uplink: Uplink) -> Iterable[Told]:
    return checked(uplink, _told(message(uplink), medium, given))


def _told(it: Message, medium: Medium, given: frozenset[Quantity]) -> Iterator[Told]:
    yield from it.told
    for reading in _measured(it.records, medium, it.meter):
        if reading.quantity in given:
            yield reading
    yield from _state(it)


def _measured(records: Sequence[Record], medium: Medium, meter: str) -> Iterator[Reading]:
    """Give the values; the registers of storage number 1 are the newest where none is of now."""
    logs = not any(record.head.storage == 0 for record in records)
    for reading in readings(records, medium, {1: None} if logs else None, meter):
        if logs and reading.at is None and reading.quantity.kind is not Kind.REGISTER:
            continue
        water = medium is Medium.WATER and reading.quantity is Quantity.FLOW_TEMPERATURE
        yield replace(reading, quantity=Quantity.TEMPERATURE) if water else reading


def _state(it: Message) -> Iterator[Reading]:
    """Give noise and flags; what the header tells too counts as of now."""
    times, now = times_of(it.records), health(it.records, it.status)
    for record in it.records:
        head = record.head
        if head.what is not What.MANUFACTURER or head.function not in _SEEN:
            continue
        at, bits = times.get(head.storage), int.from_bytes(record.raw, "little")
        if head.qualifiers in _NOISE and bits < _NOISE_MISSING:
            yield Reading(Quantity.NOISE_LEVEL, bits, 0, at, it.meter)
        for quantity, mask in _INFOCODES.get(head.qualifiers, {}).items():
            if quantity in now:
                now[quantity] |= bool(bits & mask)
            else:
                yield Reading(quantity, bool(bits & mask), 0, at, it.meter)
    for quantity, value in now.items():
        yield Reading(quantity, value, 0, None, it.meter)


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="kamstrup_flowiq",
        manufacturer="Kamstrup",
        model="flowIQ 2200",
        medium=Medium.WATER,
        quantities=_WATER,
        decode=partial(_decode, Medium.WATER, _WATER),
        names=("flowIQ 3200", "Kamstrup flowIQ 3200", "flowIQ", "Kamstrup flowIQ"),
        catalogue=("kamstrup/flowiq2200-02k73a",),
        settings=(Setting.KEY,),
    ),
    Codec(
        key="kamstrup_multical",
        manufacturer="Kamstrup",
        model="MULTICAL",
        medium=Medium.HEAT,
        quantities=_HEAT,
        decode=partial(_decode, Medium.HEAT, _HEAT),
        names=(
            *("MULTICAL 403", "MULTICAL 603", "MULTICAL 803"),
            *("Kamstrup MULTICAL 403", "Kamstrup MULTICAL 603", "Kamstrup MULTICAL 803"),
            *("HC-003-55", "Kamstrup HC-003-55"),
        ),
        catalogue=("kamstrup/hc-003-55-multical",),
        settings=(Setting.KEY,),
    ),
)
