"""Limits, leaks and silence as triggers and conditions ask for them."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from homeassistant.components.binary_sensor import DOMAIN as BINARY_SENSOR
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import device_registry as dr, entity_registry as er
import probatio

from ..const import DOMAIN
from ..ledger.judging import LIMIT_ALARMS
from ..ledger.state import suffix_of
from ..metering.limits import Span
from .targets import Of, about, about_registered, about_total, behind, total_named

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
    said = {name: state.attributes[name] for name in SAID if name in state.attributes}
    return {**_about_device(hass, state.entity_id), **said, "entity_id": state.entity_id}


def _about_device(hass: HomeAssistant, entity_id: str) -> dict[str, Any]:
    try:
        coordinator, found, suffix = behind(hass, entity_id)
    except KeyError:  # a zone of visitors, or it was removed in the same moment
        entity = er.async_get(hass).async_get(entity_id)
        device_id = entity.device_id if entity else None
        return about_registered(hass, dr.async_get(hass).async_get(device_id or ""))
    key = total_named(found, suffix)
    if key is None:
        return about(hass, coordinator, found)
    return about_total(hass, Of(coordinator, found, key))


def was_measured_after(hass: HomeAssistant, entity_id: str, since: datetime) -> bool:
    """Tell whether what an entity shows of a device was measured after a time."""
    try:
        _, found, suffix = behind(hass, entity_id)
    except KeyError:
        return False
    return any(suffix_of(key) == suffix and value.at > since for key, value in found.values.items())
