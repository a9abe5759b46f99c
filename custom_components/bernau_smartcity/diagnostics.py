"""Diagnostics to attach to a question, without secrets and identities."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.core import HomeAssistant

from .const import CONF_DEVICES, CONF_DISPLAYS, CONF_EXCHANGES, CONF_SECRET
from .coordinator import SmartCityConfigEntry
from .model import Field
from .state import DeviceState, Key, suffix_of

TO_REDACT: Final = {
    *Field,
    "title",
    "unique_id",
    CONF_DEVICES,
    CONF_DISPLAYS,
    CONF_EXCHANGES,
    CONF_SECRET,
}


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant,
    entry: SmartCityConfigEntry,
) -> dict[str, Any]:
    """Give what is configured and what is known of each device."""
    coordinator = entry.runtime_data
    gaps = await hass.async_add_executor_job(coordinator.ledger.gaps)
    return {
        "entry": async_redact_data(entry.as_dict(), TO_REDACT),
        "settings_of_devices": list(entry.options.get(CONF_DEVICES, {}).values()),
        "server": {
            "reached": coordinator.last_update_success,
            "applications": len(coordinator.scopes),
            "applications_missing": len(coordinator.missing_scopes),
            "devices_overflowed": len(coordinator.overflowed),
            "devices_withheld": len(coordinator.withheld),
            "messages_malformed": coordinator.malformed,
        },
        "devices": [
            {**_described(state), "gaps": _by_suffix(gaps.get(dev_eui, {}))}
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
        "values": _by_suffix({key: asdict(value) for key, value in state.values.items()}),
        "decisions": [{"of": suffix_of(key), **asdict(told)} for key, told in state.decisions],
    }


def _by_suffix[T](found: Mapping[Key, T]) -> dict[str, T]:
    return {suffix_of(key): each for key, each in found.items()}
