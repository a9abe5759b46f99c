"""Diagnostics to attach to a question, without secrets and identities."""

from typing import Any, Final

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.core import HomeAssistant

from .coordinator import SmartCityConfigEntry
from .state import to_json

TO_REDACT: Final = {
    "api_key",
    "tenant",
    "url",
    "dev_eui",
    "name",
    "tags",
    "settings",
    "meter",
    "title",
    "unique_id",
}


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant,  # noqa: ARG001  # Home Assistant calls it with these
    entry: SmartCityConfigEntry,
) -> dict[str, Any]:
    """Give what is configured and what is known of each device."""
    coordinator = entry.runtime_data
    devices = coordinator.config_entry.options.get("devices", {})
    return {
        "entry": async_redact_data(entry.as_dict(), {*TO_REDACT, *devices}),
        "server": {
            "reached": coordinator.last_update_success,
            "applications": len(coordinator.scopes),
            "applications_missing": len(coordinator.missing_scopes),
        },
        "devices": [
            async_redact_data(to_json(state), TO_REDACT) for state in coordinator.states.values()
        ],
    }
