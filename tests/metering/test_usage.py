"""What a total counted in any stretch of time."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.bernau_smartcity.metering.register import Point
from custom_components.bernau_smartcity.metering.usage import Usage, continued, in_all, usage

AT = datetime(2026, 11, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
POINTS = [Point(AT + n * HOUR, total) for n, total in ((1, 10), (2, 12), (8, 18), (9, 20))]


@pytest.mark.parametrize(
    ("start", "end", "amount", "missing", "spread"),
    [
        (1, 9, 10, 0, 6),
        (0, 10, 10, 2, 6),
        (2, 5, 3, 0, 3),
        (8.5, 9, 1, 0, 0),
        (-5, 0, 0, 5, 0),
        (10, 12, 0, 2, 0),
        (3, 3, 0, 0, 0),
    ],
)
def test_usage(start: float, end: float, amount: float, missing: float, spread: float) -> None:
    """What is not known is told apart from what is spread."""
    found = usage(POINTS, AT + start * HOUR, AT + end * HOUR)
    since = AT + min(max(start, 1), end) * HOUR
    assert found == Usage(amount, (end - start) * HOUR, missing * HOUR, spread * HOUR, since)


def test_without_any_reading() -> None:
    """Everything is missing; of no time nothing is."""
    found = usage((), AT, AT + HOUR)
    assert (found.amount, found.missing_share, found.spread_share) == (0, 1, 0)
    assert (in_all(()).missing_share, in_all(()).spread_share) == (0, 0)


@given(kept=st.integers(0, 12), start=st.floats(-1, 11), span=st.floats(0, 12))
def test_any_older_points_continue_it(kept: int, start: float, span: float) -> None:
    """Wherever the readings that are kept begin, both together tell what all would have told."""
    points = [Point(AT + n * HOUR, n * n) for n in range(11)]
    begin = AT + start * HOUR
    whole = usage(points, begin, begin + span * HOUR)
    newer = usage(points[kept:], begin, begin + span * HOUR)
    found = continued(points[: kept + 1], newer, begin)
    assert found.amount == pytest.approx(whole.amount)
    assert (found.span, found.missing, found.spread) == (whole.span, whole.missing, whole.spread)


@given(cut=st.floats(min_value=0, max_value=10))
def test_any_cut_loses_nothing(cut: float) -> None:
    """Two parts of a period are the whole."""
    middle = AT + cut * HOUR
    parts = in_all([usage(POINTS, AT, middle), usage(POINTS, middle, AT + 10 * HOUR)])
    whole = usage(POINTS, AT, AT + 10 * HOUR)
    assert parts.amount == pytest.approx(whole.amount)
    assert (parts.span, parts.missing, parts.spread) == (whole.span, whole.missing, whole.spread)
