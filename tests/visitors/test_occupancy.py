"""How many people are in a zone."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate

from hypothesis import given, strategies as st
import pytest

from custom_components.bernau_smartcity.visitors.bins import QUARTER, Grid, net
from custom_components.bernau_smartcity.visitors.occupancy import (
    Drift,
    Level,
    balancing_factor,
    levels,
    needs_check,
    present,
)
from custom_components.bernau_smartcity.visitors.reasons import Reason

START = datetime(2026, 11, 23, 10, tzinfo=UTC)

STEPS = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=100)


def known(net: Sequence[float]) -> list[Level]:
    """Give levels where all is known."""
    return [level for level in levels(net) if isinstance(level, Level)]


def test_missing_entries_are_remembered() -> None:
    """Three who come after three too many went are there."""
    found = known([5, 6, -3, 0, -1, -1])
    assert [level.people for level in found] == [5, 6, 0, 3, 2, 2]
    assert [level.correction for level in found] == [0, 0, 3, 3, 3, 3]


def test_times_that_were_spread_tell_of_nobody_missing() -> None:
    """Nobody is there for them, but they are not remembered either."""
    found = levels([5, -3, 4, -1], [True, False, True, True])
    assert found == [Level(5, 0), Level(-3, 3), Level(4, 0), Level(-1, 1)]


def test_counter_that_always_reports_seldom() -> None:
    """Whoever is missing for two hours is missed, as no message tells of a longer time."""
    net = [-3, -9, -2, -5, -7, -4, -8, -6, -6, 4]
    found = [level for level in levels(net, [False] * 10) if isinstance(level, Level)]
    assert [level.people for level in found] == [0, 0, 0, 0, 0, 0, 0, 0, 0, 6]
    assert found[-1].correction == 2


@given(STEPS)
def test_any_steps_never_fall_below_zero(steps: list[tuple[int, int]]) -> None:
    """The remembered correction is the same as never to go below zero in any step."""
    found = known(list(accumulate(came - went for came, went in steps)))
    present_then, expected = 0, []
    for came, went in steps:
        present_then = max(0, present_then + came - went)
        expected.append(present_then)
    assert [level.people for level in found] == expected
    assert all(level.people >= 0 for level in found)


@given(
    st.lists(
        st.tuples(st.permutations("*ABC"), st.lists(st.integers(0, 99), min_size=4, max_size=4)),
        min_size=1,
        max_size=30,
    )
)
def test_any_gate_moves_people_from_one_zone_to_another(
    gates: list[tuple[list[str], list[int]]],
) -> None:
    """All zones together gain who arrives and lose who departs."""
    lines = [(names[0], names[1], list(accumulate(passed))) for names, passed in gates]
    gains = {
        zone: net([(int(b == zone) - int(a == zone), sums) for a, b, sums in lines])
        for zone in "*ABC"
    }
    inside = [known([*map(float, gains[zone])]) for zone in "ABC"]
    for n, gone in enumerate(gains["*"]):
        assert sum(zone[n].raw for zone in inside) == -float(gone)


def test_unknown_stays_unknown() -> None:
    """It neither counts as nobody nor ends the day."""
    assert levels([2, Reason.SILENT, 5]) == [Level(2, 0), Reason.SILENT, Level(5, 0)]


@pytest.mark.parametrize(
    ("minutes", "found", "expected"),
    [
        (20, [Reason.NOT_REPORTED] * 2, Level(0, 0)),
        (20, [Level(3, 0), Reason.NOT_REPORTED], Level(3, 0)),
        (52, [Level(3, 0), Reason.NOT_REPORTED], Level(3, 0)),
        (53, [Level(3, 0), Reason.NOT_REPORTED], Reason.NOT_REPORTED),
        (53, [Reason.SILENT, Level(4, 1)], Level(4, 1)),
        (53, [], Reason.OPEN_BOUNDARY),
    ],
)
def test_present(minutes: int, found: list[Level | Reason], expected: Level | Reason) -> None:
    """The last that all counters told, until a later bin is overdue."""
    now = START + timedelta(minutes=minutes)
    assert present(found, Grid(START, 2), now, QUARTER) == expected


def test_drift() -> None:
    """Too many left over, or too few, on three days in a row."""
    drift = Drift(412, 400)
    assert drift.people == 12
    assert not drift.is_large
    large = [Drift(100, 111), Drift(100, 89), Drift(0, 1)]
    assert needs_check([drift, *large])
    assert not needs_check(large[:2])
    assert not needs_check([*large, drift])
    assert not Drift(100, 110).is_large


def test_balancing_factor() -> None:
    """Entries and exits meet at the root of their product."""
    factor = balancing_factor(412, 400)
    assert not isinstance(factor, Reason)
    assert factor == pytest.approx(0.98533, abs=5e-6)
    assert 412 * factor == pytest.approx(405.956, abs=5e-4)
    assert 400 / factor == pytest.approx(405.956, abs=5e-4)


@pytest.mark.parametrize(
    ("entries", "exits", "expected"),
    [
        (0, 5, Reason.NO_FLOW),
        (5, 0, Reason.NO_FLOW),
        (100, 79, Reason.UNBALANCED),
        (100, 126, Reason.UNBALANCED),
        (100, 100, 1),
        (64, 80, pytest.approx(1.25**0.5)),
        (100, 80, pytest.approx(0.8**0.5)),
    ],
)
def test_no_factor_hides_a_wrong_set_up(entries: int, exits: int, expected: float | Reason) -> None:
    """Only what miscounting explains is balanced."""
    assert balancing_factor(entries, exits) == expected
