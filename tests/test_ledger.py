"""Uplinks become states, whatever their order, repetition and batching."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
import tempfile

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.bernau_smartcity.ledger.choices import Choices
from custom_components.bernau_smartcity.ledger.decoding import ENCRYPTED
from custom_components.bernau_smartcity.ledger.ledger import Ledger
from custom_components.bernau_smartcity.ledger.state import DeviceState, Key, Value
from custom_components.bernau_smartcity.ledger.store import Store
from custom_components.bernau_smartcity.ledger.totals import SAMPLES_KEPT
from custom_components.bernau_smartcity.metering.register import Kind
from custom_components.bernau_smartcity.model import (
    Batch,
    Codec,
    DecodeError,
    Device,
    Medium,
    Quantity,
    Reading,
    Setting,
    Uplink,
)

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
EUI = "0011223344556677"
DEVICE = Device(dev_eui=EUI, name="Zähler", scope="app", profile="profile")
VOLUME: Key = (Quantity.VOLUME, 0)
PULSES: Key = (Quantity.PULSES, 1)


def _decode(uplink: Uplink) -> Iterator[Reading]:
    """Decode the payload of an imaginary device: volume, flow, pulses."""
    if len(uplink.payload) != 3:
        message = "3 bytes expected"
        raise DecodeError(message)
    volume, flow, pulses = uplink.payload
    if flow == 255:
        raise ZeroDivisionError
    yield Reading(Quantity.VOLUME, volume, meter="4711")
    yield Reading(Quantity.VOLUME, volume - flow, at=uplink.received_at - HOUR)
    yield Reading(Quantity.FLOW, flow)
    yield Reading(Quantity.PULSES, pulses, 1)
    if pulses == 0:
        yield Reading(Quantity.RESTART, 1)


CODEC = Codec(
    key="imaginary",
    manufacturer="Nobody",
    model="Nothing",
    medium=Medium.UNKNOWN,
    quantities=frozenset({Quantity.VOLUME, Quantity.FLOW, Quantity.PULSES, Quantity.RESTART}),
    decode=_decode,
    settings=(Setting.MEDIUM, Setting.PULSE_WEIGHT),
)


def uplink(n: int, payload: bytes, **more: object) -> Uplink:
    """Give the uplink of the nth hour."""
    return replace(
        Uplink(
            dev_eui=EUI,
            id=str(n),
            received_at=AT + n * HOUR,
            f_port=1,
            f_cnt=n,
            payload=payload,
        ),
        **more,  # type: ignore[arg-type]  # fields of Uplink
    )


def batch(*uplinks: Uplink, cursor: str = "", joined: bool = False) -> Batch:
    """Give the uplinks as one batch."""
    cursors = {EUI: cursor} if cursor else {}
    return Batch(device=DEVICE, uplinks=uplinks, cursors=cursors, joined=joined)


def opened(
    path: Path, codec: Codec | None = CODEC, settings: Mapping[str, str] | None = None
) -> Ledger:
    """Open a ledger whose user chose this codec and these settings."""
    return Ledger(Store.open(path), Choices(lambda _: codec, lambda _: settings or {}))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give the place of the store."""
    return tmp_path / "entry.db"


def number(state: DeviceState, key: Key) -> float:
    """Give a value of the state."""
    return state.values[key].value


def test_states_and_cursors_survive_a_restart(path: Path) -> None:
    """What was taken is there again, with its own time."""
    ledger = opened(path)
    taken = ledger.take([batch(uplink(0, bytes([10, 2, 5])), cursor="1-0")])
    ledger.close()
    ledger = opened(path)
    assert ledger.states == taken
    assert ledger.cursors == {EUI: "1-0"}
    assert ledger.states[EUI].values[VOLUME] == Value(10, AT)
    assert ledger.states[EUI].meter == "4711"
    ledger.close()


def test_late_uplink_never_returns_an_older_value(path: Path) -> None:
    """The newest measurement stays, and the late one still counts."""
    ledger = opened(path)
    ledger.take([batch(uplink(5, bytes([30, 9, 5])))])
    (state,) = ledger.take([batch(uplink(2, bytes([20, 1, 3])))]).values()
    assert state.values[VOLUME] == Value(30, AT + 5 * HOUR)
    assert state.values[Quantity.FLOW, 0] == Value(9, AT + 5 * HOUR)
    assert state.heard is not None
    assert state.heard.f_cnt == 5
    ledger.close()


