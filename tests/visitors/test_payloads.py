"""From the bytes of counters of three makes to who was where.

A station square (A) and a market (B): G1 from outside into A, where trains
arrive, G2 from A to B, G3 from outside into B, where people come on foot. The
payloads are synthetic, built from the formats that the makers published.
"""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final, NamedTuple

import pytest

from custom_components.bernau_smartcity.codecs import CODECS
from custom_components.bernau_smartcity.model import Quantity, Uplink, readings_of
from custom_components.bernau_smartcity.visitors.bins import (
    QUARTER,
    Grid,
    Tally,
    bins,
    cumulated,
    net,
    tally,
)
from custom_components.bernau_smartcity.visitors.dwell import (
    Dwell,
    Traffic,
    live_dwell,
    person_minutes,
)
from custom_components.bernau_smartcity.visitors.flows import Gate, Mode, summed, visitors
from custom_components.bernau_smartcity.visitors.increments import (
    Count,
    Flag,
    Increment,
    Line,
    increments,
)
from custom_components.bernau_smartcity.visitors.modes import Arrivals, Split, modal_split
from custom_components.bernau_smartcity.visitors.occupancy import Drift, Level, levels, present
from custom_components.bernau_smartcity.visitors.reasons import Reason

START: Final = datetime(2026, 11, 23, 10, tzinfo=UTC)
END: Final = START + timedelta(hours=1)
GRID: Final = Grid(START, 4)


class Counter(NamedTuple):
    """A counter at a gate, and what it sent at minutes after the start."""

    gate: Gate
    codec: str
    f_port: int
    payloads: dict[int, str]


COUNTERS: Final = {
    "G1": Counter(
        Gate(origin="*", target="A", mode=Mode.TRAIN),
        "milesight_vs133",
        85,
        {
            0: "03d21027000004d2ac260000",
            15: "03d23827000004d2b1260000",
            30: "03d25b27000004d2bb260000",
            45: "03d26527000004d2d9260000",
            60: "03d26a27000004d201270000",
        },
    ),
    "G2": Counter(
        Gate(origin="A", target="B"),
        "parametric_pcr2",
        14,
        {
            0: "be010300000000fff0012c5f04b000b7",
            15: "be0103000c0002fffc012e5f04b000b7",
            30: "be010300140005001001335f04b000b7",
            45: "be0103000a0008001a013b5f04b000b7",
            60: "be01030004000c001e01475f04b000b7",
        },
    ),
    "G3": Counter(
        Gate(origin="*", target="B", mode=Mode.WALK),
        "milesight_vs350",
        85,
        {
            0: "01755f04ccf401e00105cc00000000",
            15: "01755f04ccfe01e30105cc0a000300",
            30: "01755f04cc0400060005cc04000600",
            60: "01755f04cc0a00100005cc03000500",
        },
    ),
}

type Lines = dict[tuple[str, Quantity], list[Increment]]


def uplinks(counter: Counter) -> list[Uplink]:
    """Give the messages of a counter."""
    return [
        Uplink(
            dev_eui="0123456789abcdef",
            id=str(minutes),
            received_at=START + timedelta(minutes=minutes),
            f_port=counter.f_port,
            f_cnt=minutes // 15,
            payload=bytes.fromhex(payload),
        )
        for minutes, payload in counter.payloads.items()
    ]


def counted(counter: Counter, quantity: Quantity, seed: int) -> list[Increment]:
    """Decode what a counter sent, in any order and twice, and give the increments of a register."""
    codec = CODECS[counter.codec]
    messages = uplinks(counter) * 2
    Random(seed).shuffle(messages)  # noqa: S311  # no secret
    counts = [
        Count(uplink.received_at, int(reading.value), uplink.f_cnt)
        for uplink in messages
        for reading in readings_of(codec.decode(uplink))
        if reading.quantity is quantity
    ]
    return increments(counts, Line(bits=int(codec.modulus[quantity]).bit_length() - 1))


@pytest.fixture(params=range(3))
def lines(request: pytest.FixtureRequest) -> Lines:
    """Give the increments of all lines; however the messages came, they are the same."""
    return {
        (name, quantity): counted(counter, quantity, request.param)
        for name, counter in COUNTERS.items()
        for quantity in (Quantity.PEOPLE_IN, Quantity.PEOPLE_OUT)
    }


def passed(lines: Lines, name: str, quantity: Quantity) -> list[int | None]:
    """Give what passed in each bin."""
    return [each.passed for each in bins(lines[name, quantity], GRID)]


def directions(zone: str) -> tuple[list[tuple[str, Quantity]], list[tuple[str, Quantity]]]:
    """Name the lines into a zone, and those out of it."""
    into, out = [], []
    for name, (gate, *_) in COUNTERS.items():
        if zone == gate.target:
            into.append((name, Quantity.PEOPLE_IN))
            out.append((name, Quantity.PEOPLE_OUT))
        if zone == gate.origin:
            into.append((name, Quantity.PEOPLE_OUT))
            out.append((name, Quantity.PEOPLE_IN))
    return into, out


