"""Counters that tell no total have one all the same, of all that was counted between messages."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.bernau_smartcity.ledger.choices import Choices
from custom_components.bernau_smartcity.ledger.ledger import Ledger
from custom_components.bernau_smartcity.ledger.places import Exchange, Places
from custom_components.bernau_smartcity.ledger.state import RESTART, DeviceState, Key
from custom_components.bernau_smartcity.ledger.store import Store
from custom_components.bernau_smartcity.ledger.totals import SAMPLES_KEPT
from custom_components.bernau_smartcity.metering.register import Point
from custom_components.bernau_smartcity.model import (
    Codec,
    DecodeError,
    Medium,
    Quantity,
    Reading,
    Setting,
    Uplink,
)

from .small_codecs import AT, EUI, MINUTE, OTHER, batch, opened, uplink

PEOPLE: Key = (Quantity.PEOPLE_IN, 1)
PEOPLE_PERIOD: Key = (Quantity.PEOPLE_IN_PERIOD, 1)
PULSES: Key = (Quantity.PULSES, 0)
VOLUME: Key = (Quantity.VOLUME, 0)


def _decode(up: Uplink) -> Iterator[Reading]:
    """Decode `P` period, `T` total and period, `R` restart, `I` pulses, `S` what was stored."""
    kind, *numbers = up.payload
    match chr(kind), numbers:
        case "P", [period]:
            yield Reading(Quantity.PEOPLE_IN_PERIOD, period, 1)
        case "T", [total, period]:
            yield Reading(Quantity.PEOPLE_IN_PERIOD, period, 1)
            yield Reading(Quantity.PEOPLE_IN, total, 1)
        case "R", []:
            yield Reading(Quantity.RESTART, 1)
        case "I", [pulses]:
            yield Reading(Quantity.PULSES_PERIOD, pulses)
        case "S", [*periods]:
            for n, period in enumerate(periods, 1):
                at = up.received_at - n * MINUTE / 4
                yield Reading(Quantity.PEOPLE_IN_PERIOD, period, 1, at)
        case _:
            message = "unknown"
            raise DecodeError(message)


CODEC = Codec(
    key="counter",
    manufacturer="Nobody",
    model="Counter",
    medium=Medium.WATER,
    quantities=frozenset(
        {
            *(Quantity.PEOPLE_IN_PERIOD, Quantity.PEOPLE_IN, Quantity.RESTART),
            *(Quantity.PULSES_PERIOD, Quantity.VOLUME),
        }
    ),
    decode=_decode,
    modulus={Quantity.PEOPLE_IN: 256},
    settings=(Setting.PULSE_WEIGHT,),
)


def taken(ledger: Ledger, *uplinks: Uplink) -> DeviceState:
    """Let a ledger take uplinks, and give the state of their device."""
    return ledger.take([batch(*uplinks)]).get(EUI) or ledger.states[EUI]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Give a ledger of one counter."""
    ledger = opened(tmp_path / "entry.db", CODEC)
    yield ledger
    ledger.close()


def test_counts_add_up_over_restarts_of_home_assistant(tmp_path: Path) -> None:
    """The total continues where it was, and no message counts twice."""
    ledger = opened(tmp_path / "entry.db", CODEC)
    taken(ledger, uplink(0, b"P\x04"), uplink(1, b"P\x06"))
    ledger.close()
    ledger = opened(tmp_path / "entry.db", CODEC)
    value = taken(ledger, uplink(1, b"P\x06"), uplink(2, b"P\x05")).values[PEOPLE]
    assert (value.value, value.at, value.display, value.is_sum) == (15, AT + 2 * MINUTE, None, True)
    ledger.close()


def test_same_message_received_again_counts_once(ledger: Ledger) -> None:
    """A retransmission has the frame counter of the first, and another time."""
    again = replace(uplink(0, b"P\x04", id="again"), received_at=AT + MINUTE / 10)
    assert taken(ledger, uplink(0, b"P\x04"), again).values[PEOPLE].value == 4


def test_stored_counts_have_their_own_time(ledger: Ledger) -> None:
    """Several of one message are several."""
    state = taken(ledger, uplink(0, b"P\x04"), uplink(1, b"S\x01\x02\x03"))
    assert state.values[PEOPLE].value == 10
    assert taken(ledger, uplink(1, b"S\x01\x02\x03", id="again")).values[PEOPLE].value == 10


def test_lost_messages_add_nothing(ledger: Ledger) -> None:
    """Nothing is made up, and it is told how many are missing."""
    state = taken(ledger, uplink(0, b"P\x04"), uplink(3, b"P\x05"))
    assert state.values[PEOPLE].value == 9
    assert state.lost == 2


def test_total_of_the_device_wins(ledger: Ledger) -> None:
    """The period of the same message is part of it."""
    state = taken(ledger, uplink(0, b"T\x64\x0a"), uplink(1, b"T\x66\x02"))
    value = state.values[PEOPLE]
    assert (value.value, value.display, value.is_sum) == (102, None, False)
    assert state.values[PEOPLE_PERIOD].value == 2


def test_total_that_comes_later_wins(ledger: Ledger) -> None:
    """The sum was a part of it, so nothing counts twice and the total never falls."""
    taken(ledger, uplink(0, b"P\x04"), uplink(1, b"P\x06"))
    value = taken(ledger, uplink(2, b"T\x64\x0a")).values[PEOPLE]
    assert (value.value, value.excess, value.is_sum) == (100, 0, False)
    state = taken(ledger, uplink(3, b"T\x66\x02"), uplink(4, b"P\x09"))
    assert state.values[PEOPLE].value == 102
    assert [point.total for point in ledger_points(ledger)] == [94, 100, 100, 102]


