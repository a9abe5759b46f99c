"""Limits of totals, as people set them: kept in the options of an entry."""

from collections.abc import Mapping
from functools import partial
from math import isfinite
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import callback
from homeassistant.helpers import entity_registry as er

from .const import CONF_LIMITS, DOMAIN
from .coordinator import SmartCityCoordinator
from .ledger.judging import LIMIT_ALARMS
from .ledger.state import DeviceState, Key, suffix_of
from .ledger.watcher import Limits, is_limited
from .metering.limits import Span

HIGHEST: Final = 1e9

type Limit = tuple[str, Key, Span]
"""Of a total of a place in a period."""


async def async_set_limits(
    coordinator: SmartCityCoordinator, limits: Mapping[Limit, float | None]
) -> None:
    """Set limits of totals, as many as you like in one step; 0 or None takes one away.

    They are in the unit of the total. Raises ValueError for what is no limit.
    """
    entry = coordinator.config_entry
    kept = limits_with(entry.options.get(CONF_LIMITS, {}), limits)
    options = {**entry.options, CONF_LIMITS: kept}
    coordinator.hass.config_entries.async_update_entry(entry, options=options)
    places = {place for place, _, _ in limits}
    await coordinator.async_apply(partial(coordinator.ledger.set_limits, kept, places))
    for place, key, span in limits:
        if not limit_of(entry, (place, key, span)):
            _async_remove_entity(coordinator, place, f"{suffix_of(key)}_{LIMIT_ALARMS[span]}")


def limited(coordinator: SmartCityCoordinator, state: DeviceState) -> list[Key]:
    """Give the totals of a device that can have limits."""
    medium = partial(coordinator.medium, state)
    return [key for key in state.totals if is_limited(state, key, medium(key[1]))]


def limit_of(entry: ConfigEntry, limit: Limit) -> float:
    """Give a limit of a total, 0 where there is none."""
    place, key, span = limit
    limits = entry.options.get(CONF_LIMITS, {})
    return float(limits.get(place, {}).get(suffix_of(key), {}).get(span, 0))


def limits_with(
    before: Limits, changed: Mapping[Limit, float | None]
) -> dict[str, dict[str, dict[str, float]]]:
    """Give all limits with some of them changed; raises ValueError for what is none."""
    limits = {
        place: {total: dict(spans) for total, spans in totals.items()}
        for place, totals in before.items()
    }
    for (place, key, span), limit in changed.items():
        value = limit or 0.0
        if not (isfinite(value) and 0 <= value <= HIGHEST):
            message = f"{value} is no limit"
            raise ValueError(message)
        spans = limits.setdefault(place, {}).setdefault(suffix_of(key), {})
        if value:
            spans[span.value] = value
        else:
            spans.pop(span, None)
    return {
        place: kept
        for place, totals in limits.items()
        if (kept := {total: spans for total, spans in totals.items() if spans})
    }


@callback
def _async_remove_entity(coordinator: SmartCityCoordinator, place: str, suffix: str) -> None:
    """Remove a binary sensor that tells nothing any more."""
    coordinator.room.leave(place, suffix)
    registry = er.async_get(coordinator.hass)
    _, identifier = coordinator.identifier(place)
    entity_id = registry.async_get_entity_id(
        Platform.BINARY_SENSOR, DOMAIN, f"{identifier}_{suffix}"
    )
    if entity_id is not None:
        registry.async_remove(entity_id)