def zone_levels(lines: Lines, zone: str) -> list[Level | Reason]:
    """Give who is in a zone when each bin ends."""
    into, out = directions(zone)
    arriving, leaving = (
        [cumulated(lines[line], bins(lines[line], GRID), GRID) for line in side]
        for side in (into, out)
    )
    return levels(net(arriving, leaving))


def zone_traffic(lines: Lines, zone: str) -> Traffic:
    """Give what passed into a zone and out of it."""
    into, out = (
        [
            sum(each.passed or 0 for each in column)
            for column in zip(*(bins(lines[line], GRID) for line in side), strict=True)
        ]
        for side in directions(zone)
    )
    coverage = min(tally(lines[line], START, END).coverage for line in directions(zone)[0])
    return Traffic(entered=into, left=out, coverage=coverage)


def totals(lines: Lines, name: str) -> tuple[int, int]:
    """Give who passed a gate in the hour, forward and backward."""
    forward = tally(lines[name, Quantity.PEOPLE_IN], START, END).passed
    backward = tally(lines[name, Quantity.PEOPLE_OUT], START, END).passed
    assert forward is not None
    assert backward is not None
    return forward, backward


def test_bins(lines: Lines) -> None:
    """With a rollover, a restart and a message that got lost."""
    assert passed(lines, "G1", Quantity.PEOPLE_IN) == [40, 35, 10, 5]
    assert passed(lines, "G1", Quantity.PEOPLE_OUT) == [5, 10, 30, 40]
    assert passed(lines, "G2", Quantity.PEOPLE_IN) == [12, 20, 10, 4]
    assert passed(lines, "G2", Quantity.PEOPLE_OUT) == [2, 5, 8, 12]
    assert passed(lines, "G3", Quantity.PEOPLE_IN) == [10, 4, 3, 3]
    assert passed(lines, "G3", Quantity.PEOPLE_OUT) == [3, 6, 5, 5]
    assert bins(lines["G2", Quantity.PEOPLE_IN], GRID)[1].flags == {Flag.ROLLOVER}


def test_hour_of_the_counter_that_restarted(lines: Lines) -> None:
    """Its sum is a lower bound, and three of four messages came."""
    found = tally(lines["G3", Quantity.PEOPLE_IN], START, END)
    assert found == Tally(20, 1, 0.75, frozenset({Flag.RESET}))
    assert [each.interpolated for each in bins(lines["G3", Quantity.PEOPLE_IN], GRID)] == [
        False,
        False,
        True,
        True,
    ]


def test_zones(lines: Lines) -> None:
    """Fourteen more left the square than came: they are missing, and remembered."""
    square, market = zone_levels(lines, "A"), zone_levels(lines, "B")
    assert square == [Level(25, 0), Level(35, 0), Level(13, 0), Level(-14, 14)]
    assert market == [Level(17, 0), Level(30, 0), Level(30, 0), Level(20, 0)]
    now = END + timedelta(minutes=5)
    found = [present(zone, GRID, now, QUARTER) for zone in (square, market)]
    assert [level.people for level in found if isinstance(level, Level)] == [0, 20]
    assert zone_traffic(lines, "A") == Traffic(
        entered=[42, 40, 18, 17], left=[17, 30, 40, 44], coverage=1
    )
    assert zone_traffic(lines, "B") == Traffic(
        entered=[22, 24, 13, 7], left=[5, 11, 13, 17], coverage=1
    )


def test_visitors(lines: Lines) -> None:
    """Those who walk on to the market came to the town once."""
    flows = summed(
        flow
        for name, counter in COUNTERS.items()
        for flow in counter.gate.flows(*totals(lines, name))
    )
    assert visitors(flows) == 110
    assert visitors({edge[::-1]: number for edge, number in flows.items()}) == 104


def test_modes(lines: Lines) -> None:
    """Enough came in all, though few on foot."""
    found = modal_split(
        Arrivals(counter.gate, *totals(lines, name), 1) for name, counter in COUNTERS.items()
    )
    assert isinstance(found, Split)
    assert found.tenths == {Mode.TRAIN: 818, Mode.WALK: 182}


def test_stays(lines: Lines) -> None:
    """On the square too short to tell; on the market told, once it is known how counters err."""
    areas = [
        person_minutes(
            [0, *(level.people for level in zone_levels(lines, zone) if isinstance(level, Level))],
            QUARTER,
        )
        for zone in "AB"
    ]
    assert areas == [1095, 1305]
    exact = Drift(1000, 1000)
    assert live_dwell(zone_traffic(lines, "A"), exact) is Reason.SHORTER_THAN_BIN
    found = live_dwell(zone_traffic(lines, "B"), exact)
    assert isinstance(found, Dwell)
    assert found.mean / timedelta(minutes=1) == pytest.approx(1305 / 46)
    assert live_dwell(zone_traffic(lines, "B"), Reason.NO_FLOW) is Reason.DRIFT_UNKNOWN
