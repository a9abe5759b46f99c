"""Pulses become energy or volume."""

import pytest

from custom_components.bernau_smartcity.metering.pulses import Weighed, positive, weigh, weighed


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("0.01", 0.01),
        (" 0,01 ", 0.01),
        ("10", 10.0),
        ("0", None),
        ("-1", None),
        ("inf", None),
        ("nan", None),
        ("ten", None),
        ("", None),
        (None, None),
    ],
)
def test_weight_is_a_positive_number(text: str | None, weight: float | None) -> None:
    """Tags are written by people."""
    assert positive(text) == weight


def test_first_weight_holds_from_the_first_pulse() -> None:
    """A total begins with all pulses that were ever counted."""
    assert weighed(weigh((), 0.01, 1_200), 1_300) == 13.0


def test_corrected_weight_changes_no_past_consumption() -> None:
    """The total continues from where it was, with the new weight; the past keeps the old."""
    before = weigh((), 0.01, 1_000)
    assert weigh(before, 0.01, 1_100) is before
    after = weigh(before, 0.1, 1_100)
    assert after == (Weighed(0.01, 0, 0), Weighed(0.1, 1_100, 11.0))
    assert weighed(after, 1_110) == 12.0
    assert weighed(after, 1_000) == 10.0
    assert weighed(weigh(after, 1.0, 1_110), 1_112) == 14.0
