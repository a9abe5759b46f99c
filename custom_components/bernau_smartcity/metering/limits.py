"""Budgets: what a total may count in an hour, a day, a week, a month of local time.

Only what was surely consumed within a period counts: of a gap across its
beginning or its end nothing does, as nobody knows on which side it was consumed.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from .hours import HOUR, LONGEST, TOLERANCE, full_hour, total_at
from .register import Point

RETURN: Final = 0.05
"""Share of the limit by which a consumption must be corrected downwards to end an alarm."""
_INSTANT: Final = timedelta(microseconds=1)


class Span(StrEnum):
    """A period that can have a limit."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


def begin(span: Span, local: datetime) -> datetime:
    """Give when the period began in which a local time lies; weeks begin on Mondays."""
    if span is Span.HOUR:
        return full_hour(local.astimezone(UTC))
    day = local.date()
    if span is Span.WEEK:
        day -= timedelta(days=day.weekday())
    elif span is Span.MONTH:
        day = day.replace(day=1)
    return datetime.combine(day, time(), local.tzinfo).astimezone(UTC)


def before(span: Span, start: datetime, local: datetime) -> datetime:
    """Give when the period began that ended when another began; local tells the time zone."""
    return begin(span, (start - _INSTANT).astimezone(local.tzinfo))


def surely_from(around: Sequence[Point], at: datetime) -> Point | None:
    """Give from which point on a total surely counts after a time.

    `around` are the newest point not after that time and the oldest after it.
    None where nothing was read since. The time of the result is that of the
    reading on which it rests.
    """
    exact = [point for point in around if point.at == at]
    if exact:
        return exact[0]
    after = [point for point in around if point.at > at]
    if not after:
        return None
    close = len(around) > 1 and around[1].at - around[0].at <= LONGEST
    return Point(after[0].at, total_at(around, at) if close else after[0].total)


def surely_until(around: Sequence[Point], at: datetime) -> float | None:
    """Give up to which total it had surely counted before a time, None where nothing was read."""
    if not around or around[0].at > at:
        return None
    close = len(around) > 1 and around[1].at - around[0].at <= LONGEST
    return total_at(around, at) if close else around[0].total


def between(opening: Point | None, closing: float | None) -> float:
    """Give what was surely consumed between two times."""
    if opening is None or closing is None:
        return 0.0
    return max(0.0, closing - opening.total)


def is_current(end: datetime, now: datetime) -> bool:
    """Tell whether an hour is recent enough to be told; older ones are history."""
    return now - end <= LONGEST


def is_exceeded(consumption: float, limit: float, *, was: bool) -> bool:
    """Tell whether a limit is exceeded; once it is, a small correction does not end it."""
    return consumption > limit * (1 - RETURN if was else 1) + TOLERANCE


def hour_before(newest: datetime) -> tuple[datetime, datetime]:
    """Give the newest hour that had ended when something was read."""
    end = full_hour(newest)
    return end - HOUR, end
