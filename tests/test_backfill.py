"""The recorder's statistics tell what the meter itself would tell."""

from datetime import datetime, timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder import Recorder
from homeassistant.core import HomeAssistant
import pytest

from .fake_network import AT, GAS, FakeNetwork, pulses
from .homes import entity_id, set_up
from .recorder_time import HOUR, OTHER, Arrival, Days

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def days(
    recorder_mock: Recorder,  # noqa: ARG001  # the recorder must be there
    hass: HomeAssistant,
    server: FakeNetwork,
    freezer: FrozenDateTimeFactory,
) -> Days:
    """Give the time, beginning at ten."""
    freezer.move_to(AT)
    result = Days(hass, freezer, server)
    await result.recorded()
    return result


def counted(at: datetime) -> int:
    """Give what the gas meter shows: 1000 pulses (10 m³) an hour, all the time."""
    return 500_000 + round((at - AT) / HOUR * 1_000)


def reading(hours: float, late: timedelta = 2 * MINUTE) -> Arrival:
    """Give the reading some hours after ten."""
    at = AT + hours * HOUR
    return Arrival(GAS, pulses(counted(at)), at, at + late)


async def install(days: Days) -> str:
    """Set the entry up, and give the sensor of the gas meter's volume."""
    days.entry = await set_up(days.hass)
    return entity_id(days.hass, days.entry, GAS, "volume")


@pytest.mark.parametrize("minute", [2, 21, 52, 56])
async def test_history_is_there_within_five_minutes(
    days: Days, minute: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Whenever the entry is set up, what the server kept is in its hours at once."""
    hours = [-6 + 43 / 60 + n for n in range(12)]
    start = AT + minute * MINUTE
    for hour in hours:
        if AT + hour * HOUR <= start:
            days.server.send(GAS, pulses(counted(AT + hour * HOUR)), AT + hour * HOUR)
    days.expect(reading(hour) for hour in hours if AT + hour * HOUR > start)
    days.freezer.move_to(start)
    sensor = await install(days)
    await days.compile(start.replace(minute=minute // 5 * 5))
    bars = await days.bars(sensor)
    closed = 5 if minute > 43 else 4
    assert [bars[AT + n * HOUR] for n in range(-5, closed - 5)] == [10.0] * closed
    assert bars[AT - 6 * HOUR] == pytest.approx(10 * 17 / 60)
    assert max(bars) == (AT if minute == 56 else AT - HOUR)
    await days.until(AT + 4 * HOUR)
    bars = await days.bars(sensor)
    assert [bars[AT + n * HOUR] for n in range(-5, 3)] == [10.0] * 8
    assert min(bars.values()) >= 0
    assert sum(bars.values()) == pytest.approx(10 * (9 - 0))
    assert "Blocked attempt" not in caplog.text
    assert [row["change"] for row in (await days.rows(OTHER)).values()]
