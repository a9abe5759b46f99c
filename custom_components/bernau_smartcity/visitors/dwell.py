"""How long people stay in a zone on average, from who came and who went.

The area below the number present is the sum of all stays, in whatever order
people leave. Only the mean can be told, and it includes those who only walk
through. A small error of counting leaves people behind until the reset, so
every estimate is made from balanced counts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import accumulate, pairwise
from math import sqrt
from typing import Final

from .bins import QUARTER
from .increments import Flag
from .occupancy import Drift, balancing_factor, people
from .reasons import Reason

FEWEST: Final = 30
"""Entries and exits together."""
LEAST_COVERAGE: Final = 0.9
MOST_ERROR: Final = 0.2
"""Share of the result that errors of counting may make."""
MISCOUNTS: Final = 0.02
"""Share of those who pass that even a sound counter misses, or counts twice."""
LIVE_BINS: Final = 12
"""The last hours of which the live estimate tells: three."""
STEP: Final = 4
"""An hour: the live estimate is compared with those at the end of each hour before."""
MOST_OF_WINDOW: Final = 1 / 3
"""Who stays for a larger part of these hours was there before, or is still there."""
FEWEST_STEPS: Final = 4
MOST_UNSTEADY: Final = 1.5
"""By how much the largest of them may exceed the smallest."""

_MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What passed into a zone and out of it in each bin since the reset."""

    entered: Sequence[float]
    left: Sequence[float]
    coverage: float
    """Of the counter that told of the smallest part of the time."""
    sharp: Sequence[bool] = ()
    """Of the end of each bin: whether no longer time that was spread goes on beyond it."""
    enclosed: bool = True
    """All ways into the zone and out of it are counted, by direction."""
    length: timedelta = QUARTER
    flags: frozenset[Flag] = frozenset()

    def scaled(self, factor: float) -> Traffic:
        """Multiply entries and divide exits by a factor."""
        entered = [each * factor for each in self.entered]
        return replace(self, entered=entered, left=[each / factor for each in self.left])

    @property
    def net(self) -> list[float]:
        """By how many the zone has gained when each bin ends."""
        gains = (came - went for came, went in zip(self.entered, self.left, strict=True))
        return list(accumulate(gains))

    @property
    def people(self) -> list[float]:
        """How many are present when each bin ends."""
        return people(self.net, self.sharp) if self.sharp else people(self.net)

    @property
    def duration(self) -> timedelta:
        """How long all bins are."""
        return len(self.entered) * self.length


@dataclass(frozen=True, slots=True)
class Dwell:
    """A mean stay, and from what it follows."""

    mean: timedelta
    person_minutes: float
    entered: float
    left: float
    error: float = 0.0
    """Standard error of the mean that sound counters make, as a share of it."""
    flags: frozenset[Flag] = frozenset()
    """Of the counts from which it follows."""


def person_minutes(present: Iterable[float], length: timedelta) -> float:
    """Give the area below the number present, told at the beginning and at each end of a bin.

    People come and go evenly within a bin.
    """
    return length / _MINUTE * sum((before + after) / 2 for before, after in pairwise(present))


def day_dwell(day: Traffic) -> Dwell | Reason:
    """Give the mean stay of a whole day, at the beginning and end of which nobody is there.

    The area is that below the balanced counts as they are. To clamp them at
    zero would keep those, whom an early miscount left missing, until the reset;
    where that makes a difference, errors decide the result.
    """
    entered, left = sum(day.entered), sum(day.left)
    if reason := _unfit(day, entered, left):
        return reason
    factor = balancing_factor(entered, left)
    if isinstance(factor, Reason):
        return factor
    even = day.scaled(factor)
    area = person_minutes((0, *even.net), day.length)
    clamped = person_minutes((0, *even.people), day.length)
    if clamped - area > MOST_ERROR * area:
        return Reason.MISCOUNTED
    error = _day_error(day) / (area or 1)
    return _resolved(Dwell(_minutes(area / sqrt(entered * left)), area, entered, left, error), day)


