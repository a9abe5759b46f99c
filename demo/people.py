"""Visitor analytics in the demo: set up by its own dialogs, compared with what people truly did."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from . import course, flow
from .home_assistant import HomeAssistant
from .process import InVainError, say, wait_until
from .report import Report
from .town import Town

NAME: Final = "Bernauer Innenstadt"
RESET: Final = 3
"""Local hour at which nobody is in the town."""
LIMIT: Final = 600.0
"""Seconds; counters report every quarter of an hour, and figures wait for the slowest."""
FRESH: Final = timedelta(minutes=40)
"""Figures that are older are not of now."""
AT_LEAST: Final = 15
"""People by whom a number may be off in any case."""
MISCOUNTED: Final = 0.01
"""Share of those who came in since the reset by whom it may be off as well."""
SMEARED: Final = 0.25
"""Share of those who passed in the last quarter of an hour: nobody knows when within it."""
VISITS: Final = 0.03
"""Share by which counts of a day may be off."""
POINTS: Final = 3.0
"""Percentage points by which the share of a mode may be off."""
FEWEST: Final = 200
"""Arrivals from which shares are compared."""

_LOCAL: Final = ZoneInfo("Europe/Berlin")
_QUARTER: Final = timedelta(minutes=15)
_UNKNOWN: Final = frozenset({"unknown", "unavailable"})

type Truth = Mapping[str, Any]
"""As the simulator's control interface tells it."""


@dataclass(frozen=True, slots=True)
class Analytics:
    """The entry, and what its zones are called within it."""

    entry_id: str
    zones: Mapping[str, str]
    """Identity by name."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A number, of when it is, and what is said beside it."""

    value: float | str
    as_of: datetime


async def set_up(hass: HomeAssistant, place: Town) -> Analytics:
    """Set visitor analytics up for all zones and gates of the town."""
    say("Setting up visitor analytics through its own dialogs …")
    now = await place.now()
    truth = await place.people(now - _QUARTER, now)
    entry_id = await flow.set_up_analytics(hass, NAME)
    for zone in truth["zones"]:
        await flow.add(hass, entry_id, "zone", {"name": zone["zone"]})
    added = await hass.command("config_entries/subentries/list", entry_id=entry_id)
    zones = {each["title"]: each["subentry_id"] for each in added}
    for gate in truth["gates"]:
        await flow.add(hass, entry_id, "gate", _answers(gate, zones))
    added = await hass.command("config_entries/subentries/list", entry_id=entry_id)

    async def attempt() -> str | None:
        known = " ".join(await hass.entities())
        missing = [each["title"] for each in added if each["subentry_id"] not in known]
        return f"nothing is told of {', '.join(missing)}" if missing else None

    await wait_until("visitor analytics tells of all its parts", attempt, LIMIT)
    return Analytics(entry_id, zones)


def _answers(gate: Truth, zones: Mapping[str, str]) -> dict[str, Any]:
    """Give what a person would enter who knows where the counter hangs."""
    return {
        "name": gate["counter"],
        "origin": zones.get(gate["origin"], "outside"),
        "target": zones.get(gate["target"], "outside"),
        "counter": f"/{gate['dev_eui']}/people/{gate['channel']}",
        "swap": gate["swapped"],
        "mode": gate["mode"] or "none",
    }


async def prove(report: Report, hass: HomeAssistant, place: Town, entry_id: str) -> None:
    """Compare figures with the truth as soon as they are of now."""
    analytics = await set_up(hass, place)
    poll = await course.Poll.of(hass, entry_id)
    wrong: dict[str, list[str]] = {}

    async def attempt() -> str | None:
        await poll.now()
        wrong.clear()
        wrong.update(await _compared(hass, place, analytics))
        complaints = [complaint for found in wrong.values() for complaint in found]
        return f"{len(complaints)} complaints, first {complaints[0]}" if complaints else None

    with suppress(InVainError):
        await wait_until("visitors are told", attempt, LIMIT)
    for claim, complaints in wrong.items():
        report.tell(claim, complaints)


