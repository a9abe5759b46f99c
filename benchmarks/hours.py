"""The recorder's hours of 1,000 totals: after an hour, and after ten days of outage."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
import time
from typing import Any, Final

from homeassistant.components.recorder import Recorder, get_instance
from homeassistant.components.recorder.tasks import (
    AdjustStatisticsTask,
    ImportStatisticsTask,
    StatisticsTask,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import async_initialize_recorder
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.bernau_smartcity import coordinator
from custom_components.bernau_smartcity.model import Batch, Device
from tests.fake_network import GAS, FakeNetwork, config_entry, pulses, uplink

from ._loop import Held, watched
from ._town import home_assistant

DEVICES: Final = 500
"""Each has two totals: pulses and the volume that they stand for."""
OUTAGE: Final = timedelta(days=10)
HOUR: Final = timedelta(hours=1)
ONCE: Final = timedelta(minutes=43)
"""In each hour, when the meters send."""
STATISTICS: Final = (ImportStatisticsTask, AdjustStatisticsTask)


@dataclass
class Work:
    """What the recorder was given to do."""

    seconds: float = 0.0
    rows: int = 0
    waiting: int = 0
    most: int = 0


def _rows(task: object) -> int:
    return len(list(task.statistics)) if isinstance(task, ImportStatisticsTask) else 1


@contextmanager
def _counted(recorder: Recorder) -> Iterator[Work]:
    """Count the statistics that wait for the recorder, and the time that it needs for them."""
    work = Work()
    queue = recorder.queue_task
    runs = {kind: kind.run for kind in STATISTICS}

    def queue_task(task: Any) -> None:
        if isinstance(task, STATISTICS):
            work.rows += _rows(task)
            work.waiting += _rows(task)
            work.most = max(work.most, work.waiting)
        queue(task)

    def run(task: Any, instance: Recorder) -> None:
        began = time.perf_counter()
        runs[type(task)](task, instance)
        work.seconds += time.perf_counter() - began
        work.waiting -= _rows(task)

    vars(recorder)["queue_task"] = queue_task
    for kind in STATISTICS:
        kind.run = run  # type: ignore[method-assign, assignment]  # takes any of them
    try:
        yield work
    finally:
        del vars(recorder)["queue_task"]
        for kind, original in runs.items():
            kind.run = original  # type: ignore[method-assign]  # as before


@dataclass
class Town:
    """Meters behind a server, and the Home Assistant that reads them."""

    hass: HomeAssistant
    server: FakeNetwork
    entry: MockConfigEntry
    begin: datetime

    def send(self, since: datetime, hours: int) -> None:
        """Let each meter have sent once in each of these hours."""
        for device in self.server.inventory:
            moments = [since + n * HOUR + ONCE for n in range(hours)]
            uplinks = [uplink(device, pulses(_counted_at(self.begin, at)), at) for at in moments]
            self.server.waiting.append(Batch(device=device, uplinks=tuple(uplinks)))

    async def poll(self) -> None:
        """Read what is new."""
        await self.entry.runtime_data.async_refresh()
        await self.hass.async_block_till_done()

    async def compile(self, start: datetime) -> tuple[Work, Held, float]:
        """Let the recorder compile five minutes, and wait until all is written."""
        recorder = get_instance(self.hass)
        began = time.monotonic()
        async with watched() as held:
            with _counted(recorder) as work:
                recorder.queue_task(StatisticsTask(start, fire_events=True))
                for _ in range(3):
                    await self.hass.async_add_executor_job(recorder.block_till_done)
                    await self.hass.async_block_till_done(wait_background_tasks=True)
        return work, held, time.monotonic() - began


def _counted_at(begin: datetime, at: datetime) -> int:
    return 1_000_000 + round((at - begin) / HOUR * 1_200)


def _device(number: int) -> Device:
    return replace(GAS, dev_eui=f"{number:016x}", name=f"Meter {number}")


async def _set_up(hass: HomeAssistant) -> Town:
    """Start the recorder, and an entry whose meters have sent once."""
    async_initialize_recorder(hass)
    url = f"sqlite:///{hass.config.path('home-assistant.db')}"
    await async_setup_component(hass, "recorder", {"recorder": {"db_url": url}})
    await async_setup_component(hass, "sensor", {})
    await hass.async_start()
    server = FakeNetwork(inventory=[_device(n) for n in range(DEVICES)])
    vars(coordinator)["SERVERS"] = {"fake": server.server_type}
    vars(coordinator)["async_get_clientsession"] = lambda _: None
    begin = dt_util.utcnow().replace(minute=0, second=0, microsecond=0) + HOUR
    entry = config_entry()
    town = Town(hass, server, entry, begin)
    town.send(begin - HOUR, 1)
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    return town


async def measure() -> dict[str, float]:
    """Measure the hours of 500 meters with two totals each."""
    async with home_assistant() as hass:
        town = await _set_up(hass)
        await town.compile(town.begin)
        for n in range(3):
            start = town.begin + n * HOUR
            town.send(start, 1)
            await town.poll()
            hourly, held, seconds = await town.compile(start + timedelta(minutes=55))
        idle, _, _ = await town.compile(start + HOUR + timedelta(minutes=55))
        town.send(start + HOUR, OUTAGE // HOUR)
        back = start + HOUR + OUTAGE
        async with watched() as reading:
            began = time.monotonic()
            await town.poll()
            read = time.monotonic() - began
        late, late_held, late_seconds = await town.compile(back + timedelta(minutes=55))
        await hass.config_entries.async_unload(town.entry.entry_id)
        await asyncio.sleep(0)
    return {
        "totals": 2 * DEVICES,
        "one hour: rows": hourly.rows,
        "one hour: recorder, s": hourly.seconds,
        "one hour: with compilation and arithmetic, s": seconds,
        "one hour: loop held up, ms": held.seconds * 1_000,
        "hour without readings: rows": idle.rows,
        "10 days: reading in, s": read,
        "10 days: reading in, loop held up, ms": reading.seconds * 1_000,
        "10 days: rows": late.rows,
        "10 days: most rows that wait for the recorder": late.most,
        "10 days: recorder, s": late.seconds,
        "10 days: all, s": late_seconds,
        "10 days: loop held up, ms": late_held.seconds * 1_000,
    }
