"""Hours, days and months from the points of a total."""

from datetime import UTC, datetime, timedelta
import itertools
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.bernau_smartcity.metering.hours import (
    HOUR,
    Compiled,
    Repair,
    Row,
    Tail,
    compiled_until,
    consumed,
    gaps,
    repair,
    spread,
    total_at,
)
from custom_components.bernau_smartcity.metering.register import Point

START = datetime(2026, 11, 1, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def at(hours: float) -> datetime:
    """Give a time some hours after the start."""
    return START + hours * HOUR


def points(*rows: tuple[float, float]) -> list[Point]:
    """Give the points of a total, by hours after the start."""
    return [Point(at(hours), total) for hours, total in rows]


@pytest.mark.parametrize(
    ("hours", "total"),
    [
        pytest.param(-5, 100, id="before the first"),
        pytest.param(0.5, 100, id="the first"),
        pytest.param(1, 105, id="between"),
        pytest.param(2, 115, id="on a reading"),
        pytest.param(3, 120, id="in the second stretch"),
        pytest.param(99, 125, id="after the newest"),
    ],
)
def test_total_at_any_time(hours: float, total: float) -> None:
    """Even between two readings, exact at each, still outside of them."""
    assert total_at(points((0.5, 100), (2, 115), (4, 125)), at(hours)) == total


def test_consumption_of_a_day_is_by_its_own_hours() -> None:
    """The day on which the clocks go back has 25 hours, and all of them count."""
    berlin = ZoneInfo("Europe/Berlin")
    start = datetime(2026, 10, 25, tzinfo=berlin).astimezone(UTC)
    end = datetime(2026, 10, 26, tzinfo=berlin).astimezone(UTC)
    series = [Point(start + n * HOUR, 10.0 * n) for n in range(-30, 60)]
    assert consumed(series, start, end) == 250


def test_gap_is_told_and_spread() -> None:
    """What was consumed while nobody listened is spread over the gap."""
    series = points((0, 0), (3, 3), (9, 63))
    assert list(gaps(series)) == [(at(3), at(9))]
    assert consumed(series, at(4), at(5)) == 10


@given(
    st.lists(st.tuples(st.integers(1, 900), st.floats(0, 1e4)), min_size=1, max_size=50),
    st.lists(st.integers(-60, 3_000), min_size=2, max_size=20),
)
def test_any_periods_add_up(steps: list[tuple[int, float]], cuts: list[int]) -> None:
    """Nothing is lost nor counted twice where one period ends and the next begins."""
    moment, total, series = START, 0.0, []
    for minutes, increase in steps:
        moment, total = moment + minutes * MINUTE, total + increase
        series.append(Point(moment, total))
    edges = [START + cut * MINUTE for cut in sorted(cuts)]
    parts = [consumed(series, a, b) for a, b in itertools.pairwise(edges)]
    assert min(parts) >= -1e-6
    assert sum(parts) == pytest.approx(consumed(series, edges[0], edges[-1]), abs=1e-6)


def tail(hours: float, state: float, total: float) -> Tail:
    """Give the five minutes that begin some hours after the start."""
    return Tail(at(hours), state, total)


def test_hour_is_compiled_with_its_last_five_minutes() -> None:
    """Until then the hour is the running one."""
    assert compiled_until(tail(50 / 60, 0, 0)) == START
    assert compiled_until(tail(55 / 60, 0, 0)) == at(1)


def test_first_history_begins_at_zero_and_lifts_what_runs() -> None:
    """The recorder took the newest reading as zero; history goes below it."""
    held = Compiled(until=at(2), anchor=None, tail=tail(2.25, 125, 0))
    made = repair(points((0.5, 100), (2, 115), (2.2, 125)), held)
    assert made == Repair((Row(START, 105, 5), Row(at(1), 115, 15)), 25, at(2))


def test_hours_continue_from_their_anchor() -> None:
    """What lies before stays, the user's own correction of it included."""
    held = Compiled(until=at(4), anchor=(at(2), 1_000.0), tail=tail(3 + 55 / 60, 124, 1_009))
    made = repair(points((1, 109), (2, 115), (3.5, 124)), held)
    assert made == Repair((Row(at(2), 121, 1_006), Row(at(3), 124, 1_009)))


def test_missing_hours_are_filled_from_the_anchor() -> None:
    """While nobody recorded, the meter went on."""
    held = Compiled(until=at(4), anchor=(at(1), 7.0), tail=tail(4, 30, 0))
    made = repair(points((0, 0), (1, 0), (4, 30)), held)
    assert made == Repair((Row(at(1), 10, 17), Row(at(2), 20, 27), Row(at(3), 30, 37)), 37, at(4))


def test_statistics_may_have_another_unit() -> None:
    """The user keeps MWh of a meter that counts kWh."""
    held = Compiled(
        until=at(2), anchor=(at(1), 1.0), tail=tail(1 + 55 / 60, 2.0, 2.0), factor=0.001
    )
    made = repair(points((1, 1_000), (2, 2_000)), held)
    assert made == Repair((Row(at(1), 2.0, 2.0),))


def test_total_that_shows_too_much_is_lifted_by_what_it_truly_counted() -> None:
    """A late reading unmasked a jump; the sensor waits until it is overtaken."""
    held = Compiled(until=at(2), anchor=(at(1), 50.0), tail=tail(1 + 55 / 60, 250, 250))
    made = repair(points((1, 0), (2, 10)), held, excess=240)
    assert made == Repair((Row(at(1), 10, 60),), -190, at(1))


@pytest.mark.parametrize(
    "held",
    [
        Compiled(until=at(1), anchor=(at(1), 0.0), tail=tail(1.25, 0, 0)),
        Compiled(until=at(0), anchor=None, tail=tail(0.25, 0, 0)),
        Compiled(until=at(0), anchor=(at(-9), 0.0), tail=tail(0.25, 0, 0)),
    ],
)
def test_nothing_is_due(held: Compiled) -> None:
    """The running hour is never written, and nothing before the first reading."""
    assert repair(points((0.5, 100), (0.75, 115)), held) is None


def test_sum_that_was_read_back() -> None:
    """A row is written once it is held."""
    assert Row(START, 1, 1e6).is_held(1e6 + 1e-7)
    assert not Row(START, 1, 1).is_held(1.1)


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)).map(sorted)),
    st.integers(0, 50),
    st.integers(0, 50),
)
def test_time_in_any_stretches(stretches: list[list[int]], start: int, end: int) -> None:
    """Each hour of the period counts once, in however many stretches it lies."""
    inside = {hour for begin, until in stretches for hour in range(begin, until)}
    found = spread([(at(begin), at(until)) for begin, until in stretches], at(start), at(end))
    assert found == len(inside.intersection(range(start, end))) * HOUR
