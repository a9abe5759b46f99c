"""Days in Bernau: local hours, public holidays and school holidays of Brandenburg."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from .clock import EPOCH

_LOCAL = ZoneInfo("Europe/Berlin")
_FIXED = frozenset({(1, 1), (5, 1), (10, 3), (10, 31), (12, 25), (12, 26)})
_FROM_EASTER = frozenset({-2, 0, 1, 39, 49, 50})
_WEDNESDAY, _SATURDAY, _SUNDAY = 2, 5, 6
_MARKET = frozenset({_WEDNESDAY, _SATURDAY})


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of local life."""

    weekday: int
    """0 is Monday."""
    hour: int
    holiday: bool
    school_break: bool
    month: int

    @property
    def is_rest(self) -> bool:
        """Whether it is a Sunday or a public holiday."""
        return self.holiday or self.weekday == _SUNDAY

    @property
    def is_saturday(self) -> bool:
        """Whether it is a Saturday that is no public holiday."""
        return not self.holiday and self.weekday == _SATURDAY

    @property
    def working_day(self) -> bool:
        """Whether offices are open on this day."""
        return not self.is_rest and not self.is_saturday

    @property
    def market_day(self) -> bool:
        """Whether the weekly market is held."""
        return self.weekday in _MARKET and not self.holiday


def easter(year: int) -> date:
    """Give Easter Sunday (Meeus's algorithm for the Gregorian calendar)."""
    golden = year % 19
    century, rest = divmod(year, 100)
    leap, kept = divmod(century, 4)
    correction = (century - (century + 8) // 25 + 1) // 3
    moon = (19 * golden + century - leap - correction + 15) % 30
    fourth, single = divmod(rest, 4)
    week = (32 + 2 * kept + 2 * fourth - moon - single) % 7
    late = (golden + 11 * moon + 22 * week) // 451
    month, day = divmod(moon + week - 7 * late + 114, 31)
    return date(year, month, day + 1)


def is_holiday(day: date) -> bool:
    """Tell whether it is a public holiday in Brandenburg."""
    return (day.month, day.day) in _FIXED or (day - easter(day.year)).days in _FROM_EASTER


@cache
def _school_breaks(year: int) -> tuple[tuple[date, int], ...]:
    """Give first day and length of the school holidays; after 2027 by the usual pattern."""
    autumn = date(year, 10, 19)
    autumn += timedelta(days=(3 - autumn.weekday()) % 7 - 3)
    winter = date(year, 2, 1)
    winter += timedelta(days=-winter.weekday() % 7)
    return (
        (date(year, 1, 1), 2),
        (winter, 6),
        (easter(year) - timedelta(days=6), 13),
        (date(year, 7, 1), 45),
        (autumn, 12),
        (date(year, 12, 23), 9),
    )


def is_school_break(day: date) -> bool:
    """Tell whether schools are closed."""
    return any(0 <= (day - first).days < length for first, length in _school_breaks(day.year))


@cache
def _day(ordinal: int) -> tuple[bool, bool]:
    day = date.fromordinal(ordinal)
    return is_holiday(day), is_school_break(day)


@cache
def hour(index: int) -> Hour:
    """Give the hour with this number since the beginning."""
    local = datetime.fromtimestamp(EPOCH + 3600 * index, UTC).astimezone(_LOCAL)
    holiday, school_break = _day(local.toordinal())
    return Hour(local.weekday(), local.hour, holiday, school_break, local.month)
