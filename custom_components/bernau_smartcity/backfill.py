"""Every reading in its hour: the recorder's statistics made true after each hour.

The recorder books consumption when it arrives. Once it has compiled an hour,
that hour and all before are rewritten in the total's own series by the time of
measurement. Nothing is ever written for an hour that is not yet compiled: the
recorder would fail on it and lose that hour for all other sensors.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import batched
import sqlite3
from typing import Any, Final, Protocol

from homeassistant.components.recorder import (
    DOMAIN as RECORDER_DOMAIN,
    get_instance,
    is_entity_recorded,
)
from homeassistant.components.recorder.models import StatisticMetaData
from homeassistant.components.sensor import DOMAIN as SENSOR_DOMAIN, SensorEntity
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import (
    EVENT_RECORDER_5MIN_STATISTICS_GENERATED,
    EVENT_RECORDER_HOURLY_STATISTICS_GENERATED,
)
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from sqlalchemy.exc import SQLAlchemyError

from .const import DOMAIN, LOGGER
from .entity import identity
from .ledger.samples import Due
from .ledger.state import Key, suffix_of
from .metering.hours import Compiled, Repair, Row, full_hour
from .statistics import Wanted, async_announce, async_lift, async_settled, async_write, holds, read

ROWS_QUEUED: Final = 2_000
"""No more wait for the recorder at a time."""
TOTALS_AT_ONCE: Final = 100


class Totals(Protocol):
    """Keeps totals, and from when on their hours are still to be written; blocks."""

    def due(self, returned: Iterable[tuple[str, Key]], *, never_written: bool) -> list[Due]:
        """Give whose hours are to be written: all, or only those that never were."""

    def repairs(self, compiled: Iterable[tuple[Due, Compiled]]) -> Mapping[Due, Repair]:
        """Give what is to be written to make the recorder's hours true."""

    def settle(self, written: Iterable[Due], idle: Iterable[Due] = ()) -> None:
        """Note whose hours were written, and for which nobody waits."""


@callback
def async_announce_returned(
    entry: ConfigEntry[Any],
    returned: set[tuple[str, Key]],
    total: tuple[str, Key],
    sensor: SensorEntity,
) -> None:
    """Make the sensor of a total known to the recorder; its hours are looked at next time."""
    returned.add(total)
    entry.async_create_background_task(
        sensor.hass, async_announce(sensor.hass, sensor), f"announce {sensor.entity_id}"
    )


class Backfill:
    """Keeps the statistics of an entry's totals true."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        totals: Totals,
        returned: set[tuple[str, Key]],
    ) -> None:
        """Work on totals; those whose sensors have come again are taken out of `returned`."""
        self._hass = hass
        self._entry = entry
        self._totals = totals
        self._returned = returned
        self._running = asyncio.Lock()
        self._queued = 0

    @callback
    def async_start(self) -> None:
        """Begin to listen to the recorder; where there is none nothing ever happens."""
        entry = self._entry

        @callback
        def compiled(event: Event) -> None:
            hour = event.event_type == EVENT_RECORDER_HOURLY_STATISTICS_GENERATED
            entry.async_create_background_task(
                self._hass, self._async_run(never_written=not hour), f"{DOMAIN} backfill"
            )

        for event_type in (
            EVENT_RECORDER_HOURLY_STATISTICS_GENERATED,
            EVENT_RECORDER_5MIN_STATISTICS_GENERATED,
        ):
            entry.async_on_unload(self._hass.bus.async_listen(event_type, compiled))

    async def _async_run(self, *, never_written: bool) -> None:
        """Write all hours that are due; after five minutes only the first history."""
        if RECORDER_DOMAIN not in self._hass.config.components:
            return
        async with self._running:
            try:
                await self._async_drain()
                due = await self._async_due(never_written=never_written)
                for some in batched(due, TOTALS_AT_ONCE, strict=False):
                    await self._async_repair(some)
            except (SQLAlchemyError, sqlite3.Error) as error:
                # What is due stays due, and is tried again after the next hour.
                LOGGER.warning("Statistics could not be written: %s", error)

    async def _async_due(self, *, never_written: bool) -> list[Due]:
        returned: set[tuple[str, Key]] = set()
        if not never_written:
            returned = set(self._returned)
            self._returned.clear()
        return await self._hass.async_add_executor_job(
            partial(self._totals.due, returned, never_written=never_written)
        )

    async def _async_repair(self, dues: Iterable[Due]) -> None:
        """Write the due hours of some totals, and note what has been written."""
        entities, idle = self._entities(dues)
        totals = self._totals
        run = self._hass.async_add_executor_job
        wanted = {
            entity_id: Wanted(full_hour(due.since), due.key[0].unit)
            for entity_id, due in entities.items()
        }
        recorder = get_instance(self._hass)
        held = await recorder.async_add_executor_job(read, self._hass, wanted)
        repairs = await run(
            totals.repairs, [(entities[key], each.compiled) for key, each in held.items()]
        )
        written: dict[str, tuple[StatisticMetaData, Sequence[Row]]] = {}
        for entity_id, each in held.items():
            repair = repairs.get(entities[entity_id])
            if repair is not None:
                await self._async_write(each.metadata, repair)
                written[entity_id] = (each.metadata, repair.rows)
        await self._async_drain()
        done = await recorder.async_add_executor_job(holds, self._hass, written)
        await run(totals.settle, [entities[key] for key in done], idle)

    def _entities(self, dues: Iterable[Due]) -> tuple[dict[str, Due], list[Due]]:
        """Give the totals by entity, and those of which nobody records statistics now."""
        registry = er.async_get(self._hass)
        entities: dict[str, Due] = {}
        idle: list[Due] = []
        for due in dues:
            own = identity(self._entry.entry_id, due.dev_eui, suffix_of(due.key))
            entity_id = registry.async_get_entity_id(SENSOR_DOMAIN, DOMAIN, own)
            if entity_id is None:
                continue
            entry = registry.async_get(entity_id)
            if entry is None or entry.disabled or not is_entity_recorded(self._hass, entity_id):
                idle.append(due)
            else:
                entities[entity_id] = due
        return entities, idle

    async def _async_write(self, metadata: StatisticMetaData, repair: Repair) -> None:
        """Queue a repair in pieces, and never more than the recorder should hold."""
        for number, rows in enumerate(batched(repair.rows, ROWS_QUEUED - 1, strict=False)):
            if self._queued + len(rows) + 1 > ROWS_QUEUED:
                await self._async_drain()
            if number == 0:
                async_lift(self._hass, metadata, repair)
            async_write(self._hass, metadata, rows)
            self._queued += len(rows) + 1

    async def _async_drain(self) -> None:
        """Wait until nothing waits for the recorder."""
        await async_settled(self._hass)
        self._queued = 0
