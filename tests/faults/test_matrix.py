"""Each fault in each phase of a life of Home Assistant: truth, totals, hours, no harm to others.

A life is a real core with its recorder and the whole integration, over the
simulator's network server: set-up, idle, busy, catching up, shutting down, and a
restart on the same disk. The fault begins in each phase, and is over before the next.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import batched
from pathlib import Path
import time
from typing import Final

from aiohttp import ClientSession
from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.tasks import CompileMissingStatisticsTask
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import RecorderInstanceContextManager

from custom_components.bernau_smartcity import coordinator
from custom_components.bernau_smartcity.coordinator import SmartCityCoordinator
from custom_components.bernau_smartcity.network import SERVERS
from demo import hours, kept
from simulator.clock import Clock
from simulator.faults import Kind
from simulator.servers import Server
from tests.fake_network import FakeNetwork
from tests.homes import settled
from tests.recorder_homes import home
from tests.recorder_time import FIVE_MINUTES, OTHER, Days

from .servers import AT_THE_SERVER, FACES, ON_THE_AIR, OVER_HTTP, Face, now_of
from .world import (
    DEVICES,
    IMPATIENT,
    PATIENT,
    TRIES,
    Trouble,
    entry_for,
    series_of,
    town,
    untrue_hours,
    wrong_values,
)

BEGIN: Final = "2026-10-01T05:20:02+00:00"
POLLED: Final = frozenset({20, 50})
"""Minutes at which what is new is read."""
COMPILED: Final = 55
"""Minute whose five minutes the recorder compiles, and with them the hour."""
VICTIMS: Final = 3
"""Devices that are concerned, where a fault is one of devices; all others must not be."""
REAL: Final = (time.monotonic,)
"""Where freezing does not find it."""
LEAST: Final = 5
"""Hours of each total that must be there, else nothing is proven."""
LONGEST: Final = 90.0
"""Seconds until a server must be reached again."""

AIR: Final = (*ON_THE_AIR, Kind.BODY)
AT_ONCE: Final = [*batched(AIR, DEVICES, strict=False)]
"""Faults of devices: each has a device of its own, so that many can be lived through at once."""
LIVES: Final = [
    *(("chirpstack", kinds) for kinds in AT_ONCE),
    *(("chirpstack", (kind,)) for kind in (*AT_THE_SERVER, Kind.HISTORY)),
    *(("the_things_stack", (kind,)) for kind in (*OVER_HTTP, Kind.NOT_STORED)),
]


@pytest.fixture
def expected_lingering_timers() -> bool:
    """Home Assistant ends without taking its timers back."""
    return True


@dataclass
class Life:
    """A town with one kind of fault, and the Home Assistants that read it one after the other."""

    days: Days
    server: Server
    trouble: Trouble
    kinds: tuple[Kind, ...]
    entry_id: str
    options: MockConfigEntry
    totals: dict[str, float] = field(default_factory=dict)
    """What the sensors of totals have shown last."""
    compiled: set[datetime] = field(default_factory=set)
    """Hours that the recorder has compiled."""
    wrong: list[str] = field(default_factory=list)

    @property
    def hass(self) -> HomeAssistant:
        """The Home Assistant that runs now."""
        return self.days.hass

    @property
    def entry(self) -> MockConfigEntry:
        """Its entry."""
        assert self.days.entry
        return self.days.entry

    async def begin(self) -> None:
        """Let the faults begin, each at a device of its own, or one at some devices."""
        euis = list(self.server.town.all_devices)
        for place, kind in enumerate(self.kinds):
            await self.trouble.begin(kind, [euis[place]] if len(self.kinds) > 1 else euis[:VICTIMS])

    async def install(self) -> None:
        """Set the entry up."""
        self.days.entry = replace_entry(self.options)
        self.entry.add_to_hass(self.hass)
        await self.hass.config_entries.async_setup(self.entry.entry_id)
        await settled(self.hass)

    async def poll(self) -> bool:
        """Read what is new; an entry that could not be set up is tried again."""
        if self.entry.state is not ConfigEntryState.LOADED:
            await self.hass.config_entries.async_reload(self.entry.entry_id)
        else:
            await self.entry.runtime_data.async_refresh()
        await settled(self.hass)
        loaded = self.entry.state is ConfigEntryState.LOADED
        return loaded and bool(self.entry.runtime_data.last_update_success)

    async def settle(self) -> None:
        """Read until nothing is left: a busy machine may cut a read short."""
        for _ in range(TRIES):
            before = dict(self.coordinator.ledger.cursors)
            if await self.poll() and self.coordinator.ledger.cursors == before:
                return

    async def live(self, length: timedelta, *, polled: bool = True) -> None:
        """Let time pass: what is new is read, the recorder compiles."""
        now = dt_util.utcnow()
        start = now.replace(minute=now.minute // 5 * 5, second=0, microsecond=0)
        while start + FIVE_MINUTES <= now + length:
            self.days.freezer.move_to(start + FIVE_MINUTES + timedelta(seconds=5))
            if polled and start.minute in POLLED:
                await self.poll()
            if start.minute == COMPILED:
                await self.days.compile(start)
                self.compiled.add(start.replace(minute=0))
            start += FIVE_MINUTES

    async def struck(self, calls: int) -> None:
        """Let the fault begin at so many calls of a poll, and last for a while."""
        polling = asyncio.create_task(self.poll())
        await self.trouble.reached(polling, calls)
        await self.begin()
        await polling
        await self.live(timedelta(minutes=35))

    async def recovered(self, phase: str) -> None:
        """End the fault; after a while all has to be right again."""
        await self.trouble.end()
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST):
                while not await self.poll():  # noqa: ASYNC110  # gRPC tells nobody when it tries again
                    await asyncio.sleep(0.05)
        await self.live(timedelta(minutes=65))
        await self.settle()
        found = wrong_values(self.server.town, self.coordinator.states)
        found += self._fallen()
        if not self.coordinator.last_update_success:
            found.append(f"not reached: {self.coordinator.last_exception!r}")
        self.wrong += [f"{phase}: {complaint}" for complaint in found]

    @property
    def coordinator(self) -> SmartCityCoordinator:
        """What the entry knows."""
        found: SmartCityCoordinator = self.entry.runtime_data
        return found

    def sensors(self) -> dict[tuple[str, str], str]:
        """Give the entities of totals, by DevEUI and the rest of their unique id."""
        entries = er.async_entries_for_config_entry(er.async_get(self.hass), self.entry_id)
        return {
            (dev_eui, suffix): entry.entity_id
            for entry in entries
            if (entry.capabilities or {}).get("state_class") == "total_increasing"
            and not entry.disabled
            for _, _, rest in [entry.unique_id.partition(f"{self.entry_id}_")]
            for dev_eui, _, suffix in [rest.partition("_")]
        }

    def _fallen(self) -> list[str]:
        """Tell which totals have fallen or have gone since they were looked at last."""
        wrong = []
        for entity_id in self.sensors().values():
            state = self.hass.states.get(entity_id)
            number = float(state.state) if state and is_number(state.state) else -1.0
            if number < self.totals.get(entity_id, 0.0):
                wrong.append(f"{entity_id} is {number} after {self.totals.get(entity_id)}")
            self.totals[entity_id] = number
        return wrong

    async def hours(self, held: kept.Kept) -> list[str]:
        """Compare the recorder's hours with what was read and with the truth."""
        vague = self.trouble.face.vague
        told = [
            device
            for place, device in enumerate(self.server.town.all_devices.values())
            if not (place < len(self.kinds) and self.kinds[place] in vague)
        ]
        found = untrue_hours(self.server.town, held, told)
        checked = 0
        for (dev_eui, suffix), entity_id in self.sensors().items():
            device = self.server.town.all_devices[dev_eui]
            series = series_of(self.server.town, device, held)
            quantity, _, channel = suffix.rpartition("_")
            key = (quantity, int(channel)) if channel.isdigit() else (suffix, 0)
            if key not in series:
                continue  # weighed pulses: their hours are those of the pulses
            rows = await self.days.rows(entity_id)
            shown = {
                start + timedelta(hours=1): (row["state"] or 0.0, row["sum"] or 0.0)
                for start, row in rows.items()
            }
            due = held.due.get((dev_eui, *key))
            known = replace(series[key], points=after_begin(series[key].points))
            count, complaints = hours.wrong_rows(known, shown, due)
            checked += count
            found += complaints
        if checked < LEAST * len(self.server.town.all_devices):
            found.append(f"only {checked} hours could be checked")
        return found

    async def others(self) -> list[str]:
        """Tell whether anything of somebody else's sensor is missing."""
        rows = await self.days.rows(OTHER)
        # The sensor comes at the end of the first hour.
        lacking = [hour for hour in sorted(self.compiled)[1:] if hour not in rows]
        wrong = [f"somebody else lacks {hour}" for hour in lacking]
        sums = [row["sum"] or 0.0 for _, row in sorted(rows.items())]
        if sums != sorted(sums) or len(sums) < LEAST:
            wrong.append(f"the sums of somebody else's sensor are {sums}")
        return wrong