def live_dwell(today: Traffic, yesterday: Drift | Reason, bins: int = LIVE_BINS) -> Dwell | Reason:
    """Give an approximate mean stay of the last hours, from all of the day so far.

    Person-time by departure has the least bias while arrivals rise or fall.
    Yesterday's counts tell how to balance those of today. It says nothing where
    some stay all day while others walk through; that shows in hours that differ.
    """
    entered, left = sum(today.entered[-bins:]), sum(today.left[-bins:])
    if reason := _unfit(today, entered, left):
        return reason
    if isinstance(yesterday, Reason):
        return Reason.DRIFT_UNKNOWN
    factor = balancing_factor(yesterday.entries, yesterday.exits)
    if isinstance(factor, Reason):
        return Reason.DRIFT_UNKNOWN if factor is Reason.NO_FLOW else factor
    balanced = today.scaled(factor)
    present = (0.0, *balanced.people)
    windows = [_window(balanced, present, end, bins) for end in range(len(today.left), 0, -STEP)]
    dwell = replace(windows[0], error=_live_error(today, bins) / (windows[0].person_minutes or 1))
    drift = abs(yesterday.people) / yesterday.entries
    if drift * today.duration > 2 * MOST_ERROR * dwell.mean:
        return Reason.MISCOUNTED
    doubt = _doubt(windows, bins * today.length) if len(today.left) > bins else None
    resolved = _resolved(dwell, today, bins)
    return resolved if isinstance(resolved, Reason) or doubt is None else doubt


def gauge_dwell(present: Sequence[float], traffic: Traffic) -> Dwell | Reason:
    """Give the mean stay where a counter tells who is present, which cannot drift.

    `present` is told at the beginning and at the end of each bin.
    """
    entered, left = sum(traffic.entered), sum(traffic.left)
    if reason := _unfit(traffic, entered, left):
        return reason
    area = person_minutes(present, traffic.length)
    dwell = Dwell(_minutes(area / sqrt(entered * left)), area, entered, left)
    return _resolved(dwell, traffic)


def _window(balanced: Traffic, present: Sequence[float], end: int, bins: int) -> Dwell:
    """Give person-time by departure in the bins before one."""
    begin = max(0, end - bins)
    entered, left = sum(balanced.entered[begin:end]), sum(balanced.left[begin:end])
    area = person_minutes(present[begin : end + 1], balanced.length)
    return Dwell(_minutes(area / left if left else 0), area, entered, left)


def _doubt(windows: Sequence[Dwell], length: timedelta) -> Reason | None:
    """Tell what speaks against the newest of the estimates of a day that has gone on for longer."""
    if windows[0].mean > MOST_OF_WINDOW * length:
        return Reason.LONGER_THAN_WINDOW
    means = [each.mean for each in windows if each.entered + each.left >= FEWEST]
    if len(means) < FEWEST_STEPS or max(means) > MOST_UNSTEADY * min(means):
        return Reason.UNSTEADY
    return None


def _day_error(day: Traffic) -> float:
    """Give by how much sound counters make the area of a balanced day wrong, in person-minutes.

    Who is counted wrongly is there too long, or too short, from then until the
    day ends; to balance the counts takes that away for the mean of all times.
    """
    passed = _passed(day)
    mean = sum(n * each for n, each in enumerate(passed)) / sum(passed)
    return _error(day, (each * (n - mean) ** 2 for n, each in enumerate(passed)))


def _live_error(today: Traffic, bins: int) -> float:
    """Give the same of the last hours: who is counted wrongly stays wrong until now."""
    passed = reversed(_passed(today))
    return _error(today, (each * min(n, bins) ** 2 for n, each in enumerate(passed, 1)))


def _error(traffic: Traffic, squares: Iterable[float]) -> float:
    return sqrt(MISCOUNTS * sum(squares)) * (traffic.length / _MINUTE)


def _passed(traffic: Traffic) -> list[float]:
    return [came + went for came, went in zip(traffic.entered, traffic.left, strict=True)]


def _minutes(minutes: float) -> timedelta:
    return minutes * _MINUTE


def _unfit(traffic: Traffic, entered: float, left: float) -> Reason | None:
    """Tell why nothing can be said of a mean stay."""
    conditions = (
        (not traffic.enclosed, Reason.OPEN_BOUNDARY),
        (traffic.length > QUARTER, Reason.BINS_TOO_LONG),
        (traffic.coverage < LEAST_COVERAGE, Reason.COVERAGE),
        (not entered or not left, Reason.NO_FLOW),
        (entered + left < FEWEST, Reason.TOO_FEW),
    )
    return next((reason for holds, reason in conditions if holds), None)


def _resolved(dwell: Dwell, traffic: Traffic, bins: int | None = None) -> Dwell | Reason:
    """Give a mean stay if the counts can resolve it."""
    if dwell.mean < traffic.length:
        return Reason.SHORTER_THAN_BIN
    window = traffic.duration if bins is None else min(bins * traffic.length, traffic.duration)
    if dwell.mean > window:
        return Reason.LONGER_THAN_WINDOW
    if dwell.error > MOST_ERROR:
        return Reason.MISCOUNTED
    return replace(dwell, flags=traffic.flags)
