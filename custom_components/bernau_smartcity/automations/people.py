"""How many people are there, as triggers and conditions ask for it."""

from typing import Any, Final

from homeassistant.components.sensor import DOMAIN as SENSOR
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.selector import NumericThresholdType

from ..const import DOMAIN
from ..model import Quantity
from .thresholds import present

PEOPLE: Final = frozenset({str(Quantity.PEOPLE), "occupancy"})
"""Translation keys: of what counters see, and of what is told of zones."""


def people_entities(hass: HomeAssistant, entity_ids: set[str]) -> set[str]:
    """Give the sensors of this integration that tell how many people are there."""
    entities = er.async_get(hass)
    return {
        entity_id
        for entity_id in entity_ids
        if (entity := entities.async_get(entity_id)) is not None
        and (entity.platform, entity.domain) == (DOMAIN, SENSOR)
        and (entity.translation_key or "").removesuffix("_channel") in PEOPLE
    }


def is_within(hass: HomeAssistant, state: State, threshold: dict[str, Any]) -> bool | None:
    """Tell whether a number is as a threshold wants it, None if there is no number.

    Raises UnusableError.
    """
    try:
        number = float(state.state)
    except ValueError:
        return None
    if "value" in threshold:
        edge = present(hass, threshold["value"]).value
        return number > edge if threshold["type"] == NumericThresholdType.ABOVE else number < edge
    low, high = (present(hass, threshold[name]).value for name in ("value_min", "value_max"))
    is_between = bool(low <= number <= high)
    wants_between: bool = threshold["type"] == NumericThresholdType.BETWEEN
    return is_between == wants_between
