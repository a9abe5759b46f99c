"""Lives with an outage, for pytest, which gives them a recorder and a clock that can be set.

Both integrations run in the same Home Assistant and read the same network server.
What is found is added to the JSON file that the environment names in `FIGURES`.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import product
import json
from os import environ
from pathlib import Path
import time
from typing import Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.history import state_changes_during_period
from homeassistant.components.recorder.tasks import CompileMissingStatisticsTask
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import RecorderInstanceContextManager

from demo import kept
from simulator import frames
from simulator.chirpstack import Options, serve
from simulator.clock import Clock
from simulator.faults import Kind
from simulator.servers import Server
from simulator.town import Town
from simulator.traffic import What
from tests.fake_network import FakeNetwork
from tests.homes import settled
from tests.recorder_homes import home
from tests.recorder_time import FIVE_MINUTES, HOUR, Days

from ._processes import OURS, entries
from ._rain import CODEC, FIELDS, PROFILE, fallen, frame, gauges
from ._subjects import BERNAU, OWN, Subject

pytest_plugins = ("tests.conftest",)

GAUGES: Final = 4
BEGIN: Final = "2026-10-01T05:20:02+00:00"
PAUSE: Final = 0.02
"""Seconds for which the server sleeps between two looks for something new."""
ARRIVING: Final = 0.15
"""Seconds in which an open stream has told what is new."""
BACK: Final = 60.0
"""Seconds until everybody has tried again for certain."""
WRONG: Final = 0.1
"""Share of an hour's true rain by which what is shown may differ."""
REAL: Final = (time.monotonic,)
"""Where freezing does not find it."""
BEFORE: Final = 3 * HOUR
AFTER: Final = 4 * HOUR


@pytest.fixture
def expected_lingering_timers() -> bool:
    """Home Assistant ends without taking its timers back."""
    return True


@pytest.fixture
def expected_lingering_tasks() -> bool:
    """Home Assistant's own streams end when the server does."""
    return True


