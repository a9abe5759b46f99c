"""Places in the ledger: exchange and display over restarts, late uplinks and undo."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
import tempfile

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.bernau_smartcity.ledger.choices import Choices
from custom_components.bernau_smartcity.ledger.ledger import Ledger
from custom_components.bernau_smartcity.ledger.places import Display, Exchange, Places
from custom_components.bernau_smartcity.ledger.state import DeviceState, suffix_of
from custom_components.bernau_smartcity.ledger.store import Store
from custom_components.bernau_smartcity.ledger.totals import SAMPLES_KEPT
from custom_components.bernau_smartcity.metering.hours import Bounds, Period
from custom_components.bernau_smartcity.model import Batch, Quantity

from .test_ledger import AT, CODEC, DEVICE, EUI, HOUR, PULSES, VOLUME, uplink

NEW = replace(DEVICE, dev_eui="8899aabbccddeeff", name="Neu")
EXCHANGE = Exchange(EUI, NEW.dev_eui, AT + 2.5 * HOUR, {"volume": (22.0, 3.0)})
GAS = {"medium": "gas", "pulse_weight": "0.1"}


def opened(path: Path, *exchanges: Exchange, displays: tuple[Display, ...] = ()) -> Ledger:
    """Open a ledger with what somebody noted."""
    noted = Places(exchanges, displays)
    return Ledger(Store.open(path), Choices(lambda _: CODEC, lambda _: GAS, noted))


def batches() -> list[Batch]:
    """Give what both devices sent, one uplink at a time; the old one also after its end."""
    old = {0: 10, 1: 15, 2: 20, 9: 60}
    new = {3: 5, 4: 8, 5: 12}
    found = [
        Batch(device=DEVICE, uplinks=(uplink(n, bytes([value, 0, 10 + n])),))
        for n, value in old.items()
    ]
    found += [
        Batch(
            device=NEW,
            uplinks=(uplink(n, bytes([value, 0, 90 + n]), dev_eui=NEW.dev_eui),),
        )
        for n, value in new.items()
    ]
    return found


def shown(state: DeviceState) -> dict[str, float]:
    """Give the totals by name."""
    return {suffix_of(key): state.values[key].value for key in state.totals}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give the place of the store."""
    return tmp_path / "entry.db"


def test_exchange_and_undo(path: Path) -> None:
    """One device with the identity of the old one; afterwards everything is as before."""
    ledger = opened(path)
    ledger.take(batches())
    before = ledger.states
    ledger.close()

    ledger = opened(path, EXCHANGE)
    assert list(ledger.states) == [EUI]
    state = ledger.states[EUI]
    assert shown(state)["volume"] == 22 + 12 - 3
    assert state.values[VOLUME].display == 12
    assert state.device == replace(NEW, dev_eui=EUI, name=DEVICE.name)
    assert state.heard == before[NEW.dev_eui].heard
    assert {d.dev_eui for d in ledger.due((), never_written=True)} == {EUI}
    assert ledger.gaps()[EUI][VOLUME] == []
    ledger.close()

    ledger = opened(path)
    assert ledger.states == before
    due = {(d.dev_eui, d.key) for d in ledger.due((), never_written=True)}
    assert due >= {(EUI, VOLUME), (NEW.dev_eui, VOLUME), (NEW.dev_eui, PULSES)}
    ledger.close()


def test_uplinks_after_an_exchange_change_the_place(path: Path) -> None:
    """They are told under its identity, and a late one finds its place."""
    ledger = opened(path, EXCHANGE)
    ledger.take(batches())
    (state,) = ledger.take(
        [Batch(device=NEW, uplinks=(uplink(7, bytes([20, 0, 99]), dev_eui=NEW.dev_eui),))]
    ).values()
    assert state.device.dev_eui == EUI
    assert shown(state)["volume"] == 22 + 20 - 3
    assert ledger.meet([replace(NEW, name="Anders")])[EUI].device.name == DEVICE.name
    ledger.forget([EUI])
    assert ledger.states == {}
    ledger.close()


def test_exchange_of_devices_that_are_not_known(path: Path) -> None:
    """What was noted of a device that came back later, or never, does no harm."""
    ledger = opened(path, EXCHANGE)
    assert ledger.states == {}
    ledger.take(batches()[4:])
    assert shown(ledger.states[EUI])["volume"] == 12
    ledger.close()


def test_display_shifts_what_is_shown(path: Path) -> None:
    """The total is the number on the display from then on, and goes when it is taken back."""
    ledger = opened(path)
    ledger.take(batches()[:3])
    assert ledger.states[EUI].values[Quantity.VOLUME, 1].value == pytest.approx(1.2)
    ledger.settle(ledger.due((), never_written=False))
    ledger.close()
    noted = Display(EUI, "volume_1", AT + HOUR, 500.0)
    ledger = opened(path, displays=(noted,))
    assert ledger.states[EUI].values[Quantity.VOLUME, 1].value == pytest.approx(500.1)
    assert ledger.states[EUI].values[Quantity.VOLUME, 1].display is None
    (due,) = {d for d in ledger.due((), never_written=True) if d.key == (Quantity.VOLUME, 1)}
    assert due.since <= AT
    ledger.close()
    ledger = opened(path)
    assert ledger.states[EUI].values[Quantity.VOLUME, 1].value == pytest.approx(1.2)
    ledger.close()


