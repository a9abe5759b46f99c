"""Which counters can be chosen for a gate, and which lines they have."""

from dataclasses import replace
from datetime import timedelta
import sqlite3
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
import pytest

from custom_components.bernau_smartcity.analytics.counters import (
    counters,
    families,
    line_of,
    lines_of,
    lines_of_sensors,
)
from custom_components.bernau_smartcity.analytics.store import Store
from custom_components.bernau_smartcity.coordinator import storage_path
from custom_components.bernau_smartcity.ledger.state import Key
from custom_components.bernau_smartcity.model import Quantity
from custom_components.bernau_smartcity.visitors.flows import Counting

from .analytics_homes import counter, gate, reckon, set_up_town, told, town, zone
from .fake_network import AT, FakeNetwork, config_entry, people
from .homes import set_up, settled

IN, OUT, FLOW = Quantity.PEOPLE_IN, Quantity.PEOPLE_OUT, Quantity.PEOPLE_FLOW


@pytest.mark.parametrize(
    ("totals", "expected"),
    [
        ([(IN, 0), (OUT, 0)], [("people", 0)]),
        ([(IN, 1), (OUT, 1), (IN, 2), (OUT, 2)], [("people", 1), ("people", 2)]),
        ([(IN, 0)], [("people_in", 0)]),
        ([(OUT, 0)], []),
        ([(Quantity.PASSAGES, 0)], [("passages", 0)]),
        ([(Quantity.VEHICLES, 0)], [("vehicles_either", 0)]),
        ([(Quantity.VEHICLES_IN, 3), (Quantity.VEHICLES_OUT, 3)], [("vehicles", 3)]),
        ([(FLOW, 12), (FLOW, 21), (FLOW, 11), (FLOW, 13)], [("people_flow", 12)]),
        ([(Quantity.MOVEMENTS, 0), (Quantity.PULSES, 0)], []),
    ],
)
def test_what_counts_at_a_line(totals: list[Key], expected: list[tuple[str, int]]) -> None:
    """Movements, pulses and what is in range are no number of people."""
    assert list(families(totals)) == expected


@pytest.mark.parametrize(
    ("reference", "counting", "forward", "backward"),
    [
        ("e/d/people/2", Counting.BOTH, "e/d/people_in/2", "e/d/people_out/2"),
        ("e/d/people_flow/12", Counting.BOTH, "e/d/people_flow/12", "e/d/people_flow/21"),
        ("e/d/passages/0", Counting.EITHER, "e/d/passages/0", ""),
        ("e/d/people_in/0", Counting.FORWARD, "e/d/people_in/0", ""),
    ],
)
def test_lines_of_a_counter(
    reference: str, counting: Counting, forward: str, backward: str
) -> None:
    """Turned round, entries are exits; who counts one direction is turned by its gate."""
    lines = lines_of(reference)
    assert lines == (counting, forward, backward)
    turned = (backward, forward) if counting is Counting.BOTH else (forward, backward)
    assert lines.swapped[1:] == turned
    line = line_of(forward)
    assert line is not None
    assert (line.entry_id, line.place) == ("e", "d")
    assert lines_of_sensors("sensor.a", None) == (Counting.FORWARD, "sensor/sensor.a", "")
    assert line_of("sensor/sensor.a") is line_of("parking/p/in") is None


async def test_names_of_counters(hass: HomeAssistant, server: FakeNetwork) -> None:
    """By building and device, in order."""
    inside = replace(counter(2, "milesight_vs350"), name="Aula", tags={"model": "milesight_vs350"})
    school = {"model": "milesight_vs350", "building": "Schule"}
    outside = replace(counter(1, "milesight_vs350"), name="Tor", tags=school)
    server.inventory = [inside, outside]
    for device in server.inventory:
        server.send(device, people(1, 1), AT)
    await set_up(hass, config_entry("server"))
    assert [each.name for each in counters(hass)] == ["Aula", "Schule · Tor"]


async def test_disk_that_refuses(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> None:
    """At the start it is tried again; later the figures come back by themselves."""
    freezer.move_to(AT)
    door = counter(1, "milesight_vs350")
    server.inventory = [door]
    for minutes in (15, 0):
        server.send(door, people(1, 1), AT - timedelta(minutes=minutes))
    await set_up(hass, config_entry("server"))
    layout = (zone("A"), gate("G", "*", "A", f"server/{door.dev_eui}/people/0"))
    with patch.object(Store, "open", side_effect=OSError):
        entry = await set_up_town(hass, town(*layout))
    assert entry.state is not ConfigEntryState.LOADED
    await hass.config_entries.async_reload(entry.entry_id)
    await settled(hass)
    assert told(hass, entry, "A", "occupancy").state == "0"
    with patch.object(Store, "forget_before", side_effect=sqlite3.OperationalError):
        await entry.runtime_data.async_refresh()
    assert told(hass, entry, "A", "occupancy").state == "unavailable"
    await entry.runtime_data.async_refresh()
    assert told(hass, entry, "A", "occupancy").state == "0"
    await reckon(hass, freezer)

    await hass.config_entries.async_unload(entry.entry_id)
    path = storage_path(hass, entry)
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    await hass.config_entries.async_setup(entry.entry_id)
    await settled(hass)
    assert list(path.parent.glob(f"{path.stem}.damaged-*"))
