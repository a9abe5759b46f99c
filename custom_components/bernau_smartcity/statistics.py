"""Long-term statistics of totals, as the recorder holds them: read and written.

Only through the recorder's own interface, so any of its databases will do.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, override

from homeassistant.components.recorder import (
    DOMAIN as RECORDER_DOMAIN,
    Recorder,
    get_instance,
    is_entity_recorded,
)
from homeassistant.components.recorder.models import (
    StatisticData,
    StatisticMeanType,
    StatisticMetaData,
)
from homeassistant.components.recorder.statistics import (
    StatisticsRow,
    async_import_statistics,
    get_last_statistics,
    get_latest_short_term_statistics_with_session,
    get_metadata,
    statistics_during_period,
)
from homeassistant.components.recorder.tasks import RecorderTask, SynchronizeTask
from homeassistant.components.sensor import SensorEntity
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.recorder import session_scope
from homeassistant.util import dt as dt_util
from homeassistant.util.unit_conversion import (
    BaseUnitConverter,
    EnergyConverter,
    VolumeConverter,
)

from .metering.hours import HOUR, Compiled, Repair, Row, Tail, compiled_until, full_hour
from .metering.register import Point

_CONVERTERS: Final[Mapping[str, type[BaseUnitConverter]]] = {
    unit: converter
    for converter in (EnergyConverter, VolumeConverter)
    for unit in converter.VALID_UNITS
    if unit is not None
}


async def async_announce(hass: HomeAssistant, total: SensorEntity) -> None:
    """Make a new total known to the recorder before its first five minutes are over.

    Until then the Energy dashboard would complain that it has no statistics.
    Statistics that exist are never touched: a second announcement could change
    the unit in which they are stored.
    """
    if RECORDER_DOMAIN not in hass.config.components or not is_entity_recorded(
        hass, total.entity_id
    ):
        return
    await async_settled(hass)  # it may be about to give a renamed sensor its statistics
    known = await get_instance(hass).async_add_executor_job(
        lambda: get_metadata(hass, statistic_ids={total.entity_id})
    )
    if known:
        return
    unit = total.unit_of_measurement
    async_import_statistics(
        hass,
        StatisticMetaData(
            mean_type=StatisticMeanType.NONE,
            has_sum=True,
            name=None,
            source=RECORDER_DOMAIN,
            statistic_id=total.entity_id,
            unit_class=_unit_class(unit),
            unit_of_measurement=unit,
        ),
        [],
    )


async def async_settled(hass: HomeAssistant) -> None:
    """Wait until the recorder has done everything so far, and all of it is committed.

    At Home Assistant's start that is when everything else has started. Where the
    connection to the database breaks, the recorder drops what it is doing, and
    would never answer: it is asked again.
    """
    recorder = get_instance(hass)
    done = False
    while not done:
        answer: asyncio.Future[None] = hass.loop.create_future()
        recorder.queue_task(SynchronizeTask(answer))
        recorder.queue_task(_Passed(answer))
        await asyncio.wait([answer])
        done = not answer.cancelled()


@dataclass(slots=True)
class _Passed(RecorderTask):
    """Cancels a question that the recorder has dropped; touches no database itself."""

    commit_before = False
    question: asyncio.Future[None]

    @override
    def run(self, instance: Recorder) -> None:
        instance.hass.loop.call_soon_threadsafe(self.question.cancel)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A total whose statistics are to be read."""

    since: datetime
    """Full hour from which on it is to be written."""
    unit: str
    """Of the total, not of its statistics."""


@dataclass(frozen=True, slots=True)
class Held:
    """What the recorder holds of a total."""

    metadata: StatisticMetaData
    compiled: Compiled


def read(hass: HomeAssistant, wanted: Mapping[str, Wanted]) -> dict[str, Held]:
    """Give what is held of each entity whose statistics can be continued; blocks."""
    metadata = _usable(hass, {entity_id: each.unit for entity_id, each in wanted.items()})
    tails = _tails(hass, set(metadata))
    anchors = _anchors(hass, metadata, {key: wanted[key].since for key in tails})
    return {
        entity_id: Held(
            metadata[entity_id],
            Compiled(
                until=compiled_until(tail),
                anchor=anchors.get(entity_id),
                tail=tail,
                factor=_factor(wanted[entity_id].unit, metadata[entity_id]["unit_of_measurement"]),
            ),
        )
        for entity_id, tail in tails.items()
    }


def totals_at_hours(
    hass: HomeAssistant, units: Mapping[str, str], start: datetime, end: datetime
) -> dict[str, list[Point]]:
    """Give the totals of entities at each full hour of a time, in their units; blocks."""
    metadata = _usable(hass, units)
    held = _sums(hass, metadata, full_hour(start) - HOUR, end)
    return {
        entity_id: [
            Point(at + HOUR, total / _factor(units[entity_id], found["unit_of_measurement"]))
            for at, total in held.get(entity_id, ())
        ]
        for entity_id, found in metadata.items()
    }


