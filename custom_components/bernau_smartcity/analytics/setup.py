"""Set an entry of visitor analytics up, and leave nothing of it behind."""

from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant

from ..backfill import Backfill
from .coordinator import AnalyticsCoordinator

PLATFORMS = (Platform.SENSOR,)


async def async_setup_analytics(hass: HomeAssistant, entry: ConfigEntry[Any]) -> bool:
    """Show what is kept at once, and follow the counters."""
    # What is added from now on, even while this goes on, has it begin anew.
    entry.async_on_unload(entry.add_update_listener(_async_reload))
    coordinator = await AnalyticsCoordinator.async_open(hass, entry)
    entry.runtime_data = coordinator
    await coordinator.async_start()
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    Backfill(hass, entry, coordinator.book.totals, coordinator.returned).async_start()
    return True


async def async_unload_analytics(hass: HomeAssistant, entry: ConfigEntry[Any]) -> bool:
    """Stop following; the coordinator closes what it holds."""
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


async def _async_reload(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Apply zones, gates and options that were changed."""
    hass.config_entries.async_schedule_reload(entry.entry_id)
