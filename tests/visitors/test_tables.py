"""Tables that can be published."""

from itertools import product

from hypothesis import given, strategies as st
import pytest

from custom_components.bernau_smartcity.visitors.journeys import (
    Journeys,
    journeys,
    strongest_paths,
)
from custom_components.bernau_smartcity.visitors.tables import published, rounded, suppressed

from .example import TOWN

TABLES = st.lists(st.floats(0, 60), min_size=9, max_size=9).map(
    lambda cells: dict(zip(product("ABC", repeat=2), cells, strict=True))
)


def test_rows_add_up() -> None:
    """The rounded journeys of a zone are its entries."""
    found = journeys(TOWN)
    assert isinstance(found, Journeys)
    table = rounded(found.table)
    assert list(table.values()) == [224, 51, 25, 47, 49, 24, 9, 10, 41]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ((9, 10, 41, 0), (9, 10, 41, 0)),
        ((4, 10, 41, 7), (None, None, None, None)),
        ((0, 1, 0, 9), (None, None, None, None)),
    ],
)
def test_small_numbers(cells: tuple[int, ...], expected: tuple[int | None, ...]) -> None:
    """None is published, none can be calculated from the sums; zero is no small number."""
    places = [(row, column) for row in "AB" for column in "AB"]
    table = dict(zip(places, cells, strict=True))
    assert tuple(suppressed(table).values()) == expected


def test_paths_of_few() -> None:
    """Rarely walked, they are somebody's."""
    found = journeys(TOWN)
    assert isinstance(found, Journeys)
    paths = strongest_paths(found, 1000)
    shown = published(paths, found.total, 30)
    assert ["".join(path.zones) for path, _ in shown] == ["A", "AB", "C", "B", "ABA", "BA"]
    assert [number for _, number in shown] == [175, 36, 36, 35, 35, 33]
    assert len(published(paths, found.total)) > len(shown)


def test_single_number() -> None:
    """There is nothing else to leave out."""
    assert suppressed({("A", "A"): 2}) == {("A", "A"): None}
    assert suppressed({("A", "A"): 2}, smallest=2) == {("A", "A"): 2}
    assert suppressed({}) == {}


@given(TABLES, st.integers(1, 10))
def test_any_table_shows_no_small_number(
    table: dict[tuple[str, str], float], smallest: int
) -> None:
    """Nor hides a single number in a row or column; rows keep their sums."""
    whole = rounded(table)
    shown = suppressed(whole, smallest)
    assert not any(value is not None and 0 < value < smallest for value in shown.values())
    for name in "ABC":
        row = [value for edge, value in whole.items() if edge[0] == name]
        assert sum(row) == round(sum(value for edge, value in table.items() if edge[0] == name))
        for axis in (0, 1):
            line = [value for edge, value in shown.items() if edge[axis] == name]
            assert line.count(None) != 1