def test_rollover_of_the_register_continues_the_total(path: Path) -> None:
    """The total goes on, and the display is told beside it."""
    ledger = opened(path, replace(CODEC, modulus={Quantity.PULSES: 256}))
    ledger.take([batch(uplink(0, bytes([1, 0, 250])))])
    (state,) = ledger.take([batch(uplink(1, bytes([2, 0, 4])))]).values()
    assert state.values[PULSES] == Value(260, AT + HOUR, display=4)
    assert [decision.kind for _, decision in state.decisions] == [Kind.ROLLOVER]
    ledger.close()


def test_announced_restart_counts_on(path: Path) -> None:
    """A pulse counter that lost its power goes on from where it was."""
    ledger = opened(path)
    (state,) = ledger.take(
        [batch(uplink(0, bytes([1, 0, 90])), uplink(1, bytes([2, 0, 0])))]
    ).values()
    assert number(state, PULSES) == 90
    assert [decision.kind for _, decision in state.decisions] == [Kind.RESTART]
    ledger.close()


def test_lost_uplinks_are_counted_once(path: Path) -> None:
    """Gaps in the frame counter count; repetition, joins and resets do not."""
    ledger = opened(path)
    ledger.take([batch(uplink(0, b""), uplink(3, b""), uplink(3, b""))])
    assert ledger.states[EUI].lost == 2
    ledger.take([batch(uplink(0, b""), uplink(3, b""))])
    assert ledger.states[EUI].lost == 2
    ledger.take([batch(uplink(4, b"", f_cnt=1))])
    assert ledger.states[EUI].lost == 2
    ledger.take([batch(uplink(5, b"", f_cnt=9), joined=True)])
    assert ledger.states[EUI].lost == 2
    ledger.close()


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (uplink(1, b"\x01"), "3 bytes expected"),
        (uplink(1, bytes([1, 255, 1])), "ZeroDivisionError"),
        (uplink(1, bytes([1, 1, 1]), encrypted=True), ENCRYPTED),
    ],
)
def test_uplink_without_readings_is_told_and_waits(path: Path, bad: Uplink, problem: str) -> None:
    """It changes no value, stops nothing, and is read by a decoder that understands it."""
    ledger = opened(path)
    first = uplink(0, bytes([10, 2, 5]))
    (state,) = ledger.take([batch(first, bad)]).values()
    assert state.problem == problem
    assert state.values[VOLUME] == Value(10, AT)
    (state,) = ledger.take([batch(uplink(2, bytes([11, 2, 5])))]).values()
    assert state.problem == ""
    ledger.close()


def test_what_a_server_made_of_a_message_is_not_counted(path: Path) -> None:
    """It may come before the message itself, whose frame counter it does not have."""
    ledger = opened(path)
    ledger.take([batch(uplink(0, bytes([10, 2, 5]), f_cnt=41))])
    made = uplink(1, b"", f_cnt=0, counted=False, decoded={"volume": 7})
    ledger.take([batch(made)])
    ledger.take([batch(uplink(1, b"", f_cnt=42), uplink(2, bytes([11, 2, 5]), f_cnt=43))])
    state = ledger.states[EUI]
    assert state.heard is not None
    assert (state.lost, state.heard.f_cnt) == (0, 43)
    ledger.close()


def test_uplinks_wait_for_a_decoder(path: Path) -> None:
    """What came before the user chose a decoder is not lost."""
    ledger = opened(path, None)
    (state,) = ledger.take([batch(uplink(0, bytes([10, 2, 5])), cursor="1-0")]).values()
    assert (state.codec, state.values) == ("", {})
    ledger.close()
    ledger = opened(path)
    assert ledger.states[EUI].values[VOLUME] == Value(10, AT)
    assert ledger.cursors == {EUI: "1-0"}
    ledger.close()


