"""Meters of any maker that keep to the standards OMS and M-Bus."""

from collections.abc import Iterator
from typing import Final

from ..model import DecodeError, Medium, Quantity, Reading, Told, Uplink
from ._mbus import QUANTITIES, parse
from ._wmbus import HEALTH, measured, message

OF_ANY_METER: Final = HEALTH | {*QUANTITIES.values(), Quantity.CLOCK}
"""What the standards can tell of all meters, water meters and heat meters."""
OF_WATER_METER: Final = HEALTH | {
    Quantity.VOLUME,
    Quantity.VOLUME_REVERSE,
    Quantity.FLOW,
    Quantity.CLOCK,
}
OF_HEAT_METER: Final = HEALTH | {
    Quantity.ENERGY,
    Quantity.ENERGY_COOLING,
    Quantity.VOLUME,
    Quantity.POWER,
    Quantity.FLOW,
    Quantity.FLOW_TEMPERATURE,
    Quantity.RETURN_TEMPERATURE,
    Quantity.TEMPERATURE_DIFFERENCE,
    Quantity.OPERATING_TIME,
    Quantity.CLOCK,
}


def of_message(uplink: Uplink, medium: Medium, given: frozenset[Quantity]) -> Iterator[Told]:
    """Give what an OMS message tells, from the transport header on."""
    it = message(uplink)
    yield from it.told
    if medium is Medium.UNKNOWN and it.sender:
        medium = it.sender.medium
    for reading in measured(it.records, it.status, uplink, medium, it.meter):
        if reading.quantity in given:
            yield reading


def of_records(uplink: Uplink, medium: Medium, given: frozenset[Quantity]) -> Iterator[Reading]:
    """Give what bare M-Bus records tell."""
    records = parse(uplink.payload)
    if not records:
        msg = "message has no records"
        raise DecodeError(msg)
    for reading in measured(records, None, uplink, medium):
        if reading.quantity in given:
            yield reading
