"""What a line has counted, bin by bin: worked out once, and kept.

Only what lies after a reading that is new is worked out again, so the work
follows what is heard. A bin is named by its number since 1970.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate, repeat
from operator import attrgetter
from typing import Final, NamedTuple

from .bins import QUARTER, Grid, Tally, bins
from .increments import LONGEST_SPREAD, Flag, Increment, parted
from .reasons import Reason
from .zones import Series

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
SPANS: Final = 16
"""Messages from which it follows how often a counter reports."""

_NOTHING: Final = Tally(None)
_PASSED: Final = attrgetter("passed")
_COVERAGE: Final = attrgetter("coverage")
_RESOLVED: Final = attrgetter("resolved")
_FLAGS: Final = attrgetter("flags")
_LOSSES: Final = frozenset({Flag.IMPLAUSIBLE, Flag.LOST})
_TICK: Final = timedelta.resolution


def number_of(at: datetime) -> int:
    """Give the number of the bin in which a time lies."""
    return (at - EPOCH) // QUARTER


def start_of(number: int) -> datetime:
    """Give when a bin begins."""
    return EPOCH + number * QUARTER


class Told(NamedTuple):
    """What increments tell, from a bin on."""

    since: datetime
    bins: Sequence[Tally]
    silences: Sequence[Increment]
    """Longer than anything that can be divided among bins."""
    until: datetime
    interval: timedelta
    """After which the counter usually reports again."""

    @property
    def first(self) -> int:
        """Give the number of the first bin; perhaps only its end is told."""
        return number_of(self.since)


def told(increments: Sequence[Increment]) -> Told:
    """Work out the bins of increments that follow each other; there is at least one."""
    first, last = increments[0].since, increments[-1].until
    begin = number_of(first)
    grid = Grid(start_of(begin), number_of(last - _TICK) - begin + 1)
    spans = sorted(each.until - each.since for each in increments[-SPANS:])
    return Told(
        first,
        bins(increments, grid),
        [each for each in increments if each.until - each.since > LONGEST_SPREAD],
        last,
        max(QUARTER, spans[len(spans) // 2]),
    )


@dataclass(slots=True)
class Record:
    """The bins of a line that are at hand."""

    bins: dict[int, Tally] = field(default_factory=dict)
    silences: list[Increment] = field(default_factory=list)
    since: datetime | None = None
    """When its first reading was."""
    until: datetime | None = None
    """Of when its newest reading tells."""
    interval: timedelta = QUARTER
    passed: int = 0
    """All that has passed since its first reading, also in bins that are not at hand."""
    changes: list[tuple[int, int]] = field(default_factory=list)
    """From which bin on the newest changes reach, in their order and in that of bins."""

    def revise(self, news: Told) -> int | None:
        """Take over what is told from a bin on, in place of what was told before.

        Of a bin of which only the end is told stays what was known. All bins
        from there on must be at hand. Gives the first bin that has changed.
        """
        first = news.first
        known = self.bins.get(first)
        begun = min(news.since, self.since or news.since)
        before = {number: each for number, each in self.bins.items() if number >= first}
        silent = self.silences
        for number in before:
            del self.bins[number]
        self.bins.update(enumerate(news.bins, first))
        if start_of(first) < news.since and begun < news.since and known is not None:
            self.bins[first] = known
        kept = [each for each in self.silences if each.until <= news.since]
        self.silences = [*kept, *news.silences]
        after = {n: self.bins[n] for n in range(first, first + len(news.bins))}
        self.passed += _passed(after.values(), self.silences) - _passed(before.values(), silent)
        self.since, self.until, self.interval = begun, news.until, news.interval
        last = self.changes[-1][1] if self.changes else 0
        self.changes = [each for each in self.changes if each[0] < first] + [(first, last + 1)]
        changed = [n for n in before.keys() | after.keys() if before.get(n) != after.get(n)]
        changed += [number_of(each.since) for each in {*silent} ^ {*self.silences}]
        return min(changed, default=None)

    def revision(self, end: datetime) -> int:
        """Give a number that differs once anything before a time has changed."""
        before = bisect_left(self.changes, (number_of(end), 0))
        return self.changes[before - 1][1] if before else 0

    def forget_before(self, number: int) -> None:
        """Keep no more than the bins from a number on at hand."""
        for old in [each for each in self.bins if each < number]:
            del self.bins[old]
        begin = start_of(number)
        self.silences = [each for each in self.silences if each.until > begin]

    def told_until(self, now: datetime, patience: float) -> datetime:
        """Tell of when somebody waits for this line no longer: it has told, or is overdue."""
        due = now - patience * self.interval
        return due if self.until is None else max(due, min(self.until, now))


def passed_in(record: Record, grid: Grid) -> list[float]:
    """Give what passed in each bin; what passed in a longer silence lies evenly in it."""
    first = number_of(grid.start)
    kept = (record.bins.get(number) for number in range(first, first + grid.count))
    found = [float((each and each.passed) or 0) for each in kept]
    whole = grid.length // _TICK
    for silence in record.silences:
        begin, end = (at - grid.start for at in (silence.since, silence.until))
        overlaps = parted(begin // _TICK, end // _TICK, whole)
        share = (silence.passed or 0) / sum(overlaps)
        for n, overlap in enumerate(overlaps, begin // grid.length):
            if 0 <= n < grid.count:
                found[n] += share * overlap
    return found


def series_of(record: Record, grid: Grid) -> Series:
    """Sum up a stretch of time from the bins that are at hand."""
    first = number_of(grid.start)
    numbers = range(first, first + grid.count)
    counted = list(map(record.bins.get, numbers, repeat(_NOTHING)))
    silences = [
        each for each in record.silences if each.since < grid.end and each.until > grid.start
    ]
    ended = 0 if record.until is None else grid.ended(record.until)
    total = _total(counted, silences, grid)
    sums = _sums(counted, silences, grid, ended, losses=not _LOSSES.isdisjoint(total.flags))
    return Series(grid, counted, sums, total)


def _passed(counted: Iterable[Tally], silences: Iterable[Increment]) -> int:
    """Add up what is known of bins and silences."""
    in_bins = sum(each.passed or 0 for each in counted)
    return in_bins + sum(each.passed or 0 for each in silences)


def _total(counted: Sequence[Tally], silences: Iterable[Increment], grid: Grid) -> Tally:
    """Sum up bins; a silence counts when all of it lies in their stretch."""
    known = [each for each in map(_PASSED, counted) if each is not None]
    coverage = sum(map(_COVERAGE, counted))
    resolved = sum(map(_RESOLVED, counted))
    for silence in silences:
        if grid.start <= silence.since and silence.until <= grid.end and silence.passed is not None:
            known.append(silence.passed)
            coverage += (silence.until - silence.since) / QUARTER * silence.coverage
            resolved += silence.coverage
    edges = (*counted[:1], *counted[-1:])
    return Tally(
        sum(known) if known else None,
        coverage / max(1, grid.count),
        resolved / max(1, grid.count),
        frozenset().union(*filter(None, map(_FLAGS, counted))),
        any(each.interpolated for each in edges),
    )


def _sums(
    counted: Sequence[Tally],
    silences: Sequence[Increment],
    grid: Grid,
    ended: int,
    *,
    losses: bool,
) -> Sequence[int | Reason]:
    """Tell how many have passed when each bin ends; see `bins.Sums`."""
    added = [each or 0 for each in map(_PASSED, counted)]
    if ended == grid.count and not silences and not losses and _NOTHING not in counted:
        return list(accumulate(added))
    unknown: list[Reason | None] = [
        None if n < ended and each is not _NOTHING else Reason.NOT_REPORTED
        for n, each in enumerate(counted)
    ]
    lost = next((n for n, each in enumerate(counted) if each.flags & _LOSSES), grid.count)
    for silence in silences:
        if silence.since < grid.start:
            lost = 0
            continue
        begin, last = grid.ended(silence.since), grid.ended(silence.until - _TICK)
        unknown[begin:last] = [Reason.SILENT] * (last - begin)
        added[min(last, grid.count - 1)] += silence.passed or 0
    unknown[lost:] = [Reason.LOST] * (grid.count - lost)
    return [
        passed if why is None else why
        for why, passed in zip(unknown, accumulate(added), strict=True)
    ]