async def _compared(hass: HomeAssistant, place: Town, analytics: Analytics) -> dict[str, list[str]]:
    entities, states = await hass.entities(), await hass.states()

    def shown(part: str, key: str) -> Shown | str:
        entity = entities.get(f"{analytics.entry_id}_{part}_{key}")
        state = states.get(entity["entity_id"]) if entity else None
        return f"{key} of {part} is missing" if state is None else _read(state)

    present = {zone: shown(part, "occupancy") for zone, part in analytics.zones.items()}
    entered = {zone: shown(part, "zone_entries") for zone, part in analytics.zones.items()}
    visits = shown("town", "visits_today")
    now = await place.now()
    truths = await _truths(place, (*present.values(), *entered.values(), visits))
    modes = await _modes(place, shown, visits)
    return {
        f"Who is in each zone is known ({len(present)} zones)": [
            complaint
            for zone, found in present.items()
            for complaint in judged(zone, found, truths, now)
        ],
        "Who came into each zone today is known": [
            complaint
            for zone, found in entered.items()
            for complaint in judged(zone, found, truths, now, key="entered")
        ],
        "Visits of today and how people came are known": modes,
    }


def _read(state: Mapping[str, Any]) -> Shown | str:
    attributes = state["attributes"]
    if state["state"] in _UNKNOWN:
        return f"is {state['state']}: {attributes.get('reason')}"
    return Shown(float(state["state"]), datetime.fromisoformat(attributes["as_of"]))


type Truths = Mapping[datetime, tuple[Truth, Truth]]
"""By time: since the reset, and in the last quarter of an hour."""


async def _truths(place: Town, found: Iterable[Shown | str]) -> Truths:
    times = {each.as_of for each in found if isinstance(each, Shown)}
    return {
        at: (
            await place.people(begin_of(at, RESET), at),
            await place.people(at - _QUARTER, at),
        )
        for at in times
    }


def begin_of(at: datetime, hour: int) -> datetime:
    """Give when the day around a time began, at a local hour."""
    local = at.astimezone(_LOCAL)
    begin = local.replace(hour=hour, minute=0, second=0, microsecond=0)
    return begin if begin <= local else begin - timedelta(days=1)


def judged(
    zone: str, found: Shown | str, truths: Truths, now: datetime, key: str = "present"
) -> list[str]:
    """Expect the truth, but for the errors that the counters of the town make."""
    if isinstance(found, str):
        return [f"{zone}: {key} {found}"]
    if now - found.as_of > FRESH:
        return [f"{zone}: {key} is of {found.as_of}"]
    day, last = (_of_zone(truth, zone) for truth in truths[found.as_of])
    smeared = SMEARED * (last["entered"] + last["left"]) if key == "present" else 0
    share = MISCOUNTED if key == "present" else VISITS
    tolerance = AT_LEAST + share * day["entered"] + smeared
    return _off(f"{zone}: {key}", found, day[key], tolerance)


def _off(what: str, found: Shown, true: float, tolerance: float) -> list[str]:
    if isinstance(found.value, float) and abs(found.value - true) <= tolerance:
        return []
    return [f"{what} is told as {found.value}, truly {true:.4g} ± {tolerance:.3g}"]


def _of_zone(truth: Truth, zone: str) -> Truth:
    found: Sequence[Truth] = truth["zones"]
    return next(each for each in found if each["zone"] == zone)


async def _modes(place: Town, shown: Any, visits: Shown | str) -> list[str]:
    """Compare visits since midnight, and the share of each mode."""
    if isinstance(visits, str):
        return [f"visits: {visits}"]
    truth = await place.people(begin_of(visits.as_of, 0), visits.as_of)
    wrong = _off("visits", visits, truth["visits"], AT_LEAST + VISITS * truth["visits"])
    total = sum(truth["arrivals"].values())
    for mode, people in truth["arrivals"].items() if total >= FEWEST else ():
        share = shown("town", f"share_{mode}")
        if isinstance(share, str):
            wrong.append(f"share of {mode}: {share}")
        else:
            wrong += _off(f"share of {mode}", share, 100 * people / total, POINTS)
    return wrong
