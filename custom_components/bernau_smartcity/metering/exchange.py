"""One total over the meters that stood at a place one after the other.

The total is a function of the points of all devices and of what people noted,
so it does not depend on the order in which anything became known.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import NamedTuple

from .hours import total_at
from .plausibility import Limits
from .register import Point


@dataclass(frozen=True, slots=True)
class Change:
    """An exchange: from then on the next device counts."""

    at: datetime
    last: float | None = None
    """What the display of the old meter showed at the end."""
    first: float | None = None
    """What the display of the new meter showed at the beginning."""


class Noted(NamedTuple):
    """What somebody read from the display of a meter whose pulses are counted."""

    at: datetime
    value: float


@dataclass(frozen=True, slots=True)
class Part:
    """What one device counted, at this place or elsewhere."""

    points: Sequence[Point]
    limits: Limits
    displays: Sequence[float] | None = None
    """What its register showed at each point; None where it has no display of its own."""

    def between(self, begin: datetime | None, end: datetime | None) -> Part:
        """Give what lies after one time and not after another."""
        chosen = [
            number
            for number, point in enumerate(self.points)
            if (begin is None or point.at > begin) and (end is None or point.at <= end)
        ]
        shown = self.displays
        return Part(
            [self.points[number] for number in chosen],
            self.limits,
            None if shown is None else [shown[number] for number in chosen],
        )


class Joined(NamedTuple):
    """The total of a place."""

    points: list[Point]
    display: float | None
    """What the display of the present meter shows at its newest point, if that is known."""


def joined(
    parts: Sequence[Part],
    changes: Sequence[Change],
    noted: Sequence[Noted] = (),
    until: datetime | None = None,
) -> Joined:
    """Give the total of a place; there is one part more than changes.

    The old meter's last reading ends what it counted, the new one's first
    reading begins what it counts; without them, or where no meter can have
    counted that much, the total continues with what the devices sent. The
    newest display that was noted then shifts the whole total, so that no
    consumption changes.
    """
    points: list[Point] = []
    display: float | None = None
    for part, change, following in zip_longest(parts, (None, *changes), changes):
        end = until if following is None else following.at
        own = part.between(None if change is None else change.at, end)
        if change is not None and points:
            points, start = _changed(points, display, part, own, change)
            points += [Point(at, start + (total - own.points[0].total)) for at, total in own.points]
        else:
            points += own.points
        display = _display(own, part, change, noted, end)
    if noted and points:
        newest = max(noted)
        offset = newest.value - total_at(points, newest.at)
        points = [Point(at, total + offset) for at, total in points]
    return Joined(points, display)


def _changed(
    points: list[Point], display: float | None, part: Part, own: Part, change: Change
) -> tuple[list[Point], float]:
    """Let the old meter end, and give the total at the first point of the new device."""
    newest = points[-1]
    total = newest.total
    if display is not None and change.last is not None:
        total += _counted(change.last - display, change.at - newest.at, part.limits)
    kept = points if newest.at < change.at else points[:-1]
    ended = [*kept, Point(change.at, total)]
    if not own.points:
        return ended, total
    first = own.points[0]
    if own.displays is None:
        since = first.total - total_at(part.points, change.at)
    elif change.first is None:
        since = 0.0
    else:
        since = _counted(own.displays[0] - change.first, first.at - change.at, part.limits)
    return ended, total + since


def _display(
    own: Part, part: Part, change: Change | None, noted: Sequence[Noted], end: datetime | None
) -> float | None:
    """Give what the meter shows at the newest point of its time."""
    begin = None if change is None else change.at
    first = None if change is None else change.first
    if not own.points:
        return first
    if own.displays is not None:
        return own.displays[-1]
    known = [n for n in noted if (begin is None or n.at > begin) and (end is None or n.at <= end)]
    if begin is not None and first is not None:
        known.append(Noted(begin, first))
    if not known:
        return None
    newest = max(known)
    return newest.value + own.points[-1].total - total_at(part.points, newest.at)


def _counted(increase: float, span: timedelta, limits: Limits) -> float:
    return increase if limits.believable(increase, span) else 0.0
