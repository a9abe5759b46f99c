"""What Parametric's (PMX) radars have in common: solar charger and temperature."""

from collections.abc import Iterator
from typing import Final

from ..model import Quantity, Reading

_TEMPERATURES: Final = range(-600, 1500)
"""Tenths of a degree; published messages have others, of boards without a sensor."""


def charger(quantity: Quantity, level: float, solar: int) -> Iterator[Reading]:
    """Give battery and panel (mW); a level of zero means that there is no solar charger."""
    if level:
        yield Reading(quantity, level)
        yield Reading(Quantity.SOLAR_POWER, solar / 1000)


def temperature(tenths: int) -> Iterator[Reading]:
    """Give the temperature in the housing."""
    if tenths in _TEMPERATURES:
        yield Reading(Quantity.TEMPERATURE, tenths / 10)
