"""Kill Home Assistant again and again, and prove that nothing is missing and nothing is twice."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from time import monotonic
from typing import Final, NamedTuple

from . import check, course, hours, kept
from .home_assistant import HomeAssistant, Installation
from .process import DemoError, InVainError, free_port, kill, say, tail, wait_until
from .report import Log, Report, tell_quiet
from .town import Device, Town

ROOM: Final = 10 * 3600.0
"""Seconds of the town's life that are shared out among the kills; the server retains them all."""
PAUSE: Final = 0.25
"""Seconds that the server takes for ten events: less than real ones, to make the kills shorter."""
STARTING: Final = 0.25
"""Share of the kills that come before the first request to the network server."""
IDLE: Final = 0.1
"""How long a killed run may go on after it has read all, in shares of the time that this took."""
READ_LIMIT: Final = 480.0
"""Seconds from the start until everything that was missed is read."""
SAME_LIMIT: Final = 240.0
COMPILED_LIMIT: Final = 600.0
"""Home Assistant compiles statistics every five minutes."""
READ: Final = "Finished fetching"
"""How the log tells that everything is read."""


class Moment(NamedTuple):
    """When to kill: seconds after the start, or after the first request to the server."""

    asked: bool
    seconds: float


class Usual(NamedTuple):
    """How long an undisturbed run takes, in seconds."""

    start: float
    """Until the first request to the network server."""
    reading: float
    """From then on until everything is read."""


@dataclass(frozen=True, slots=True)
class Kills:
    """How often to kill, and a number from which the moments follow."""

    count: int
    seed: int

    def moments(self, usual: Usual) -> list[Moment]:
        """Give when to kill, spread over all phases of a run, in any order."""
        random = Random(self.seed)  # noqa: S311  not for secrets
        shares = [(number + random.random()) / self.count for number in range(self.count)]
        random.shuffle(shares)
        return [_moment(share, usual) for share in shares]


def _moment(share: float, usual: Usual) -> Moment:
    if share < STARTING:
        return Moment(asked=False, seconds=share / STARTING * usual.start)
    reading = (share - STARTING) / (1 - STARTING) * (1 + IDLE)
    return Moment(asked=True, seconds=reading * usual.reading)


async def survive(
    report: Report, installation: Installation, place: Town, kills: Kills, log: Log
) -> None:
    """Kill an installation that has the town, then tell what it knows."""
    (storage,) = (installation.config / ".storage").glob("bernau_smartcity.*.db")
    entry_id = storage.name.split(".")[1]
    behind, step = await place.behind(), ROOM / (kills.count + 1)
    began = await place.now() + check.SAME_TIME
    async with installation.running(place.session) as hass:
        await course.reconnected(hass, entry_id)
        lost = await course.lost(hass, entry_id)
    behind -= step
    await place.go_on(behind)
    usual = await _undisturbed(installation, place)
    say(f"Killing Home Assistant {kills.count} times (`--seed {kills.seed}` for the same moments)")
    phases: Counter[str] = Counter()
    for moment in kills.moments(usual):
        behind -= step
        await place.go_on(behind)
        phases[await _kill(installation, place, storage, moment)] += 1
    await place.fall_silent()
    told = ", ".join(f"{phase} {count}" for phase, count in phases.most_common())
    say(f"Killed in these phases: {told}")
    async with installation.running(place.session) as hass:
        devices = await place.truth()
        wrong = await course.missing_values(hass, place, entry_id)
        report.tell(f"After {kills.count} kills every value is right ({told})", wrong)
        now = await course.lost(hass, entry_id)
        missed = [] if now == lost else [f"{now - lost} uplinks were missed, by the frame counters"]
        report.tell("No uplink was missed by any kill", missed)
        witness = _Witness(installation.config, entry_id, place, devices)
        await _once(report, installation, witness, began)
        await _hours(report, hass, witness)
        await tell_quiet(report, hass, log)


def _read(log: Path, begin: int) -> bool:
    with log.open("rb") as text:
        text.seek(begin)
        return READ.encode() in text.read()


async def _first_request(place: Town) -> None:
    async def attempt() -> str | None:
        return None if await place.requests() else "not yet"

    await wait_until("the network server is asked", attempt, READ_LIMIT)


