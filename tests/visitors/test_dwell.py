"""How long people stay."""

from dataclasses import replace
from datetime import timedelta
from math import exp
from random import Random

from hypothesis import assume, given, strategies as st
import pytest

from custom_components.bernau_smartcity.visitors.bins import QUARTER
from custom_components.bernau_smartcity.visitors.dwell import (
    Dwell,
    Traffic,
    day_dwell,
    gauge_dwell,
    live_dwell,
    person_minutes,
)
from custom_components.bernau_smartcity.visitors.occupancy import Drift
from custom_components.bernau_smartcity.visitors.reasons import Reason

MINUTE = timedelta(minutes=1)
DAY = Traffic(entered=[10, 20, 20, 10, 0, 0], left=[0, 10, 15, 15, 10, 10], coverage=1)
EXACT = Drift(500, 500)


def told(found: Dwell | Reason) -> Dwell:
    """Give an estimate that there must be."""
    assert not isinstance(found, Reason), found
    return found


def test_whole_day() -> None:
    """The area below the number present is the sum of all stays."""
    assert person_minutes([0, 10, 20, 25, 20, 10, 0], QUARTER) == 1275
    found = told(day_dwell(DAY))
    assert found == Dwell(21.25 * MINUTE, 1275, 60, 60, found.error)


def test_last_hours() -> None:
    """Person-time by departure, of those hours only."""
    begun = replace(DAY, entered=DAY.entered[:4], left=DAY.left[:4])
    found = told(live_dwell(begun, EXACT))
    assert found == Dwell(24.375 * MINUTE, 975, 60, 40, found.error)
    # The number present falls from 25 over 20 and 10 to none.
    falling = replace(DAY, entered=[0, 0, 0, *DAY.entered], left=[0, 0, 0, *DAY.left])
    last = told(live_dwell(falling, EXACT))
    assert (last.mean, last.person_minutes) == (21.25 * MINUTE, 1275)


def test_last_hours_are_balanced_as_yesterday() -> None:
    """Who was missed yesterday is likely missed today."""
    found = told(live_dwell(DAY, Drift(412, 400)))
    factor = (400 / 412) ** 0.5
    assert found.entered == pytest.approx(60 * factor)
    assert found.left == pytest.approx(60 / factor)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"enclosed": False}, Reason.OPEN_BOUNDARY),
        ({"length": timedelta(hours=1)}, Reason.BINS_TOO_LONG),
        ({"coverage": 0.89}, Reason.COVERAGE),
        ({"entered": [0] * 6}, Reason.NO_FLOW),
        ({"left": [0] * 6}, Reason.NO_FLOW),
        ({"entered": [14, 0], "left": [0, 15]}, Reason.TOO_FEW),
        ({"entered": [40, 60], "left": [40, 60]}, Reason.SHORTER_THAN_BIN),
    ],
)
def test_no_mean_stay(change: dict[str, object], expected: Reason) -> None:
    """No estimate tells one without its conditions."""
    traffic = replace(DAY, **change)  # type: ignore[arg-type]  # rows of a table
    assert day_dwell(traffic) is expected
    assert live_dwell(traffic, EXACT) is expected
    assert gauge_dwell([0] * (len(traffic.entered) + 1), traffic) is expected


def test_counts_that_do_not_belong_together() -> None:
    """Too many went, a counter hangs the wrong way round, or many were missed early."""
    assert day_dwell(replace(DAY, left=[0, 10, 15, 25, 20, 20])) is Reason.UNBALANCED
    assert day_dwell(replace(DAY, entered=DAY.left, left=DAY.entered)) is Reason.MISCOUNTED
    early = Traffic(entered=[0, 20, 20, 20, 0], left=[10, 10, 10, 10, 20], coverage=1)
    assert day_dwell(early) is Reason.MISCOUNTED


@pytest.mark.parametrize(
    ("yesterday", "expected"),
    [
        (Reason.COVERAGE, Reason.DRIFT_UNKNOWN),
        (Drift(0, 0), Reason.DRIFT_UNKNOWN),
        (Drift(100, 70), Reason.UNBALANCED),
        (Drift(100, 88), Reason.MISCOUNTED),
    ],
)
def test_no_live_estimate_after_such_a_day(yesterday: Drift | Reason, expected: Reason) -> None:
    """Without knowing how well the counters count, nothing is told."""
    assert live_dwell(DAY, yesterday) is expected


