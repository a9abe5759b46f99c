"""A day of the town in quick deliveries: nothing is left over, nothing grows without bound."""

import asyncio
from collections import Counter
from dataclasses import replace
from functools import partial
import gc
from typing import Final

from aiohttp import ClientSession
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import HomeAssistant
import pytest

from custom_components.bernau_smartcity import coordinator
from custom_components.bernau_smartcity.coordinator import SmartCityCoordinator
from custom_components.bernau_smartcity.network import SERVERS
from tests.homes import set_up, settled
from tests.network.homes import until

from .servers import FACES, now_of
from .world import PATIENT, entry_for, town

QUARTER: Final = 900.0
POLLS: Final = 96
WARM: Final = 32
"""Polls after which everything has been seen once."""
TABLES: Final = ("device", "cursor", "hours", "place", "waiting")
"""Those that must not grow with time."""
OURS: Final = "custom_components.bernau_smartcity"


def left(hass: HomeAssistant) -> dict[str, int]:
    """Count what may be left over after a poll."""
    return {
        "tasks of ours": sum(
            "bernau" in repr(task.get_coro()) and not task.done() for task in asyncio.all_tasks()
        ),
        # Home Assistant listens to its last chance to write for each file that it will write soon.
        "listeners": sum(
            count
            for event, count in hass.bus.async_listeners().items()
            if event != EVENT_HOMEASSISTANT_FINAL_WRITE
        ),
    }


def objects() -> Counter[str]:
    """Count the objects of our own classes."""
    gc.collect()
    kinds = (type(each) for each in gc.get_objects())
    return Counter(kind.__qualname__ for kind in kinds if str(kind.__module__).startswith(OURS))


def rows(found: SmartCityCoordinator) -> dict[str, int]:
    """Count what is kept."""
    database = found.ledger._store._db  # noqa: SLF001  nothing else counts rows
    return {
        table: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608  ours
        for table in TABLES
    }


@pytest.mark.parametrize("server", FACES)
async def test_a_day_leaves_nothing_over(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, server: str
) -> None:
    """After a third of the day there are as many objects, listeners and rows as at its end."""
    face, place = FACES[server], town(server)
    async with face.serve(place) as here, ClientSession() as session:
        connect = partial(face.connect, here, session, partial(now_of, here), PATIENT)
        quick = replace(SERVERS[server], connect=lambda *_: connect())
        monkeypatch.setattr(coordinator, "SERVERS", {server: quick})
        connection = connect()
        scopes = await connection.scopes()
        await connection.close()
        entry = await set_up(hass, entry_for(here, face, scopes, "Bernau"))
        found: SmartCityCoordinator = entry.runtime_data
        for poll in range(POLLS):
            place.clock.advance(QUARTER)
            await found.async_refresh()
            await settled(hass)
            assert found.last_update_success
            if poll == WARM:
                before, many, kept = left(hass), objects(), rows(found)
        assert all(count <= before[what] for what, count in left(hass).items())
        assert rows(found) == kept
        # The thread that took the last batches may hold them for a moment after they are taken.
        await until(lambda: (objects() - many).total() <= many.total() / 20)
        assert await hass.config_entries.async_unload(entry.entry_id)
        await settled(hass)
        assert left(hass)["tasks of ours"] == 0
