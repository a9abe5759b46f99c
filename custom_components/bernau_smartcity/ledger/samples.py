"""The tables of what registers showed, and of which hours follow from it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from json import dumps
import sqlite3
from typing import Any, Final, NamedTuple

from ..metering.register import Folded, Point, Sample, Total
from .state import QUANTITIES, Key

HOURS_SCHEMA: Final = """
CREATE TABLE hours (
    dev_eui TEXT, quantity TEXT, channel INTEGER,
    since INTEGER, edit INTEGER NOT NULL, written INTEGER NOT NULL, idle INTEGER NOT NULL,
    PRIMARY KEY (dev_eui, quantity, channel)
) WITHOUT ROWID;
"""
SCHEMA: Final = f"""
CREATE TABLE sample (
    dev_eui TEXT, quantity TEXT, channel INTEGER, at INTEGER,
    value REAL NOT NULL, meter TEXT NOT NULL, restarted INTEGER NOT NULL,
    period INTEGER NOT NULL, f_cnt INTEGER NOT NULL,
    total REAL, firm INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (dev_eui, quantity, channel, at)
) WITHOUT ROWID;
{HOURS_SCHEMA}"""


class Samples:
    """What registers showed, and the total at each sample that counted."""

    def __init__(self, db: sqlite3.Connection) -> None:
        """Use an open database with the schema in place."""
        self._db = db

    def add(self, dev_eui: str, key: Key, samples: Iterable[Sample]) -> datetime | None:
        """Add samples; of two at the same instant the higher stays, but a period never.

        Gives the time of the earliest that changed anything.
        """
        earliest: int | None = None
        for sample in samples:
            changed = self._db.execute(
                "INSERT INTO sample VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, 0)"
                " ON CONFLICT DO UPDATE SET"
                " value = max(excluded.value, iif(period > excluded.period, 0, value)),"
                " meter = max(meter, excluded.meter),"
                " restarted = max(restarted, excluded.restarted),"
                " period = excluded.period, f_cnt = max(f_cnt, excluded.f_cnt)"
                " WHERE period > excluded.period OR (period = excluded.period"
                " AND (excluded.value > value OR excluded.meter > meter"
                " OR excluded.restarted > restarted OR excluded.f_cnt > f_cnt)) RETURNING at",
                (dev_eui, *key, micros(sample.at), *_fields(sample)),
            ).fetchone()
            if changed is not None:
                (at,) = changed
                earliest = at if earliest is None else min(earliest, at)
        return None if earliest is None else time(earliest)

    def after(self, dev_eui: str, key: Key, at: datetime | None) -> list[Sample]:
        """Give the samples after a time, or all, in order of measurement."""
        rows = self._db.execute(
            "SELECT at, value, meter, restarted, period, f_cnt FROM sample"
            " WHERE dev_eui = ? AND quantity = ? AND channel = ? AND at > ? ORDER BY at",
            (dev_eui, *key, -1 if at is None else micros(at)),
        )
        return [_sample(row) for row in rows]

    def firm_before(self, dev_eui: str, key: Key, at: datetime) -> Total | None:
        """Give the total after the newest sample before a time that counted by itself."""
        row = self._db.execute(
            "SELECT total, at, value, meter, restarted, period, f_cnt FROM sample"
            " WHERE dev_eui = ? AND quantity = ? AND channel = ?"
            " AND at < ? AND firm ORDER BY at DESC LIMIT 1",
            (dev_eui, *key, micros(at)),
        ).fetchone()
        if row is None:
            return None
        total, *fields = row
        return Total(total, _sample(fields))

    def put_totals(self, dev_eui: str, key: Key, samples: Iterable[Sample], folded: Folded) -> None:
        """Keep the totals at samples; those without a point did not count."""
        totals = dict(folded.points)
        firm = totals.keys() - folded.confirmed
        self._db.executemany(
            "UPDATE sample SET total = ?, firm = ?"
            " WHERE dev_eui = ? AND quantity = ? AND channel = ? AND at = ?",
            ((totals.get(s.at), s.at in firm, dev_eui, *key, micros(s.at)) for s in samples),
        )

    def base(self, dev_eui: str, key: Key) -> float:
        """Give where a sum of periods begins."""
        (base,) = self._db.execute(
            "SELECT total - value FROM sample WHERE dev_eui = ? AND quantity = ? AND channel = ?"
            " AND total IS NOT NULL ORDER BY at LIMIT 1",
            (dev_eui, *key),
        ).fetchone()
        return float(base)

    def lift(self, dev_eui: str, key: Key, by: float) -> None:
        """Lift the whole total."""
        self._db.execute(
            "UPDATE sample SET total = total + ?"
            " WHERE dev_eui = ? AND quantity = ? AND channel = ?",
            (by, dev_eui, *key),
        )

    def points(self, dev_eui: str, key: Key, since: datetime | None) -> list[Point]:
        """Give the points of a total from the newest one not after a time on, or all."""
        rows = self._db.execute(
            "SELECT at, total FROM sample"
            " WHERE dev_eui = ? AND quantity = ? AND channel = ? AND at >= ? AND total IS NOT NULL"
            " ORDER BY at",
            (dev_eui, *key, self._start(dev_eui, key, since)),
        )
        return [Point(time(at), total) for at, total in rows]

    def _start(self, dev_eui: str, key: Key, since: datetime | None) -> int:
        """Give when the newest point not after a time was measured, if there is one."""
        if since is None:
            return -1
        (found,) = self._db.execute(
            "SELECT max(at) FROM sample"
            " WHERE dev_eui = ? AND quantity = ? AND channel = ?"
            " AND at <= ? AND total IS NOT NULL",
            (dev_eui, *key, micros(since)),
        ).fetchone()
        return -1 if found is None else int(found)

    def counted(self, dev_eui: str, key: Key, since: datetime | None) -> list[tuple[Any, ...]]:
        """Give the points from the newest one not after a time on, with what made them.

        Time, total, what the register showed, whether that is a period, its frame counter.
        """
        rows = self._db.execute(
            "SELECT at, total, value, period, f_cnt FROM sample"
            " WHERE dev_eui = ? AND quantity = ? AND channel = ? AND at >= ?"
            " AND total IS NOT NULL ORDER BY at",
            (dev_eui, *key, self._start(dev_eui, key, since)),
        )
        return [(time(at), *rest) for at, *rest in rows]

    def shown(self, dev_eui: str, key: Key) -> list[tuple[datetime, float, float]]:
        """Give the points of a total, each with what the register showed."""
        rows = self._db.execute(
            "SELECT at, total, value FROM sample"
            " WHERE dev_eui = ? AND quantity = ? AND channel = ? AND total IS NOT NULL"
            " ORDER BY at",
            (dev_eui, *key),
        )
        return [(time(at), total, value) for at, total, value in rows]

    def neighbours(self, dev_eui: str, key: Key, at: datetime) -> list[Point]:
        """Give the newest point not after a time, and the oldest after it."""
        rows = self._db.execute(
            "SELECT * FROM (SELECT at, total FROM sample"
            " WHERE dev_eui = ? AND quantity = ? AND channel = ?"
            " AND at <= ? AND total IS NOT NULL ORDER BY at DESC LIMIT 1)"
            " UNION ALL SELECT * FROM (SELECT at, total FROM sample"
            " WHERE dev_eui = ? AND quantity = ? AND channel = ?"
            " AND at > ? AND total IS NOT NULL ORDER BY at LIMIT 1)",
            (dev_eui, *key, micros(at)) * 2,
        )
        return [Point(time(found), total) for found, total in rows]

    def oldest(self, dev_eui: str, key: Key) -> datetime | None:
        """Give the time of the oldest sample."""
        (at,) = self._db.execute(
            "SELECT min(at) FROM sample WHERE dev_eui = ? AND quantity = ? AND channel = ?",
            (dev_eui, *key),
        ).fetchone()
        return None if at is None else time(at)

    def forget_before(
        self, dev_eui: str, key: Key, at: datetime, keep: Iterable[datetime] = ()
    ) -> None:
        """Forget the samples of a register from before a time, but for those at some times."""
        kept = [micros(each) for each in keep]
        self._db.execute(
            "DELETE FROM sample WHERE dev_eui = ? AND quantity = ? AND channel = ? AND at < ?"
            " AND at NOT IN (SELECT value FROM json_each(?))",
            (dev_eui, *key, micros(at), dumps(kept)),
        )

    def forget(self, dev_eui: str) -> None:
        """Forget all samples of a device."""
        self._db.execute("DELETE FROM sample WHERE dev_eui = ?", (dev_eui,))


class Due(NamedTuple):
    """The hours of a total that are to be written."""

    dev_eui: str
    key: Key
    since: datetime
    edit: int
    """Counts the changes, so that one made meanwhile is not taken for written."""


class DueHours:
    """From when on the hours of each total are still to be written."""

    def __init__(self, db: sqlite3.Connection) -> None:
        """Use an open database with the schema in place."""
        self._db = db

    def changed(self, dev_eui: str, key: Key, since: datetime) -> int:
        """Note that a total changed after a time; gives the count of its changes.

        A total that begins anew is counted from another number, so that nobody
        takes it for the one that was forgotten.
        """
        (edit,) = self._db.execute(
            "INSERT INTO hours VALUES (?, ?, ?, ?, random() >> 16, 0, 0) ON CONFLICT DO UPDATE SET"
            " since = min(coalesce(since, excluded.since), excluded.since), edit = edit + 1"
            " RETURNING edit",
            (dev_eui, *key, micros(since)),
        ).fetchone()
        return int(edit)

    def anew(self, dev_eui: str, key: Key, since: datetime) -> None:
        """Note that a total changed by what a person noted: it is written within minutes."""
        self.changed(dev_eui, key, since)
        self._db.execute(
            "UPDATE hours SET written = 0 WHERE dev_eui = ? AND quantity = ? AND channel = ?",
            (dev_eui, *key),
        )

    def known(self, dev_eui: str, key: Key) -> bool:
        """Tell whether a total was ever noted."""
        row = self._db.execute(
            "SELECT 1 FROM hours WHERE dev_eui = ? AND quantity = ? AND channel = ?",
            (dev_eui, *key),
        ).fetchone()
        return row is not None

    def since(self, dev_eui: str, key: Key) -> datetime | None:
        """Give from when on somebody waits for the hours of a total."""
        row = self._db.execute(
            "SELECT since FROM hours WHERE dev_eui = ? AND quantity = ? AND channel = ?"
            " AND NOT idle",
            (dev_eui, *key),
        ).fetchone()
        return None if row is None or row[0] is None else time(row[0])

    def edit(self, dev_eui: str, key: Key) -> int:
        """Give the count of changes of a total that was noted."""
        (edit,) = self._db.execute(
            "SELECT edit FROM hours WHERE dev_eui = ? AND quantity = ? AND channel = ?",
            (dev_eui, *key),
        ).fetchone()
        return int(edit)

    def all(self, *, never_written: bool) -> Iterator[Due]:
        """Give what is to be written: all, or only totals that never were."""
        rows = self._db.execute(
            "SELECT dev_eui, quantity, channel, since, edit FROM hours"
            " WHERE since IS NOT NULL AND (NOT ? OR NOT (written OR idle))",
            (never_written,),
        ).fetchall()
        for dev_eui, quantity, channel, since, edit in rows:
            yield Due(dev_eui, (QUANTITIES[quantity], channel), time(since), edit)

    def due(
        self, returned: Mapping[tuple[str, Key], datetime], *, never_written: bool
    ) -> list[Due]:
        """Give what is to be written; of totals that returned at least what follows a time."""
        found = {(due.dev_eui, due.key): due for due in self.all(never_written=never_written)}
        for (dev_eui, key), since in returned.items():
            own = Due(dev_eui, key, since, self.edit(dev_eui, key))
            found.setdefault((dev_eui, key), own)
        return list(found.values())

    def rest(self, dues: Iterable[Due]) -> None:
        """Note that nobody waits for hours now; they stay due."""
        self._db.executemany(
            "UPDATE hours SET idle = 1 WHERE dev_eui = ? AND quantity = ? AND channel = ?",
            ((due.dev_eui, *due.key) for due in dues),
        )

    def written(self, dues: Iterable[Due]) -> None:
        """Note that hours were written, as they were when they were due."""
        self._db.executemany(
            "UPDATE hours SET written = 1, idle = 0, since = iif(edit = ?, NULL, since)"
            " WHERE dev_eui = ? AND quantity = ? AND channel = ?",
            ((due.edit, due.dev_eui, *due.key) for due in dues),
        )

    def forget(self, dev_eui: str) -> None:
        """Forget all totals of a device."""
        self._db.execute("DELETE FROM hours WHERE dev_eui = ?", (dev_eui,))


def _fields(sample: Sample) -> tuple[float, str, bool, bool, int]:
    return sample.value, sample.meter, sample.restarted, sample.period, sample.f_cnt


def _sample(row: Sequence[Any]) -> Sample:
    at, value, meter, restarted, period, f_cnt = row
    return Sample(time(at), value, meter, bool(restarted), bool(period), f_cnt)


def micros(at: datetime) -> int:
    """Give a time as it is stored."""
    return round(at.timestamp() * 1_000_000)


def time(stored: int) -> datetime:
    """Give a time that was stored."""
    return datetime.fromtimestamp(stored / 1_000_000, UTC)
