"""Days of towns whose people are known: what goes wrong changes only what it must."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.bernau_smartcity.visitors.bins import QUARTER, Grid, tally
from custom_components.bernau_smartcity.visitors.days import day_of
from custom_components.bernau_smartcity.visitors.dwell import Traffic, day_dwell
from custom_components.bernau_smartcity.visitors.flows import OUTSIDE, Gate, Mode, visitors
from custom_components.bernau_smartcity.visitors.increments import (
    Count,
    Flag,
    Increment,
    Line,
    increments,
)
from custom_components.bernau_smartcity.visitors.modes import Split, modal_split
from custom_components.bernau_smartcity.visitors.occupancy import Level
from custom_components.bernau_smartcity.visitors.reasons import Reason
from custom_components.bernau_smartcity.visitors.record import Record, series_of, told
from custom_components.bernau_smartcity.visitors.zones import (
    Passage,
    Series,
    series,
    town_arrivals,
    town_flows,
    zone_levels,
    zone_traffic,
)
from simulator.people.quarter import Quarter
from simulator.people.truth import Record as Truth, present, whole_day
from simulator.people.unseen import town
from simulator.people.walks import begin_of
from simulator.people.ways import SHARP, Gate as Crossing

BERLIN: Final = ZoneInfo("Europe/Berlin")
LINE: Final = Line(bits=16)
DAY, CLOCK_CHANGE = 47, 23
"""A Tuesday, and the day that has twenty-five hours."""
NOON: Final = 9 * 4
"""Bins from three in the morning until then."""

type Messages = dict[tuple[int, int], list[Count]]
"""By gate, and 0 for those who go in, 1 for those who go out."""


@cache
def quarter(seed: int = 5) -> Quarter:
    """Give a town that nobody has drawn, with counters that never err."""
    drawn = town(seed, ("commuters", "passers", "staff"))
    gates = [Crossing(g.name, g.origin, g.target, g.mode, SHARP) for g in drawn.gates]
    return Quarter(gates, drawn.groups, seed)


def grid_of(day: int) -> Grid:
    """Give the bins of a day from three in the morning until three again."""
    start = datetime.fromtimestamp(begin_of(day), UTC)
    return Grid(start, int((begin_of(day + 1) - begin_of(day)) // 900))


def messages(day: int = DAY, begin: int = 60_000, days: int = 1) -> Messages:
    """Give what all counters send, each quarter of an hour, from before until after."""
    found: Messages = {}
    for gate in range(len(quarter().gates)):
        for way in (0, 1):
            first = quarter().counted(gate, way, begin_of(day) - 900)
            times = [begin_of(day) + 900 * n + 60 * gate for n in range(-1, 97 * days + 5)]
            found[gate, way] = [
                Count(
                    datetime.fromtimestamp(at, UTC),
                    (begin + quarter().counted(gate, way, at) - first) % 2**LINE.bits,
                    n,
                )
                for n, at in enumerate(times)
            ]
    return found


def passages(lines: Mapping[tuple[int, int], Series]) -> list[Passage]:
    """Hang the lines at their gates."""
    return [
        Passage(
            Gate(origin=g.origin, target=g.target, mode=Mode(g.mode) if g.mode else None),
            lines[n, 0],
            lines[n, 1],
        )
        for n, g in enumerate(quarter().gates)
    ]


def told_by(sent: Messages, day: int = DAY) -> list[Passage]:
    """Give what follows from messages."""
    grid = grid_of(day)
    return passages({key: series(increments(c, LINE), grid) for key, c in sent.items()})


def changed(change: Callable[[list[Count]], Iterable[Count]], gates: Sequence[int]) -> Messages:
    """Change what the counters of some gates send."""
    found = messages()
    for key, counts in found.items():
        if key[0] in gates:
            found[key] = list(change(counts))
    return found


def zones() -> list[str]:
    """Give all zones."""
    return sorted({gate.target for gate in quarter().gates})


def at_gate(number: int) -> set[str]:
    """Give the zones at a gate."""
    gate = quarter().gates[number]
    return {gate.origin, gate.target} - {OUTSIDE}


@cache
def truth() -> Truth:
    """Give what people truly did."""
    return whole_day(quarter(), DAY)


@cache
def right() -> list[Passage]:
    """Give what is told when nothing goes wrong."""
    return told_by(messages())


def test_nothing_goes_wrong() -> None:
    """All is told as it was; the number present to those who passed within a quarter."""
    flows = town_flows(right())
    assert {edge: n for edge, n in flows.items() if n} == pytest.approx(truth().flows, abs=2)
    assert visitors(flows) == pytest.approx(truth().visits, abs=2)
    ends = [begin_of(DAY) + 900 * (n + 1) for n in range(96)]
    for zone, people in present(quarter(), DAY, ends).items():
        levels = zone_levels(right(), zone)
        known = [level.people for level in levels if isinstance(level, Level)]
        assert len(known) == len(people) == 96
        assert sum(abs(n - m) for n, m in zip(known, people, strict=True)) < 0.1 * (
            sum(people) + truth().entered[zone]
        )
    split = modal_split(town_arrivals(right()))
    assert isinstance(split, Split)
    for mode, tenths in split.tenths.items():
        true = 100 * truth().arrivals[mode] / truth().visits
        assert tenths / 10 == pytest.approx(true, abs=0.2)


@settings(max_examples=10)
@given(seed=st.integers(0, 2**32))
def test_any_delivery_and_batching(seed: int) -> None:
    """Messages twice, in any order, a few at a time: the same day in all its figures."""
    chance = Random(seed)  # noqa: S311  # no secret
    lines = {}
    for key, counts in messages().items():
        record, heard = Record(), list[Count]()
        delivered = chance.sample(counts * 2, 2 * len(counts))
        while delivered:
            size = chance.randint(1, len(delivered))
            heard += delivered[:size]
            delivered = delivered[size:]
            if parts := increments(heard, LINE):
                record.revise(told(parts))
        lines[key] = series_of(record, grid_of(DAY))
    found = passages(lines)
    assert town_flows(found) == town_flows(right())
    assert [zone_levels(found, zone) for zone in zones()] == [
        zone_levels(right(), zone) for zone in zones()
    ]
    assert modal_split(town_arrivals(found)) == modal_split(town_arrivals(right()))
    assert [_entered(found, zone) for zone in zones()] == [
        _entered(right(), zone) for zone in zones()
    ]


def _entered(found: list[Passage], zone: str) -> list[float]:
    traffic = zone_traffic(found, zone)
    assert isinstance(traffic, Traffic)
    return list(traffic.entered)


@pytest.mark.parametrize("begin", [0, 65_535, 64_000, 65_000])
def test_registers_begin_anywhere(begin: int) -> None:
    """A register that passes its end tells the same day."""
    found = told_by(messages(begin=begin))
    assert town_flows(found) == town_flows(right())
    assert [zone_levels(found, z) for z in zones()] == [zone_levels(right(), z) for z in zones()]


@pytest.mark.parametrize("share", [0.1, 0.4, 0.7])
def test_lost_messages(share: float) -> None:
    """Nobody is lost with them: sums of the day are the same, and where they are known, so are all.

    What a longer silence at an end of the day told lies partly in another day.
    """
    chance = Random(3)  # noqa: S311  # no secret

    def lost(counts: list[Count]) -> Iterable[Count]:
        kept = {0, 1, 2, 96, 97, 98}
        return (c for n, c in enumerate(counts) if n in kept or chance.random() >= share)

    found = told_by(changed(lost, range(len(quarter().gates))))
    assert town_flows(found) == town_flows(right())
    for zone in zones():
        levels = zone_levels(found, zone)
        last, expected = levels[-1], zone_levels(right(), zone)[-1]
        assert isinstance(last, Level)
        assert isinstance(expected, Level)
        assert last.people <= expected.people + 1
        assert set(map(type, levels)) <= {Level, Reason}
        assert all(level is Reason.SILENT for level in levels if isinstance(level, Reason))


@pytest.mark.parametrize("hint", [True, False])
def test_counter_that_restarts(hint: bool) -> None:  # noqa: FBT001  # a row of the table
    """Who passed since its last message is missing, which is said; nobody is invented."""
    gate, when = 0, NOON + 2

    def restarted(counts: list[Count]) -> Iterable[Count]:
        return [
            *counts[:when],
            *(
                c._replace(
                    value=(c.value - counts[when - 1].value - 1) % 2**16, restarted=hint and n == 0
                )
                for n, c in enumerate(counts[when:])
                if (c.value - counts[when - 1].value) % 2**16
            ),
        ]

    found, whole = told_by(changed(restarted, [gate])), right()
    for line, before in (
        (found[gate].forward, whole[gate].forward),
        (found[gate].backward, whole[gate].backward),
    ):
        if (before.total.passed or 0) > 200:
            assert line.total.flags == {Flag.RESET}
            assert (line.total.passed or 0) == (before.total.passed or 0) - 1
    assert found[gate + 1 :] == whole[gate + 1 :]


@pytest.mark.parametrize("gate", [0, 1, -1])
def test_counter_that_dies(gate: int) -> None:
    """Of its zones nothing is told from then on, of others all; no mode seems unused."""
    number = gate % len(quarter().gates)
    found = told_by(changed(lambda counts: counts[: NOON + 1], [number]))
    for zone in zones():
        levels = zone_levels(found, zone)
        if zone in at_gate(number):
            assert all(isinstance(level, Level) for level in levels[: NOON - 1])
            assert levels[NOON + 1 :] == [Reason.NOT_REPORTED] * (96 - NOON - 1)
            traffic = zone_traffic(found, zone)
            assert isinstance(traffic, Traffic)
            assert day_dwell(traffic) is Reason.COVERAGE
        else:
            assert levels == zone_levels(right(), zone)
    split = modal_split(town_arrivals(found))
    assert (split is Reason.COVERAGE) == bool(quarter().gates[number].mode)
    assert visitors(town_flows(found)) <= visitors(town_flows(right()))


def test_counter_that_hangs_the_wrong_way_round() -> None:
    """Turned by its set-up, it tells the same; else its zone shows that something is wrong."""
    whole = right()
    swapped = [Passage(p.gate, p.backward, p.forward) if n == 0 else p for n, p in enumerate(whole)]
    assert [
        Passage(p.gate, p.backward, p.forward) if n == 0 else p for n, p in enumerate(swapped)
    ] == whole
    commuters = max(range(len(whole)), key=lambda n: abs(_gain(whole[n])))
    wrong = [
        Passage(p.gate, p.backward, p.forward) if n == commuters else p for n, p in enumerate(whole)
    ]
    reasons = set()
    for zone in at_gate(commuters):
        traffic = zone_traffic(wrong, zone)
        assert isinstance(traffic, Traffic)
        reasons.add(day_dwell(traffic))
    assert reasons <= {Reason.UNBALANCED, Reason.MISCOUNTED, Reason.SHORTER_THAN_BIN}


def _gain(passage: Passage) -> int:
    """Give how many more went in by noon than out: those who stay."""
    went = [
        sum(b.passed or 0 for b in line.bins[:NOON]) for line in (passage.forward, passage.backward)
    ]
    return went[0] - went[1]


def test_day_on_which_the_clock_changes() -> None:
    """It has an hour more; nobody is counted twice in it, nor left out."""
    grid = grid_of(CLOCK_CHANGE)
    assert grid.count == 100
    found = told_by(messages(CLOCK_CHANGE), CLOCK_CHANGE)
    day = whole_day(quarter(), CLOCK_CHANGE)
    assert visitors(town_flows(found)) == pytest.approx(day.visits, abs=2)
    for zone in zones():
        last = zone_levels(found, zone)[-1]
        assert isinstance(last, Level)
        assert last.raw == pytest.approx(0, abs=2)


@pytest.mark.parametrize("day", [CLOCK_CHANGE - 1, DAY])
def test_days_of_the_town_add_up(day: int) -> None:
    """From midnight to midnight, hour by hour, from reset to reset: the same people."""
    sent = messages(day, days=2)
    parts: list[list[Increment]] = [increments(counts, LINE) for counts in sent.values()]
    begin = datetime.fromtimestamp(begin_of(day), UTC)
    midnights = [begin]
    while (end := day_of(midnights[-1], BERLIN)[1]) < begin + timedelta(hours=47):
        midnights.append(end)
    edges = [*midnights, grid_of(day + 1).end]
    for own in parts:
        whole = tally(own, begin, edges[-1]).passed
        by_day = [tally(own, since, until).passed or 0 for since, until in pairwise(edges)]
        hours = [
            tally(own, begin + n * 4 * QUARTER, begin + (n + 1) * 4 * QUARTER).passed or 0
            for n in range((edges[-1] - begin) // (4 * QUARTER))
        ]
        assert whole == sum(by_day) == sum(hours)


def test_reset_forgets_who_was_left() -> None:
    """Who was missed at the exits is there until the reset, and not a moment longer."""

    def missing(counts: list[Count]) -> Iterable[Count]:
        first = counts[0].value
        return (
            c._replace(value=(first + ((c.value - first) % 2**16) * 19 // 20) % 2**16)
            for c in counts
        )

    sent = messages(days=2)
    for n in range(len(quarter().gates)):
        sent[n, 1] = list(missing(sent[n, 1]))
    left = 0.0
    for day in (DAY, DAY + 1):
        found = told_by(sent, day)
        for zone in zones():
            levels = zone_levels(found, zone)
            first, last = levels[0], levels[-1]
            assert isinstance(first, Level)
            assert isinstance(last, Level)
            assert first.people < 10
            left = max(left, last.people)
    assert left > 20
