"""Cars on single parking spaces."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

from hypothesis import given, strategies as st
import pytest

from custom_components.bernau_smartcity.visitors.bins import Tally
from custom_components.bernau_smartcity.visitors.parking import (
    Parked,
    arrivals,
    changes,
    parked,
    parked_as_told,
)
from custom_components.bernau_smartcity.visitors.reasons import Reason

START = datetime(2026, 11, 23, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
END = START + 600 * MINUTE


def states(*changes: tuple[float, int]) -> list[tuple[datetime, bool]]:
    """Give what a space told at minutes after the start."""
    return [(START + minutes * MINUTE, bool(occupied)) for minutes, occupied in changes]


@pytest.mark.parametrize(
    ("told", "minutes"),
    [
        ([(0, 0), (10, 1), (20, 1), (70, 0)], [10]),
        ([(0, 1), (10, 0), (20, 1)], [20]),
        ([(0, 0), (10, 1), (11, 0)], []),
        ([(0, 0), (10, 1), (30, 0), (31, 1), (60, 0)], [10]),
        ([(0, 0), (10, 1), (500, 1)], [10]),
        ([(0, 0), (599, 1)], []),
        ([(0, 0), (700, 1)], []),
        ([], []),
    ],
)
def test_cars_that_came(told: list[tuple[float, int]], minutes: list[float]) -> None:
    """Not those that stood there before, nor a change shorter than two minutes."""
    assert arrivals(states(*told), END) == [START + each * MINUTE for each in minutes]


@given(
    st.lists(st.tuples(st.integers(0, 500), st.integers(0, 1)), unique_by=lambda row: row[0]),
    st.integers(),
)
def test_any_order(told: list[tuple[float, int]], seed: int) -> None:
    """Changes alternate, last, and follow from the set of messages."""
    found = changes(states(*told), END)
    assert all(one[1] is not other[1] for one, other in pairwise(found))
    shuffled = states(*told, *told)
    Random(seed).shuffle(shuffled)  # noqa: S311  # no secret
    assert changes(shuffled, END) == found


@pytest.mark.parametrize(
    ("left", "stays", "minutes", "resolved", "expected"),
    [
        (20, 20, 900, 1.0, Parked(45 * MINUTE, 20, 0.0)),
        (40, 30, 900, 0.9, Parked(30 * MINUTE, 30, 0.25)),
        (20, 14, 900, 1.0, Reason.TOO_FEW),
        (20, 20, 900, 0.89, Reason.COVERAGE),
        (0, 0, 0, 1.0, Reason.NO_FLOW),
        (None, None, None, 1.0, Reason.NO_FLOW),
        (None, None, None, 0.0, Reason.COVERAGE),
    ],
)
def test_mean_stay(
    left: int | None,
    stays: int | None,
    minutes: int | None,
    resolved: float,
    expected: Parked | Reason,
) -> None:
    """Of the cars of which is known when they came; of too few of them none is told."""
    tallies = (Tally(each, 1.0, resolved) for each in (left, stays, minutes))
    assert parked(*tallies) == expected


def test_mean_of_stays_that_sensors_told() -> None:
    """Those too long to tell are excluded, and that is said."""
    found = parked_as_told([30 * MINUTE, 60 * MINUTE, None, 90 * MINUTE])
    assert found == Parked(60 * MINUTE, 3, 0.25)
    assert parked_as_told([None]) is Reason.NO_FLOW
