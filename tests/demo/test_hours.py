"""What the demo complains about when it compares hours."""

from datetime import UTC, datetime, timedelta

import pytest

from demo import hours
from demo.hours import Row, Series
from demo.kept import Counted
from demo.town import parse_hours

AT = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
HALF = HOUR / 2
READINGS = (
    Counted(AT, 10.0, 10.0),
    Counted(AT + HOUR + HALF, 13.0, 13.0),
    Counted(AT + 2 * HOUR + HALF, 15.0, 15.0),
)
ROWS = {AT + HOUR: (12.0, 2.0), AT + 2 * HOUR: (14.0, 4.0)}


def series(**truth: float) -> Series:
    """Make a total with what its register truly showed, by the hour."""
    shown = {"h0": 10.0, "h1": 11.7, "h2": 14.2} | truth
    return Series("meter", READINGS, {AT + int(key[1:]) * HOUR: v for key, v in shown.items()})


@pytest.mark.parametrize(
    ("truth", "hour"),
    [({}, None), ({"h0": 10.1}, 0), ({"h1": 9.9}, 1), ({"h2": 15.1}, 2), ({"h1": 12.9}, None)],
)
def test_the_truth_lies_between_the_two_readings_around_it(
    truth: dict[str, float], hour: int | None
) -> None:
    """And is that of a reading at the full hour."""
    found = hours.untrue(series(**truth))
    assert len(found) == (hour is not None)
    assert hour is None or f"at {AT + hour * HOUR}" in found[0]


def test_what_cannot_be_told_is_told_apart() -> None:
    """Without truth nothing is proven; a counter that begins anew says nothing."""
    unknown = Series("meter", READINGS[:1], {})
    assert hours.untrue(unknown) == [f"meter: nobody knows the truth of {AT}"]
    again = (READINGS[1], Counted(AT + 2 * HOUR + HALF, 0.5, 13.5))
    assert hours.untrue(Series("meter", again, {AT + 2 * HOUR: 0.1})) == []


@pytest.mark.parametrize(
    ("counts", "is_wrong"),
    [((5, 0, 10, 0), False), ((5, 0, 0, 0), True), ((5, 0, 20, 0), True), ((5,), False)],
)
def test_a_sum_rises_as_what_was_counted(counts: tuple[int, ...], *, is_wrong: bool) -> None:
    """Though nobody knows what had been counted before it began."""
    points = [
        Counted(AT + (n - 1.5) * HOUR, count, sum(counts[: n + 1]), period=True)
        for n, count in enumerate(counts)
    ]
    truth = {AT - HOUR: 1000.0, AT: 1000.0, AT + HOUR: 1010.0}
    assert bool(hours.untrue(Series("radar", points, truth))) == is_wrong
    assert hours.untrue(Series("radar", points, {})) == []


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({}, None),
        ({AT + HOUR: None}, "no row for the hour until"),
        ({AT + 2 * HOUR: (14.1, 4.0)}, "14.1 at"),
        ({AT + 2 * HOUR: (14.0, 6.0)}, "is 4 instead of 2"),
    ],
)
def test_each_row_has_its_total_and_its_bar(
    changed: dict[datetime, Row | None], complaint: str | None
) -> None:
    """A bar twice as high as it should be is a reading that counted twice."""
    held = {at: row for at, row in {**ROWS, **changed}.items() if row is not None}
    count, found = hours.wrong_rows(series(), held, None)
    assert count == 2
    assert len(found) == (complaint is not None)
    assert complaint is None or complaint in found[0]


def test_hours_that_are_still_to_be_written_are_not_compared() -> None:
    """They are written after the next full hour."""
    held = ROWS | {AT + 2 * HOUR: (0.0, 0.0)}
    assert hours.wrong_rows(series(), held, AT + HOUR + HALF) == (1, [])


def test_the_truth_of_hours_is_sorted_by_register() -> None:
    """One series for each quantity and channel."""
    value = {"quantity": "volume", "channel": 1, "value": 2}
    told = [{"at": (AT + n * HOUR).isoformat(), "values": [value]} for n in range(2)]
    assert parse_hours(told) == {("volume", 1): {AT: 2.0, AT + HOUR: 2.0}}
