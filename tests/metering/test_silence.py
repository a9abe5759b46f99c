"""How long a device may be silent follows from how it was heard before."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, strategies as st
import pytest

from custom_components.bernau_smartcity.metering.silence import (
    DAYS,
    FACTOR,
    LEAST,
    OUTAGE,
    UNKNOWN,
    Heard,
    Rhythm,
    grace,
    heard_again,
    is_silent,
    listening,
    loss,
)

START = datetime(2026, 11, 2, tzinfo=UTC)
"""A Monday."""
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def heard_at(*hours: float, lost: int = 0) -> Rhythm:
    """Give the rhythm of a device that was heard at these hours."""
    rhythm: Rhythm = ()
    for before, at in pairwise(hours):
        rhythm = heard_again(rhythm, START + before * HOUR, START + at * HOUR, lost)
    return rhythm


def every(hours: float, days: float = 20) -> list[float]:
    """Give the hours at which a device sends regularly."""
    return [n * hours for n in range(int(days * 24 / hours))]


WORKING = [h for h in range(21 * 24) if h // 24 % 7 < 5 and 7 <= h % 24 < 18]


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        pytest.param([], UNKNOWN, id="never heard"),
        pytest.param([0], UNKNOWN, id="heard once"),
        pytest.param([0, 24], FACTOR * DAY, id="heard twice"),
        pytest.param(every(0.25), LEAST, id="every quarter of an hour"),
        pytest.param(every(6), FACTOR * 6 * HOUR, id="every six hours"),
        pytest.param(every(24), FACTOR * DAY, id="once a day"),
        pytest.param(
            [h for h in every(1) if not 100 < h < 180], FACTOR * HOUR, id="after an outage"
        ),
        pytest.param(
            [h for h in every(1) if h % 7 and h % 11], FACTOR * 3 * HOUR, id="with losses"
        ),
        pytest.param(WORKING, FACTOR * 62 * HOUR, id="only where somebody works"),
    ],
)
def test_grace_is_learnt(hours: list[float], expected: timedelta) -> None:
    """By the second longest pause of two weeks; a single outage teaches nothing."""
    assert grace(heard_at(*hours)) == max(LEAST, expected)


def test_days_are_counted() -> None:
    """Of each day what came and what did not; the oldest days are forgotten."""
    rhythm = heard_at(*every(6, days=30), lost=1)
    assert len(rhythm) == DAYS
    assert rhythm[-1] == Heard((START + 29 * DAY).toordinal(), 6 * 3600, 4, 4)
    assert loss(rhythm) == 0.5
    assert loss(()) is None


@pytest.mark.parametrize(
    ("newest", "until"),
    [
        pytest.param(START, START, id="heard just now"),
        pytest.param(START - HOUR, START - HOUR, id="quiet for an hour"),
        pytest.param(START - 3 * DAY, START - OUTAGE, id="quiet for days"),
    ],
)
def test_network_that_hears_nothing(newest: datetime, until: datetime) -> None:
    """Then nobody can say for a day that it is the devices."""
    assert listening(newest, START) == until


@given(st.lists(st.floats(0.01, 200), max_size=60), st.floats(0, 500))
def test_any_device_is_silent_only_after_its_grace(pauses: list[float], since: float) -> None:
    """Never before, and always from then on; not by any pause that it made twice."""
    hours = [0.0]
    for pause in pauses:
        hours.append(hours[-1] + pause)
    rhythm = heard_at(*hours)
    last = START + hours[-1] * HOUR
    assert is_silent(last, rhythm, last + since * HOUR) == (since * HOUR > grace(rhythm))
    assert not is_silent(last, rhythm, last + LEAST)
