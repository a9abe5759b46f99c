"""Consumption of today, yesterday and this month, by local time and time of measurement."""

from datetime import UTC, datetime, timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from .fake_network import DOOR, GAS, FakeNetwork, people, pulses
from .homes import entity_id, poll, reload, set_up, settled, state_of

MIDNIGHT = datetime(2026, 11, 30, 23, tzinfo=UTC)
"""The first of December begins in Berlin."""
HOUR = timedelta(hours=1)


@pytest.fixture
async def entry(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> MockConfigEntry:
    """Give an entry in Berlin, an hour before midnight: 1 m³ an hour for two days."""
    await hass.config.async_set_time_zone("Europe/Berlin")
    freezer.move_to(MIDNIGHT - HOUR)
    for n in range(-49, 0):
        server.send(GAS, pulses(10_000 + 100 * n), MIDNIGHT + n * HOUR)
    return await set_up(hass)


def consumption(hass: HomeAssistant, entry: MockConfigEntry) -> list[float]:
    """Give what the three sensors of the gas meter show."""
    return [
        float(state_of(hass, entry, GAS, f"volume_{period}").state)
        for period in ("today", "yesterday", "this_month")
    ]


async def test_periods_follow_the_readings(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """They are those of local time, also after a restart."""
    assert consumption(hass, entry) == [23, 24, 48]
    await reload(hass, entry)
    assert consumption(hass, entry) == [23, 24, 48]


async def test_midnight_begins_day_and_month(
    hass: HomeAssistant, server: FakeNetwork, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """At once, and the first reading afterwards is divided between the days."""
    freezer.move_to(MIDNIGHT + timedelta(seconds=1))
    async_fire_time_changed(hass)
    await settled(hass)
    assert consumption(hass, entry) == [0, 23, 0]
    server.send(GAS, pulses(10_100), MIDNIGHT + HOUR)
    await poll(hass, freezer, HOUR)
    assert consumption(hass, entry) == [1, 24, 1]


async def test_late_reading_counts_for_its_own_day(
    hass: HomeAssistant, server: FakeNetwork, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """When it was measured decides, not when it came."""
    server.send(GAS, pulses(10_100), MIDNIGHT + HOUR)
    await poll(hass, freezer, 3 * HOUR)
    assert consumption(hass, entry) == [1, 24, 1]
    server.send(GAS, pulses(10_050), MIDNIGHT)
    await poll(hass, freezer)
    assert consumption(hass, entry) == [0.5, 24.5, 0.5]


async def test_another_time_zone_has_other_days(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """The user may move the house."""
    await hass.config.async_update(time_zone="UTC")
    await settled(hass)
    assert consumption(hass, entry) == [22, 24, 48]


async def test_time_without_readings(
    hass: HomeAssistant, server: FakeNetwork, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """It is off at first, grows with each long gap of the month, and a late reading shortens it."""
    sensor = entity_id(hass, entry, GAS, "without_readings")
    registry = er.async_get(hass)
    registered = registry.async_get(sensor)
    assert registered
    assert registered.disabled
    registry.async_update_entity(sensor, disabled_by=None)
    await reload(hass, entry)

    def shown() -> float:
        return float(state_of(hass, entry, GAS, "without_readings").state)

    assert shown() == 0
    server.send(GAS, pulses(10_700), MIDNIGHT + 7 * HOUR)
    await poll(hass, freezer, 9 * HOUR)
    assert shown() == 7  # the eighth lies in the month before
    server.send(GAS, pulses(10_450), MIDNIGHT + 4.5 * HOUR)
    await poll(hass, freezer)
    assert shown() == 4.5


async def test_no_statistics_of_its_own(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Those of the total tell the same."""
    attributes = state_of(hass, entry, GAS, "volume_today").attributes
    assert "state_class" not in attributes
    assert (attributes["device_class"], attributes["unit_of_measurement"]) == ("gas", "m³")


async def test_visitors_of_a_day_are_whole_numbers(
    hass: HomeAssistant, server: FakeNetwork, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """And what few people ask for is there and disabled."""
    server.send(DOOR, people(10, 0), MIDNIGHT - 2 * HOUR)
    server.send(DOOR, people(15, 0), MIDNIGHT + HOUR)
    await poll(hass, freezer, 3 * HOUR)
    assert state_of(hass, entry, DOOR, "people_in_today").state == "2"
    assert state_of(hass, entry, DOOR, "people_in_yesterday").state == "3"
    registered = er.async_get(hass).async_get(entity_id(hass, entry, GAS, "pulses_today"))
    assert registered
    assert registered.disabled
