"""Who keeps what follows from a total learns of every change of it."""

from datetime import UTC, datetime, timedelta
import sqlite3

import pytest

from custom_components.bernau_smartcity.ledger.revisions import REMEMBERED, Revisions
from custom_components.bernau_smartcity.ledger.samples import HOURS_SCHEMA, DueHours
from custom_components.bernau_smartcity.ledger.state import Key
from custom_components.bernau_smartcity.model import Quantity

KEY: Key = (Quantity.PEOPLE_IN, 0)
AT = datetime(2026, 11, 23, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("edits", "known", "expected"),
    [
        ([5, 6, 7], 4, 0),
        ([5, 6, 7], 5, 1),
        ([5, 6, 7], 6, 2),
        ([5, 6, 7], 7, None),
        ([5, 6, 7], 3, None),
        ([5, 7], 4, None),
        ([5, 7], 5, None),
        ([5, 7], 6, 1),
        ([5, 6, 900, 901], 5, None),
        ([5, 6, 900, 901], 899, 2),
        ([5, 6, -3, -2], 5, None),
        ([], 5, None),
        ([*range(REMEMBERED + 9)], 2, None),
    ],
)
def test_after_which_time(edits: list[int], known: int, expected: int | None) -> None:
    """Where a change is not remembered, or the total began anew, all of it is read again."""
    revisions = Revisions()
    for number, edit in enumerate(edits):
        revisions.note("place", KEY, edit, AT + number * HOUR)
    since = None if expected is None else AT + expected * HOUR
    assert revisions.since("place", KEY, known) == since


def test_total_that_begins_anew_is_another() -> None:
    """Nobody takes it for the one that was forgotten, however often it changes."""
    with sqlite3.connect(":memory:") as database:
        database.executescript(HOURS_SCHEMA)
        hours = DueHours(database)
        edits: list[set[int]] = []
        for _ in range(3):
            edits.append({hours.changed("place", KEY, AT) for _ in range(100)})
            assert max(edits[-1]) - min(edits[-1]) == 99
            hours.forget("place")
            assert not hours.known("place", KEY)
        assert len(set.union(*edits)) == 300
    database.close()
