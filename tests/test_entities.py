"""Each quantity appears as what it is."""

from dataclasses import replace
from datetime import timedelta
import json
from pathlib import Path
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import ATTR_FRIENDLY_NAME
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.bernau_smartcity.binary_sensor import FLAGS
from custom_components.bernau_smartcity.descriptions import VALUES
from custom_components.bernau_smartcity.model import Kind, Medium, Quantity

from .fake_network import AT, DOOR, GAS, FakeNetwork, people, pulses
from .homes import entity_id, poll, set_up, state_of

HOUR = timedelta(hours=1)


def test_every_quantity_has_an_appearance() -> None:
    """A quantity without one would be read and never shown."""
    for quantity in Quantity:
        shown = (quantity in VALUES) + (quantity in FLAGS)
        assert shown == (quantity.kind is not Kind.MOMENT), quantity
        if quantity in VALUES:
            description = VALUES[quantity]
            assert (description.native_unit_of_measurement or "") == quantity.unit
            is_total = description.state_class == "total_increasing"
            assert is_total == (quantity.kind is Kind.REGISTER)


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_medium_has_its_name(language: str) -> None:
    """What depends on the medium is named for each."""
    path = Path("custom_components/bernau_smartcity/translations") / f"{language}.json"
    names: dict[str, Any] = json.loads(path.read_text())["entity"]["sensor"]
    for description in VALUES.values():
        for name, _ in (description.media or {}).values():
            assert name in names
            assert f"{name}_channel" in names


@pytest.mark.parametrize(
    ("medium", "device_class", "unit", "name"),
    [
        (Medium.GAS, "gas", "m³", "Gas Gas"),
        (Medium.WATER, "water", "m³", "Gas Water"),
        (Medium.HEAT, "energy", "kWh", "Gas Heat energy"),
        (Medium.ELECTRICITY, "energy", "kWh", "Gas Energy"),
    ],
)
async def test_medium_decides_what_a_pulse_is(
    hass: HomeAssistant,
    server: FakeNetwork,
    medium: Medium,
    device_class: str,
    unit: str,
    name: str,
) -> None:
    """The same pulses are gas, water, heat or electricity."""
    device = replace(GAS, tags={**GAS.tags, "medium": medium})
    server.inventory = [device]
    server.send(device, pulses(1_000))
    entry = await set_up(hass)
    total = state_of(hass, entry, device, "energy" if unit == "kWh" else "volume")
    assert float(total.state) == 10
    assert total.attributes["device_class"] == device_class
    assert total.attributes["unit_of_measurement"] == unit
    assert total.attributes["state_class"] == "total_increasing"
    assert total.attributes[ATTR_FRIENDLY_NAME] == name


async def test_counter_of_visitors(hass: HomeAssistant, server: FakeNetwork) -> None:
    """Entries and exits are totals with a unit that is a word."""
    server.send(DOOR, people(7, 5))
    entry = await set_up(hass)
    entries = state_of(hass, entry, DOOR, "people_in")
    assert entries.state == "7"
    assert entries.attributes["state_class"] == "total_increasing"
    assert entries.attributes["unit_of_measurement"]
    assert state_of(hass, entry, DOOR, "people_out").state == "5"


async def test_display_is_told_where_it_differs(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> None:
    """After a rollover the counter itself shows another number."""
    server.send(DOOR, people(65_530, 5))
    entry = await set_up(hass)
    assert "display" not in state_of(hass, entry, DOOR, "people_in").attributes
    server.send(DOOR, people(4, 5), AT + HOUR / 4)
    await poll(hass, freezer)
    entries = state_of(hass, entry, DOOR, "people_in")
    assert (entries.state, entries.attributes["display"]) == ("65540", 4.0)


async def test_health_of_a_device(hass: HomeAssistant, server: FakeNetwork) -> None:
    """The last reading is shown; signal and losses are there to be switched on."""
    server.send(GAS, pulses(1_000))
    entry = await set_up(hass)
    assert state_of(hass, entry, GAS, "last_reading").state == AT.isoformat()
    registry = er.async_get(hass)
    disabled = {
        suffix: registry.async_get(entity_id(hass, entry, GAS, suffix))
        for suffix in ("rssi", "snr", "lost_uplinks")
    }
    assert all(entity and entity.disabled for entity in disabled.values())
    for entity in disabled.values():
        assert entity is not None
        registry.async_update_entity(entity.entity_id, disabled_by=None)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    values = {suffix: state_of(hass, entry, GAS, suffix).state for suffix in disabled}
    assert values == {"rssi": "-101", "snr": "7.5", "lost_uplinks": "0"}


async def test_battery_of_lorawan_only_where_no_payload_tells_it(
    hass: HomeAssistant, server: FakeNetwork
) -> None:
    """A device has one battery, whatever comes first."""
    heat = replace(GAS, profile_name="CMi4110", dev_eui="94193ac40000000a", battery=87.0)
    server.inventory = [heat, replace(DOOR, battery=87.0)]
    entry = await set_up(hass)
    assert state_of(hass, entry, heat, "lorawan_battery").state == "87.0"
    with pytest.raises(AssertionError, match="no entity for lorawan_battery"):
        state_of(hass, entry, DOOR, "lorawan_battery")


async def test_counts_of_a_period_are_off_where_the_total_is_known(
    hass: HomeAssistant, server: FakeNetwork
) -> None:
    """They say nothing more."""
    server.send(DOOR, people(7, 5) + b"\x05\xcc\x02\x00\x01\x00")
    entry = await set_up(hass)
    registered = er.async_get(hass).async_get(entity_id(hass, entry, DOOR, "people_in_period"))
    assert registered is not None
    assert registered.disabled


async def test_alarm_of_a_meter(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> None:
    """It is on, then off, and unavailable without the server."""
    water = replace(GAS, profile_name="Qalcosonic W1", tags={})
    server.inventory = [water]
    clock = int(AT.timestamp())
    frame = clock.to_bytes(4, "little") + b"\x30" + (375).to_bytes(4, "little")
    frame += (clock - 16 * 3600).to_bytes(4, "little") + (375).to_bytes(4, "little") + bytes(30)
    server.send(water, frame, f_port=100)
    entry = await set_up(hass)
    assert state_of(hass, entry, water, "leak").state == "on"
    later = int((AT + HOUR).timestamp())
    server.send(water, later.to_bytes(4, "little") + b"\x00" + frame[5:], AT + HOUR, f_port=100)
    await poll(hass, freezer)
    assert state_of(hass, entry, water, "leak").state == "off"
