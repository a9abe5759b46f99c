"""Readings get their true time of measurement."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from custom_components.bernau_smartcity.metering.placement import OLDEST, clock_error, place
from custom_components.bernau_smartcity.model import Quantity, Reading

RECEIVED = datetime(2026, 11, 23, 14, 0, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)


def volume(at: datetime | None) -> Reading:
    """Give a reading of a water meter."""
    return Reading(Quantity.VOLUME, 1.0, at=at)


def clock(at: datetime) -> Reading:
    """Give the meter's clock."""
    return Reading(Quantity.CLOCK, at.timestamp())


@pytest.mark.parametrize(
    ("fast", "error"),
    [
        (timedelta(0), timedelta(0)),
        (timedelta(seconds=-20), timedelta(0)),
        (timedelta(minutes=4), timedelta(0)),
        (HOUR, -HOUR),
        (HOUR + timedelta(seconds=40), -HOUR),
        (-2 * HOUR, 2 * HOUR),
        (timedelta(minutes=7), -timedelta(minutes=7)),
        (timedelta(days=900, seconds=7), -timedelta(days=900)),
    ],
)
def test_clock_in_another_zone_keeps_its_full_hours(fast: timedelta, error: timedelta) -> None:
    """A right clock of another zone is corrected by whole quarter hours."""
    assert clock_error(RECEIVED + fast, RECEIVED) == error


def test_without_time_it_was_measured_when_received() -> None:
    """A reading without a time is as old as its uplink."""
    assert [r.at for r in place([volume(None)], RECEIVED)] == [RECEIVED]


def test_stored_value_is_placed_by_the_meters_clock() -> None:
    """A meter that runs on UTC+1 but says UTC stores its 13:00 at 12:00 UTC."""
    shown = RECEIVED.replace(second=0) + HOUR
    placed = list(place([clock(shown), volume(shown - 2 * HOUR), volume(None)], RECEIVED))
    assert [r.at for r in placed] == [RECEIVED, RECEIVED.replace(second=0) - 2 * HOUR, RECEIVED]


def test_time_without_clock_is_taken_as_it_is() -> None:
    """A device that sends times but not its clock has them from the network."""
    at = datetime(2026, 11, 23, 10, 0, tzinfo=timezone(HOUR))
    assert [r.at for r in place([volume(at)], RECEIVED)] == [at]


@pytest.mark.parametrize(
    ("at", "placed"),
    [
        (RECEIVED + timedelta(minutes=9), [RECEIVED]),
        (RECEIVED + timedelta(minutes=11), []),
        (RECEIVED - OLDEST, [RECEIVED - OLDEST]),
        (RECEIVED - OLDEST - HOUR, []),
    ],
)
def test_what_cannot_be_placed_is_left_out(at: datetime, placed: list[datetime]) -> None:
    """Neither the future nor the distant past is a time of measurement."""
    assert [r.at for r in place([volume(at)], RECEIVED)] == placed
