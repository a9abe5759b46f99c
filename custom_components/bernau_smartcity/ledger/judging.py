"""One total of a place judged at one moment: by its limits, and by its own past."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from ..metering.hours import HOUR, TOLERANCE, full_hour
from ..metering.limits import (
    Span,
    before,
    begin,
    between,
    hour_before,
    is_current,
    is_exceeded,
    surely_from,
    surely_until,
)
from ..metering.register import Point
from ..metering.watch import (
    UNKNOWN,
    Base,
    Day,
    Finding,
    Rules,
    Watch,
    base_load,
    day_of,
    fresh,
    leak,
    midnight,
    standstill,
    unusual,
)
from .state import Key, Limited, Seen
from .watches import Alarms

WEEKEND: Final = "base_load_weekend"
"""An alarm of the base load that is kept apart from that of the nights."""
RECENT: Final = 2
"""Days for which what is known of a day says something about the present."""


class Readings(Protocol):
    """What was read of a place."""

    def around(self, key: Key, at: datetime) -> list[Point]:
        """Give the newest point of a total not after a time, and the oldest after it."""

    def points(self, key: Key, since: datetime | None) -> list[Point]:
        """Give the points of a total from the newest one not after a time on, or all."""


LIMIT_ALARMS: Final = {
    Span.HOUR: "limit_exceeded_hour",
    Span.DAY: "limit_exceeded_day",
    Span.WEEK: "limit_exceeded_week",
    Span.MONTH: "limit_exceeded_month",
}
"""Names of the alarms of limits; those of their entities as well."""


class Turn(NamedTuple):
    """A total that is looked at now."""

    key: Key
    newest: Point
    since: datetime | None
    """After which time it may have changed; None: it has not."""
    now: datetime
    """By local time."""
    readings: Readings
    alarms: Alarms
    """Those of the place that hold, changed by what is found."""

    @property
    def today(self) -> int:
        """Give the local day."""
        return self.now.date().toordinal()

    def since_when(self, name: str) -> datetime | None:
        """Give since when an alarm holds."""
        return self.alarms.get((self.key, name))

    def hold(self, name: str, since: datetime | None) -> None:
        """Note since when an alarm holds, or that it does not."""
        if since is None:
            self.alarms.pop((self.key, name), None)
        else:
            self.alarms[self.key, name] = since

    def day_of(self, name: str) -> int | None:
        """Give the day on which an alarm began that holds."""
        since = self.since_when(name)
        return None if since is None else day_of(since, self.now.tzinfo)

    def hold_day(self, name: str, day: int | None) -> None:
        """Note the day on which an alarm began."""
        self.hold(name, None if day is None else midnight(day, self.now.tzinfo))

    def edges(self, start: datetime, end: datetime) -> float:
        """Give what was surely consumed between two times."""
        opening = surely_from(self.readings.around(self.key, start), start)
        return between(opening, surely_until(self.readings.around(self.key, end), end))


def by_limit(turn: Turn, span: Span, limit: float, held: Limited | None) -> Limited:
    """Judge a total by a limit; what is held is of its last turn, None for another limit."""
    found = _hour(turn, limit) if span is Span.HOUR else _period(turn, span, limit, held)
    turn.hold(LIMIT_ALARMS[span], found.start if found.exceeded else None)
    return found


def _period(turn: Turn, span: Span, limit: float, held: Limited | None) -> Limited:
    """Judge what was consumed since the present day, week or month began."""
    start = begin(span, turn.now)
    known = None if held is None or held.start != start else held.opening
    if known is None or held is None or (turn.since is not None and turn.since < known.at):
        around = turn.readings.around(turn.key, start)
        opening = surely_from(around, start)
        earlier = before(span, start, turn.now)
        previous = between(
            surely_from(turn.readings.around(turn.key, earlier), earlier),
            surely_until(around, start),
        )
    else:
        opening, previous = known, held.previous
    consumption = between(opening, turn.newest.total)
    was = turn.since_when(LIMIT_ALARMS[span]) == start and (held is None or held.limit == limit)
    exceeded = is_exceeded(consumption, limit, was=was)
    return Limited(limit, start, consumption, exceeded, previous, opening)


def _hour(turn: Turn, limit: float) -> Limited:
    """Judge the newest whole hour, or the one after it if that is too much already."""
    start, end = hour_before(turn.newest.at)
    opening = surely_from(turn.readings.around(turn.key, end), end)
    running = between(opening, turn.newest.total) if turn.newest.at > end else 0.0
    whole = turn.edges(start, end)
    was = turn.since_when(LIMIT_ALARMS[Span.HOUR]) is not None
    if is_exceeded(running, limit, was=was) and is_current(end + HOUR, turn.now):
        return Limited(limit, end, running, exceeded=True, previous=whole)
    exceeded = is_exceeded(whole, limit, was=was) and is_current(end, turn.now)
    return Limited(limit, start, whole, exceeded)


def by_days(
    turn: Turn,
    watches: Sequence[Watch],
    known: Sequence[Day],
    least: float | None,
    first: int | None = None,
) -> dict[Watch, Finding]:
    """Judge a total by the days that are known of it; first is the first new one, if any."""
    if not known:
        return {watch: _held(turn, watch) for watch in watches}
    found = dict.fromkeys(watches, UNKNOWN)
    recent = turn.today - known[-1].number <= RECENT
    if Watch.BASE in watches:
        found[Watch.BASE] = _base(turn, known, least, first)
    if Watch.STANDSTILL in watches:
        finding, day = standstill(known, turn.newest.total)
        on = day is not None and (recent or turn.day_of(Watch.STANDSTILL) is not None)
        turn.hold_day(Watch.STANDSTILL, day if on else None)
        found[Watch.STANDSTILL] = _told(turn, finding, Watch.STANDSTILL)
    if Watch.UNUSUAL in watches:
        finding = UNKNOWN if least is None or not recent else unusual(known, least)
        turn.hold_day(Watch.UNUSUAL, known[-1].number if finding.on else None)
        found[Watch.UNUSUAL] = _told(turn, finding, Watch.UNUSUAL)
    return found


def _held(turn: Turn, watch: Watch) -> Finding:
    """Let an alarm hold of which nobody can tell just now whether it still should."""
    since = turn.since_when(watch)
    if since is None and watch is Watch.BASE:
        since = turn.since_when(WEEKEND)
    return UNKNOWN if since is None else Finding(on=True, since=since)


def _base(turn: Turn, known: Sequence[Day], least: float | None, first: int | None) -> Finding:
    """Judge each new day by those before it, as if it had been read in time."""
    if least is None:
        return _held(turn, Watch.BASE)
    began = Base(turn.day_of(Watch.BASE), turn.day_of(WEEKEND))
    finding = UNKNOWN
    for last, day in enumerate(known, 1):
        if last == len(known) or (first is not None and day.number >= first):
            finding, began = base_load(known[:last], least, began)
    if turn.today - known[-1].number > RECENT and turn.since_when(Watch.BASE) is None:
        began = began._replace(night=None)  # nothing begins by what was long ago
    turn.hold_day(Watch.BASE, began.night)
    turn.hold_day(WEEKEND, began.weekend)
    return _told(turn, finding, WEEKEND if began.night is None else Watch.BASE)


def _told(turn: Turn, finding: Finding, name: str) -> Finding:
    """Give a finding with the time since when its alarm holds."""
    since = turn.since_when(name)
    on = finding.on and since is not None
    return finding._replace(on=on, since=since)


def by_hours(turn: Turn, seen: Seen, rules: Rules) -> Finding:
    """Judge whether something runs without rest."""
    since = turn.since_when(Watch.LEAK)
    if seen.least is None:
        return _held(turn, Watch.LEAK)
    end = full_hour(turn.newest.at)
    points = turn.readings.points(turn.key, end - rules.leak_hours * HOUR)
    finding = leak(points, seen.least, rules.leak_hours, was=since is not None)
    if finding.on and since is None and fresh(turn.newest.at, turn.now):
        since = end - rules.leak_hours * HOUR
    turn.hold(Watch.LEAK, since if finding.on else None)
    return _told(turn, finding, Watch.LEAK)


def moved_on(turn: Turn, seen: Seen, finding: Finding) -> Finding:
    """End a standstill as soon as the meter counts again."""
    if seen.end is None or turn.newest.total <= seen.end + TOLERANCE:
        return finding
    turn.hold(Watch.STANDSTILL, None)
    return finding._replace(on=None if finding.on is None else False, since=None)
