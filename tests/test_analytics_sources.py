"""Where counts come from, what is kept of them, and what is told when a source is gone."""

from datetime import UTC, datetime, timedelta
import json
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.bernau_smartcity.const import DOMAIN
from custom_components.bernau_smartcity.coordinator import storage_path
from custom_components.bernau_smartcity.diagnostics import async_get_config_entry_diagnostics
from custom_components.bernau_smartcity.model import Batch

from .analytics_homes import OUTSIDE, counter, gate, reckon, set_up_town, told, town, zone
from .fake_network import FakeNetwork, config_entry, people, uplink
from .homes import poll, reload, set_up, settled

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)
SERVER = "server"
DOOR = counter(1, "milesight_vs350")
REFERENCE = f"{SERVER}/{DOOR.dev_eui}/people/0"
COUNTS = {"state_class": "total_increasing"}


@pytest.fixture(autouse=True)
async def _here(hass: HomeAssistant) -> None:
    """Live in Bernau."""
    await hass.config.async_set_time_zone("Europe/Berlin")


def parts() -> list[Any]:
    """Give a zone with one gate."""
    return [zone("A"), gate("G", OUTSIDE, "A", REFERENCE)]


def sent(*counts: tuple[int, int], start: datetime = AT) -> Batch:
    """Give what the counter sent, each quarter of an hour."""
    found = tuple(
        uplink(DOOR, people(*pair), start + number * QUARTER) for number, pair in enumerate(counts)
    )
    return Batch(device=DOOR, uplinks=found, cursors={DOOR.dev_eui: found[-1].id})


def issue(hass: HomeAssistant, entry: MockConfigEntry, key: str) -> ir.IssueEntry | None:
    """Give a repair of the town."""
    return ir.async_get(hass).async_get_issue(DOMAIN, f"{key}_{entry.entry_id}")


async def quarter(hass: HomeAssistant, freezer: FrozenDateTimeFactory, at: datetime) -> None:
    """Let a bin end."""
    freezer.move_to(at + timedelta(milliseconds=600))  # time triggers come within a second
    async_fire_time_changed(hass)
    await settled(hass)


