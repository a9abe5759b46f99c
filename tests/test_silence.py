"""Silent and sick devices: learnt, told once, taken back by themselves."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.bernau_smartcity.const import DOMAIN
from custom_components.bernau_smartcity.model import Batch, Device, NetworkError, Reason

from .fake_network import DOOR, GAS, FakeNetwork, people, pulses, uplink
from .homes import entity_id, reload, set_up, settled, state_of

AT = datetime(2026, 11, 20, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)


def send(server: FakeNetwork, device: Device, *hours: float) -> None:
    """Let a device have sent at these hours."""
    payload = people(5, 5) if device is DOOR else pulses(1_000)
    uplinks = tuple(uplink(device, payload, AT + hour * HOUR) for hour in hours)
    server.waiting.append(Batch(device=device, uplinks=uplinks))


@pytest.fixture
async def entry(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> MockConfigEntry:
    """Give a gas meter that sends each hour, and a counter that does each ten minutes."""
    send(server, GAS, *range(-48, 1))
    send(server, DOOR, *(n / 6 for n in range(-288, 1)))
    freezer.move_to(AT + HOUR / 60)
    return await set_up(hass)


async def at(hass: HomeAssistant, freezer: FrozenDateTimeFactory, hour: float) -> None:
    """Let it become this hour, and poll."""
    freezer.move_to(AT + hour * HOUR + timedelta(minutes=2))
    async_fire_time_changed(hass)
    await settled(hass)


def silent(hass: HomeAssistant, entry: MockConfigEntry) -> list[str]:
    """Give what is shown of both devices."""
    return [state_of(hass, entry, device, "silent").state for device in (GAS, DOOR)]


def issue(hass: HomeAssistant, entry: MockConfigEntry) -> str:
    """Give the names in the repair issue."""
    found = ir.async_get(hass).async_get_issue(DOMAIN, f"devices_silent_{entry.entry_id}")
    return "" if found is None else str((found.translation_placeholders or {})["names"])


async def test_one_device_falls_silent(
    hass: HomeAssistant, server: FakeNetwork, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """It is told when it should have been heard, once, and taken back when it is heard again."""
    assert silent(hass, entry) == [STATE_OFF, STATE_OFF]
    for hour in range(1, 3):
        send(server, DOOR, hour)
        await at(hass, freezer, hour)
    assert silent(hass, entry) == [STATE_OFF, STATE_OFF]
    send(server, DOOR, 4)
    await at(hass, freezer, 4)
    assert silent(hass, entry) == [STATE_ON, STATE_OFF]
    assert issue(hass, entry) == "Rathaus · Gas"
    attributes = state_of(hass, entry, GAS, "silent").attributes
    assert attributes["expected_after"] == 3
    assert attributes["last_reading"] == AT.isoformat()
    send(server, GAS, 4.5)
    send(server, DOOR, 4.5)
    await at(hass, freezer, 4.5)
    assert silent(hass, entry) == [STATE_OFF, STATE_OFF]
    assert issue(hass, entry) == ""


async def test_device_that_is_heard_has_the_same_state(
    hass: HomeAssistant, server: FakeNetwork, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """A message that changes nothing about its silence is not written: most of all are such."""
    send(server, DOOR, 1)
    await at(hass, freezer, 1)
    before = state_of(hass, entry, DOOR, "silent")
    send(server, DOOR, 2)
    await at(hass, freezer, 2)
    heard = state_of(hass, entry, DOOR, "last_reading").state
    assert heard == (AT + timedelta(hours=2)).isoformat()
    assert state_of(hass, entry, DOOR, "silent") is before


async def test_nothing_is_heard_at_all(
    hass: HomeAssistant, server: FakeNetwork, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """For a day it is the network server or its gateways; then it is told."""
    await at(hass, freezer, 20)
    assert silent(hass, entry) == [STATE_OFF, STATE_OFF]
    await at(hass, freezer, 28)
    assert silent(hass, entry) == [STATE_ON, STATE_ON]
    assert issue(hass, entry) == "Rathaus · Gas, Rathaus · Haupteingang"
    send(server, DOOR, 28.5)
    await at(hass, freezer, 28.5)
    assert silent(hass, entry) == [STATE_ON, STATE_OFF]


async def test_server_cannot_be_asked(
    hass: HomeAssistant, server: FakeNetwork, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """Nobody is silent because we did not listen, also over restarts."""
    server.error = NetworkError(Reason.TIMEOUT)
    await at(hass, freezer, 100)
    await reload(hass, entry)
    assert STATE_ON not in silent(hass, entry)
    server.error = None
    send(server, GAS, *range(1, 101))
    send(server, DOOR, *(n / 6 for n in range(1, 601)))
    await at(hass, freezer, 100.5)
    assert silent(hass, entry) == [STATE_OFF, STATE_OFF]


async def test_restart_tells_nothing_twice(
    hass: HomeAssistant, server: FakeNetwork, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """What was silent is so at once, before the network server was asked."""
    send(server, DOOR, 6)
    await at(hass, freezer, 6)
    assert silent(hass, entry) == [STATE_ON, STATE_OFF]
    server.error = NetworkError(Reason.TIMEOUT)
    await reload(hass, entry)
    assert silent(hass, entry) == [STATE_ON, STATE_OFF]
    server.error = None
    await at(hass, freezer, 6.5)
    assert silent(hass, entry) == [STATE_ON, STATE_OFF]
    assert issue(hass, entry) == "Rathaus · Gas"


async def test_device_that_was_never_heard(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> None:
    """Nobody knows when it should have been."""
    freezer.move_to(AT)
    send(server, DOOR, 0)
    entry = await set_up(hass)
    assert silent(hass, entry) == [STATE_UNKNOWN, STATE_OFF]


async def test_removed_device_is_no_longer_silent(
    hass: HomeAssistant, server: FakeNetwork, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """The issue goes with it."""
    send(server, DOOR, 6)
    await at(hass, freezer, 6)
    assert issue(hass, entry) == "Rathaus · Gas"
    server.inventory = [DOOR]
    for hour in (8, 9.5, 11):
        send(server, DOOR, hour)
        await at(hass, freezer, hour)
    assert issue(hass, entry) == ""


async def test_share_of_lost_messages(
    hass: HomeAssistant, server: FakeNetwork, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """By the frame counter; it is disabled at first."""
    sensor = entity_id(hass, entry, GAS, "loss_rate")
    registry = er.async_get(hass)
    registry.async_update_entity(sensor, disabled_by=None)
    await reload(hass, entry)
    assert state_of(hass, entry, GAS, "loss_rate").state == "0.0"
    newest = entry.runtime_data.states[GAS.dev_eui].heard
    assert newest
    item = uplink(GAS, pulses(1_000), AT + HOUR, f_cnt=newest.f_cnt + 13)
    server.waiting.append(Batch(device=GAS, uplinks=(item,)))
    await at(hass, freezer, 1)
    assert float(state_of(hass, entry, GAS, "loss_rate").state) == pytest.approx(100 * 12 / 61)


@pytest.mark.parametrize(
    ("charges", "shown"),
    [
        pytest.param([80], [STATE_OFF], id="full"),
        pytest.param([15, 14, 18, 19.9, 20], [STATE_OFF, *[STATE_ON] * 3, STATE_OFF], id="low"),
        pytest.param([10, None], [STATE_ON, STATE_UNKNOWN], id="no longer told"),
    ],
)
async def test_battery_of_which_only_the_charge_is_told(
    hass: HomeAssistant, server: FakeNetwork, charges: list[float | None], shown: list[str]
) -> None:
    """By the status of the LoRaWAN device; a little more does not end it."""
    send(server, GAS, 0)
    server.inventory = [replace(GAS, battery=charges[0])]
    entry = await set_up(hass)
    found = []
    for charge in charges:
        server.inventory = [replace(GAS, battery=charge)]
        await entry.runtime_data.async_take_inventory()
        await settled(hass)
        found.append(state_of(hass, entry, GAS, "battery_low").state)
    assert found == shown
