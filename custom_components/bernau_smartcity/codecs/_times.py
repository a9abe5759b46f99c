"""Times that devices send."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Final

METER_TIME: Final = timezone(timedelta(hours=1))
"""Zone of clocks that do not tell theirs: meters in Germany keep UTC+1 all year."""

METER_SUMMER_TIME: Final = timezone(timedelta(hours=2))
"""Zone of such a clock while it says that it keeps summer time."""

EARLIEST: Final = datetime(2015, 1, 1, tzinfo=UTC)
"""Before all LoRaWAN devices: an earlier time is that of a clock that was never set."""

_ZONE_STEP: Final = timedelta(minutes=15)
_FARTHEST_ZONE: Final = timedelta(hours=15)
_TOLERANCE: Final = timedelta(minutes=5)

_AHEAD: Final = timedelta(days=31)
"""By how much a badly set clock may run ahead."""


def unix(seconds: int) -> datetime:
    """Give the moment of a Unix time."""
    return datetime.fromtimestamp(seconds, UTC)


def is_plausible(at: datetime, received_at: datetime) -> bool:
    """Tell whether a device may have sent this time, judged by that of receipt."""
    return EARLIEST <= at <= received_at + _AHEAD


def clock_error(clock: datetime, true: datetime) -> timedelta:
    """Give what is missing to a clock: whole quarter hours if it is right in another zone."""
    error = true - clock
    zone = round(error / _ZONE_STEP) * _ZONE_STEP
    is_zone = abs(zone) < _FARTHEST_ZONE and abs(error - zone) <= _TOLERANCE
    return zone if is_zone else error
