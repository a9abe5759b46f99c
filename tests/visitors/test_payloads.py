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
from custom_components.bernau_smartcity.visitors.bins import QUARTER, Grid, Tally
from custom_components.bernau_smartcity.visitors.dwell import (
    Dwell,
    Traffic,
    live_dwell,
    person_minutes,
)
from custom_components.bernau_smartcity.visitors.flows import Counting, Gate, Mode, visitors
from custom_components.bernau_smartcity.visitors.increments import (
    Count,
    Flag,
    Increment,
    Line,
    increments,
)
from custom_components.bernau_smartcity.visitors.modes import Split, modal_split
from custom_components.bernau_smartcity.visitors.occupancy import Drift, Level, present
from custom_components.bernau_smartcity.visitors.reasons import Reason
from custom_components.bernau_smartcity.visitors.zones import (
    Passage,
    Series,
    series,
    town_arrivals,
    town_flows,
    zone_levels,
    zone_traffic,
)

START: Final = datetime(2026, 11, 23, 10, tzinfo=UTC)
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

type Passages = dict[str, Passage]


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
def town(request: pytest.FixtureRequest) -> Passages:
    """Give what passed all gates; however the messages came, it is the same."""
    return {
        name: Passage(
            counter.gate,
            series(counted(counter, Quantity.PEOPLE_IN, request.param), GRID),
            series(counted(counter, Quantity.PEOPLE_OUT, request.param), GRID),
        )
        for name, counter in COUNTERS.items()
    }


def passed(line: Series) -> list[int | None]:
    """Give what passed in each bin."""
    return [each.passed for each in line.bins]


def traffic(town: Passages, zone: str) -> Traffic:
    """Give what passed into a zone and out of it."""
    found = zone_traffic(town.values(), zone)
    assert isinstance(found, Traffic)
    return found


def test_bins(town: Passages) -> None:
    """With a rollover, a restart and a message that got lost."""
    assert passed(town["G1"].forward) == [40, 35, 10, 5]
    assert passed(town["G1"].backward) == [5, 10, 30, 40]
    assert passed(town["G2"].forward) == [12, 20, 10, 4]
    assert passed(town["G2"].backward) == [2, 5, 8, 12]
    assert passed(town["G3"].forward) == [10, 4, 3, 3]
    assert passed(town["G3"].backward) == [3, 6, 5, 5]
    assert town["G2"].forward.bins[1].flags == {Flag.ROLLOVER}


def test_hour_of_the_counter_that_restarted(town: Passages) -> None:
    """Its sum is a lower bound, and three of four messages came."""
    line = town["G3"].forward
    assert line.total == Tally(20, 1, 0.75, frozenset({Flag.RESET}))
    assert [each.interpolated for each in line.bins] == [False, False, True, True]


def test_zones(town: Passages) -> None:
    """Fourteen more left the square than came: they are missing, and remembered."""
    square, market = (zone_levels(town.values(), zone) for zone in "AB")
    assert square == [Level(25, 0), Level(35, 0), Level(13, 0), Level(-14, 14)]
    assert market == [Level(17, 0), Level(30, 0), Level(30, 0), Level(20, 0)]
    now = GRID.end + timedelta(minutes=5)
    found = [present(zone, GRID, now, QUARTER) for zone in (square, market)]
    assert [level.people for level in found if isinstance(level, Level)] == [0, 20]
    assert traffic(town, "A") == Traffic(
        entered=[42, 40, 18, 17],
        left=[17, 30, 40, 44],
        coverage=1,
        sharp=[True] * 4,
        flags=frozenset({Flag.ROLLOVER}),
    )
    assert traffic(town, "B") == Traffic(
        entered=[22, 24, 13, 7],
        left=[5, 11, 13, 17],
        coverage=1,
        sharp=[True, True, False, False],
        flags=frozenset({Flag.ROLLOVER, Flag.RESET}),
    )


def test_visitors(town: Passages) -> None:
    """Those who walk on to the market came to the town once."""
    flows = town_flows(town.values())
    assert visitors(flows) == 110
    assert visitors({(target, origin): n for (origin, target), n in flows.items()}) == 104


def test_modes(town: Passages) -> None:
    """Enough came in all, though few on foot."""
    found = modal_split(town_arrivals(town.values()))
    assert isinstance(found, Split)
    assert found.tenths == {Mode.TRAIN: 818, Mode.WALK: 182}


def test_stays(town: Passages) -> None:
    """On the square too short to tell; on the market told, once it is known how counters err."""
    levels = [zone_levels(town.values(), zone) for zone in "AB"]
    people = [[level.people for level in each if isinstance(level, Level)] for each in levels]
    assert [person_minutes([0, *each], QUARTER) for each in people] == [1095, 1305]
    exact = Drift(1000, 1000)
    assert live_dwell(traffic(town, "A"), exact) is Reason.SHORTER_THAN_BIN
    found = live_dwell(traffic(town, "B"), exact)
    assert isinstance(found, Dwell)
    assert found.mean / timedelta(minutes=1) == pytest.approx(1305 / 46)
    assert Flag.RESET in found.flags
    assert live_dwell(traffic(town, "B"), Reason.NO_FLOW) is Reason.DRIFT_UNKNOWN


@pytest.mark.parametrize("counting", [Counting.FORWARD, Counting.EITHER])
def test_gate_that_does_not_count_both_ways(town: Passages, counting: Counting) -> None:
    """Nobody can tell who is there, but who came."""
    line = town["G1"].forward
    gate = Gate(origin="*", target="A", counting=counting)
    silent = series([], GRID)
    passages = [Passage(gate, line, silent), town["G2"]]
    assert passages[0].coverage == 1
    assert zone_levels(passages, "A") == []
    assert live_dwell(traffic(dict(zip("12", passages, strict=True)), "A"), Drift(1, 1)) is (
        Reason.OPEN_BOUNDARY
    )
    came = {Counting.FORWARD: 90, Counting.EITHER: 45}
    assert visitors(town_flows(passages)) == came[counting]


def test_dead_counter(town: Passages) -> None:
    """A zone of which it should tell is unknown, and so is how people arrive."""
    silent = series([], GRID)
    passages = [Passage(town["G1"].gate, silent, silent), town["G2"], town["G3"]]
    assert zone_levels(passages, "A") == [Reason.NOT_REPORTED] * 4
    found = zone_traffic(passages, "A")
    assert isinstance(found, Traffic)
    assert live_dwell(found, Drift(1, 1)) is Reason.COVERAGE
    assert modal_split(town_arrivals(passages)) is Reason.COVERAGE
    assert visitors(town_flows(passages)) == 20


def test_zone_without_counters(town: Passages) -> None:
    """There is nothing to say of it."""
    assert zone_levels(town.values(), "C") == []
    assert zone_traffic(town.values(), "C") is Reason.OPEN_BOUNDARY


def test_cars(town: Passages) -> None:
    """In each of them come more than one."""
    gate = Gate(origin="A", target="*", people=1.5)
    passages = [Passage(gate, town["G1"].backward, town["G1"].forward)]
    assert zone_levels(passages, "A")[0] == Level(52.5, 0)
    assert traffic({"G": passages[0]}, "A").entered == [60, 52.5, 15, 7.5]
