"""From people who walk to the estimates that are made of them, and how far these are off."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from statistics import mean, median
from typing import Final

from custom_components.bernau_smartcity.visitors.balancing import balanced
from custom_components.bernau_smartcity.visitors.bins import QUARTER, Grid
from custom_components.bernau_smartcity.visitors.dwell import Dwell, Traffic, day_dwell, live_dwell
from custom_components.bernau_smartcity.visitors.flows import Edge, Gate, Mode, visitors
from custom_components.bernau_smartcity.visitors.increments import Count, Line, increments
from custom_components.bernau_smartcity.visitors.journeys import (
    LONGEST,
    Journeys,
    bounds,
    journeys,
    strongest_paths,
)
from custom_components.bernau_smartcity.visitors.modes import modal_split
from custom_components.bernau_smartcity.visitors.occupancy import Drift, Level
from custom_components.bernau_smartcity.visitors.reasons import Reason
from custom_components.bernau_smartcity.visitors.zones import (
    Passage,
    series,
    town_arrivals,
    town_flows,
    zone_levels,
    zone_traffic,
)
from simulator.people.quarter import Quarter
from simulator.people.truth import Record, Stay, present, stays_of, whole_day
from simulator.people.walks import begin_of

LINE: Final = Line(bits=16)
MINUTE: Final = timedelta(minutes=1)
LIVE_HOURS: Final = range(6, 17)
"""After the beginning of the day: from nine to seven in the evening."""
LIVE_BINS: Final = 12
PATHS: Final = 200
"""The strongest, whose shares are compared."""
BUSY: Final = slice(16, 72)
"""Bins of a day from seven in the morning to nine in the evening."""


@dataclass(frozen=True, slots=True)
class Radio:
    """How counters report."""

    interval: float
    """Seconds."""
    lost: float = 0.0
    """Share of the messages that never come."""


def day_of(quarter: Quarter, day: int, radio: Radio) -> list[Passage]:
    """Give what the messages of all counters tell of a day."""
    start = datetime.fromtimestamp(begin_of(day), UTC)
    grid = Grid(start, int((begin_of(day + 1) - begin_of(day)) // QUARTER.total_seconds()))
    random = Random(quarter.seed * 1009 + day)  # noqa: S311  # no secret
    passages = []
    for n, gate in enumerate(quarter.gates):
        phase = random.random()
        heard = list(_heard(grid, radio, phase, random))
        lines = [
            series(increments(_counts(quarter, n, direction, heard), LINE), grid)
            for direction in (0, 1)
        ]
        if gate.eye.swapped:
            lines.reverse()
        mode = Mode(gate.mode) if gate.mode else None
        known = Gate(origin=gate.origin, target=gate.target, mode=mode)
        passages.append(Passage(known, *lines))
    return passages


def _heard(grid: Grid, radio: Radio, phase: float, random: Random) -> Iterator[float]:
    """Give when messages came, from before the day until after it."""
    at = grid.start.timestamp() + (phase - 2) * radio.interval
    while at < grid.end.timestamp() + 2 * radio.interval:
        if random.random() >= radio.lost:
            yield at
        at += radio.interval


def _counts(quarter: Quarter, gate: int, direction: int, heard: Iterable[float]) -> list[Count]:
    return [
        Count(
            datetime.fromtimestamp(at, UTC),
            (60_000 + quarter.counted(gate, direction, at)) % 2**LINE.bits,
        )
        for at in heard
    ]


@dataclass(frozen=True, slots=True)
class Town:
    """A day as counted, as estimated, and as it truly was."""

    quarter: Quarter
    day: int
    passages: Sequence[Passage]
    before: Sequence[Passage]
    """What was counted the day before."""
    truth: Record

    @property
    def zones(self) -> list[str]:
        """All zones."""
        return sorted({gate.target for gate in self.quarter.gates})


def town_of(quarter: Quarter, day: int, radio: Radio) -> Town:
    """Count a day and the day before."""
    return Town(
        quarter,
        day,
        day_of(quarter, day, radio),
        day_of(quarter, day - 1, radio),
        whole_day(quarter, day),
    )


def errors(town: Town) -> dict[str, float]:
    """Tell how far the estimates are off; what cannot be estimated is left out."""
    return {**_visits(town), **_presence(town), **_stays(town), **_flows(town), **_modes(town)}


def _visits(town: Town) -> dict[str, float]:
    counted = visitors(town_flows(town.passages))
    return {"visits %": 100 * (counted / town.truth.visits - 1)}


def _presence(town: Town) -> dict[str, float]:
    grid = town.passages[0].forward.grid
    ends = [(grid.start + (n + 1) * QUARTER).timestamp() for n in range(grid.count)]
    true = present(town.quarter, town.day, ends)
    wrong, there, night = [], [], []
    for zone in town.zones:
        levels = zone_levels(town.passages, zone)
        known = [
            (level.people, people)
            for level, people in zip(levels[BUSY], true[zone][BUSY], strict=True)
            if isinstance(level, Level)
        ]
        wrong += [abs(people - truly) for people, truly in known]
        there += [truly for _, truly in known]
        night += [level.people for level in levels[-1:] if isinstance(level, Level)]
    return {
        "present ±": mean(wrong),
        "present %": 100 * mean(wrong) / mean(there),
        "at night": max(night, default=0),
    }


def _stays(town: Town) -> dict[str, float]:
    days: list[float] = []
    lives: list[float] = []
    asked = 0
    stays = stays_of(town.quarter, town.day)
    zones = [zone for zone in town.zones if zone in stays]
    for zone in zones:
        traffic, true = _traffic(town.passages, zone), town.truth.stays[zone].minutes
        found = day_dwell(traffic)
        if isinstance(found, Dwell) and true:
            days.append(100 * (found.mean / MINUTE / true - 1))
        asked += len(LIVE_HOURS)
        lives += _live(_traffic(town.before, zone), traffic, stays[zone], begin_of(town.day))
    told = {"stay told %": 100 * len(days) / len(zones), "now told %": 100 * len(lives) / asked}
    if days:
        told |= {"stay %": mean(map(abs, days)), "stay worst %": max(map(abs, days))}
    if lives:
        told["now %"] = median(map(abs, lives))
    return told


def _traffic(passages: Sequence[Passage], zone: str) -> Traffic:
    found = zone_traffic(passages, zone)
    if isinstance(found, Reason):
        raise TypeError(zone, found)
    return found


def _live(
    yesterday: Traffic, today: Traffic, stays: Sequence[Stay], begin: float
) -> Iterator[float]:
    """Compare the approximation of each hour with those who left in the last three."""
    drift = Drift(round(sum(yesterday.entered)), round(sum(yesterday.left)))
    for hour in LIVE_HOURS:
        now = 4 * hour
        so_far = replace(today, entered=today.entered[:now], left=today.left[:now])
        found = live_dwell(so_far, drift)
        if isinstance(found, Dwell):
            end = begin + 3600 * hour
            left = [went - came for came, went in stays if end - 900 * LIVE_BINS <= went < end]
            yield 100 * (found.mean / timedelta(seconds=mean(left)) - 1)


def _flows(town: Town) -> dict[str, float]:
    counted = town_flows(town.passages)
    result = {"flows %": distance(counted, town.truth.flows)}
    closed = balanced(counted)
    found = closed if isinstance(closed, Reason) else journeys(closed)
    return result if isinstance(found, Reason) else {**result, **_journeys(town, found)}


def _journeys(town: Town, found: Journeys) -> dict[str, float]:
    table, true = found.table, town.truth.journeys
    limits = bounds(found)
    inside = [low <= true.get(edge, 0) <= high for edge, (low, high) in limits.items()]
    paths = {path.zones: path.share for path in strongest_paths(found, PATHS)}
    walked = {
        zones: people / town.truth.visits
        for zones, people in town.truth.paths.items()
        if len(zones) <= LONGEST
    }
    ways = sum(abs(paths.get(way, 0) - walked.get(way, 0)) for way in {*paths, *walked})
    return {
        "journeys %": distance(table, true),
        "returns told %": 100 * returns(table),
        "returns %": 100 * returns(true),
        "in bounds %": 100 * mean(inside),
        "ways %": 50 * ways,
    }


def returns(table: Mapping[Edge, float]) -> float:
    """Give the share of those who leave where they came in."""
    same = sum(people for (origin, target), people in table.items() if origin == target)
    return same / sum(table.values())


def distance(one: Mapping[Edge, float], other: Mapping[Edge, float]) -> float:
    """Give which part of the people is in the wrong cell: the total variation, in percent."""
    sums = sum(one.values()), sum(other.values())
    cells = {*one, *other}
    return 50 * sum(abs(one.get(c, 0) / sums[0] - other.get(c, 0) / sums[1]) for c in cells)


def _modes(town: Town) -> dict[str, float]:
    split = modal_split(town_arrivals(town.passages))
    if isinstance(split, Reason):
        return {}
    total = sum(town.truth.arrivals.values())
    off = [
        abs(tenths / 10 - 100 * town.truth.arrivals[mode] / total)
        for mode, tenths in split.tenths.items()
    ]
    return {"modes ±": max(off)}
