"""Whatever happens meanwhile: each day, hour or month tells once, and none that should not."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.bernau_smartcity.const import DOMAIN

from .automations import automate, device_of, said, target
from .fake_network import GAS, FakeNetwork, config_entry, pulses
from .homes import poll, reload, set_up, settled

HOUR: Final = timedelta(hours=1)
BERLIN: Final = "Europe/Berlin"
NEW_GAS: Final = replace(GAS, dev_eui="24e124136b000031", name="Neues Gas")
SHORT_DAY: Final = datetime(2027, 3, 26, 23, tzinfo=UTC)
"""A day before the one of 23 hours."""
LONG_DAY: Final = datetime(2026, 10, 23, 22, tzinfo=UTC)
"""A day before the one of 25 hours."""
MONTH_END: Final = datetime(2026, 11, 27, 23, tzinfo=UTC)
"""Three days before December."""


class Course:
    """A gas meter that counts 1 m³ an hour, and what happens meanwhile."""

    def __init__(
        self,
        hass: HomeAssistant,
        server: FakeNetwork,
        freezer: FrozenDateTimeFactory,
        begin: datetime,
    ) -> None:
        """Begin at a local midnight, of which the first reading is."""
        self.hass, self.server, self.freezer, self.begin = hass, server, freezer, begin
        self.meter = GAS
        self.entry: MockConfigEntry

    async def start(self) -> None:
        """Set the entry up."""
        await self.hass.config.async_set_time_zone(BERLIN)
        self.freezer.move_to(self.begin)
        self.server.inventory = [GAS, NEW_GAS]
        self.send(0)
        self.entry = await set_up(self.hass)

    def send(self, hours: float) -> None:
        """Let the meter tell what it has counted."""
        self.server.send(
            self.meter, pulses(round(100_000 + 100 * hours)), self.begin + hours * HOUR
        )

    async def poll_at(self, hours: float) -> None:
        """Let it become a time, and the entry poll."""
        self.freezer.move_to(self.begin + hours * HOUR)
        await poll(self.hass, self.freezer)


type Hours = Callable[[Course, int], Awaitable[None]]


async def regular(course: Course, hours: int) -> None:
    """Let every reading come in time."""
    for hour in range(1, hours + 1):
        course.send(hour)
        await course.poll_at(hour)


async def reloaded(course: Course, hours: int) -> None:
    """Reload the entry again and again."""
    for hour in range(1, hours + 1):
        course.send(hour)
        await course.poll_at(hour)
        if hour % 5 == 0:
            await reload(course.hass, course.entry)


async def unloaded(course: Course, hours: int) -> None:
    """Let the entry be off for some hours again and again, and catch up."""
    for hour in range(1, hours + 1):
        course.send(hour)
        if hour % 9 == 0:
            await course.hass.config_entries.async_unload(course.entry.entry_id)
            await settled(course.hass)
        if hour % 9 == 2 and hour > 9:
            course.freezer.move_to(course.begin + hour * HOUR)
            await course.hass.config_entries.async_setup(course.entry.entry_id)
            await settled(course.hass)
        elif hour < 9 or hour % 9 > 2:
            await course.poll_at(hour)


async def late(course: Course, hours: int) -> None:
    """Let every second reading come an hour late, together with the one after it."""
    for hour in range(1, hours + 1):
        if hour % 2 == 0:
            course.send(hour)
            course.send(hour - 1)
            await course.poll_at(hour)
        elif hour == hours:
            course.send(hour)
            await course.poll_at(hour)


async def twice(course: Course, hours: int) -> None:
    """Let every reading come twice, and once more much later."""
    for hour in range(1, hours + 1):
        course.send(hour)
        course.send(hour)
        if hour > 6:
            course.send(hour - 6)
        await course.poll_at(hour)


async def exchanged(course: Course, hours: int) -> None:
    """Exchange the meter in the tenth hour, and note it two hours later."""
    for hour in range(1, hours + 1):
        if hour == 11:
            course.meter = NEW_GAS
        course.send(hour)
        await course.poll_at(hour)
        if hour == 12:
            at = dt_util.as_local(course.begin + 10.5 * HOUR)
            await course.hass.services.async_call(
                DOMAIN,
                "exchange_meter",
                {
                    "device_id": device_of(course.hass, course.entry, GAS).id,
                    "new_device_id": NEW_GAS.dev_eui,
                    "at": at.strftime("%Y-%m-%d %H:%M:%S"),
                },
                blocking=True,
            )
            await settled(course.hass)


def above(where: dict[str, Any], cubic_metres: float, period: str) -> dict[str, Any]:
    """Give the trigger on consumption."""
    value = {"number": cubic_metres, "unit_of_measurement": "m³"}
    return {
        "trigger": f"{DOMAIN}.consumption_above",
        "target": where,
        "options": {"threshold": {"type": "above", "value": value}, "period": period},
    }


@pytest.mark.parametrize("hours", [regular, reloaded, unloaded, late, twice])
@pytest.mark.parametrize(
    ("begin", "limit", "days"),
    [
        (LONG_DAY, 25.5, []),
        (LONG_DAY, 24.5, ["2026-10-25"]),
        (LONG_DAY, 22.5, ["2026-10-24", "2026-10-25", "2026-10-26"]),
        (SHORT_DAY, 24.5, []),
        (SHORT_DAY, 23.5, ["2027-03-27", "2027-03-29"]),
        (MONTH_END, 23.5, ["2026-11-28", "2026-11-29", "2026-11-30"]),
    ],
)
async def test_each_day_once(
    hass: HomeAssistant,
    server: FakeNetwork,
    freezer: FrozenDateTimeFactory,
    begin: datetime,
    limit: float,
    days: list[str],
    hours: Hours,
) -> None:
    """Days of 23 and of 25 hours, and the end of a month."""
    course = Course(hass, server, freezer, begin)
    await course.start()
    where = target(hass, course.entry, "area", GAS, "volume")
    told = await automate(hass, above(where, limit, "day"), ["period_start"])
    await hours(course, 3 * 24 + 3)
    assert [start[:10] for start in said(told, "period_start")] == days


@pytest.mark.parametrize("hours", [regular, reloaded, unloaded, late, twice, exchanged])
@pytest.mark.parametrize(("limit", "months"), [(60.5, ["2026-11-01"]), (72.5, [])])
async def test_each_month_once(
    hass: HomeAssistant,
    server: FakeNetwork,
    freezer: FrozenDateTimeFactory,
    hours: Hours,
    limit: float,
    months: list[str],
) -> None:
    """November ends, and nothing of it is told of December; an exchange only loses an hour."""
    course = Course(hass, server, freezer, MONTH_END)
    await course.start()
    where = target(hass, course.entry, "area", GAS, "volume")
    told = await automate(hass, above(where, limit, "month"), ["period_start"])
    await hours(course, 3 * 24 + 12)
    assert [start[:10] for start in said(told, "period_start")] == months


@pytest.mark.parametrize("hours", [regular, reloaded, unloaded, late, twice])
async def test_no_hour_is_invented(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory, hours: Hours
) -> None:
    """Every hour counts the same, whenever its readings come."""
    course = Course(hass, server, freezer, LONG_DAY)
    await course.start()
    where = target(hass, course.entry, "area", GAS, "volume")
    told = await automate(hass, above(where, 1.05, "hour"))
    await hours(course, 30)
    assert not told


async def test_hour_of_much_consumption(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> None:
    """It is told once it has ended; what lies in a gap is not."""
    course = Course(hass, server, freezer, LONG_DAY)
    await course.start()
    where = target(hass, course.entry, "area", GAS, "volume")
    told = await automate(hass, above(where, 5, "hour"), ["period_start", "consumption"])
    await regular(course, 3)
    for hour, counted in ((4, 10.0), (5, 11.0), (10, 61.0), (11, 62.0)):
        freezer.move_to(course.begin + hour * HOUR)
        server.send(GAS, pulses(round(100_000 + 100 * counted)), course.begin + hour * HOUR)
        await poll(hass, freezer)
    assert said(told, "period_start") == ["2026-10-24T03:00:00+02:00"]
    assert said(told, "consumption") == [7.0]


async def test_what_was_measured_before_the_start(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> None:
    """Nothing is read before automations listen: it would be missed."""
    course = Course(hass, server, freezer, LONG_DAY)
    await course.start()
    where = target(hass, course.entry, "area", GAS, "volume")
    await hass.config_entries.async_unload(course.entry.entry_id)
    await settled(hass)
    course.send(1)
    course.send(2)
    freezer.move_to(LONG_DAY + 2 * HOUR)
    hass.set_state(CoreState.starting)
    await hass.config_entries.async_setup(course.entry.entry_id)
    await settled(hass)
    assert server.waiting
    told = await automate(hass, above(where, 1.5, "day"))
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await settled(hass)
    assert not server.waiting
    assert len(told) == 1


async def test_meters_that_are_added(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> None:
    """An entry that is added, and one that is removed, change nothing for the others."""
    course = Course(hass, server, freezer, LONG_DAY)
    await course.start()
    where = target(hass, course.entry, "area", GAS, "volume")
    told = await automate(hass, above(where, 5.5, "day"), ["device"])
    other = await set_up(hass, replace_unique(config_entry("other")))
    await regular(course, 4)
    await hass.config_entries.async_remove(other.entry_id)
    await settled(hass)
    for hour in range(5, 9):
        course.send(hour)
        await course.poll_at(hour)
    assert said(told, "device") == ["Gas"]


def replace_unique(entry: MockConfigEntry) -> MockConfigEntry:
    """Give the entry as one of another server."""
    return MockConfigEntry(
        entry_id=entry.entry_id,
        domain=DOMAIN,
        title="Anderer Server",
        data=dict(entry.data),
        options={**entry.options, "scopes": []},
        unique_id="fake:other.example",
    )
