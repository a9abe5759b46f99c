"""Counts that agree with each other."""

from collections.abc import Mapping

from hypothesis import given, strategies as st
import pytest

from custom_components.bernau_smartcity.visitors.balancing import balanced, flaw, residuals
from custom_components.bernau_smartcity.visitors.flows import (
    Edge,
    Flows,
    inflow,
    outflow,
    summed,
    zones_of,
)
from custom_components.bernau_smartcity.visitors.linear import solved
from custom_components.bernau_smartcity.visitors.reasons import Reason

from .example import TOWN


def closed(flows: Flows) -> dict[Edge, float]:
    """Give balanced flows that there must be."""
    found = balanced(flows)
    assert not isinstance(found, Reason), found
    return found


def test_nearest_flows_that_close() -> None:
    """Eight who left a zone without having come are spread over all gates."""
    counted = {**TOWN, ("B", "*"): 118}
    assert residuals(counted) == {"A": 0, "B": -8, "C": 0}
    expected = {
        ("*", "A"): 301.751,
        ("A", "*"): 278.366,
        ("*", "B"): 121.769,
        ("B", "*"): 116.260,
        ("*", "C"): 60.442,
        ("C", "*"): 89.337,
        ("A", "B"): 201.782,
        ("B", "A"): 178.397,
        ("B", "C"): 89.337,
        ("C", "B"): 60.442,
    }
    assert closed(counted) == pytest.approx(expected, abs=5e-4)


def test_flows_that_close_stay() -> None:
    """Zones and gates that nobody passed are left out."""
    assert closed({**TOWN, ("A", "D"): 0}) == pytest.approx(TOWN)


@given(
    walks=st.lists(
        st.tuples(st.lists(st.sampled_from("ABCD"), min_size=1, max_size=5), st.integers(50, 500)),
        min_size=1,
        max_size=8,
    ),
    errors=st.lists(st.floats(0.9, 1.1), min_size=20, max_size=20),
)
def test_any_counts_close(walks: list[tuple[list[str], int]], errors: list[float]) -> None:
    """However they err, no flow is below zero, and what goes in comes out."""
    truth = summed(
        ((origin, target), people)
        for walk, people in walks
        for origin, target in zip(["*", *walk], [*walk, "*"], strict=True)
        if origin != target
    )
    found = closed(
        {edge: people * error for (edge, people), error in zip(truth.items(), errors, strict=False)}
    )
    assert all(passed >= 0 for passed in found.values())
    for zone in zones_of(found):
        assert inflow(found, zone) == pytest.approx(outflow(found, zone))


def test_flow_that_cannot_be_is_left_out() -> None:
    """The nearest flows that close would take people back out of the market by its own gate."""
    counted = {
        ("*", "A"): 1,
        ("A", "*"): 40,
        ("A", "B"): 40,
        ("B", "A"): 60,
        ("*", "B"): 2,
        ("B", "*"): 1,
    }
    found = closed(counted)
    assert counted.keys() - found.keys() == {("B", "*")}
    assert inflow(found, "A") == pytest.approx(outflow(found, "A"))
    assert inflow(found, "B") == pytest.approx(outflow(found, "B"))


@pytest.mark.parametrize(
    ("flows", "expected"),
    [
        ({}, Reason.NO_FLOW),
        ({("*", "A"): 0, ("A", "*"): 0}, Reason.NO_FLOW),
        ({("*", "A"): 10}, Reason.NO_EXIT),
        ({("*", "A"): 10, ("A", "*"): 8, ("A", "B"): 2}, Reason.NO_EXIT),
        ({("*", "A"): 10, ("A", "*"): 8, ("B", "A"): 2}, Reason.NO_ENTRANCE),
        ({("A", "B"): 10, ("B", "A"): 10}, Reason.NO_WAY_OUT),
        ({**TOWN, ("D", "E"): 10, ("E", "D"): 10}, Reason.NO_WAY_OUT),
    ],
)
def test_flaws_of_a_town(flows: Mapping[Edge, float], expected: Reason) -> None:
    """What is wrong with it is told instead of a number."""
    assert balanced(flows) is expected
    assert flaw({edge: passed for edge, passed in flows.items() if passed}) is expected


def test_nobody_came_from_outside() -> None:
    """So nobody can have gone there, although some were counted."""
    counted = {("B", "C"): 100, ("C", "B"): 100, ("B", "*"): 1}
    assert balanced(counted) is Reason.NO_WAY_OUT


@pytest.mark.parametrize(
    ("entries", "exits", "is_sound"),
    [(100, 70, True), (1000, 700, False), (3, 5, True), (1000, 900, True)],
)
def test_neither_miscount_nor_chance(
    entries: int,
    exits: int,
    is_sound: bool,  # noqa: FBT001  # a row of the table
) -> None:
    """What only a wrong set-up explains is not balanced away."""
    found = balanced({("*", "A"): entries, ("A", "*"): exits})
    assert (found is not Reason.UNBALANCED) == is_sound


def test_equations() -> None:
    """Every column on the right is solved; what nothing determines is zero."""
    assert solved([[2, -1], [-1, 2]], [[1, 3], [1, 0]]) == [
        pytest.approx([1, 2]),
        pytest.approx([1, 1]),
    ]
    assert solved([[1, -1], [-1, 1]], [[2], [-2]]) == [[2], [0]]
    assert solved([], []) == []
