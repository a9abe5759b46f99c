"""Any history in any delivery ends in the hours of the complete and ordered readings."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
import json
from pathlib import Path

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.bernau_smartcity.ledger.choices import Choices
from custom_components.bernau_smartcity.ledger.ledger import Ledger
from custom_components.bernau_smartcity.ledger.state import Key
from custom_components.bernau_smartcity.ledger.store import Store
from custom_components.bernau_smartcity.metering.hours import (
    FIVE_MINUTES,
    HOUR,
    Compiled,
    Repair,
    Tail,
    compiled_until,
    consumed,
    full_hour,
    gaps,
)
from custom_components.bernau_smartcity.metering.plausibility import limits_of
from custom_components.bernau_smartcity.metering.register import Sample, fold
from custom_components.bernau_smartcity.model import (
    Batch,
    Codec,
    Device,
    Medium,
    Quantity,
    Reading,
    Setting,
    Uplink,
)

START = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
EUI = "0011223344556677"
DEVICE = Device(dev_eui=EUI, name="Gas", scope="app")
PULSES: Key = (Quantity.PULSES, 1)
WEIGHED: Key = (Quantity.VOLUME, 1)
VOLUME: Key = (Quantity.VOLUME, 2)
PASSAGES: Key = (Quantity.PASSAGES, 0)
MODULUS = 1_000
WEIGHT = 0.1


def _decode(uplink: Uplink) -> Iterator[Reading]:
    pulses, restarted = json.loads(uplink.payload)
    yield Reading(Quantity.PULSES, pulses, 1)
    yield Reading(Quantity.VOLUME, pulses, 2)
    yield Reading(Quantity.PASSAGES_PERIOD, pulses)
    if restarted:
        yield Reading(Quantity.RESTART, 1)


CODEC = Codec(
    key="imaginary",
    manufacturer="Nobody",
    model="Nothing",
    medium=Medium.GAS,
    quantities=frozenset(
        {Quantity.PULSES, Quantity.VOLUME, Quantity.PASSAGES_PERIOD, Quantity.RESTART}
    ),
    decode=_decode,
    modulus={Quantity.PULSES: MODULUS},
    settings=(Setting.PULSE_WEIGHT,),
)
CHOICES = Choices(lambda _: CODEC, lambda _: {"pulse_weight": str(WEIGHT)})


def uplink(number: int, sample: Sample) -> Uplink:
    """Give the message that tells a sample, as the server keeps it."""
    return Uplink(
        dev_eui=EUI,
        id=str(number),
        received_at=sample.at,
        f_port=1,
        f_cnt=(sample.at - START) // MINUTE,
        payload=json.dumps([sample.value, sample.restarted]).encode(),
    )


@dataclass
class Recorder:
    """What Home Assistant's recorder does with the state of one total."""

    rows: dict[datetime, float] = field(default_factory=dict)
    tail: Tail | None = None

    def compile(self, start: datetime, state: float) -> None:
        """Compile the five minutes that begin at a time; with the last ones the hour."""
        before = self.tail
        total = 0.0 if before is None else before.sum + state - before.state
        self.tail = Tail(start, state, total)
        if start.minute == 55:
            self.rows[full_hour(start)] = total

    def compiled(self, since: datetime) -> Compiled | None:
        """Tell what is held of the total before a time."""
        if self.tail is None:
            return None
        starts = [start for start in self.rows if start < full_hour(since)]
        anchor = (max(starts) + HOUR, self.rows[max(starts)]) if starts else None
        return Compiled(until=compiled_until(self.tail), anchor=anchor, tail=self.tail)

    def write(self, repair: Repair) -> None:
        """Apply a repair."""
        if repair.lift_from is not None and self.tail is not None:
            self.tail = replace(self.tail, sum=self.tail.sum + repair.lift)
            for start in self.rows:
                if start >= repair.lift_from:
                    self.rows[start] += repair.lift
        for row in repair.rows:
            self.rows[row.start] = row.sum

    def bars(self) -> dict[datetime, float]:
        """Give the change of each hour, as the Energy dashboard shows it."""
        sums = [0.0, *(self.rows[start] for start in sorted(self.rows))]
        return {
            start: after - before
            for start, before, after in zip(sorted(self.rows), sums, sums[1:], strict=False)
        }


@dataclass
class Town:
    """A ledger and the recorders of its totals."""

    store: Store = field(default_factory=lambda: Store.open(Path(":memory:")))
    recorders: dict[Key, Recorder] = field(
        default_factory=lambda: {key: Recorder() for key in (PULSES, WEIGHED, VOLUME, PASSAGES)}
    )

    def __post_init__(self) -> None:
        """Start."""
        self.restart()

    def close(self) -> None:
        """Close the store."""
        self.store.close()

    def restart(self) -> None:
        """Begin anew with what is kept."""
        self.ledger = Ledger(self.store, CHOICES)

    def compile(self, start: datetime) -> None:
        """Compile five minutes of all totals that have a state."""
        if EUI in self.ledger.states:
            values = self.ledger.states[EUI].values
            for key in self.recorders:
                self.recorders[key].compile(start, values[key].value)

    def reconcile(self, *, never_written: bool = False, killed: bool = False) -> None:
        """Write what is due; killed before it is noted that it was."""
        dues = self.ledger.due((), never_written=never_written)
        held = [(due, c) for due in dues if (c := self.recorders[due.key].compiled(due.since))]
        repairs = self.ledger.repairs(held)
        for due, repair in repairs.items():
            self.recorders[due.key].write(repair)
        if killed:
            self.restart()
        else:
            self.ledger.settle(repairs)


