"""Who has come to the town and into each of its zones, all in all, as the recorder is told.

A total is what was counted by its lines, each count as so many people as it
stands for. It never falls. When a line goes, or its counts stand for another
number of people, what was told until then stays as it is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from threading import RLock
from typing import TYPE_CHECKING, Final

from ..ledger.samples import Due
from ..ledger.state import Key
from ..metering.hours import Compiled, Repair, full_hour, repair
from ..metering.register import Point
from ..model import Quantity
from ..visitors.bins import QUARTER, Grid
from ..visitors.record import number_of, passed_in, start_of
from .store import Store

if TYPE_CHECKING:
    from .book import Book

KEY: Final[Key] = (Quantity.PEOPLE_IN, 0)
"""The totals are registers like those of counters."""
WHOLE_TOWN: Final = "town"

type Parts = Mapping[str, Mapping[str, float]]
"""By part of the town: the lines that count who comes there, and as how many people."""


@dataclass(slots=True)
class _Total:
    """What is kept of the total of one part."""

    weights: dict[str, float] = field(default_factory=dict)
    base: float = 0.0
    """What is not counted by its present lines."""
    past: list[tuple[float, float]] = field(default_factory=list)
    """Times and totals of before its present lines counted, as far as hours are to be written."""
    begin: float = 0.0
    """From this time on its present lines count."""
    as_of: float | None = None
    shown: float = 0.0
    """The highest that was told."""


class Totals:
    """The totals of all parts; everything blocks."""

    def __init__(self, book: Book, store: Store, lock: RLock, parts: Parts) -> None:
        """Continue what is kept of the parts that there are, and forget the others."""
        self._book = book
        self._store = store
        self._lock = lock
        self._changed: dict[str, int] = {}
        """By part: from which bin on it has changed since that was last noted."""
        self._parts_of: dict[str, list[str]] = {}
        kept = store.totals()
        self._totals: dict[str, _Total] = {}
        for part in kept.keys() - parts.keys():
            store.forget_total(part)
        for part, weights in parts.items():
            self._totals[part] = _Total(**kept.get(part, {}))
            self._use(part, dict(weights))
            store.put_total(part, asdict(self._totals[part]))
            for line in weights:
                self._parts_of.setdefault(line, []).append(part)

    def changed(self, line: str, number: int) -> None:
        """Take notice that what a line counted has changed from a bin on."""
        for part in self._parts_of.get(line, ()):
            self._changed[part] = min(number, self._changed.get(part, number))

    def note(self) -> None:
        """Keep from when on hours are to be written, together with what has changed them."""
        for part, number in self._changed.items():
            self._store.hours.changed(part, KEY, max(start_of(number), self._begin(part)))
        self._changed.clear()

    def told(self, as_of: Mapping[str, datetime]) -> dict[str, float]:
        """Give the totals of parts as of a time each; none of a part of which nothing is told."""
        found = {}
        with self._lock, self._store.transaction():
            for part, at in as_of.items():
                total = self._totals[part]
                if all(self._book.records[line].since is None for line in total.weights):
                    continue
                now = max(total.shown, self._at(total, at))
                before = total.as_of
                if before is None or (before, total.shown) != (at.timestamp(), now):
                    if before is not None and now != total.shown:
                        since = min(at, max(_time(before), self._begin(part)))
                        self._store.hours.changed(part, KEY, since)
                    total.as_of, total.shown = at.timestamp(), now
                    self._store.put_total(part, asdict(total))
                found[part] = now
        return found

    def due(self, returned: Iterable[tuple[str, Key]], *, never_written: bool) -> list[Due]:
        """Give the totals whose hours are to be written: all, or those that never were.

        Of those that returned at least what follows their newest bin.
        """
        with self._lock:
            hours = self._store.hours
            newest = {
                (part, key): _time(at)
                for part, key in returned
                if (at := self._totals[part].as_of) is not None and hours.known(part, key)
            }
            return hours.due(newest, never_written=never_written)

    def repairs(self, compiled: Iterable[tuple[Due, Compiled]]) -> dict[Due, Repair]:
        """Give what is to be written to make the recorder's hours true."""
        with self._lock:
            return {
                due: found
                for due, held in compiled
                if (found := self._repair(self._totals[due.dev_eui], held)) is not None
            }

    def settle(self, written: Iterable[Due], idle: Iterable[Due] = ()) -> None:
        """Note whose hours were written, and for which nobody waits."""
        with self._lock, self._store.transaction():
            self._store.hours.written(written)
            self._store.hours.rest(idle)

    def _use(self, part: str, weights: dict[str, float]) -> None:
        """Count by these lines from now on; with more lines the past of those counts as well."""
        total = self._totals[part]
        if total.as_of is not None and not total.weights.items() <= weights.items():
            since = self._store.hours.since(part, KEY)
            points = [] if since is None else self._points(total, full_hour(since))
            total.past = [
                (point.at.timestamp(), total.shown - (points[-1].total - point.total))
                for point in points
                if point.at == full_hour(point.at)
            ]
            total.weights, total.begin = weights, total.as_of
            total.base += total.shown - self._at(total, _time(total.as_of))
        total.weights = weights

    def _begin(self, part: str) -> datetime:
        return _time(self._totals[part].begin)

    def _at(self, total: _Total, at: datetime) -> float:
        """Give a total when a bin ended."""
        found = total.base
        for line, people in total.weights.items():
            record = self._book.records[line]
            found += people * record.passed
            if record.until is not None and record.until > at:
                grid = Grid(at, number_of(record.until) + 1 - number_of(at))
                found -= people * sum(passed_in(self._book.lines_in(grid, [line])[line], grid))
        return round(found, 6)

    def _repair(self, total: _Total, compiled: Compiled) -> Repair | None:
        if total.as_of is None:
            return None
        points = self._points(total, compiled.anchor[0] if compiled.anchor else None)
        return repair(points, compiled, total.shown - points[-1].total)

    def _points(self, total: _Total, since: datetime | None) -> list[Point]:
        """Give a total when each bin ended, from a time or the beginning on."""
        at = _time(total.as_of or 0.0)
        records = [self._book.records[line] for line in total.weights]
        first = min((each.since for each in records if each.since is not None), default=at)
        start = max(first, since or first, _time(total.begin))
        start = min(start_of(number_of(start)), at)
        grid = Grid(start, (at - start) // QUARTER)
        lines = self._book.lines_in(grid, total.weights)
        parts = [
            [people * each for each in passed_in(lines[line], grid)]
            for line, people in total.weights.items()
        ]
        stands = self._at(total, at)
        points = [Point(at, stands)]
        for n, gained in reversed([*enumerate(map(sum, zip(*parts, strict=True)))]):
            stands -= gained
            points.append(Point(start + n * QUARTER, round(stands, 6)))
        points += [Point(_time(past), told) for past, told in reversed(total.past)]
        return points[::-1]


def _time(stored: float) -> datetime:
    return datetime.fromtimestamp(stored, UTC)
