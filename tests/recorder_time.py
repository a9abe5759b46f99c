"""Time that passes for Home Assistant, its recorder and a network server."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.statistics import (
    StatisticsRow,
    statistics_during_period,
)
from homeassistant.components.recorder.tasks import StatisticsTask
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)

from custom_components.bernau_smartcity.model import Device

from .fake_network import FakeNetwork
from .homes import settled

HOUR = timedelta(hours=1)
FIVE_MINUTES = timedelta(minutes=5)
OTHER = "sensor.of_somebody_else"


@dataclass(frozen=True)
class Arrival:
    """An uplink, when the server received it, and when it lets us read it."""

    device: Device
    payload: bytes
    measured: datetime
    readable: datetime


@dataclass
class Days:
    """Lets time pass, five minutes at a time."""

    hass: HomeAssistant
    freezer: FrozenDateTimeFactory
    server: FakeNetwork
    entry: MockConfigEntry | None = None
    arrivals: list[Arrival] = field(default_factory=list)
    compiled: int = 0

    def expect(self, arrivals: Iterable[Arrival]) -> None:
        """Let uplinks arrive in time."""
        self.arrivals = sorted([*self.arrivals, *arrivals], key=lambda each: each.readable)

    async def until(self, end: datetime, *, slots: Iterable[int] = (20, 55)) -> None:
        """Let time pass; the recorder compiles the five minutes that begin at these minutes."""
        now = dt_util.utcnow()
        start = now.replace(minute=now.minute // 5 * 5, second=0, microsecond=0)
        while start < end:
            await self._receive(start + FIVE_MINUTES)
            if start.minute in slots:
                await self.compile(start)
            start += FIVE_MINUTES
        self.freezer.move_to(end)

    async def compile(self, start: datetime) -> None:
        """Let the recorder compile the five minutes that begin at a time."""
        self.compiled += 1
        self.hass.states.async_set(
            OTHER,
            str(self.compiled),
            {
                "device_class": "energy",
                "state_class": "total_increasing",
                "unit_of_measurement": "kWh",
            },
        )
        self.freezer.move_to(max(start + FIVE_MINUTES + timedelta(seconds=10), dt_util.utcnow()))
        await self.recorded()
        get_instance(self.hass).queue_task(StatisticsTask(start, fire_events=True))
        await self.recorded()

    async def recorded(self) -> None:
        """Wait until recorder and integration have nothing left to do."""
        for _ in range(3):
            await async_wait_recording_done(self.hass)
            await settled(self.hass)

    async def _receive(self, until: datetime) -> None:
        while self.arrivals and self.arrivals[0].readable < until:
            arrival = self.arrivals.pop(0)
            self.freezer.move_to(max(arrival.readable, dt_util.utcnow()))
            self.server.send(arrival.device, arrival.payload, arrival.measured)
            if not self.arrivals or self.arrivals[0].readable > arrival.readable:
                await self.poll()

    def miss(self, until: datetime) -> None:
        """Let uplinks reach the network server while nobody reads them, and time pass."""
        while self.arrivals and self.arrivals[0].readable < until:
            arrival = self.arrivals.pop(0)
            self.server.send(arrival.device, arrival.payload, arrival.measured)
        self.freezer.move_to(until)

    async def poll(self) -> None:
        """Read what is new, if the entry is loaded."""
        if self.entry is not None and hasattr(self.entry, "runtime_data"):
            await self.entry.runtime_data.async_refresh()
            await settled(self.hass)

    async def rows(
        self, statistic_id: str, period: str = "hour", since: datetime | None = None
    ) -> dict[datetime, StatisticsRow]:
        """Give the statistics of an entity by their start, as the Energy dashboard reads them."""
        found = await get_instance(self.hass).async_add_executor_job(
            statistics_during_period,
            self.hass,
            since or dt_util.utc_from_timestamp(0),
            None,
            {statistic_id},
            period,
            None,
            {"change", "state", "sum"},
        )
        return {
            dt_util.utc_from_timestamp(row["start"]): row for row in found.get(statistic_id, [])
        }

    async def bars(self, statistic_id: str, period: str = "hour") -> dict[datetime, float]:
        """Give the bars of the Energy dashboard."""
        rows = await self.rows(statistic_id, period)
        return {start: round(row["change"] or 0, 9) for start, row in rows.items()}
