"""Parts that add up to the whole."""

from hypothesis import given, strategies as st

from custom_components.bernau_smartcity.visitors.rounding import apportion


def test_largest_remainders_get_the_rest() -> None:
    """Shares of train, bus, car, bike and walk in tenths of a percent: 100.0 in all."""
    assert apportion(1000, [180, 90, 96, 45, 69]) == [375, 187, 200, 94, 144]


def test_of_equal_remainders_the_first_gets_more() -> None:
    """Seven people in three quarters of an hour."""
    assert apportion(7, [1, 1, 1]) == [3, 2, 2]


@given(
    whole=st.integers(0, 10**6),
    weights=st.lists(st.floats(0, 1e6), min_size=1, max_size=20).filter(any),
)
def test_any_parts_add_up(whole: int, weights: list[float]) -> None:
    """Nobody is lost or made up, and no part is off by one or more."""
    parts = apportion(whole, weights)
    assert sum(parts) == whole
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - whole * (weight / sum(weights))) < 1 + 1e-6
