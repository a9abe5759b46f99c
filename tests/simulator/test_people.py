"""People walk through the town, and what is told of them agrees with itself."""

from itertools import pairwise
from random import Random

import pytest

from simulator.build import build
from simulator.clock import EPOCH, Clock, parse
from simulator.people.bernau import GATES, GROUPS, quarter
from simulator.people.counting import Slips, counted, seen, slips
from simulator.people.quarter import Quarter, gate_number
from simulator.people.told import lines, told
from simulator.people.truth import present, present_at, record, stays_of, whole_day
from simulator.people.walks import begin_of, day_at
from simulator.people.ways import OUTSIDE, SHARP, Eye, Gate, Group, way_of

from .conftest import NOW

TUESDAY, MARKET_DAY, SUNDAY, CLOCK_CHANGE = 47, 48, 52, 24
"""Of November and October 2026, by their number since the first of October."""
HOUR = 3600


@pytest.fixture(scope="module", params=[1, 7])
def bernau(request: pytest.FixtureRequest) -> Quarter:
    """Give the quarter of two towns."""
    return quarter(request.param)


@pytest.mark.parametrize("day", [0, CLOCK_CHANGE, TUESDAY])
def test_days(day: int) -> None:
    """They begin at three in the morning, also when the clock changes."""
    assert day_at(begin_of(day)) == day_at(begin_of(day + 1) - 1) == day
    length = begin_of(day + 1) - begin_of(day)
    assert length == (25 * HOUR if day == CLOCK_CHANGE - 1 else 24 * HOUR)


def test_nobody_before_the_beginning(bernau: Quarter) -> None:
    """The first day of people begins an hour after that of all meters."""
    assert day_at(EPOCH) == -1
    assert bernau.counted(0, 0, EPOCH) == 0
    assert record(bernau, EPOCH - 86_400, EPOCH).visits == 0
    assert not any(present_at(bernau, EPOCH).values())


@pytest.mark.parametrize("day", [CLOCK_CHANGE - 1, TUESDAY, MARKET_DAY, SUNDAY])
def test_single_people_are_the_sums_of_their_day(bernau: Quarter, day: int) -> None:
    """Counters go on in the morning where they stood at night."""
    begin, end = begin_of(day), begin_of(day + 1)
    tally = bernau.tally(day)
    assert len(bernau.visits(day)) == sum(tally.came) > 3000
    for n, (forward, backward) in enumerate(bernau.crossings(day)):
        assert (len(forward), len(backward)) == tally.crossed[n]
        grown = [bernau.counted(n, d, end) - bernau.counted(n, d, begin - 1) for d in (0, 1)]
        assert tuple(grown) == counted(tally.crossed[n], tally.slips[n], GATES[n].eye)


@pytest.mark.parametrize("day", [TUESDAY, SUNDAY])
def test_everybody_leaves(bernau: Quarter, day: int) -> None:
    """In the order of their way, before the day ends; whoever is there came in before."""
    end = begin_of(day + 1)
    for visit in bernau.visits(day):
        assert begin_of(day) <= visit.times[0]
        assert all(one <= other for one, other in pairwise(visit.times))
        assert visit.times[-1] < end
    quarters = [begin_of(day) + 900 * n for n in range(97)]
    there = present(bernau, day, quarters)
    assert all(people[0] == people[-1] == 0 for people in there.values())
    assert all(min(people) >= 0 for people in there.values())
    assert max(there["Altstadt"]) > 100


def test_truth_agrees_with_itself(bernau: Quarter) -> None:
    """Flows, ways, stays and presence are the same people."""
    day = whole_day(bernau, MARKET_DAY)
    assert day.visits == sum(day.journeys.values()) == sum(day.paths.values())
    assert day.visits == day.entered[OUTSIDE] == day.left[OUTSIDE] == sum(day.arrivals.values())
    assert sum(day.flows.values()) == sum(day.gates.values())
    stays = stays_of(bernau, MARKET_DAY)
    times = [begin_of(MARKET_DAY) + 60 * n for n in range(24 * 60 + 1)]
    for zone, people in present(bernau, MARKET_DAY, times).items():
        assert day.entered[zone] == day.left[zone] == day.stays[zone].number
        assert len(stays[zone]) == day.stays[zone].number
        # The area below the number present is the sum of all stays.
        area = sum(people)
        assert area == pytest.approx(day.stays[zone].seconds / 60, rel=0.02)


def test_parts_of_a_day_add_up(bernau: Quarter) -> None:
    """However it is cut."""
    begin, noon, end = begin_of(TUESDAY), begin_of(TUESDAY) + 9 * HOUR, begin_of(TUESDAY + 1)
    whole, parts = (
        record(bernau, begin, end),
        [
            record(bernau, begin, noon),
            record(bernau, noon, end),
        ],
    )
    for name in ("gates", "flows", "arrivals", "journeys", "paths", "entered", "left"):
        assert getattr(parts[0], name) + getattr(parts[1], name) == getattr(whole, name)
    there = present_at(bernau, noon)
    assert there == {zone: parts[0].entered[zone] - parts[0].left[zone] for zone in there}
    assert sum(there.values()) > 100


