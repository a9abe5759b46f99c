"""How many went from zone to zone, and when a day begins."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.bernau_smartcity.visitors.days import day_of, hour_of
from custom_components.bernau_smartcity.visitors.flows import (
    OUTSIDE,
    Counting,
    Gate,
    Share,
    inflow,
    ranked,
    summed,
    visitors,
    zones_of,
    zones_per_visit,
)
from custom_components.bernau_smartcity.visitors.reasons import Reason

from .example import TOWN

BERLIN = ZoneInfo("Europe/Berlin")


def test_visits_are_not_the_sum_of_zones() -> None:
    """Who goes on to the next zone is no other visitor."""
    assert visitors(TOWN) == 480
    assert [inflow(TOWN, zone) for zone in zones_of(TOWN)] == [480, 380, 150]
    assert zones_per_visit(TOWN) == pytest.approx(1010 / 480)


def test_nobody_came() -> None:
    """There is no number of zones for no visit."""
    assert visitors({}) == 0
    assert zones_per_visit({("A", OUTSIDE): 3}) is Reason.NO_FLOW


def test_strongest_flows() -> None:
    """With their share of all who left the same zone; nobody is no flow."""
    found = ranked({("A", "B"): 20, ("A", OUTSIDE): 60, ("B", "A"): 20, ("B", OUTSIDE): 0})
    assert found == [
        Share(("A", OUTSIDE), 60, 0.75),
        Share(("A", "B"), 20, 0.25),
        Share(("B", "A"), 20, 1),
    ]


def test_gates_between_the_same_zones_add_up() -> None:
    """Whichever way round they are, and however many people one count stands for."""
    door = Gate(origin=OUTSIDE, target="A")
    garage = Gate(origin="A", target=OUTSIDE, people=1.5)
    found = summed([*door.flows(10, 4), *garage.flows(2, 6)])
    assert found == {(OUTSIDE, "A"): 19, ("A", OUTSIDE): 7}


def test_counter_without_direction() -> None:
    """Half of the crossings each way."""
    beam = Gate(origin=OUTSIDE, target="A", counting=Counting.EITHER)
    assert summed(beam.flows(11, 0)) == {(OUTSIDE, "A"): 5.5, ("A", OUTSIDE): 5.5}


@pytest.mark.parametrize(
    ("at", "begin", "start", "hours"),
    [
        ("2026-11-23T12:00+00:00", "00:00", "2026-11-22T23:00+00:00", 24),
        ("2026-11-23T01:59+00:00", "03:00", "2026-11-22T02:00+00:00", 24),
        ("2026-11-23T02:00+00:00", "03:00", "2026-11-23T02:00+00:00", 24),
        ("2026-03-29T12:00+00:00", "00:00", "2026-03-28T23:00+00:00", 23),
        ("2026-10-25T12:00+00:00", "00:00", "2026-10-24T22:00+00:00", 25),
        ("2026-03-29T01:10+00:00", "02:30", "2026-03-28T01:30+00:00", 24),
    ],
)
def test_day(at: str, begin: str, start: str, hours: int) -> None:
    """By the local clock, also on the days when it changes and when it skips the reset."""
    found = day_of(datetime.fromisoformat(at), BERLIN, time.fromisoformat(begin))
    assert found[0] == datetime.fromisoformat(start)
    assert found[1] - found[0] == timedelta(hours=hours)


@given(at=st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)), begin=st.times())  # noqa: DTZ001  # hypothesis adds the zone
def test_any_time_lies_in_its_day(at: datetime, begin: time) -> None:
    """And days follow each other without a gap."""
    moment = at.replace(tzinfo=UTC)
    start, end = day_of(moment, BERLIN, begin)
    assert start <= moment < end
    assert day_of(end, BERLIN, begin)[0] == end


def test_hour() -> None:
    """Of the world, not of the clock."""
    found = hour_of(datetime(2026, 10, 25, 2, 59, tzinfo=BERLIN, fold=1))
    assert found == (datetime(2026, 10, 25, 1, tzinfo=UTC), datetime(2026, 10, 25, 2, tzinfo=UTC))
