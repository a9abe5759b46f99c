"""From the points of a total to what was consumed in an hour, a day, a month.

Between two neighbouring readings a total is taken to have risen evenly; before
the first it stands at the first, after the newest at the newest.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from math import isclose
from typing import Final

from .register import Point

HOUR: Final = timedelta(hours=1)
FIVE_MINUTES: Final = timedelta(minutes=5)
LONGEST: Final = timedelta(hours=3)
"""Readings further apart are a gap: what was consumed meanwhile is spread evenly over it."""
TOLERANCE: Final = 1e-6
"""Sums closer than this are equal, in the unit of the statistics."""


class Period(StrEnum):
    """A stretch of local time that people ask about."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    THIS_MONTH = "this_month"


type Stretch = tuple[datetime, datetime]
"""From when until when."""
type Bounds = Mapping[Period, Stretch]
"""When each period begins and ends; the end may lie in the future."""


def full_hour(at: datetime) -> datetime:
    """Give the full hour (UTC) in which a time lies."""
    return at.replace(minute=0, second=0, microsecond=0)


def total_at(points: Sequence[Point], at: datetime) -> float:
    """Give the total at a time; exactly that of a reading where one lies there."""
    following = bisect_right(points, at, key=lambda point: point.at)
    if following == 0:
        return points[0].total
    before = points[following - 1]
    if following == len(points):
        return before.total
    after = points[following]
    share = (at - before.at) / (after.at - before.at)
    return before.total + (after.total - before.total) * share


def consumed(points: Sequence[Point], start: datetime, end: datetime) -> float:
    """Give what was consumed between two times."""
    return total_at(points, end) - total_at(points, start)


def gaps(points: Sequence[Point]) -> Iterator[Stretch]:
    """Give each stretch without a reading over which consumption is spread."""
    for before, after in pairwise(points):
        if after.at - before.at > LONGEST:
            yield before.at, after.at


def spread(stretches: Iterable[Stretch], start: datetime, end: datetime) -> timedelta:
    """Give how much of the time between two others lies in any of the stretches."""
    found = timedelta()
    for begin, until in sorted(stretches):
        begun = max(start, begin)
        ended = min(end, until)
        if ended > begun:
            found += ended - begun
            start = ended
    return found


@dataclass(frozen=True, slots=True)
class Row:
    """What a recorder keeps for an hour, in the unit of its statistics."""

    start: datetime
    state: float
    """Total at the end of the hour."""
    sum: float

    def is_held(self, held: float) -> bool:
        """Tell whether a sum that was read back is this one."""
        return isclose(self.sum, held, rel_tol=1e-9, abs_tol=TOLERANCE)


@dataclass(frozen=True, slots=True)
class Tail:
    """The newest five minutes that the recorder has compiled; it continues from there."""

    start: datetime
    state: float
    sum: float


def compiled_until(tail: Tail) -> datetime:
    """Give the end of the newest hour that is compiled once this tail is.

    The last five minutes of an hour are compiled together with the hour.
    """
    return full_hour(tail.start + FIVE_MINUTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """What a recorder holds of a total, in the unit of its statistics."""

    until: datetime
    """End of the newest hour that is compiled: no later one may be written."""
    anchor: tuple[datetime, float] | None
    """End and sum of the newest row before the hours in question."""
    tail: Tail
    factor: float = 1.0
    """Its unit for one of the total's."""


@dataclass(frozen=True, slots=True)
class Repair:
    """What makes a recorder's statistics true."""

    rows: tuple[Row, ...]
    lift: float = 0.0
    """To be added to all sums from `lift_from` on, before the rows are written."""
    lift_from: datetime | None = None


def repair(points: Sequence[Point], compiled: Compiled, excess: float = 0.0) -> Repair | None:
    """Give what to write from the anchor on; None if no hour is due.

    Sums continue from the anchor, so that whatever lies before stays as it is.
    Without one they begin at zero with the first reading. Hours after the
    newest reading stand still until the next one. `excess` is how far the
    total as shown lies above its newest point.
    """
    first = full_hour(points[0].at)
    if compiled.anchor is None:
        start, sum_before, total_before = first, 0.0, points[0].total
    else:
        anchor, sum_before = compiled.anchor
        start = max(first, anchor)
        total_before = total_at(points, anchor)
    if start >= compiled.until:
        return None

    def sum_of(total: float) -> float:
        return sum_before + (total - total_before) * compiled.factor

    rows = []
    while start < compiled.until:
        total = total_at(points, start + HOUR)
        rows.append(Row(start, total * compiled.factor, sum_of(total)))
        start += HOUR
    tail = compiled.tail
    shown = points[-1].total + excess
    right = sum_of(points[-1].total) + tail.state - shown * compiled.factor
    if isclose(right, tail.sum, rel_tol=1e-9, abs_tol=TOLERANCE):
        return Repair(tuple(rows))
    return Repair(tuple(rows), right - tail.sum, full_hour(tail.start))
