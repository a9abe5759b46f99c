"""An entry is set up, unloaded and removed."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
import sqlite3
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    issue_registry as ir,
)
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.bernau_smartcity import async_remove_config_entry_device
from custom_components.bernau_smartcity.const import DOMAIN, SCAN_INTERVAL
from custom_components.bernau_smartcity.coordinator import storage_path
from custom_components.bernau_smartcity.model import NetworkError, Reason

from .fake_network import (
    AT,
    DOOR,
    GAS,
    UNKNOWN,
    FakeNetwork,
    config_entry,
    people,
    pulses,
)
from .homes import has_entity, poll, reload, set_up, settled, state_of


async def test_devices_have_all_that_is_known(hass: HomeAssistant, server: FakeNetwork) -> None:
    """Maker, model, number and building, behind the network server's own device."""
    server.send(GAS, pulses(1_000))
    entry = await set_up(hass)
    registry = dr.async_get(hass)
    device = registry.async_get_device_by_identifier(
        (DOMAIN, f"{entry.entry_id}_{GAS.dev_eui}"), entry.entry_id
    )
    assert device is not None
    assert (device.name, device.manufacturer, device.model) == ("Gas", "Milesight", "EM300-DI")
    assert device.serial_number == "7ELS123"
    area = ar.async_get(hass).async_get_area(device.area_id or "")
    assert area is not None
    assert area.name == "Rathaus"
    hub = registry.async_get_device_by_identifier((DOMAIN, entry.entry_id), entry.entry_id)
    assert hub is not None
    assert device.via_device_id == hub.id
    assert (hub.name, hub.manufacturer) == (entry.title, "FakeStack")


