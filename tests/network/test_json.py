"""What comes from outside as JSON can be read, or is refused by one error."""

import json
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.bernau_smartcity.network._json import objects, parsed
from custom_components.bernau_smartcity.network._sent import best_signal, moment, noted

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


@given(st.lists(st.dictionaries(TEXT, JSON, max_size=3), max_size=4), st.sampled_from([None, 1]))
def test_any_objects(values: list[dict[str, Any]], indent: int | None) -> None:
    """One after the other, from a list or from lines."""
    whole = json.loads(json.dumps(values, ensure_ascii=False).encode(errors="replace"))
    assert list(objects(json.dumps(values, indent=indent).encode())) == whole
    assert list(objects("\n\n".join(map(json.dumps, values)).encode())) == whole


@pytest.mark.parametrize("text", [b"7", b"[[]]", b'[{"a":1}', b'{"a":1} x', b"\xff", b"[" * 9_999])
def test_no_objects(text: bytes) -> None:
    """One error for whatever is wrong."""
    with pytest.raises(ValueError, match=r"."):
        list(objects(text))


@pytest.mark.parametrize("text", [b"1 2", b"{}{}"])
def test_more_than_one_value(text: bytes) -> None:
    """Is no JSON."""
    with pytest.raises(ValueError, match="more than one"):
        parsed(text)


@pytest.mark.parametrize(
    ("value", "tags"),
    [
        (["site=Paris", "new", "a = b=c"], {"site": "Paris", "a": "b=c"}),
        ("site=Paris,new", {"site": "Paris"}),
        (None, {}),
        (7, {}),
    ],
)
def test_tags(value: object, tags: dict[str, str]) -> None:
    """Single words, in a list or in a text."""
    assert noted(value) == tags


@pytest.mark.parametrize("text", ["", "yesterday", None, 7, "0001-01-01T00:00:00+23:59"])
def test_no_time(text: object) -> None:
    """Nor one that no calendar holds."""
    with pytest.raises(ValueError, match=r"."):
        moment(text)


def test_signal_beyond_all_numbers() -> None:
    """Is none."""
    assert best_signal([{"rssi": 10**400}, {"rssi": True}]) == (None, None)
    assert best_signal([{"rssi": -7, "snr": 10**400}, {"rssi": -9}]) == (-9, 0)
