"""What people truly did: who was where, for how long, by which ways, and how they came."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from .quarter import Quarter
from .walks import Visit, begin_of, day_at
from .ways import OUTSIDE, Way

type Edge = tuple[str, str]
type Stay = tuple[float, float]
"""When somebody came into a zone, and when he left it."""


@dataclass(slots=True)
class Stays:
    """The stays in a zone that ended."""

    number: int = 0
    seconds: float = 0.0

    @property
    def minutes(self) -> float | None:
        """The mean; None where nobody left."""
        return self.seconds / self.number / 60 if self.number else None


@dataclass(slots=True)
class Record:
    """What happened from one time until another."""

    visits: int = 0
    """Who came into the town, each time."""
    entered: Counter[str] = field(default_factory=Counter)
    """By zone."""
    left: Counter[str] = field(default_factory=Counter)
    gates: Counter[int] = field(default_factory=Counter)
    """By line: twice the number of the gate, one more towards its origin."""
    flows: Counter[Edge] = field(default_factory=Counter)
    arrivals: Counter[str] = field(default_factory=Counter)
    """By mode."""
    journeys: Counter[Edge] = field(default_factory=Counter)
    """By first and last zone, of those who left the town."""
    paths: Counter[tuple[str, ...]] = field(default_factory=Counter)
    stays: defaultdict[str, Stays] = field(default_factory=lambda: defaultdict(Stays))


def record(quarter: Quarter, begin: float, end: float) -> Record:
    """Tell what happened; times in seconds since 1970."""
    found = Record()
    for day in range(max(0, day_at(begin)), day_at(end) + 1):
        for visit in quarter.visits(day):
            _note(found, quarter, visit, (begin, end))
    return found


def present(quarter: Quarter, day: int, times: Sequence[float]) -> dict[str, list[int]]:
    """Tell who was in each zone at times of a day."""
    gains: dict[str, list[list[float]]] = {}
    for gate, (forward, backward) in zip(quarter.gates, quarter.crossings(day), strict=True):
        gains.setdefault(gate.target, [[], []])[0].extend(forward)
        gains[gate.target][1].extend(backward)
        gains.setdefault(gate.origin, [[], []])[0].extend(backward)
        gains[gate.origin][1].extend(forward)
    del gains[OUTSIDE]
    found = {}
    for zone, (came, went) in gains.items():
        came.sort()
        went.sort()
        found[zone] = [bisect_right(came, at) - bisect_right(went, at) for at in times]
    return found


def present_at(quarter: Quarter, at: float) -> dict[str, int]:
    """Tell who is in each zone."""
    day = max(0, day_at(at))
    return {zone: people for zone, (people,) in present(quarter, day, [at]).items()}


def stays_of(quarter: Quarter, day: int) -> dict[str, list[Stay]]:
    """Give every stay of a day, by zone."""
    found: dict[str, list[Stay]] = {}
    for visit in quarter.visits(day):
        stays = zip(quarter.ways[visit.group].zones, pairwise(visit.times), strict=True)
        for zone, stay in stays:
            found.setdefault(zone, []).append(stay)
    return found


def whole_day(quarter: Quarter, day: int) -> Record:
    """Tell what happened on a day, from when nobody is there until nobody is there again."""
    return record(quarter, begin_of(day), begin_of(day + 1) - 1)


def _note(found: Record, quarter: Quarter, visit: Visit, span: tuple[float, float]) -> None:
    begin, end = span
    way = quarter.ways[visit.group]
    if visit.times[-1] < begin or visit.times[0] >= end:
        return
    for line, (origin, target), at in _steps(way, visit):
        if begin <= at < end:
            found.gates[line] += 1
            found.flows[origin, target] += 1
            found.left[origin] += 1
            found.entered[target] += 1
    for zone, (came, went) in zip(way.zones, pairwise(visit.times), strict=True):
        if begin <= went < end:
            stays = found.stays[zone]
            stays.number += 1
            stays.seconds += went - came
    if begin <= visit.times[0] < end:
        found.visits += 1
        if mode := quarter.gates[way.lines[0] // 2].mode:
            found.arrivals[mode] += 1
    if begin <= visit.times[-1] < end:
        found.journeys[way.zones[0], way.zones[-1]] += 1
        found.paths[way.zones] += 1


def _steps(way: Way, visit: Visit) -> Iterator[tuple[int, Edge, float]]:
    places = pairwise((OUTSIDE, *way.zones, OUTSIDE))
    return zip(way.lines, places, visit.times, strict=True)
