"""Repair issues of visitor analytics: what cannot work, and which counters are gone."""

from collections.abc import Iterator
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er, issue_registry as ir

from ..const import DOMAIN
from .counters import SENSOR, line_of
from .findings import WRONG, Finding, findings
from .layout import Layout, homeless_gates
from .reckoning import Figures

COUNTER_MISSING: Final = "counter_missing"
GATE_WITHOUT_ZONE: Final = "gate_without_zone"
ZONE_DRIFTS: Final = "zone_drifts"
_ALL: Final = (
    *(COUNTER_MISSING, GATE_WITHOUT_ZONE, ZONE_DRIFTS),
    *(finding for finding in Finding if finding not in WRONG),
)


@callback
def async_tell_issues(
    hass: HomeAssistant, entry: ConfigEntry, layout: Layout, figures: Figures
) -> None:
    """Show what there is, and take back what is gone."""
    found = {found.finding: found.names for found in findings(layout)}
    troubles: dict[str, list[str]] = {str(key): list(names) for key, names in found.items()}
    troubles[COUNTER_MISSING] = list(_without_counter(hass, layout))
    troubles[GATE_WITHOUT_ZONE] = homeless_gates(entry)
    troubles[ZONE_DRIFTS] = [layout.zones[zone].name for zone in figures.drifting]
    for key in _ALL:
        names = troubles.get(key)
        issue_id = f"{key}_{entry.entry_id}"
        if not names:
            ir.async_delete_issue(hass, DOMAIN, issue_id)
            continue
        ir.async_create_issue(
            hass,
            DOMAIN,
            issue_id,
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key=str(key),
            translation_placeholders={"names": ", ".join(sorted(names)), "town": entry.title},
        )


@callback
def async_clear_analytics_issues(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Take all issues of an entry back."""
    for key in _ALL:
        ir.async_delete_issue(hass, DOMAIN, f"{key}_{entry.entry_id}")


def _without_counter(hass: HomeAssistant, layout: Layout) -> Iterator[str]:
    for gate in layout.gates.values():
        if any(_is_gone(hass, line) for line in gate.counted.lines):
            yield gate.name
    registry = er.async_get(hass)
    for parking in layout.parkings.values():
        if any(_is_no_entity(hass, registry, bay) for bay in parking.bays):
            yield parking.name


def _is_gone(hass: HomeAssistant, name: str) -> bool:
    """Tell whether nobody will count for a line any more; who only rests is not gone."""
    line = line_of(name)
    if line is None:
        return _is_no_entity(hass, er.async_get(hass), name.removeprefix(f"{SENSOR}/"))
    entry: ConfigEntry[Any] | None = hass.config_entries.async_get_entry(line.entry_id)
    if entry is None:
        return True
    if entry.state is not ConfigEntryState.LOADED:
        return False
    state = entry.runtime_data.states.get(line.place)
    return state is None or (bool(state.totals) and line.key not in state.totals)


def _is_no_entity(hass: HomeAssistant, registry: er.EntityRegistry, given: str) -> bool:
    entity_id = er.async_resolve_entity_id(registry, given)
    known = entity_id is not None and registry.async_get(entity_id) is not None
    return entity_id is None or not (known or hass.states.get(entity_id))
