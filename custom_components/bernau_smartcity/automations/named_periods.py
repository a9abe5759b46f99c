"""Stretches of local time that people ask for by name."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from enum import StrEnum

from ..metering.hours import Stretch

type Midnight = Callable[[date], datetime]
"""When a local day begins."""


class NamedPeriod(StrEnum):
    """A stretch of local time; a week begins on Monday."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    THIS_WEEK = "this_week"
    LAST_WEEK = "last_week"
    THIS_MONTH = "this_month"
    LAST_MONTH = "last_month"
    THIS_YEAR = "this_year"
    LAST_YEAR = "last_year"


def stretch(period: NamedPeriod, today: date, midnight: Midnight) -> Stretch:
    """Give when a period begins and ends; the end may lie in the future."""
    tomorrow = today + timedelta(days=1)
    monday = today - timedelta(days=today.weekday())
    month = today.replace(day=1)
    year = today.replace(month=1, day=1)
    begin, end = {
        NamedPeriod.TODAY: (today, tomorrow),
        NamedPeriod.YESTERDAY: (today - timedelta(days=1), today),
        NamedPeriod.THIS_WEEK: (monday, tomorrow),
        NamedPeriod.LAST_WEEK: (monday - timedelta(days=7), monday),
        NamedPeriod.THIS_MONTH: (month, tomorrow),
        NamedPeriod.LAST_MONTH: ((month - timedelta(days=1)).replace(day=1), month),
        NamedPeriod.THIS_YEAR: (year, tomorrow),
        NamedPeriod.LAST_YEAR: (year.replace(year=year.year - 1), year),
    }[period]
    return midnight(begin), midnight(end)