@pytest.mark.parametrize("codec", [None, replace(CODEC, key="other")])
def test_another_decoder_begins_anew(path: Path, codec: Codec | None) -> None:
    """Nothing that the wrong decoder said remains, and the history is read again."""
    ledger = opened(path)
    ledger.take([batch(uplink(0, bytes([10, 2, 5])), cursor="1-0")])
    ledger.close()
    ledger = opened(path, codec)
    assert ledger.states[EUI].values == {}
    assert ledger.cursors == {}
    ledger.close()
    ledger = opened(path, codec)
    assert ledger.cursors == {}
    ledger.close()


def test_pulses_become_volume_by_their_weight(path: Path) -> None:
    """With medium and weight there is a second total; a new weight continues it."""
    settings = {"medium": "Gas ", "pulse_weight": "0,1"}
    ledger = opened(path, settings=settings)
    payload = bytes([1, 0, 50])
    (state,) = ledger.take([batch(uplink(0, payload))]).values()
    assert state.values[Quantity.VOLUME, 1] == Value(5, AT)
    assert ledger.medium(state) is Medium.GAS
    ledger.close()
    ledger = opened(path, settings={**settings, "pulse_weight": "1"})
    assert ledger.states[EUI].values[Quantity.VOLUME, 1] == Value(5, AT)
    (state,) = ledger.take([batch(uplink(1, bytes([1, 0, 52])))]).values()
    assert number(state, (Quantity.VOLUME, 1)) == 7
    ledger.close()


@pytest.mark.parametrize(
    "settings",
    [
        {"pulse_weight": "0.1"},
        {"medium": "gas"},
        {"medium": "gas", "pulse_weight": "0"},
        {"medium": "beer", "pulse_weight": "0.1"},
        {"medium": "people", "pulse_weight": "0.1"},
    ],
)
def test_pulses_stay_pulses_without_a_meaning(path: Path, settings: Mapping[str, str]) -> None:
    """Nothing is guessed."""
    ledger = opened(path, settings=settings)
    (state,) = ledger.take([batch(uplink(0, bytes([1, 0, 50])))]).values()
    assert (Quantity.VOLUME, 1) not in state.values
    assert number(state, PULSES) == 50
    ledger.close()


def test_weight_is_ignored_where_the_codec_asks_for_none(path: Path) -> None:
    """A tag meant for something else changes nothing."""
    ledger = opened(path, replace(CODEC, settings=()), {"medium": "gas", "pulse_weight": "0.1"})
    (state,) = ledger.take([batch(uplink(0, bytes([1, 0, 50])))]).values()
    assert (Quantity.VOLUME, 1) not in state.values
    assert ledger.medium(state) is Medium.UNKNOWN
    ledger.close()


def test_old_samples_are_folded_away(path: Path) -> None:
    """The store does not grow for ever; what hours still need stays, and no total notices."""
    ledger = opened(path)
    days = SAMPLES_KEPT.days + 10
    for day in range(days):
        ledger.take([batch(uplink(day * 24, bytes([day, 1, day])))])
    state = ledger.states[EUI]
    assert number(state, VOLUME) == days - 1
    assert number(state, PULSES) == days - 1
    kept = ledger._store.samples  # noqa: SLF001  # what is kept is the point
    assert len(kept.after(EUI, VOLUME, None)) == 2 * days
    ledger.settle(ledger.due((), never_written=False))
    ledger.take([batch(uplink(days * 24, bytes([days, 1, days])))])
    samples = kept.after(EUI, VOLUME, None)
    assert len(samples) < 2 * (SAMPLES_KEPT.days + 3)
    assert samples[0].at == ledger.states[EUI].registers[VOLUME].since
    before = ledger.states[EUI].registers
    ledger.take([batch(uplink(1, bytes([200, 1, 200])))])
    assert ledger.states[EUI].registers == before
    ledger.close()


def test_late_sample_never_makes_what_is_shown_fall(path: Path) -> None:
    """A late sample may unmask a jump; the total then waits until it is overtaken."""
    ledger = opened(path)
    limit_per_hour = 500
    payloads = {0: 0, 60: 250}
    ledger.take([batch(*(uplink(n, bytes([v, 0, 1])) for n, v in payloads.items()))])
    shown = ledger.states[EUI].registers[VOLUME].shown
    assert 0 < shown <= limit_per_hour
    ledger.take([batch(uplink(59, bytes([1, 0, 1])))])
    assert ledger.states[EUI].registers[VOLUME].shown >= shown
    ledger.close()


