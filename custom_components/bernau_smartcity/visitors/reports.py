"""What is told of the ways of people in days that are over, ready to be published.

Flows are exact. Journeys and paths are estimated, with the bounds that hold
without any model. Small numbers are left out of all of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import Final, NamedTuple

from .balancing import balanced
from .dwell import LEAST_COVERAGE
from .fitting import surveyed
from .flows import OUTSIDE, Edge, Mode
from .increments import Flag
from .journeys import (
    Bounds,
    Journeys,
    bounds,
    covered,
    journeys,
    strongest_paths,
    transfers,
)
from .modes import modal_split, without_transfers
from .reasons import Reason
from .tables import published, rounded, suppressed
from .zones import Passage, town_arrivals, town_flows

_TRANSIT: Final = (Mode.TRAIN, Mode.BUS)
"""Between these people change."""


@dataclass(frozen=True, slots=True)
class Discretion:
    """How little is told of few people."""

    smallest: int
    """A smaller number is not told."""
    step: int = 1
    """Numbers are rounded to a multiple of it."""

    def told(self, table: Mapping[Edge, float]) -> dict[Edge, int | None]:
        """Round a table, and leave out what would tell of few."""
        whole = suppressed(rounded(table), self.smallest)
        return {
            edge: None if number is None else self.to_step(number) for edge, number in whole.items()
        }

    def number(self, people: float) -> int | None:
        """Round a number that stands alone, and leave it out if it tells of few."""
        whole = round(people)
        return None if 0 < whole < self.smallest else self.to_step(whole)

    def to_step(self, number: float) -> int:
        """Round to the nearest multiple of the step."""
        return round(number / self.step) * self.step


class Row(NamedTuple):
    """How many went from one zone to another, or came in by one and left by another."""

    edge: Edge
    people: int | None
    """None where few did, or where it would tell of few others."""
    bounds: Bounds | None = None
    """Between these lies the truth."""


class Walk(NamedTuple):
    """A way through zones, and who took it."""

    zones: tuple[str, ...]
    people: int
    share: float


@dataclass(frozen=True, slots=True)
class Walks:
    """The likeliest ways of enough people."""

    walks: Sequence[Walk]
    covered: float
    """Share of all visits that lead through no more zones than these ways."""


def coverage_of(passages: Iterable[Passage]) -> float:
    """Give the coverage of the counter that told of the smallest part of the time."""
    return min((passage.coverage for passage in passages), default=0.0)


def flags_of(passages: Iterable[Passage]) -> frozenset[Flag]:
    """Give what must be known of all counts."""
    return frozenset().union(*(passage.flags for passage in passages))


def flow_rows(passages: Sequence[Passage], discretion: Discretion) -> list[Row]:
    """Tell who went from zone to zone."""
    return [Row(edge, number) for edge, number in discretion.told(town_flows(passages)).items()]


def estimated(passages: Sequence[Passage]) -> Journeys | Reason:
    """Estimate how people move, if the counters allow it."""
    if coverage_of(passages) < LEAST_COVERAGE:
        return Reason.COVERAGE
    flows = balanced(town_flows(passages))
    return flows if isinstance(flows, Reason) else journeys(flows)


def journey_rows(
    found: Journeys,
    discretion: Discretion,
    survey: Mapping[str, Mapping[str, float]] | None = None,
) -> list[Row] | Reason:
    """Tell who came in by one zone and left by another, with the bounds of what is told.

    Where a survey tells of it, that is fitted to what was counted.
    """
    table = found.table if survey is None else surveyed(found, survey)
    if isinstance(table, Reason):
        return table
    limits = bounds(found)
    return [
        Row(edge, number, None if number is None else _outward(limits[edge]))
        for edge, number in discretion.told(table).items()
    ]


def _outward(limits: Bounds) -> Bounds:
    return Bounds(floor(limits.least), ceil(limits.most))


def walks(found: Journeys, discretion: Discretion, most: int, longest: int) -> Walks:
    """Tell the likeliest ways."""
    paths = published(strongest_paths(found, most, longest), found.total, discretion.smallest)
    return Walks(
        [Walk(path.zones, discretion.to_step(people), path.share) for path, people in paths],
        covered(found, longest),
    )


class ArrivalRow(NamedTuple):
    """Who arrived by a mode."""

    mode: Mode
    people: int | None
    """None where few did."""
    share: float
    """Of the counted arrivals, in percent."""
    error: float
    """Standard error of the share that chance makes, in percent."""
    without_transfers: int | None
    """Estimated, without those who only changed to the other of bus and train."""


def arrival_rows(
    gates: Sequence[Passage], parked: Sequence[Passage], discretion: Discretion
) -> list[ArrivalRow] | Reason:
    """Tell how people arrived."""
    split = modal_split(town_arrivals((*gates, *parked)))
    if isinstance(split, Reason):
        return split
    found = estimated(gates)
    changed = {} if isinstance(found, Reason) else _transfers(gates, found)
    stayed = without_transfers(split.arrivals, changed)
    return [
        ArrivalRow(
            mode,
            discretion.number(people),
            split.tenths[mode] / 10,
            split.error(mode),
            None if isinstance(found, Reason) else discretion.number(stayed[mode]),
        )
        for mode, people in split.arrivals.items()
    ]


def _transfers(passages: Sequence[Passage], found: Journeys) -> dict[tuple[Mode, Mode], float]:
    """Estimate who only changed between bus and train, in all stations together."""
    changed: dict[tuple[Mode, Mode], float] = {}
    for zone in found.entries:
        came: dict[Mode | None, float] = {}
        left: dict[Mode | None, float] = {}
        for passage in passages:
            gate = passage.gate
            for (origin, target), people in gate.flows(*passage.totals):
                if (origin, target) == (OUTSIDE, zone) and gate.mode in _TRANSIT:
                    came[gate.mode] = came.get(gate.mode, 0) + people
                elif (origin, target) == (zone, OUTSIDE):
                    left[gate.mode] = left.get(gate.mode, 0) + people
        for (before, after), people in transfers(found, zone, came, left).items():
            if before in _TRANSIT and after in _TRANSIT:
                changed[before, after] = changed.get((before, after), 0) + people
    return changed
