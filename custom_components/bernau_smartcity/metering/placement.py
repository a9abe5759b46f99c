"""When a reading was measured, judged by the time of receipt."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from ..model import Quantity, Reading

ZONE_STEP: Final = timedelta(minutes=15)
"""All time zones in use differ from UTC by a multiple of it."""
CLOCK_TOLERANCE: Final = timedelta(minutes=5)
"""A clock this close to a time zone is right, and its full hours are full hours."""
OLDEST: Final = timedelta(days=400)
"""Meters store at most some thirteen months; anything older is a wrong clock."""
FUTURE: Final = timedelta(minutes=10)


def clock_error(clock: datetime, received_at: datetime) -> timedelta:
    """Give what must be added to the meter's clock to make it true time.

    A meter whose clock stands in another time zone but is right otherwise is
    corrected by whole quarter hours, so that its full hours stay full hours.
    """
    error = received_at - clock
    zone = round(error / ZONE_STEP) * ZONE_STEP
    return zone if abs(error - zone) <= CLOCK_TOLERANCE else error


def place(readings: Iterable[Reading], received_at: datetime) -> Iterator[Reading]:
    """Give the readings of one frame with their true time of measurement, in UTC.

    Readings that cannot be placed (a year old, or in the future) are left out.
    """
    frame = tuple(readings)
    clocks = [r.value for r in frame if r.quantity is Quantity.CLOCK]
    error = (
        clock_error(datetime.fromtimestamp(clocks[0], received_at.tzinfo), received_at)
        if clocks
        else timedelta()
    )
    for reading in frame:
        at = received_at if reading.at is None else reading.at + error
        if received_at - OLDEST <= at <= received_at + FUTURE:
            yield reading._replace(at=min(at, received_at).astimezone(UTC))
