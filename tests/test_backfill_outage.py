"""After an outage, of whatever and over midnight, the Energy dashboard shows the truth."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.tasks import CompileMissingStatisticsTask
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    RecorderInstanceContextManager,
)

from custom_components.bernau_smartcity.model import NetworkError, Reason

from .fake_network import GAS, FakeNetwork, pulses
from .homes import entity_id, state_of
from .recorder_homes import asked, home, install
from .recorder_time import HOUR, Arrival, Days

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
HALF = 30 * MINUTE
MIDNIGHT = datetime(2026, 11, 22, 23, tzinfo=UTC)
"""In Berlin."""
PROFILE = (12, 0, 7.5, 3, 0, 0, 20)
"""m³ that are consumed in one hour after the other, evenly, again and again."""


@dataclass(frozen=True)
class Outage:
    """What fails, from when until when."""

    server: tuple[datetime, datetime] | None = None
    home: tuple[datetime, datetime] | None = None
    lost: bool = False
    """The server was down altogether: nobody received what the meter sent."""

    @property
    def begin(self) -> datetime:
        """When the first of both fails."""
        return min(each[0] for each in (self.server, self.home) if each)

    @property
    def end(self) -> datetime:
        """When both are back."""
        return max(each[1] for each in (self.server, self.home) if each)

    def arrival(self, at: datetime) -> Arrival | None:
        """Give when Home Assistant could read what was measured at a time."""
        readable = at + MINUTE
        if self.server and self.server[0] <= at < self.server[1]:
            if self.lost:
                return None
            readable = self.server[1] + MINUTE
        return Arrival(GAS, pulses(5_000_000 + round(counted(at) * 100)), at, readable)


@pytest.fixture
def expected_lingering_timers() -> bool:
    """Home Assistant ends without taking its timers back."""
    return True


def hour_of(number: int) -> float:
    """Give what is consumed in an hour, counted from midnight."""
    return PROFILE[number % len(PROFILE)]


def counted(at: datetime) -> float:
    """Give what was consumed until then, since noon of the day before."""
    number, rest = divmod(at - MIDNIGHT, HOUR)
    whole = sum(hour_of(n) for n in range(-12, number))
    return whole + hour_of(number) * (rest / HOUR)


def around(length: timedelta) -> tuple[datetime, datetime]:
    """Give an outage over midnight."""
    return MIDNIGHT - length / 2 + 10 * MINUTE, MIDNIGHT + length / 2 + 10 * MINUTE


def later(outage: tuple[datetime, datetime]) -> tuple[datetime, datetime]:
    """Give an outage that begins and ends an hour later."""
    begin, end = outage
    return begin + HOUR, end + HOUR


def bar(received: list[datetime], start: datetime, end: datetime) -> float:
    """Give what is to be shown: between two readings consumption is even."""

    def total(at: datetime) -> float:
        before = max(each for each in received if each <= at)
        after = min((each for each in received if each > at), default=None)
        share = (at - before) / (after - before) if after else 0.0
        return counted(before) + (counted(after or before) - counted(before)) * share

    return total(end) - total(start)


@asynccontextmanager
async def lasting(
    days: Days, recorder: RecorderInstanceContextManager, folder: Path, outage: Outage
) -> AsyncGenerator[None]:
    """Live through the outage, until five hours after it."""
    first_end = outage.home[0] if outage.home else outage.end + 5 * HOUR
    async with home(recorder, folder) as days.hass:
        days.entry = await install(days.hass)
        await days.until(min(outage.begin, first_end))
        if outage.server:
            await server_fails(days, outage, first_end)
        await days.until(first_end)
        if not outage.home:
            yield
    if not outage.home:
        return
    days.miss(outage.home[1])
    async with home(recorder, folder) as days.hass:
        still_down = outage.server is not None and outage.server[1] > outage.home[1]
        days.server.error = NetworkError(Reason.TIMEOUT) if still_down else None
        days.entry = await install(days.hass)
        assert float(state_of(days.hass, days.entry, GAS, "volume").state) > 50_000
        get_instance(days.hass).queue_task(CompileMissingStatisticsTask())
        await days.recorded()
        await days.until(outage.end)
        days.server.error = None
        await days.until(outage.end + 5 * HOUR)
        yield


async def server_fails(days: Days, outage: Outage, until: datetime) -> None:
    """Let the server fail, at the most as long as Home Assistant runs."""
    assert outage.server
    assert days.entry
    begin, end = outage.server
    await days.until(min(begin, until))
    days.server.error = NetworkError(Reason.TIMEOUT)
    await days.poll()
    assert not days.entry.runtime_data.last_update_success
    assert float(state_of(days.hass, days.entry, GAS, "volume").state) > 50_000
    await days.until(min(end, until))
    if end <= until:
        days.server.error = None
        await days.poll()


@pytest.mark.parametrize("persistent_database", [True])
@pytest.mark.parametrize("hours", [2, 8])
@pytest.mark.parametrize(
    ("what", "lost"),
    [
        ("home", False),
        *((what, lost) for what in ("server", "both", "server_longer") for lost in (False, True)),
    ],
)
async def test_no_bar_but_the_true_ones(
    async_test_recorder: RecorderInstanceContextManager,
    aiohttp_client: ClientSessionGenerator,
    server: FakeNetwork,
    freezer: FrozenDateTimeFactory,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    what: str,
    hours: int,
    *,
    lost: bool,
) -> None:
    """No bar at zero that is none, no spike, nothing negative, in hours and days."""
    length = around(hours * HOUR)
    outage = {
        "server": Outage(server=length, lost=lost),
        "home": Outage(home=length),
        "both": Outage(server=length, home=length, lost=lost),
        "server_longer": Outage(server=later(length), home=length, lost=lost),
    }[what]
    begin, end = full(outage.begin) - 3 * HOUR, full(outage.end) + 5 * HOUR
    moments = [begin + n * HALF for n in range((end - begin) // HALF)]
    arrivals = [each for at in moments if (each := outage.arrival(at))]
    received = [each.measured for each in arrivals]
    freezer.move_to(begin + 2 * MINUTE)
    days = Days(hass=None, freezer=freezer, server=server)  # type: ignore[arg-type]  # there is none yet
    days.expect(arrivals)
    async with lasting(days, async_test_recorder, tmp_path, outage):
        hours_shown = await bars(days, aiohttp_client, "hour")
        days_shown = await bars(days, aiohttp_client, "day")
    starts = [begin + n * HOUR for n in range((end - begin) // HOUR)]
    true = {start: bar(received, start, start + HOUR) for start in starts}
    assert hours_shown == pytest.approx(true, abs=1e-6)
    assert list(days_shown) == [MIDNIGHT - DAY, MIDNIGHT]
    for day, shown in days_shown.items():
        whole = sum(value for start, value in true.items() if day <= start < day + DAY)
        assert shown == pytest.approx(whole, abs=1e-6)
    if not lost:
        for start in starts[:-1]:
            assert hours_shown[start] == pytest.approx(hour_of((start - MIDNIGHT) // HOUR))
    assert "Blocked attempt" not in caplog.text


async def bars(days: Days, connect: ClientSessionGenerator, period: str) -> dict[datetime, float]:
    """Give the bars of the gas meter's volume, as the Energy dashboard asks for them."""
    assert days.entry
    sensor = entity_id(days.hass, days.entry, GAS, "volume")
    question = {
        "type": "recorder/statistics_during_period",
        "start_time": (MIDNIGHT - DAY).isoformat(),
        "statistic_ids": [sensor],
        "period": period,
        "types": ["change"],
    }
    rows = (await asked(days.hass, connect, question))[sensor]
    return {dt_util.utc_from_timestamp(row["start"] / 1000): row["change"] for row in rows}


def full(at: datetime) -> datetime:
    """Give the full hour before a time."""
    return at.replace(minute=0)