@pytest.mark.parametrize(("exits", "is_told"), [(990, True), (988, False)])
def test_error_of_counting_adds_up_until_the_reset(
    exits: int,
    is_told: bool,  # noqa: FBT001  # a row of the table
) -> None:
    """One percent in twelve hours is eighteen percent of twenty minutes: just not too much."""
    factor = (exits / 1000) ** 0.5
    truth = Traffic(entered=[40.0] + [30.0] * 47, left=[0.0] + [30.0] * 47, coverage=1)
    found = live_dwell(truth.scaled(1 / factor), Drift(1000, exits))
    if is_told:
        assert told(found).mean / MINUTE == pytest.approx(20)
    else:
        assert found is Reason.MISCOUNTED


def test_longer_than_the_window() -> None:
    """In half an hour nobody can see that people stay for hours."""
    market = Traffic(entered=[100, 10, 10], left=[0, 10, 10], coverage=1)
    assert live_dwell(market, EXACT, bins=2) is Reason.LONGER_THAN_WINDOW
    assert gauge_dwell([100] * 4, market) is Reason.LONGER_THAN_WINDOW


@pytest.mark.parametrize(
    ("left", "sharp", "area"),
    [
        # All sixty left in the last quarter of the hour, and their counter told of each quarter.
        ((0, 0, 0, 60), (), 900),
        # Three of its messages got lost: what was spread tells nothing of entries that were missed.
        ((15, 15, 15, 15), (False, False, False, True), 225),
        # They were not lost, so thirty must have been there whom nobody counted.
        ((15, 15, 15, 15), (), 900),
    ],
)
def test_lost_messages_leave_nobody_behind(
    left: tuple[int, ...], sharp: tuple[bool, ...], area: float
) -> None:
    """The live estimate follows who is present, by the same rule."""
    today = Traffic(entered=[0, 0, 60, 0], left=left, sharp=sharp, coverage=1)
    present = [0.0, *today.people]
    assert person_minutes(present, QUARTER) == area
    live = live_dwell(today, EXACT)
    assert live is Reason.SHORTER_THAN_BIN if area < 900 else told(live).person_minutes == area


def test_counter_that_tells_who_is_present() -> None:
    """Its area cannot drift, whatever the gates missed."""
    found = gauge_dwell([0, 10, 20, 25, 20, 10, 0], replace(DAY, entered=[10, 20, 20, 10, 0, 0]))
    assert told(found).mean == 21.25 * MINUTE
    short = gauge_dwell([0, 10, 20, 25, 20, 10, 0], replace(DAY, left=[0, 10, 15, 15, 10, 0]))
    assert told(short).mean / MINUTE == pytest.approx(1275 / (60 * 50) ** 0.5)


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 35)), min_size=15, max_size=60))
def test_any_order_of_leaving(stays: list[tuple[int, int]]) -> None:
    """The mean of a whole day is exact to the bin, whoever leaves first."""
    entered, left = [0] * 96, [0] * 96
    for begin, bins in stays:
        entered[begin] += 1
        left[begin + bins] += 1
    estimate = day_dwell(Traffic(entered=entered, left=left, coverage=1))
    assume(estimate is not Reason.MISCOUNTED)
    found = told(estimate)
    assert found.mean / QUARTER == pytest.approx(sum(bins for _, bins in stays) / len(stays))


def simulated(chance: Random, missed_exits: float = 0) -> tuple[list[int], list[int], list[float]]:
    """Let people come most around 13:00 and stay for 25 minutes on average."""
    entered, left, stays = [0] * 96, [0] * 96, []
    for third in range(2700):
        begin = (third + chance.random()) / 3
        if chance.random() < exp(-(((begin - 420) / 180) ** 2)):
            stay = min(chance.expovariate(1 / 25), 400)
            stays.append(stay)
            entered[int(begin / 15)] += 1
            left[int((begin + stay) / 15)] += chance.random() >= missed_exits
    return entered, left, stays


