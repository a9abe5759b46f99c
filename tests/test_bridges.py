"""Meters behind bridges are devices of their own, each one whoever hears it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
import tempfile
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.bernau_smartcity.ledger.bridges import FOUND_KEPT, identity_of, is_meter
from custom_components.bernau_smartcity.ledger.choices import Choices
from custom_components.bernau_smartcity.ledger.ledger import Ledger
from custom_components.bernau_smartcity.ledger.places import Exchange, Places
from custom_components.bernau_smartcity.ledger.state import Value, from_json, to_json
from custom_components.bernau_smartcity.ledger.store import Store
from custom_components.bernau_smartcity.ledger.waiting import KEPT
from custom_components.bernau_smartcity.metering.hours import Period
from custom_components.bernau_smartcity.model import (
    Batch,
    Codec,
    Device,
    Medium,
    Meter,
    Missing,
    Quantity,
    Reading,
    Remember,
    Told,
    Uplink,
    WaitingError,
)

from .small_codecs import (
    AT,
    DEVICE,
    EUI,
    MINUTE,
    OTHER,
    RADIO,
    VOLUME,
    WIRED,
    batch,
    opened,
    uplink,
)

SEVEN, EIGHT, NINE = map(identity_of, "789")
BATTERY = (Quantity.BATTERY, 0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give the place of the store."""
    return tmp_path / "entry.db"


def telegram(number: int, value: int, kind: str = "M") -> bytes:
    """Give what a bridge sends of a meter."""
    return bytes([ord(kind), number, value])


def test_meters_at_a_cable_appear_by_themselves(path: Path) -> None:
    """Each with its own values, medium, maker and number; the bridge keeps its health."""
    ledger = opened(path, WIRED)
    uplinks = (
        uplink(0, telegram(7, 5)),
        uplink(1, telegram(9, 6)),
        uplink(2, bytes([ord("B"), 0, 80])),
    )
    ledger.take([batch(*uplinks)])
    assert set(ledger.states) == {EUI, SEVEN, NINE}
    bridge, water, gas = (ledger.states[place] for place in (EUI, SEVEN, NINE))
    assert bridge.values == {BATTERY: Value(80, AT + 2 * MINUTE)}
    assert water.values[VOLUME] == Value(5, AT)
    assert (ledger.medium(water), ledger.medium(gas)) == (Medium.WATER, Medium.GAS)
    assert (water.meter, water.maker, water.device.name) == ("7", "QDS", "QDS 7")
    assert (water.building, water.bridge) == ("Schule", EUI)
    assert water.heard is not None
    assert water.heard.at == AT
    for state in ledger.states.values():
        assert from_json(to_json(state)).found == state.found
    before = ledger.states
    ledger.close()
    ledger = opened(path, WIRED)
    assert ledger.states == before
    ledger.close()


def test_meters_in_the_air_wait_to_be_chosen(path: Path) -> None:
    """What was heard before is not lost; what is left out again leaves nothing."""
    ledger = opened(path, RADIO)
    ledger.take([batch(uplink(0, telegram(7, 5)), uplink(1, telegram(8, 6)))])
    ledger.take([batch(uplink(2, telegram(7, 7)))])
    assert set(ledger.states) == {EUI}
    found = ledger.states[EUI].found
    assert [(n, f.at, f.medium, f.maker) for n, f in found.items()] == [
        ("7", AT + 2 * MINUTE, Medium.WATER, "QDS"),
        ("8", AT + MINUTE, Medium.WATER, "QDS"),
    ]
    ledger.close()
    ledger = opened(path, RADIO, meters={SEVEN: True})
    assert set(ledger.states) == {EUI, SEVEN}
    store = ledger._store  # noqa: SLF001  # what is kept is the point
    assert [sample.value for sample in store.samples.after(SEVEN, VOLUME, None)] == [5, 7]
    assert store.waiting.counts() == {EIGHT: 1}
    ledger.close()
    ledger = opened(path, RADIO)
    assert (set(ledger.states), ledger.left) == ({EUI}, {SEVEN})
    store = ledger._store  # noqa: SLF001  # as above
    assert store.samples.after(SEVEN, VOLUME, None) == []
    ledger.close()


