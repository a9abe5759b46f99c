"""What a message means may depend on earlier ones, however they are delivered."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
import tempfile
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.bernau_smartcity.ledger.memory import LIMIT, Memo, Recall, merged, remembered
from custom_components.bernau_smartcity.ledger.state import Value
from custom_components.bernau_smartcity.ledger.waiting import KEPT
from custom_components.bernau_smartcity.model import (
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
    DAY,
    EUI,
    IN_PARTS,
    KEY,
    MINUTE,
    SEALED,
    VOLUME,
    batch,
    opened,
    uplink,
)

HEADER = b"H"


def part(number: int, place: int, count: int, digit: int) -> bytes:
    """Give one part of a message."""
    return bytes([ord("P"), number, place, count, digit])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give the place of the store."""
    return tmp_path / "entry.db"


def test_parts_are_put_together_over_a_restart(path: Path) -> None:
    """The parts that came before are still known."""
    ledger = opened(path, IN_PARTS)
    ledger.take([batch(uplink(0, HEADER), uplink(1, part(1, 0, 2, 4)))])
    assert ledger.states[EUI].values == {}
    ledger.close()
    ledger = opened(path, IN_PARTS)
    ledger.take([batch(uplink(2, part(1, 1, 2, 2)))])
    assert ledger.states[EUI].values[VOLUME] == Value(42, AT + 2 * MINUTE)
    assert set(ledger.states[EUI].memory) == {"unit"}
    ledger.close()


def test_parts_expire_by_the_time_of_later_ones(path: Path) -> None:
    """Not by the time at which they are read."""
    ledger = opened(path, IN_PARTS)
    minutes = DAY // MINUTE
    ledger.take([batch(uplink(0, HEADER), uplink(1, part(1, 0, 2, 4)))])
    ledger.take([batch(uplink(1 + minutes, part(1, 1, 2, 2)))])
    assert ledger.states[EUI].values == {}
    ledger.take([batch(uplink(minutes, part(1, 1, 2, 7)))])
    assert ledger.states[EUI].values[VOLUME].value == 47
    ledger.close()


def test_what_waits_for_a_header_is_read_by_a_later_one(path: Path) -> None:
    """The parts that belong to it are those of its own time."""
    ledger = opened(path, IN_PARTS)
    ledger.take([batch(uplink(0, part(1, 0, 2, 4)), uplink(1, part(1, 1, 2, 2)))])
    assert ledger.states[EUI].problem == Missing.HEADER
    ledger.take([batch(uplink(2, part(2, 0, 2, 9)))])
    ledger.take([batch(uplink(3, HEADER))])
    state = ledger.states[EUI]
    assert (state.problem, state.values[VOLUME]) == ("", Value(42, AT + MINUTE))
    ledger.take([batch(uplink(4, part(2, 1, 2, 9)))])
    assert ledger.states[EUI].values[VOLUME].value == 99
    ledger.close()


def test_key_that_comes_late_is_as_good_as_one_that_was_there(path: Path) -> None:
    """Each message is read in its turn, with what the ones before it then tell."""
    ledger = opened(path, SEALED)
    ledger.take([batch(uplink(0, HEADER), uplink(1, part(1, 0, 2, 4)))])
    ledger.take([batch(uplink(2, part(1, 1, 2, 2)), uplink(3, part(2, 0, 2, 5)))])
    assert ledger.states[EUI].values == {}
    ledger.close()
    ledger = opened(path, SEALED, keys={EUI: KEY})
    state = ledger.states[EUI]
    assert (state.problem, state.values[VOLUME]) == ("", Value(42, AT + 2 * MINUTE))
    ledger.take([batch(uplink(4, part(2, 1, 2, 0)))])
    assert ledger.states[EUI].values[VOLUME].value == 50
    ledger.close()


def test_part_of_a_telegram_is_kept_with_the_whole(path: Path) -> None:
    """What waits for a key needs the parts before it, though others came since."""
    ledger = opened(path, SEALED, settings={"key": KEY})
    ledger.take([batch(uplink(0, HEADER))])
    ledger.close()
    ledger = opened(path, SEALED)
    ledger.take([batch(uplink(1, part(1, 0, 2, 4)), uplink(2, part(1, 1, 2, 2)))])
    assert ledger.states[EUI].problem == Missing.KEY
    late = [uplink(n, part(n, 0, 2, 1)) for n in range(3, KEPT + 20)]
    ledger.take([batch(*late)])
    ledger.close()
    ledger = opened(path, SEALED, keys={EUI: KEY})
    assert ledger.states[EUI].values[VOLUME] == Value(42, AT + 2 * MINUTE)
    ledger.close()


def test_newer_header_is_used_where_the_old_one_does_not_do(path: Path) -> None:
    """A message waits until there is one that fits."""

    def decode(uplink: Uplink) -> Iterator[Told]:
        if uplink.payload[:1] == b"H":
            yield Remember("unit", uplink.payload[1:].decode())
        elif uplink.memory.get("unit") != "m³":
            raise WaitingError(Missing.HEADER)
        else:
            yield Reading(Quantity.VOLUME, uplink.payload[-1])

    codec = replace(IN_PARTS, decode=decode)
    ledger = opened(path, codec)
    ledger.take([batch(uplink(0, b"Hl"), uplink(1, b"\x05"), uplink(2, b"Hl"))])
    assert ledger.states[EUI].problem == ""
    assert ledger.states[EUI].values == {}
    ledger.take([batch(uplink(3, b"Hgal"))])
    assert ledger.states[EUI].values == {}
    ledger.take([batch(uplink(4, "Hm³".encode()))])
    assert ledger.states[EUI].values[VOLUME] == Value(5, AT + MINUTE)
    ledger.close()


