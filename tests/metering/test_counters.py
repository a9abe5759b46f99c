"""Totals of counters follow the rules by which visitors are counted."""

from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given, strategies as st
import pytest

from custom_components.bernau_smartcity.metering.plausibility import Limits, limits_of
from custom_components.bernau_smartcity.metering.register import Sample, fold
from custom_components.bernau_smartcity.model import Medium, Quantity
from custom_components.bernau_smartcity.visitors.increments import (
    Count,
    Line,
    increments,
    period_increments,
)

START = datetime(2026, 11, 23, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
QUARTER = 15 * MINUTE
DAY = timedelta(days=1)


def limits(bits: int) -> Limits:
    """Give what is believed of a counter with a register of so many bits."""
    usual = limits_of(Quantity.PEOPLE_IN, Medium.PEOPLE)
    return usual.adjusted((None, 2.0**bits))


@pytest.mark.parametrize(
    ("before", "now", "minutes", "bits", "restarted"),
    [
        (500, 540, 15, 16, False),
        (540, 540, 15, 16, False),
        (65530, 12, 15, 16, False),
        (41230, 7, 15, 16, False),
        (41230, 7, 15, 32, False),
        (65530, 12, 15, 16, True),
        (300, 310, 15, 16, True),
        (7, 60000, 15, 16, False),
        (540, 700, 60, 16, False),
        (4294967290, 4, 15, 32, False),
        (500, 610, 1, 16, False),
        (500, 2010, 15, 16, False),
    ],
)
def test_total_and_increment_agree(
    before: int,
    now: int,
    minutes: int,
    bits: int,
    restarted: bool,  # noqa: FBT001  # a row of the table
) -> None:
    """Once a further message has confirmed what is doubtful; what is unknown adds nothing."""
    until = START + minutes * MINUTE
    shown = [(START, before, False), (until, now, restarted), (until + QUARTER, now + 5, False)]
    counts = [Count(at, value, restarted=again) for at, value, again in shown]
    told = [each.passed for each in increments(counts, Line(bits=bits))]
    samples = [Sample(at, value, restarted=again) for at, value, again in shown]
    points = fold(None, samples, limits(bits)).points
    totals = [before, *(before + sum(p or 0 for p in told[: n + 1]) for n in range(2))]
    assert [point.total for point in points] == totals
    assert [point.at for point in points] == [at for at, _, _ in shown]


@pytest.mark.parametrize(("now", "minutes"), [(611, 1), (2011, 15)])
def test_what_came_too_quickly_counts_if_the_next_message_makes_it_believable(
    now: int, minutes: int
) -> None:
    """Meanwhile the total stands still."""
    samples = [Sample(START, 500), Sample(START + minutes * MINUTE, now)]
    assert [point.total for point in fold(None, samples, limits(16)).points] == [500]
    later = Sample(START + 60 * MINUTE, now + 5)
    assert [point.total for point in fold(None, [*samples, later], limits(16)).points] == [
        500,
        now + 5,
    ]


@pytest.mark.parametrize("reset", [None, 0, 4])
def test_busy_week_of_a_small_register(reset: int | None) -> None:
    """It rolls over every three days, or is cleared every night, and nobody is lost."""
    true, shown, samples = 40_000, 40_000, []
    for n in range(7 * 96):
        at = START + n * QUARTER
        passed = 400 if 8 <= at.hour < 20 else 3
        if n and at.hour == reset and at.minute == 0:
            shown = 0
        true += passed
        shown = (shown + passed) % 2**16
        samples.append(Sample(at + MINUTE, shown))
    total = fold(None, samples, limits(16)).total
    assert total is not None
    assert total.value == true


def period(at: datetime, value: float, f_cnt: int = -1) -> Sample:
    """Give what was counted since the previous message."""
    return Sample(at, value, period=True, f_cnt=f_cnt)


@given(
    told=st.lists(st.tuples(st.integers(1, 300), st.integers(0, 900)), min_size=1, max_size=20),
    repeated=st.lists(st.tuples(st.integers(0, 19), st.integers(0, 50)), max_size=5),
    seed=st.integers(),
)
def test_any_periods_add_up(
    told: list[tuple[int, int]], repeated: list[tuple[int, int]], seed: int
) -> None:
    """Each message once, in any order, as visitors are counted."""
    at, samples = START, []
    for f_cnt, (minutes, value) in enumerate(told):
        at += minutes * MINUTE
        samples.append(period(at, value, f_cnt))
    for number, seconds in repeated:
        original = samples[number % len(told)]
        again = original.at + timedelta(seconds=seconds)
        samples.append(period(again, original.value, original.f_cnt))
    counts = [Count(s.at, int(s.value), s.f_cnt) for s in samples]
    expected = [each.passed or 0 for each in period_increments(counts, QUARTER)]
    Random(seed).shuffle(samples)  # noqa: S311  # no secret
    folded = fold(None, samples, limits(16))
    assert folded.total is not None
    assert folded.total.value == sum(expected) == sum(value for _, value in told)
    assert [p.total for p in folded.points] == [
        sum(expected[: n + 1]) for n in range(len(expected))
    ]


def test_what_the_device_had_stored_is_no_repetition() -> None:
    """It has its own time and no frame counter."""
    samples = [period(START + n * QUARTER, 2) for n in range(3)]
    total = fold(None, samples, limits(16)).total
    assert total is not None
    assert total.value == 6


def test_register_of_the_device_continues_the_sum() -> None:
    """From the first one on that alone counts, and it is told where it stands."""
    samples = [
        period(START, 4),
        period(START + QUARTER, 6),
        Sample(START + 2 * QUARTER, 900),
        period(START + 3 * QUARTER, 50),
        Sample(START + 4 * QUARTER, 930),
        period(START + 4 * QUARTER, 20),
    ]
    folded = fold(None, samples, limits(16))
    assert [point.total for point in folded.points] == [4, 10, 10, 40]
    assert folded.above == 890
