"""Limits of totals in Home Assistant: by local time and by time of measurement, without reload."""

from datetime import UTC, datetime, timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.bernau_smartcity.const import CONF_LIMITS, DOMAIN
from custom_components.bernau_smartcity.metering.limits import Span
from custom_components.bernau_smartcity.model import Quantity
from custom_components.bernau_smartcity.state import Key

from .fake_network import GAS, FakeNetwork, pulses
from .homes import entity_id, poll, reload, set_up, settled, state_of

MIDNIGHT = datetime(2026, 11, 30, 23, tzinfo=UTC)
"""The first of December begins in Berlin."""
HOUR = timedelta(hours=1)
VOLUME: Key = (Quantity.VOLUME, 0)
PER_HOUR = 100


@pytest.fixture
async def entry(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> MockConfigEntry:
    """Give an entry in Berlin, an hour before midnight: 1 m³ an hour for two days."""
    await hass.config.async_set_time_zone("Europe/Berlin")
    freezer.move_to(MIDNIGHT - HOUR)
    for n in range(-49, 0):
        server.send(GAS, pulses(10_000 + PER_HOUR * n), MIDNIGHT + n * HOUR)
    return await set_up(hass)


async def limit(
    hass: HomeAssistant, entry: MockConfigEntry, span: Span, value: float | None
) -> None:
    """Set a limit of the gas meter."""
    await entry.runtime_data.async_set_limits({(GAS.dev_eui, VOLUME, span): value})
    await settled(hass)


def exceeded(hass: HomeAssistant, entry: MockConfigEntry, span: Span) -> str:
    """Give what the sensor of a limit shows."""
    return state_of(hass, entry, GAS, f"volume_limit_exceeded_{span}").state


async def test_limit_by_its_number(
    hass: HomeAssistant, server: FakeNetwork, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """Set by hand: the sensor comes with the limit, and goes with it; nothing is loaded anew."""
    number = er.async_get(hass).async_get_entity_id(
        "number", DOMAIN, f"{entry.entry_id}_{GAS.dev_eui}_volume_limit_day"
    )
    assert number
    state = hass.states.get(number)
    assert state
    assert (state.state, state.attributes["device_class"]) == ("0.0", "gas")
    assert state.attributes["unit_of_measurement"] == "m³"
    coordinator = entry.runtime_data
    given = {"entity_id": number, "value": 23.5}
    await hass.services.async_call("number", "set_value", given, blocking=True)
    await settled(hass)
    assert exceeded(hass, entry, Span.DAY) == "off"
    server.send(GAS, pulses(10_000 - 30), MIDNIGHT - 0.3 * HOUR)
    await poll(hass, freezer, HOUR / 2)
    assert exceeded(hass, entry, Span.DAY) == "on"
    attributes = state_of(hass, entry, GAS, "volume_limit_exceeded_day").attributes
    assert attributes["consumption"] == pytest.approx(23.7)
    assert attributes["limit"] == 23.5
    assert attributes["meter_number"] == "7ELS123"
    assert attributes["period_start"] == (MIDNIGHT - 24 * HOUR).isoformat()
    await reload(hass, entry)
    assert exceeded(hass, entry, Span.DAY) == "on"
    given["value"] = 0
    await hass.services.async_call("number", "set_value", given, blocking=True)
    await settled(hass)
    with pytest.raises(AssertionError, match="no entity"):
        entity_id(hass, entry, GAS, "volume_limit_exceeded_day")
    assert entry.options[CONF_LIMITS] == {}
    assert coordinator.config_entry is entry


async def test_midnight_ends_a_day(
    hass: HomeAssistant, server: FakeNetwork, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """And what comes late for yesterday says nothing about today."""
    await limit(hass, entry, Span.DAY, 20)
    assert exceeded(hass, entry, Span.DAY) == "on"
    freezer.move_to(MIDNIGHT + timedelta(seconds=1))
    async_fire_time_changed(hass)
    await settled(hass)
    assert exceeded(hass, entry, Span.DAY) == "off"
    server.send(GAS, pulses(10_000 + 3_000), MIDNIGHT - timedelta(minutes=1))
    server.send(GAS, pulses(10_000 + 3_100), MIDNIGHT + HOUR)
    await poll(hass, freezer, HOUR)
    state = state_of(hass, entry, GAS, "volume_limit_exceeded_day")
    assert state.state == "off"
    assert state.attributes["previous_consumption"] > 50
