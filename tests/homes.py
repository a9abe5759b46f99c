"""What tests do with an entry in Home Assistant."""

from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.bernau_smartcity.const import DOMAIN, SCAN_INTERVAL
from custom_components.bernau_smartcity.model import Device

from .fake_network import config_entry


async def settled(hass: HomeAssistant) -> None:
    """Wait until everything in the background has been done."""
    await hass.async_block_till_done(wait_background_tasks=True)


async def set_up(hass: HomeAssistant, entry: MockConfigEntry | None = None) -> MockConfigEntry:
    """Set an entry up, and let the first poll end."""
    entry = config_entry() if entry is None else entry
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await settled(hass)
    return entry


async def reload(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Unload the entry and set it up again, as at a restart."""
    await hass.config_entries.async_reload(entry.entry_id)
    await settled(hass)


async def poll(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, after: timedelta = SCAN_INTERVAL
) -> None:
    """Let time pass so that the next poll is due, and let it end."""
    freezer.tick(after + timedelta(seconds=1))
    async_fire_time_changed(hass)
    await settled(hass)


def entity_id(hass: HomeAssistant, entry: MockConfigEntry, device: Device, suffix: str) -> str:
    """Give the entity of a device; fails if there is none."""
    unique_id = f"{entry.entry_id}_{device.dev_eui}_{suffix}"
    for domain in ("sensor", "binary_sensor"):
        found = er.async_get(hass).async_get_entity_id(domain, DOMAIN, unique_id)
        if found is not None:
            return found
    message = f"{device.name} has no entity for {suffix}"
    raise AssertionError(message)


def has_entity(hass: HomeAssistant, entry: MockConfigEntry, device: Device) -> bool:
    """Tell whether the device has any entity."""
    return any(
        device.dev_eui in registered.unique_id
        for registered in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    )


def state_of(hass: HomeAssistant, entry: MockConfigEntry, device: Device, suffix: str) -> State:
    """Give the state of an entity of a device; fails if there is none."""
    state = hass.states.get(entity_id(hass, entry, device, suffix))
    assert state is not None, f"{device.name}: {suffix} has no state"
    return state
