"""Durable memory of visitor analytics: the quarter hours of each line, a row for each day.

No single event is kept, and nothing that would tell one person from another.
All functions block: call them in an executor, one at a time.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
import json
from pathlib import Path
import sqlite3
from typing import Any, Final, NamedTuple, Self

from ..ledger.database import open_database, transaction
from ..ledger.samples import HOURS_SCHEMA, DueHours
from ..visitors.bins import Tally
from ..visitors.increments import Flag, Increment

VERSION: Final = 1
PER_DAY: Final = 96
"""Quarter hours."""

_SCHEMA: Final = f"""
CREATE TABLE line (name TEXT PRIMARY KEY, facts TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE day (
    line TEXT, day INTEGER, bins TEXT NOT NULL, silences TEXT NOT NULL, PRIMARY KEY (line, day)
) WITHOUT ROWID;
CREATE TABLE total (part TEXT PRIMARY KEY, facts TEXT NOT NULL) WITHOUT ROWID;
{HOURS_SCHEMA}
"""
_FLAGS: Final = {str(number): flag for number, flag in enumerate(Flag)}
_NUMBERS: Final = {flag: number for number, flag in _FLAGS.items()}


class Day(NamedTuple):
    """What is kept of a line of a day (UTC, counted since 1970)."""

    bins: Mapping[int, Tally]
    """By number since 1970."""
    silences: Sequence[Increment]
    """Those that ended on the day."""


class Store:
    """The open file."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Use an open database with the schema in place."""
        self._db = connection
        self.hours = DueHours(connection)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open or create the file; one that is damaged or of another version is put aside.

        Raises OSError or sqlite3.Error when the place cannot be written.
        """
        database, _ = open_database(path, VERSION, _SCHEMA)
        return cls(database)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def transaction(self) -> AbstractContextManager[None]:
        """Keep everything done inside together, or nothing of it."""
        return transaction(self._db)

    def facts(self) -> dict[str, dict[str, Any]]:
        """Give what is known of each line."""
        rows = self._db.execute("SELECT name, facts FROM line")
        return {name: json.loads(text) for name, text in rows}

    def put_facts(self, line: str, facts: Mapping[str, Any]) -> None:
        """Keep what is known of a line."""
        self._db.execute("INSERT OR REPLACE INTO line VALUES (?, ?)", (line, json.dumps(facts)))

    def totals(self) -> dict[str, dict[str, Any]]:
        """Give what is known of the total of each part of the town."""
        rows = self._db.execute("SELECT part, facts FROM total")
        return {part: json.loads(text) for part, text in rows}

    def put_total(self, part: str, facts: Mapping[str, Any]) -> None:
        """Keep what is known of a total."""
        self._db.execute("INSERT OR REPLACE INTO total VALUES (?, ?)", (part, json.dumps(facts)))

    def forget_total(self, part: str) -> None:
        """Forget a total."""
        self._db.execute("DELETE FROM total WHERE part = ?", (part,))
        self.hours.forget(part)

    def days(self, line: str, first: int, last: int) -> dict[int, Day]:
        """Give what is kept of a line from one day to another."""
        rows = self._db.execute(
            "SELECT day, bins, silences FROM day WHERE line = ? AND day BETWEEN ? AND ?",
            (line, first, last),
        )
        return {day: _day(day, bins, silences) for day, bins, silences in rows}

    def put_day(self, line: str, day: int, kept: Day) -> None:
        """Keep a day of a line."""
        bins = [
            _packed(kept.bins.get(number)) for number in range(day * PER_DAY, (day + 1) * PER_DAY)
        ]
        silences = [_silence_json(each) for each in kept.silences]
        self._db.execute(
            "INSERT OR REPLACE INTO day VALUES (?, ?, ?, ?)",
            (line, day, *(json.dumps(each, separators=(",", ":")) for each in (bins, silences))),
        )

    def forget_after(self, line: str, day: int) -> None:
        """Forget the days of a line after one."""
        self._db.execute("DELETE FROM day WHERE line = ? AND day > ?", (line, day))

    def forget_before(self, day: int) -> None:
        """Forget all days before one."""
        self._db.execute("DELETE FROM day WHERE day < ?", (day,))

    def forget_but(self, lines: Iterable[str]) -> None:
        """Forget all lines but these."""
        kept = json.dumps(list(lines))
        for table, column in (("day", "line"), ("line", "name")):
            self._db.execute(
                f"DELETE FROM {table} WHERE {column} NOT IN"  # noqa: S608  # names from above
                " (SELECT value FROM json_each(?))",
                (kept,),
            )

    def oldest(self) -> int | None:
        """Give the oldest day of which anything is kept."""
        (day,) = self._db.execute("SELECT min(day) FROM day").fetchone()
        return None if day is None else int(day)


def _packed(tally: Tally | None) -> int | list[Any] | None:
    """Give a bin as JSON: mostly a plain number, null where nothing is told."""
    if tally is None:
        return None
    passed, coverage, resolved, flags, interpolated = tally
    if passed is not None and coverage == resolved == 1 and not flags and not interpolated:
        return passed
    marks = "".join(sorted(_NUMBERS[flag] for flag in flags))
    return [passed, coverage, resolved, marks, int(interpolated)]


def _unpacked(kept: int | list[Any]) -> Tally:
    if isinstance(kept, int):
        return Tally(kept, 1.0, 1.0)
    passed, coverage, resolved, marks, interpolated = kept
    return Tally(
        passed, coverage, resolved, frozenset(_FLAGS[mark] for mark in marks), bool(interpolated)
    )


def _day(day: int, bins: str, silences: str) -> Day:
    found = {
        number: _unpacked(kept)
        for number, kept in enumerate(json.loads(bins), day * PER_DAY)
        if kept is not None
    }
    return Day(found, [_silence(each) for each in json.loads(silences)])


def _silence_json(silence: Increment) -> list[Any]:
    since, until, passed, flag, coverage = silence
    return [since.timestamp(), until.timestamp(), passed, flag, coverage]


def _silence(kept: list[Any]) -> Increment:
    since, until, passed, flag, coverage = kept
    return Increment(
        datetime.fromtimestamp(since, UTC),
        datetime.fromtimestamp(until, UTC),
        passed,
        None if flag is None else Flag(flag),
        coverage,
    )