def test_meter_at_a_cable_can_be_left_out(path: Path) -> None:
    """Then it is only listed."""
    ledger = opened(path, WIRED, meters={SEVEN: False})
    ledger.take([batch(uplink(0, telegram(7, 5)), uplink(1, telegram(8, 6)))])
    assert set(ledger.states) == {EUI, EIGHT}
    assert set(ledger.states[EUI].found) == {"7", "8"}
    ledger.close()


def test_header_of_a_meter_that_was_not_chosen_then(path: Path) -> None:
    """It is remembered, though what it belongs to is read only once the meter is."""

    def decode(uplink: Uplink) -> Iterator[Told]:
        kind, number, value = chr(uplink.payload[0]), str(uplink.payload[1]), uplink.payload[-1]
        if kind == "H":
            yield Remember(number, "m³")
        elif number not in uplink.memory:
            raise WaitingError(Missing.HEADER, number)
        yield Meter(number, Medium.WATER)
        if kind == "M":
            yield Reading(Quantity.VOLUME, value, meter=number)

    codec = replace(RADIO, decode=decode)
    ledger = opened(path, codec)
    ledger.take([batch(uplink(0, telegram(7, 5)), uplink(1, telegram(7, 0, "H")))])
    ledger.take([batch(*(uplink(n, telegram(8, 0, "H")) for n in range(2, KEPT + 9)))])
    assert set(ledger.states) == {EUI}
    ledger.close()
    ledger = opened(path, codec, meters={SEVEN: True})
    assert ledger.states[SEVEN].values[VOLUME] == Value(5, AT)
    ledger.take([batch(uplink(KEPT + 9, telegram(7, 6)))])
    assert ledger.states[SEVEN].values[VOLUME].value == 6
    ledger.close()


def test_two_bridges_hear_one_meter(path: Path) -> None:
    """It is one device with the readings of both, and stays while one of them does."""
    ledger = opened(path, RADIO, meters={SEVEN: True})
    ledger.take([batch(uplink(0, telegram(7, 5)))])
    ledger.take([batch(uplink(1, telegram(7, 6), OTHER), device=OTHER)])
    assert set(ledger.states) == {EUI, OTHER.dev_eui, SEVEN}
    assert ledger.states[SEVEN].values[VOLUME] == Value(6, AT + MINUTE)
    assert ledger.states[SEVEN].via == {EUI: AT, OTHER.dev_eui: AT + MINUTE}
    assert ledger.states[SEVEN].bridge == EUI
    assert ledger.forget([EUI]) == {EUI}
    assert ledger.states[SEVEN].bridge == OTHER.dev_eui
    ledger.close()
    ledger = opened(path, RADIO, meters={SEVEN: True})
    assert ledger.states[SEVEN].values[VOLUME].value == 6
    assert ledger.forget([OTHER.dev_eui]) == {OTHER.dev_eui, SEVEN}
    assert ledger.states == {}
    ledger.close()
    ledger = opened(path, RADIO, meters={SEVEN: True})
    assert ledger.states == {}
    ledger.close()


@pytest.mark.parametrize("codec", [None, WIRED])
def test_another_decoder_of_the_bridge_begins_anew(path: Path, codec: Codec | None) -> None:
    """Meters that only the wrong decoder told of are gone; those of other bridges stay."""
    meters = {SEVEN: True, EIGHT: True}
    ledger = opened(path, RADIO, meters=meters)
    ledger.take([batch(uplink(0, telegram(7, 5)), uplink(1, telegram(8, 6)))])
    ledger.take([batch(uplink(2, telegram(8, 6), OTHER), device=OTHER)])
    ledger.close()

    def assigned(device: Device) -> Codec | None:
        return codec if "model" in device.tags else RADIO

    given = Choices(assigned, lambda _: {}, meters={SEVEN: True, EIGHT: True})
    ledger = Ledger(Store.open(path), given)
    assert set(ledger.states) == {EUI, OTHER.dev_eui, SEVEN, EIGHT}
    ledger.meet([replace(DEVICE, tags={"model": "another"})])
    assert set(ledger.states) == {EUI, OTHER.dev_eui, EIGHT}
    assert ledger.left == {SEVEN}
    ledger.close()


