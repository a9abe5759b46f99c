"""The statistics of all others are the same with and without this integration."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.db_schema import (
    Statistics,
    StatisticsMeta,
    StatisticsShortTerm,
)
from homeassistant.components.recorder.models import StatisticMeanType
from homeassistant.components.recorder.statistics import async_add_external_statistics
from homeassistant.components.recorder.tasks import CompileMissingStatisticsTask
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import session_scope
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.typing import RecorderInstanceContextManager
import sqlalchemy
from sqlalchemy import select

from custom_components.bernau_smartcity.ledger.places import Display, Places

from .fake_network import AT, GAS, FakeNetwork, pulses
from .homes import settled
from .recorder_homes import home, install
from .recorder_time import HOUR, OTHER, Arrival, Days

MINUTE: Final = timedelta(minutes=1)
ENERGY: Final = "sensor.water_of_somebody_else"
TEMPERATURE: Final = "sensor.temperature_of_somebody_else"
EXTERNAL: Final = "somebody:else"
OURS: Final = "sensor.gas_gas"
OTHERS: Final = (OTHER, ENERGY, TEMPERATURE, EXTERNAL)
COLUMNS: Final = ("start_ts", "mean", "mean_weight", "min", "max", "last_reset_ts", "state", "sum")
ABOUT: Final = ("source", "unit_of_measurement", "unit_class", "mean_type", "has_sum", "name")

type Rows = list[tuple[object, ...]]


@pytest.fixture
def expected_lingering_timers() -> bool:
    """Home Assistant ends without taking its timers back."""
    return True


@pytest.fixture
def database_without(recorder_db_url: str, tmp_path: Path) -> Iterator[str]:
    """Give another database of the same kind: each sums in its own order."""
    url = sqlalchemy.make_url(recorder_db_url)
    if url.get_backend_name() == "sqlite":
        yield f"sqlite:///{tmp_path}/without.db"
        return
    name = f"{url.database}_without"
    engine = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT")
    for action in ("DROP DATABASE IF EXISTS", "CREATE DATABASE"):
        with engine.connect() as connection:
            connection.execute(sqlalchemy.text(f"{action} {name}"))
    engine.dispose()
    yield url.set(database=name).render_as_string(hide_password=False)


def rows(hass: HomeAssistant, statistic_id: str) -> tuple[Rows, Rows, Rows]:
    """Give everything that is stored of a statistic but for the numbers of the rows; blocks."""
    with session_scope(hass=hass, read_only=True) as session:
        about = session.execute(
            select(*(getattr(StatisticsMeta, name) for name in ABOUT)).where(
                StatisticsMeta.statistic_id == statistic_id
            )
        )
        hours, minutes = (
            session.execute(
                select(*(getattr(table, name) for name in COLUMNS))
                .join(StatisticsMeta, StatisticsMeta.id == table.metadata_id)
                .where(StatisticsMeta.statistic_id == statistic_id)
                .order_by(table.start_ts)
            )
            for table in (Statistics, StatisticsShortTerm)
        )
        return [tuple(r) for r in about], [tuple(r) for r in hours], [tuple(r) for r in minutes]


def others_go_on(hass: HomeAssistant) -> None:
    """Let the sensors of others change: a meter with dips and resets, and a temperature."""
    number = (dt_util.utcnow() - AT) // (10 * MINUTE)
    # Temperatures are exact in binary: a database may add up in any order.
    shown = (0.1 * number) % 3 - (0.01 if number % 5 == 4 else 0)
    for sensor, value, attributes in (
        (ENERGY, shown, ("water", "total_increasing", "m³")),
        (TEMPERATURE, 20 + number * 0.75 % 3, ("temperature", "measurement", "°C")),
    ):
        names = ("device_class", "state_class", "unit_of_measurement")
        hass.states.async_set(sensor, str(value), dict(zip(names, attributes, strict=True)))


async def some_hours(days: Days, end: datetime) -> None:
    """Let time pass, in which others change."""
    while (now := dt_util.utcnow()) < end:
        others_go_on(days.hass)
        await days.until(min(end, now + 10 * MINUTE), slots=range(0, 60, 5))


async def life(
    days: Days,
    recorder: RecorderInstanceContextManager,
    folder: Path,
    database: str,
    *,
    with_us: bool,
) -> dict[str, tuple[Rows, Rows, Rows]]:
    """Live through late readings, a correction, a restart and much history."""
    days.freezer.move_to(AT + 2 * MINUTE)
    async with home(recorder, folder, database) as days.hass:
        await some_hours(days, AT + 32 * MINUTE)
        async_add_external_statistics(
            days.hass,
            {
                "source": "somebody",
                "statistic_id": EXTERNAL,
                "name": "Else",
                "unit_class": "volume",
                "unit_of_measurement": "m³",
                "mean_type": StatisticMeanType.NONE,
                "has_sum": True,
            },
            [{"start": AT - n * HOUR, "state": 0.1 * n, "sum": 0.3 * n} for n in range(9)],
        )
        if with_us:
            days.entry = await install(days.hass)
        await some_hours(days, AT + 3 * HOUR + 20 * MINUTE)
        if with_us:
            assert days.entry
            noted = Places([], [Display(GAS.dev_eui, "volume", AT + HOUR, 4_711)]).to_options()
            days.hass.config_entries.async_update_entry(
                days.entry, options={**days.entry.options, **noted}
            )
            await days.hass.config_entries.async_reload(days.entry.entry_id)
            await settled(days.hass)
        await some_hours(days, AT + 4 * HOUR + 52 * MINUTE)
    days.miss(AT + 7 * HOUR + 22 * MINUTE)
    async with home(recorder, folder, database) as days.hass:
        others_go_on(days.hass)
        if with_us:
            days.entry = await install(days.hass)
        get_instance(days.hass).queue_task(CompileMissingStatisticsTask())
        await days.recorded()
        await some_hours(days, AT + 9 * HOUR + 10 * MINUTE)
        run = get_instance(days.hass).async_add_executor_job
        return {each: await run(rows, days.hass, each) for each in (*OTHERS, OURS)}


@pytest.mark.parametrize("persistent_database", [True])
async def test_statistics_of_others_are_the_same_to_the_last_bit(
    async_test_recorder: RecorderInstanceContextManager,
    server: FakeNetwork,
    freezer: FrozenDateTimeFactory,
    tmp_path: Path,
    database_without: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """In both tables, with all columns, whatever is written for our own sensors."""
    history = [AT + n * HOUR + 43 * MINUTE for n in range(-72, 0)]
    present = [AT + n * HOUR + 13 * MINUTE for n in range(9)]
    lives = []
    for with_us in (False, True):
        days = Days(hass=None, freezer=freezer, server=server)  # type: ignore[arg-type]  # there is none yet
        server.waiting.clear()
        for at in history:
            server.send(GAS, pulses(round(9_000_000 + (at - AT) / HOUR * 1_234)), at)
        days.expect(
            Arrival(
                GAS, pulses(round(9_000_000 + (at - AT) / HOUR * 1_234)), at, at + late * MINUTE
            )
            for at, late in zip(present, (1, 140, 50, 90, 1, 1, 1, 70, 20), strict=True)
        )
        folder = tmp_path / str(with_us)
        database = "" if with_us else database_without
        lives.append(await life(days, async_test_recorder, folder, database, with_us=with_us))
    without, having = lives
    for each in OTHERS:
        assert having[each] == without[each], each
    assert [len(without[each][1]) for each in OTHERS] == [7, 9, 9, 9]
    assert [len(without[each][2]) for each in OTHERS] == [81, 110, 110, 0]
    assert without[OURS] == ([], [], [])
    assert len(having[OURS][1]) == 72 + 9
    assert "Blocked attempt" not in caplog.text
