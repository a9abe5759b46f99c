"""Visits to the town and entries into zones stand in the hours in which people were counted."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, override

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder import Recorder, get_instance
from homeassistant.components.recorder.tasks import CompileMissingStatisticsTask
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.bernau_smartcity.const import DOMAIN
from custom_components.bernau_smartcity.model import Device

from .analytics_homes import OUTSIDE, counter, gate, set_up_town, told, town, zone
from .fake_network import AT, FakeNetwork, config_entry, people
from .homes import reload, set_up, settled
from .recorder_time import HOUR, Arrival, Days

MINUTE = timedelta(minutes=1)
QUARTER = 15 * MINUTE
SERVER = "server"
NORTH, SOUTH = (counter(number, "milesight_vs350") for number in (1, 2))
PROFILE = {NORTH.dev_eui: (40, 8, 120, 4, 60, 20, 32), SOUTH.dev_eui: (12, 200, 4, 80, 8, 16, 44)}
"""Who comes in by a gate in one hour after the other, evenly, again and again."""


@dataclass
class TownDays(Days):
    """Lets time pass for a town as well."""

    town: MockConfigEntry | None = None

    @override
    async def poll(self) -> None:
        """Read what is new, and tell what follows from it."""
        await super().poll()
        await self.tell()

    async def tell(self) -> None:
        """Tell what follows from what is kept, as at the end of each quarter of an hour."""
        if self.town is not None and hasattr(self.town, "runtime_data"):
            await self.town.runtime_data.async_refresh()
            await settled(self.hass)

    def sensor(self, part: str) -> str:
        """Give the total of a part of the town."""
        assert self.town
        own = f"{self.town.entry_id}_{part}_people_in"
        found = er.async_get(self.hass).async_get_entity_id("sensor", DOMAIN, own)
        assert found is not None
        return found

    def total(self, part: str) -> float:
        """Give what is shown of it."""
        assert self.town
        return float(told(self.hass, self.town, part, "people_in").state)


@pytest.fixture
async def days(
    recorder_mock: Recorder,  # noqa: ARG001  # the recorder must be there
    hass: HomeAssistant,
    server: FakeNetwork,
    freezer: FrozenDateTimeFactory,
) -> TownDays:
    """Give the time, beginning at ten in Bernau."""
    await hass.config.async_set_time_zone("Europe/Berlin")
    freezer.move_to(AT)
    result = TownDays(hass, freezer, server)
    await result.recorded()
    return result


def hour_of(device: Device, number: int) -> int:
    """Give who comes in an hour, counted from ten."""
    profile = PROFILE[device.dev_eui]
    return profile[number % len(profile)]


def came(device: Device, at: datetime) -> int:
    """Give who has come by then since four."""
    number, rest = divmod(at - AT, HOUR)
    whole = sum(hour_of(device, n) for n in range(-6, number))
    return whole + round(hour_of(device, number) * (rest / HOUR))


def message(
    device: Device, hours: float, late: timedelta = MINUTE, counted: int | None = None
) -> Arrival:
    """Give a message some hours after ten; nobody ever leaves."""
    at = AT + hours * HOUR
    entered = came(device, at) if counted is None else counted
    return Arrival(device, people(entered, 0), at, at + late)


def quarters(start: float, end: float) -> list[float]:
    """Give the ends of the quarters of some hours."""
    return [start + n / 4 for n in range(1, round(4 * (end - start)) + 1)]


def door(name: str, device: Device, target: str, **more: Any) -> Any:
    """Give a gate from outside."""
    return gate(name, OUTSIDE, target, f"{SERVER}/{device.dev_eui}/people/0", **more)


def both() -> list[Any]:
    """Give two zones, each with a gate to the outside."""
    return [zone("A"), zone("B"), door("N", NORTH, "A"), door("S", SOUTH, "B")]


async def install(days: TownDays, parts: Iterable[Any], messages: Iterable[Arrival]) -> None:
    """Set up at five past ten when these messages have come."""
    days.server.inventory = [NORTH, SOUTH]
    for each in messages:
        days.server.send(each.device, each.payload, each.measured)
    days.freezer.move_to(AT + 5 * MINUTE)
    days.entry = await set_up(days.hass, config_entry(SERVER))
    await settled(days.hass)
    days.town = await set_up_town(days.hass, town(*parts))
    await days.tell()


def history() -> list[Arrival]:
    """Give what both have sent since four."""
    return [message(each, hour) for hour in [-6, *quarters(-6, 0)] for each in (NORTH, SOUTH)]


async def true_hours(
    days: TownDays, part: str, devices: Iterable[Device], first: int, last: int
) -> None:
    """Every hour must show who came in it."""
    bars = await days.bars(days.sensor(part))
    found = {hour: bars.get(AT + hour * HOUR) for hour in range(first, last)}
    counting = list(devices)
    assert found == {
        hour: sum(hour_of(each, hour) for each in counting) for hour in range(first, last)
    }
    assert min(bars.values()) >= 0


async def all_true(days: TownDays, first: int, last: int) -> None:
    """All parts of the town must tell the truth."""
    for part, devices in (("A", [NORTH]), ("B", [SOUTH]), ("town", [NORTH, SOUTH])):
        await true_hours(days, part, devices, first, last)


async def test_history_is_there_within_five_minutes(days: TownDays) -> None:
    """What the counters told before the town was set up stands in its hours at once."""
    await install(days, both(), history())
    assert days.total("town") == sum(hour_of(d, n) for d in (NORTH, SOUTH) for n in range(-6, 0))
    await days.compile(AT + 5 * MINUTE)
    await all_true(days, -6, -1)
    days.expect(message(each, hour) for each in (NORTH, SOUTH) for hour in quarters(0, 3))
    await days.until(AT + 3 * HOUR)
    await all_true(days, -6, 2)


async def test_late_batch(days: TownDays) -> None:
    """A counter that is read hours later counts in the hours in which people came."""
    await install(days, both(), history())
    days.expect(message(NORTH, hour) for hour in quarters(0, 6))
    back = AT + 4 * HOUR + 20 * MINUTE
    batch = [message(SOUTH, hour) for hour in quarters(0, 4.25)]
    days.expect(Arrival(each.device, each.payload, each.measured, back) for each in batch[::-1])
    days.expect(message(SOUTH, hour) for hour in quarters(4.25, 6))
    await days.until(AT + 4 * HOUR)
    bars = await days.bars(days.sensor("B"))
    assert [bars[AT + n * HOUR] for n in range(1, 3)] == [0, 0]
    before = days.total("town")
    await days.until(AT + 4 * HOUR + 30 * MINUTE)
    assert days.total("town") > before + 200
    await days.until(AT + 6 * HOUR)
    await all_true(days, -6, 5)


async def test_restart_and_outage(days: TownDays) -> None:
    """What came while nobody looked is in its hours; nothing counts twice."""
    await install(days, both(), history())
    days.expect(message(each, hour) for each in (NORTH, SOUTH) for hour in quarters(0, 7))
    await days.until(AT + 2 * HOUR - 2 * MINUTE)
    assert days.entry
    assert days.town
    shown = days.total("town")
    for entry in (days.town, days.entry):
        await days.hass.config_entries.async_unload(entry.entry_id)
    days.miss(AT + 5 * HOUR + 12 * MINUTE)
    await days.hass.config_entries.async_setup(days.town.entry_id)
    await settled(days.hass)
    assert days.total("town") == shown
    await days.hass.config_entries.async_setup(days.entry.entry_id)
    await settled(days.hass)
    get_instance(days.hass).queue_task(CompileMissingStatisticsTask())
    await days.recorded()
    await days.until(AT + 7 * HOUR)
    await all_true(days, -6, 6)
    await reload(days.hass, days.town)
    await days.until(AT + 8 * HOUR)
    await all_true(days, -6, 6)


async def test_revision(days: TownDays) -> None:
    """A message that comes late tells in which hour those came who had been spread over two."""
    await install(days, both(), history())
    days.expect(message(NORTH, hour) for hour in quarters(0, 6))
    days.expect(message(SOUTH, hour) for hour in quarters(0, 6) if hour not in quarters(1, 3))
    days.expect([message(SOUTH, 3)])
    days.expect(message(SOUTH, hour, 3 * HOUR) for hour in quarters(1, 3)[:-1])
    await days.until(AT + 4 * HOUR)
    bars = await days.bars(days.sensor("B"))
    assert [bars[AT + n * HOUR] for n in (1, 2)] == [104, 100]  # spread in whole people
    await days.until(AT + 7 * HOUR)
    await all_true(days, -6, 5)


async def replaced(days: TownDays, *parts: Any) -> None:
    """Change what was set up, as somebody does who removes a gate and adds another."""
    assert days.town
    wanted = {each["subentry_id"]: each for each in parts}
    for each in list(days.town.subentries.values()):
        if each.subentry_id not in wanted:
            days.hass.config_entries.async_remove_subentry(days.town, each.subentry_id)
        else:
            days.hass.config_entries.async_update_subentry(
                days.town, each, data=wanted[each.subentry_id]["data"]
            )
    await settled(days.hass)
    await days.tell()


@pytest.mark.parametrize(
    ("after", "per_hour"),
    [
        ([zone("A"), zone("B"), door("N", NORTH, "A")], lambda n: hour_of(NORTH, n)),
        (
            [*both()[:-1], door("S", SOUTH, "B", people=2)],
            lambda n: hour_of(NORTH, n) + 2 * hour_of(SOUTH, n),
        ),
    ],
    ids=["a gate less", "each count stands for two"],
)
async def test_change_of_what_counts(
    days: TownDays, after: list[Any], per_hour: Callable[[int], int]
) -> None:
    """The past stays as it was told, and the total continues from there."""
    await install(days, both(), history())
    days.expect(message(each, hour) for each in (NORTH, SOUTH) for hour in quarters(0, 5))
    await days.until(AT + 2 * HOUR + 2 * MINUTE)
    before = days.total("town")
    await replaced(days, *after)
    assert days.total("town") == before
    await days.until(AT + 5 * HOUR)
    await true_hours(days, "town", [NORTH, SOUTH], -6, 2)
    bars = await days.bars(days.sensor("town"))
    assert [bars[AT + n * HOUR] for n in (2, 3)] == [per_hour(2), per_hour(3)]
    assert days.total("town") == before + per_hour(2) + per_hour(3) + per_hour(4) * 3 / 4


async def test_reasons(days: TownDays) -> None:
    """Where nobody counts there is no number."""
    await install(days, [zone("A"), zone("B"), door("S", SOUTH, "B")], [])
    assert days.town
    for part, reason in (("A", "open_boundary"), ("B", "not_reported"), ("town", "not_reported")):
        state = told(days.hass, days.town, part, "people_in")
        assert (state.state, state.attributes["reason"]) == ("unknown", reason)
    assert days.town.runtime_data.last_update_success
