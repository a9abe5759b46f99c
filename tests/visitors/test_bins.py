"""What passed in bins, hours and days, from the increments of a line."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

from hypothesis import given, strategies as st
import pytest

from custom_components.bernau_smartcity.visitors.bins import (
    QUARTER,
    Grid,
    Sums,
    Tally,
    bins,
    net,
    tally,
)
from custom_components.bernau_smartcity.visitors.increments import (
    Count,
    Flag,
    Increment,
    Line,
    increments,
)
from custom_components.bernau_smartcity.visitors.reasons import Reason

START = datetime(2026, 11, 23, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def at(minutes: float) -> datetime:
    """Give a time."""
    return START + minutes * MINUTE


def increment(
    since: float, until: float, passed: int | None, flag: Flag | None = None
) -> Increment:
    """Give an increment between minutes after the start."""
    return Increment(at(since), at(until), passed, flag)


def sums(parts: Sequence[Increment], grid: Grid) -> list[int | Reason]:
    """Give how many have passed when each bin ends."""
    return Sums(grid, parts).cumulated()


def test_counter_that_reports_with_the_bins() -> None:
    """Each message fills a bin."""
    found = bins([increment(0, 15, 4), increment(15, 30, 6)], Grid(START, 3))
    assert found == [Tally(4, 1, 1), Tally(6, 1, 1), Tally(None)]


def test_counter_that_reports_between_the_bins() -> None:
    """A bin gets what passed in it from either message, and tells how much of it is known."""
    found = bins([increment(5, 20, 3), increment(20, 35, 6)], Grid(START, 3))
    assert [each.passed for each in found] == [2, 5, 2]
    assert [each.coverage for each in found] == pytest.approx([2 / 3, 1, 1 / 3])
    assert not any(each.interpolated for each in found)


def test_lost_message_of_a_register() -> None:
    """Nobody is lost, but when they passed is known less well."""
    found = bins([increment(0, 30, 6, Flag.RESET)], Grid(START, 2))
    assert found == [Tally(3, 1, 0.5, frozenset({Flag.RESET}), interpolated=True)] * 2


def test_lost_message_of_a_period() -> None:
    """What it told is gone, and the coverage says so."""
    part = Increment(START, at(30), 5, Flag.LOST, 0.5)
    assert tally([part], START, at(30)) == Tally(5, 0.5, 0.25, frozenset({Flag.LOST}))


def test_long_silence_counts_where_it_lies_whole() -> None:
    """The day has its sum, its hours have none."""
    silence = [increment(0, 180, 90)]
    assert tally(silence, START, START + 4 * HOUR) == Tally(90, 0.75, 0.0625)
    assert tally(silence, START, START + HOUR)[:3] == (None, 0, 0)
    assert bins(silence, Grid(START, 1))[0] == Tally(None, interpolated=True)


def test_flag_survives_to_the_hour() -> None:
    """A lower bound stays one."""
    parts = [increment(0, 15, 4, Flag.RESET), increment(15, 60, None, Flag.IMPLAUSIBLE)]
    hour = tally(parts, START, START + HOUR)
    assert hour == Tally(4, 0.25, 0.25, frozenset({Flag.RESET, Flag.IMPLAUSIBLE}))


def test_grid_takes_only_its_own() -> None:
    """What begins before or ends after is cut."""
    part = [increment(0, 45, 9), increment(-15, 0, 7), increment(45, 60, 8)]
    grid = Grid(at(15), 2)
    assert grid.end == at(45)
    assert [each.passed for each in bins(part, grid)] == [3, 3]
    assert tally(part, at(15), at(45))[:2] == (6, 1)


@given(
    steps=st.lists(st.tuples(st.integers(1, 200), st.integers(0, 500)), max_size=20),
    cuts=st.sets(st.integers(1, 95), max_size=8),
    seed=st.integers(),
)
def test_any_partition_of_a_day_adds_up(
    steps: list[tuple[int, int]], cuts: set[int], seed: int
) -> None:
    """Its parts are the day, however the messages came; a silence across a cut is in none."""
    now, total, counts = START, 7, [Count(START, 7)]
    for minutes, passed in steps:
        now += minutes * MINUTE
        total += passed
        counts.append(Count(now, total))
    day = [each for each in increments(counts, Line(bits=32)) if each.until <= START + 24 * HOUR]
    known = sum(each.passed or 0 for each in day)
    assert (tally(day, START, START + 24 * HOUR).passed or 0) == known
    edges = [START + n * QUARTER for n in (0, *sorted(cuts), 96)]
    across = sum(
        each.passed or 0
        for each in day
        if each.until - each.since > 2 * HOUR
        and any(each.since < edge < each.until for edge in edges)
    )
    parts = [tally(day, since, until) for since, until in pairwise(edges)]
    assert sum(each.passed or 0 for each in parts) == known - across
    assert all(0 <= each.resolved <= each.coverage <= 1 + 1e-9 for each in parts)

    shuffled = counts * 2
    Random(seed).shuffle(shuffled)  # noqa: S311  # no secret
    grid = Grid(START, 96)
    again = increments(shuffled, Line(bits=32))
    assert bins(again, grid) == bins(increments(counts, Line(bits=32)), grid)


def test_sums_when_bins_end() -> None:
    """Known from the first message to the last."""
    found = sums([increment(15, 30, 4), increment(30, 40, 3)], Grid(START, 4))
    assert found == [Reason.NOT_REPORTED, 4, Reason.NOT_REPORTED, Reason.NOT_REPORTED]
    found = sums([increment(5, 30, 5), increment(30, 45, 0)], Grid(START, 3))
    assert found == [2, 5, 5]


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        (180, [2, Reason.SILENT, Reason.SILENT, 92, 93]),
        (170, [2, Reason.SILENT, Reason.SILENT, 92, 93]),
        (400, [2, *[Reason.SILENT] * 4]),
    ],
)
def test_sums_after_a_long_silence(until: int, expected: list[int | Reason]) -> None:
    """They are right again when it ends."""
    parts = [increment(-60, 0, 2), increment(0, until, 90), increment(until, 240, 1)]
    assert (
        sums([each for each in parts if each.since < each.until], Grid(at(-60), 5, HOUR))
        == expected
    )


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (increment(15, 30, None, Flag.IMPLAUSIBLE), [1, Reason.LOST, Reason.LOST]),
        (Increment(at(15), at(30), 3, Flag.LOST, 0.5), [1, Reason.LOST, Reason.LOST]),
        (increment(15, 30, 3, Flag.RESET), [1, 4, 6]),
    ],
)
def test_sums_after_a_loss(part: Increment, expected: list[int | Reason]) -> None:
    """Nothing that follows is known; after a reset at least that many passed."""
    assert sums([increment(0, 15, 1), part, increment(30, 45, 2)], Grid(START, 3)) == expected


def test_silence_in_which_the_day_began() -> None:
    """Nobody knows who of them came before."""
    assert sums([increment(-120, 15, 3)], Grid(START, 2)) == [Reason.LOST] * 2


def test_net_needs_all_lines() -> None:
    """In less out, where all are known."""
    found = net([(1, [1, 5, 9]), (1.5, [0, 2, Reason.SILENT]), (-1, [2, 3, 4])])
    assert found == [-1, 5, Reason.SILENT]
    assert net([]) == []
