"""What a line has counted, bin by bin: worked out once, and kept.

Only what lies after a reading that is new is worked out again, so the work
follows what is heard. A bin is named by its number since 1970.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Final, NamedTuple

from .bins import QUARTER, Grid, Tally, bins
from .increments import LONGEST_SPREAD, Flag, Increment
from .reasons import Reason
from .zones import Series

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
SPANS: Final = 16
"""Messages from which it follows how often a counter reports."""

RECENT: Final = 32
"""So many changes of a line are remembered."""

_NOTHING: Final = Tally(None)
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
    revision: int = 0
    """Grows with each change."""
    recent: deque[int] = field(default_factory=lambda: deque(maxlen=RECENT))
    """From which bin on each of the newest changes changed anything."""

    def revise(self, news: Told) -> None:
        """Take over what is told from a bin on, in place of what was told before.

        Of a bin of which only the end is told stays what was known.
        """
        first = news.first
        known = self.bins.get(first)
        begun = min(news.since, self.since or news.since)
        for number in [number for number in self.bins if number >= first]:
            del self.bins[number]
        self.bins.update(enumerate(news.bins, first))
        if start_of(first) < news.since and begun < news.since and known is not None:
            self.bins[first] = known
        kept = [each for each in self.silences if each.until <= news.since]
        self.silences = [*kept, *news.silences]
        self.since, self.until, self.interval = begun, news.until, news.interval
        self.revision += 1
        self.recent.append(first)

    def is_unchanged(self, grid: Grid, revision: int) -> bool:
        """Tell whether a stretch of time is as it was at a revision."""
        changes = self.revision - revision
        if changes > len(self.recent):
            return False
        end = number_of(grid.end)
        return all(self.recent[-n] >= end for n in range(1, changes + 1))

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


def series_of(record: Record, grid: Grid) -> Series:
    """Sum up a stretch of time from the bins that are at hand."""
    counted = bins_of(record.bins, grid)
    return Series(
        grid,
        counted,
        _sums(record, counted, grid),
        total_of(counted, record.silences, grid),
    )


def bins_of(kept: Mapping[int, Tally], grid: Grid) -> list[Tally]:
    """Give the bins of a stretch of time."""
    first = number_of(grid.start)
    return [kept.get(number, _NOTHING) for number in range(first, first + grid.count)]


def total_of(counted: Sequence[Tally], silences: Iterable[Increment], grid: Grid) -> Tally:
    """Sum up bins; a silence counts when all of it lies in their stretch."""
    if not counted:
        return _NOTHING
    numbers, coverages, resolutions, flags, _ = zip(*counted, strict=True)
    known = [passed for passed in numbers if passed is not None]
    coverage, resolved = sum(coverages), sum(resolutions)
    for silence in silences:
        if grid.start <= silence.since and silence.until <= grid.end and silence.passed is not None:
            known.append(silence.passed)
            coverage += (silence.until - silence.since) / QUARTER * silence.coverage
            resolved += silence.coverage
    return Tally(
        sum(known) if known else None,
        coverage / grid.count,
        resolved / grid.count,
        frozenset().union(*flags),
        counted[0].interpolated or counted[-1].interpolated,
    )


def _sums(record: Record, counted: Sequence[Tally], grid: Grid) -> list[int | Reason]:
    """Tell how many have passed when each bin ends; see `bins.Sums`."""
    added = [each.passed or 0 for each in counted]
    ended = 0 if record.until is None else grid.ended(record.until)
    unknown = [Reason.NOT_REPORTED if each is _NOTHING else None for each in counted[:ended]]
    unknown += [Reason.NOT_REPORTED] * (grid.count - ended)
    lost = next((n for n, each in enumerate(counted) if each.flags & _LOSSES), grid.count)
    for silence in record.silences:
        if silence.since >= grid.end or silence.until <= grid.start:
            continue
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
