"""A quarter of a town: its gates, and who walks through them day by day."""

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from random import Random

from ..curves import visitor_curve
from ..noise import mix, unit
from .counting import Pair, Slips, Times, counted, seen, slips
from .walks import Crowd, Visit, day_at, walked
from .ways import Gate, Group, Way, way_of

_VARIANTS = 4
_NUMBER, _SLIPS, _SEEN, _CROWD = range(601, 605)
_DAYS = 64
"""So many days of single people are kept."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many cross each line on a day, and how often the counters err."""

    came: Sequence[int]
    """Of each group."""
    crossed: Sequence[Pair[int]]
    """Of each gate."""
    slips: Sequence[Pair[Slips]]


@dataclass(eq=False, repr=False)
class Quarter:
    """Gates and groups of people; every day follows from its number and the seed."""

    gates: Sequence[Gate]
    groups: Sequence[Group]
    seed: int = 1
    ways: Sequence[Way] = field(init=False)
    _crowds: Sequence[Crowd] = field(init=False)
    _before: list[Sequence[Pair[int]]] = field(init=False)
    """What was counted at each gate before each day."""

    def __post_init__(self) -> None:
        """Follow the ways of all groups."""
        self.ways = [way_of(group, self.gates) for group in self.groups]
        self._crowds = [self._crowd(n) for n in range(len(self.groups))]
        self._before = [[(0, 0)] * len(self.gates)]
        self.visits = lru_cache(_DAYS)(self._visits)
        self.seen = lru_cache(_DAYS)(self._seen)

    def _crowd(self, number: int) -> Crowd:
        group, way = self.groups[number], self.ways[number]
        by_train = self.gates[way.lines[0] // 2].mode == "train"
        curve = visitor_curve(group.crowd, number % _VARIANTS, by_train=by_train)
        return Crowd(curve, group.people, mix(self.seed, number, _CROWD))

    def tally(self, day: int) -> Tally:
        """Count a day without looking at single people."""
        came = [
            crowd.came(day, unit(crowd.salt, day, _NUMBER)) if day >= 0 else 0
            for crowd in self._crowds
        ]
        lines = [0] * (2 * len(self.gates))
        for number, way in zip(came, self.ways, strict=True):
            for line in way.lines:
                lines[line] += number
        crossed = list(zip(lines[::2], lines[1::2], strict=True))
        erring = [self._slips(n, pair, day) for n, pair in enumerate(crossed)]
        return Tally(came, crossed, erring)

    def _slips(self, gate: int, crossed: Pair[int], day: int) -> Pair[Slips]:
        random = Random(mix(self.seed, mix(gate, day), _SLIPS))  # noqa: S311  # no secret
        eye = self.gates[gate].eye
        return slips(eye, crossed[0], random), slips(eye, crossed[1], random)

    def _visits(self, day: int) -> list[Visit]:
        """Give everybody who comes on a day."""
        came = self.tally(day).came
        return [
            visit
            for n, (crowd, way) in enumerate(zip(self._crowds, self.ways, strict=True))
            for visit in walked(crowd, way, n, day, came[n])
        ]

    def crossings(self, day: int) -> list[Pair[list[float]]]:
        """Give when each gate is crossed on a day, in no order."""
        lines: list[list[float]] = [[] for _ in range(2 * len(self.gates))]
        for visit in self.visits(day):
            for line, at in zip(self.ways[visit.group].lines, visit.times, strict=True):
                lines[line].append(at)
        return list(zip(lines[::2], lines[1::2], strict=True))

    def _seen(self, day: int) -> list[Pair[Times]]:
        """Give when each counter counts on a day."""
        erring = self.tally(day).slips
        return [
            seen(pair, erring[n], self.gates[n].eye, mix(self.seed, mix(n, day), _SEEN))
            for n, pair in enumerate(self.crossings(day))
        ]

    def counted(self, gate: int, direction: int, at: float) -> int:
        """Give how many a counter has counted in (0) or out (1) since the beginning."""
        day = day_at(at)
        if day < 0:
            return 0
        times: array[float] = self.seen(day)[gate][direction]
        return self._counted_before(day)[gate][direction] + bisect_right(times, at)

    def _counted_before(self, day: int) -> Sequence[Pair[int]]:
        for earlier in range(len(self._before) - 1, day):
            tally = self.tally(earlier)
            self._before.append(
                [
                    _added(sums, counted(pair, erring, gate.eye))
                    for sums, pair, erring, gate in zip(
                        self._before[-1], tally.crossed, tally.slips, self.gates, strict=True
                    )
                ]
            )
        return self._before[day]


def _added(one: Pair[int], other: Pair[int]) -> Pair[int]:
    return one[0] + other[0], one[1] + other[1]


@dataclass(frozen=True, slots=True)
class Crossings:
    """What a counter's register counts: a load like that of a meter."""

    quarter: Quarter
    gate: int
    direction: int
    """0: in, 1: out."""
    start: float = 0.0

    def total(self, at: float) -> float:
        """Give the exact register."""
        return self.start + self.quarter.counted(self.gate, self.direction, at)

    def rate(self, at: float) -> float:
        """Give how many passed in the last hour."""
        return self.total(at) - self.total(at - 3600)

    def leaks(self, at: float) -> bool:
        """Never leak."""
        del at
        return False


def gate_number(quarter: Quarter, name: str) -> int:
    """Give the number of a gate."""
    return next(n for n, gate in enumerate(quarter.gates) if gate.name == name)
