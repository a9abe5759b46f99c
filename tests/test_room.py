"""Home Assistant allows an entry only so many entities: values come first, and none is dropped."""

from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_platform, entity_registry as er, issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.bernau_smartcity import room
from custom_components.bernau_smartcity.const import DOMAIN

from .fake_network import AT, DOOR, GAS, FakeNetwork, people, pulses
from .homes import entity_id, poll, reload, set_up, state_of

HOUR = timedelta(hours=1)


def limited(monkeypatch: pytest.MonkeyPatch, most: int, scarce: int | None = None) -> None:
    """Allow so many entities; scarce is room from so many on."""
    monkeypatch.setattr(entity_platform, "MAX_ENABLED_ENTITIES_PER_CONFIG_ENTRY", most)
    monkeypatch.setattr(room, "MOST", most)
    monkeypatch.setattr(room, "SCARCE", most if scarce is None else scarce)


def enabled(hass: HomeAssistant, entry: MockConfigEntry) -> set[str]:
    """Give the suffixes of the enabled entities of the entry's devices."""
    registered = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    return {each.unique_id.split("_", 1)[1] for each in registered if not each.disabled}


def crowded(hass: HomeAssistant, entry: MockConfigEntry) -> ir.IssueEntry | None:
    """Give the repair issue of entities that wait."""
    return ir.async_get(hass).async_get_issue(DOMAIN, f"entities_crowded_{entry.entry_id}")


async def test_values_first(
    hass: HomeAssistant, server: FakeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where room is scarce, what follows from values is there to be enabled."""
    server.send(GAS, pulses(1_000))
    limited(monkeypatch, most=100, scarce=0)
    entry = await set_up(hass)
    of_gas = {suffix.removeprefix(f"{GAS.dev_eui}_") for suffix in enabled(hass, entry)}
    assert {"volume", "silent"} <= of_gas
    assert not any("limit" in suffix or "today" in suffix for suffix in of_gas)
    assert "last_reading" not in of_gas
    assert state_of(hass, entry, GAS, "volume").state == "10.0"
    registered = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    assert any(each.disabled and each.unique_id.endswith("_today") for each in registered)
    assert crowded(hass, entry) is None


async def test_waiting_for_room(
    hass: HomeAssistant,
    server: FakeNetwork,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What finds no room is named, and comes as soon as there is some."""
    entry = await set_up(hass)
    limited(monkeypatch, most=len(enabled(hass, entry)))
    server.send(DOOR, people(7, 5))
    await poll(hass, freezer)
    before = enabled(hass, entry)
    assert not any("people" in suffix for suffix in before)
    issue = crowded(hass, entry)
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["count"] == "1"
    assert DOOR.name in issue.translation_placeholders["names"]
    assert "Reached the maximum" not in caplog.text

    registry = er.async_get(hass)
    for suffix in ("silent", "last_reading"):
        registry.async_update_entity(
            entity_id(hass, entry, GAS, suffix), disabled_by=er.RegistryEntryDisabler.USER
        )
    server.send(DOOR, people(9, 6), AT + HOUR)
    await poll(hass, freezer)
    assert state_of(hass, entry, DOOR, "people_in").state == "9"
    assert state_of(hass, entry, DOOR, "people_out").state == "6"
    assert len(enabled(hass, entry)) == len(before)
    await poll(hass, freezer)
    assert crowded(hass, entry) is None  # consumption is there to be enabled
    assert "Reached the maximum" not in caplog.text


async def test_gone_while_waiting(
    hass: HomeAssistant,
    server: FakeNetwork,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A device that goes waits for nothing any more."""
    entry = await set_up(hass)
    limited(monkeypatch, most=1)
    server.send(DOOR, people(7, 5))
    await poll(hass, freezer)
    assert crowded(hass, entry) is not None
    await entry.runtime_data.async_forget({DOOR.dev_eui})
    await poll(hass, freezer)
    assert entry.runtime_data.room.waiting == {}
    assert crowded(hass, entry) is None


async def test_known_ones_stay(
    hass: HomeAssistant, server: FakeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was there once is there again after a restart, whatever the limit is by then."""
    server.send(GAS, pulses(1_000))
    entry = await set_up(hass)
    before = enabled(hass, entry)
    limited(monkeypatch, most=1)
    await reload(hass, entry)
    assert enabled(hass, entry) == before
    assert state_of(hass, entry, GAS, "volume").state == "10.0"
    assert crowded(hass, entry) is None