@pytest.mark.parametrize(("missed", "bias"), [(0, 0.005), (0.01, 0.02), (0.03, 0.03)])
def test_day_of_people_who_come_and_go(missed: float, bias: float) -> None:
    """Where exits are missed, a single day may be wrong, but the mean of many is not."""
    chance = Random(7)  # noqa: S311  # no secret
    errors = []
    for _ in range(50):
        entered, left, stays = simulated(chance, missed)
        found = day_dwell(Traffic(entered=entered, left=left, coverage=1))
        if found is not Reason.MISCOUNTED:
            errors.append(told(found).mean / MINUTE * len(stays) / sum(stays) - 1)
    assert len(errors) >= 45
    assert abs(sum(errors) / len(errors)) < bias
    assert max(map(abs, errors)) < (0.25 if missed else 0.04)


@pytest.mark.parametrize("hour", [13, 14, 15, 16])
def test_live_while_arrivals_rise_and_fall(hour: int) -> None:
    """Person-time by departure stays near the truth of twenty-five minutes."""
    chance = Random(hour)  # noqa: S311  # no secret
    now = (hour + 1 - 6) * 4
    minutes = []
    for _ in range(50):
        entered, left, _stays = simulated(chance)
        found = live_dwell(Traffic(entered=entered[:now], left=left[:now], coverage=1), EXACT)
        if isinstance(found, Dwell):
            minutes.append(found.mean / MINUTE)
    assert len(minutes) >= 25
    assert sum(minutes) / len(minutes) == pytest.approx(25, rel=0.1)


def test_live_needs_hours_to_compare() -> None:
    """When the day has just begun, nobody can tell whether its hours agree."""
    entered, left = [0] * 8 + [40] * 8, [0] * 10 + [40] * 6
    morning = Traffic(entered=entered, left=left, coverage=1)
    assert live_dwell(morning, EXACT) is Reason.UNSTEADY


def test_stays_that_outlast_the_last_hours() -> None:
    """Who stays for most of three hours cannot be seen within them, however steady the day is."""
    entered, left = [10] * 40, [0] * 6 + [10] * 34
    day = Traffic(entered=entered, left=left, coverage=1)
    assert live_dwell(day, EXACT) is Reason.LONGER_THAN_WINDOW
    shorter = replace(day, left=[0] * 2 + [10] * 38)
    assert told(live_dwell(shorter, EXACT)).mean == 30 * MINUTE


def test_work_beside_shopping() -> None:
    """Where some stay all day, person-time by departure tells of neither."""
    entered, left = [10] * 40, [10] * 40
    for bins, begin, end in ((entered, 4, 12), (left, 36, 40)):
        for n in range(begin, end):
            bins[n] += 120 // (end - begin)
    noon = Traffic(entered=entered[:24], left=left[:24], coverage=1)
    assert live_dwell(noon, EXACT) is Reason.LONGER_THAN_WINDOW
    assert told(day_dwell(Traffic(entered=entered, left=left, coverage=1))).mean > 60 * MINUTE


def test_error_that_sound_counters_make() -> None:
    """It is told, and agrees with what chance makes of many days."""
    chance = Random(4)  # noqa: S311  # no secret
    told_errors, errors = [], []
    for _ in range(60):
        entered, left, stays = simulated(chance)
        counted = [
            [sum(chance.random() >= 0.02 for _ in range(people)) for people in bins]
            for bins in (entered, left)
        ]
        found = told(day_dwell(Traffic(entered=counted[0], left=counted[1], coverage=1)))
        told_errors.append(found.error)
        errors.append(found.mean / MINUTE * len(stays) / sum(stays) - 1)
    root = (sum(each**2 for each in errors) / len(errors)) ** 0.5
    assert root == pytest.approx(sum(told_errors) / len(told_errors), rel=0.25)


def test_few_people_on_a_long_day() -> None:
    """One miscount in the morning outweighs all their stays."""
    day = Traffic(entered=[1, 0] * 20 + [0, 0], left=[0, 0] + [1, 0] * 20, coverage=1)
    assert day_dwell(day) is Reason.MISCOUNTED
