"""How many passed between two messages of a counter."""

from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given, strategies as st
import pytest

from custom_components.bernau_smartcity.visitors.increments import (
    Bin,
    Count,
    Flag,
    Increment,
    Line,
    increments,
    period_increments,
    spread,
)

START = datetime(2026, 11, 23, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("before", "now", "minutes", "bits", "restarted", "count", "flag"),
    [
        (500, 540, 15, 16, False, 40, None),
        (540, 540, 15, 16, False, 0, None),
        (65530, 12, 15, 16, False, 18, Flag.ROLLOVER),
        (41230, 7, 15, 16, False, 7, Flag.RESET),
        (41230, 7, 15, 32, False, 7, Flag.RESET),
        (65530, 12, 15, 16, True, 12, Flag.RESET),
        (300, 310, 15, 16, True, 10, None),
        (7, 60000, 15, 16, False, None, Flag.IMPLAUSIBLE),
        (540, 700, 60, 16, False, 160, None),
        (4294967290, 4, 15, 32, False, 10, Flag.ROLLOVER),
        (49151, 12, 2880, 16, False, 12, Flag.RESET),
        (49152, 12, 2880, 16, False, 16396, Flag.ROLLOVER),
        (540, 12, 2880, 16, False, 12, Flag.RESET),
    ],
)
def test_increment(  # a row of the table
    before: int,
    now: int,
    minutes: int,
    bits: int,
    restarted: bool,  # noqa: FBT001  # a row of the table
    count: int | None,
    flag: Flag | None,
) -> None:
    """Continued, rolled over, begun anew, or not to be believed."""
    until = START + minutes * MINUTE
    counts = [Count(START, before), Count(until, now, restarted=restarted)]
    assert increments(counts, Line(bits=bits)) == [Increment(START, until, count, flag)]


def test_first_message_says_nothing() -> None:
    """The device may have counted for a year."""
    assert increments([Count(START, 500)], Line(bits=16)) == []


def test_implausible_value_is_where_counting_begins_anew() -> None:
    """Only the step to it is unknown."""
    counts = [Count(START + n * QUARTER, v) for n, v in enumerate((7, 60000, 60020))]
    assert [i.passed for i in increments(counts, Line(bits=16))] == [None, 20]


def test_reset_by_the_schedule_of_the_device() -> None:
    """What looks like a rollover is none at the set time."""
    counts = [Count(START, 65530), Count(START + QUARTER, 12)]
    line = Line(bits=16, cleared=[START + QUARTER])
    assert increments(counts, line)[0][2:4] == (12, Flag.RESET)
    line = Line(bits=16, cleared=[START])
    assert increments(counts, line)[0][2:4] == (18, Flag.ROLLOVER)


def test_same_message_later_is_no_other() -> None:
    """A retransmission has the frame counter of the first."""
    counts = [Count(START, 5, f_cnt=1), Count(START + MINUTE, 5, f_cnt=1)]
    assert increments(counts, Line(bits=16)) == []


@given(
    steps=st.lists(
        st.tuples(st.integers(1, 300), st.integers(0, 65535), st.booleans()), max_size=20
    ),
    seed=st.integers(),
)
def test_any_order_and_repetition(steps: list[tuple[int, int, bool]], seed: int) -> None:
    """The increments follow from the set of messages, and never exceed what can be."""
    at, counts = START, []
    for f_cnt, (minutes, value, restarted) in enumerate(steps):
        at += minutes * MINUTE
        counts.append(Count(at, value, f_cnt, restarted))
    line = Line(bits=16)
    expected = increments(counts, line)
    shuffled = counts * 2
    Random(seed).shuffle(shuffled)  # noqa: S311  # no secret
    assert increments(shuffled, line) == expected
    for increment in expected:
        if increment.passed is not None:
            assert 0 <= increment.passed <= line.cap(increment.until - increment.since)


def test_counts_of_periods() -> None:
    """Two lost messages are a known gap, and nothing is made up for them."""
    counts = [
        Count(START, 4, f_cnt=10),
        Count(START + QUARTER, 6, f_cnt=11),
        Count(START + 4 * QUARTER, 5, f_cnt=14),
        Count(START + 5 * QUARTER, 1, f_cnt=0),
    ]
    found = period_increments([*counts, counts[1]], QUARTER)
    assert [i.passed for i in found] == [4, 6, 5, 1]
    assert [i.flag for i in found] == [None, None, Flag.LOST, None]
    assert [i.coverage for i in found] == [1, 1, pytest.approx(1 / 3), 1]
    assert [i.since for i in found] == [START - QUARTER, *(c.at for c in counts[:3])]


def test_spread_over_hours() -> None:
    """Fifty from a quarter to eleven until twelve: ten before eleven."""
    increment = Increment(START + 3 * QUARTER, START + 2 * HOUR, 50)
    assert list(spread(increment, HOUR)) == [
        Bin(START, 10, share=0.25),
        Bin(START + HOUR, 40),
    ]


def test_spread_over_quarters() -> None:
    """The sum stays, the flag stays, and it shows that it was spread."""
    found = list(spread(Increment(START, START + 3 * QUARTER, 7, Flag.RESET), QUARTER))
    assert [b.passed for b in found] == [3, 2, 2]
    assert {(b.flag, b.interpolated) for b in found} == {(Flag.RESET, True)}


def test_after_long_silence_nobody_can_tell_when() -> None:
    """The day's sum is right, its bins are unknown."""
    found = list(spread(Increment(START, START + 3 * HOUR, 90), HOUR))
    assert found == [Bin(START + n * HOUR, None, None, interpolated=True) for n in range(3)]
    implausible = Increment(START, START + QUARTER, None, Flag.IMPLAUSIBLE)
    assert list(spread(implausible, QUARTER)) == [Bin(START, None, Flag.IMPLAUSIBLE)]


@given(
    offset=st.integers(0, 10_000),
    seconds=st.integers(1, 7200),
    count=st.integers(0, 10_000),
    minutes=st.sampled_from([5, 15, 60]),
)
def test_any_spread_adds_up(offset: int, seconds: int, count: int, minutes: int) -> None:
    """Over any partition of the time the parts are the whole."""
    since = START + timedelta(seconds=offset)
    increment = Increment(since, since + timedelta(seconds=seconds), count)
    bins = list(spread(increment, minutes * MINUTE))
    assert sum(b.passed or 0 for b in bins) == count
    assert bins[0].start <= since < bins[0].start + minutes * MINUTE
    assert bins[-1].start < increment.until <= bins[-1].start + minutes * MINUTE