async def _undisturbed(installation: Installation, place: Town) -> Usual:
    begin = installation.log.stat().st_size

    async def attempt() -> str | None:
        return None if _read(installation.log, begin) else "not yet"

    await place.begin_anew()
    async with installation.process():
        began = monotonic()
        await _first_request(place)
        asked = monotonic()
        await wait_until("everything missed is read", attempt, READ_LIMIT)
        return Usual(asked - began, monotonic() - asked)


async def _kill(installation: Installation, place: Town, storage: Path, moment: Moment) -> str:
    """Start, kill at a moment, and give the phase that this ended."""
    log = installation.log
    begin, before = log.stat().st_size, kept.count(storage)
    await place.begin_anew()
    async with installation.process() as process:
        if moment.asked:
            await _first_request(place)
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), moment.seconds)
            message = f"Home Assistant ended by itself.\n{tail(log)}"
            raise DemoError(message)
        asked = await place.requests()
        kill(process)
        await process.wait()
    came = kept.count(storage) - before
    if _read(log, begin):
        phase = "idle"
    elif came:
        phase = "while readings came in"
    else:
        phase = "at the first requests" if asked else "while starting"
    say(f"  killed {phase}, {came} readings later")
    return phase


@dataclass(frozen=True, slots=True)
class _Witness:
    """Where to look for what is kept, and for the truth about it."""

    config: Path
    entry_id: str
    place: Town
    devices: Sequence[Device]

    def kept(self) -> kept.Kept:
        return kept.read(self.config, self.entry_id)


async def _once(
    report: Report, installation: Installation, witness: _Witness, since: datetime
) -> None:
    """Compare with another Home Assistant that reads all at once and is left in peace."""
    say("Another Home Assistant reads the same without being disturbed …")
    folder = installation.folder / "undisturbed"
    folder.mkdir()
    other = Installation(folder, free_port(None, 0), installation.password)
    other.prepare()
    session, place = witness.place.session, witness.place
    async with other.running(session) as hass:
        entry_id = await course.set_up(hass, place)
        wrong = await course.missing_values(hass, place, entry_id)
    undisturbed = kept.read(other.config, entry_id)

    async def attempt() -> str | None:
        wrong[:] = kept.differences(witness.kept(), undisturbed, since)
        return f"{len(wrong)} differences, first {wrong[0]}" if wrong else None

    if not wrong:
        with suppress(InVainError):
            await wait_until("both hold the same", attempt, SAME_LIMIT)
    count = kept.readings_since(undisturbed, since)
    if not count:
        wrong.append("nothing was read between the kills: nothing is proven")
    report.tell(f"Each reading is kept, and once, as without kills ({count} readings)", wrong)
    report.tell("Each total rises as its register does", kept.falls(witness.kept()))


async def _hours(report: Report, hass: HomeAssistant, witness: _Witness) -> None:
    """Compare what is kept with the truth at full hours, and the diagrams with what is kept."""
    known = await hours.of(witness.place, witness.devices, witness.kept())
    wrong = [complaint for series in known.values() for complaint in hours.untrue(series)]
    count = sum(len(list(kept.full_hours(series.points))) for series in known.values())
    report.tell(f"Every total agrees with the meter at every full hour ({count} hours)", wrong)
    picture = await check.take(hass, witness.entry_id)
    entities = hours.entities(picture, witness.devices, known)
    first = min(series.points[0].at for series in known.values() if series.points)
    proven = 0

    async def attempt() -> str | None:
        nonlocal proven
        due = witness.kept().due
        held = await hours.rows(hass, entities.values(), first)
        found = {
            register: hours.wrong_rows(known[register], held.get(entity, {}), due.get(register))
            for register, entity in entities.items()
        }
        proven = sum(count for count, _ in found.values())
        wrong[:] = [complaint for _, complaints in found.values() for complaint in complaints]
        # A reading that came while the hours were written leaves them due, though they are there.
        wrong[:0] = [
            f"{entity} has no hour yet"
            for key, entity in entities.items()
            if not found[key][0] and not held.get(entity)
        ]
        return f"{len(wrong)} complaints, first {wrong[0]}" if wrong else None

    with suppress(InVainError):
        await wait_until("the diagrams are written", attempt, COMPILED_LIMIT)
    report.tell(f"The diagrams show it hour by hour ({proven} hours)", wrong)
