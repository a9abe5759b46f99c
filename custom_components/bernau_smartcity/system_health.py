"""Figures for Home Assistant's system health page."""

from typing import Any

from homeassistant.components.system_health import SystemHealthRegistration
from homeassistant.core import HomeAssistant, callback

from .entries import loaded_servers


@callback
def async_register(
    hass: HomeAssistant,  # noqa: ARG001  # Home Assistant calls it with these
    register: SystemHealthRegistration,
) -> None:
    """Register the page's section."""
    register.async_register_info(_async_info)


async def _async_info(hass: HomeAssistant) -> dict[str, Any]:
    """Give the figures over all entries."""
    coordinators = [entry.runtime_data for entry in loaded_servers(hass)]
    states = [state for c in coordinators for state in c.states.values()]
    return {
        "servers": len(coordinators),
        "servers_reached": sum(c.last_update_success for c in coordinators),
        "devices": len(states),
        "devices_without_decoder": sum(not state.codec for state in states),
    }
