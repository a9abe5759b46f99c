"""The recorder's statistics tell what the meter itself would tell."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder import Recorder, get_instance
from homeassistant.components.recorder.models import StatisticMetaData
from homeassistant.components.recorder.statistics import (
    async_change_statistics_unit,
    async_import_statistics,
    get_metadata,
)
from homeassistant.components.recorder.tasks import CompileMissingStatisticsTask
from homeassistant.const import UnitOfVolume
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.bernau_smartcity import backfill, statistics
from custom_components.bernau_smartcity.metering.hours import Row
from custom_components.bernau_smartcity.model import Quantity

from .fake_network import AT, GAS, FakeNetwork, pulses
from .homes import entity_id, reload, set_up
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
    """Give what the gas meter shows: 1200 pulses (12 m³) an hour, all the time."""
    return 5_000_000 + round((at - AT) / HOUR * 1_200)


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
    assert [bars[AT + n * HOUR] for n in range(-5, closed - 5)] == [12.0] * closed
    assert bars[AT - 6 * HOUR] == pytest.approx(12 * 17 / 60)
    assert max(bars) == (AT if minute == 56 else AT - HOUR)
    await days.until(AT + 4 * HOUR)
    bars = await days.bars(sensor)
    assert [bars[AT + n * HOUR] for n in range(-5, 3)] == [12.0] * 8
    assert min(bars.values()) >= 0
    assert sum(bars.values()) == pytest.approx(12 * (9 - 0))
    assert "Blocked attempt" not in caplog.text
    assert [row["change"] for row in (await days.rows(OTHER)).values()]


async def settle_in(days: Days) -> str:
    """Install at ten past ten with one reading, and read hourly at :43 until noon."""
    days.server.send(GAS, pulses(counted(AT - 17 * MINUTE)), AT - 17 * MINUTE)
    days.freezer.move_to(AT + 10 * MINUTE)
    sensor = await install(days)
    days.expect(reading(n + 43 / 60) for n in range(2))
    await days.until(AT + 2 * HOUR)
    return sensor


async def true_hours(days: Days, sensor: str, start: float, end: float) -> None:
    """Every hour in between must show what the meter counted, and none must be absurd."""
    bars = await days.bars(sensor)
    expected = {AT + n * HOUR: 12.0 for n in range(int(start), int(end))}
    assert {hour: bars.get(hour) for hour in expected} == pytest.approx(expected)
    assert min(bars.values()) >= -1e-9
    assert max(bars.values()) <= 12.0 + 1e-9


async def test_hour_is_true_once_a_later_reading_has_come(days: Days) -> None:
    """Each reading lies in its hour though all arrive in another."""
    sensor = await settle_in(days)
    days.expect(reading(n + 43 / 60, 20 * MINUTE) for n in range(2, 6))
    await days.until(AT + 7 * HOUR)
    await true_hours(days, sensor, 0, 5)
    rows = await days.rows(sensor)
    assert rows[AT + 3 * HOUR]["state"] == counted(AT + 4 * HOUR) / 100


async def test_readings_that_arrive_late_and_in_any_order(days: Days) -> None:
    """A batch after hours fills the hours in which it was measured."""
    sensor = await settle_in(days)
    back = AT + 6 * HOUR + 20 * MINUTE
    for n in (5, 2, 4, 3):
        at = AT + (n + 43 / 60) * HOUR
        days.expect([Arrival(GAS, pulses(counted(at)), at, back)])
    days.expect([reading(6 + 43 / 60)])
    await days.until(AT + 6 * HOUR)
    bars = await days.bars(sensor)
    assert [bars[AT + n * HOUR] for n in (2, 3, 4, 5)] == [0, 0, 0, 0]
    await days.until(AT + 7 * HOUR)
    await true_hours(days, sensor, 0, 6)


async def test_outage_of_home_assistant(days: Days) -> None:
    """What the server kept meanwhile is in its hours after the first one."""
    sensor = await settle_in(days)
    assert days.entry
    await days.hass.config_entries.async_unload(days.entry.entry_id)
    days.freezer.move_to(AT + 6 * HOUR + 12 * MINUTE)
    for n in range(2, 6):
        at = AT + (n + 43 / 60) * HOUR
        days.server.send(GAS, pulses(counted(at)), at)
    await days.hass.config_entries.async_setup(days.entry.entry_id)
    get_instance(days.hass).queue_task(CompileMissingStatisticsTask())
    await days.recorded()
    days.expect([reading(6 + 43 / 60)])
    await days.until(AT + 7 * HOUR)
    await true_hours(days, sensor, 0, 6)


async def test_restart_forgets_nothing(days: Days) -> None:
    """Due hours stay due."""
    sensor = await settle_in(days)
    days.expect(reading(n + 43 / 60, 20 * MINUTE) for n in range(2, 5))
    await days.until(AT + 4 * HOUR - 2 * MINUTE)
    assert days.entry
    await reload(days.hass, days.entry)
    await days.until(AT + 6 * HOUR)
    await true_hours(days, sensor, 0, 4)


async def test_day_on_which_the_clocks_go_back_has_25_hours(
    days: Days, hass: HomeAssistant
) -> None:
    """Hours are those of UTC, days those of the place."""
    await hass.config.async_set_time_zone("Europe/Berlin")
    midnight = datetime(2026, 10, 24, 22, tzinfo=UTC)
    for n in range(-6, 60):
        at = midnight + n * HOUR + 43 * MINUTE
        days.server.send(GAS, pulses(counted(at)), at)
    days.freezer.move_to(midnight + 60 * HOUR + 2 * MINUTE)
    sensor = await install(days)
    await days.compile(midnight + 60 * HOUR)
    assert (await days.bars(sensor, "day"))[midnight] == pytest.approx(300)


async def test_statistics_kept_in_another_unit(days: Days) -> None:
    """The user may convert the statistics at any time."""
    sensor = await settle_in(days)
    await async_change_statistics_unit(
        days.hass,
        sensor,
        new_unit_of_measurement=UnitOfVolume.LITERS,
        old_unit_of_measurement=UnitOfVolume.CUBIC_METERS,
    )
    days.expect(reading(n + 43 / 60) for n in range(2, 5))
    await days.until(AT + 5 * HOUR)
    await true_hours(days, sensor, 0, 4)
    (_, metadata) = await metadata_of(days, sensor)
    assert metadata["unit_of_measurement"] == UnitOfVolume.LITERS


async def test_sensor_shown_in_another_unit(days: Days) -> None:
    """The user may have the sensor shown in cubic feet."""
    sensor = await settle_in(days)
    er.async_get(days.hass).async_update_entity_options(
        sensor, "sensor", {"unit_of_measurement": UnitOfVolume.CUBIC_FEET}
    )
    days.expect(reading(n + 43 / 60) for n in range(2, 5))
    await days.until(AT + 5 * HOUR)
    bars = await days.bars(sensor)
    cubic_feet = 12 / 0.3048**3
    for n in range(4):
        assert bars[AT + n * HOUR] == pytest.approx(cubic_feet)
    assert min(bars.values()) >= 0


async def test_correction_by_the_user_stays(days: Days) -> None:
    """What was added to an hour long written is kept, and later hours are true."""
    sensor = await settle_in(days)
    days.expect(reading(n + 43 / 60) for n in range(2, 8))
    await days.until(AT + 5 * HOUR)
    get_instance(days.hass).async_adjust_statistics(sensor, AT + HOUR, 100.0, "m³")
    await days.until(AT + 8 * HOUR)
    bars = await days.bars(sensor)
    assert [bars[AT + n * HOUR] for n in range(7)] == [12, 112, 12, 12, 12, 12, 12]


async def test_statistics_cleared_by_the_user_come_back_true(days: Days) -> None:
    """All that is still kept is written again."""
    sensor = await settle_in(days)
    days.expect(reading(n + 43 / 60) for n in range(2, 6))
    await days.until(AT + 3 * HOUR)
    get_instance(days.hass).async_clear_statistics([sensor])
    await days.until(AT + 6 * HOUR)
    await true_hours(days, sensor, 0, 5)


async def test_renamed_sensor_keeps_its_statistics(days: Days) -> None:
    """Its series goes on under the new name."""
    sensor = await settle_in(days)
    er.async_get(days.hass).async_update_entity(sensor, new_entity_id="sensor.rathaus_gas")
    await days.recorded()
    days.expect(reading(n + 43 / 60) for n in range(2, 6))
    await days.until(AT + 6 * HOUR)
    await true_hours(days, "sensor.rathaus_gas", 0, 5)
    assert await days.rows(sensor) == {}


async def test_new_name_with_statistics_of_somebody_else(days: Days) -> None:
    """Theirs are continued, without a spike."""
    sensor = await settle_in(days)
    taken = "sensor.rathaus_gas"
    (_, metadata) = await metadata_of(days, sensor)
    async_import_statistics(
        days.hass,
        metadata | {"statistic_id": taken},
        [{"start": AT - 2 * HOUR, "state": 5.0, "sum": 5.0}],
    )
    await days.recorded()
    er.async_get(days.hass).async_update_entity(sensor, new_entity_id=taken)
    await days.recorded()
    days.expect(reading(n + 43 / 60) for n in range(2, 6))
    await days.until(AT + 6 * HOUR)
    await true_hours(days, taken, 0, 5)


async def test_sensor_that_was_disabled_for_a_while(days: Days) -> None:
    """The hours meanwhile are filled once it is enabled again."""
    sensor = await settle_in(days)
    registry = er.async_get(days.hass)
    registry.async_update_entity(sensor, disabled_by=er.RegistryEntryDisabler.USER)
    days.expect(reading(n + 43 / 60) for n in range(2, 9))
    await days.until(AT + 6 * HOUR + 5 * MINUTE)
    registry.async_update_entity(sensor, disabled_by=None)
    assert days.entry
    await reload(days.hass, days.entry)
    await days.until(AT + 9 * HOUR)
    await true_hours(days, sensor, 0, 8)


async def test_statistics_that_cannot_be_continued_are_left_alone(
    days: Days, caplog: pytest.LogCaptureFixture
) -> None:
    """A temperature of somebody else under our name stays one."""
    sensor = await settle_in(days)
    (_, metadata) = await metadata_of(days, sensor)
    temperature = metadata.copy()
    temperature["statistic_id"] = "sensor.rathaus_gas"
    temperature["unit_class"] = "temperature"
    temperature["unit_of_measurement"] = "°C"
    async_import_statistics(
        days.hass, temperature, [{"start": AT - 2 * HOUR, "state": 5.0, "sum": 5.0}]
    )
    await days.recorded()
    er.async_get(days.hass).async_update_entity(sensor, new_entity_id="sensor.rathaus_gas")
    await days.recorded()
    days.expect([reading(2 + 43 / 60)])
    await days.until(AT + 3 * HOUR)
    assert len(await days.rows("sensor.rathaus_gas")) == 1
    assert "Statistics could not be written" not in caplog.text


async def metadata_of(days: Days, statistic_id: str) -> tuple[int, StatisticMetaData]:
    """Give what the recorder knows of a statistic."""
    found = await get_instance(days.hass).async_add_executor_job(
        partial(get_metadata, days.hass, statistic_ids={statistic_id})
    )
    return found[statistic_id]


async def test_history_of_months_is_written_in_pieces(
    days: Days, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Daily values of a hundred days are 2,400 hours; none is forgotten before it is written."""
    sizes: list[int] = []
    write = statistics.async_write

    def counting(hass: HomeAssistant, metadata: StatisticMetaData, rows: Sequence[Row]) -> None:
        sizes.append(len(rows))
        write(hass, metadata, rows)

    monkeypatch.setattr(backfill, "async_write", counting)
    for n in range(-100, 1):
        at = AT + n * timedelta(days=1)
        days.server.send(GAS, pulses(counted(at)), at)
    days.freezer.move_to(AT + 2 * MINUTE)
    sensor = await install(days)
    await days.compile(AT)
    bars = await days.bars(sensor)
    assert len(bars) == 2_400
    assert set(bars.values()) == {12.0}
    assert max(sizes) < 2_000
    assert sum(sizes) == 2 * 2_400


async def test_hours_of_a_device_without_a_sensor_wait(days: Days, server: FakeNetwork) -> None:
    """Its sensor may have been removed by hand; nothing complains."""
    sensor = await settle_in(days)
    er.async_get(days.hass).async_remove(sensor)
    days.expect([reading(2 + 43 / 60)])
    await days.until(AT + 3 * HOUR)
    assert server.error is None
    assert days.entry
    (due,) = days.entry.runtime_data.ledger.due((), never_written=False)
    assert due.key == (Quantity.VOLUME, 0)
