"""The table of the newest decoded objects of each device, from which fields are proposed.

Only numbers are kept of them: whatever else stands in such an object could
identify somebody.
"""

from collections.abc import Iterable, Mapping
import json
import sqlite3
from typing import Any, Final

from ..mapping import reduced
from ..model import Uplink
from .samples import micros

KEPT: Final = 12
"""Of one device: enough to see whether a number only rises."""

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS object (
    dev_eui TEXT, received_at INTEGER, fields TEXT NOT NULL, PRIMARY KEY (dev_eui, received_at)
) WITHOUT ROWID;
"""


class Objects:
    """What the network server's own codec made of the newest messages."""

    def __init__(self, db: sqlite3.Connection) -> None:
        """Use an open database with the schema in place."""
        self._db = db

    def put(self, uplink: Uplink) -> None:
        """Keep what was made of an uplink, if there is a number in it."""
        found = reduced(uplink.decoded or {})
        if not found:
            return
        self._db.execute(
            "INSERT OR REPLACE INTO object VALUES (?, ?, ?)",
            (uplink.dev_eui, micros(uplink.received_at), json.dumps(found)),
        )
        self._db.execute(
            "DELETE FROM object WHERE dev_eui = ?1 AND received_at < coalesce((SELECT"
            " received_at FROM object WHERE dev_eui = ?1 ORDER BY received_at DESC"
            " LIMIT 1 OFFSET ?2), 0)",
            (uplink.dev_eui, KEPT - 1),
        )

    def devices(self) -> set[str]:
        """Give the devices of which there are any."""
        return {dev_eui for (dev_eui,) in self._db.execute("SELECT DISTINCT dev_eui FROM object")}

    def of(self, dev_euis: Iterable[str]) -> list[list[Mapping[str, Any]]]:
        """Give those of some devices, oldest first each."""
        return [
            [
                json.loads(text)
                for (text,) in self._db.execute(
                    "SELECT fields FROM object WHERE dev_eui = ? ORDER BY received_at", (dev_eui,)
                )
            ]
            for dev_eui in dev_euis
        ]

    def forget(self, dev_eui: str) -> None:
        """Forget those of a device."""
        self._db.execute("DELETE FROM object WHERE dev_eui = ?", (dev_eui,))