def holds(
    hass: HomeAssistant, written: Mapping[str, tuple[StatisticMetaData, Sequence[Row]]]
) -> set[str]:
    """Give the entities whose statistics hold all rows that were written; blocks."""
    found: set[str] = set()
    for start, until in {(rows[0].start, rows[-1].start) for _, rows in written.values()}:
        here = {
            key: each
            for key, each in written.items()
            if (each[1][0].start, each[1][-1].start) == (start, until)
        }
        held = _sums(hass, {key: each[0] for key, each in here.items()}, start, until + HOUR)
        for key, sums in held.items():
            _, rows = here[key]
            if len(sums) == len(rows) and all(
                row.is_held(each) for row, (_, each) in zip(rows, sums, strict=True)
            ):
                found.add(key)
    return found


@callback
def async_write(hass: HomeAssistant, metadata: StatisticMetaData, rows: Iterable[Row]) -> None:
    """Queue hourly rows."""
    async_import_statistics(
        hass,
        metadata,
        [StatisticData(start=row.start, state=row.state, sum=row.sum) for row in rows],
    )


@callback
def async_lift(hass: HomeAssistant, metadata: StatisticMetaData, repair: Repair) -> None:
    """Queue what makes the running hour continue the rows of a repair."""
    if repair.lift_from is not None:
        get_instance(hass).async_adjust_statistics(
            metadata["statistic_id"],
            repair.lift_from,
            repair.lift,
            metadata["unit_of_measurement"] or "",
        )


def _usable(hass: HomeAssistant, units: Mapping[str, str]) -> dict[str, StatisticMetaData]:
    """Give what is noted of the statistics of entities that count, and still in such a unit."""
    return {
        entity_id: found
        for entity_id, (_, found) in get_metadata(hass, statistic_ids=set(units)).items()
        if found["has_sum"] and found["unit_class"] == _unit_class(units[entity_id])
    }


def _unit_class(unit: str | None) -> str | None:
    converter = _CONVERTERS.get(unit or "")
    return None if converter is None else converter.UNIT_CLASS


def _factor(unit: str, held: str | None) -> float:
    converter = _CONVERTERS.get(unit)
    return 1.0 if converter is None else converter.convert(1.0, unit, held)


def _tails(hass: HomeAssistant, entity_ids: set[str]) -> dict[str, Tail]:
    """Give the newest five minutes of each entity, in the unit of its statistics."""
    if not entity_ids:
        return {}
    with session_scope(hass=hass, read_only=True) as session:
        rows = get_latest_short_term_statistics_with_session(
            hass, session, entity_ids, {"state", "sum"}
        )
    return {
        entity_id: Tail(_start(newest), state, total)
        for entity_id, (newest, *_) in rows.items()
        if (state := newest.get("state")) is not None and (total := newest.get("sum")) is not None
    }


def _anchors(
    hass: HomeAssistant,
    metadata: Mapping[str, StatisticMetaData],
    since: Mapping[str, datetime],
) -> dict[str, tuple[datetime, float]]:
    """Give end and sum of the newest row of each entity before its full hour."""
    found: dict[str, tuple[datetime, float]] = {}
    for hour in set(since.values()):
        here = {key: metadata[key] for key, start in since.items() if start == hour}
        rows = _sums(hass, here, hour - HOUR, hour)
        for entity_id, held in here.items():
            before = rows.get(entity_id) or _sums_before(hass, entity_id, held, hour)
            if before:
                start, total = before[-1]
                found[entity_id] = (start + HOUR, total)
    return found


def _sums_before(
    hass: HomeAssistant, entity_id: str, metadata: StatisticMetaData, hour: datetime
) -> list[tuple[datetime, float]]:
    """Give sums before an hour where the hour just before has none."""
    newest = get_last_statistics(hass, 1, entity_id, convert_units=False, types={"sum"})
    if not newest:
        return []
    row = newest[entity_id][0]
    if _start(row) < hour and (total := row.get("sum")) is not None:
        return [(_start(row), total)]
    epoch = datetime.fromtimestamp(0, UTC)
    return _sums(hass, {entity_id: metadata}, epoch, hour).get(entity_id, [])


def _sums(
    hass: HomeAssistant,
    metadata: Mapping[str, StatisticMetaData],
    start: datetime,
    end: datetime,
) -> dict[str, list[tuple[datetime, float]]]:
    """Give start and sum of hourly rows, in the unit of the statistics."""
    found: dict[str, list[tuple[datetime, float]]] = {}
    units = {(m["unit_class"], m["unit_of_measurement"]) for m in metadata.values()}
    for unit_class, unit in units:
        rows = statistics_during_period(
            hass,
            start,
            end,
            {
                entity_id
                for entity_id, m in metadata.items()
                if (m["unit_class"], m["unit_of_measurement"]) == (unit_class, unit)
            },
            "hour",
            {unit_class: unit} if unit_class and unit else None,
            {"sum"},
        )
        for entity_id, each in rows.items():
            found[entity_id] = [
                (_start(row), total) for row in each if (total := row.get("sum")) is not None
            ]
    return found


def _start(row: StatisticsRow) -> datetime:
    return dt_util.utc_from_timestamp(row["start"])