async def test_sensors_of_another_integration(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    """Looked at once in each bin; one that is silent is no sensor that counts nobody."""
    freezer.move_to(AT)
    hass.states.async_set("sensor.in", "100", COUNTS)
    hass.states.async_set("sensor.out", "7", COUNTS)
    counted = {"sensor_forward": "sensor.in", "sensor_backward": "sensor.out"}
    own = gate("G", OUTSIDE, "A", "", **counted)
    own["data"] = {key: value for key, value in own["data"].items() if key != "counter"}
    entry = await set_up_town(hass, town(zone("A"), own))
    for number, (came, went) in enumerate((("130", "7"), ("131", "10"), ("131.0", "11")), 1):
        hass.states.async_set("sensor.in", came, COUNTS)
        hass.states.async_set("sensor.out", went, COUNTS)
        await quarter(hass, freezer, AT + number * QUARTER)
    assert told(hass, entry, "G", "gate_forward").state == "31"
    assert told(hass, entry, "A", "occupancy").state == "27"
    await reload(hass, entry)
    assert told(hass, entry, "A", "occupancy").state == "27"

    hass.states.async_set("sensor.in", "unavailable")
    for number in (4, 5, 6):
        await quarter(hass, freezer, AT + number * QUARTER)
    state = told(hass, entry, "A", "occupancy")
    assert (state.state, state.attributes["reason"]) == ("unknown", "not_reported")
    assert told(hass, entry, "G", "gate_forward").state == "31"

    hass.states.async_set("sensor.in", "4", COUNTS)  # it began anew
    await quarter(hass, freezer, AT + 7 * QUARTER)
    forward = told(hass, entry, "G", "gate_forward")
    assert (forward.state, forward.attributes["lower_bound"]) == ("35", True)
    assert told(hass, entry, "A", "occupancy").state == "31"

    hass.states.async_remove("sensor.out")
    await quarter(hass, freezer, AT + 8 * QUARTER)
    gone = issue(hass, entry, "counter_missing")
    assert gone is not None
    assert gone.translation_placeholders == {"names": "G", "town": "Altstadt"}
    hass.states.async_set("sensor.out", "12", COUNTS)
    await quarter(hass, freezer, AT + 9 * QUARTER)
    assert issue(hass, entry, "counter_missing") is None


async def test_network_server_that_starts_later(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> None:
    """What it has is taken over as soon as it is there, and what it keeps while it is not."""
    freezer.move_to(AT + 2 * QUARTER + timedelta(minutes=1))
    server.inventory = [DOOR]
    server.waiting = [sent((10, 10), (15, 10), (20, 11))]
    entry = await set_up_town(hass, town(*parts()))
    lora = config_entry(SERVER)
    lora.add_to_hass(hass)
    assert told(hass, entry, "G", "gate_forward").attributes["reason"] == "not_reported"
    await hass.config_entries.async_setup(lora.entry_id)
    await settled(hass)
    await reckon(hass, freezer)
    assert told(hass, entry, "A", "occupancy").state == "9"

    await hass.config_entries.async_unload(lora.entry_id)
    await reload(hass, entry)
    assert told(hass, entry, "A", "occupancy").state == "9"
    assert issue(hass, entry, "counter_missing") is None
    await hass.config_entries.async_setup(lora.entry_id)
    server.waiting = [sent((30, 30), start=AT + 3 * QUARTER)]
    freezer.move_to(AT + 3 * QUARTER + timedelta(minutes=1))
    await poll(hass, freezer)
    await reckon(hass, freezer)
    assert told(hass, entry, "G", "gate_forward").state == "20"

    await hass.config_entries.async_remove(lora.entry_id)
    await settled(hass)
    await quarter(hass, freezer, AT + 4 * QUARTER)
    assert issue(hass, entry, "counter_missing") is not None
    assert told(hass, entry, "G", "gate_forward").state == "20"


async def test_long_silence(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> None:
    """Who passed is known, when is not: the sum is right again, the quarters stay unknown."""
    server.inventory = [DOOR]
    batch = sent((0, 0), (5, 0))
    later = sent((50, 20), (52, 20), start=AT + 12 * QUARTER)
    freezer.move_to(AT + 13 * QUARTER + timedelta(minutes=1))
    server.waiting = [later, batch]
    await set_up(hass, config_entry(SERVER))
    entry = await set_up_town(hass, town(*parts()))
    assert told(hass, entry, "town", "visits_today").state == "52"
    assert told(hass, entry, "A", "occupancy").state == "32"
    assert told(hass, entry, "A", "peak").state == "32"
    filled = [(5 + number, number) for number in range(1, 11)]
    server.waiting = [sent(*filled, start=AT + 2 * QUARTER)]
    await poll(hass, freezer)
    await reckon(hass, freezer)
    assert told(hass, entry, "town", "visits_today").state == "52"
    assert told(hass, entry, "town", "town_coverage").state != "0"
    record = entry.runtime_data.book.records[f"{SERVER}/{DOOR.dev_eui}/people_in/0"]
    assert record.silences == []


async def test_what_is_kept(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> None:
    """No longer than was set; a file that is damaged is read again from the network server."""
    server.inventory = [DOOR]
    freezer.move_to(AT + QUARTER + timedelta(minutes=1))
    days = [sent((day, 0), (day + 1, 0), start=AT - day * timedelta(days=1)) for day in (9, 8, 1)]
    server.waiting = [*days, sent((20, 0), (25, 0))]
    await set_up(hass, config_entry(SERVER))
    entry = await set_up_town(hass, town(*parts(), retention=400))
    book = entry.runtime_data.book
    assert book.since().date() == (AT - timedelta(days=9)).date()
    assert told(hass, entry, "G", "gate_forward").state == "5"

    hass.config_entries.async_update_entry(entry, options={"retention": 7, "smallest": 5})
    await settled(hass)
    assert entry.runtime_data.book.since().date() == (AT - timedelta(days=7)).date()

    await hass.config_entries.async_unload(entry.entry_id)
    path = storage_path(hass, entry)
    await hass.async_add_executor_job(path.write_bytes, b"no database, but long enough" * 99)
    await hass.config_entries.async_setup(entry.entry_id)
    await settled(hass)
    assert told(hass, entry, "G", "gate_forward").state == "5"
    assert list(path.parent.glob(f"{path.stem}.damaged-*"))
    await hass.config_entries.async_remove(entry.entry_id)
    assert not list(path.parent.glob(f"{path.stem}.*"))


async def test_repairs_of_the_layout(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> None:
    """A gate without its zone, a zone without a gate; counters that miss a tenth each day."""
    server.inventory = [DOOR]
    start = AT - timedelta(days=4)
    pairs = [(number, number * 4 // 5) for number in range(4 * 96 + 2)]
    freezer.move_to(AT + QUARTER + timedelta(minutes=1))
    server.waiting = [sent(*pairs, start=start)]
    await set_up(hass, config_entry(SERVER))
    lost = gate("Lost", "B", "A", f"{SERVER}/{DOOR.dev_eui}/people/1")
    entry = await set_up_town(hass, town(*parts(), zone("C"), lost))
    shown = {
        key: (found.translation_placeholders or {})["names"]
        for key in ("zone_drifts", "gate_without_zone", "zone_without_gate", "zone_open")
        if (found := issue(hass, entry, key)) is not None
    }
    assert shown == {
        "zone_drifts": "Platz A",
        "gate_without_zone": "Lost",
        "zone_without_gate": "Platz C",
    }
    assert told(hass, entry, "A", "drift").state == "19"
    unbalanced = told(hass, entry, "A", "dwell_yesterday")
    assert unbalanced.state == "unknown"
    await hass.config_entries.async_remove(entry.entry_id)
    assert not [key for key in shown if issue(hass, entry, key)]


async def test_diagnostics_name_nobody(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> None:
    """Zones and gates by number; no names, no device."""
    server.inventory = [DOOR]
    freezer.move_to(AT + QUARTER + timedelta(minutes=1))
    server.waiting = [sent((0, 0), (5, 1))]
    await set_up(hass, config_entry(SERVER))
    entry = await set_up_town(hass, town(*parts()))
    data = await async_get_config_entry_diagnostics(hass, entry)
    text = json.dumps(data, default=str)
    for name in ("Altstadt", "Platz", '"G"', DOOR.dev_eui, SERVER):
        assert name not in text
    assert data["gates"][0]["between"] == [0, 1]
    assert data["gates"][0]["lines"][0]["bins_at_hand"] == 1


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (1, 3, 0, 2), (2, 0, 3, 1)])
async def test_counter_that_tells_only_what_it_counted_lately(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory, order: list[int]
) -> None:
    """Its first message counts as well, whichever comes first, and still after a restart."""
    device = counter(3, "milesight_vs121")
    counts = [(7, 1), (4, 2), (6, 3), (5, 4)]
    sent = [
        uplink(device, b"\x05\xcc" + came.to_bytes(2, "little") + went.to_bytes(2, "little"), at)
        for (came, went), at in zip(counts, (AT + n * QUARTER for n in range(4)), strict=True)
    ]
    freezer.move_to(AT + HOUR)
    server.inventory = [device]
    await set_up(hass, config_entry(SERVER))
    reference = f"{SERVER}/{device.dev_eui}/people/0"
    entry = await set_up_town(hass, town(zone("A"), gate("G", OUTSIDE, "A", reference)))
    for number in order:
        message = sent[number]
        server.waiting = [Batch(device=device, uplinks=(message,), cursors={})]
        await poll(hass, freezer)
        await reckon(hass, freezer)
    for _ in range(2):
        assert told(hass, entry, "town", "visits_today").state == "22"
        assert told(hass, entry, "A", "occupancy").state == "12"
        assert float(told(hass, entry, "A", "people_in").state) == 22
        await reload(hass, entry)
