"""Repair issues: one for each kind of trouble, however many devices have it."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import CONF_CODEC, CONF_DEVICES, CONF_PROFILES, DOMAIN
from .decoders import NO_CODEC
from .decoding import ENCRYPTED
from .state import DeviceState

if TYPE_CHECKING:
    from .coordinator import SmartCityCoordinator

NAMES_SHOWN: Final = 10


def _needs_decoder(coordinator: SmartCityCoordinator) -> Iterable[str]:
    options = coordinator.config_entry.options
    left_out = {p for p, codec in options.get(CONF_PROFILES, {}).items() if codec == NO_CODEC}
    devices = options.get(CONF_DEVICES, {})
    for place, state in coordinator.states.items():
        chosen = devices.get(coordinator.ledger.places.present(place), {}).get(CONF_CODEC)
        if not state.codec and state.device.profile not in left_out and chosen != NO_CODEC:
            yield _name(state)


def _undecodable(coordinator: SmartCityCoordinator) -> Iterable[str]:
    for state in coordinator.states.values():
        if state.problem and state.problem != ENCRYPTED:
            yield _name(state)


def _encrypted(coordinator: SmartCityCoordinator) -> Iterable[str]:
    return (_name(s) for s in coordinator.states.values() if s.problem == ENCRYPTED)


def _overflowed(coordinator: SmartCityCoordinator) -> Iterable[str]:
    return (_name(s) for eui, s in coordinator.states.items() if eui in coordinator.overflowed)


def _withheld(coordinator: SmartCityCoordinator) -> Iterable[str]:
    return (_name(s) for eui, s in coordinator.states.items() if eui in coordinator.withheld)


def _missing_scopes(coordinator: SmartCityCoordinator) -> Iterable[str]:
    return coordinator.missing_scopes.values()


def _twice(coordinator: SmartCityCoordinator) -> Iterable[str]:
    others: set[str] = set()
    for entry in coordinator.hass.config_entries.async_loaded_entries(DOMAIN):
        if entry.entry_id != coordinator.config_entry.entry_id:
            others |= entry.runtime_data.devices.keys()
    present = coordinator.ledger.places.present
    return (_name(s) for place, s in coordinator.states.items() if present(place) in others)


_ISSUES: Final[dict[str, Callable[[SmartCityCoordinator], Iterable[str]]]] = {
    "application_missing": _missing_scopes,
    "decoder_needed": _needs_decoder,
    "device_twice": _twice,
    "encrypted": _encrypted,
    "history_missing": _withheld,
    "history_overflow": _overflowed,
    "undecodable": _undecodable,
}
"""What each issue lists; an empty list is no issue."""


@callback
def async_update_issues(hass: HomeAssistant, coordinator: SmartCityCoordinator) -> None:
    """Show the issues that there are, and take back those that are gone."""
    for key, find in _ISSUES.items():
        names = sorted(find(coordinator))
        issue_id = f"{key}_{coordinator.config_entry.entry_id}"
        if not names:
            ir.async_delete_issue(hass, DOMAIN, issue_id)
            continue
        shown = ", ".join(names[:NAMES_SHOWN])
        ir.async_create_issue(
            hass,
            DOMAIN,
            issue_id,
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key=key,
            translation_placeholders={
                "count": str(len(names)),
                "names": f"{shown}, …" if len(names) > NAMES_SHOWN else shown,
                "server": coordinator.name,
            },
        )


@callback
def async_clear_issues(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Take all issues of an entry back."""
    for key in _ISSUES:
        ir.async_delete_issue(hass, DOMAIN, f"{key}_{entry.entry_id}")


def _name(state: DeviceState) -> str:
    """Give the name with its building: many meters are called the same."""
    name = state.device.name or state.device.dev_eui
    building = state.building
    return f"{building} · {name}" if building else name
