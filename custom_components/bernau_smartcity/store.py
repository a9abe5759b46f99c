"""Durable memory of one entry: states, samples, cursors, uplinks that wait.

One SQLite file beside Home Assistant's other storage. What one transaction
holds is kept together or not at all, and its cost follows what has changed.
All functions block: call them in an executor, one at a time.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
import json
from pathlib import Path
import sqlite3
from typing import Any, Final, Self

from .samples import SCHEMA as SAMPLES_SCHEMA, DueHours, Samples
from .state import DeviceState, from_json, to_json
from .waiting import SCHEMA as WAITING_SCHEMA, Recent, Waiting

VERSION: Final = 1

_SCHEMA: Final = """
CREATE TABLE device (dev_eui TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE cursor (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE place (
    dev_eui TEXT PRIMARY KEY, facts TEXT NOT NULL, floors TEXT NOT NULL
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """What storage held when it was opened."""

    states: dict[str, DeviceState]
    cursors: dict[str, str]


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

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Use an open database with the schema in place."""
        self._db = connection
        self.samples = Samples(connection)
        self.hours = DueHours(connection)
        self.places = PlaceNotes(connection)
        self.waiting = Waiting(connection)
        self.recent = Recent(connection)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open or create the file; a file that cannot be read is put aside.

        Raises OSError or sqlite3.Error when the place cannot be written.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            return cls(_opened(path))
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            path.replace(path.with_suffix(f".damaged-{int(datetime.now(UTC).timestamp())}"))
            return cls(_opened(path))

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def load(self) -> Kept:
        """Read all states and cursors; a state that cannot be read starts anew."""
        states: dict[str, DeviceState] = {}
        for dev_eui, text in self._db.execute("SELECT dev_eui, state FROM device"):
            with suppress(ValueError, KeyError, TypeError):
                states[dev_eui] = from_json(json.loads(text))
        return Kept(states, dict(self._db.execute("SELECT key, value FROM cursor")))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep everything done inside together, or nothing of it."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

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
        self._db.execute("DELETE FROM cursor WHERE key = ?", (dev_eui,))

    def forget_device(self, dev_eui: str) -> None:
        """Forget a device altogether."""
        self.forget_readings(dev_eui)
        self.waiting.forget(dev_eui)
        self._db.execute("DELETE FROM device WHERE dev_eui = ?", (dev_eui,))


def _opened(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        database.execute("PRAGMA synchronous = FULL")
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if version == 0:
            database.executescript(
                f"BEGIN;{_SCHEMA}{SAMPLES_SCHEMA}PRAGMA user_version = {VERSION};COMMIT;"
            )
            version = VERSION
        if version == VERSION:
            database.executescript(WAITING_SCHEMA)
    except BaseException:
        database.close()
        raise
    if version != VERSION:
        database.close()
        message = f"storage version {version}, not {VERSION}"
        raise sqlite3.NotSupportedError(message)
    return database
