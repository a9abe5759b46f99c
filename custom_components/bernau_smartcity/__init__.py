"""LoRaWAN meters and visitor counters of a town in Home Assistant."""

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryAuthFailed, ConfigEntryNotReady
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.helpers.typing import ConfigType
from homeassistant.helpers.update_coordinator import UpdateFailed

from .actions.consumption import async_register_consumption_actions
from .actions.corrections import async_register_actions
from .actions.devices import async_register_device_actions
from .actions.limits import async_register_limit_actions
from .actions.settings import async_register_settings_actions
from .analytics.actions import async_register_analytics_actions
from .analytics.issues import async_clear_analytics_issues
from .analytics.setup import async_setup_analytics, async_unload_analytics
from .backfill import Backfill
from .const import DOMAIN
from .coordinator import (
    SIGNAL_LOADED,
    SmartCityConfigEntry,
    SmartCityCoordinator,
    storage_path,
    translated,
)
from .entries import is_analytics
from .issues import async_clear_issues
from .model import NetworkError
from .mqtt_source import async_listen
from .push import async_receive

PLATFORMS = (Platform.BINARY_SENSOR, Platform.NUMBER, Platform.SENSOR)


CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(
    hass: HomeAssistant,
    config: ConfigType,  # noqa: ARG001  # Home Assistant calls it with these
) -> bool:
    """Offer the actions and the address for push, whatever entries there are."""
    async_register_actions(hass)
    async_receive(hass)
    async_register_settings_actions(hass)
    async_register_consumption_actions(hass)
    async_register_device_actions(hass)
    async_register_limit_actions(hass)
    async_register_analytics_actions(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: SmartCityConfigEntry) -> bool:
    """Show what is kept at once, and read what is new in the background.

    Only an entry that knows no device yet insists on its network server.
    """
    if is_analytics(entry):
        return await async_setup_analytics(hass, entry)
    coordinator = await SmartCityCoordinator.async_open(hass, entry)
    await coordinator.async_forget_unchosen()
    coordinator.async_remove_devices(coordinator.ledger.places.gone())
    coordinator.async_leave_meters()
    try:
        if coordinator.server.polled:
            await coordinator.async_take_inventory()
    except NetworkError as error:
        if not coordinator.states:
            kind = ConfigEntryAuthFailed if error.is_auth else ConfigEntryNotReady
            raise translated(kind, error, coordinator.name) from error
        if error.is_auth:
            entry.async_start_reauth(hass)
        coordinator.async_set_update_error(translated(UpdateFailed, error, coordinator.name))

    await async_listen(coordinator)
    entry.runtime_data = coordinator
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    async_dispatcher_send(hass, SIGNAL_LOADED, coordinator)
    coordinator.async_start()
    Backfill(hass, entry, coordinator.ledger, coordinator.returned).async_start()
    return True


async def async_unload_entry(hass: HomeAssistant, entry: SmartCityConfigEntry) -> bool:
    """Stop reading; the coordinator closes what it holds, and what was read stays kept."""
    if is_analytics(entry):
        return await async_unload_analytics(hass, entry)
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


async def async_remove_entry(hass: HomeAssistant, entry: SmartCityConfigEntry) -> None:
    """Leave nothing behind."""
    async_clear_issues(hass, entry)
    async_clear_analytics_issues(hass, entry)
    path = storage_path(hass, entry)

    def remove() -> None:
        for file in path.parent.glob(f"{path.stem}.*"):
            file.unlink()

    await hass.async_add_executor_job(remove)


async def async_remove_config_entry_device(
    hass: HomeAssistant,  # noqa: ARG001  # Home Assistant calls it with these
    entry: SmartCityConfigEntry,
    device: dr.DeviceEntry,
) -> bool:
    """Let the user remove only what the network server no longer has, where it can be asked."""
    if is_analytics(entry):
        return False  # zones and gates are removed where they were added
    coordinator = entry.runtime_data
    found = {eui for eui in coordinator.states if coordinator.identifier(eui) in device.identifiers}
    if found and not coordinator.server.polled:
        await coordinator.async_forget(found)
        return True
    return not found and (device.id != coordinator.server_device_id)
