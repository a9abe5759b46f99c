"""Diagnostics and system health tell what is needed and nothing secret."""

from datetime import timedelta
import json
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import get_system_health_info

from custom_components.bernau_smartcity.const import DOMAIN
from custom_components.bernau_smartcity.diagnostics import async_get_config_entry_diagnostics

from .fake_network import API_KEY, AT, GAS, UNKNOWN, FakeNetwork, config_entry, pulses
from .homes import set_up


async def test_diagnostics_hold_no_secret_and_no_identity(
    hass: HomeAssistant, server: FakeNetwork
) -> None:
    """Neither the key nor the address, nor anything that names a device or a building."""
    server.send(GAS, pulses(1_000))
    entry = config_entry(devices={GAS.dev_eui: {"pulse_weight": "0.01"}})
    await set_up(hass, entry)
    data: dict[str, Any] = await async_get_config_entry_diagnostics(hass, entry)
    text = json.dumps(data, default=str)
    for secret in (API_KEY, "fake.example", GAS.dev_eui, "7ELS123", "Rathaus", '"Gas"'):
        assert secret not in text
    assert data["server"] == {
        "reached": True,
        "applications": 1,
        "applications_missing": 0,
        "devices_overflowed": 0,
        "devices_withheld": 0,
        "messages_malformed": 0,
    }
    (gas,) = (device for device in data["devices"] if device["codec"] == "milesight_em300_di")
    assert gas["values"]["volume"]["value"] == 10
    assert gas["lost"] == 0


async def test_diagnostics_tell_gaps(hass: HomeAssistant, server: FakeNetwork) -> None:
    """Over which consumption was spread."""
    for hours in (0, 1, 8, 9):
        server.send(GAS, pulses(1_000 + hours), AT + timedelta(hours=hours))
    entry = await set_up(hass)
    data: dict[str, Any] = await async_get_config_entry_diagnostics(hass, entry)
    (gas,) = (device for device in data["devices"] if device["codec"] == "milesight_em300_di")
    gap = (AT + timedelta(hours=1), AT + timedelta(hours=8))
    assert gas["gaps"] == {"pulses": [gap], "volume": [gap]}


async def test_system_health(hass: HomeAssistant, server: FakeNetwork) -> None:
    """Figures over all entries."""
    server.inventory.append(UNKNOWN)
    await set_up(hass)
    assert await async_setup_component(hass, "system_health", {})
    await hass.async_block_till_done()
    assert await get_system_health_info(hass, DOMAIN) == {
        "servers": 1,
        "servers_reached": 1,
        "devices": 3,
        "devices_without_decoder": 1,
    }