def test_total_that_comes_later_and_is_lower_continues_the_sum(ledger: Ledger) -> None:
    """It began when the sum was there already; what the device shows is told beside it."""
    taken(ledger, uplink(0, b"P\x04"), uplink(1, b"P\x06"))
    value = taken(ledger, uplink(2, b"T\x03\x03")).values[PEOPLE]
    assert (value.value, value.display, value.is_sum) == (10, 3, False)
    assert taken(ledger, uplink(3, b"T\x05\x02")).values[PEOPLE].value == 12


def test_counted_pulses_are_weighed(tmp_path: Path) -> None:
    """As any pulses."""
    weight = {Setting.PULSE_WEIGHT: "0.5"}
    ledger = opened(tmp_path / "entry.db", CODEC, settings=weight)
    state = taken(ledger, uplink(0, b"I\x04"), uplink(1, b"I\x06"))
    assert state.values[PULSES].value == 10
    assert state.values[VOLUME].value == 5
    ledger.close()


def ledger_points(ledger: Ledger) -> list[Point]:
    """Give the points of the total."""
    return ledger.run(lambda joining, _: joining.store.samples.points(EUI, PEOPLE, None))


@given(
    told=st.lists(st.tuples(st.sampled_from("PPPST"), st.integers(0, 40)), max_size=8),
    start=st.sampled_from([0, 10, 200]),
    seed=st.integers(),
    pieces=st.integers(1, 4),
)
@settings(deadline=None, max_examples=60)
def test_any_order_repetition_and_batching(
    told: list[tuple[str, int]], start: int, seed: int, pieces: int
) -> None:
    """The same messages end in the same total and the same points."""
    total, uplinks = start, [uplink(0, b"P\x01")]
    for n, (kind, value) in enumerate(told, 1):
        total += value
        payload = {"P": [value], "S": [value, 1], "T": [total % 256, value]}[kind]
        uplinks.append(uplink(n, bytes([ord(kind), *payload])))
    expected = _series([uplinks])
    shuffled = uplinks * 2
    Random(seed).shuffle(shuffled)  # noqa: S311  # no secret
    assert _series([shuffled[n::pieces] for n in range(pieces)]) == expected


def _series(batches: list[list[Uplink]]) -> list[tuple[object, ...]]:
    store = Store.open(Path(":memory:"))
    ledger = Ledger(store, Choices(lambda _: CODEC, lambda _: {}))
    for uplinks in batches:
        taken(ledger, *uplinks)
    register = ledger.states[EUI].registers[PEOPLE]
    points = [tuple(point) for point in store.samples.points(EUI, PEOPLE, None)]
    ledger.close()
    return [(register.total.value, register.is_sum), *points]


def test_restart_that_was_told_in_a_message_of_its_own(ledger: Ledger) -> None:
    """What follows has begun anew, also where it could have rolled over."""
    taken(ledger, uplink(0, b"T\xfa\x00"), uplink(1, b"R"))
    assert taken(ledger, uplink(2, b"T\x05\x05")).values[PEOPLE].value == 255


def test_restart_that_becomes_known_late(ledger: Ledger) -> None:
    """Without it the counter had rolled over; what was shown does not fall."""
    assert (
        taken(ledger, uplink(0, b"T\xfa\x00"), uplink(2, b"T\x05\x05")).values[PEOPLE].value == 261
    )
    value = taken(ledger, uplink(1, b"R")).values[PEOPLE]
    assert (value.value, value.excess) == (261, 6)
    value = taken(ledger, uplink(3, b"T\x14\x05")).values[PEOPLE]
    assert (value.value, value.excess) == (270, 0)


def test_restarts_from_long_ago_are_forgotten(tmp_path: Path) -> None:
    """With the readings of their time; one that comes even later changes nothing."""
    store = Store.open(tmp_path / "entry.db")
    ledger = Ledger(store, Choices(lambda _: CODEC, lambda _: {}))
    days = SAMPLES_KEPT // MINUTE + 5 * 1440
    taken(ledger, uplink(0, b"T\x01\x00"), uplink(1, b"R"), uplink(2, b"T\x02\x00"))
    ledger.settle(ledger.due((), never_written=False))
    taken(ledger, uplink(days, b"T\x05\x05"))
    ledger.settle(ledger.due((), never_written=False))
    taken(ledger, uplink(days + 1, b"T\x06\x01"))
    assert store.samples.after(EUI, RESTART, None) == []
    assert taken(ledger, uplink(0, b"R", id="late")).values[PEOPLE].value == 6
    ledger.close()


def test_exchange_of_a_counter(tmp_path: Path) -> None:
    """The next device counts on; neither has a display that somebody could read."""
    exchange = Exchange(place=EUI, new=OTHER.dev_eui, at=AT + MINUTE, readings={})
    ledger = opened(tmp_path / "entry.db", CODEC, places=Places((exchange,)))
    other = [uplink(n, b"P\x07", device=OTHER) for n in (2, 3)]
    ledger.take([batch(uplink(0, b"P\x04")), batch(*other, device=OTHER)])
    value = ledger.states[EUI].values[PEOPLE]
    assert (value.display, value.is_sum) == (None, True)
    assert value.value == 11
    ledger.close()
