"""What is told of the ways of people in days that are over, ready to be published.

Flows are exact. Journeys and paths are estimated, with the bounds that hold
without any model. Small numbers are left out of all of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import NamedTuple

from .balancing import balanced
from .dwell import LEAST_COVERAGE
from .flows import Edge
from .increments import Flag
from .journeys import Bounds, Journeys, bounds, covered, journeys, strongest_paths
from .reasons import Reason
from .tables import published, rounded, suppressed
from .zones import Passage, town_flows


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


def journey_rows(found: Journeys, discretion: Discretion) -> list[Row]:
    """Tell who came in by one zone and left by another, with the bounds of what is told."""
    limits = bounds(found)
    return [
        Row(edge, number, None if number is None else _outward(limits[edge]))
        for edge, number in discretion.told(found.table).items()
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
