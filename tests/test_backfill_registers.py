"""Rollover, exchange, glitch and restart, as the Energy dashboard shows them."""

from datetime import timedelta
import sqlite3
from typing import override

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder import DOMAIN as RECORDER_DOMAIN, Recorder
from homeassistant.components.recorder.tasks import SynchronizeTask
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockUser
from pytest_homeassistant_custom_component.typing import WebSocketGenerator
from sqlalchemy.exc import OperationalError

from custom_components.bernau_smartcity import backfill, statistics

from .fake_network import AT, DOOR, GAS, FakeNetwork, people, pulses
from .homes import entity_id, set_up, state_of
from .recorder_time import HOUR, Arrival, Days

MINUTE = timedelta(minutes=1)
QUARTER_TO = 45 / 60


@pytest.fixture
async def days(
    recorder_mock: Recorder,  # noqa: ARG001  # the recorder must be there
    hass: HomeAssistant,
    server: FakeNetwork,
    freezer: FrozenDateTimeFactory,
) -> Days:
    """Give the time, beginning at ten past ten with an entry that knows no reading."""
    freezer.move_to(AT + 10 * MINUTE)
    result = Days(hass, freezer, server)
    await result.recorded()
    result.entry = await set_up(hass)
    return result


def gas(hours: float, value: int, late: timedelta = MINUTE) -> Arrival:
    """Give what the gas meter showed some hours after ten."""
    at = AT + hours * HOUR
    return Arrival(GAS, pulses(value), at, at + late)


async def volumes(days: Days) -> list[float]:
    """Give the bars of the gas meter's volume."""
    assert days.entry
    bars = await days.bars(entity_id(days.hass, days.entry, GAS, "volume"))
    assert list(bars) == [AT + n * HOUR for n in range(len(bars))]
    return list(bars.values())


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        pytest.param((2**32 - 1_000, 200, 1_400, 2_600, 3_800), [3, 12, 12, 12, 9], id="rollover"),
        pytest.param(
            (900_000, 100, 1_300, 2_500, 3_700), [0.25, 3.75, 12, 12, 9], id="counter begun anew"
        ),
        pytest.param(
            (900_000, 90_000_000, 902_400, 903_600, 904_800), [3, 12, 12, 12, 9], id="glitch"
        ),
        pytest.param(
            (900_000, 70_000_000, 70_001_200, 70_002_400, 70_003_600),
            [0, 3, 12, 12, 9],
            id="another meter",
        ),
    ],
)
async def test_register_that_does_not_simply_continue(
    days: Days, shown: tuple[int, ...], expected: list[float]
) -> None:
    """No spike and nothing negative, and what was in quarantine is found in its hour."""
    days.expect(gas(n + QUARTER_TO, value) for n, value in enumerate(shown))
    await days.until(AT + 5 * HOUR)
    assert await volumes(days) == pytest.approx(expected)


async def test_quarantine_that_is_resolved_late(days: Days) -> None:
    """A batch decides hours later what a reading meant; its hours follow."""
    shown = (900_000, 70_000_000, 70_001_200, 70_002_400, 70_003_600, 70_004_800)
    early, late = shown[:2], shown[2:5]
    days.expect(gas(n + QUARTER_TO, value) for n, value in enumerate(early))
    days.expect(gas(n + QUARTER_TO, value, (5 - n) * HOUR) for n, value in enumerate(late, start=2))
    days.expect([gas(5 + QUARTER_TO, shown[5])])
    await days.until(AT + 5 * HOUR)
    assert await volumes(days) == [0, 0, 0, 0, 0]
    await days.until(AT + 6 * HOUR)
    assert await volumes(days) == pytest.approx([0, 3, 12, 12, 12, 9])


async def test_late_reading_that_unmasks_a_jump(days: Days) -> None:
    """The sensor never falls; the hours tell the truth all the same."""
    days.expect([gas(0.75, 0), gas(4.75, 1_400_000), gas(5.75, 4_000), gas(6.75, 5_200)])
    days.expect([gas(4.5, 1_000, 36 * MINUTE)])
    await days.until(AT + 5 * HOUR)
    assert sum(await volumes(days)) > 10_000
    await days.until(AT + 7 * HOUR)
    bars = await volumes(days)
    assert min(bars) >= 0
    assert sum(bars) == pytest.approx(52)
    assert days.entry
    assert float(state_of(days.hass, days.entry, GAS, "volume").state) == 14_000


