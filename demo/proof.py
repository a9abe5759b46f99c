"""The course of `--check`: what is proven, in which order."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final

from aiohttp import ClientSession

from simulator.servers import CHIRPSTACK

from . import check, course, energy, hours, kept, kills, people, town, watches
from .check import Picture
from .home_assistant import HomeAssistant, Installation
from .kills import Kills
from .process import DemoError, InVainError, say, tail, wait_until
from .report import Log, Report, tell_quiet
from .town import Device, Stage, Town

BEHIND: Final = 8 * 3600.0
"""Seconds that the town lives behind at first, so that there is something to miss."""
MISSED: Final = 6 * 3600.0
"""Seconds of the town's life while nobody listens."""
ENERGY_LIMIT: Final = 600.0
"""Home Assistant compiles statistics every five minutes."""
LOADED_LIMIT: Final = 240.0


async def prove(
    session: ClientSession, installation: Installation, killed: Kills, server: str
) -> None:
    """Go through all proofs with a kind of server; raises DemoError unless everything holds."""
    report = Report()
    folder = installation.folder
    behind = BEHIND + (kills.ROOM if killed.count else 0.0)
    log = Log(installation.log)
    stage = Stage(server=server, behind=behind)
    past = replace(stage, history=town.NINE_DAYS, pause=town.QUICKLY)
    async with installation.running(session) as hass:
        async with town.running(session, folder / "town-1.log", past) as first:
            entry_id = await course.set_up(hass, first)
            await _everything_there(report, hass, first, entry_id)
            lost = await course.lost(hass, entry_id)
            devices = await first.truth()
            await tell_quiet(report, hass, log)
        # From here on nothing new can come, so this is what a restart must bring back.
        before = await check.take(hass, entry_id)
    # Whether it noticed before it was stopped is a matter of luck.
    log.complaints()
    say("Starting Home Assistant again, without the network server …")
    async with installation.running(session) as hass:
        await _totals_kept(report, hass, devices, before)
        told = log.complaints()
        report.tell("The log tells once that the server is lost", [] if len(told) == 1 else told)
        say(f"The network server returns, {MISSED / 3600:.0f} hours of the town later …")
        behind -= MISSED
        stage = replace(stage, port=first.port, behind=behind)
        async with town.running(session, folder / "town-2.log", stage) as second:
            await _nothing_missed(report, hass, second, before, lost)
            await _summed_up(report, installation, second, entry_id)
            await _watched(report, hass, second, entry_id)
            await tell_quiet(report, hass, log)
    if killed.count:
        stage = replace(stage, pause=kills.PAUSE)
        async with town.running(session, folder / "town-3.log", stage) as third:
            await kills.survive(report, installation, third, killed, log)
    # As above: the town before ended while somebody still listened.
    log.complaints()
    say("The town comes to the present …")
    stage = replace(stage, behind=0)
    async with (
        town.running(session, folder / "town-4.log", stage) as fourth,
        installation.running(session) as hass,
    ):
        await course.reconnected(hass, entry_id)
        await people.prove(report, hass, fourth, entry_id)
        await tell_quiet(report, hass, log)
    if not report.holds:
        message = f"Not everything holds. The end of {log.path}:\n{tail(log.path)}"
        raise DemoError(message)
    say("Everything holds.")


async def _everything_there(
    report: Report, hass: HomeAssistant, place: Town, entry_id: str
) -> None:
    wrong = await course.missing_values(hass, place, entry_id)
    devices = await place.truth()
    picture = await check.take(hass, entry_id)
    ours = sum(entity["config_entry_id"] == entry_id for entity in picture.entities.values())
    report.tell(
        f"Every device has its entities ({len(devices)} devices, {ours} entities)",
        check.without_entities(devices, picture),
    )
    values = sum(len(list(picture.shown(device))) for device in devices)
    report.tell(f"Every value equals what the device measured ({values} values)", wrong)
    registry = await hass.command("config/device_registry/list")
    areas = await hass.command("config/area_registry/list")
    report.tell(
        f"Every device is in the area of its building ({len(areas)} areas)",
        check.misplaced(devices, registry, areas, entry_id),
    )
    found = energy.meters(devices, picture)
    # Gas and heat in one list make a bad diagram, but here every meter is to be accepted.
    await hass.command("energy/save_prefs", **energy.preferences(found, piped=("gas", "heat")))
    report.tell(
        f"The Energy dashboard accepts every meter ({len(found)} meters)",
        await _energy_complaints(hass),
    )