def test_market_and_work(bernau: Quarter) -> None:
    """People do what their day is for."""
    tuesday, market, sunday = (whole_day(bernau, d) for d in (TUESDAY, MARKET_DAY, SUNDAY))
    assert market.entered["Marktplatz"] > 1.8 * tuesday.entered["Marktplatz"]
    assert sunday.entered["Rathaus"] < 0.1 * tuesday.entered["Rathaus"]
    minutes = tuesday.stays["Stadtbibliothek"].minutes
    assert minutes is not None
    assert 40 < minutes < 200
    assert tuesday.stays["nowhere"].minutes is None


def test_seeds() -> None:
    """The same seed is the same town, another one another."""
    same = Quarter(GATES, GROUPS, 1).visits(TUESDAY)
    assert same == quarter(1).visits(TUESDAY) != quarter(2).visits(TUESDAY)


@pytest.mark.parametrize(
    ("eye", "least", "most"),
    [
        (SHARP, (1000, 400), (1000, 400)),
        (Eye(missed=0.1), (870, 340), (930, 380)),
        (Eye(doubled=0.1), (1070, 420), (1130, 460)),
        (Eye(turned=0.1), (905, 440), (975, 520)),
        (Eye(swapped=True), (400, 1000), (400, 1000)),
        (Eye(missed=1), (0, 0), (0, 0)),
    ],
)
def test_eyes(eye: Eye, least: tuple[int, int], most: tuple[int, int]) -> None:
    """They err as often as they are said to; what they see one by one is what they count."""
    crossed = [60.0 * n for n in range(1000)], [150.0 * n + 7 for n in range(400)]
    random = Random(5)  # noqa: S311  # no secret
    erring = slips(eye, 1000, random), slips(eye, 400, random)
    found = counted((1000, 400), erring, eye)
    assert all(low <= n <= high for low, n, high in zip(least, found, most, strict=True))
    times = seen(crossed, erring, eye, 3)
    assert tuple(len(each) for each in times) == found
    assert all(list(each) == sorted(each) for each in times)


def test_who_walks_abreast_is_missed_first() -> None:
    """Pairs lose one of them."""
    pairs = [at for n in range(100) for at in (60.0 * n, 60.0 * n + 0.4)]
    nothing = Slips(0, 0, 0)
    times, _ = seen((pairs, []), (Slips(60, 0, 0), nothing), SHARP, 1)
    lost = set(pairs) - set(times)
    assert len(lost) == 60
    assert sum(at % 60 > 0.1 for at in lost) > 50


@pytest.mark.parametrize(
    ("way", "error"),
    [
        ("door 5 hall 5 hall", "from outside to outside"),
        ("hall 5 door", "does not lead out"),
        ("door 5 door 0 door 5 door", "from outside to outside"),
    ],
)
def test_ways_that_break_off(way: str, error: str) -> None:
    """Are no ways."""
    gates = [Gate("door", OUTSIDE, "House"), Gate("hall", "House", "Hall")]
    with pytest.raises(ValueError, match=error):
        way_of(Group("work", 1, way), gates)


def test_counters_hang_at_their_gates() -> None:
    """Each gate has one counter; one is mounted the wrong way round."""
    town = build(clock=Clock.standing(NOW))
    found = {line.quarter.gates[line.gate].name: line for line in lines(town)}
    assert found.keys() == {gate.name for gate in GATES}
    wrong = found["kings_gate"]
    begin, end = begin_of(TUESDAY), begin_of(TUESDAY + 1) - 1
    truth = whole_day(wrong.quarter, TUESDAY)
    came, went = (load.total(end) - load.total(begin) for load in wrong.device.loads)
    number = gate_number(wrong.quarter, "kings_gate")
    assert came == pytest.approx(truth.gates[2 * number + 1], rel=0.05)
    assert went == pytest.approx(truth.gates[2 * number], rel=0.05)
    assert found["train_side"].channel == 2
    assert found["library"].channel == 0


def test_told() -> None:
    """As the control interface tells it."""
    town = build(clock=Clock.standing(NOW))
    begin, end = parse("2026-11-18T02:00"), parse("2026-11-18T12:00")
    day = told(town, begin, end)
    happened = record(quarter(1), begin, end)
    assert day["visits"] == happened.visits
    assert day["arrivals"] == happened.arrivals
    assert len(day["gates"]) == len({gate["counter"] for gate in day["gates"]}) == len(GATES)
    assert "Steintor, Durchgang" in {gate["counter"] for gate in day["gates"]}
    there = {zone["zone"]: zone["present"] for zone in day["zones"]}
    assert there == present_at(quarter(1), end)
    assert sum(path["people"] for path in day["paths"]) == sum(happened.paths.values())
    assert {(f["origin"], f["target"]): f["people"] for f in day["flows"]} == happened.flows
    with pytest.raises(ValueError, match="no visitor counters"):
        told(build(devices=5, clock=Clock.standing(NOW)), begin, end)
