"""Bins that are kept say the same as increments of which all are known."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from random import Random

from hypothesis import given, strategies as st
import pytest

from custom_components.bernau_smartcity.visitors.bins import QUARTER, Grid, Tally
from custom_components.bernau_smartcity.visitors.increments import (
    Flag,
    Increment,
    Shown,
    total_increments,
)
from custom_components.bernau_smartcity.visitors.reasons import Reason
from custom_components.bernau_smartcity.visitors.record import (
    Record,
    number_of,
    passed_in,
    series_of,
    start_of,
    told,
)
from custom_components.bernau_smartcity.visitors.zones import series

from .test_bins import HOUR, START, at

FIRST = number_of(START)
STEPS = st.lists(
    st.tuples(
        st.integers(1, 200),
        st.one_of(st.none(), st.integers(0, 500)),
        st.sampled_from((None, None, None, *Flag)),
    ),
    min_size=1,
    max_size=24,
)


def made(steps: Sequence[tuple[int, int | None, Flag | None]]) -> list[Increment]:
    """Give increments that follow each other."""
    now, found = at(-20), []
    for minutes, passed, flag in steps:
        until = now + timedelta(minutes=minutes)
        unknown = passed is None or flag is Flag.IMPLAUSIBLE
        found.append(
            Increment(now, until, None, Flag.IMPLAUSIBLE)
            if unknown
            else Increment(now, until, passed, flag)
        )
        now = until
    return [each._replace(passed=None) if each.flag is Flag.IMPLAUSIBLE else each for each in found]


@given(steps=STEPS, start=st.integers(-4, 40), count=st.integers(0, 60))
def test_record_says_what_its_increments_say(
    steps: list[tuple[int, int | None, Flag | None]], start: int, count: int
) -> None:
    """By bin, by sum and in all, of any stretch of time."""
    parts = made(steps)
    record = Record()
    record.revise(told(parts))
    grid = Grid(START + start * QUARTER, count)
    if not count:
        assert series_of(record, grid).total.passed is None
        return
    kept, whole = series_of(record, grid), series(parts, grid)
    assert [each.passed for each in kept.bins] == [each.passed for each in whole.bins]
    assert list(kept.sums) == list(whole.sums)
    assert kept.total.passed == whole.total.passed
    assert kept.total.flags == whole.total.flags
    assert kept.total.coverage == pytest.approx(whole.total.coverage)
    assert kept.total.resolved == pytest.approx(whole.total.resolved)


@given(steps=STEPS, cut=st.integers(0, 24))
def test_all_that_has_passed(steps: list[tuple[int, int | None, Flag | None]], cut: int) -> None:
    """Nothing of it is lost or counts twice, when it is told anew and whenever it passed."""
    parts = made(steps)
    record = Record()
    assert record.revise(told(parts)) is not None
    known = sum(each.passed or 0 for each in parts)
    assert record.passed == known
    assert record.revise(told(parts[cut % len(parts) :])) is None
    assert record.passed == known
    grid = Grid(parts[0].since.replace(minute=0, second=0), 500)
    assert sum(passed_in(record, grid)) == pytest.approx(known)


def test_longer_silence_lies_evenly_in_its_bins() -> None:
    """Also where it begins or ends within one, or outside of what is looked at."""
    record = Record()
    silence = Increment(at(10), at(10 + 150), 300)
    record.revise(told([Increment(at(0), at(10), 7), silence]))
    assert passed_in(record, Grid(START, 3)) == pytest.approx([17, 30, 30])
    assert passed_in(record, Grid(START + 9 * QUARTER, 3)) == pytest.approx([30, 20, 0])
    assert passed_in(record, Grid(START + 99 * QUARTER, 2)) == [0, 0]


@given(steps=STEPS, cuts=st.lists(st.integers(0, 24), max_size=6), seed=st.integers())
def test_any_revision_ends_in_the_same_record(
    steps: list[tuple[int, int | None, Flag | None]], cuts: list[int], seed: int
) -> None:
    """What was known before does not matter, nor how often something is told again."""
    parts = made(steps)
    whole, record = Record(), Record()
    whole.revise(told(parts))
    wrong = [each._replace(passed=999, flag=None) for each in parts]
    record.revise(told(wrong))
    record.revise(told(parts))
    Random(seed).shuffle(cuts)  # noqa: S311  # no secret
    for cut in cuts:
        begin = start_of(number_of(parts[min(cut, len(parts) - 1)].since))
        since = max((each.since for each in parts if each.since <= begin), default=parts[0].since)
        record.revise(told([each for each in parts if each.since >= since]))
    assert (record.bins, record.silences, record.until) == (
        whole.bins,
        whole.silences,
        whole.until,
    )


def test_only_the_end_of_a_bin_is_told_again() -> None:
    """What was known of all of it stays."""
    record = Record()
    record.revise(told([Increment(at(0), at(15), 8), Increment(at(15), at(30), 4)]))
    record.revise(told([Increment(at(10), at(30), 6)]))
    assert record.bins[FIRST] == Tally(8, 1, 1)
    assert record.bins[FIRST + 1].passed == 4


def test_old_bins_are_not_kept_at_hand() -> None:
    """Nor the silences that ended before."""
    record = Record()
    record.revise(told([Increment(at(0), at(180), 9), Increment(at(180), at(195), 1)]))
    assert record.interval == 3 * HOUR
    record.forget_before(FIRST + 12)
    assert (list(record.bins), record.silences) == ([FIRST + 12], [])


def test_how_long_a_counter_is_waited_for() -> None:
    """Until it has told, or is overdue by its own habit."""
    record = Record()
    assert record.told_until(at(60), 1.5) == at(60 - 22.5)
    record.revise(told([Increment(at(0), at(30), 1), Increment(at(30), at(60), 1)]))
    assert record.told_until(at(70), 1.5) == at(60)
    assert record.told_until(at(50), 1.5) == at(50)
    assert record.told_until(at(180), 1.5) == at(180 - 45)


def test_no_reading_before() -> None:
    """A sum that began within a silence is lost, one that ended in it is not."""
    record = Record()
    record.revise(told([Increment(at(0), at(180), 9), Increment(at(180), at(195), 1)]))
    assert list(series_of(record, Grid(at(60), 9)).sums) == [Reason.LOST] * 9
    assert list(series_of(record, Grid(at(195), 2)).sums) == [Reason.NOT_REPORTED] * 2


def period(minutes: int, total: float, value: float, f_cnt: int) -> Shown:
    """Give what a counter said that only tells what it counted since its last message."""
    return Shown(at(minutes), total, value, period=True, f_cnt=f_cnt)


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ((Shown(at(0), 10, 10), Shown(at(15), 14, 14)), (4, None, 1)),
        ((Shown(at(0), 65530, 65530), Shown(at(15), 65548, 12)), (18, Flag.ROLLOVER, 1)),
        ((Shown(at(0), 510, 510), Shown(at(15), 514, 4)), (4, Flag.RESET, 1)),
        ((Shown(at(0), 510, 510), Shown(at(15), 510, 0)), (0, Flag.RESET, 1)),
        ((Shown(at(0), 510, 510), Shown(at(15), 510, 9000)), (None, Flag.IMPLAUSIBLE, 1)),
        ((Shown(at(0), 510), Shown(at(15), 512)), (2, None, 1)),
        ((period(0, 8, 3, 4), period(15, 13, 5, 5)), (5, None, 1)),
        ((period(0, 8, 3, 4), period(15, 13, 5, 7)), (5, Flag.LOST, 1 / 3)),
        ((period(0, 8, 3, -1), period(15, 13, 5, 7)), (5, None, 1)),
        ((period(0, 8, 3, 4), Shown(at(15), 8, 700)), (0, None, 1)),
    ],
)
def test_what_was_made_of_a_total(
    shown: tuple[Shown, Shown], expected: tuple[int | None, Flag | None, float]
) -> None:
    """It is safe already; its register tells whether people may be missing in it."""
    (found,) = total_increments(shown)
    assert found == Increment(at(0), at(15), *expected)


def test_totals_add_up() -> None:
    """Rounding loses nobody."""
    totals = [Shown(at(15 * n), n * 0.4) for n in range(11)]
    assert sum(each.passed or 0 for each in total_increments(totals)) == 4
    assert all(one.until == other.since for one, other in pairwise(total_increments(totals)))


HALF = timedelta(minutes=30)


@pytest.mark.parametrize(
    ("totals", "whole", "expected"),
    [
        ([Shown(START, 4, 4, period=True)], True, [Increment(START - QUARTER, START, 4)]),
        (
            [Shown(START, 4, 4, period=True), Shown(START + HALF, 9, 5, period=True)],
            True,
            [Increment(START - QUARTER, START, 4), Increment(START, START + HALF, 5)],
        ),
        (
            [Shown(START, 4, 4, period=True), Shown(START + HALF, 9, 5, period=True)],
            False,
            [Increment(START, START + HALF, 5)],
        ),
        ([Shown(START, 400, 400)], True, []),
        ([], True, []),
    ],
)
def test_first_message_of_all(
    totals: list[Shown], *, whole: bool, expected: list[Increment]
) -> None:
    """A period counts, a register does not: it may have counted for a year."""
    assert total_increments(totals, whole=whole) == expected