def test_readings_around_an_exchange_are_kept(path: Path) -> None:
    """The total does not move when the samples from then are folded away."""
    ledger = opened(path, EXCHANGE)
    ledger.take(batches())
    total = shown(ledger.states[EUI])["volume"]
    for day in range(1, SAMPLES_KEPT.days + 5):
        payload = bytes([12, 0, 95])
        more = uplink(24 * day, payload, dev_eui=NEW.dev_eui)
        ledger.take([Batch(device=NEW, uplinks=(more,))])
        ledger.settle(ledger.due((), never_written=False))
    store = ledger._store  # noqa: SLF001  # what is kept is the point
    kept = store.samples.after(NEW.dev_eui, VOLUME, None)
    assert len(kept) < 2 * (SAMPLES_KEPT.days + 3)
    assert kept[0].at <= AT + 3 * HOUR
    assert shown(ledger.states[EUI])["volume"] == total
    ledger.close()


def _taken(delivered: list[Batch], cut: int) -> tuple[Mapping[str, DeviceState], list[float]]:
    """Give the states, and what was shown on the way; the exchange is noted on the way."""
    way: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        ledger = opened(Path(folder) / "entry.db")
        for number, item in enumerate(delivered):
            if number == cut:
                ledger.close()
                ledger = opened(Path(folder) / "entry.db", EXCHANGE)
            ledger.take([item])
            if number >= cut:
                way += [
                    s.values[VOLUME].value for s in ledger.states.values() if VOLUME in s.values
                ]
        ledger.close()
        ledger = opened(Path(folder) / "entry.db", EXCHANGE)
        states = ledger.states
        ledger.close()
    return states, way


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_a_reading_changes_what_a_look_at_all_readings_would(data: st.DataObject) -> None:
    """Whatever comes in whatever order: nothing that is remembered of the past is wrong."""
    noted = data.draw(
        st.lists(
            st.builds(
                lambda hours: Display(EUI, "volume_1", AT + hours * HOUR, 500.0),
                st.sampled_from([0.5, 2.2, 3.5, 4.0, 8.0, 30.0]),
            ),
            max_size=2,
        )
    )
    exchanges = data.draw(st.sampled_from([(), (EXCHANGE,)]))
    edges = data.draw(st.tuples(st.integers(-2, 10), st.integers(11, 40)))
    bounds: Bounds = {
        Period.THIS_MONTH: (AT, AT + 60 * HOUR),
        Period.TODAY: (AT + edges[0] * HOUR, AT + edges[1] * HOUR),
    }
    longer = [
        Batch(
            device=NEW,
            uplinks=(uplink(n, bytes([n, 0, 90 + n % 9]), dev_eui=NEW.dev_eui),),
        )
        for n in range(6, 40, 4)
    ]
    with tempfile.TemporaryDirectory() as folder:
        choices = Choices(lambda _: CODEC, lambda _: GAS, Places(exchanges, noted))
        store = Store.open(Path(folder) / "entry.db")
        with closing(Ledger(store, choices, bounds)) as ledger:
            altered = ledger.places.changed()
            for item in data.draw(st.permutations([*batches(), *longer])):
                ledger.take([item])
                if EUI in ledger.states and EUI in altered and data.draw(st.booleans()):
                    _assert_same(ledger, bounds)


def _assert_same(ledger: Ledger, bounds: Bounds) -> None:
    """Compare what is shown with what follows from all readings, and forget how it was found."""
    joining, devices = ledger._joining, ledger._by_device  # noqa: SLF001  # what it remembers is the point
    quick = ledger.states[EUI]
    points = {key: joining.points(EUI, key, devices, AT + 20 * HOUR) for key in quick.totals}
    joining.begin_anew(EUI)
    thorough = ledger.reckon(bounds)[EUI]
    assert quick.values.keys() == thorough.values.keys()
    for key, value in quick.values.items():
        other = thorough.values[key]
        assert (value.value, value.excess) == pytest.approx((other.value, other.excess), abs=1e-9)
        assert value.display == pytest.approx(other.display)
        assert value.at == other.at
    assert quick.consumed == pytest.approx(thorough.consumed, abs=1e-9)
    assert quick.spread == thorough.spread
    for key, found in points.items():
        whole = joining.joined(EUI, key, devices).points[-len(found) :]
        assert [point.at for point in found] == [point.at for point in whole]
        assert [p.total for p in found] == pytest.approx([p.total for p in whole])


@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_any_delivery_around_an_exchange_shows_the_same(data: st.DataObject) -> None:
    """Whatever came first, and whenever the exchange was noted; and nothing ever falls."""
    delivered = data.draw(st.permutations(batches()))
    states, way = _taken(delivered, data.draw(st.integers(0, len(delivered) - 1)))
    assert list(states) == [EUI]
    assert states[EUI].values[VOLUME].at == AT + 5 * HOUR
    assert way == sorted(way)
    whole, _ = _taken(batches(), 0)
    assert states[EUI].values[VOLUME].value >= whole[EUI].values[VOLUME].value
    assert timedelta(0) <= states[EUI].values[VOLUME].at - AT
