"""What is polled is kept and shown; trouble stays where it is."""

from dataclasses import replace
from datetime import timedelta
import logging
import sqlite3
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
import pytest

from custom_components.bernau_smartcity.const import DOMAIN, INVENTORY_INTERVAL
from custom_components.bernau_smartcity.coordinator import BATCHES_AT_ONCE
from custom_components.bernau_smartcity.ledger.ledger import Ledger
from custom_components.bernau_smartcity.model import Device, NetworkError, Reason

from .fake_network import AT, DOOR, GAS, FakeNetwork, people, pulses
from .homes import has_entity, poll, reload, set_up, state_of

HOUR = timedelta(hours=1)


async def test_values_follow_the_uplinks(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> None:
    """Each poll shows what is new, and hands back the cursor of what was kept."""
    server.send(GAS, pulses(1_000))
    entry = await set_up(hass)
    assert state_of(hass, entry, GAS, "volume").state == "10.0"
    server.send(GAS, pulses(1_050), AT + HOUR)
    await poll(hass, freezer)
    total = state_of(hass, entry, GAS, "volume")
    assert (total.state, total.attributes["measured_at"]) == ("10.5", (AT + HOUR).isoformat())
    await poll(hass, freezer)
    assert set(server.cursors) == {GAS.dev_eui}


async def test_nothing_is_read_twice_after_a_restart(
    hass: HomeAssistant, server: FakeNetwork
) -> None:
    """The cursors are those of what is kept."""
    server.send(GAS, pulses(1_000))
    entry = await set_up(hass)
    kept = dict(entry.runtime_data.ledger.cursors)
    await reload(hass, entry)
    assert server.cursors == kept != {}


async def test_lost_server_takes_only_what_changes_by_itself(
    hass: HomeAssistant,
    server: FakeNetwork,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Totals stay, gauges go and come back; it is logged once."""
    server.send(GAS, pulses(1_000))
    entry = await set_up(hass)
    connection = next(
        state.entity_id
        for state in hass.states.async_all("binary_sensor")
        if state.attributes["device_class"] == "connectivity"
    )
    server.error = NetworkError(Reason.CONNECTION_REFUSED)
    for _ in range(3):
        await poll(hass, freezer)
    assert state_of(hass, entry, GAS, "volume").state == "10.0"
    assert state_of(hass, entry, GAS, "last_reading").state == AT.isoformat()
    assert state_of(hass, entry, GAS, "temperature").state == "unavailable"
    state = hass.states.get(connection)
    assert state is not None
    assert state.state == "off"
    told = [r for r in caplog.records if r.levelno >= logging.ERROR]
    assert len(told) == 1
    server.error = None
    await poll(hass, freezer)
    assert state_of(hass, entry, GAS, "temperature").state == "20.0"


async def test_what_came_before_an_error_is_kept(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> None:
    """A poll that breaks off loses nothing of what it had read."""
    entry = await set_up(hass)
    server.send(GAS, pulses(1_000))
    server.error = NetworkError(Reason.TIMEOUT)
    await poll(hass, freezer)
    assert state_of(hass, entry, GAS, "volume").state == "10.0"


async def test_rejected_key_while_polling(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> None:
    """The user is asked for another key."""
    await set_up(hass)
    server.error = NetworkError(Reason.KEY_REJECTED)
    await poll(hass, freezer)
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert flow["context"]["source"] == SOURCE_REAUTH


async def test_disk_that_refuses_loses_nothing(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> None:
    """What could not be kept is not shown, and its cursor does not move."""
    server.send(GAS, pulses(1_000))
    entry = await set_up(hass)
    cursors = dict(server.cursors)
    server.send(GAS, pulses(2_000), AT + HOUR)
    with patch.object(Ledger, "take", side_effect=sqlite3.OperationalError("disk is full")):
        await poll(hass, freezer)
    assert state_of(hass, entry, GAS, "volume").state == "10.0"
    assert not entry.runtime_data.last_update_success
    await poll(hass, freezer)
    assert set(server.cursors) == {GAS.dev_eui}
    assert cursors == {}


async def test_many_devices_are_read_in_one_poll(hass: HomeAssistant, server: FakeNetwork) -> None:
    """More than one transaction's worth."""
    devices = [
        replace(GAS, dev_eui=f"24e124136b{n:06x}", name=f"Gas {n}")
        for n in range(2 * BATCHES_AT_ONCE + 3)
    ]
    server.inventory = devices
    for device in devices:
        server.send(device, pulses(1_000))
    entry = await set_up(hass)
    assert {state_of(hass, entry, d, "volume").state for d in devices} == {"10.0"}


async def test_devices_appear_and_disappear_without_a_reload(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> None:
    """A device goes after two complete inventories without it, and may come back."""
    server.send(GAS, pulses(1_000))
    entry = await set_up(hass)
    assert state_of(hass, entry, DOOR, "last_reading").state == "unknown"
    server.send(DOOR, people(7, 5))
    await poll(hass, freezer)
    assert state_of(hass, entry, DOOR, "people_in").state == "7"
    server.inventory = [GAS]
    await poll(hass, freezer, INVENTORY_INTERVAL)
    assert has_entity(hass, entry, DOOR)
    await poll(hass, freezer, INVENTORY_INTERVAL)
    assert not has_entity(hass, entry, DOOR)
    assert len(dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)) == 2
    server.inventory = [GAS, DOOR]
    server.send(DOOR, people(9, 5))
    await poll(hass, freezer, INVENTORY_INTERVAL)
    assert state_of(hass, entry, DOOR, "people_in").state == "9"


async def test_inventory_is_read_though_the_clock_was_set_back(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> None:
    """It does not wait until the clock shows again what it showed."""
    server.send(GAS, pulses(1_000))
    entry = await set_up(hass)
    freezer.tick(-timedelta(days=1))
    server.inventory = [GAS, replace(DOOR, name="Nebeneingang")]
    await entry.runtime_data.async_refresh()
    assert entry.runtime_data.devices[DOOR.dev_eui].name == "Nebeneingang"


async def test_device_that_never_showed_anything_disappears(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> None:
    """It has no device in Home Assistant that could be removed."""
    entry = await set_up(hass)
    server.inventory = []
    for _ in range(2):
        await poll(hass, freezer, INVENTORY_INTERVAL)
    assert entry.runtime_data.devices == {}


async def test_deleted_application_keeps_its_devices(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> None:
    """A key that lost a right looks the same, so nothing is thrown away."""
    server.send(GAS, pulses(1_000))
    entry = await set_up(hass)
    server.applications = {"app-2": "Anderes"}
    for _ in range(3):
        await poll(hass, freezer, INVENTORY_INTERVAL)
    assert entry.runtime_data.missing_scopes == {"app-1": "Gebäude"}
    assert state_of(hass, entry, GAS, "volume").state == "10.0"


async def test_renamed_device(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> None:
    """The inventory tells, and nothing else changes."""
    server.send(GAS, pulses(1_000))
    entry = await set_up(hass)
    server.inventory = [replace(GAS, name="Gas Keller")]
    await poll(hass, freezer, INVENTORY_INTERVAL)
    device: Device = entry.runtime_data.devices[GAS.dev_eui]
    assert device.name == "Gas Keller"
    assert state_of(hass, entry, GAS, "volume").state == "10.0"
