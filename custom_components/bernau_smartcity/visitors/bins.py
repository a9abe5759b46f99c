"""What passed a line in each quarter of an hour, in an hour, on a day."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Final, NamedTuple

from .increments import LONGEST_SPREAD, Bin, Flag, Increment, spread
from .reasons import Reason

QUARTER: Final = timedelta(minutes=15)
"""Shorter bins would tell of single people."""


class Tally(NamedTuple):
    """How many passed in a stretch of time, and how well that is known."""

    passed: int | None
    """None where nothing is known. A lower bound where coverage is below 1, or a flag says so."""
    coverage: float = 0.0
    """Share of the time that the counts tell of."""
    resolved: float = 0.0
    """Share of the bins of which a message of their own told."""
    flags: frozenset[Flag] = frozenset()
    interpolated: bool = False
    """When within a longer time they passed is not known."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Bins one after the other; the first begins at a multiple of their length since 1970."""

    start: datetime
    count: int
    length: timedelta = QUARTER

    @property
    def end(self) -> datetime:
        """When the last bin ends."""
        return self.start + self.count * self.length

    def ended(self, at: datetime) -> int:
        """Count the bins that have ended by a time."""
        return min(max(0, (at - self.start) // self.length), self.count)


class _Sum:
    """What all increments together tell of a stretch of time."""

    __slots__ = ("coverage", "flags", "interpolated", "passed", "resolved")

    def __init__(self) -> None:
        self.passed: int | None = None
        self.coverage = self.resolved = 0.0
        self.flags: set[Flag] = set()
        self.interpolated = False

    def add(self, part: Bin, coverage: float, resolution: float) -> None:
        """Add what one of them tells; `part.share` is its share of the stretch."""
        if part.passed is not None:
            self.passed = (self.passed or 0) + part.passed
            self.coverage += part.share * coverage
            self.resolved += part.share * coverage * resolution
        if part.flag is not None:
            self.flags.add(part.flag)
        self.interpolated |= part.interpolated

    def tally(self) -> Tally:
        """Give the sum."""
        flags = frozenset(self.flags)
        return Tally(self.passed, self.coverage, self.resolved, flags, self.interpolated)


def tally(
    increments: Iterable[Increment], since: datetime, until: datetime, length: timedelta = QUARTER
) -> Tally:
    """Sum up a stretch of time; it begins and ends with a bin of the given length.

    Of a longer silence the sum counts when all of it lies in the stretch.
    """
    total = _Sum()
    for increment in _overlapping(increments, since, until):
        overlap = min(until, increment.until) - max(since, increment.since)
        share = overlap / (until - since)
        if since <= increment.since and increment.until <= until:
            part = Bin(since, increment.passed, increment.flag, share=share)
        else:
            part = _within(increment, since, until, length)._replace(share=share)
        total.add(part, increment.coverage, _resolution(increment, length))
    return total.tally()


def bins(increments: Iterable[Increment], grid: Grid) -> list[Tally]:
    """Sum up each bin."""
    sums = [_Sum() for _ in range(grid.count)]
    for increment in _overlapping(increments, grid.start, grid.end):
        resolution = _resolution(increment, grid.length)
        for part in spread(increment, grid.length):
            n = (part.start - grid.start) // grid.length
            if 0 <= n < grid.count:
                sums[n].add(part, increment.coverage, resolution)
    return [each.tally() for each in sums]


def cumulated(
    increments: Iterable[Increment], counted: Iterable[Tally], grid: Grid
) -> list[int | Reason]:
    """Tell how many have passed when each bin ends, since the grid began; `counted` are its bins.

    After a longer silence the sum is right again. Once a number is lost, so are
    all that follow; so it is with a silence during which the grid began.
    """
    added = [each.passed or 0 for each in counted]
    unknown: list[Reason | None] = [Reason.NOT_REPORTED] * grid.count
    lost = grid.count
    for increment in _overlapping(increments, grid.start, grid.end):
        first, ended = grid.ended(increment.since), grid.ended(increment.until)
        unknown[first:ended] = [None] * (ended - first)
        silence = _is_silence(increment)
        if _is_lost(increment) or (silence and increment.since < grid.start):
            lost = min(lost, first)
        elif silence:
            last = grid.ended(increment.until - timedelta.resolution)
            unknown[first:last] = [Reason.SILENT] * (last - first)
            added[min(last, grid.count - 1)] += increment.passed or 0
    unknown[lost:] = [Reason.LOST] * (grid.count - lost)
    sums = accumulate(added)
    return [passed if why is None else why for why, passed in zip(unknown, sums, strict=True)]


def net(lines: Iterable[tuple[float, Sequence[int | Reason]]]) -> list[float | Reason]:
    """Tell by how many a zone has gained when each bin ends, from the sums of its lines.

    Each line comes with what one count adds to the zone, or takes from it.
    """
    weights, sums = [], []
    for weight, line in lines:
        weights.append(weight)
        sums.append(line)
    return [_net(weights, column) for column in zip(*sums, strict=True)]


def _net(weights: Sequence[float], column: Sequence[int | Reason]) -> float | Reason:
    gain = 0.0
    for weight, passed in zip(weights, column, strict=True):
        if isinstance(passed, Reason):
            return passed
        gain += weight * passed
    return gain


def _overlapping(
    increments: Iterable[Increment], since: datetime, until: datetime
) -> Iterator[Increment]:
    return (each for each in increments if each.since < until and each.until > since)


def _is_silence(increment: Increment) -> bool:
    return increment.until - increment.since > LONGEST_SPREAD


def _is_lost(increment: Increment) -> bool:
    return increment.passed is None or increment.flag is Flag.LOST


def _within(increment: Increment, since: datetime, until: datetime, length: timedelta) -> Bin:
    """Give what of an increment lies in a stretch that cuts it."""
    inside = [each for each in spread(increment, length) if since <= each.start < until]
    known = [each.passed for each in inside if each.passed is not None]
    passed = sum(known) if known else None
    return inside[0]._replace(passed=passed)


def _resolution(increment: Increment, length: timedelta) -> float:
    """Give the share of bins of which there would be a message of their own."""
    return min(1.0, length / (increment.until - increment.since))
