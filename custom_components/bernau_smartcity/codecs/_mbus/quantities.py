"""Which of our quantities a record is."""

from collections.abc import Mapping
from typing import Final

from ...model import Quantity
from .vif import COOLING, NEGATIVE, POSITIVE, What

QUANTITIES: Final[Mapping[tuple[What, tuple[int, ...]], Quantity]] = {
    (What.ENERGY, ()): Quantity.ENERGY,
    (What.ENERGY, (POSITIVE,)): Quantity.ENERGY,
    (What.ENERGY, (NEGATIVE,)): Quantity.ENERGY_EXPORT,
    (What.ENERGY, COOLING): Quantity.ENERGY_COOLING,
    (What.REACTIVE_ENERGY, ()): Quantity.ENERGY_REACTIVE,
    (What.REACTIVE_ENERGY, (POSITIVE,)): Quantity.ENERGY_REACTIVE,
    (What.REACTIVE_ENERGY, (NEGATIVE,)): Quantity.ENERGY_REACTIVE_EXPORT,
    (What.VOLUME, ()): Quantity.VOLUME,
    (What.VOLUME, (POSITIVE,)): Quantity.VOLUME,
    (What.VOLUME, (NEGATIVE,)): Quantity.VOLUME_REVERSE,
    (What.POWER, ()): Quantity.POWER,
    (What.POWER, (POSITIVE,)): Quantity.POWER,
    (What.REACTIVE_POWER, ()): Quantity.POWER_REACTIVE,
    (What.APPARENT_POWER, ()): Quantity.POWER_APPARENT,
    (What.VOLTAGE, ()): Quantity.VOLTAGE,
    (What.CURRENT, ()): Quantity.CURRENT,
    (What.FREQUENCY, ()): Quantity.FREQUENCY,
    (What.FLOW, ()): Quantity.FLOW,
    (What.PRESSURE, ()): Quantity.PRESSURE,
    (What.FLOW_TEMPERATURE, ()): Quantity.FLOW_TEMPERATURE,
    (What.RETURN_TEMPERATURE, ()): Quantity.RETURN_TEMPERATURE,
    (What.TEMPERATURE_DIFFERENCE, ()): Quantity.TEMPERATURE_DIFFERENCE,
    (What.TEMPERATURE, ()): Quantity.TEMPERATURE,
    (What.HUMIDITY, ()): Quantity.HUMIDITY,
    (What.HEAT_COST, ()): Quantity.HEAT_COST,
    (What.OPERATING_TIME, ()): Quantity.OPERATING_TIME,
}
"""Quantity of a record by what it tells and its qualifiers; all others are left out."""
