"""From people who walk to the estimates that are made of them, and how far these are off."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
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
from custom_components.bernau_smartcity.visitors.modes import Split, modal_split
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
from simulator.people.truth import Record, present, whole_day
from simulator.people.walks import begin_of

LINE: Final = Line(bits=16)
MINUTE: Final = timedelta(minutes=1)
LIVE_HOURS: Final = range(6, 17)
"""After the beginning of the day: from nine to seven in the evening."""
LIVE_BINS: Final = 12
PATHS: Final = 200
"""The strongest, of which the shares are compared."""
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
    return {
        **_visits(town),
        **_presence(town),
        **_stays(town),
        **_flows(town),
        **_modes(town),
    }


def _visits(town: Town) -> dict[str, float]:
    counted = visitors(town_flows(town.passages))
    return {"visits, %": 100 * (counted / town.truth.visits - 1)}


def _presence(town: Town) -> dict[str, float]:
    begin = begin_of(town.day)
    length = QUARTER.total_seconds()
    count = town.passages[0].forward.grid.count
    true = present(town.quarter, town.day, [begin + length * (n + 1) for n in range(count)])
    wrong, all_of_them, most, bins = 0.0, 0.0, 0.0, 0
    for zone in town.zones:
        levels = zone_levels(town.passages, zone)[BUSY]
        for level, people in zip(levels, true[zone][BUSY], strict=True):
            if isinstance(level, Level):
                wrong += abs(level.people - people)
                all_of_them += people
                bins += 1
        last = zone_levels(town.passages, zone)[-1]
        if isinstance(last, Level):
            most = max(most, abs(last.people))
    return {
        "present, people": wrong / bins,
        "present, %": 100 * wrong / all_of_them,
        "present at night, people": most,
    }


def _stays(town: Town) -> dict[str, float]:
    days, lives = [], []
    offered = 0
    for zone in town.zones:
        traffic = zone_traffic(town.passages, zone)
        assert isinstance(traffic, Traffic)
        true = town.truth.stays[zone].minutes
        if true is None:
            continue
        offered += 1
        found = day_dwell(traffic)
        if isinstance(found, Dwell):
            days.append(100 * (found.mean / MINUTE / true - 1))
        lives += _live(town, zone, traffic)
    result = {"stays told, %": 100 * len(days) / offered}
    if days:
        result["stay, %"] = sum(map(abs, days)) / len(days)
        result["stay worst, %"] = max(days, key=abs)
    if lives:
        result["stay now, %"] = sum(map(abs, lives)) / len(lives)
    return result


def _live(town: Town, zone: str, traffic: Traffic) -> Iterator[float]:
    """Compare the approximation of each hour with those who left in the last three."""
    yesterday = zone_traffic(town.before, zone)
    assert isinstance(yesterday, Traffic)
    drift = Drift(round(sum(yesterday.entered)), round(sum(yesterday.left)))
    for hour in LIVE_HOURS:
        n = 4 * hour
        until = replace(traffic, entered=traffic.entered[:n], left=traffic.left[:n])
        found = live_dwell(until, drift)
        end = begin_of(town.day) + 3600 * hour
        true = _left(town, zone, end - 900 * LIVE_BINS, end)
        if isinstance(found, Dwell) and true:
            yield 100 * (found.mean / MINUTE / true - 1)


def _left(town: Town, zone: str, begin: float, end: float) -> float | None:
    """Give the mean stay in minutes of those who left a zone in a stretch of time."""
    stays = [
        went - came
        for visit in town.quarter.visits(town.day)
        for place, (came, went) in zip(
            town.quarter.ways[visit.group].zones, pairwise(visit.times), strict=True
        )
        if place == zone and begin <= went < end
    ]
    return sum(stays) / len(stays) / 60 if stays else None


def _flows(town: Town) -> dict[str, float]:
    counted = town_flows(town.passages)
    result = {"flows, %": _distance(counted, town.truth.flows)}
    closed = balanced(counted)
    if isinstance(closed, Reason):
        return result
    result["flows balanced, %"] = _distance(closed, town.truth.flows)
    found = journeys(closed)
    if isinstance(found, Reason):
        return result
    return {**result, **_journeys(town, found)}


def _journeys(town: Town, found: Journeys) -> dict[str, float]:
    table, true = found.table, town.truth.journeys
    limits = bounds(found)
    inside = sum(
        people
        for edge, people in true.items()
        if edge in limits and limits[edge].least <= people <= limits[edge].most
    )
    paths = {path.zones: path.share for path in strongest_paths(found, PATHS, LONGEST)}
    walked = {
        zones: people / town.truth.visits
        for zones, people in town.truth.paths.items()
        if len(zones) <= LONGEST
    }
    ways = sum(abs(paths.get(w, 0) - walked.get(w, 0)) for w in {*paths, *walked})
    return {
        "journeys, %": _distance(table, true),
        "returns estimated, %": 100 * _returns(table),
        "returns true, %": 100 * _returns(true),
        "journeys within bounds, %": 100 * inside / sum(true.values()),
        "cells within bounds, %": 100 * _inside(limits, true),
        "ways, %": 50 * ways,
    }


def _inside(limits: Mapping[Edge, tuple[float, float]], true: Mapping[Edge, float]) -> float:
    held = sum(low <= true.get(edge, 0) <= high for edge, (low, high) in limits.items())
    return held / len(limits)


def _returns(table: Mapping[Edge, float]) -> float:
    """Give the share of those who leave where they came in."""
    same = sum(people for (origin, target), people in table.items() if origin == target)
    return same / sum(table.values())


def _distance(one: Mapping[Edge, float], other: Mapping[Edge, float]) -> float:
    """Give which part of the people is in the wrong cell: the total variation, in percent."""
    sums = sum(one.values()), sum(other.values())
    cells = {*one, *other}
    return 50 * sum(abs(one.get(c, 0) / sums[0] - other.get(c, 0) / sums[1]) for c in cells)


def _modes(town: Town) -> dict[str, float]:
    split = modal_split(town_arrivals(town.passages))
    if not isinstance(split, Split):
        return {}
    total = sum(town.truth.arrivals.values())
    off = [
        abs(tenths / 10 - 100 * town.truth.arrivals[mode] / total)
        for mode, tenths in split.tenths.items()
    ]
    return {"modes worst, points": max(off)}
