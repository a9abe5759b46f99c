"""SQLite files beside Home Assistant's other storage: opened whole or not at all, or put aside."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
import sqlite3

SYNCHRONOUS = "FULL"
"""A commit waits until the disk has it: what counts as read outlives a power failure."""


def open_database(
    path: Path, version: int, schema: str, additions: str = ""
) -> tuple[sqlite3.Connection, str]:
    """Open or create a file; one that is damaged or of another version is put aside.

    Gives with it the new name of the file that was put aside, empty where none was.
    `additions` are tables that files of the same version may lack. Raises OSError or
    sqlite3.Error when the place cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return _opened(path, version, schema, additions), ""
    except sqlite3.DatabaseError as error:
        if not (is_damage(error) or isinstance(error, sqlite3.NotSupportedError)):
            raise
        aside = put_aside(path)
        return _opened(path, version, schema, additions), aside


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """Keep everything done inside together, or nothing of it."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")


def is_damage(error: sqlite3.Error) -> bool:
    """Tell whether the file itself is damaged, and nothing else will ever help."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK)
    return (code & 0xFF) in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def put_aside(path: Path) -> str:
    """Rename a file that cannot be used, and give its new name."""
    return path.replace(path.with_suffix(f".damaged-{int(datetime.now(UTC).timestamp())}")).name


def _opened(path: Path, version: int, schema: str, additions: str) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        database.execute(f"PRAGMA synchronous = {SYNCHRONOUS}")
        (found,) = database.execute("PRAGMA user_version").fetchone()
        (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if found == tables == 0:
            database.executescript(f"BEGIN;{schema}PRAGMA user_version = {version};COMMIT;")
            found = version
        if found == version:
            database.executescript(additions)
    except BaseException:
        database.close()
        raise
    if found != version:
        database.close()
        message = f"storage version {found}, not {version}"
        raise sqlite3.NotSupportedError(message)
    return database
