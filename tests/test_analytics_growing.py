"""A town to which gates are added while it is still being set up."""

import asyncio
from types import MappingProxyType

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
import pytest

from .analytics_homes import OUTSIDE, counter, gate, town, zone
from .fake_network import FakeNetwork, config_entry
from .homes import set_up, settled

DOORS = [counter(number, "milesight_vs350") for number in (1, 2)]


@pytest.mark.parametrize("steps", [0, 1, 2, 4, 8, 16, 32, 64])
async def test_gate_that_comes_meanwhile(
    hass: HomeAssistant, server: FakeNetwork, steps: int
) -> None:
    """It is counted as soon as the town is there, and harms nothing before."""
    server.inventory = DOORS
    await set_up(hass, config_entry("server"))
    first, second = (
        gate(f"G{n}", OUTSIDE, "A", f"server/{door.dev_eui}/people/0")
        for n, door in enumerate(DOORS)
    )
    entry = town(zone("A"), first)
    entry.add_to_hass(hass)
    setting_up = hass.async_create_task(hass.config_entries.async_setup(entry.entry_id))
    for _ in range(steps):
        await asyncio.sleep(0)
    late = ConfigSubentry(
        data=MappingProxyType(dict(second["data"])),
        subentry_id=second.get("subentry_id", ""),
        subentry_type=second["subentry_type"],
        title=second["title"],
        unique_id=None,
    )
    hass.config_entries.async_add_subentry(entry, late)
    assert await setting_up
    await settled(hass)
    coordinator = entry.runtime_data
    assert set(coordinator.layout.gates) == {"G0", "G1"}
    assert set(coordinator.book.records) == coordinator.layout.lines
    assert coordinator.last_update_success
