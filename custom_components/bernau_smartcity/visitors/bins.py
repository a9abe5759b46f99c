"""What passed a line in each quarter of an hour, in an hour, on a day."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from operator import mul
from typing import Final, NamedTuple

from .increments import LONGEST_SPREAD, Flag, Increment, is_interpolated, parted
from .reasons import Reason
from .rounding import divided

QUARTER: Final = timedelta(minutes=15)
"""Shorter bins would tell of single people."""

_TICK: Final = timedelta.resolution
_LONGEST: Final = LONGEST_SPREAD // _TICK
_NONE: Final[frozenset[Flag]] = frozenset()
_NUMBERS: Final = frozenset({int, float})


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


class Sums:
    """What the increments of a line add up to, by bin and in all; worked out in one pass."""

    __slots__ = (
        "_coverage",
        "_end",
        "_flags",
        "_interpolated",
        "_late",
        "_lost",
        "_passed",
        "_resolved",
        "_silence",
        "_unknown",
        "_whole",
        "grid",
    )

    def __init__(self, grid: Grid, increments: Iterable[Increment] = ()) -> None:
        """Add up what passed between messages."""
        count = grid.count
        self.grid = grid
        self._whole = grid.length // _TICK
        self._end = count * self._whole
        self._passed: list[int | None] = [None] * count
        self._coverage = [0.0] * count
        self._resolved = [0.0] * count
        self._flags = [_NONE] * count
        self._interpolated = [False] * count
        self._silence = Tally(None)
        """Longer silences that lie on the grid as a whole, and what is cut off at its ends."""
        self._unknown: list[Reason | None] = [Reason.NOT_REPORTED] * count
        self._late = [0] * count
        """What passed in a longer silence that ended in this bin."""
        self._lost = count
        """From this bin on, no sum is known."""
        for increment in increments:
            self._add(increment)

    def _add(self, increment: Increment) -> None:
        begin = (increment.since - self.grid.start) // _TICK
        end = (increment.until - self.grid.start) // _TICK
        if end <= 0 or begin >= self._end:
            return
        whole, count = self._whole, self.grid.count
        first, ended = max(0, begin // whole), min(end // whole, count)
        last = min((end - 1) // whole, count)
        final = min(last, count - 1)
        silent = end - begin > _LONGEST
        if increment.passed is None or silent:
            self._keep_silent(increment, first, final, inside=begin >= 0 and end <= self._end)
        else:
            self._share_out(increment, begin, end)
        if increment.flag is not None:
            for n in range(first, final + 1):
                self._flags[n] |= {increment.flag}
        self._unknown[first:ended] = [None] * (ended - first)
        is_lost = increment.passed is None or increment.flag is Flag.LOST
        if is_lost or (silent and begin < 0):
            self._lost = min(self._lost, first)
        elif silent:
            self._unknown[first:last] = [Reason.SILENT] * (last - first)
            self._late[final] += increment.passed or 0

    def tallies(self) -> list[Tally]:
        """Give what passed in each bin."""
        rows = zip(
            self._passed,
            self._coverage,
            self._resolved,
            self._flags,
            self._interpolated,
            strict=True,
        )
        return list(map(Tally._make, rows))

    def total(self) -> Tally:
        """Give what passed in all; of a longer silence, if all of it lies on the grid."""
        count = self.grid.count
        known = [passed for passed in self._passed if passed is not None]
        silent = self._silence
        if silent.passed is not None:
            known.append(silent.passed)
        return Tally(
            sum(known) if known else None,
            sum(self._coverage) / max(1, count) + silent.coverage,
            sum(self._resolved) / max(1, count) + silent.resolved,
            _NONE.union(*self._flags),
            silent.interpolated,
        )

    def cumulated(self) -> list[int | Reason]:
        """Tell how many have passed when each bin ends, since the grid began.

        After a longer silence the sum is right again. Once a number is lost, so
        are all that follow; so it is with a silence during which the grid began.
        """
        late = zip(self._passed, self._late, strict=True)
        sums = accumulate((passed or 0) + more for passed, more in late)
        unknown = self._unknown[: self._lost]
        found = [known if why is None else why for why, known in zip(unknown, sums, strict=False)]
        return found + [Reason.LOST] * (self.grid.count - self._lost)

    def _share_out(self, increment: Increment, begin: int, end: int) -> None:
        """Divide among bins what passed in a shorter time."""
        whole, count = self._whole, self.grid.count
        overlaps = parted(begin, end, whole)
        parts = divided(increment.passed or 0, overlaps)
        weight = increment.coverage / whole
        resolution = min(1.0, whole / (end - begin))
        interpolated = is_interpolated(end - begin, whole)
        n = begin // whole
        for part, overlap in zip(parts, overlaps, strict=True):
            if 0 <= n < count:
                share = overlap * weight
                self._passed[n] = part + (self._passed[n] or 0)
                self._coverage[n] += share
                self._resolved[n] += share * resolution
                if interpolated:
                    self._interpolated[n] = True
            n += 1
        if interpolated and (begin < 0 or end > self._end):
            self._silence = self._silence._replace(interpolated=True)

    def _keep_silent(self, increment: Increment, first: int, final: int, *, inside: bool) -> None:
        """Note a longer time of which nobody can tell when who passed."""
        before, span = self._silence, increment.until - increment.since
        if is_interpolated(span // _TICK, self._whole):
            self._interpolated[first : final + 1] = [True] * (final + 1 - first)
        if not inside:
            self._silence = before._replace(interpolated=True)
        elif increment.passed is not None:
            share = span / (self.grid.end - self.grid.start) * increment.coverage
            self._silence = before._replace(
                passed=(before.passed or 0) + increment.passed,
                coverage=before.coverage + share,
                resolved=before.resolved + share * min(1.0, self.grid.length / span),
            )


def tally(
    increments: Iterable[Increment], since: datetime, until: datetime, length: timedelta = QUARTER
) -> Tally:
    """Sum up a stretch of time; it begins and ends with a bin of the given length.

    Of a longer silence the sum counts when all of it lies in the stretch.
    """
    return Sums(Grid(since, (until - since) // length, length), increments).total()


def bins(increments: Iterable[Increment], grid: Grid) -> list[Tally]:
    """Sum up each bin."""
    return Sums(grid, increments).tallies()


def net(lines: Iterable[tuple[float, Sequence[int | Reason]]]) -> list[float | Reason]:
    """Tell by how many a zone has gained when each bin ends, from the sums of its lines.

    Each line comes with what one count adds to the zone, or takes from it.
    """
    weights, sums = [], []
    for weight, line in lines:
        weights.append(weight)
        sums.append(line)
    columns = zip(*sums, strict=True)
    if all({*map(type, line)} <= _NUMBERS for line in sums):
        return [sum(map(mul, weights, column, strict=True)) for column in columns]
    return [_net(weights, column) for column in columns]


def _net(weights: Sequence[float], column: Sequence[int | Reason]) -> float | Reason:
    gain = 0.0
    for weight, passed in zip(weights, column, strict=True):
        if isinstance(passed, Reason):
            return passed
        gain += weight * passed
    return gain
