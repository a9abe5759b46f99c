"""What comes from outside as JSON can be read, or is refused by one error."""

import json
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.bernau_smartcity.network._json import parsed
from custom_components.bernau_smartcity.network._sent import best_signal, moment

TEXT = st.text(st.characters(exclude_categories=()), max_size=6)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_any_json_can_be_kept(value: Any) -> None:
    """Halves of characters are replaced; all else is as it was."""
    found = parsed(json.dumps(value).encode())
    json.dumps(found, ensure_ascii=False).encode()
    whole = json.dumps(value, ensure_ascii=False).encode(errors="replace")
    assert found == json.loads(whole)


@pytest.mark.parametrize("text", [b"", b"{", b"\xff", b"[" * 100_000, b"\xed\xa0\x80", b"\xff\xfe"])
def test_no_json(text: bytes) -> None:
    """One error for whatever is wrong."""
    with pytest.raises(ValueError, match=r"."):
        parsed(text)


@pytest.mark.parametrize("text", ["", "yesterday", None, 7, "0001-01-01T00:00:00+23:59"])
def test_no_time(text: object) -> None:
    """Nor one that no calendar holds."""
    with pytest.raises(ValueError, match=r"."):
        moment(text)


def test_signal_beyond_all_numbers() -> None:
    """Is none."""
    assert best_signal([{"rssi": 10**400}, {"rssi": True}]) == (None, None)
    assert best_signal([{"rssi": -7, "snr": 10**400}, {"rssi": -9}]) == (-9, 0)
