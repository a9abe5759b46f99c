"""What happens to the machine: a full disk, one that cannot be written, a clock set back and forth.

And another Home Assistant that reads the same network server.
"""

import asyncio
from datetime import timedelta
import time
from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from custom_components.bernau_smartcity.network import chirpstack
from simulator.faults import Kind

from .servers import FACES
from .world import HOUR, Reader, World, worlds

DAY = timedelta(days=1)
every_server = pytest.mark.parametrize("server", FACES)


def execute(reader: Reader, statement: str) -> Any:
    """Set something about the file in which a reader keeps everything."""
    assert reader.coordinator
    return reader.coordinator.ledger._store._db.execute(statement).fetchone()  # noqa: SLF001  the disk is beneath


async def lives_without_disk(world: World, broken: str, mended: str) -> None:
    """Read while nothing can be written, and go on when it can."""
    assert await world.reader.poll()
    assert world.reader.coordinator
    before = dict(world.reader.coordinator.ledger.cursors)
    execute(world.reader, broken)
    for hours in (1, 3):
        world.town.clock.advance(hours * HOUR)
        assert not await world.reader.poll()
        error = world.reader.coordinator.last_exception
        assert getattr(error, "translation_key", None) == "storage_failed"
        assert world.reader.coordinator.ledger.cursors == before
    execute(world.reader, mended)
    assert await world.reader.poll()


@every_server
async def test_disk_full(hass: HomeAssistant, server: str) -> None:
    """Nothing that could not be kept counts as read; it comes when there is room again."""
    async with worlds(hass, FACES[server]) as (world, witness):
        await world.reader.poll()
        (pages,) = execute(world.reader, "PRAGMA page_count")
        await lives_without_disk(
            world, f"PRAGMA max_page_count = {pages}", "PRAGMA max_page_count = 1000000"
        )
        assert await world.verdict(witness) == []


@every_server
async def test_read_only_storage(hass: HomeAssistant, server: str) -> None:
    """So it is with a disk that the system has made read-only after an error."""
    async with worlds(hass, FACES[server]) as (world, witness):
        await lives_without_disk(world, "PRAGMA query_only = ON", "PRAGMA query_only = OFF")
        assert await world.verdict(witness) == []


@every_server
@pytest.mark.parametrize(
    "jumps", [(DAY,), (-DAY,), (-3 * DAY, 2 * DAY), (40 * DAY, -DAY, DAY / 24)], ids=len
)
async def test_clock_set_back_and_forth(
    hass: HomeAssistant,
    monkeypatch: pytest.MonkeyPatch,
    server: str,
    jumps: tuple[timedelta, ...],
) -> None:
    """What is read does not depend on what the clock shows here."""
    async with worlds(hass, FACES[server]) as (world, witness):
        reader = world.reader
        monkeypatch.setattr(chirpstack, "time", lambda: time.time() + reader.ahead.total_seconds())
        for jump in (*jumps, timedelta()):
            await reader.poll()
            world.town.clock.advance(2 * HOUR)
            await reader.poll()
            reader.ahead = jump
            world.town.clock.advance(HOUR / 2)
            await reader.poll()
            await world.restart(None, kill=False)
        assert await world.verdict(witness) == []


@every_server
async def test_two_home_assistants(hass: HomeAssistant, server: str) -> None:
    """Both read everything, whatever goes wrong for one of them."""
    async with worlds(hass, FACES[server]) as (world, other):
        for kind in (Kind.SLOW, Kind.ERROR, Kind.REFUSE):
            await asyncio.gather(world.reader.poll(), other.poll())
            world.town.clock.advance(HOUR)
            polling = asyncio.create_task(other.poll())
            await world.poll([(kind, ())], calls=3)
            await polling
            await world.restart(2, kill=True)
            await world.trouble.end()
        assert await world.verdict(other) == []
