"""From the bytes of counters of three makes to what Home Assistant tells of zones and town.

The same small town as in the tests of the pure package: a station square (A)
and a market (B); a rollover, a restart and a message that got lost.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.bernau_smartcity.model import Batch, Device, Uplink

from .analytics_homes import OUTSIDE, counter, gate, reckon, set_up_town, told, town, zone
from .fake_network import FakeNetwork, config_entry
from .homes import poll, reload, set_up
from .visitors.test_payloads import COUNTERS, START, uplinks

DEVICES = {
    name: counter(number, each.codec) for number, (name, each) in enumerate(COUNTERS.items())
}
NOW = START + timedelta(hours=1, minutes=1)
SERVER = "server"


def batch(device: Device, messages: Iterable[Uplink]) -> Batch:
    """Give messages of a device as one batch."""
    own = [
        Uplink(
            dev_eui=device.dev_eui,
            id=each.id,
            received_at=each.received_at,
            f_port=each.f_port,
            f_cnt=each.f_cnt,
            payload=each.payload,
        )
        for each in messages
    ]
    return Batch(device=device, uplinks=tuple(own), cursors={device.dev_eui: own[-1].id})


def in_order() -> list[list[Batch]]:
    """Give the messages as they came, those of each quarter of an hour together."""
    return [
        [
            batch(DEVICES[name], [message])
            for name, each in COUNTERS.items()
            for message in uplinks(each)
            if message.received_at == START + timedelta(minutes=minutes)
        ]
        for minutes in range(0, 61, 15)
    ]


def shuffled(seed: int) -> list[list[Batch]]:
    """Give each message on its own, some twice, in any order."""
    random = Random(seed)  # noqa: S311  # no secret
    messages = [
        batch(DEVICES[name], [message])
        for name, each in COUNTERS.items()
        for message in uplinks(each)
    ]
    messages += random.sample(messages, 4)
    random.shuffle(messages)
    return [messages[:7], messages[7:12], messages[12:]]


def example() -> MockConfigEntry:
    """Give the town of the example."""
    of = {name: f"{SERVER}/{device.dev_eui}/people" for name, device in DEVICES.items()}
    return town(
        zone("A", capacity=50),
        zone("B"),
        gate("G1", OUTSIDE, "A", f"{of['G1']}/1", mode="train"),
        gate("G2", "A", "B", f"{of['G2']}/0"),
        gate("G3", OUTSIDE, "B", f"{of['G3']}/0", mode="walk"),
    )


def at(moment: datetime) -> str:
    """Give a time as attributes tell it."""
    return moment.isoformat()


@pytest.mark.parametrize("order", [in_order(), *map(shuffled, range(3))])
async def test_worked_example(
    hass: HomeAssistant,
    server: FakeNetwork,
    freezer: FrozenDateTimeFactory,
    order: list[list[Batch]],
) -> None:
    """However the messages come, the same is told in the end, and after a restart."""
    await hass.config.async_set_time_zone("Europe/Berlin")
    freezer.move_to(NOW)
    server.inventory = list(DEVICES.values())
    lora = await set_up(hass, config_entry(SERVER))
    entry = await set_up_town(hass, example())
    for batches in order:
        server.waiting = list(batches)
        await poll(hass, freezer)
        await reckon(hass, freezer)
    check(hass, entry)
    await reload(hass, entry)
    check(hass, entry)
    await reload(hass, lora)
    await reckon(hass, freezer)
    check(hass, entry)


def check(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Compare with what was worked out by hand."""
    shown = {
        (part, key): told(hass, entry, part, key).state
        for part, keys in {
            "G1": ("gate_forward", "gate_backward"),
            "G2": ("gate_forward", "gate_backward"),
            "G3": ("gate_forward", "gate_backward"),
            "A": ("occupancy", "zone_entries", "peak", "missing_entries", "capacity_share"),
            "B": ("occupancy", "zone_entries", "peak", "missing_entries"),
            "town": ("visits_today", "visits_this_hour", "arrivals_train", "arrivals_walk"),
        }.items()
        for key in keys
    }
    assert shown == {
        ("G1", "gate_forward"): "90",
        ("G1", "gate_backward"): "85",
        ("G2", "gate_forward"): "46",
        ("G2", "gate_backward"): "27",
        ("G3", "gate_forward"): "20",
        ("G3", "gate_backward"): "19",
        ("A", "occupancy"): "0",
        ("A", "zone_entries"): "117",
        ("A", "peak"): "35",
        ("A", "missing_entries"): "14",
        ("A", "capacity_share"): "0.0",
        ("B", "occupancy"): "20",
        ("B", "zone_entries"): "66",
        ("B", "peak"): "30",
        ("B", "missing_entries"): "0",
        ("town", "visits_today"): "110",
        ("town", "visits_this_hour"): "110",
        ("town", "arrivals_train"): "90",
        ("town", "arrivals_walk"): "20",
    }
    assert told(hass, entry, "B", "occupancy").attributes["as_of"] == at(START + timedelta(hours=1))
    assert told(hass, entry, "G3", "gate_forward").attributes["lower_bound"] is True
    share = told(hass, entry, "town", "share_train")
    assert share.state == "unknown"
    assert share.attributes["reason"] == "coverage"
