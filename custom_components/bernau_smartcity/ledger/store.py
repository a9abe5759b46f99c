"""Durable memory of one entry: states, samples, cursors, uplinks that wait.

One SQLite file beside Home Assistant's other storage. What one transaction
holds is kept together or not at all, and its cost follows what has changed.
All functions block: call them in an executor, one at a time.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
import json
from pathlib import Path
import sqlite3
from typing import Any, Final, Self

from .database import open_database, transaction
from .objects import SCHEMA as OBJECTS_SCHEMA, Objects
from .samples import SCHEMA as SAMPLES_SCHEMA, DueHours, Samples
from .state import DeviceState, from_json, to_json
from .waiting import SCHEMA as WAITING_SCHEMA, Recent, Waiting
from .watches import SCHEMA as WATCHES_SCHEMA, Watches

VERSION: Final = 1

_SCHEMA: Final = """
CREATE TABLE device (dev_eui TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE cursor (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE place (
    dev_eui TEXT PRIMARY KEY, facts TEXT NOT NULL, floors TEXT NOT NULL
) WITHOUT ROWID;
"""

_TABLES: Final = _SCHEMA + SAMPLES_SCHEMA
_ADDITIONS: Final = WAITING_SCHEMA + OBJECTS_SCHEMA + WATCHES_SCHEMA
"""Tables that older files of this version lack."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What storage held when it was opened."""

    states: dict[str, DeviceState]
    cursors: dict[str, str]
    renewed: int = 0
    """Devices that begin anew, as what was held of them could not be read."""


class PlaceNotes:
    """What people had noted of places when it was applied, and the highest totals shown since."""

    def __init__(self, db: sqlite3.Connection) -> None:
        """Use an open database with the schema in place."""
        self._db = db

    def all(self) -> dict[str, tuple[list[Any], dict[str, float]]]:
        """Give facts and floors of each place."""
        rows = self._db.execute("SELECT dev_eui, facts, floors FROM place")
        return {place: (json.loads(facts), json.loads(floors)) for place, facts, floors in rows}

    def put(self, place: str, facts: Sequence[Any], floors: Mapping[str, float]) -> None:
        """Keep facts and floors of a place; without facts there is nothing to keep."""
        if not facts:
            self._db.execute("DELETE FROM place WHERE dev_eui = ?", (place,))
            return
        self._db.execute(
            "INSERT OR REPLACE INTO place VALUES (?, ?, ?)",
            (place, json.dumps(facts), json.dumps(dict(floors))),
        )


class Store:
    """The open file."""

    def __init__(self, connection: sqlite3.Connection, aside: str = "") -> None:
        """Use an open database with the schema in place."""
        self._db = connection
        self.aside = aside
        """Name of the file that could not be read, and was put aside for this one."""
        self.samples = Samples(connection)
        self.hours = DueHours(connection)
        self.objects = Objects(connection)
        self.places = PlaceNotes(connection)
        self.waiting = Waiting(connection)
        self.recent = Recent(connection)
        self.watches = Watches(connection)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open or create the file; one that is damaged or of another version is put aside.

        What it held is then read again from what the network server retains.

        Raises OSError or sqlite3.Error when the place cannot be written.
        """
        return cls(*open_database(path, VERSION, _TABLES, _ADDITIONS))

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def load(self) -> Kept:
        """Read all states and cursors; a device whose state cannot be read begins anew."""
        states: dict[str, DeviceState] = {}
        rows = self._db.execute("SELECT dev_eui, state FROM device").fetchall()
        for dev_eui, text in rows:
            try:
                states[dev_eui] = from_json(json.loads(text))
            except ValueError, KeyError, TypeError:
                with self.transaction():
                    self.forget_readings(dev_eui)
                    self._db.execute("DELETE FROM device WHERE dev_eui = ?", (dev_eui,))
        cursors = dict(self._db.execute("SELECT key, value FROM cursor"))
        return Kept(states, cursors, len(rows) - len(states))

    def transaction(self) -> AbstractContextManager[None]:
        """Keep everything done inside together, or nothing of it."""
        return transaction(self._db)

    def put_state(self, state: DeviceState) -> None:
        """Keep the state of a device."""
        self._db.execute(
            "INSERT OR REPLACE INTO device VALUES (?, ?)",
            (state.device.dev_eui, json.dumps(to_json(state), separators=(",", ":"))),
        )

    def put_cursors(self, cursors: Mapping[str, str]) -> None:
        """Keep cursors of the network server."""
        self._db.executemany("INSERT OR REPLACE INTO cursor VALUES (?, ?)", cursors.items())

    def forget_readings(self, dev_eui: str) -> None:
        """Forget what was read from a device, and the cursor up to which it was."""
        self.samples.forget(dev_eui)
        self.hours.forget(dev_eui)
        self.recent.forget(dev_eui)
        self.watches.forget(dev_eui)
        self._db.execute("DELETE FROM cursor WHERE key = ?", (dev_eui,))

    def forget_device(self, dev_eui: str) -> None:
        """Forget a device altogether."""
        self.forget_readings(dev_eui)
        self.waiting.forget(dev_eui)
        self.objects.forget(dev_eui)
        self._db.execute("DELETE FROM device WHERE dev_eui = ?", (dev_eui,))
