"""The first read of a large town: all values in, and the loop never held up."""

import asyncio
import time
from typing import Final

from custom_components.bernau_smartcity.coordinator import SmartCityCoordinator
from custom_components.bernau_smartcity.ledger.state import DeviceState

from ._loop import watched
from ._town import control, entry_for, home_assistant, town

DEVICES: Final = 1_000
HISTORY: Final = 10


async def measure() -> dict[str, float]:
    """Read 1,000 devices that have 10 events each."""
    async with (
        town(f"--devices={DEVICES}", f"--history={HISTORY}") as place,
        home_assistant() as hass,
        entry_for(hass, place) as entry,
    ):
        before = await control(place, "requests")
        started = time.monotonic()
        async with watched() as held:
            await hass.config_entries.async_setup(entry.entry_id)
            coordinator: SmartCityCoordinator = entry.runtime_data
            polled = asyncio.Event()
            coordinator.async_add_listener(polled.set)
            await polled.wait()
            await hass.async_block_till_done()
        seconds = time.monotonic() - started
        after = await control(place, "requests")
        states = coordinator.states.values()
        await hass.config_entries.async_unload(entry.entry_id)
    return {
        "devices": len(states),
        "devices without a value": sum(not _has_value(state) for state in states),
        "entities": len(hass.states.async_all()),
        "seconds until all values are in": seconds,
        "requests": after["total"] - before["total"],
        "streams at once": after["max_open_streams"],
        "loop held up, ms": held.seconds * 1_000,
        "longest garbage collection, ms": held.collecting * 1_000,
    }


def _has_value(state: DeviceState) -> bool:
    return bool(state.values)
