"""Layouts: what a person says about the registers of a device."""

from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given, strategies as st
import pytest

from custom_components.bernau_smartcity.codecs._registers import (
    QUANTITIES,
    TYPES,
    Entry,
    Layout,
    LayoutError,
    layout,
)
from custom_components.bernau_smartcity.model import (
    Medium,
    Missing,
    Quantity,
    Reading,
    Setting,
    WaitingError,
)

from .vectors import uplink


def parse(text: str, *, typed: bool = True) -> Layout:
    """Parse a layout."""
    return layout(uplink(b"", 1, settings={Setting.LAYOUT: text}), typed=typed)


@pytest.mark.parametrize(
    ("text", "place", "entry"),
    [
        ("1=energy", (0, 1), Entry(Quantity.ENERGY)),
        ("0x1F = energy : int32", (0, 31), Entry(Quantity.ENERGY, "int32")),
        ("010=flow:0.1", (0, 10), Entry(Quantity.FLOW, scale=Decimal("0.1"))),
        ("7=volume:float32:0,001:2", (0, 7), Entry(Quantity.VOLUME, "float32", Decimal("1e-3"), 2)),
        ("7=volume::2", (0, 7), Entry(Quantity.VOLUME, channel=2)),
        ("12/7=POWER:UINT64_swapped", (12, 7), Entry(Quantity.POWER, "uint64_swapped")),
        ("12 / 7 = power : -1e3", (12, 7), Entry(Quantity.POWER, scale=Decimal(-1000))),
        ("# all\n\n 3 = current # L1\n;", (0, 3), Entry(Quantity.CURRENT)),
    ],
)
def test_entry(text: str, place: tuple[int, int], entry: Entry) -> None:
    """Blanks and case do not matter; what is left out has a usual value."""
    assert parse(text).entries == {place: entry}


def test_several_devices() -> None:
    """Each has its registers, and perhaps a medium and a number."""
    found = parse("1/5=energy;1/7=flow;2/5=volume\n1/medium=Heat;2/number=A-1.7;2/6=pulses")
    assert found.media == {1: Medium.HEAT}
    assert found.numbers == {2: "A-1.7"}
    assert [(at, entry.quantity) for at, entry in found.within(1, 4, 4)] == [
        (5, Quantity.ENERGY),
        (7, Quantity.FLOW),
    ]
    assert list(found.within(1, 0, 5)) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("energy", "'energy' has no ="),
        ("x=energy", "'x' is no register"),
        ("1/2/3=energy", "'1/2/3' is no register"),
        ("²=energy", "'²' is no register"),
        ("99999999=energy", "'99999999' is no register"),
        ("1=heat", "'heat' is no quantity"),
        ("1=leak", "'leak' is no quantity"),
        ("1=", "'' is no quantity"),
        ("1=energy:int24", "'energy:int24' is not quantity : type : scale : channel"),
        ("1=energy:nan", "'energy:nan' is not quantity : type : scale : channel"),
        ("1=energy:1e99", "'energy:1e99' is not quantity : type : scale : channel"),
        ("1=energy:1:-1", "'energy:1:-1' is not quantity : type : scale : channel"),
        ("1=energy:1:1:1", "'energy:1:1:1' is not quantity : type : scale : channel"),
        ("1=energy;0x1=energy", "'0x1' occurs twice"),
        ("1=energy;medium=milk", "'milk' is no medium"),
        ("1=energy;number=1 2", "'1 2' is no number of a meter"),
        ("1/medium=heat", "no register has a meaning"),
        ("# later", "no register has a meaning"),
    ],
)
def test_mistakes_are_named(text: str, reason: str) -> None:
    """What was sent meanwhile is not lost: it waits until the layout is mended."""
    with pytest.raises(LayoutError) as caught:
        parse(text)
    assert str(caught.value) == f"layout: {reason}"
    assert caught.value.missing is Missing.LAYOUT


def test_type_is_refused_where_the_device_tells_it() -> None:
    """A person shall not believe that it had an effect."""
    with pytest.raises(LayoutError, match="the device tells the type itself"):
        parse("1=energy:int32", typed=False)
    assert parse("1=energy:2:3", typed=False).entries[0, 1].channel == 3


@pytest.mark.parametrize("text", ["", " \n"])
def test_no_layout(text: str) -> None:
    """The message waits for one."""
    with pytest.raises(WaitingError) as caught:
        parse(text)
    assert caught.value.missing is Missing.LAYOUT


@pytest.mark.parametrize(
    ("kind", "data", "number"),
    [
        ("", "ffff01", 65535),
        ("int16", "ffff", -1),
        ("uint32", "00010002", 65538),
        ("uint32_swapped", "00020001", 65538),
        ("int32", "ffffffff", -1),
        ("float32", "3fc00000", 1.5),
        ("float32_swapped", "00003fc0", 1.5),
        ("float32", "7fc00000", None),
        ("uint64_swapped", "0004000300020001", 0x0001000200030004),
        ("float64", "7ff0000000000000", None),
    ],
)
def test_number(kind: str, data: str, number: float | None) -> None:
    """The most significant register comes first, or last."""
    assert Entry(Quantity.ENERGY, kind).number(bytes.fromhex(data)) == number


def test_reading_is_exact() -> None:
    """A scale of a tenth gives tenths."""
    at = datetime(2026, 11, 23, tzinfo=UTC)
    entry = Entry(Quantity.ENERGY, "", Decimal("0.1"), 2)
    assert entry.reading(3, at, "4711") == Reading(Quantity.ENERGY, 0.3, 2, at, "4711")


@given(
    st.text() | st.from_regex(r"[0-9]{1,2}/?[0-9x]{0,3} ?= ?(energy|flow)(:[a-z0-9.,-]{0,8}){0,4}")
)
def test_any_text(text: str) -> None:
    """It is a layout, or an error says why not."""
    try:
        found = parse(text)
    except WaitingError:
        return
    assert found.entries
    for entry in found.entries.values():
        assert entry.quantity in QUANTITIES
        assert entry.size in {kind.size for kind in TYPES.values()}
        assert entry.reading(1).value == float(entry.scale)
