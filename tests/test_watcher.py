"""Limits and watches follow from what was read, not from the order in which it came."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.bernau_smartcity.ledger.choices import Choices
from custom_components.bernau_smartcity.ledger.ledger import Ledger
from custom_components.bernau_smartcity.ledger.places import Exchange, Places
from custom_components.bernau_smartcity.ledger.state import DeviceState, Watched
from custom_components.bernau_smartcity.ledger.store import Store
from custom_components.bernau_smartcity.ledger.watcher import Limits, Watching
from custom_components.bernau_smartcity.metering.limits import Span
from custom_components.bernau_smartcity.metering.watch import POSSIBLE, Day, Watch
from custom_components.bernau_smartcity.model import Codec, Medium, Quantity, Reading, Uplink

from .small_codecs import DEVICE, EUI, OTHER, VOLUME, batch, uplink

BEGIN = datetime(2026, 11, 2, tzinfo=UTC)
"""A Monday."""
HOUR = timedelta(hours=1)
LIMITS: Limits = {EUI: {"volume": {span.value: 1.0 for span in Span}}}


def _decode(up: Uplink) -> Iterator[Reading]:
    """Decode litres."""
    yield Reading(Quantity.VOLUME, int.from_bytes(up.payload) / 1000)


CODEC = Codec(
    key="litres",
    manufacturer="Nobody",
    model="Litres",
    medium=Medium.WATER,
    quantities=frozenset({Quantity.VOLUME}),
    decode=_decode,
)


class Clock:
    """A clock that is set by hand."""

    now = BEGIN

    def __call__(self) -> datetime:
        """Give the time."""
        return self.now


def opened(path: Path, clock: Clock, codec: Codec = CODEC, **choices: object) -> Ledger:
    """Open a ledger that watches for everything."""
    watching = Watching(clock, LIMITS, POSSIBLE)
    given_ = Choices(lambda _: codec, lambda _: {}, watching=watching, **choices)  # type: ignore[arg-type]  # fields of Choices
    return Ledger(Store.open(path), given_)


def read_at(minutes: int, litres: int, **more: object) -> Uplink:
    """Give what the meter sends at a time."""
    at = BEGIN + timedelta(minutes=minutes)
    return replace(uplink(minutes, litres.to_bytes(4)), received_at=at, **more)  # type: ignore[arg-type]  # fields of Uplink


def steady(hours: range, per_hour: int = 30, start: int = 1_000) -> list[Uplink]:
    """Give what a meter sends each hour."""
    return [read_at(60 * n, start + per_hour * n) for n in hours]


def watched(ledger: Ledger) -> Watched:
    """Give what is told of the meter."""
    return ledger.states[EUI].watched


def days(ledger: Ledger) -> list[Day]:
    """Give the days that are kept."""
    return ledger.run(lambda joining, _: joining.store.watches.days(EUI, VOLUME))


@given(
    steps=st.lists(st.tuples(st.integers(20, 400), st.integers(0, 300)), min_size=3, max_size=25),
    pieces=st.integers(1, 6),
    seed=st.integers(),
)
@settings(deadline=None, max_examples=40)
def test_any_order_repetition_and_batching(
    steps: list[tuple[int, int]], pieces: int, seed: int
) -> None:
    """The same readings end in the same days and the same consumption."""
    minutes, litres, uplinks = 0, 1_000, [read_at(0, 1_000)]
    for span, increase in steps:
        minutes, litres = minutes + span, litres + increase
        uplinks.append(read_at(minutes, litres))
    expected = _end([uplinks], minutes)
    shuffled = uplinks * 2
    Random(seed).shuffle(shuffled)  # noqa: S311  # no secret
    assert _end([shuffled[n::pieces] for n in range(pieces)], minutes) == expected


def _end(batches: list[list[Uplink]], minutes: int) -> object:
    clock = Clock()
    clock.now = BEGIN + timedelta(minutes=minutes)
    ledger = opened(Path(":memory:"), clock)
    for uplinks in batches:
        ledger.take([batch(*uplinks)])
    limits = watched(ledger).limits.items()
    found = [(name, each.start, round(each.consumption, 9)) for name, each in limits]
    kept = [day._replace(end=round(day.end, 9)) for day in days(ledger)]
    ledger.close()
    return found, [
        tuple(round(part, 9) if isinstance(part, float) else part for part in day) for day in kept
    ]


@pytest.mark.parametrize("restart", [False, True])
def test_late_batch_changes_only_its_days(tmp_path: Path, restart: bool) -> None:  # noqa: FBT001  # a table
    """And what is told of them; what lies before a period changes nothing in it."""
    clock = Clock()
    ledger = opened(tmp_path / "entry.db", clock)
    sent = steady(range(24 * 4 + 5))
    clock.now = sent[-1].received_at
    ledger.take([batch(*sent[:30], *sent[40:])])
    assert [day.consumed for day in days(ledger)] == [
        *[pytest.approx(0.72), pytest.approx(0.72)],
        *[pytest.approx(0.72)] * 2,
    ]
    assert [day.night is None for day in days(ledger)] == [False, False, False, False]
    before = days(ledger)
    if restart:
        ledger.close()
        ledger = opened(tmp_path / "entry.db", clock)
        assert watched(ledger).limits[VOLUME, Span.DAY].consumption == pytest.approx(0.12)
    ledger.take([batch(*(replace(each, payload=each.payload) for each in sent[30:40]))])
    assert [day.number for day in days(ledger)] == [day.number for day in before]
    assert watched(ledger).limits[VOLUME, Span.MONTH].consumption == pytest.approx(3)
    ledger.close()


def test_exchange_is_no_consumption(tmp_path: Path) -> None:
    """The days of a place go on over its devices, and are made anew when it is noted."""
    clock = Clock()
    old = steady(range(49))
    new = [
        replace(each, dev_eui=OTHER.dev_eui, id=f"new {each.id}")
        for each in steady(range(50, 100), start=700_000)
    ]
    clock.now = new[-1].received_at
    ledger = opened(tmp_path / "entry.db", clock)
    ledger.take([batch(*old), batch(*new, device=OTHER)])
    ledger.close()
    exchange = Exchange(EUI, OTHER.dev_eui, BEGIN + 49 * HOUR)
    ledger = opened(tmp_path / "entry.db", clock, places=Places((exchange,)))
    assert watched(ledger).limits[VOLUME, Span.DAY].consumption == pytest.approx(0.09)
    last = replace(read_at(60 * 100, 703_000), dev_eui=OTHER.dev_eui, id="last")
    clock.now = last.received_at
    ledger.take([batch(last, device=OTHER)])
    assert sum(day.consumed or 0 for day in days(ledger)) < 3
    assert watched(ledger).limits[VOLUME, Span.MONTH].consumption < 4
    ledger.close()


def test_another_decoder_begins_anew(tmp_path: Path) -> None:
    """What the other one told is forgotten, in the file and in memory."""
    clock = Clock()
    codecs = [CODEC]
    ledger = Ledger(
        Store.open(tmp_path / "entry.db"),
        Choices(lambda _: codecs[0], lambda _: {}, watching=Watching(clock, LIMITS, POSSIBLE)),
    )
    clock.now = BEGIN + 60 * HOUR
    ledger.take([batch(*steady(range(60), per_hour=500))])
    assert watched(ledger).limits[VOLUME, Span.DAY].exceeded
    assert days(ledger)
    codecs[0] = replace(CODEC, key="other")
    ledger.meet([replace(DEVICE, name="Umbenannt")])
    assert days(ledger) == []
    clock.now += HOUR
    ledger.take([batch(*(replace(each, id=f"x{each.id}") for each in steady(range(60, 62), 10)))])
    told = watched(ledger).limits[VOLUME, Span.DAY]
    assert not told.exceeded
    assert told.consumption == pytest.approx(0.01)
    assert watched(ledger).alarms == {}
    ledger.close()


def test_alarms_are_forgotten_with_their_device(tmp_path: Path) -> None:
    """One that comes again is judged by itself."""
    clock = Clock()
    clock.now = BEGIN + 30 * HOUR
    ledger = opened(tmp_path / "entry.db", clock)
    ledger.take([batch(*steady(range(30), per_hour=500))])
    assert watched(ledger).alarms
    ledger.forget([EUI])
    kept = ledger.run(lambda joining, _: (joining.store.watches.alarms(), joining.store))
    assert kept[0] == {}
    ledger.close()


def test_tariffs_are_parts(tmp_path: Path) -> None:
    """Only the total for which the meter is there is watched; a leak needs water."""

    def decode(up: Uplink) -> Iterator[Reading]:
        for channel in range(3):
            yield Reading(Quantity.ENERGY, up.payload[0], channel)
        yield Reading(Quantity.ENERGY_EXPORT, 1)

    codec = replace(
        CODEC,
        key="tariffs",
        medium=Medium.ELECTRICITY,
        quantities=frozenset({Quantity.ENERGY, Quantity.ENERGY_EXPORT}),
        decode=decode,
    )
    ledger = opened(tmp_path / "entry.db", Clock(), codec)
    states: Mapping[str, DeviceState] = ledger.take([batch(uplink(0, b"\x01"))])
    found = states[EUI].watched
    assert {key for key, _ in found.findings} == {(Quantity.ENERGY, 0)}
    assert {watch for _, watch in found.findings} == {*Watch} - {Watch.LEAK}
    ledger.close()
