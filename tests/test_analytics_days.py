"""Whole days of visitors: stays, ways, comparison; midnight, reset and the change of clocks."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.bernau_smartcity.const import DOMAIN
from custom_components.bernau_smartcity.model import Batch, Device

from .analytics_homes import OUTSIDE, counter, gate, reckon, set_up_town, told, town, zone
from .fake_network import FakeNetwork, config_entry, people, uplink
from .homes import poll, set_up

BERLIN = ZoneInfo("Europe/Berlin")
QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MONDAY = datetime(2026, 11, 23, tzinfo=BERLIN)
SERVER = "server"

type Steps = Mapping[datetime, tuple[int, int]]
"""Who came and went before a message."""


@pytest.fixture(autouse=True)
async def _here(hass: HomeAssistant) -> None:
    """Live in Bernau, and speak German."""
    await hass.config.async_set_time_zone("Europe/Berlin")
    hass.config.language = "de"


def reference(device: Device) -> str:
    """Give how a gate names its counter."""
    return f"{SERVER}/{device.dev_eui}/people/0"


def messages(
    device: Device,
    start: datetime,
    end: datetime,
    steps: Steps,
    every: timedelta = QUARTER,
    lost: Sequence[datetime] = (),
) -> Batch:
    """Give what a counter sends from one time to another."""
    entered = left = 0
    found = []
    at = start.astimezone(UTC)
    while at <= end.astimezone(UTC):
        came, went = steps.get(at, (0, 0))
        entered, left = entered + came, left + went
        if at not in lost:
            found.append(uplink(device, people(entered, left), at))
        at += every
    return Batch(device=device, uplinks=tuple(found), cursors={device.dev_eui: found[-1].id})


def spread(start: datetime, pairs: Sequence[tuple[int, int]]) -> dict[datetime, tuple[int, int]]:
    """Give who came and went in the quarters of an hour after a time."""
    first = start.astimezone(UTC)
    return {first + number * QUARTER: pair for number, pair in enumerate(pairs, 1)}


async def shown(
    hass: HomeAssistant,
    server: FakeNetwork,
    freezer: FrozenDateTimeFactory,
    now: datetime,
    batches: Sequence[Batch],
    *parts: Any,
) -> MockConfigEntry:
    """Set a town up when all of this has been sent."""
    freezer.move_to(now)
    server.inventory = [batch.device for batch in batches if batch.device]
    server.waiting = list(batches)
    await set_up(hass, config_entry(SERVER))
    entry = await set_up_town(hass, town(*parts))
    await reckon(hass, freezer)
    return entry


STAYS = [(10, 0), (20, 10), (20, 15), (10, 15), (0, 10), (0, 10)]
"""Sixty people, who stay for twenty-one and a quarter minutes on average."""


async def test_stay_of_yesterday_and_of_today(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> None:
    """Told from the reset on; today as soon as yesterday tells how well the counters count."""
    door = counter(1, "milesight_vs350")
    start = MONDAY.replace(hour=3)
    steps = spread(start + 7 * HOUR, STAYS) | spread(start + DAY + 2 * HOUR, [*STAYS[:4]])
    now = start + DAY + 3 * HOUR + timedelta(minutes=2)
    batch = messages(door, start, now, steps)
    entry = await shown(
        hass, server, freezer, now, [batch], zone("A"), gate("G", OUTSIDE, "A", reference(door))
    )
    stay = told(hass, entry, "A", "dwell_yesterday")
    assert float(stay.state) == 21.25
    assert stay.attributes["people"] == 60
    assert stay.attributes["error"] == 2
    assert stay.attributes["until"] == (start + DAY).astimezone(UTC).isoformat()
    assert told(hass, entry, "A", "drift").state == "0"
    assert float(told(hass, entry, "A", "dwell_now").state) == pytest.approx(24.375)
    assert told(hass, entry, "A", "occupancy").state == "20"
    assert told(hass, entry, "A", "zone_entries").state == "60"


async def test_midnight_and_reset(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> None:
    """Visits of the day begin at midnight; who is there is forgotten at the reset."""
    door = counter(1, "milesight_vs350")
    start = MONDAY.replace(hour=20)
    steps = spread(start, [(30, 10), (5, 0)])
    midnight = MONDAY + DAY
    first = messages(door, start, midnight - QUARTER, steps)
    now = midnight - timedelta(minutes=14)
    entry = await shown(
        hass, server, freezer, now, [first], zone("A"), gate("G", OUTSIDE, "A", reference(door))
    )
    assert told(hass, entry, "town", "visits_today").state == "35"
    assert told(hass, entry, "A", "occupancy").state == "25"
    all_night = messages(door, start, midnight + 4 * HOUR, steps).uplinks
    for at, visits, present in (
        (midnight + timedelta(minutes=1), "0", "25"),
        (midnight + HOUR + timedelta(minutes=1), "0", "25"),
        (midnight + 3 * HOUR + timedelta(minutes=1), "0", "0"),
    ):
        sent = tuple(each for each in all_night if now < each.received_at <= at)
        server.waiting = [Batch(device=door, uplinks=sent, cursors={door.dev_eui: sent[-1].id})]
        freezer.move_to(at)
        await poll(hass, freezer)
        await reckon(hass, freezer)
        assert told(hass, entry, "town", "visits_today").state == visits
        assert told(hass, entry, "A", "occupancy").state == present
        now = at


async def test_dead_counter(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> None:
    """Nobody knows who is there any more; what was counted stays, and is called a lower bound."""
    door, other = counter(1, "milesight_vs350"), counter(2, "milesight_vs350")
    start = MONDAY.replace(hour=8)
    now = start + 2 * HOUR + timedelta(minutes=1)
    batches = [
        messages(door, start, start + HOUR, spread(start, [(30, 10), (5, 0)])),
        messages(other, start, now, {}),
    ]
    parts = (
        zone("A", capacity=100),
        gate("G", OUTSIDE, "A", reference(door), mode="bus"),
        gate("H", OUTSIDE, "A", reference(other), mode="walk"),
    )
    entry = await shown(hass, server, freezer, now, batches, *parts)
    for key in ("occupancy", "capacity_share", "missing_entries"):
        state = told(hass, entry, "A", key)
        assert (state.state, state.attributes["reason"]) == ("unknown", "not_reported")
    visits = told(hass, entry, "town", "visits_today")
    assert (visits.state, visits.attributes["lower_bound"]) == ("35", True)
    share = told(hass, entry, "town", "share_bus")
    assert (share.state, share.attributes["reason"]) == ("unknown", "coverage")
    server.waiting = [messages(door, start, now, spread(start, [(30, 10), (5, 0)]))]
    await poll(hass, freezer)
    await reckon(hass, freezer)
    assert told(hass, entry, "A", "occupancy").state == "25"


@pytest.mark.parametrize("swap", [False, True])
async def test_swapped_direction(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory, *, swap: bool
) -> None:
    """A counter that is mounted the wrong way round."""
    door = counter(1, "milesight_vs350")
    start = MONDAY.replace(hour=8)
    now = start + HOUR + timedelta(minutes=1)
    pair = (10, 30) if swap else (30, 10)
    batch = messages(door, start, now, spread(start, [pair]))
    parts = (zone("A"), gate("G", OUTSIDE, "A", reference(door), swap=swap))
    entry = await shown(hass, server, freezer, now, [batch], *parts)
    assert told(hass, entry, "G", "gate_forward").state == "30"
    assert told(hass, entry, "A", "occupancy").state == "20"


@pytest.mark.parametrize(
    ("day", "hours"), [(datetime(2026, 10, 25, tzinfo=BERLIN), 25), (MONDAY, 24)]
)
async def test_day_with_another_length(
    hass: HomeAssistant,
    server: FakeNetwork,
    freezer: FrozenDateTimeFactory,
    day: datetime,
    hours: int,
) -> None:
    """A day that has twenty-five hours is one day."""
    door = counter(1, "milesight_vs350")
    end = (day + DAY).astimezone(UTC)
    assert end - day.astimezone(UTC) == hours * HOUR
    steps = {day.astimezone(UTC) + number * HOUR: (1, 1) for number in range(1, hours)}
    batch = messages(door, day, end - QUARTER, steps)
    now = end - timedelta(minutes=14)
    parts = (zone("A"), gate("G", OUTSIDE, "A", reference(door)))
    entry = await shown(hass, server, freezer, now, [batch], *parts)
    assert told(hass, entry, "town", "visits_today").state == str(hours - 1)
    assert told(hass, entry, "town", "town_coverage").state == "100.0"


async def test_comparison_with_the_same_weekday(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> None:
    """Of the weeks before as far as they are known, by the same time of the day."""
    door = counter(1, "milesight_vs350")
    start = MONDAY - 15 * DAY
    noon = MONDAY.replace(hour=12)
    steps: dict[datetime, tuple[int, int]] = {}
    for weeks, came in ((0, 90), (1, 40), (2, 80)):
        day = noon - timedelta(weeks=weeks)
        steps |= spread(day - HOUR, [(came, 0)])
        if weeks:
            steps |= spread(day + HOUR, [(500, 0)])
    now = noon + timedelta(minutes=1)
    batch = messages(door, start, now, steps)
    parts = (zone("A"), gate("G", OUTSIDE, "A", reference(door)))
    entry = await shown(hass, server, freezer, now, [batch], *parts)
    compared = told(hass, entry, "town", "compared_weekday")
    assert float(compared.state) == 50
    assert (compared.attributes["earlier"], compared.attributes["days"]) == (60, 2)


TOWN = {
    "*A": (300, 280),
    "*B": (120, 110),
    "*C": (60, 90),
    "AB": (200, 180),
    "BC": (90, 60),
}


async def three_zones(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> MockConfigEntry:
    """Set the town of the published example up, after a day of which all is known."""
    doors = {ends: counter(number, "milesight_vs350") for number, ends in enumerate(TOWN)}
    noon = MONDAY.replace(hour=12)
    now = MONDAY + DAY + timedelta(minutes=1)
    batches = [
        messages(door, MONDAY, MONDAY + DAY, spread(noon, [TOWN[ends]]))
        for ends, door in doors.items()
    ]
    parts = [zone("A"), zone("B"), zone("C")]
    parts += [gate(ends, ends[0], ends[1], reference(door)) for ends, door in doors.items()]
    return await shown(hass, server, freezer, now, batches, *parts)


async def ask(hass: HomeAssistant, name: str, entry: MockConfigEntry, **more: Any) -> Any:
    """Call an action."""
    return await hass.services.async_call(
        DOMAIN,
        name,
        {"config_entry_id": entry.entry_id, **more},
        blocking=True,
        return_response=True,
    )


async def test_flows(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> None:
    """As they were counted."""
    entry = await three_zones(hass, server, freezer)
    found = await ask(hass, "get_visitor_flows", entry)
    assert (found["start"], found["end"]) == (MONDAY.isoformat(), (MONDAY + DAY).isoformat())
    assert (found["coverage"], found["lower_bound"], found["estimated"]) == (100, False, False)
    assert found["origins"] == ["Außerhalb", "Platz A", "Platz B", "Platz C"]
    by_way = {(row["from"], row["to"]): row["people"] for row in found["rows"]}
    assert by_way["Außerhalb", "Platz A"] == 300
    assert by_way["Platz A", "Platz B"] == 200
    assert found["matrix"][0][found["targets"].index("Platz C")] == 60
    rough = await ask(hass, "get_visitor_flows", entry, smallest=100, round_to=50)
    by_way = {(row["from"], row["to"]): row["people"] for row in rough["rows"]}
    assert by_way["Außerhalb", "Platz A"] == 300
    assert by_way["Platz B", "Platz C"] is None
    assert (rough["smallest"], rough["suppressed"] > 1) == (100, True)
    fewest = await ask(hass, "get_visitor_flows", entry, smallest=1)
    assert fewest["smallest"] == 5


async def test_journeys_and_paths(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> None:
    """Estimated, with bounds that hold without a model."""
    entry = await three_zones(hass, server, freezer)
    found = await ask(hass, "get_visitor_journeys", entry)
    assert found["estimated"] is True
    assert found["matrix"] == [[224, 51, 25], [47, 49, 24], [9, 10, 41]]
    assert found["rows"][0] == {
        "from": "Platz A",
        "to": "Platz A",
        "people": 224,
        "at_least": 47,
        "at_most": 294,
    }
    paths = await ask(hass, "get_visitor_paths", entry, paths=2)
    assert paths["rows"] == [
        {"zones": ["Platz A"], "people": 175, "share": 36.5},
        {"zones": ["Platz A", "Platz B"], "people": 36, "share": 7.5},
    ]
    assert paths["covered"] == 91.4
    before = await ask(hass, "get_visitor_journeys", entry, first_day="2026-11-20")
    assert (before["reason"], before["coverage"]) == ("coverage", 0)
    assert before["reason_text"] == (
        "Mindestens ein Zähler hat über einen zu kleinen Teil der Zeit berichtet."
    )


async def test_arrivals_by_mode(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> None:
    """Who only changes from train to bus arrives at the station, not in the town."""
    doors = {mode: counter(n, "milesight_vs350") for n, mode in enumerate(("train", "bus", "walk"))}
    passed = {"train": (180, 100), "bus": (90, 60), "walk": (30, 140)}
    batches = [
        messages(door, MONDAY, MONDAY + DAY, spread(MONDAY.replace(hour=12), [passed[mode]]))
        for mode, door in doors.items()
    ]
    parts = [zone("A")]
    parts += [gate(m, OUTSIDE, "A", reference(door), mode=m) for m, door in doors.items()]
    now = MONDAY + DAY + timedelta(minutes=1)
    entry = await shown(hass, server, freezer, now, batches, *parts)
    found = await ask(hass, "get_visitor_arrivals", entry)
    assert found["rows"] == [
        {
            "mode": "train",
            "people": 180,
            "share": 60.0,
            "standard_error": 2.8,
            "without_transfers": 144,
        },
        {
            "mode": "bus",
            "people": 90,
            "share": 30.0,
            "standard_error": 2.6,
            "without_transfers": 60,
        },
        {
            "mode": "walk",
            "people": 30,
            "share": 10.0,
            "standard_error": 1.7,
            "without_transfers": 30,
        },
    ]
    before = await ask(hass, "get_visitor_arrivals", entry, first_day="2026-11-20")
    assert before["reason"] == "coverage"


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"last_day": "2026-11-24"}, "day_not_over"),
        ({"first_day": "2026-11-23", "last_day": "2026-11-22"}, "days_wrong"),
        ({"first_day": "2026-01-01", "last_day": "2026-11-22"}, "days_wrong"),
        ({"config_entry_id": "nothing"}, "town_not_loaded"),
        ({"config_entry_id": SERVER}, "town_not_loaded"),
    ],
)
async def test_what_no_table_is_given_of(
    hass: HomeAssistant,
    server: FakeNetwork,
    freezer: FrozenDateTimeFactory,
    given: dict[str, Any],
    key: str,
) -> None:
    """It is said why."""
    entry = await three_zones(hass, server, freezer)
    with pytest.raises(ServiceValidationError) as error:
        await ask(hass, "get_visitor_flows", entry, **given)
    assert error.value.translation_key == key