@dataclass(frozen=True)
class Message:
    """A sample, when it arrives, and what happens in that hour."""

    sample: Sample
    arrives: datetime
    twice: bool


@st.composite
def histories(draw: st.DrawFn) -> list[Message]:
    """Draw what a meter counted, with rollovers, restarts, glitches, and how it arrived."""
    moment, counter, messages = START, draw(st.integers(0, 900)), []
    for _ in range(draw(st.integers(1, 25))):
        moment += draw(st.one_of(st.just(60), st.integers(1, 400))) * MINUTE
        counter = (counter + draw(st.integers(0, 60))) % MODULUS
        what = draw(st.sampled_from(["", "", "", "", "glitch", "restart", "untold", "exchange"]))
        if what in {"restart", "untold"}:
            counter = draw(st.integers(0, 20))
        elif what == "exchange":
            counter = draw(st.integers(0, MODULUS - 1))
        shown = draw(st.integers(0, 10**6)) if what == "glitch" else counter
        sample = Sample(moment, float(shown), restarted=what == "restart")
        late = draw(st.one_of(st.just(0), st.integers(0, 90), st.integers(0, 60 * 40)))
        messages.append(Message(sample, moment + late * MINUTE, draw(st.booleans())))
    return messages


@settings(deadline=None, max_examples=150)
@given(histories(), st.data())
def test_any_history_in_any_delivery_ends_in_the_true_hours(
    messages: list[Message], data: st.DataObject
) -> None:
    """Hourly rows equal what the complete and ordered readings give, whatever happened."""
    with closing(Town()) as town:
        waiting = sorted(messages, key=lambda m: m.arrives)
        end = full_hour(waiting[-1].arrives) + 2 * HOUR
        first = min(m.arrives for m in messages)
        now = full_hour(first)
        while now < end:
            now += FIVE_MINUTES
            arrived = [m for m in waiting if m.arrives < now]
            waiting = waiting[len(arrived) :]
            town.ledger.take(
                Batch(device=DEVICE, uplinks=tuple(uplink(n, m.sample) for m in piece))
                for n, piece in enumerate([arrived, [m for m in arrived if m.twice]])
                if piece
            )
            town.compile(now - FIVE_MINUTES)
            town.reconcile(never_written=True)
            if now.minute == 0:
                last = now >= end
                what = (
                    "write"
                    if last
                    else data.draw(st.sampled_from(["write"] * 4 + ["fail", "kill"]))
                )
                if what != "fail":
                    town.reconcile(killed=what == "kill")
                    for recorder in town.recorders.values():
                        assert min(recorder.bars().values(), default=0.0) >= -1e-6
        _assert_true(town, [m.sample for m in messages], end)


def _assert_true(town: Town, samples: list[Sample], end: datetime) -> None:
    periods = [replace(sample, period=True) for sample in samples]
    for key, source, shown, weight in (
        (PULSES, Quantity.PULSES, samples, 1.0),
        (WEIGHED, Quantity.PULSES, samples, WEIGHT),
        (VOLUME, Quantity.VOLUME, samples, 1.0),
        (PASSAGES, Quantity.PASSAGES, periods, 1.0),
    ):
        limits = replace(limits_of(source, Medium.GAS), modulus=CODEC.modulus.get(source))
        points = fold(None, shown, limits).points
        register = town.ledger.states[EUI].registers[town.ledger.states[EUI].totals[key][0]]
        assert register.gaps == tuple(gaps(points))
        bars = town.recorders[key].bars()
        hour = full_hour(points[0].at)
        assert min(bars) == hour
        assert max(bars) == end - HOUR
        while hour < end:
            true = consumed(points, hour, hour + HOUR) * weight
            assert bars[hour] == pytest.approx(true, abs=1e-6), (key, hour)
            hour += HOUR


def test_late_reading_may_refute_what_a_later_one_had_confirmed() -> None:
    """What counted only thanks to its successor is judged anew."""
    samples = [
        Sample(START + minutes * MINUTE, value)
        for minutes, value in ((0, 900.0), (60, 5.0), (70, 901.0), (120, 9.0), (180, 12.0))
    ]
    town = Town()
    late = samples.pop(2)
    for n, sample in enumerate([*samples, late]):
        town.ledger.take([Batch(device=DEVICE, uplinks=(uplink(n, sample),))])
    end = START + 6 * HOUR
    for n in range(6 * 12):
        town.compile(START + n * FIVE_MINUTES)
    town.reconcile()
    _assert_true(town, [*samples, late], end)
    town.close()