@dataclass
class Life:
    """A network server and the Home Assistants that read it one after the other."""

    days: Days
    server: Server
    told: dict[Subject, list[MockConfigEntry]] = field(default_factory=dict)

    @property
    def hass(self) -> HomeAssistant:
        """The Home Assistant that runs now."""
        return self.days.hass

    async def install(self) -> None:
        """Set up both integrations, as they are there after a restart."""
        place = {"credentials": self.server.credentials}
        for subject in (BERNAU, OWN):
            made = [MockConfigEntry(**given) for given in await entries(subject, place)]
            self.told[subject] = made
            for entry in made:
                entry.add_to_hass(self.hass)
        (ours,) = self.told[BERNAU]
        mapped = {PROFILE.id: {"mapping": FIELDS}}
        options = {**ours.options, "profiles": {PROFILE.id: "decoded"}, "profile_settings": mapped}
        self.hass.config_entries.async_update_entry(ours, options=options)
        await self.again()
        get_instance(self.hass).queue_task(CompileMissingStatisticsTask())
        await self.days.recorded()

    async def again(self) -> None:
        """Set up what is not set up, as Home Assistant tries again and again."""
        for entry in (each for several in self.told.values() for each in several):
            if entry.state is not ConfigEntryState.LOADED:
                await self.hass.config_entries.async_reload(entry.entry_id)
        await settled(self.hass)

    async def live(self, length: timedelta) -> None:
        """Let time pass."""
        until = dt_util.utcnow() + length
        now = dt_util.utcnow()
        start = now.replace(minute=now.minute // 5 * 5, second=0, microsecond=0)
        while start + FIVE_MINUTES <= until:
            self.days.freezer.move_to(start + FIVE_MINUTES + timedelta(seconds=5))
            (ours,) = self.told[BERNAU]
            if ours.state is ConfigEntryState.LOADED:
                await ours.runtime_data.async_refresh()
            await asyncio.sleep(ARRIVING)
            await settled(self.hass)
            if start.minute in {25, 55}:
                await self.days.compile(start)
            start += FIVE_MINUTES

    async def server_fails(self) -> None:
        """Let nobody reach the server's interface; it goes on receiving."""
        self.server.town.faults.add(Kind.REFUSE)
        await self.server.settle()

    async def server_returns(self) -> None:
        """Let it be reached again."""
        self.server.town.faults.end_all()
        await self.server.settle()

    async def reached(self) -> None:
        """Wait until both read again; how long others wait before they try is no matter here."""
        (ours,) = self.told[BERNAU]
        for entry in self.told[OWN]:
            await self.hass.config_entries.async_reload(entry.entry_id)
        async with asyncio.timeout(BACK):
            while not ours.runtime_data.last_update_success:
                await ours.runtime_data.async_refresh()
                await asyncio.sleep(ARRIVING)
            # Those that stay open are not ours.
            while self.server.requests.open_streams < GAUGES:
                await self.again()
                await asyncio.sleep(ARRIVING)

    async def wrong_hours(self, entity_id: str, hours: list[datetime]) -> int:
        """Count the hours that do not show the rain that fell in them."""
        rows = await self.days.rows(entity_id)
        wrong = 0
        for hour in hours:
            begin = hour.timestamp()
            true = fallen(begin + 3600) - fallen(begin)
            sums = [(rows[at]["sum"] or 0.0) if at in rows else None for at in (hour - HOUR, hour)]
            shown = None if None in sums else sums[1] - sums[0]  # type: ignore[operator]  # none is None
            wrong += shown is None or abs(shown - true) > WRONG * true
        return wrong

    async def states(self, entity_id: str) -> int:
        """Count the values that Home Assistant's own history holds: none comes twice."""
        found = await get_instance(self.hass).async_add_executor_job(
            state_changes_during_period,
            self.hass,
            datetime.fromisoformat(BEGIN),
            None,
            entity_id,
        )
        states = {state.state for state in found.get(entity_id, ())}
        return len(states - {"unknown", "unavailable"})


@asynccontextmanager
async def lived(freezer: FrozenDateTimeFactory) -> AsyncGenerator[Life]:
    """Serve gauges whose time is that of Home Assistant."""
    town = Town(gauges(GAUGES), clock=Clock(wall=time.time))
    async with serve(town, Options(history=200, pause=PAUSE)) as server:
        days = Days(hass=None, freezer=freezer, server=FakeNetwork())  # type: ignore[arg-type]  # there is none yet
        yield Life(days, server)


@pytest.mark.timeout(600)
@pytest.mark.freeze_time(BEGIN, ignore=["grpc.aio._utils"])
@pytest.mark.parametrize("persistent_database", [True])
@pytest.mark.parametrize(
    "outage", [*product(("Home Assistant", "the server", "both"), (2, 8))], ids=str
)
async def test_outage(
    async_test_recorder: RecorderInstanceContextManager,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    outage: tuple[str, int],
) -> None:
    """Live before, through and after an outage, and count what is missing and wrong."""
    fails, hours = outage
    loop = asyncio.get_running_loop()
    loop.set_debug(False)
    monkeypatch.setattr(loop, "time", *REAL)
    monkeypatch.setitem(vars(frames)["FRAMES"], CODEC, frame)
    length = hours * HOUR
    async with lived(freezer) as life:
        async with home(async_test_recorder, tmp_path) as life.days.hass:
            await life.install()
            await life.live(BEFORE)
            if fails != "Home Assistant":
                await life.server_fails()
            if fails == "the server":
                await life.live(length)
                await life.server_returns()
                await life.reached()
                await life.live(AFTER)
                found = await judged(life, tmp_path)
        if fails != "the server":
            freezer.tick(length)
            await life.server_returns()
            async with home(async_test_recorder, tmp_path) as life.days.hass:
                await life.install()
                await life.live(AFTER)
                found = await judged(life, tmp_path)
    report(f"{hours} h of {fails}", found)


async def judged(life: Life, folder: Path) -> dict[str, dict[str, float]]:
    """Give for each what a gauge lacks and what is wrong of it."""
    first = datetime.fromisoformat(BEGIN).replace(minute=0, second=0) + 2 * HOUR
    last = dt_util.utcnow() - 2 * HOUR
    hours = [first + n * HOUR for n in range((last - first) // HOUR)]
    sent = len(uplinks(life.server.town)) / GAUGES
    held = kept.read(folder, OURS)
    since = datetime.fromisoformat(BEGIN)
    counted = [sum(p.at >= since for p in kept.counted(points)) for points in held.points.values()]
    found = {}
    for subject, platform in ((BERNAU, "bernau_smartcity"), (OWN, "sensecap_lorawan")):
        ids = [
            each.entity_id
            for each in er.async_get(life.hass).entities.values()
            if each.platform == platform
            and (each.capabilities or {}).get("state_class") == "total_increasing"
            and not each.disabled
        ]
        if len(ids) != GAUGES:
            message = f"{subject.name} shows {len(ids)} totals"
            raise RuntimeError(message)
        states = [await life.states(each) for each in ids]
        read = sum(counted if subject is BERNAU else states) / GAUGES
        found[subject.name] = {
            "readings missing": max(0.0, sent - read),
            "hours wrong": sum([await life.wrong_hours(each, hours) for each in ids]) / GAUGES,
        }
    found["sent"] = {"readings": sent, "hours": len(hours)}
    return found


def uplinks(town: Town) -> list[float]:
    """Give when something was sent since the beginning."""
    begin = datetime.fromisoformat(BEGIN).timestamp()
    events = [event for each in town.all_devices.values() for event in town.history(each, 200)]
    return [
        event.stored / 1000
        for event in events
        if event.what is What.UP and event.stored / 1000 >= begin
    ]


def report(name: str, found: Mapping[str, Mapping[str, float]]) -> None:
    """Add what was found to the others."""
    if path := environ.get("FIGURES"):
        file = Path(path)
        known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        for who, figures in found.items():
            known |= {f"{who}: {name}, {figure}": value for figure, value in figures.items()}
        file.write_text(json.dumps(known), encoding="utf-8")
