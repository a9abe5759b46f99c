"""Journeys of a survey, fitted to counts."""

from dataclasses import replace

from hypothesis import given, strategies as st
import pytest

from custom_components.bernau_smartcity.visitors.fitting import fitted, surveyed
from custom_components.bernau_smartcity.visitors.journeys import Journeys
from custom_components.bernau_smartcity.visitors.reasons import Reason

ENTRIES = [300, 120, 60]
EXITS = [280, 110, 90]
NO_RETURN = [[0, 1, 1], [1, 0, 1], [1, 1, 0]]


def cells(found: list[list[float]] | Reason) -> list[float]:
    """Give the cells of a table that there must be."""
    assert not isinstance(found, Reason), found
    return [cell for row in found for cell in row]


def test_nothing_known_beforehand() -> None:
    """Entries times exits by their total, at once."""
    expected = [175, 68.75, 56.25, 70, 27.5, 22.5, 35, 13.75, 11.25]
    assert cells(fitted([[1] * 3] * 3, ENTRIES, EXITS, most=1)) == pytest.approx(expected)


def test_survey() -> None:
    """Most leave where they came in."""
    found = fitted([[2, 1, 1], [1, 2, 1], [1, 1, 2]], ENTRIES, EXITS, tolerance=1e-10)
    expected = [204.940, 49.592, 45.468, 49.758, 48.163, 22.079, 25.301, 12.245, 22.453]
    assert cells(found) == pytest.approx(expected, abs=6e-4)


def test_nobody_returns() -> None:
    """Slow, and only where it can be."""
    expected = [0, 172.119, 127.881, 107.881, 0, 12.119, 52.119, 7.881, 0]
    found = fitted(NO_RETURN, ENTRIES, [160, 180, 140], tolerance=1e-10, most=144)
    assert cells(found) == pytest.approx(expected, abs=6e-4)
    assert fitted(NO_RETURN, ENTRIES, [160, 180, 140], tolerance=1e-10, most=143) is Reason.NO_FIT
    assert cells(fitted(NO_RETURN, ENTRIES, [160, 180, 140])) == pytest.approx(expected, abs=6e-4)
    assert fitted(NO_RETURN, ENTRIES, [200, 190, 90], most=1000) is Reason.NO_FIT


def test_zone_nobody_asked_about() -> None:
    """Its entries cannot be distributed."""
    assert fitted([[0, 0], [1, 1]], [10, 10], [10, 10]) is Reason.NO_FIT
    assert fitted([], [], []) == []


FOUND = Journeys(
    entries=dict(zip("ABC", ENTRIES, strict=True)),
    exits=dict(zip("ABC", EXITS, strict=True)),
    onward={},
    leaving={},
    visits={},
)
EVEN = [175, 68.75, 56.25, 70, 27.5, 22.5, 35, 13.75, 11.25]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (
            {one: {other: 1 + (one == other) for other in "ABC"} for one in "ABC"},
            [204.940, 49.592, 45.468, 49.758, 48.163, 22.079, 25.301, 12.245, 22.453],
        ),
        ({}, EVEN),
        ({"A": {"A": 2.8, "B": 1.1, "C": 0.9}, "D": {"A": 1}}, EVEN),
        ({"A": {"A": 28}, "B": {"A": 0, "B": 0}, "C": {"D": 5}}, EVEN),
    ],
    ids=["all", "nothing", "one row", "what it does not know"],
)
def test_of_survey(rows: dict[str, dict[str, float]], expected: list[float]) -> None:
    """Who was not asked leaves as all do."""
    found = surveyed(FOUND, rows)
    assert not isinstance(found, Reason)
    assert list(found) == [(one, other) for one in "ABC" for other in "ABC"]
    assert list(found.values()) == pytest.approx(expected, abs=6e-4)


def test_survey_of_a_zone_that_nobody_left() -> None:
    """What is not known of it has no proportion to go by."""
    found = replace(FOUND, exits={"A": 0, "B": 300, "C": 180})
    table = surveyed(found, {"A": {"A": 7}})
    assert not isinstance(table, Reason)
    assert [table["A", zone] for zone in "ABC"] == pytest.approx([0, 187.5, 112.5])
    assert surveyed(FOUND, {one: {"A": 0, "B": 1, "C": 0} for one in "ABC"}) is Reason.NO_FIT


@given(
    st.lists(st.lists(st.floats(0.1, 10), min_size=3, max_size=3), min_size=3, max_size=3),
    st.lists(st.integers(1, 1000), min_size=3, max_size=3),
    st.lists(st.integers(1, 1000), min_size=3, max_size=3),
)
def test_any_survey(prior: list[list[float]], entries: list[int], weights: list[int]) -> None:
    """Rows are entries, columns exits."""
    exits = [sum(entries) * weight / sum(weights) for weight in weights]
    found = fitted(prior, entries, exits, most=1000)
    assert not isinstance(found, Reason)
    assert [sum(row) for row in found] == pytest.approx(entries)
    assert [sum(column) for column in zip(*found, strict=True)] == pytest.approx(exits)
