"""When a day and an hour begin and end."""

from datetime import UTC, datetime, time, timedelta, tzinfo
from itertools import pairwise


def day_of(at: datetime, zone: tzinfo, begin: time = time(0)) -> tuple[datetime, datetime]:
    """Give when the day around a time begins and ends, in UTC.

    Of a zone it begins at the time of its reset, of the town at midnight. It
    has 23 or 25 hours when the clock changes.
    """
    date = at.astimezone(zone).date()
    starts = (
        datetime.combine(date + timedelta(days=days), begin, zone).astimezone(UTC)
        for days in (-1, 0, 1, 2)
    )
    return next(day for day in pairwise(starts) if day[0] <= at < day[1])


def hour_of(at: datetime) -> tuple[datetime, datetime]:
    """Give when the hour around a time begins and ends, in UTC."""
    start = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return start, start + timedelta(hours=1)
