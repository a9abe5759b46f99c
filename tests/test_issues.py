"""Trouble is told once for each kind, with the next step, and taken back by itself."""

from dataclasses import replace
from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.bernau_smartcity import issues
from custom_components.bernau_smartcity.const import DOMAIN, INVENTORY_INTERVAL
from custom_components.bernau_smartcity.issues import NAMES_SHOWN
from custom_components.bernau_smartcity.ledger.state import DeviceState
from custom_components.bernau_smartcity.model import Batch

from .fake_network import AT, DOOR, GAS, UNKNOWN, FakeNetwork, config_entry, pulses, uplink
from .homes import poll, set_up, state_of

HOUR = timedelta(hours=1)


def told(hass: HomeAssistant, entry: MockConfigEntry) -> dict[str, dict[str, str]]:
    """Give the placeholders of each issue of the entry."""
    return {
        issue.translation_key or "": dict(issue.translation_placeholders or {})
        for (domain, issue_id), issue in ir.async_get(hass).issues.items()
        if domain == DOMAIN and issue_id.endswith(entry.entry_id) and issue.active
    }


async def test_decoder_needed(hass: HomeAssistant, server: FakeNetwork) -> None:
    """Devices of an unknown model are listed."""
    server.inventory.append(UNKNOWN)
    entry = await set_up(hass)
    assert told(hass, entry) == {
        "decoder_needed": {"count": "1", "names": "Rätsel", "server": entry.title}
    }


async def test_left_out_devices_are_no_trouble(hass: HomeAssistant, server: FakeNetwork) -> None:
    """Whoever chose no decoder knows it."""
    other = replace(UNKNOWN, dev_eui="24e124136b000004", profile="profile-4")
    server.inventory += [UNKNOWN, other]
    entry = config_entry(
        profiles={UNKNOWN.profile: "none"}, devices={other.dev_eui: {"codec": "none"}}
    )
    await set_up(hass, entry)
    assert told(hass, entry) == {}


async def test_many_names_are_cut(hass: HomeAssistant, server: FakeNetwork) -> None:
    """A list of hundreds helps nobody."""
    server.inventory = [
        replace(UNKNOWN, dev_eui=f"24e124136b{n:06x}", name=f"Rätsel {n:03}") for n in range(300)
    ]
    entry = await set_up(hass)
    placeholders = told(hass, entry)["decoder_needed"]
    assert placeholders["count"] == "300"
    assert placeholders["names"].count("Rätsel") == NAMES_SHOWN
    assert placeholders["names"].endswith(", …")


