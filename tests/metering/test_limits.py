"""What a total may count in a period: by local time, and only what surely lies in it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.bernau_smartcity.metering.hours import LONGEST
from custom_components.bernau_smartcity.metering.limits import (
    RETURN,
    Span,
    before,
    begin,
    between,
    hour_before,
    is_current,
    is_exceeded,
    surely_from,
    surely_until,
)
from custom_components.bernau_smartcity.metering.register import Point

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)
START = datetime(2026, 11, 1, 10, tzinfo=UTC)


def local(text: str) -> datetime:
    """Give a local time in Berlin."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def utc(text: str) -> datetime:
    """Give a time in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def around(*rows: tuple[float, float]) -> list[Point]:
    """Give points by hours after the start."""
    return [Point(START + hours * HOUR, total) for hours, total in rows]


@pytest.mark.parametrize(
    ("span", "now", "start", "earlier"),
    [
        pytest.param(
            *(Span.HOUR, "2026-11-23T10:59", "2026-11-23T09:00", "2026-11-23T08:00"), id="hour"
        ),
        pytest.param(
            *(Span.DAY, "2026-11-23T10:59", "2026-11-22T23:00", "2026-11-21T23:00"), id="day"
        ),
        pytest.param(
            *(Span.DAY, "2026-10-25T12:00", "2026-10-24T22:00", "2026-10-23T22:00"),
            id="day of 25 hours",
        ),
        pytest.param(
            *(Span.DAY, "2026-10-26T12:00", "2026-10-25T23:00", "2026-10-24T22:00"),
            id="day after it",
        ),
        pytest.param(
            *(Span.WEEK, "2026-11-22T23:59", "2026-11-15T23:00", "2026-11-08T23:00"), id="Sunday"
        ),
        pytest.param(
            *(Span.WEEK, "2026-11-23T00:00", "2026-11-22T23:00", "2026-11-15T23:00"), id="Monday"
        ),
        pytest.param(
            *(Span.MONTH, "2026-03-31T12:00", "2026-02-28T23:00", "2026-01-31T23:00"),
            id="month with summer time",
        ),
        pytest.param(
            *(Span.MONTH, "2027-01-01T00:00", "2026-12-31T23:00", "2026-11-30T23:00"),
            id="first of January",
        ),
    ],
)
def test_periods_are_those_of_local_time(span: Span, now: str, start: str, earlier: str) -> None:
    """Hours are full hours; days, weeks and months begin at local midnight."""
    found = begin(span, local(now))
    assert found == utc(start)
    assert before(span, found, local(now)) == utc(earlier)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)), st.sampled_from(Span))  # noqa: DTZ001  # made local below
def test_any_moment_lies_in_its_period(moment: datetime, span: Span) -> None:
    """The period has begun, and the one before it ended when it began."""
    now = moment.replace(tzinfo=BERLIN)
    start = begin(span, now)
    assert start <= now
    assert begin(span, start.astimezone(BERLIN)) == start
    assert before(span, start, now) < start


@pytest.mark.parametrize(
    ("rows", "opening", "closing"),
    [
        pytest.param((), None, None, id="nothing"),
        pytest.param(((1, 50),), 50, None, id="the first of all"),
        pytest.param(((-1, 40),), None, 40, id="nothing since"),
        pytest.param(((0, 40),), 40, 40, id="just then"),
        pytest.param(((0, 40), (1, 50)), 40, 40, id="just then, and one after"),
        pytest.param(((-1, 40), (1, 50)), 45, 45, id="between"),
        pytest.param(((-1.5, 40), (1.5, 50)), 45, 45, id="as far apart as may be"),
        pytest.param(((-2, 40), (1.5, 50)), 50, 40, id="gap"),
    ],
)
def test_only_what_is_sure(
    rows: tuple[tuple[float, float], ...], opening: float | None, closing: float | None
) -> None:
    """Of a gap nothing belongs to either side."""
    points = around(*rows)
    found = surely_from(points, START)
    assert (None if found is None else found.total) == opening
    assert found is None or found.at in {point.at for point in points}
    assert surely_until(points, START) == closing


@given(
    st.lists(st.tuples(st.integers(1, 300), st.integers(0, 50)), min_size=2, max_size=12),
    st.integers(0, 3_000),
    st.integers(0, 600),
)
def test_never_more_than_was_counted(steps: list[tuple[int, int]], start: int, length: int) -> None:
    """Any readings: of two neighbouring periods no consumption is in both."""
    points, at, total = [], START, 0.0
    for minutes, increase in steps:
        at += timedelta(minutes=minutes)
        total += increase
        points.append(Point(at, total))
    edges = [START + timedelta(minutes=start + n * length) for n in range(3)]

    def near(edge: datetime) -> list[Point]:
        return [
            *[point for point in points if point.at <= edge][-1:],
            *[point for point in points if point.at > edge][:1],
        ]

    def sure(begin_: datetime, end: datetime) -> float:
        return between(surely_from(near(begin_), begin_), surely_until(near(end), end))

    first, second, both = (sure(edges[i], edges[j]) for i, j in ((0, 1), (1, 2), (0, 2)))
    assert first >= 0
    assert first + second <= both + 1e-9
    assert both <= total


def test_without_readings_nothing_was_consumed() -> None:
    """Nor where the total seems to fall."""
    point = Point(START, 10)
    assert between(None, 10) == between(point, None) == between(point, 9) == 0
    assert between(point, 12) == 2


@pytest.mark.parametrize(
    ("consumption", "was", "exceeded"),
    [
        pytest.param(9.9, False, False, id="below"),
        pytest.param(10, False, False, id="just reached"),
        pytest.param(10 + 1e-9, False, False, id="rounding"),
        pytest.param(10.01, False, True, id="above"),
        pytest.param(10 * (1 - RETURN) + 0.01, True, True, id="corrected a little"),
        pytest.param(10 * (1 - RETURN), True, False, id="corrected"),
    ],
)
def test_hysteresis(consumption: float, was: bool, exceeded: bool) -> None:  # noqa: FBT001  # a table
    """What was exceeded stays so until it is corrected by more than a little."""
    assert is_exceeded(consumption, 10, was=was) is exceeded


def test_hours_long_ago_are_history() -> None:
    """An hour is told as long as readings may be apart."""
    assert hour_before(START + HOUR / 2) == (START - HOUR, START)
    assert hour_before(START) == (START - HOUR, START)
    assert is_current(START, START + LONGEST)
    assert not is_current(START, START + LONGEST + HOUR / 60)
