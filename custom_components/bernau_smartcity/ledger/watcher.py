"""Limits and watches of the totals of a place, judged anew when a total has changed.

What a new reading costs does not depend on how long the past is: the beginnings
of periods and whole days are worked out once, and again only where a late
reading changes them. Everything works on the store and blocks.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from math import inf
from typing import Final

from ..metering.hours import full_hour
from ..metering.limits import Span
from ..metering.pulses import QUANTITY_OF_MEDIUM
from ..metering.register import Point
from ..metering.watch import (
    LEAST,
    LEAST_ENERGY,
    UNKNOWN,
    USUAL,
    Finding,
    Rules,
    Watch,
    day_of,
    days,
    least_of,
    midnight,
)
from ..model import Medium, Quantity
from .judging import LIMIT_ALARMS, WEEKEND, Readings, Turn, by_days, by_hours, by_limit, moved_on
from .state import UNWATCHED, DeviceState, Key, Limited, Seen, Watched, suffix_of, updated
from .store import Store

type Limits = Mapping[str, Mapping[str, Mapping[str, float]]]
"""By place, suffix of the total and span; in the unit of the total."""


COUNTED: Final = {
    *(Quantity.PEOPLE_IN, Quantity.PASSAGES),
    *(Quantity.VEHICLES, Quantity.VEHICLES_IN),
}
"""What of visitors and traffic can have limits: what comes, not what leaves again."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Watching:
    """What people want to be watched."""

    clock: Callable[[], datetime] = _utc_now
    """Gives the local time."""
    limits: Limits = field(default_factory=dict)
    watches: Mapping[Medium, tuple[Watch, ...]] = field(default_factory=lambda: USUAL)
    rules: Rules = field(default_factory=Rules)

    @property
    def days_by(self) -> str:
        """Give a mark of all on which the days depend that are kept."""
        return f"{self.clock().tzinfo} {self.rules.night}"


def is_main(state: DeviceState, key: Key, medium: Medium) -> bool:
    """Tell whether a total is that for which the meter is there; a tariff is only a part."""
    quantity, channel = key
    is_part = channel != 0 and (quantity, 0) in state.totals
    return quantity is QUANTITY_OF_MEDIUM.get(medium) and not is_part


def is_limited(state: DeviceState, key: Key, medium: Medium) -> bool:
    """Tell whether a total can have limits: main totals, and those who come."""
    return is_main(state, key, medium) or key[0] in COUNTED


def is_asked(key: Key) -> bool:
    """Tell whether automations may ask what a total counts in a period."""
    return key[0] in COUNTED or key[0].unit in {Quantity.ENERGY.unit, Quantity.VOLUME.unit}