async def test_payload_of_another_model(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> None:
    """The device is listed until a payload is understood again; its total stays."""
    server.send(GAS, pulses(1_000))
    entry = await set_up(hass)
    server.send(GAS, b"\x05\xc8\x01", AT + HOUR)
    await poll(hass, freezer)
    assert set(told(hass, entry)) == {"undecodable"}
    assert state_of(hass, entry, GAS, "volume").state == "10.0"
    server.send(GAS, pulses(1_100), AT + 2 * HOUR)
    await poll(hass, freezer)
    assert told(hass, entry) == {}
    assert state_of(hass, entry, GAS, "volume").state == "11.0"


async def test_encrypted_payload(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> None:
    """Only the network server can be given the key."""
    freezer.move_to(AT)
    server.send(GAS, b"\x00" * 16, encrypted=True)
    entry = await set_up(hass)
    assert set(told(hass, entry)) == {"encrypted"}


async def test_history_that_did_not_reach_back(hass: HomeAssistant, server: FakeNetwork) -> None:
    """What the server no longer held is told, not hidden."""
    server.waiting = [Batch(device=DOOR, uplinks=(uplink(DOOR, b"\x01\x75\x64"),), overflowed=True)]
    entry = await set_up(hass)
    assert told(hass, entry)["history_overflow"]["names"] == "Rathaus · Haupteingang"


async def test_history_that_is_withheld(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> None:
    """A server that hears devices but gives nothing is told, until it gives again."""
    server.waiting = [Batch(device=DOOR, withheld=True, malformed=2)]
    entry = await set_up(hass)
    assert told(hass, entry)["history_missing"]["names"] == "Rathaus · Haupteingang"
    assert entry.runtime_data.malformed == 2
    server.waiting = [Batch(device=DOOR)]
    await poll(hass, freezer)
    assert set(told(hass, entry)) == {"history_missing"}
    server.send(DOOR, b"\x01\x75\x64", AT + HOUR)
    await poll(hass, freezer)
    assert told(hass, entry) == {}


async def test_deleted_application(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> None:
    """It is told, and taken back when the application is there again."""
    entry = await set_up(hass)
    server.applications = {}
    await poll(hass, freezer, INVENTORY_INTERVAL)
    assert told(hass, entry)["application_missing"]["names"] == "Gebäude"
    server.applications = {"app-1": "Gebäude"}
    await poll(hass, freezer, INVENTORY_INTERVAL)
    assert told(hass, entry) == {}


async def test_total_that_stands_too_high(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> None:
    """It is told by how much, until the meter has caught up; a trifle is not."""
    freezer.move_to(AT)
    server.send(GAS, pulses(0), AT)
    server.send(GAS, pulses(1_400_000), AT + 4 * HOUR)
    entry = await set_up(hass)
    freezer.move_to(AT + 6 * HOUR)
    server.send(GAS, pulses(1_000), AT + 3.75 * HOUR)
    server.send(GAS, pulses(1_200), AT + 5 * HOUR)
    await poll(hass, freezer)
    assert told(hass, entry)["total_too_high"]["names"] == "Rathaus · Gas (13988 m³)"
    state = state_of(hass, entry, GAS, "volume")
    assert (state.state, state.attributes["too_high_by"]) == ("14000.0", 13_988)
    server.send(GAS, pulses(1_399_400), AT + 200 * HOUR)
    await poll(hass, freezer, 200 * HOUR)
    assert state_of(hass, entry, GAS, "volume").attributes["too_high_by"] == 6
    assert told(hass, entry) == {}
    server.send(GAS, pulses(1_401_000), AT + 201 * HOUR)
    await poll(hass, freezer)
    state = state_of(hass, entry, GAS, "volume")
    assert state.state == "14010.0"
    assert "too_high_by" not in state.attributes


async def test_only_what_changed_is_looked_at(
    hass: HomeAssistant,
    server: FakeNetwork,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A poll without news costs nothing, however many devices there are."""
    server.inventory += [
        replace(UNKNOWN, dev_eui=f"24e124136b{n:06x}", name=f"Rätsel {n}") for n in range(10, 60)
    ]
    entry = await set_up(hass)
    seen: list[str] = []

    def name(state: DeviceState) -> str:
        seen.append(state.device.name)
        return state.device.name

    monkeypatch.setattr(issues, "_name", name)
    await poll(hass, freezer)
    assert seen == []
    server.send(server.inventory[7], b"?", AT + HOUR)
    await poll(hass, freezer)
    assert seen == ["Rätsel 15"]
    assert told(hass, entry)["decoder_needed"]["count"] == "50"


async def test_device_on_two_servers(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> None:
    """It would count twice; both stay devices of their own."""
    server.send(GAS, pulses(1_000))
    first = await set_up(hass)
    second = MockConfigEntry(
        domain=DOMAIN, title="Zweiter", data=first.data, options=first.options, unique_id="other"
    )
    server.send(GAS, pulses(1_000))
    await set_up(hass, second)
    assert told(hass, second)["device_twice"]["count"] == "2"
    await hass.config_entries.async_unload(first.entry_id)
    await poll(hass, freezer)
    assert told(hass, second) == {}
    await hass.config_entries.async_setup(first.entry_id)
    await poll(hass, freezer, INVENTORY_INTERVAL)
    assert told(hass, second)["device_twice"]["count"] == "2"
    assert state_of(hass, first, GAS, "volume").state == "10.0"
    assert state_of(hass, second, GAS, "volume").state == "10.0"