async def test_values_are_back_at_once_while_the_server_is_down(
    hass: HomeAssistant,
    server: FakeNetwork,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A total is there with its own time; what changes by itself waits for the server."""
    server.send(GAS, pulses(1_000))
    entry = await set_up(hass)
    server.error = NetworkError(Reason.CONNECTION_REFUSED)
    await reload(hass, entry)
    assert entry.state is ConfigEntryState.LOADED
    total = state_of(hass, entry, GAS, "volume")
    assert (total.state, total.attributes["measured_at"]) == ("10.0", AT.isoformat())
    assert state_of(hass, entry, GAS, "temperature").state == "unavailable"
    assert caplog.text.count("The server accepts no connection") == 1
    server.error = None
    await poll(hass, freezer)
    assert state_of(hass, entry, GAS, "temperature").state == "20.0"


async def test_first_set_up_insists_on_the_server(
    hass: HomeAssistant, server: FakeNetwork, caplog: pytest.LogCaptureFixture
) -> None:
    """Without a single device there is nothing to show, so it is tried again later."""
    server.error = NetworkError(Reason.NAME_UNKNOWN)
    entry = await set_up(hass)
    states = [entry.state]
    assert "FakeStack fake.example" in caplog.text
    assert server.closed == 1
    server.error = None
    await reload(hass, entry)
    states.append(entry.state)
    assert states == [ConfigEntryState.SETUP_RETRY, ConfigEntryState.LOADED]


@pytest.mark.parametrize("known", [False, True])
async def test_rejected_key_asks_for_another(
    hass: HomeAssistant, server: FakeNetwork, *, known: bool
) -> None:
    """Values that are known stay."""
    server.send(GAS, pulses(1_000))
    if not known:
        server.error = NetworkError(Reason.KEY_REJECTED)
    entry = await set_up(hass)
    server.error = NetworkError(Reason.KEY_REJECTED)
    await reload(hass, entry)
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert flow["context"]["source"] == SOURCE_REAUTH
    assert (entry.state is ConfigEntryState.LOADED) is known
    if known:
        assert state_of(hass, entry, GAS, "volume").state == "10.0"


async def test_storage_that_cannot_be_opened(hass: HomeAssistant, server: FakeNetwork) -> None:
    """The entry is tried again, and nothing is read that could not be kept."""
    server.send(GAS, pulses(1_000))
    entry = config_entry()
    storage_path(hass, entry).mkdir(parents=True)
    await set_up(hass, entry)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert len(server.waiting) == 1


async def test_unloading_stops_everything(hass: HomeAssistant, server: FakeNetwork) -> None:
    """The connection is closed, and the file can be opened by another."""
    entry = await set_up(hass)
    assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.NOT_LOADED
    assert server.closed == 1


async def test_unloading_while_the_server_hangs(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> None:
    """The poll is broken off, and what it had read is kept."""
    entry = await set_up(hass)
    server.hangs = asyncio.Event()
    server.send(GAS, pulses(1_000))
    freezer.tick(SCAN_INTERVAL + timedelta(seconds=1))
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    assert await hass.config_entries.async_unload(entry.entry_id)
    server.hangs = None
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settled(hass)
    assert state_of(hass, entry, GAS, "volume").state == "10.0"


async def test_home_assistant_stops(hass: HomeAssistant, server: FakeNetwork) -> None:
    """The connection is closed and what was read is kept."""
    await set_up(hass)
    hass.set_state(CoreState.stopping)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await hass.async_block_till_done()
    assert server.closed == 1


async def test_removal_leaves_nothing(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> None:
    """No file, no device, no issue."""
    freezer.move_to(AT)
    server.inventory.append(UNKNOWN)
    server.send(GAS, pulses(1_000))
    entry = await set_up(hass)
    path = storage_path(hass, entry)
    assert path.exists()
    assert len(ir.async_get(hass).issues) == 1
    assert await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    files = await hass.async_add_executor_job(lambda: [file.name for file in path.parent.iterdir()])
    assert not any(name.startswith(DOMAIN) for name in files)
    assert ir.async_get(hass).issues == {}
    assert not dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)


async def test_application_no_longer_wanted(hass: HomeAssistant, server: FakeNetwork) -> None:
    """Its devices go when it is unticked, even while the server is down."""
    server.applications["app-2"] = "Besucher"
    server.inventory = [GAS, replace(DOOR, scope="app-2")]
    server.send(GAS, pulses(1_000))
    server.send(server.inventory[1], people(7, 5))
    entry = config_entry(scopes=["app-1", "app-2"])
    await set_up(hass, entry)
    assert has_entity(hass, entry, DOOR)
    server.error = NetworkError(Reason.TIMEOUT)
    hass.config_entries.async_update_entry(entry, options={**entry.options, "scopes": ["app-1"]})
    await reload(hass, entry)
    assert not has_entity(hass, entry, DOOR)
    assert state_of(hass, entry, GAS, "volume").state == "10.0"


async def test_only_absent_devices_can_be_removed_by_hand(
    hass: HomeAssistant, server: FakeNetwork
) -> None:
    """What the network server has would come back at once."""
    server.send(GAS, pulses(1_000))
    entry = await set_up(hass)
    registry = dr.async_get(hass)
    for device in dr.async_entries_for_config_entry(registry, entry.entry_id):
        assert not await async_remove_config_entry_device(hass, entry, device)
    old = registry.async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={(DOMAIN, f"{entry.entry_id}_ffff")}
    )
    assert await async_remove_config_entry_device(hass, entry, old)


async def test_storage_that_has_become_read_only(
    hass: HomeAssistant, server: FakeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is known is shown; nothing is read that could not be kept, or taken for damaged."""
    server.send(GAS, pulses(1_000))
    entry = await set_up(hass)
    kept = dict(entry.runtime_data.ledger.cursors)
    server.send(GAS, pulses(1_100))
    whole = partial(sqlite3.connect, uri=True)

    def read_only(path: Path, **how: Any) -> sqlite3.Connection:
        found: sqlite3.Connection = whole(f"file:{path}?mode=ro", **how)
        return found

    with monkeypatch.context() as disk:
        disk.setattr(sqlite3, "connect", read_only)
        await reload(hass, entry)
        assert state_of(hass, entry, GAS, "volume").state == "10.0"
        error = entry.runtime_data.last_exception
        assert getattr(error, "translation_key", None) == "storage_failed"
        assert entry.runtime_data.ledger.cursors == kept
    server.send(GAS, pulses(1_100))
    await reload(hass, entry)
    assert state_of(hass, entry, GAS, "volume").state == "11.0"
    assert not [*storage_path(hass, entry).parent.glob("*.damaged-*")]