def real_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the loop wait as ever, though time stands still for all that runs in it."""
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(loop, "time", *REAL)


def is_number(text: str) -> bool:
    """Tell whether a state is one."""
    return text not in {"unknown", "unavailable"}


def after_begin(points: Sequence[kept.Counted]) -> list[kept.Counted]:
    """Leave out what was measured before the recorder began."""
    begin = datetime.fromisoformat(BEGIN)
    return [point for point in points if point.at >= begin]


def replace_entry(entry: MockConfigEntry) -> MockConfigEntry:
    """Give the same entry for another Home Assistant."""
    return MockConfigEntry(
        entry_id=entry.entry_id,
        domain=entry.domain,
        title=entry.title,
        data=dict(entry.data),
        options=dict(entry.options),
    )


@asynccontextmanager
async def lived(
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
    face: Face,
    kinds: tuple[Kind, ...],
) -> AsyncGenerator[Life]:
    """Serve a town whose time is that of Home Assistant."""
    place = town(face.key)
    place.clock = Clock(wall=time.time)
    place.faults = type(place.faults)(place.clock)
    async with face.serve(place) as server, ClientSession() as session:
        now = partial(now_of, server)
        patience = IMPATIENT if Kind.HANG in kinds else 4 * IMPATIENT
        connect = partial(face.connect, server, session, now, patience)
        hasty = replace(SERVERS[face.key], connect=lambda *_: connect())
        monkeypatch.setattr(coordinator, "SERVERS", {face.key: hasty})
        connection = face.connect(server, session, now, PATIENT)
        entry = entry_for(server, face, await connection.scopes(), face.key)
        await connection.close()
        days = Days(hass=None, freezer=freezer, server=FakeNetwork())  # type: ignore[arg-type]  # there is none yet
        yield Life(days, server, Trouble(server, face), kinds, entry.entry_id, entry)


async def first_home(life: Life) -> None:
    """Go through all phases until Home Assistant ends."""
    await life.begin()
    await life.install()
    await life.live(timedelta(minutes=20))
    await life.recovered("set-up")
    await life.begin()
    await life.poll()
    await life.recovered("idle")
    await life.live(timedelta(minutes=30), polled=False)
    await life.struck(calls=4)
    await life.recovered("busy")
    await life.live(timedelta(minutes=190), polled=False)
    await life.struck(calls=7)
    await life.recovered("catching up")
    life.days.freezer.tick(timedelta(minutes=25))


@pytest.mark.timeout(600)
@pytest.mark.freeze_time(BEGIN, ignore=["grpc.aio._utils"])
@pytest.mark.parametrize("persistent_database", [True])
@pytest.mark.parametrize(
    ("server", "kinds"), LIVES, ids=lambda each: each if isinstance(each, str) else "+".join(each)
)
async def test_a_life_with_a_fault(
    async_test_recorder: RecorderInstanceContextManager,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
    server: str,
    kinds: tuple[Kind, ...],
) -> None:
    """After each phase values are the truth; at the end every hour is, and all else is whole."""
    real_time(monkeypatch)
    async with lived(freezer, monkeypatch, FACES[server], kinds) as life:
        async with home(async_test_recorder, tmp_path) as life.days.hass:
            await first_home(life)
            polling = asyncio.create_task(life.poll())
            await life.trouble.reached(polling, 3)
            await life.begin()
        await asyncio.wait([polling])
        freezer.tick(timedelta(minutes=95))
        async with home(async_test_recorder, tmp_path) as life.days.hass:
            await life.install()
            get_instance(life.hass).queue_task(CompileMissingStatisticsTask())
            await life.days.recorded()
            await life.live(timedelta(minutes=30))
            await life.recovered("restart")
            await life.live(timedelta(minutes=130))
            held = kept.read(tmp_path, life.entry_id)
            life.wrong += await life.hours(held)
            life.wrong += kept.falls(held)
            life.wrong += await life.others()
    assert not life.wrong, "\n".join(life.wrong)
    assert "Blocked attempt" not in caplog.text
