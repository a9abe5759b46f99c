"""What the demo's proofs read from the integration's file, and what they complain about."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from custom_components.bernau_smartcity.ledger.store import Store
from custom_components.bernau_smartcity.ledger.totals import Fresh, continued
from custom_components.bernau_smartcity.metering.plausibility import Limits
from custom_components.bernau_smartcity.metering.register import Sample
from custom_components.bernau_smartcity.model import Quantity
from demo import kept
from demo.kept import Counted, Kept, Point

AT = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
METER = ("0011223344556677", "energy", 0)


def points(*values: float, first: datetime = AT) -> list[Point]:
    """Make hourly readings of a register that counts from its first one."""
    return [Point(first + n * HOUR, value, value) for n, value in enumerate(values)]


def keep(*readings: Point) -> Kept:
    """Keep readings of one register."""
    return Kept({METER: readings}, {})


def test_the_witness_reads_what_the_integration_wrote(tmp_path: Path) -> None:
    """Its tables are all that both share, so they are read as they are really written."""
    path = tmp_path / ".storage" / "bernau_smartcity.entry.db"
    key = (Quantity.ENERGY, 0)
    store = Store.open(path)
    with store.transaction():
        samples = [Sample(point.at, point.value) for point in points(7, 9)]
        continued(store, (METER[0], key), Fresh(samples), Limits(per_hour=100), None)
        store.hours.changed(METER[0], key, AT)
    found = kept.read(tmp_path, "entry")
    assert found == Kept({METER: points(7, 9)}, {METER: AT})
    store.close()
    assert kept.count(path) == 2


@pytest.mark.parametrize(
    ("ours", "complaint"),
    [
        (points(1, 2, 3), None),
        (points(1, 2), f"the reading of {AT + 2 * HOUR} is missing"),
        (points(1, 2, 3, 4), f"the reading of {AT + 3 * HOUR} is there once too often"),
        (points(1, 2, 4), f"the reading of {AT + 2 * HOUR} is another"),
        (points(9, 2, 3), None),
    ],
)
def test_each_reading_is_there_once(ours: Sequence[Point], complaint: str | None) -> None:
    """What was read before the kills is none of theirs."""
    found = kept.differences(keep(*ours), keep(*points(1, 2, 3)), AT + HOUR)
    assert found == ([] if complaint is None else [f"{' '.join(map(str, METER))}: {complaint}"])
    assert kept.readings_since(keep(*points(1, 2, 3)), AT + HOUR) == 2


@pytest.mark.parametrize(
    ("after", "is_wrong"),
    [
        (Point(AT + HOUR, 5.0, 5.0), False),
        (Point(AT + HOUR, 5.0, 6.0), True),
        (Point(AT + HOUR, 5.0, 2.0), True),
        (Point(AT + HOUR, 1.0, 4.0), False),
        (Point(AT + HOUR, 1.0, 2.0), True),
        (Point(AT + HOUR, 1.0, None), False),
        (Point(AT + HOUR, 4.0, 7.0, period=True), False),
        (Point(AT + HOUR, 4.0, 4.0, period=True), True),
        (Point(AT + HOUR, 4.0, 11.0, period=True), True),
    ],
)
def test_a_total_rises_as_its_register(after: Point, *, is_wrong: bool) -> None:
    """A register may begin anew, its total may not."""
    assert bool(kept.falls(keep(*points(3), after))) == is_wrong


def test_full_hours_lie_on_the_line_between_their_readings() -> None:
    """A reading at the full hour is itself the line."""
    early, late = AT - timedelta(minutes=30), AT + timedelta(minutes=90)
    readings = kept.counted([Point(early, 0, 0), Point(late, 4, 4), Point(AT + 2 * HOUR, 9, 9)])
    found = list(kept.full_hours(readings))
    assert [(hour.at, hour.total) for hour in found] == [
        (AT, 1.0),
        (AT + HOUR, 3.0),
        (AT + 2 * HOUR, 9.0),
    ]
    assert found[-1].before == found[-1].after == Counted(AT + 2 * HOUR, 9, 9)
    assert list(kept.full_hours(readings[-1:])) == found[-1:]
    assert list(kept.full_hours([])) == []
