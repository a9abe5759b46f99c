"""What the counters at the gates of a town say of its zones."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter
from typing import Final

from .bins import Grid, Sums, Tally, net
from .dwell import Traffic
from .flows import Counting, Edge, Gate, summed
from .increments import Flag, Increment
from .modes import Arrivals
from .occupancy import Level, levels
from .reasons import Reason

_PASSED: Final = attrgetter("passed")
_INTERPOLATED: Final = attrgetter("interpolated")


@dataclass(frozen=True, slots=True)
class Series:
    """What passed a line in one direction."""

    grid: Grid
    bins: Sequence[Tally]
    sums: Sequence[int | Reason]
    """How many have passed when each bin ends."""
    total: Tally


@dataclass(frozen=True, slots=True)
class Passage:
    """What passed a gate: to its target, and back from it."""

    gate: Gate
    forward: Series
    backward: Series

    @property
    def coverage(self) -> float:
        """Share of the time that its counter tells of."""
        coverage = self.forward.total.coverage
        if self.gate.counting is Counting.BOTH:
            coverage = min(coverage, self.backward.total.coverage)
        return coverage

    @property
    def flags(self) -> frozenset[Flag]:
        """What must be known of its counts to judge them."""
        return self.forward.total.flags | self.backward.total.flags

    @property
    def totals(self) -> tuple[int, int]:
        """Who is known to have passed."""
        return self.forward.total.passed or 0, self.backward.total.passed or 0


def series(increments: Sequence[Increment], grid: Grid) -> Series:
    """Sum up the increments of a line, by bin and in all."""
    sums = Sums(grid, increments)
    return Series(grid, sums.tallies(), sums.cumulated(), sums.total())


def zone_levels(passages: Iterable[Passage], zone: str) -> list[Level | Reason]:
    """Give who was in a zone when each bin ended; nothing where its boundary is open."""
    own = _of(passages, zone)
    if not _is_enclosed(own):
        return []
    signed = [(people, line.sums) for people, line in _entering(own, zone)]
    signed += [(-people, line.sums) for people, line in _leaving(own, zone)]
    return levels(net(signed), _sharp(own))


def _sharp(own: Iterable[Passage]) -> list[bool]:
    """Tell of the end of each bin whether no longer time that was spread goes on beyond it."""
    lines = [line for passage in own for line in (passage.forward, passage.backward)]
    columns = [column for line in lines if any(column := [*map(_INTERPOLATED, line.bins)])]
    if not columns:
        return [True] * min((line.grid.count for line in lines), default=0)
    spread = list(map(any, zip(*columns, strict=True)))
    return [not (here and after) for here, after in pairwise((*spread, True))]


def zone_traffic(passages: Iterable[Passage], zone: str) -> Traffic | Reason:
    """Give what passed into a zone and out of it, as far as it is known."""
    own = _of(passages, zone)
    if not own:
        return Reason.OPEN_BOUNDARY
    return Traffic(
        entered=_by_bin(_entering(own, zone)),
        left=_by_bin(_leaving(own, zone)),
        coverage=min(passage.coverage for passage in own),
        sharp=_sharp(own),
        enclosed=_is_enclosed(own),
        length=own[0].forward.grid.length,
        flags=frozenset().union(*(passage.flags for passage in own)),
    )


def town_flows(passages: Iterable[Passage]) -> dict[Edge, float]:
    """Give how many went from zone to zone."""
    return summed(flow for passage in passages for flow in passage.gate.flows(*passage.totals))


def town_arrivals(passages: Iterable[Passage]) -> list[Arrivals]:
    """Give who arrived at which gate."""
    return [Arrivals(passage.gate, *passage.totals, passage.coverage) for passage in passages]


def _of(passages: Iterable[Passage], zone: str) -> list[Passage]:
    return [each for each in passages if zone in (each.gate.origin, each.gate.target)]


def _is_enclosed(own: Sequence[Passage]) -> bool:
    return bool(own) and all(passage.gate.counting is Counting.BOTH for passage in own)


def _entering(own: Iterable[Passage], zone: str) -> Iterator[tuple[float, Series]]:
    for passage in own:
        is_target = passage.gate.target == zone
        yield passage.gate.people, passage.forward if is_target else passage.backward


def _leaving(own: Iterable[Passage], zone: str) -> Iterator[tuple[float, Series]]:
    for passage in own:
        is_target = passage.gate.target == zone
        yield passage.gate.people, passage.backward if is_target else passage.forward


def _by_bin(lines: Iterable[tuple[float, Series]]) -> list[float]:
    weighted = [
        [people * (passed or 0) for passed in map(_PASSED, line.bins)] for people, line in lines
    ]
    return list(map(sum, zip(*weighted, strict=True)))
