"""What a total counted in any stretch of time, and how much of that was measured."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from .hours import consumed, gaps, spread
from .register import Point


@dataclass(frozen=True, slots=True)
class Usage:
    """What a total, or several, counted in a stretch of time."""

    amount: float
    span: timedelta
    """How long the stretch is; of several totals their sum."""
    missing: timedelta = timedelta()
    """Of that, before the oldest reading that is kept and after the newest."""
    spread: timedelta = timedelta()
    """Of that, in gaps between readings, over which the amount is spread evenly."""
    since: datetime | None = None
    """Where it is told of one total: the oldest reading that is kept, from the beginning on."""

    @property
    def missing_share(self) -> float:
        """Give the share of time of which nothing is known."""
        return self.missing / self.span if self.span else 0.0

    @property
    def spread_share(self) -> float:
        """Give the share of time over which the amount is spread."""
        return self.spread / self.span if self.span else 0.0


def usage(points: Sequence[Point], start: datetime, end: datetime) -> Usage:
    """Give what a total counted between two times; before its first point it stood still."""
    span = end - start
    if not points:
        return Usage(0.0, span, span)
    begun, ended = max(start, points[0].at), min(end, points[-1].at)
    known = max(ended - begun, timedelta())
    amount = consumed(points, start, end)
    return Usage(amount, span, span - known, spread(gaps(points), start, end), min(begun, end))


def continued(older: Sequence[Point], newer: Usage, start: datetime) -> Usage:
    """Give what a total counted from a time on, of which older points tell the beginning.

    Between the two, nothing is taken from either twice.
    """
    until = newer.since or start + newer.span
    begin = usage(older, start, until)
    span = newer.span - begin.span
    return in_all((begin, replace(newer, span=span, missing=newer.missing - begin.span)))


def in_all(usages: Iterable[Usage]) -> Usage:
    """Give what several totals counted in all."""
    found = list(usages)
    return Usage(
        sum(each.amount for each in found),
        sum((each.span for each in found), timedelta()),
        sum((each.missing for each in found), timedelta()),
        sum((each.spread for each in found), timedelta()),
    )