async def test_visitors_are_counted_in_their_hours(days: Days) -> None:
    """Entries and exits of a door, over the end of its counter."""
    for n in range(5):
        at = AT + (n + 0.5) * HOUR
        entries, exits = (65_500 + 40 * n) % 65_536, 100 + 20 * n
        days.expect([Arrival(DOOR, people(entries, exits), at, at + 25 * MINUTE)])
    await days.until(AT + 5 * HOUR)
    for suffix, expected in (
        ("people_in", [20, 40, 40, 40, 20]),
        ("people_out", [10, 20, 20, 20, 10]),
    ):
        assert days.entry
        bars = await days.bars(entity_id(days.hass, days.entry, DOOR, suffix))
        assert list(bars.values()) == expected


async def test_dashboard_reads_the_truth(
    days: Days,
    hass_ws_client: WebSocketGenerator,
    hass_admin_user: MockUser,
    hass_access_token: str,
) -> None:
    """Hour and day as the Energy dashboard asks for them."""
    days.expect(gas(n + QUARTER_TO, 500_000 + 1_200 * n, 25 * MINUTE) for n in range(5))
    await days.until(AT + 5 * HOUR)
    assert hass_access_token
    (access,) = hass_admin_user.refresh_tokens.values()
    client = await hass_ws_client(days.hass, days.hass.auth.async_create_access_token(access))
    assert days.entry
    sensor = entity_id(days.hass, days.entry, GAS, "volume")
    for period, expected in (("hour", [3, 12, 12, 9, 0]), ("day", [36])):
        await client.send_json_auto_id(
            {
                "type": "recorder/statistics_during_period",
                "start_time": (AT - HOUR).isoformat(),
                "statistic_ids": [sensor],
                "period": period,
                "types": ["change"],
            }
        )
        rows = (await client.receive_json())["result"][sensor]
        assert [row["change"] for row in rows] == pytest.approx(expected)


async def test_what_could_not_be_written_stays_due(
    days: Days, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An error of the database delays, and loses nothing."""
    days.expect(gas(n + QUARTER_TO, 500_000 + 1_200 * n) for n in range(5))
    await days.until(AT + HOUR)

    locked = sqlite3.OperationalError("database is locked")

    def fail(*_: object) -> None:
        raise OperationalError(None, None, locked)

    with monkeypatch.context() as patch:
        patch.setattr(backfill, "read", fail)
        await days.until(AT + 3 * HOUR)
        assert "Statistics could not be written" in caplog.text
    with monkeypatch.context() as patch:
        patch.setattr(backfill, "async_write", lambda *_: None)
        await days.until(AT + 4 * HOUR)
    await days.until(AT + 5 * HOUR)
    assert (await volumes(days))[:4] == pytest.approx([3, 12, 12, 12])


async def test_connection_that_breaks(days: Days, monkeypatch: pytest.MonkeyPatch) -> None:
    """The recorder drops what it is doing, whatever waits for that; hours go on all the same."""
    days.expect(gas(n + QUARTER_TO, 500_000 + 1_200 * n) for n in range(5))
    await days.until(AT + HOUR)
    broken = 0

    class Dropped(SynchronizeTask):
        @override
        def run(self, instance: Recorder) -> None:
            nonlocal broken
            broken += 1
            if broken <= 3:
                raise OperationalError(None, None, Exception("server closed the connection"))
            super().run(instance)

    monkeypatch.setattr(statistics, "SynchronizeTask", Dropped)
    await days.until(AT + 5 * HOUR)
    assert broken > 3
    assert (await volumes(days))[:4] == pytest.approx([3, 12, 12, 12])


@pytest.mark.parametrize("recorder_config", [{"exclude": {"domains": ["sensor"]}}])
async def test_excluded_sensors_are_left_alone(
    days: Days, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is written, and nothing complains."""
    days.expect(gas(n + QUARTER_TO, 500_000 + 1_200 * n) for n in range(2))
    await days.until(AT + 2 * HOUR)
    assert days.entry
    assert await days.rows(entity_id(days.hass, days.entry, GAS, "volume")) == {}
    assert "ERROR" not in [record.levelname for record in caplog.records]


async def test_without_a_recorder_nothing_complains(
    hass: HomeAssistant, server: FakeNetwork, caplog: pytest.LogCaptureFixture
) -> None:
    """Home Assistant may run without one."""
    server.send(GAS, pulses(1_000))
    entry = await set_up(hass)
    assert RECORDER_DOMAIN not in hass.config.components
    assert state_of(hass, entry, GAS, "volume").state == "10.0"
    hass.bus.async_fire("recorder_hourly_statistics_generated")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert "ERROR" not in [record.levelname for record in caplog.records]