class Watcher:
    """Judges totals by limits and by their own past."""

    def __init__(
        self,
        store: Store,
        watching: Watching,
        medium: Callable[[DeviceState, int], Medium],
    ) -> None:
        """Read which alarms hold."""
        self._store = store
        self._medium = medium
        self._changed: dict[tuple[str, Key], datetime] = {}
        self.watching = watching
        self._held = store.watches.alarms()
        self._anew: set[str] = set()
        self._days_by = ""

    def begin(self) -> None:
        """Notice another time zone or other hours of night: days begin at other times then."""
        self._days_by = self.watching.days_by
        self._store.watches.use(self._days_by)

    def changed(self, where: str, key: Key, since: datetime) -> None:
        """Note that a total may have changed after a time."""
        known = self._changed.get((where, key), since)
        self._changed[where, key] = min(known, since)

    def begin_anew(self, where: str) -> None:
        """Judge a place as if nothing had ever been read there."""
        self._anew.add(where)
        self._store.watches.forget(where)

    def set_limits(self, limits: Limits) -> None:
        """Use other limits from now on."""
        self.watching = replace(self.watching, limits=limits)

    def judged(
        self, where: str, state: DeviceState, readings: Readings, held: Watched
    ) -> DeviceState:
        """Give a state with what its limits and watches tell; held is what they told before."""
        now = self.watching.clock()
        known = replace(held, alarms={**held.alarms, **self._held.pop(where, {})})
        if where in self._anew:
            self._anew.discard(where)
            known = UNWATCHED
        alarms = dict(known.alarms)
        counted: dict[tuple[Key, Span], Limited] = {}
        limits: dict[tuple[Key, Span], Limited] = {}
        findings: dict[tuple[Key, Watch], Finding] = {}
        seen: dict[Key, Seen] = {}
        wanted: set[tuple[Key, str]] = set()
        for key in state.totals:
            value = state.values[key]
            newest = Point(value.at, value.value - value.excess)
            since = self._changed.pop((where, key), None)
            turn = Turn(key, newest, since, now, readings, alarms)
            medium = self._medium(state, key[1])
            own = dict(self._limits(where, key))
            for span in Span if is_asked(key) else own:
                limit = own.get(span, inf)
                told = by_limit(turn, span, limit, known.counted.get((key, span)))
                counted[key, span] = told
                if span in own:
                    limits[key, span] = told
                    wanted.add((key, LIMIT_ALARMS[span]))
            watches = self.watching.watches.get(medium, ())
            if watches and is_main(state, key, medium):
                rules = replace(self.watching.rules, least=LEAST.get(medium, LEAST_ENERGY))
                seen[key], found = self._look(turn, where, (watches, rules), known)
                findings |= {(key, watch): each for watch, each in found.items()}
                wanted.update((key, name) for name in (*watches, WEEKEND))
        alarms = {name: since for name, since in alarms.items() if name in wanted}
        self._store.watches.settle(where, known.alarms, alarms)
        return updated(state, watched=Watched(counted, limits, findings, seen, alarms))

    def _limits(self, where: str, key: Key) -> Iterator[tuple[Span, float]]:
        spans = self.watching.limits.get(where, {}).get(suffix_of(key), {})
        return ((span, spans[span]) for span in Span if span in spans)

    def _look(
        self, turn: Turn, where: str, how: tuple[Iterable[Watch], Rules], held: Watched
    ) -> tuple[Seen, dict[Watch, Finding]]:
        """Judge a total by its past, as far as that or the day has changed."""
        watches, rules = how
        seen = held.seen.get(turn.key)
        if seen is not None and seen.days_by != self._days_by:
            seen = None
        found = {watch: held.findings.get((turn.key, watch), UNKNOWN) for watch in watches}
        last = self._store.watches.last(where, turn.key) if seen is None else seen.last
        first = self._keep_days(turn, where, last, rules)
        if seen is None or first is not None or seen.day != turn.today:
            known = self._store.watches.days(where, turn.key)
            least = least_of(known, rules)
            last, end = (known[-1].number, known[-1].end) if known else (None, None)
            seen = Seen(self._days_by, turn.today, last, end, least)
            found = {**found, **by_days(turn, tuple(watches), known, least, first)}
        hour = full_hour(turn.newest.at)
        late = turn.since is not None and turn.since < hour
        if Watch.LEAK in found and (seen.hour != hour or late):
            found[Watch.LEAK] = by_hours(turn, seen, rules)
            seen = seen._replace(hour=hour)
        if Watch.STANDSTILL in found:
            found[Watch.STANDSTILL] = moved_on(turn, seen, found[Watch.STANDSTILL])
        return seen, found

    def _keep_days(self, turn: Turn, where: str, last: int | None, rules: Rules) -> int | None:
        """Keep the days that have ended or were changed by a late reading; give the first."""
        zone = turn.now.tzinfo
        if turn.since is None:
            return None
        first = None
        if last is not None:
            first = min(last + 1, day_of(turn.since, zone))
            if midnight(first + 1, zone) > turn.newest.at:
                return None
        since = None if first is None else midnight(first, zone)
        points = turn.readings.points(turn.key, since)
        self._store.watches.put(where, turn.key, days(points, zone, rules, first))
        return first or day_of(points[0].at, zone)