def test_inventory_and_forgetting(path: Path) -> None:
    """New and renamed devices are met, known ones change nothing, gone ones leave nothing."""
    ledger = opened(path)
    assert set(ledger.meet([DEVICE])) == {EUI}
    assert ledger.meet([DEVICE]) == {}
    ledger.take([batch(uplink(0, bytes([10, 2, 5])), cursor="1-0")])
    renamed = replace(DEVICE, name="Anders")
    assert ledger.meet([renamed])[EUI].device == renamed
    assert number(ledger.states[EUI], VOLUME) == 10
    ledger.forget([EUI])
    assert (ledger.states, ledger.cursors) == ({}, {})
    ledger.close()
    ledger = opened(path)
    assert (ledger.states, ledger.cursors) == ({}, {})
    ledger.close()


def test_poll_does_not_forget_the_catalogue(path: Path) -> None:
    """Only the inventory tells it, and it may decide the decoder."""
    ledger = opened(path)
    ledger.meet([replace(DEVICE, catalogue="elvaco")])
    (state,) = ledger.take([batch(uplink(0, b""))]).values()
    assert state.device.catalogue == "elvaco"
    ledger.close()


def test_cursor_of_a_scope_is_kept(path: Path) -> None:
    """A batch may belong to no device."""
    ledger = opened(path)
    assert ledger.take([Batch(cursors={"app": "x"})]) == {}
    ledger.close()
    ledger = opened(path)
    assert ledger.cursors == {"app": "x"}
    ledger.close()


def _taken(batches: Iterable[Batch]) -> DeviceState:
    """Give the state after these batches and a restart."""
    with tempfile.TemporaryDirectory() as folder:
        with closing(opened(Path(folder) / "entry.db")) as ledger:
            for item in batches:
                ledger.take([item])
        with closing(opened(Path(folder) / "entry.db")) as ledger:
            return ledger.states[EUI]


def _in_pieces(data: st.DataObject, uplinks: list[Uplink]) -> Iterator[Batch]:
    """Give the uplinks twice, in any order, cut into any batches."""
    mixed = data.draw(st.permutations(uplinks * 2))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(mixed)), max_size=5)))
    for begin, end in zip([0, *cuts], [*cuts, len(mixed)], strict=True):
        yield batch(*mixed[begin:end])


@settings(deadline=None)
@given(
    increases=st.lists(
        st.integers(0, 6).flatmap(
            lambda more: st.tuples(st.just(more), st.integers(0, more), st.integers(0, 6))
        ),
        min_size=1,
        max_size=30,
    ),
    data=st.data(),
)
def test_any_delivery_of_a_meter_that_counts_shows_the_same(
    increases: list[tuple[int, int, int]], data: st.DataObject
) -> None:
    """The values depend on the set of uplinks alone."""
    volume = pulses = 0
    uplinks = []
    for n, (more, last_hour, count) in enumerate(increases):
        volume, pulses = volume + more, pulses + count
        uplinks.append(uplink(n * 3, bytes([volume, last_hour, pulses + 1])))
    assert _taken(_in_pieces(data, uplinks)).values == _taken([batch(*uplinks)]).values


@given(payloads=st.lists(st.binary(min_size=3, max_size=3), min_size=1), data=st.data())
def test_any_delivery_of_any_payloads_ends_in_the_same_totals(
    payloads: list[bytes], data: st.DataObject
) -> None:
    """Even of a meter that shows nonsense; only what was shown before may hold a total up."""
    uplinks = [uplink(n, payload) for n, payload in enumerate(payloads)]
    pieces, whole = _taken(_in_pieces(data, uplinks)), _taken([batch(*uplinks)])
    assert pieces.latest == whole.latest
    totals = [{k: r.total for k, r in s.registers.items()} for s in (pieces, whole)]
    assert totals[0] == totals[1]
    assert all(r.shown >= r.total.value for r in pieces.registers.values())
