"""Limits, leaks and silence as triggers and conditions ask for them."""

from collections.abc import Collection
from typing import Any, Final

from homeassistant.components.binary_sensor import DOMAIN as BINARY_SENSOR
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import entity_registry as er
import probatio

from .const import DOMAIN
from .judging import LIMIT_ALARMS
from .metering.limits import Span
from .targets import Of, about, about_total, behind, total_named

CONF_PERIODS: Final = "periods"
LEAK: Final = frozenset({"leak_suspected", "leak"})
"""Suspected from the consumption, or told by the meter itself."""
SAID: Final = ("measured", "usual", "unit", "since", "last_reading", "expected_after")
"""Attributes that are worth a word in a message."""
SILENT: Final = frozenset({"silent"})
PERIODS_OPTION: Final = {
    probatio.Optional(CONF_PERIODS, default=list): probatio.All(
        probatio.EnsureList(), [probatio.Coerce(Span)]
    )
}
"""Which limits are meant; none named means all."""


def flags(hass: HomeAssistant, entity_ids: set[str], names: Collection[str]) -> set[str]:
    """Give the binary sensors of this integration that have one of some names."""
    entities = er.async_get(hass)
    return {
        entity_id
        for entity_id in entity_ids
        if (entity := entities.async_get(entity_id)) is not None
        and (entity.platform, entity.domain) == (DOMAIN, BINARY_SENSOR)
        and (entity.translation_key or "").removesuffix("_channel") in names
    }


def limits_of_periods(periods: Collection[str]) -> set[str]:
    """Give the names of the limits that are meant."""
    return {name for span, name in LIMIT_ALARMS.items() if not periods or span in periods}


def about_entity(hass: HomeAssistant, state: State) -> dict[str, Any]:
    """Give what a person wants to know of an entity of a device, and what it says itself."""
    try:
        coordinator, found, suffix = behind(hass, state.entity_id)
    except KeyError:  # it was removed in the same moment
        return {}
    key = total_named(found, suffix)
    told = (
        about(hass, coordinator, found)
        if key is None
        else about_total(hass, Of(coordinator, found, key))
    )
    said = {name: state.attributes[name] for name in SAID if name in state.attributes}
    return {**told, **said, "entity_id": state.entity_id}
