"""Kamstrup: flowIQ water meters, and MULTICAL heat meters with a LoRaWAN module.

Payload: OMS from the transport header on, plain or with security profile D;
past values are inverse compact profiles. Any fPort. Short headers do not tell
the meter, so that its address is kept from the long ones. Sources: Kamstrup
"LoRaWAN integration guide", TheThingsNetwork/lorawan-devices (vendor/kamstrup),
actility/device-catalog (vendors/kamstrup).
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import Final

from ..model import Codec, Kind, Medium, Quantity, Reading, Setting, Told, Uplink
from ._checks import checked
from ._kamstrup import INFOCODES, state
from ._mbus import Record, readings
from ._wmbus import Message, message

_VALUES: Final = frozenset(
    {
        Quantity.VOLUME,
        Quantity.VOLUME_REVERSE,
        Quantity.FLOW,
        Quantity.FAULT,
        Quantity.CLOCK,
    }
)
_WATER: Final = _VALUES | INFOCODES[0x25,].keys() | {Quantity.NOISE_LEVEL, Quantity.TEMPERATURE}
_HEAT: Final = (
    _VALUES
    | INFOCODES[0x22,].keys()
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
    values, states = _measured(it.records, medium, it.meter), state(it.records, it.status, it.meter)
    for reading in chain(values, states):
        if reading.quantity in given:
            yield reading


def _measured(records: Sequence[Record], medium: Medium, meter: str) -> Iterator[Reading]:
    """Give the values; the registers of storage number 1 are the newest where none is of now."""
    logs = not any(record.head.storage == 0 for record in records)
    for reading in readings(records, medium, {1: None} if logs else None, meter):
        if logs and reading.at is None and reading.quantity.kind is not Kind.REGISTER:
            continue
        water = medium is Medium.WATER and reading.quantity is Quantity.FLOW_TEMPERATURE
        yield reading._replace(quantity=Quantity.TEMPERATURE) if water else reading


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
