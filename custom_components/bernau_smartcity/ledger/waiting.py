"""The tables of uplinks that wait, and of those on which later ones depend.

An uplink that gives no readings yet waits for its owner: the device that sent
it, or the meter behind that device of which it tells. What is decoded by what
earlier messages told is kept for a while as well, so that one that comes late
still finds its place. Beside each stands what was remembered when its turn came.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
import json
import sqlite3
from typing import Any, Final

from ..mapping import reduced
from ..model import Uplink
from .memory import Memory, from_json as memory_from_json, to_json as memory_to_json
from .samples import micros

KEPT: Final = 200
"""Uplinks of one owner, the newest."""

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS waiting (
    owner TEXT, received_at INTEGER, id TEXT, dev_eui TEXT NOT NULL, missing TEXT NOT NULL,
    uplink TEXT NOT NULL, memory TEXT NOT NULL,
    PRIMARY KEY (owner, received_at, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS waiting_of_device ON waiting (dev_eui, missing);
CREATE TABLE IF NOT EXISTS recent (
    dev_eui TEXT, received_at INTEGER, id TEXT, uplink TEXT NOT NULL, memory TEXT NOT NULL,
    PRIMARY KEY (dev_eui, received_at, id)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """An uplink, and what was remembered before it."""

    uplink: Uplink
    memory: Memory = field(default_factory=dict)


class Waiting:
    """Uplinks that gave no readings yet."""

    def __init__(self, db: sqlite3.Connection) -> None:
        """Use an open database with the schema in place."""
        self._db = db

    def put(self, owner: str, kept: Kept, missing: str = "", limit: int = KEPT) -> None:
        """Let an uplink wait; of one owner the newest ones do."""
        uplink = kept.uplink
        self._db.execute(
            "INSERT OR REPLACE INTO waiting VALUES (?, ?, ?, ?, ?, ?, ?)",
            (owner, *_place(uplink), uplink.dev_eui, missing, *_texts(kept)),
        )
        self._db.execute(
            "DELETE FROM waiting WHERE owner = ?1 AND received_at < coalesce((SELECT"
            " received_at FROM waiting WHERE owner = ?1 ORDER BY received_at DESC"
            " LIMIT 1 OFFSET ?2), 0)",
            (owner, limit - 1),
        )

    def take(self, dev_eui: str, owners: Iterable[str]) -> list[Kept]:
        """Give what a device sent that waits for its owners, oldest first; it waits no more."""
        values = (dev_eui, json.dumps(list(owners)))
        rows = self._db.execute(
            "SELECT uplink, memory FROM waiting"
            " WHERE dev_eui = ? AND owner IN (SELECT value FROM json_each(?))"
            " ORDER BY received_at, id",
            values,
        ).fetchall()
        self._db.execute(
            "DELETE FROM waiting WHERE dev_eui = ? AND owner IN (SELECT value FROM json_each(?))",
            values,
        )
        return list(_read(rows))

    def missing(self, dev_eui: str, what: str, owners: Iterable[str]) -> list[Kept]:
        """Give what a device sent that waits for one thing and for its owners, oldest first."""
        rows = self._db.execute(
            "SELECT uplink, memory FROM waiting WHERE dev_eui = ? AND missing = ?"
            " AND owner IN (SELECT value FROM json_each(?))"
            " GROUP BY received_at, id ORDER BY received_at, id",
            (dev_eui, what, json.dumps(list(owners))),
        ).fetchall()
        return list(_read(rows))

    def drop(self, uplinks: Iterable[Uplink]) -> None:
        """Forget that these wait."""
        self._db.executemany(
            "DELETE FROM waiting WHERE dev_eui = ? AND received_at = ? AND id = ?",
            ((uplink.dev_eui, *_place(uplink)) for uplink in uplinks),
        )

    def unlearn(self, dev_eui: str) -> None:
        """Forget what was remembered beside what a device sent: another codec reads it."""
        self._db.execute("UPDATE waiting SET memory = '{}' WHERE dev_eui = ?", (dev_eui,))

    def counts(self) -> dict[str, int]:
        """Give how many wait, by owner."""
        return dict(self._db.execute("SELECT owner, count(*) FROM waiting GROUP BY owner"))

    def forget(self, owner: str) -> None:
        """Forget what waits for an owner, and what a device sent for others."""
        self._db.execute("DELETE FROM waiting WHERE owner = ?1 OR dev_eui = ?1", (owner,))


class Recent:
    """Uplinks whose meaning depends on earlier ones, or on which that of later ones does."""

    def __init__(self, db: sqlite3.Connection) -> None:
        """Use an open database with the schema in place."""
        self._db = db

    def put(self, kept: Kept) -> None:
        """Keep an uplink; of one device the newest are kept."""
        uplink = kept.uplink
        self._db.execute(
            "INSERT OR REPLACE INTO recent VALUES (?, ?, ?, ?, ?)",
            (uplink.dev_eui, *_place(uplink), *_texts(kept)),
        )
        self._db.execute(
            "DELETE FROM recent WHERE dev_eui = ?1 AND received_at < coalesce((SELECT"
            " received_at FROM recent WHERE dev_eui = ?1 ORDER BY received_at DESC"
            " LIMIT 1 OFFSET ?2), 0)",
            (uplink.dev_eui, KEPT - 1),
        )

    def since(self, dev_eui: str, at: datetime | None = None) -> list[Kept]:
        """Give what a device sent from a time on, or all that is kept of it, oldest first."""
        rows = self._db.execute(
            "SELECT uplink, memory FROM recent WHERE dev_eui = ? AND received_at >= ?"
            " ORDER BY received_at, id",
            (dev_eui, -1 if at is None else micros(at)),
        ).fetchall()
        return list(_read(rows))

    def forget(self, dev_eui: str) -> None:
        """Forget what a device sent."""
        self._db.execute("DELETE FROM recent WHERE dev_eui = ?", (dev_eui,))


def _place(uplink: Uplink) -> tuple[int, str]:
    return micros(uplink.received_at), uplink.id


def _texts(kept: Kept) -> tuple[str, str]:
    return _uplink_json(kept.uplink), json.dumps(memory_to_json(kept.memory))


def _read(rows: Iterable[tuple[str, str]]) -> Iterator[Kept]:
    for uplink, memory in rows:
        yield Kept(_uplink(json.loads(uplink)), memory_from_json(json.loads(memory)))


def _uplink_json(uplink: Uplink) -> str:
    return json.dumps(
        {
            "dev_eui": uplink.dev_eui,
            "id": uplink.id,
            "received_at": uplink.received_at.isoformat(),
            "f_port": uplink.f_port,
            "f_cnt": uplink.f_cnt,
            "payload": uplink.payload.hex(),
            "encrypted": uplink.encrypted,
            "decoded": None if uplink.decoded is None else reduced(uplink.decoded),
            "settings": dict(uplink.settings),
        }
    )


def _uplink(data: Mapping[str, Any]) -> Uplink:
    given = {
        **data,
        "received_at": datetime.fromisoformat(data["received_at"]),
        "payload": bytes.fromhex(data["payload"]),
    }
    return Uplink(**given)
