"""Where people who came in somewhere went out, and by which way: estimated.

Counters know nobody, so the ways follow from an assumption: where people go
next depends only on where they are (an absorbing Markov chain). It
underestimates those who leave where they came in. What holds without it are
the bounds.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import islice
from typing import Final, NamedTuple

from .balancing import flaw
from .flows import OUTSIDE, Edge, Flows, outflow, zones_of
from .linear import solved
from .reasons import Reason

FEWEST: Final = 100
"""Visits from which ways can be estimated."""
MISCOUNTED: Final = 0.05
"""Share of the people at a gate by which sound counters are wrong at most."""
LONGEST: Final = 4
"""Zones of a path; longer ones are walked by few."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Journeys:
    """How people move, by zone."""

    entries: Mapping[str, float]
    exits: Mapping[str, float]
    onward: Mapping[str, Mapping[str, float]]
    """Probability to go next from a zone to another."""
    leaving: Mapping[str, float]
    """Probability to go outside next."""
    visits: Mapping[Edge, float]
    """How often somebody who came in by one zone is in another."""

    @property
    def total(self) -> float:
        """How many came."""
        return sum(self.entries.values())

    @property
    def table(self) -> dict[Edge, float]:
        """How many came in by one zone and went out by another."""
        return {
            (origin, target): self.entries[origin] * times * self.leaving[target]
            for (origin, target), times in self.visits.items()
        }

    def zones_per_visit(self, origin: str) -> float:
        """Give through how many zones those walk who came in by one."""
        return sum(self.visits[origin, zone] for zone in self.entries)


class Bounds(NamedTuple):
    """Between these lies the truth, whatever ways people walk, if the counters are sound."""

    least: float
    most: float


class Path(NamedTuple):
    """A way through zones from outside to outside."""

    zones: tuple[str, ...]
    share: float
    """Of all visits."""


def journeys(flows: Flows, fewest: float = FEWEST) -> Journeys | Reason:
    """Estimate how people move, from balanced flows."""
    if reason := flaw(flows):
        return reason
    if outflow(flows, OUTSIDE) < fewest:
        return Reason.TOO_FEW
    zones = zones_of(flows)
    onward: dict[str, dict[str, float]] = {zone: {} for zone in zones}
    leaving = dict.fromkeys(zones, 0.0)
    out = {zone: outflow(flows, zone) for zone in zones}
    for (origin, target), passed in flows.items():
        if origin in out and target in out and passed:
            onward[origin][target] = passed / out[origin]
        elif origin in out and passed:
            leaving[origin] = passed / out[origin]
    return Journeys(
        entries={zone: flows.get((OUTSIDE, zone), 0) for zone in zones},
        exits={zone: flows.get((zone, OUTSIDE), 0) for zone in zones},
        onward=onward,
        leaving=leaving,
        visits=_visits(onward),
    )


def bounds(found: Journeys, miscounted: float = MISCOUNTED) -> dict[Edge, Bounds]:
    """Give what entries and exits alone say of each journey (Fréchet).

    It holds whatever ways people walk, as long as no count of them is wrong by
    more than this share.
    """
    less, more = 1 - miscounted, 1 + miscounted
    total = more * found.total
    return {
        (origin, target): Bounds(max(0, less * (came + went) - total), more * min(came, went))
        for origin, came in found.entries.items()
        for target, went in found.exits.items()
    }


def strongest_paths(found: Journeys, most: int, longest: int = LONGEST) -> list[Path]:
    """Give the likeliest ways of at most so many zones, the likeliest first."""
    return list(islice(_paths(found, longest), most))


def covered(found: Journeys, longest: int = LONGEST) -> float:
    """Give the share of visits that lead through at most so many zones."""
    there = {zone: came / found.total for zone, came in found.entries.items()}
    share = 0.0
    for _ in range(longest):
        share += sum(part * found.leaving[zone] for zone, part in there.items())
        there = {
            zone: sum(part * found.onward[origin].get(zone, 0) for origin, part in there.items())
            for zone in there
        }
    return share


def transfers[Means](
    found: Journeys, zone: str, came: Mapping[Means, float], left: Mapping[Means, float]
) -> dict[tuple[Means, Means], float]:
    """Estimate who came into a station by one means and left it by another.

    They arrive at the station, not in the town. `left` are all who leave it for outside.
    """
    exits = sum(left.values())
    if not exits or zone not in found.leaving:
        return {}
    leaving = found.visits[zone, zone] * found.leaving[zone] / exits
    return {
        (before, after): entered * leaving * went
        for before, entered in came.items()
        for after, went in left.items()
        if before != after
    }


def _visits(onward: Mapping[str, Mapping[str, float]]) -> dict[Edge, float]:
    """Invert the identity less the probabilities: the chain's fundamental matrix."""
    zones = list(onward)
    unit = [[float(one == other) for other in zones] for one in zones]
    matrix = [[(one == other) - onward[one].get(other, 0) for other in zones] for one in zones]
    rows = solved(matrix, unit)
    return {
        (one, other): rows[n][m] for n, one in enumerate(zones) for m, other in enumerate(zones)
    }


def _paths(found: Journeys, longest: int) -> Iterator[Path]:
    """Give paths in order: no continuation is likelier than its beginning."""
    total = found.total
    waiting: list[tuple[float, tuple[str, ...]]] = []
    for zone, came in found.entries.items():
        _wait(waiting, came / total, (zone,))
    while waiting:
        negative, zones = heappop(waiting)
        if zones[-1] == OUTSIDE:
            yield Path(zones[:-1], -negative)
            continue
        _wait(waiting, -negative * found.leaving[zones[-1]], (*zones, OUTSIDE))
        if len(zones) < longest:
            for zone, probability in found.onward[zones[-1]].items():
                _wait(waiting, -negative * probability, (*zones, zone))


def _wait(
    waiting: list[tuple[float, tuple[str, ...]]], share: float, zones: tuple[str, ...]
) -> None:
    if share:
        heappush(waiting, (-share, zones))