def test_meter_is_exchanged_behind_its_bridge(path: Path) -> None:
    """The new number continues the total of the old one, also after the bridge is gone."""
    exchange = Exchange(SEVEN, EIGHT, AT + MINUTE, {"volume": (5.0, 0.0)})
    places = Places([exchange])
    meters = {SEVEN: True, EIGHT: True}
    ledger = opened(path, RADIO, meters=meters)
    ledger.take([batch(uplink(0, telegram(7, 5)), uplink(2, telegram(8, 2)))])
    ledger.close()
    ledger = opened(path, RADIO, places=places, meters={EIGHT: True})
    assert set(ledger.states) == {EUI, SEVEN}
    assert ledger.states[SEVEN].values[VOLUME] == Value(7, AT + 2 * MINUTE, display=2)
    ledger.close()


def test_bridge_lists_the_newest_it_heard(path: Path) -> None:
    """Whoever drives by does not fill the list for ever."""
    ledger = opened(path, RADIO)
    uplinks = (uplink(n, telegram(n % 256, 1)) for n in range(FOUND_KEPT + 20))
    ledger.take([batch(*uplinks)])
    found = ledger.states[EUI].found
    assert len(found) == FOUND_KEPT
    assert "19" not in found
    store = ledger._store  # noqa: SLF001  # what is kept is the point
    assert len(store.waiting.counts()) == FOUND_KEPT
    ledger.close()


def test_consumption_and_hours_of_a_meter(path: Path) -> None:
    """It is a meter like any other."""
    ledger = opened(path, WIRED)
    ledger.reckon({Period.TODAY: (AT, AT + 60 * MINUTE)})
    ledger.take([batch(uplink(0, telegram(7, 5)), uplink(1, telegram(7, 6)))])
    assert ledger.states[SEVEN].consumed == {(VOLUME, Period.TODAY): 1}
    assert {due.dev_eui for due in ledger.due((), never_written=True)} == {SEVEN}
    ledger.close()


def test_identity_of_a_meter_is_no_dev_eui() -> None:
    """Nor can spelling make two of one."""
    assert identity_of("1ESY 11-60123456") == identity_of("1esy1160123456")
    assert is_meter(identity_of("0011223344556677"))
    assert not is_meter(EUI)


def _told(ledger_of: Any, pieces: list[Batch]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        ledger: Ledger = ledger_of(Path(folder) / "entry.db")
        for each in pieces:
            ledger.take([each])
        ledger.close()
        ledger = ledger_of(Path(folder) / "entry.db")
        found = {
            place: (state.values, state.via, state.found, state.problem, state.medium)
            for place, state in ledger.states.items()
        }
        ledger.close()
    return found


@given(
    counts=st.lists(st.tuples(st.integers(7, 9), st.booleans(), st.booleans()), max_size=8),
    data=st.data(),
)
def test_any_delivery_by_any_bridge_gives_the_same_meters(
    counts: list[tuple[int, bool, bool]], data: st.DataObject
) -> None:
    """In any order, twice, and with the choice made before or afterwards."""
    pieces = []
    for n, (number, by_other, encrypted) in enumerate(counts):
        device = OTHER if by_other else DEVICE
        payload = telegram(number, n, "E" if encrypted else "M")
        pieces.append(batch(uplink(n, payload, device), device=device))
    chosen = {SEVEN: True, EIGHT: True, NINE: False}

    def first(path: Path) -> Ledger:
        return opened(path, RADIO, meters=chosen)

    def later(path: Path) -> Ledger:
        return opened(path, RADIO, meters=chosen if path.exists() else None)

    mixed = data.draw(st.permutations(pieces * 2))
    assert _told(first, mixed) == _told(first, pieces) == _told(later, mixed)
