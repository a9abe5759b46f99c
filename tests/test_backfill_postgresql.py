"""The recorder's database server goes away for a while and comes back."""

from collections.abc import Iterator
from datetime import timedelta
import logging
from os import environ
from pathlib import Path

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.typing import RecorderInstanceContextManager

from .fake_network import AT, GAS, FakeNetwork, pulses
from .homes import entity_id
from .postgresql import RUN, PostgreSQL, postgresql
from .recorder_homes import home, install
from .recorder_time import HOUR, Arrival, Days

pytestmark = pytest.mark.skipif(RUN not in environ, reason="needs scripts/test --postgresql")


@pytest.fixture
def database() -> Iterator[PostgreSQL]:
    """Give a server that may be stopped."""
    with postgresql() as server:
        yield server


@pytest.fixture
def expected_lingering_timers() -> bool:
    """Home Assistant ends without taking its timers back."""
    return True


async def test_hours_are_complete_once_the_server_is_back(
    async_test_recorder: RecorderInstanceContextManager,
    database: PostgreSQL,
    server: FakeNetwork,
    freezer: FrozenDateTimeFactory,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nothing is lost, and this integration makes no noise about it."""
    freezer.move_to(AT + timedelta(minutes=2))
    moments = [AT + n * HOUR + timedelta(minutes=13) for n in range(8)]
    days = Days(hass=None, freezer=freezer, server=server)  # type: ignore[arg-type]  # there is none yet
    days.expect(
        Arrival(GAS, pulses(9_000_000 + 1_200 * n), at, at + timedelta(minutes=1))
        for n, at in enumerate(moments)
    )
    async with home(async_test_recorder, tmp_path, database.url) as days.hass:
        days.entry = await install(days.hass)
        await days.until(AT + 2 * HOUR)
        sensor = entity_id(days.hass, days.entry, GAS, "volume")
        database.stop()
        await days.until(AT + 4.5 * HOUR)
        database.start()
        await days.until(AT + 8 * HOUR)
        bars = await days.bars(sensor)
    true = [12 * 47 / 60, *[12.0] * 6]
    assert [bars[AT + n * HOUR] for n in range(7)] == pytest.approx(true)
    assert min(bars.values()) >= 0
    loud = {record.name for record in caplog.records if record.levelno >= logging.WARNING}
    assert any(name.startswith("homeassistant.components.recorder") for name in loud)
    assert not [name for name in loud if "bernau_smartcity" in name]
