"""Local days, and the periods whose consumption is shown."""

from datetime import date, datetime, timedelta

from homeassistant.util import dt as dt_util

from .metering.hours import Bounds, Period


def midnight(day: date) -> datetime:
    """Give when a local day begins; days from before 1970 were always there."""
    day = max(day, date(1970, 1, 2))
    return dt_util.as_utc(dt_util.start_of_local_day(day))


def bounds() -> Bounds:
    """Give when the periods begin and end, by local time."""
    today = dt_util.now().date()
    tomorrow = midnight(today + timedelta(days=1))
    return {
        Period.TODAY: (midnight(today), tomorrow),
        Period.YESTERDAY: (midnight(today - timedelta(days=1)), midnight(today)),
        Period.THIS_MONTH: (midnight(today.replace(day=1)), tomorrow),
    }
