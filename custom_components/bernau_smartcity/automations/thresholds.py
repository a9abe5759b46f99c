"""Numbers above which something is told: fixed, or those of an entity, in any fitting unit."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple

from homeassistant.const import EntityStateAttribute, UnitOfEnergy, UnitOfVolume
from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import (
    NumericThresholdMode,
    NumericThresholdSelector,
    NumericThresholdSelectorConfig,
    NumericThresholdType,
)
from homeassistant.util.unit_conversion import BaseUnitConverter, EnergyConverter, VolumeConverter
import probatio

CONVERTERS: Final[Mapping[str, type[BaseUnitConverter]]] = {
    UnitOfEnergy.KILO_WATT_HOUR: EnergyConverter,
    UnitOfVolume.CUBIC_METERS: VolumeConverter,
}
"""By the unit in which totals count."""
UNITS: Final = (
    UnitOfEnergy.WATT_HOUR,
    UnitOfEnergy.KILO_WATT_HOUR,
    UnitOfEnergy.MEGA_WATT_HOUR,
    UnitOfEnergy.GIGA_WATT_HOUR,
    UnitOfEnergy.MEGA_JOULE,
    UnitOfEnergy.GIGA_JOULE,
    UnitOfVolume.LITERS,
    UnitOfVolume.CUBIC_METERS,
)
"""In which a person may give a threshold."""


class Limit(NamedTuple):
    """A threshold at present."""

    value: float
    unit: str | None


class Unusable(StrEnum):
    """Why a threshold says nothing at present, in words of Home Assistant's own triggers."""

    NOT_FOUND = "threshold_entity_not_found"
    NOT_NUMERIC = "threshold_value_not_numeric"
    OTHER_UNIT = "threshold_unit_not_supported"


class UnusableError(Exception):
    """A threshold says nothing at present."""

    def __init__(self, reason: Unusable) -> None:
        """Keep the reason for a trace."""
        super().__init__(reason)
        self.reason = reason


def selector(mode: NumericThresholdMode, units: tuple[str, ...] = ()) -> NumericThresholdSelector:
    """Give what a threshold in an automation must be."""
    config = NumericThresholdSelectorConfig(mode=mode)
    if units:
        config["unit_of_measurement"] = list(units)
    return NumericThresholdSelector(config)


def only_above(threshold: dict[str, Any]) -> dict[str, Any]:
    """Refuse what a consumption cannot do."""
    if threshold["type"] != NumericThresholdType.ABOVE:
        message = (
            "What is consumed in a period begins at zero and only rises:"
            " choose 'above' as the type of the threshold"
        )
        raise probatio.Invalid(message)
    if threshold["value"].get("number", 0) < 0:
        message = "A consumption is never below zero: give a threshold of 0 or more"
        raise probatio.Invalid(message)
    return threshold


def present(hass: HomeAssistant, value: Mapping[str, Any]) -> Limit:
    """Give one number of a threshold as it is at present; raises UnusableError."""
    if "number" in value:
        return Limit(value["number"], value.get("unit_of_measurement"))
    state = hass.states.get(value["entity"])
    if state is None:
        raise UnusableError(Unusable.NOT_FOUND)
    try:
        number = float(state.state)
    except ValueError as error:
        raise UnusableError(Unusable.NOT_NUMERIC) from error
    return Limit(number, state.attributes.get(EntityStateAttribute.UNIT_OF_MEASUREMENT))


def fits(unit: str | None, total_unit: str) -> bool:
    """Tell whether a threshold in one unit says anything about a total in another."""
    if not total_unit:  # people are counted, in whatever word
        return unit not in UNITS
    converter = CONVERTERS.get(total_unit)
    return unit == total_unit if converter is None else unit in converter.VALID_UNITS


def converted(amount: float, unit: str, other: str) -> float:
    """Give an amount in another unit that fits."""
    converter = next((each for each in CONVERTERS.values() if unit in each.VALID_UNITS), None)
    return amount if converter is None else converter.convert(amount, unit, other)


def edge_of(limit: Limit, total_unit: str) -> float | None:
    """Give a threshold in the unit of a total, None where it says nothing about that."""
    if not fits(limit.unit, total_unit):
        return None
    return converted(limit.value, limit.unit or "", total_unit) if total_unit else limit.value
