"""Leak, base load, standstill and unusual days, by the meter's own past."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.bernau_smartcity.metering.register import Point
from custom_components.bernau_smartcity.metering.watch import (
    PEAKS,
    POSSIBLE,
    UNKNOWN,
    USUAL,
    Base,
    Day,
    Finding,
    Rules,
    base_load,
    busiest,
    days,
    deviation,
    fresh,
    hourly,
    known_at,
    leak,
    least_of,
    midnight,
    standstill,
    step_of,
    tolerance,
    unusual,
)
from custom_components.bernau_smartcity.model import Medium

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)
START = datetime(2026, 10, 4, 22, tzinfo=UTC)
"""A Monday begins in Berlin."""
MONDAY = date(2026, 10, 5).toordinal()
RULES = Rules(least=0.002)
LEAST = 0.01


def read(
    flow: Callable[[float], float], hours: Iterable[float], start: datetime = START
) -> list[Point]:
    """Give the points of a total that is read at these hours and flows by the hour."""
    total, points, before = 100.0, [], 0.0
    for hour in hours:
        total += flow(before) * (hour - before)
        points.append(Point(start + hour * HOUR, total))
        before = hour
    return points


def steady(_: float) -> float:
    """Flow all the time."""
    return 1.0


def day(number: int, consumed: float | None = 1.0, night: float | None = 0.1) -> Day:
    """Give a day, counted from a Monday."""
    return Day(MONDAY + number, consumed, night, 1.0, 100.0 + number)


def week(number: int, working: float = 10.0, sunday: float = 2.0) -> list[Day]:
    """Give a week of a school."""
    return [
        day(number * 7 + n, working if n < 5 else sunday, night=0.1)  # Saturday
        for n in range(7)
    ]


@pytest.mark.parametrize(
    ("hour", "total"),
    [
        pytest.param(-1, None, id="before the first"),
        pytest.param(0, 100, id="the first"),
        pytest.param(1.5, 101.5, id="between"),
        pytest.param(3, None, id="gap"),
        pytest.param(7, 107, id="after the gap"),
        pytest.param(8, None, id="after the newest"),
    ],
)
def test_totals_that_are_known(hour: float, total: float | None) -> None:
    """Nothing is known within a gap."""
    assert known_at(read(steady, [0, 1, 2, 7]), START + hour * HOUR) == total


def test_hours_that_are_known() -> None:
    """Those that a gap touches are not."""
    points = read(steady, [0, 1, 2, 6, 7])
    assert list(hourly(points, START, START + 7 * HOUR)) == [1, 1, None, None, None, None, 1]


def test_days_are_those_of_local_time() -> None:
    """One of 25 hours among them; the first and the last are not whole."""
    start = datetime(2026, 10, 23, 10, tzinfo=UTC)
    points = read(steady, range(24 * 4), start)
    found = list(days(points, BERLIN, RULES))
    assert [(date.fromordinal(d.number).day, d.consumed) for d in found] == [
        *((23, None), (24, 24), (25, 25), (26, 24)),
    ]
    assert [d.night for d in found] == [None, 1, 1, 1]
    assert [d.end for d in found] == [112, 136, 161, 185]
    assert list(days(points, BERLIN, RULES, found[2].number)) == found[2:]
    assert list(days(points[:5], BERLIN, RULES)) == []


def test_days_with_gaps() -> None:
    """A gap over midnight hides two days, one in the night the night, one by day nothing."""
    gaps = [(22, 27), (49, 53), (84, 88)]
    hours = [h for h in range(24 * 5 + 1) if not any(a < h < b for a, b in gaps)]
    found = list(days(read(steady, hours), BERLIN, RULES))
    assert [d.consumed for d in found] == [None, None, 24, 24, 24]
    assert [d.night for d in found] == [1, None, None, 1, 1]
    assert [d.peak for d in found] == [1] * 5
    assert [d.end for d in found] == pytest.approx([124, 148, 172, 196, 220])
    sparse = list(days(read(steady, range(0, 73, 6)), BERLIN, RULES))
    assert [(d.consumed, d.peak) for d in sparse] == [(24, None)] * 3


@given(
    st.lists(st.tuples(st.floats(0.05, 9), st.floats(0, 5)), min_size=2, max_size=60),
    st.integers(0, 40),
)
def test_any_readings_give_the_same_days_in_pieces(
    steps: list[tuple[float, float]], later: int
) -> None:
    """From whichever day on they are made anew, and never more than was counted."""
    at, total, points = START, 0.0, []
    for hours, increase in steps:
        at += hours * HOUR
        total += increase
        points.append(Point(at, total))
    found = list(days(points, BERLIN, RULES))
    assert list(days(points, BERLIN, RULES, MONDAY + later)) == [
        each for each in found if each.number >= MONDAY + later
    ]
    assert sum(each.consumed or 0 for each in found) <= total + 1e-6
    numbers = [each.number for each in found]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))) if numbers else True


def test_median_and_tolerance() -> None:
    """One odd value in the past moves neither; a share of the median is always allowed."""
    assert deviation([1, 1, 1, 1, 50]) == (1, 0)
    assert tolerance([1, 1, 1, 1, 50], 0.3, 0) == (1, 0.3)
    assert tolerance([0, 0, 0], 0.3, 0.002) == (0, 0.002)
    middle, most = tolerance([1, 2, 3, 4, 5], 0.3, 0)
    assert middle == 3
    assert most == pytest.approx(4 * 1.4826)


def test_busiest_hour() -> None:
    """A burst among many days does not count; too few days tell nothing."""
    known = [day(n)._replace(peak=50.0 if n == 3 else 1.0) for n in range(12)]
    assert busiest(known) == 1
    assert least_of(known, RULES) == 0.01
    assert least_of(known, Rules(least=0.05)) == 0.05
    assert busiest(known[: PEAKS - 1]) is None
    assert least_of([day(n)._replace(peak=None) for n in range(12)], RULES) is None


@pytest.mark.parametrize(
    ("flow", "hours", "was", "on"),
    [
        pytest.param(lambda _: 0.03, range(49), False, True, id="runs"),
        pytest.param(lambda _: 0.03, range(49), True, True, id="still runs"),
        pytest.param(lambda _: 0.006, range(49), False, False, id="drips"),
        pytest.param(lambda _: 0.006, range(49), True, True, id="a little less is no rest"),
        pytest.param(
            *(lambda h: 0 if 30 <= h < 32 else 1, range(49), False, False), id="an hour of rest"
        ),
        pytest.param(
            *(lambda h: 0 if 30 <= h < 32 else 1, range(49), True, False), id="rest ends it"
        ),
        pytest.param(*(lambda h: 0 if h < 20 else 1, range(49), False, True), id="rest long ago"),
        pytest.param(
            *(lambda _: 1, [h for h in range(49) if not 30 < h < 35], False, None), id="gap"
        ),
        pytest.param(
            *(lambda _: 1, [h for h in range(49) if not 30 < h < 35], True, True),
            id="gap does not end it",
        ),
        pytest.param(
            *(lambda h: 1 if h < 40 else 0, [h for h in range(49) if not 30 < h < 35]),
            *(False, False),
            id="gap, and rest",
        ),
        pytest.param(lambda _: 1, [0, 48], False, None, id="nothing known"),
        pytest.param(lambda _: 1, [0, 48], True, True, id="nothing known any more"),
        pytest.param(lambda _: 1, range(20, 49), False, True, id="just long enough"),
        pytest.param(lambda _: 1, range(30, 49), False, None, id="too short"),
    ],
)
def test_leak(
    flow: Callable[[float], float],
    hours: Iterable[float],
    was: bool,  # noqa: FBT001  # a table
    on: bool | None,  # noqa: FBT001  # a table
) -> None:
    """Flow in each of 24 hours; a gap is neither flow nor rest."""
    assert leak(read(flow, hours), LEAST, 24, was=was).on is on


@pytest.mark.parametrize(
    ("rises", "step"),
    [
        pytest.param([0.028, 0.028], 0, id="always the same"),
        pytest.param([0.028, 0.065, 0.241], 0.001, id="litres"),
        pytest.param([0, 0.01, 0.03], 0.01, id="ten litres"),
        pytest.param([], 0, id="nothing"),
    ],
)
def test_steps_of_a_register(rises: list[float], step: float) -> None:
    """As far as the readings show them."""
    points = read(lambda hour: rises[int(hour)] if rises else 0, range(len(rises) + 1))
    assert step_of(points) == pytest.approx(step)


@pytest.mark.parametrize(
    ("flow", "on"),
    [
        pytest.param(lambda h: 0.03 + (h % 24 > 8), True, id="by day people too"),
        pytest.param(lambda h: 0.02 + 0.01 * (h % 2), True, id="two or three steps"),
        pytest.param(lambda h: 0.01 + 0.01 * (h % 3 == 0), False, id="one step or two"),
        pytest.param(lambda h: 0.02 + 0.003 * (h * 7 % 13), False, id="people all night"),
    ],
)
def test_what_runs_by_itself_is_always_the_same(
    flow: Callable[[float], float],
    on: bool,  # noqa: FBT001  # a table
) -> None:
    """Where people draw water all night, no two hours are alike."""
    assert leak(read(flow, range(49)), LEAST, 24, was=False).on is on


def nights(*values: float | None) -> list[Day]:
    """Give days with these nights."""
    return [day(n, consumed=None, night=value) for n, value in enumerate(values)]


@pytest.mark.parametrize(
    ("values", "began", "on", "since"),
    [
        pytest.param([0.1], None, None, None, id="one night"),
        pytest.param([0.1] * 15, None, None, None, id="too short a past"),
        pytest.param([0.1] * 16, None, False, None, id="as ever"),
        pytest.param([*[0.1] * 14, 0.2, 0.2], None, True, 14, id="two nights"),
        pytest.param([*[0.1] * 14, 0.1, 0.2], None, False, None, id="one night is no night"),
        pytest.param([*[0.1] * 14, 0.2, None, 0.2], None, False, None, id="not in a row"),
        pytest.param([*[0.1] * 14, 0.11, 0.11], None, False, None, id="a little more"),
        pytest.param([*[0.0] * 13, 0.2, 0.2, 0.2], None, True, 14, id="it was so once before"),
        pytest.param([0.2, *[0.0] * 14, 0.2, *[0.0] * 3, 0.2, 0.2], None, False, None, id="twice"),
        pytest.param([*[0.1, 0.3] * 8, 0.5, 0.5], None, False, None, id="it was always uneven"),
        pytest.param([*[0.1] * 14, *[0.2] * 40], 14, True, 14, id="weeks later"),
        pytest.param([*[0.1] * 14, *[0.2] * 40, 0.1], 14, False, None, id="found and mended"),
        pytest.param([*[0.1] * 14, 0.2, 0.2, 0.12], 14, True, 14, id="not quite"),
        pytest.param([*[0.1] * 5, *[0.2] * 60], 5, None, None, id="that is how it is now"),
    ],
)
def test_base_load_of_nights(
    values: list[float | None],
    began: int | None,
    on: bool | None,  # noqa: FBT001  # a table
    since: int | None,
) -> None:
    """Two nights in a row above what was usual before; until one is not."""
    held = Base(None if began is None else MONDAY + began)
    found, base = base_load(nights(*values), LEAST, held)
    assert found.on is on
    assert base == Base(None if since is None else MONDAY + since)


def test_base_load_of_a_weekend() -> None:
    """Compared with weekends; it holds until a day of rest is as ever."""
    past = [each for n in range(3) for each in week(n)]
    raised = [*past, *week(3, sunday=5.0)]
    found, base = base_load(raised, LEAST, Base())
    assert found == Finding(on=True, measured=5 / 24, usual=2 / 24)
    assert base == Base(None, MONDAY + 26)
    monday = [*raised, week(4)[0]]
    found, again = base_load(monday, LEAST, base)
    assert (found.on, again) == (True, base)
    assert base_load(monday, LEAST, Base())[1] == Base()
    found, ended = base_load([*raised, *week(4)], LEAST, base)
    assert (found.on, ended) == (False, Base())


def test_nights_tell_before_weekends() -> None:
    """What a night has told, no weekend tells again."""
    past = [each for n in range(3) for each in week(n)]
    raised = week(3, sunday=5.0)
    raised[-2:] = [each._replace(night=1.0) for each in raised[-2:]]
    found, base = base_load([*past, *raised], LEAST, Base())
    assert (found.measured, base) == (1.0, Base(MONDAY + 26))


@pytest.mark.parametrize(
    ("consumed", "total", "on", "since"),
    [
        pytest.param([1.0] * 13, 100, None, None, id="too short a past"),
        pytest.param([1.0] * 14, 100, False, None, id="counts"),
        pytest.param([*[1.0] * 14, 0.0], 114, True, 14, id="a day without"),
        pytest.param([*[1.0] * 14, 0.0, 0.0, 0.0], 116, True, 14, id="three days without"),
        pytest.param([*[1.0] * 14, None, 0.0], 115, True, 15, id="a gap before"),
        pytest.param([*[1.0] * 14, 0.0], 114.5, False, None, id="it counts again"),
        pytest.param([*[1.0] * 14, 0.0, 0.5], 115, False, None, id="it counted again"),
        pytest.param([*[1.0] * 9, 0.0, *[1.0] * 9, 0.0], 119, False, None, id="it often rests"),
        pytest.param(
            [*[1.0] * 9, 0.09, *[1.0] * 9, 0.0], 119, False, None, id="almost nothing at times"
        ),
        pytest.param([0.0] * 20, 119, None, None, id="never counted"),
    ],
)
def test_standstill(
    consumed: list[float | None],
    total: float,
    on: bool | None,  # noqa: FBT001  # a table
    since: int | None,
) -> None:
    """A meter that counted on each day, and does not on a whole one."""
    found, began = standstill([day(n, each) for n, each in enumerate(consumed)], total)
    assert found.on is on
    assert began == (None if since is None else MONDAY + since)


@pytest.mark.parametrize(
    ("last", "on"),
    [
        pytest.param(10.5, False, id="as ever"),
        pytest.param(16.0, True, id="far more"),
        pytest.param(2.0, False, id="as on a Sunday"),
        pytest.param(0.5, True, id="less than on any Sunday"),
        pytest.param(None, None, id="gap"),
    ],
)
def test_unusual_day(last: float | None, on: bool | None) -> None:  # noqa: FBT001  # a table
    """Compared with the same weekday, and with Sundays before little is unusual."""
    past = [each for n in range(4) for each in week(n)]
    assert unusual([*past, day(28, last)], LEAST).on is on
    assert unusual([*past[7:], day(28, last)], LEAST) == UNKNOWN
    sundays_missing = [each for each in past if each.number % 7]
    assert unusual([*sundays_missing, day(28, last)], LEAST) == UNKNOWN


@given(st.lists(st.one_of(st.none(), st.floats(0, 10)), min_size=1, max_size=69))
def test_a_long_past_without_change_is_never_told(values: list[float | None]) -> None:
    """Any gaps in a meter that takes the same each day and night: nothing is suspected."""
    known = [
        day(n, None if value is None else 1.0, None if value is None else 0.1)
        for n, value in enumerate(values)
    ]
    assert not base_load(known, LEAST, Base())[0].on
    assert not standstill(known, known[-1].end)[0].on
    assert not unusual(known, LEAST).on


def test_what_is_told_is_of_today() -> None:
    """Nothing begins by what was read long ago."""
    assert fresh(START, START + 24 * HOUR)
    assert not fresh(START, START + 25 * HOUR)


def test_each_medium_has_its_watches() -> None:
    """What is usual is possible; heating follows the weather, so it is not."""
    assert USUAL.keys() == POSSIBLE.keys()
    assert all(set(USUAL[medium]) <= set(POSSIBLE[medium]) for medium in POSSIBLE)
    assert not USUAL[Medium.HEAT]
    assert midnight(MONDAY, BERLIN) == START
