"""Diagnostics to attach to a question, without secrets and identities."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.core import HomeAssistant

from .analytics.diagnostics import async_analytics_diagnostics
from .const import (
    CONF_DEVICES,
    CONF_DISPLAYS,
    CONF_EXCHANGES,
    CONF_KEYS,
    CONF_METERS,
    CONF_SECRET,
)
from .coordinator import SmartCityConfigEntry
from .entries import is_analytics
from .ledger.keys import without_keys
from .ledger.state import DeviceState, Key, suffix_of
from .model import Field

TO_REDACT: Final = {
    *Field,
    "title",
    "unique_id",
    CONF_DEVICES,
    CONF_DISPLAYS,
    CONF_EXCHANGES,
    CONF_SECRET,
    CONF_KEYS,
    CONF_METERS,
}


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant,
    entry: SmartCityConfigEntry,
) -> dict[str, Any]:
    """Give what is configured and what is known of each device."""
    if is_analytics(entry):
        return await async_analytics_diagnostics(entry)
    coordinator = entry.runtime_data
    ledger = coordinator.ledger
    gaps = await hass.async_add_executor_job(ledger.gaps)
    waiting = await hass.async_add_executor_job(ledger.waiting)
    return {
        "entry": async_redact_data(entry.as_dict(), TO_REDACT),
        "settings_of_devices": [
            without_keys(settings) for settings in entry.options.get(CONF_DEVICES, {}).values()
        ],
        "keys": len(entry.options.get(CONF_KEYS, {})),
        "server": {
            "reached": coordinator.last_update_success,
            "applications": len(coordinator.scopes),
            "applications_missing": len(coordinator.missing_scopes),
            "devices_overflowed": len(coordinator.overflowed),
            "devices_withheld": len(coordinator.withheld),
            "messages_malformed": coordinator.malformed,
        },
        "devices": [
            {
                **_described(state),
                "messages_waiting": waiting.get(ledger.places.present(dev_eui), 0),
                "gaps": _by_suffix(gaps.get(dev_eui, {})),
            }
            for dev_eui, state in coordinator.states.items()
        ],
    }


def _described(state: DeviceState) -> dict[str, Any]:
    """Give what explains a device's values, and nothing that says which device it is."""
    return {
        "profile_name": state.device.profile_name,
        "catalogue": state.device.catalogue,
        "codec": state.codec,
        "battery": state.device.battery,
        "heard": state.heard and asdict(state.heard),
        "lost": state.lost,
        "problem": state.problem,
        "medium": state.medium,
        "remembered": {name: len(memo.text) for name, memo in state.memory.items()},
        "meters_found": [list(found) for found in state.found.values()],
        "bridges": list(state.via.values()),
        "values": _by_suffix({key: asdict(value) for key, value in state.values.items()}),
        "decisions": [{"of": suffix_of(key), **asdict(told)} for key, told in state.decisions],
    }


def _by_suffix[T](found: Mapping[Key, T]) -> dict[str, T]:
    return {suffix_of(key): each for key, each in found.items()}
