"""Counters tell each passage once, in the direction in which they hang, and never while blind."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.bernau_smartcity.codecs import CODECS
from custom_components.bernau_smartcity.codecs._counts import OPPOSITE, once, sighted
from custom_components.bernau_smartcity.model import (
    Codec,
    DecodeError,
    Kind,
    Medium,
    Quantity,
    Reading,
    Setting,
    readings_of,
)

from .vectors import VECTORS, Vector

EARLIER = datetime(2026, 11, 23, 9, tzinfo=UTC)
DIRECTED = [codec for codec in CODECS.values() if codec.quantities & OPPOSITE.keys()]


def opposite(reading: Reading) -> Reading:
    """Give the same reading in the other direction."""
    return reading._replace(quantity=OPPOSITE.get(reading.quantity, reading.quantity))


@pytest.mark.parametrize("codec", CODECS.values(), ids=lambda codec: codec.key)
def test_whoever_has_directions_can_be_swapped(codec: Codec) -> None:
    """And nobody else is asked how the device hangs."""
    assert (Setting.SWAP in codec.settings) == (codec in DIRECTED)
    assert all(OPPOSITE[each] in codec.quantities for each in codec.quantities & OPPOSITE.keys())
    for register in codec.modulus.keys() & OPPOSITE.keys():
        assert codec.modulus[register] == codec.modulus[OPPOSITE[register]]


@pytest.mark.parametrize(
    "vector", [v for v in VECTORS if v.codec in DIRECTED and v.readings is not None], ids=str
)
@pytest.mark.parametrize("setting", ["yes", " Yes ", "no", "", "oui"])
def test_swapped_is_the_other_direction(vector: Vector, setting: str) -> None:
    """In is out, out is in, and nothing else changes."""
    assert vector.readings is not None
    plain = {**vector.uplink.settings, Setting.SWAP: "no"}
    swapped = {**vector.uplink.settings, Setting.SWAP: setting}
    as_sent = readings_of(vector.codec.decode(replace(vector.uplink, settings=plain)))
    as_hung = readings_of(vector.codec.decode(replace(vector.uplink, settings=swapped)))
    expected = [opposite(each) if "y" in setting.lower() else each for each in as_sent]
    assert list(as_hung) == expected


@pytest.mark.parametrize("codec", CODECS.values(), ids=lambda codec: codec.key)
def test_vehicles_are_no_people(codec: Codec) -> None:
    """What counts traffic or parked cars tells nothing of people, and the reverse."""
    people = {q for q in codec.quantities if q.split("_")[0] in {"people", "children", "passages"}}
    vehicles = {q for q in codec.quantities if q.split("_")[0] in {"vehicles", "parked", "vacant"}}
    assert not people or codec.medium is Medium.PEOPLE
    assert not vehicles or codec.medium in {Medium.TRAFFIC, Medium.PARKING}


@pytest.mark.parametrize("codec", CODECS.values(), ids=lambda codec: codec.key)
def test_counts_have_their_width(codec: Codec) -> None:
    """A total of people or vehicles begins anew at a known number."""
    totals = {
        quantity
        for quantity in codec.quantities
        if quantity.kind is Kind.REGISTER
        and codec.medium in {Medium.PEOPLE, Medium.TRAFFIC, Medium.PARKING}
    }
    assert totals <= codec.modulus.keys()


def test_total_makes_the_period_superfluous() -> None:
    """Only that of the same line and moment."""
    total = Reading(Quantity.PEOPLE_IN, 12, 1)
    period = Reading(Quantity.PEOPLE_IN_PERIOD, 2, 1)
    others = [
        period._replace(channel=2),
        period._replace(at=EARLIER),
        period._replace(quantity=Quantity.PEOPLE_OUT_PERIOD),
        Reading(Quantity.BATTERY, 99),
    ]
    assert list(once([period, total, *others])) == [total, *others]


@pytest.mark.parametrize("failure", [Quantity.FAULT, Quantity.OBSTRUCTED])
def test_blind_counter_counts_nobody(failure: Quantity) -> None:
    """Its counts are left out, whatever comes first; what it stored earlier stays."""
    count = Reading(Quantity.PEOPLE_IN_PERIOD, 0)
    stored = count._replace(at=EARLIER)
    battery = Reading(Quantity.BATTERY, 99)
    blind = Reading(failure, 1)
    sees = Reading(failure, 0)
    assert list(sighted([count, stored, battery, blind])) == [stored, battery, blind]
    assert list(sighted([sees, count])) == [sees, count]
    assert list(sighted([blind, count, sees])) == [blind, count, sees]


WORDS = st.sampled_from(["yes", "big", "people_in", "people_out_period", "-", "\x00", "oui"])


@given(
    vector=st.sampled_from([v for v in VECTORS if v.codec.settings]),
    text=st.text(max_size=20) | st.lists(WORDS, max_size=6).map(" ".join),
)
@settings(max_examples=300, deadline=None)
def test_any_text_in_settings(vector: Vector, text: str) -> None:
    """Whatever a person wrote: readings or the one error."""
    written = {setting.value: text for setting in vector.codec.settings}
    with suppress(DecodeError):
        tuple(vector.codec.decode(replace(vector.uplink, settings=written)))
