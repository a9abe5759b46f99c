"""When a device should have been heard again, and how much of what it sends is lost.

By day (UTC) the longest pause between two messages is kept, with how many came
and how many did not. The second longest of the pauses of two weeks is what the
device usually needs: a weekend counts, a single outage does not.
"""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

DAYS: Final = 14
LOSS_DAYS: Final = 7
FACTOR: Final = 2.5
"""A device may miss two of its usual pauses' ends."""
LEAST: Final = timedelta(hours=3)
UNKNOWN: Final = timedelta(hours=60)
"""Grace of a device of which no pause is known: it may send once a day."""
OUTAGE: Final = timedelta(hours=24)
"""While nothing at all is heard from a network server, its devices have this much longer."""
_DAY: Final = timedelta(days=1)
_EPOCH: Final = 719_163
"""The first of January 1970 as `date.toordinal`."""


class Heard(NamedTuple):
    """What was heard of a device on a day."""

    day: int
    """As `date.toordinal`, UTC."""
    pause: float
    """The longest in seconds that ended on it."""
    received: int
    lost: int


type Rhythm = tuple[Heard, ...]
"""Oldest first."""


def heard_again(rhythm: Rhythm, before: datetime, at: datetime, lost: int) -> Rhythm:
    """Note that a device was heard, after which pause, and how many messages never came."""
    day = _EPOCH + int(at.timestamp() // _DAY.total_seconds())
    pause = (at - before).total_seconds()
    known = rhythm
    if rhythm and rhythm[-1].day == day:
        *_, last = rhythm
        known = rhythm[:-1]
        today = Heard(day, max(last.pause, pause), last.received + 1, last.lost + lost)
    else:
        today = Heard(day, pause, 1, lost)
    return (*known, today)[-DAYS:]


def grace(rhythm: Rhythm) -> timedelta:
    """Give for how long a device may be silent."""
    if not rhythm:
        return UNKNOWN
    longest = sorted(each.pause for each in rhythm)
    usual = longest[-2] if len(longest) > 1 else longest[-1]
    return max(LEAST, FACTOR * timedelta(seconds=usual))


def loss(rhythm: Rhythm) -> float | None:
    """Give the share of messages of the last days that never came, None if nothing is known."""
    days = rhythm[-LOSS_DAYS:]
    lost = sum(each.lost for each in days)
    sent = lost + sum(each.received for each in days)
    return lost / sent if sent else None


def listening(newest: datetime, now: datetime) -> datetime:
    """Give up to when a network server was surely listening, by what it heard at all."""
    return max(newest, now - OUTAGE)


def is_silent(last: datetime, rhythm: Rhythm, until: datetime) -> bool:
    """Tell whether a device should have been heard by a time."""
    return until - last > grace(rhythm)
