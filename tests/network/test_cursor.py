"""Cursors are text that survives a restart."""

from hypothesis import given, strategies as st
import pytest

from custom_components.bernau_smartcity.network._chirpstack_cursor import (
    DeviceCursor,
    ScopeCursor,
    parse_stream_id,
)

NUMBERS = st.integers(0, 2**63)


@given(
    st.builds(
        DeviceCursor,
        read=st.tuples(NUMBERS, NUMBERS),
        last_seen=st.none() | NUMBERS,
        f_cnt=st.none() | NUMBERS,
        retries=NUMBERS,
    )
)
def test_device_cursor_comes_back(cursor: DeviceCursor) -> None:
    """Any cursor."""
    assert DeviceCursor.parse(str(cursor)) == cursor


@given(st.builds(ScopeCursor, newest=st.none() | NUMBERS, full_scan=NUMBERS))
def test_scope_cursor_comes_back(cursor: ScopeCursor) -> None:
    """Any cursor."""
    assert ScopeCursor.parse(str(cursor)) == cursor


@given(st.text() | st.text("0123456789-|"))
def test_any_text_is_a_cursor(text: str) -> None:
    """Rather read everything again than fail."""
    assert DeviceCursor.parse(str(DeviceCursor.parse(text))) == DeviceCursor.parse(text)
    assert ScopeCursor.parse(str(ScopeCursor.parse(text))) == ScopeCursor.parse(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", DeviceCursor()),
        ("nonsense", DeviceCursor()),
        ("12-3", DeviceCursor(read=(12, 3))),
        (
            "12-3|45|6|1|of a later version",
            DeviceCursor(read=(12, 3), last_seen=45, f_cnt=6, retries=1),
        ),
        ("12-3||6|", DeviceCursor(read=(12, 3), f_cnt=6)),
    ],
)
def test_device_cursors(text: str, expected: DeviceCursor) -> None:
    """What stands in stores of today and of other days."""
    assert DeviceCursor.parse(text) == expected


def test_stream_ids_are_numbers() -> None:
    """As text, 9 would come after 10."""
    assert parse_stream_id("9-10") < parse_stream_id("10-9")  # type: ignore[operator]  # never None here
    assert parse_stream_id("10-9") < parse_stream_id("10-10")  # type: ignore[operator]  # never None here