async def _energy_complaints(hass: HomeAssistant) -> list[str]:
    complaints: list[str] = []

    async def attempt() -> str | None:
        complaints[:] = check.energy_complaints(await hass.command("energy/validate"))
        return f"{len(complaints)} complaints, first {complaints[0]}" if complaints else None

    with suppress(InVainError):
        await wait_until("the Energy dashboard knows all meters", attempt, ENERGY_LIMIT)
    return complaints


async def _totals_kept(
    report: Report, hass: HomeAssistant, devices: Sequence[Device], before: Picture
) -> None:
    complaints: list[str] = []
    shown: list[str] = []

    async def attempt() -> str | None:
        after = await check.take(hass, before.entry_id)
        complaints[:] = check.lost_totals(before, after)
        shown[:] = check.still_shown(devices, after)
        missing = len(complaints) + len(shown)
        return f"{missing} entities are not as they should be" if missing else None

    with suppress(InVainError):
        await wait_until("all totals are back", attempt, LOADED_LIMIT)
    count = len(check.totals(before))
    report.tell(f"Without the server, every total is back with its old time ({count})", complaints)
    report.tell("Without the server, what nobody knows is not shown", shown)


async def _summed_up(
    report: Report, installation: Installation, place: Town, entry_id: str
) -> None:
    """Compare what counters without totals told with what they truly counted."""
    known = kept.read(installation.config, entry_id)
    sums = {register: points for register, points in known.points.items() if points[-1].period}
    devices = [d for d in await place.truth() if any(d.dev_eui == dev_eui for dev_eui, *_ in sums)]
    found = await hours.of(place, devices, replace(known, points=sums))
    wrong = [complaint for series in found.values() for complaint in hours.untrue(series)]
    wrong += kept.falls(known)
    if not sums:
        wrong.append("no counter tells only what it counted between messages")
    report.tell(f"Sums of counters without totals are what was counted ({len(sums)})", wrong)


async def _watched(report: Report, hass: HomeAssistant, place: Town, entry_id: str) -> None:
    """Compare what limits and watches say with what is truly wrong in the town."""
    devices = await place.truth()
    picture = await check.take(hass, entry_id)
    meters = watches.judged(picture, "_leak_suspected")
    leaks = len(watches.leaking(devices))
    report.tell(
        f"The slow leak is suspected, and no other ({leaks} of {meters} meters with enough past)",
        watches.wrong_leaks(devices, picture, with_past=place.server == CHIRPSTACK),
    )
    report.tell(
        "Nothing is suspected of meters that do not leak", watches.wrong_watches(devices, picture)
    )
    issues = (await hass.command("repairs/list_issues"))["issues"]
    silent = len(watches.found(devices, picture, "_silent"))
    report.tell(
        f"Silent devices are told, and no other ({silent} of {len(devices)})",
        watches.wrong_silence(devices, picture, issues, await place.now()),
    )


async def _nothing_missed(
    report: Report, hass: HomeAssistant, place: Town, before: Picture, lost: int
) -> None:
    await course.reconnected(hass, before.entry_id)
    wrong = await course.missing_values(hass, place, before.entry_id)
    after = await check.take(hass, before.entry_id)
    old, new = check.totals(before), check.totals(after)
    moved = sum(new.get(entity_id) != value for entity_id, value in old.items())
    if not moved:
        wrong.append("no total has moved on: nothing was missed, so nothing is proven")
    report.tell(f"With the server back, all values are in ({moved} totals moved on)", wrong)
    now = await course.lost(hass, before.entry_id)
    missed = [] if now == lost else [f"{now - lost} uplinks were missed, by the frame counters"]
    report.tell("No uplink was missed meanwhile", missed)
