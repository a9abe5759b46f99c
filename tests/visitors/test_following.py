"""A line that follows its messages tells what all of them together tell."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given, strategies as st
import pytest

from custom_components.bernau_smartcity.visitors.bins import Grid
from custom_components.bernau_smartcity.visitors.increments import (
    Count,
    Increment,
    Line,
    Step,
    increments,
    period_increments,
    periods,
)
from custom_components.bernau_smartcity.visitors.zones import Recording, series

START = datetime(2026, 11, 23, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
INTERVAL = timedelta(minutes=15)
GRID = Grid(START, 96)
LINE = Line(bits=16)

COUNTERS: dict[str, tuple[Step, Callable[[Iterable[Count]], list[Increment]]]] = {
    "totals": (LINE.between, lambda counts: increments(counts, LINE)),
    "periods": (periods(INTERVAL), lambda counts: period_increments(counts, INTERVAL)),
}
MESSAGES = st.lists(
    st.tuples(
        st.integers(0, 240),
        st.integers(0, 65535) | st.integers(0, 40),
        st.none() | st.integers(0, 40),
        st.booleans(),
    ),
    max_size=25,
)


def messages(steps: Iterable[tuple[int, int, int | None, bool]]) -> list[Count]:
    """Give messages with these minutes between them; some begin before the day."""
    at, found = START - 300 * MINUTE, []
    for minutes, value, f_cnt, restarted in steps:
        at += minutes * MINUTE
        found.append(Count(at, value, f_cnt, restarted))
    return found


@pytest.mark.parametrize("name", COUNTERS)
@given(steps=MESSAGES, seed=st.integers())
def test_any_order_and_batching(
    name: str, steps: list[tuple[int, int, int | None, bool]], seed: int
) -> None:
    """Twice, in any order, a few at a time, asked in between: the same day."""
    step, at_once = COUNTERS[name]
    counts = messages(steps)
    random = Random(seed)  # noqa: S311  # no secret
    delivered = random.sample(counts * 2, 2 * len(counts))
    line = Recording(step, GRID)
    while delivered:
        size = random.randint(1, len(delivered))
        line.take(delivered[:size])
        delivered = delivered[size:]
        assert len(line.series.bins) == GRID.count
    assert line.series == series(at_once(counts), GRID)


def test_new_message_changes_only_its_bins() -> None:
    """What was told of closed bins stays the same object, without any work."""
    counts = [Count(START + n * INTERVAL, 5 * n, n) for n in range(40)]
    line = Recording(LINE.between, GRID, counts)
    before = line.series
    assert line.series is before
    line.take([])
    assert line.series is before
    line.take([Count(START + 40 * INTERVAL, 300, 40)])
    kept = [n for n in range(96) if line.series.bins[n] is before.bins[n]]
    assert kept == list(range(39))
