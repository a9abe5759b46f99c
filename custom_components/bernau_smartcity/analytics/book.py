"""The lines of an entry: continued by what is new, as durably kept.

Everything blocks: call it in an executor. One call waits for the other.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from math import inf
from pathlib import Path
import sqlite3
from threading import RLock
from typing import Any, Final, NamedTuple

from ..ledger.joining import Joining
from ..ledger.ledger import Ledger
from ..ledger.state import DeviceState
from ..visitors.bays import Bays
from ..visitors.bins import Grid
from ..visitors.increments import (
    Count,
    Increment,
    Line as Register,
    Shown,
    increments,
    total_increments,
)
from ..visitors.record import Record, Told, number_of, start_of, told
from .const import AT_HAND
from .counters import PARKING, Line, line_of
from .layout import Parking
from .store import PER_DAY, Day, Store
from .totals import Parts, Totals

REGISTER: Final = Register(bits=64)
"""Of a sensor of another integration: it never rolls over, but may begin anew."""
SUMS: Final = Register(bits=64, most_per_minute=inf)
"""Of what was added up here: whatever it shows is right."""


class Known(NamedTuple):
    """What was known of a line when a ledger was asked last."""

    edit: int | None
    first: float | None


class News(NamedTuple):
    """What a ledger tells of a line that is not known yet."""

    edit: int
    first: float
    """When the first message was of which its total tells."""
    increments: list[Increment]


class Space(NamedTuple):
    """A parking space as it was counted last."""

    occupied: bool
    since: float | None
    """When that began, where it is known."""


@dataclass(frozen=True, slots=True)
class Sampled:
    """What sensors of other integrations show, by their line."""

    at: datetime
    values: Mapping[str, int]
    bays: Mapping[str, Mapping[str, Space]] = field(default_factory=dict)
    """By line of arrivals: the spaces."""


class Book:
    """What all lines have counted, at hand for the last days and kept for longer."""

    def __init__(self, store: Store, lines: Iterable[str], now: datetime, parts: Parts) -> None:
        """Read what is kept of the lines that are still counted, and forget the others."""
        self._store = store
        self._lock = RLock()
        self.history = 0
        """Grows when more than the newest days of a line changes."""
        self._facts = store.facts()
        counted = set(lines)
        self.records = {line: Record() for line in counted | self._facts.keys()}
        first, last = number_of(now - AT_HAND) // PER_DAY, number_of(now) // PER_DAY + 1
        self._at_hand = first * PER_DAY
        """Number of the bin from which on all are at hand."""
        for line, facts in self._facts.items():
            record = self.records[line]
            record.since = datetime.fromtimestamp(facts["since"], UTC)
            record.until = datetime.fromtimestamp(facts["until"], UTC)
            record.interval = timedelta(seconds=facts["interval"])
            record.passed = facts["passed"]
            for day in store.days(line, first, last).values():
                record.bins.update(day.bins)
                record.silences += day.silences
        with store.transaction():
            self.totals = Totals(self, store, self._lock, parts)
            store.forget_but(counted)
        for line in self.records.keys() - counted:
            del self.records[line], self._facts[line]

    @classmethod
    def open(cls, path: Path, lines: Iterable[str], now: datetime, parts: Parts) -> Book:
        """Open what is kept in a file; raises OSError or sqlite3.Error."""
        return cls(Store.open(path), lines, now, parts)

    def close(self) -> None:
        """Close the store."""
        with self._lock:
            self._store.close()

    def follow(self, lines: Iterable[str], ledgers: Mapping[str, Ledger]) -> set[str]:
        """Continue lines by what ledgers tell; gives those of which nothing could be asked."""
        unread = set()
        with self._lock, self._store.transaction():
            for name in lines:
                line = line_of(name)
                ledger = None if line is None else ledgers.get(line.entry_id)
                if line is None or ledger is None:
                    continue
                known = Known(**{k: self._facts.get(name, {}).get(k) for k in Known._fields})
                try:
                    news = ledger.run(partial(_news, ledger, line, known))
                except sqlite3.ProgrammingError:  # it was closed meanwhile, and comes again
                    unread.add(name)
                    continue
                if news is not None:
                    facts = {"edit": news.edit, "first": news.first}
                    self._continue(name, told(news.increments), facts)
            self.totals.note()
        return unread

    def sample(self, sampled: Sampled) -> None:
        """Continue the lines that follow sensors of other integrations."""
        at = sampled.at
        with self._lock, self._store.transaction():
            for name, value in sampled.values.items():
                before = self._facts.get(name)
                facts: dict[str, Any] = {"sample": [at.timestamp(), value]}
                if name in sampled.bays:
                    facts["bays"] = sampled.bays[name]
                if before is None:
                    record = self.records[name]
                    record.since = record.until = at
                    self._note(name, facts)
                    continue
                seconds, last = before["sample"]
                counts = [Count(datetime.fromtimestamp(seconds, UTC), last), Count(at, value)]
                register = SUMS if name.startswith(f"{PARKING}/") else REGISTER
                if found := increments(counts, register):
                    self._continue(name, told(found), facts)
            self.totals.note()

    def parked(self, parking: Parking) -> Bays:
        """Give the spaces of a parking area as they were sampled last."""
        facts = [self._facts.get(line, {}) for line in parking.lines]
        arrived, left, stays, minutes = (each.get("sample", (0, 0))[1] for each in facts)
        bays = Bays(arrived=arrived, left=left, stays=stays, stood=timedelta(minutes=minutes))
        for space, (occupied, since) in facts[0].get("bays", {}).items():
            at = datetime.fromtimestamp(since or facts[0]["sample"][0], UTC)
            bays.tell(space, at, occupied=occupied)
            if since is not None:
                bays.since[space] = at
        return bays

    def forget(self, now: datetime, retention: timedelta) -> None:
        """Forget what has been kept for long enough, and have only the last days at hand."""
        with self._lock:
            with self._store.transaction():
                self._store.forget_before(number_of(now - retention) // PER_DAY)
            self._at_hand = number_of(now - AT_HAND) // PER_DAY * PER_DAY
            for record in self.records.values():
                record.forget_before(self._at_hand)

    def kept(self, grid: Grid, lines: Iterable[str]) -> dict[str, Record]:
        """Give lines as far as they are kept in a stretch of time."""
        first, last = number_of(grid.start) // PER_DAY, number_of(grid.end) // PER_DAY + 1
        found = {}
        with self._lock:
            for line in lines:
                record = self.records[line]
                own = Record(until=record.until, interval=record.interval)
                for day in self._store.days(line, first, last).values():
                    own.bins.update(day.bins)
                    own.silences += day.silences
                found[line] = own
        return found

    def lines_in(self, grid: Grid, lines: Iterable[str]) -> dict[str, Record]:
        """Give lines in a stretch of time, from what is at hand if that is enough."""
        with self._lock:
            if number_of(grid.start) >= self._at_hand:
                return {line: self.records[line] for line in lines}
            return self.kept(grid, lines)

    def since(self) -> datetime | None:
        """Give since when anything is kept."""
        with self._lock:
            day = self._store.oldest()
        return None if day is None else start_of(day * PER_DAY)

    def _continue(self, name: str, news: Told, facts: Mapping[str, Any]) -> None:
        """Take over what is told of a line, and keep the days that it changes."""
        record = self.records[name]
        first, last = news.first // PER_DAY, (news.first + len(news.bins) - 1) // PER_DAY
        earliest = min(record.bins, default=news.first)
        if news.first < earliest:  # of days that are not at hand
            for kept in self._store.days(name, first, earliest // PER_DAY).values():
                record.bins = {**kept.bins, **record.bins}
                known = set(record.silences)
                record.silences += [each for each in kept.silences if each not in known]
        changed = record.revise(news)
        if changed is not None:
            self.totals.changed(name, changed)
            first = max(first, changed // PER_DAY)
        for day in range(first, last + 1):
            numbers = range(day * PER_DAY, (day + 1) * PER_DAY)
            bins = {number: record.bins[number] for number in numbers if number in record.bins}
            begin, end = start_of(numbers.start), start_of(numbers.stop)
            silences = [each for each in record.silences if begin < each.until <= end]
            self._store.put_day(name, day, Day(bins, silences))
        self._store.forget_after(name, last)
        self.history += last - first > 1
        self._note(name, facts)

    def _note(self, name: str, facts: Mapping[str, Any]) -> None:
        record = self.records[name]
        times = {
            "since": record.since and record.since.timestamp(),
            "until": record.until and record.until.timestamp(),
            "interval": record.interval.total_seconds(),
            "passed": record.passed,
        }
        self._facts[name] = {**times, **facts}
        self._store.put_facts(name, self._facts[name])


def _news(
    ledger: Ledger,
    line: Line,
    known: Known,
    joining: Joining,
    states: Mapping[str, DeviceState],
) -> News | None:
    """Ask a ledger what follows the count of changes of a total that is known."""
    _, place, key = line
    hours = joining.store.hours
    if not hours.known(place, key):
        return None
    edit = hours.edit(place, key)
    if edit == known.edit:
        return None
    since = None if known.edit is None else ledger.revisions.since(place, key, known.edit)
    if since is not None:
        since = start_of(number_of(since))
    shown = _shown(joining, states, line, since)
    if not shown:
        return None
    begin = shown[0].at.timestamp()
    first = begin if known.first is None else min(begin, known.first)
    found = total_increments(shown, whole=first == begin)
    return News(edit, first, found) if found else None


def _shown(
    joining: Joining, states: Mapping[str, DeviceState], line: Line, since: datetime | None
) -> list[Shown]:
    """Give the points of a total, of one that was not exchanged with what made them."""
    _, place, key = line
    if place in joining.altered:
        return [Shown(*point) for point in joining.points(place, key, states, since)]
    with suppress(KeyError):
        source = states[place].totals[key]
        if source.register == key:
            return [Shown(*row) for row in joining.store.samples.counted(place, key, since)]
    return []
