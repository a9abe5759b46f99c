"""The tables of what the watches know: days of totals, and the alarms that hold."""

from collections.abc import Iterable, Mapping
from datetime import datetime
import sqlite3
from typing import Final

from ..metering.watch import DAYS_KEPT, Day
from .samples import micros, time
from .state import QUANTITIES, Key

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS day (
    dev_eui TEXT, quantity TEXT, channel INTEGER, day INTEGER,
    consumed REAL, night REAL, peak REAL, total REAL NOT NULL,
    PRIMARY KEY (dev_eui, quantity, channel, day)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS alarm (
    dev_eui TEXT, quantity TEXT, channel INTEGER, name TEXT, since INTEGER NOT NULL,
    PRIMARY KEY (dev_eui, quantity, channel, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS days_by (rules TEXT PRIMARY KEY) WITHOUT ROWID;
"""

type Alarms = dict[tuple[Key, str], datetime]
"""Since when each alarm of a place holds, by total and name."""


class Watches:
    """Days and alarms of all places."""

    def __init__(self, db: sqlite3.Connection) -> None:
        """Use an open database with the schema in place."""
        self._db = db

    def use(self, rules: str) -> None:
        """Forget days that were kept by other rules: they are to be made anew."""
        known = self._db.execute("SELECT rules FROM days_by").fetchall()
        if known == [(rules,)]:
            return
        self._db.execute("DELETE FROM days_by")
        self._db.execute("INSERT INTO days_by VALUES (?)", (rules,))
        self._db.execute("DELETE FROM day")

    def last(self, place: str, key: Key) -> int | None:
        """Give the newest day of a total that is kept."""
        (day,) = self._db.execute(
            "SELECT max(day) FROM day WHERE dev_eui = ? AND quantity = ? AND channel = ?",
            (place, *key),
        ).fetchone()
        return None if day is None else int(day)

    def days(self, place: str, key: Key) -> list[Day]:
        """Give the days of a total, oldest first."""
        rows = self._db.execute(
            "SELECT day, consumed, night, peak, total FROM day"
            " WHERE dev_eui = ? AND quantity = ? AND channel = ? ORDER BY day",
            (place, *key),
        )
        return [Day(*row) for row in rows]

    def put(self, place: str, key: Key, days: Iterable[Day]) -> None:
        """Keep days, and forget those that are too old."""
        found = list(days)
        self._db.executemany(
            "INSERT OR REPLACE INTO day VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            ((place, *key, *day) for day in found),
        )
        if found:
            self._db.execute(
                "DELETE FROM day WHERE dev_eui = ? AND quantity = ? AND channel = ? AND day <= ?",
                (place, *key, found[-1].number - DAYS_KEPT),
            )

    def changed(self, place: str, key: Key, day: int) -> None:
        """Forget the days of a total from one on: they are to be made anew."""
        self._db.execute(
            "DELETE FROM day WHERE dev_eui = ? AND quantity = ? AND channel = ? AND day >= ?",
            (place, *key, day),
        )

    def alarms(self) -> dict[str, Alarms]:
        """Give the alarms that hold, by place."""
        found: dict[str, Alarms] = {}
        for place, quantity, channel, name, since in self._db.execute("SELECT * FROM alarm"):
            found.setdefault(place, {})[(QUANTITIES[quantity], channel), name] = time(since)
        return found

    def settle(self, place: str, before: Mapping[tuple[Key, str], datetime], now: Alarms) -> None:
        """Keep the alarms of a place as they are now."""
        for (key, name), since in now.items():
            if before.get((key, name)) != since:
                self._db.execute(
                    "INSERT OR REPLACE INTO alarm VALUES (?, ?, ?, ?, ?)",
                    (place, *key, name, micros(since)),
                )
        for key, name in before.keys() - now.keys():
            self._db.execute(
                "DELETE FROM alarm WHERE dev_eui = ? AND quantity = ? AND channel = ? AND name = ?",
                (place, *key, name),
            )

    def forget(self, place: str) -> None:
        """Forget everything about a place."""
        for table in ("day", "alarm"):
            self._db.execute(f"DELETE FROM {table} WHERE dev_eui = ?", (place,))  # noqa: S608  # two names from above