def test_another_decoder_remembers_nothing(path: Path) -> None:
    """What the wrong one asked for is forgotten with what it read."""
    ledger = opened(path, IN_PARTS)
    ledger.take([batch(uplink(0, HEADER), uplink(1, part(1, 0, 2, 4)))])
    ledger.close()
    ledger = opened(path, None)
    assert ledger.states[EUI].memory == {}
    assert not ledger.states[EUI].recalls
    ledger.close()
    ledger = opened(path, IN_PARTS)
    ledger.take([batch(uplink(2, part(1, 1, 2, 2)))])
    assert ledger.states[EUI].values == {}
    ledger.close()


def test_only_what_depends_on_others_is_kept(path: Path) -> None:
    """And of that the newest."""
    ledger = opened(path, IN_PARTS)
    recent = ledger._store.recent  # noqa: SLF001  # what is kept is the point
    ledger.take([batch(uplink(0, b"?"))])
    assert recent.since(EUI) == []
    ledger.take([batch(*(uplink(n, HEADER) for n in range(1, KEPT + 9)))])
    assert [kept.uplink.f_cnt for kept in recent.since(EUI)] == list(range(9, KEPT + 9))
    ledger.take([batch(uplink(5, HEADER), uplink(6, part(1, 0, 1, 7)))])
    assert ledger.states[EUI].values[VOLUME] == Value(7, AT + 6 * MINUTE)
    ledger.forget([EUI])
    assert recent.since(EUI) == []
    ledger.close()


@st.composite
def messages(draw: st.DrawFn) -> list[Uplink]:
    """Give what a device sent: headers and messages in parts, some of which never came."""
    sent: list[bytes] = []
    for number in range(draw(st.integers(1, 8))):
        if draw(st.booleans()):
            sent.append(HEADER)
        count = draw(st.integers(1, 3))
        sent += [part(number, place, count, number) for place in range(count)]
    lost = draw(st.sets(st.integers(0, len(sent) - 1)))
    return [uplink(n, payload) for n, payload in enumerate(sent) if n not in lost]


def pieces(data: st.DataObject, uplinks: list[Uplink]) -> Iterator[list[Uplink]]:
    """Give the uplinks in any order, some twice, cut into any batches."""
    again = data.draw(st.lists(st.sampled_from(uplinks))) if uplinks else []
    mixed = data.draw(st.permutations(uplinks + again))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(mixed)), max_size=6)))
    for begin, end in zip([0, *cuts], [*cuts, len(mixed)], strict=True):
        yield mixed[begin:end]


def told(batches: list[list[Uplink]]) -> dict[str, Any]:
    """Give all that remains of these batches, each after a restart."""
    with tempfile.TemporaryDirectory() as folder:
        for each in batches:
            ledger = opened(Path(folder) / "entry.db", IN_PARTS)
            ledger.take([batch(*each)])
            ledger.close()
        ledger = opened(Path(folder) / "entry.db", IN_PARTS)
        state = ledger.states[EUI]
        store = ledger._store  # noqa: SLF001  # what is kept is the point
        found = {
            "samples": store.samples.after(EUI, VOLUME, None),
            "memory": state.memory,
            "problem": state.problem,
            "recent": store.recent.since(EUI),
            "waiting": store.waiting.take(EUI, [EUI]),
            "values": state.values,
        }
        ledger.close()
    return found


@given(uplinks=messages(), data=st.data())
def test_any_delivery_of_parts_gives_the_same_readings(
    uplinks: list[Uplink], data: st.DataObject
) -> None:
    """In whatever order, batches and repetition, with a restart between any two."""
    assert told(list(pieces(data, uplinks))) == told([uplinks])


def test_memory_is_bounded_and_the_oldest_goes_first() -> None:
    """One that is too long for itself alone is not kept at all."""
    half = "x" * (LIMIT // 2 - 1)
    memory = remembered({}, [Remember("a", half)], AT)
    memory = remembered(memory, [Remember("b", half)], AT + MINUTE)
    assert set(memory) == {"a", "b"}
    memory = remembered(memory, [Remember("c", "ü")], AT + 2 * MINUTE)
    assert set(memory) == {"b", "c"}
    assert remembered({}, [Remember("d", half * 3)], AT) == {}


def test_memory_forgets_what_it_is_told_to() -> None:
    """An empty text, and a lifetime that is over; what is newer stays."""
    memory = remembered({}, [Remember("a", "1"), Remember("b", "2", timedelta(minutes=5))], AT)
    assert dict(Recall(memory, AT + 4 * MINUTE)) == {"a": "1", "b": "2"}
    assert dict(Recall(memory, AT + 5 * MINUTE)) == {"a": "1"}
    assert set(remembered(memory, [], AT + 5 * MINUTE)) == {"a"}
    assert set(remembered(memory, [Remember("a", "")], AT)) == {"b"}
    assert set(remembered(memory, [Remember("a", "")], AT - MINUTE)) == {"a", "b"}
    newer = {"a": Memo("9", AT + MINUTE)}
    assert merged(memory, newer)["a"].text == merged(newer, memory)["a"].text == "9"


@pytest.mark.parametrize("look", [len, list, lambda recall: recall.get("a"), bool, dict])
def test_looking_into_memory_is_noticed(look: Any) -> None:
    """However a codec does it."""
    recall = Recall({"a": Memo("1", AT)}, AT)
    assert not recall.used
    look(recall)
    assert recall.used
