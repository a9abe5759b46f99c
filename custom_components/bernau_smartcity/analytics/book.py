"""The lines of an entry: continued by what is new, as durably kept.

Everything blocks: call it in an executor. One call waits for the other.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
import sqlite3
from threading import Lock
from typing import Any, Final, NamedTuple

from ..ledger.joining import Joining
from ..ledger.ledger import Ledger
from ..ledger.state import DeviceState
from ..visitors.bays import Bays
from ..visitors.bins import Grid
from ..visitors.figures import GateLines
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
from .counters import Line, line_of
from .store import PER_DAY, Day, Store

REGISTER: Final = Register(bits=64)
"""Of a sensor of another integration: it never rolls over, but may begin anew."""


class News(NamedTuple):
    """What a ledger tells of a line that is not known yet."""

    edit: int
    increments: list[Increment]


@dataclass(frozen=True, slots=True)
class Sampled:
    """What sensors of other integrations show, by their line."""

    at: datetime
    values: Mapping[str, int]
    bays: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)
    """By line of arrivals: which spaces are taken."""


class Book:
    """What all lines have counted, at hand for the last days and kept for longer."""

    def __init__(self, store: Store, lines: Iterable[str], now: datetime) -> None:
        """Read what is kept of the lines that are still counted, and forget the others."""
        self._store = store
        self._lock = Lock()
        self.history = 0
        """Grows when more than the newest days of a line changes."""
        self.records: dict[str, Record] = {line: Record() for line in lines}
        with store.transaction():
            store.forget_but(self.records)
        self._facts = store.facts()
        first, last = number_of(now - AT_HAND) // PER_DAY, number_of(now) // PER_DAY + 1
        for line, facts in self._facts.items():
            record = self.records[line]
            record.since = datetime.fromtimestamp(facts["since"], UTC)
            record.until = datetime.fromtimestamp(facts["until"], UTC)
            record.interval = timedelta(seconds=facts["interval"])
            for day in store.days(line, first, last).values():
                record.bins.update(day.bins)
                record.silences += day.silences

    @classmethod
    def open(cls, path: Path, lines: Iterable[str], now: datetime) -> Book:
        """Open what is kept in a file; raises OSError or sqlite3.Error."""
        return cls(Store.open(path), lines, now)

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
                known = self._facts.get(name, {}).get("edit")
                try:
                    news = ledger.run(partial(_news, ledger, line, known))
                except sqlite3.ProgrammingError:  # it was closed meanwhile, and comes again
                    unread.add(name)
                    continue
                if news is not None:
                    self._continue(name, told(news.increments), {"edit": news.edit})
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
                if found := increments(counts, REGISTER):
                    self._continue(name, told(found), facts)

    def parked(self, parking: GateLines) -> Bays:
        """Give the spaces of a parking area as they were sampled last."""
        arrived, left = (self._facts.get(line, {}) for line in parking.lines)
        bays = Bays(arrived=arrived.get("sample", (0, 0))[1], left=left.get("sample", (0, 0))[1])
        for space, occupied in arrived.get("bays", {}).items():
            at = datetime.fromtimestamp(arrived["sample"][0], UTC)
            bays.tell(space, at, occupied=occupied)
        return bays

    def forget(self, now: datetime, retention: timedelta) -> None:
        """Forget what has been kept for long enough, and have only the last days at hand."""
        with self._lock:
            with self._store.transaction():
                self._store.forget_before(number_of(now - retention) // PER_DAY)
            first = number_of(now - AT_HAND) // PER_DAY * PER_DAY
            for record in self.records.values():
                record.forget_before(first)

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
            for day in self._store.days(name, first, earliest // PER_DAY).values():
                record.bins = {**day.bins, **record.bins}
                known = set(record.silences)
                record.silences += [each for each in day.silences if each not in known]
        record.revise(news)
        for changed in range(first, last + 1):
            numbers = range(changed * PER_DAY, (changed + 1) * PER_DAY)
            bins = {number: record.bins[number] for number in numbers if number in record.bins}
            begin, end = start_of(numbers.start), start_of(numbers.stop)
            silences = [each for each in record.silences if begin < each.until <= end]
            self._store.put_day(name, changed, Day(bins, silences))
        self._store.forget_after(name, last)
        self.history += last - first > 1
        self._note(name, facts)

    def _note(self, name: str, facts: Mapping[str, Any]) -> None:
        record = self.records[name]
        times = {
            "since": record.since and record.since.timestamp(),
            "until": record.until and record.until.timestamp(),
            "interval": record.interval.total_seconds(),
        }
        self._facts[name] = {**times, **facts}
        self._store.put_facts(name, self._facts[name])


def _news(
    ledger: Ledger,
    line: Line,
    known: int | None,
    joining: Joining,
    states: Mapping[str, DeviceState],
) -> News | None:
    """Ask a ledger what follows the count of changes of a total that is known."""
    _, place, key = line
    hours = joining.store.hours
    if not hours.known(place, key):
        return None
    edit = hours.edit(place, key)
    if edit == known:
        return None
    since = None if known is None else ledger.revisions.since(place, key, known)
    if since is not None:
        since = start_of(number_of(since))
    found = total_increments(_shown(joining, states, line, since))
    return News(edit, found) if found else None


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
